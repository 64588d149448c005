"""The second reader's directory: one state of the files, from the trusted root to the entries.

Written from docs/wire-format.md, rules 28 and 29, and the TUF specification, with nothing of ours
and no TUF library. Freshness and rollback are not its business.
"""

import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.vectors.exchange.second_reader import demand, sha256

Json = dict[str, Any]


def canonical(value: object) -> str:
    """Write canonical JSON: names in order, no blanks, only quote and backslash escaped."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{canonical(k)}:{canonical(value[k])}" for k in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return json.dumps(value)


def signed(data: bytes, role: Mapping[str, Any], keys: Mapping[str, Json]) -> Json:
    """Return what a role signed, if enough different keys did.

    Raises:
        RefusedError: They did not.
    """
    metadata = json.loads(data)
    message = canonical(metadata["signed"]).encode()
    good = set()
    for each in metadata["signatures"]:
        if each["keyid"] not in role["keyids"]:
            continue
        public = bytes.fromhex(keys[each["keyid"]]["keyval"]["public"])
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(each["sig"]), message)
        except InvalidSignature:
            continue
        good.add(public)
    demand(len(good) >= role["threshold"], "too few signatures")
    content: Json = metadata["signed"]
    return content


def read_directory(anchor: bytes, files: Mapping[str, bytes]) -> tuple[list[Any], dict[str, Json]]:
    """Return the stamp of a state, and each Party's entry.

    Raises:
        RefusedError: A signature or a digest does not hold.
    """
    top = json.loads(anchor)["signed"]
    root = signed(anchor, top["roles"]["root"], top["keys"])
    while (after := files.get(f"metadata/{root['version'] + 1}.root.json")) is not None:
        signed(after, root["roles"]["root"], root["keys"])
        new = json.loads(after)["signed"]
        root = signed(after, new["roles"]["root"], new["keys"])
    data = files["metadata/timestamp.json"]
    timestamp = signed(data, root["roles"]["timestamp"], root["keys"])
    snapshot = _pinned(files, timestamp["meta"], "snapshot", (root["roles"], root["keys"]))
    targets = _pinned(files, snapshot["meta"], "targets", (root["roles"], root["keys"]))
    delegated = targets["delegations"]
    roles = {role["name"]: role for role in delegated["roles"]}
    entries = {}
    for name, role in roles.items():
        country = name.removeprefix("party-")
        demand(role["paths"] == [f"parties/{country}/*"] and role["terminating"], "another path")
        listed = _pinned(files, snapshot["meta"], name, (roles, delegated["keys"]))
        info = listed["targets"][f"parties/{country}/party.json"]
        digest = info["hashes"]["sha256"]
        entry = files[f"targets/parties/{country}/{digest}.party.json"]
        demand(sha256(entry).hex() == digest and len(entry) == info["length"], "another entry")
        entries[country] = json.loads(entry)
    return [root["version"], timestamp["version"], sha256(data)], entries


def _pinned(
    files: Mapping[str, bytes],
    meta: Mapping[str, Json],
    name: str,
    known: tuple[Mapping[str, Json], Mapping[str, Json]],
) -> Json:
    """Return one role's metadata as the metadata above pins it."""
    pin = meta[f"{name}.json"]
    data = files[f"metadata/{pin['version']}.{name}.json"]
    demand(sha256(data).hex() == pin["hashes"]["sha256"], "another file than is pinned")
    content = signed(data, known[0][name], known[1])
    demand(content["version"] == pin["version"], "another version than its name")
    return content
