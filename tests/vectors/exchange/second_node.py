"""The second reader as a receiver: frames and answers of the kept exchange, checked whole.

Written from docs/wire-format.md, rules 11 to 22 and 25, with nothing of ours. Times, quotas and
storage are not its business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from json import loads
from typing import Any

from tests.vectors.exchange.second_opener import key_id, open_body, unpad, unwrap
from tests.vectors.exchange.second_reader import (
    Head,
    checkpoint,
    cmp,
    consistent_roots,
    demand,
    fields,
    included_root,
    labelled,
    leaf_hash,
    sha256,
)

STANDING = ("at", "cp", "old", "con", "seen", "heads")
HEADER = ("v", "typ", "mid", "from", "to", "t", "exp", "cls", "dir", "body", "blobs")
CONTENT = ("v", "mid", "from", "to", "t", "type", "thread", "re", "body", "files", "x")
RECEIPT = ("v", "typ", "ev", "mid", "hdr", "env", "by", "for", "t", "why", "dir")
KEY_SET = ("v", "typ", "node", "ver", "nbf", "exp", "kem")


@dataclass
class Log:
    """Where the second node stands in one log of another node.

    Args:
        key: The pair of keys of the directory.
        linked: Root by size; the largest is the head.
    """

    key: Mapping[str, str]
    linked: dict[int, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Size of the head, 0 if there is none."""
        return max(self.linked, default=0)

    def reach(self, standing: Mapping[str, Any]) -> Head:
        """Verify and link the checkpoint of a frame or answer; return what its proofs meet.

        Raises:
            RefusedError: It does not join the head.
        """
        if standing["cp"] is None:
            demand(not standing["con"], "a proof to no checkpoint")
            demand(standing["at"] in self.linked, "rides on what is not linked")
            return Head(self.key["origin"], standing["at"], self.linked[standing["at"]])
        head, _ = checkpoint(standing["cp"], self.key)
        demand(head.size == standing["at"], "another size than its own checkpoint")
        self.link(head.size, head.root, old=standing["old"], proof=standing["con"])
        return head

    def link(self, size: int, root: bytes, *, old: int, proof: Sequence[bytes]) -> None:
        """Link one head, or refuse with the code that the document names."""
        if size in self.linked:
            demand(self.linked[size] == root, "E_FORK")
            return
        demand(old == self.size, "E_LOG_POSITION")
        if old == 0:
            demand(not proof, "E_PROOF")
        else:
            low, high = sorted((old, size))
            roots = {old: self.linked[old], size: root}
            try:
                reached = consistent_roots(low, high, roots[low], proof)
            except Exception as error:
                raise type(error)("E_PROOF") from error
            demand(reached == (roots[low], roots[high]), "E_PROOF")
        self.linked[size] = root


def log_key(files: Mapping[str, str], node: str) -> dict[str, str]:
    """Return a node's pair of log keys from the files of a directory, verified elsewhere."""
    country = node[:2]
    entry = next(loads(text) for name, text in files.items() if f"parties/{country}/" in name)
    found = next(each for each in entry["nodes"] if each["id"] == node)
    key: dict[str, str] = found["logs"][0]
    return key


def split_frame(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Return head and bodies of a frame."""
    demand(data[:5] == b"A35F\x01", "no frame")
    start = 9 + int.from_bytes(data[5:9], "big")
    head = cmp(data[9:start])
    kind = "env" if "env" in head else "rcp"
    head = fields(head, "v", *STANDING, "void", kind)
    bodies = []
    for item in head.get("env", ()):
        bodies.append(data[start : start + item["n"]])
        start += item["n"]
    demand(start == len(data), "another length than its items")
    return head, bodies


def believe(kind: int, digest: bytes, item: Mapping[str, Any], head: Head) -> None:
    """Check that a statement stands in a log."""
    reached = included_root(item["i"], head.size, leaf_hash(kind, digest), item["p"])
    demand(reached == head.root, "not proven")


def read_envelope(
    item: Mapping[str, Any], body: bytes, head: Head, seeds: Sequence[bytes]
) -> dict[str, Any]:
    """Check and open one envelope of a frame; return its content."""
    fields(item, "h", "w", "n", "q", "i", "p")
    header = fields(cmp(item["h"]), *HEADER)
    demand(f"a35/{header['from']}/log/" in head.origin, "a node speaks through its own log")
    stated = labelled("a35/1/envelope", sha256(item["h"]), sha256(item["w"]))
    believe(1, stated, item, head)
    demand(header["body"] == {"n": len(body), "h": sha256(body)}, "another body")
    held = {key_id(seed): seed for seed in seeds}
    info = b"a35/1/cek\0" + sha256(item["h"])
    opened = {
        unwrap(held[wrap["k"]], wrap["c"], info) for wrap in cmp(item["w"]) if wrap["k"] in held
    }
    demand(len(opened) == 1, "no wrap for a key held, or two content keys")
    (content_key,) = opened
    inner = fields(cmp(unpad(open_body(content_key, _context(header), body))), "c", "s")
    content = fields(cmp(inner["c"]), *CONTENT)
    demand(all(content[key] == header[key] for key in ("mid", "from", "to")), "not bound")
    return content


def read_receipt(
    receipt: bytes, item: Mapping[str, Any], head: Head, *, of: Mapping[str, Any]
) -> str:
    """Check one receipt for an envelope of ours; return its stage."""
    said = fields(cmp(receipt), *RECEIPT)
    believe(2, labelled("a35/1/receipt", receipt), item, head)
    stated = labelled("a35/1/envelope", sha256(of["h"]), sha256(of["w"]))
    demand(f"a35/{said['by']}/log/" in head.origin, "a node speaks through its own log")
    demand((said["hdr"], said["env"]) == (sha256(of["h"]), stated), "for something else")
    return str(said["ev"])


def read_answer(data: bytes) -> dict[str, Any]:
    """Return the fields of an answer."""
    return fields(cmp(data), "v", "t", *STANDING, "have", "miss", "r")


def read_keys(data: bytes, log: Log) -> dict[str, Any]:
    """Check the answer to GET /v1/keys; return the key set."""
    answer = fields(cmp(data), "v", "ks", "i", "p", "at", "cp")
    head = log.reach({**answer, "old": 0, "con": ()})
    believe(4, labelled("a35/1/keyset", answer["ks"]), answer, head)
    key_set = fields(cmp(answer["ks"]), *KEY_SET)
    for entry in key_set["kem"]:
        demand(entry["k"] == labelled("a35/1/kem", entry["p"])[:16], "another key id")
    return key_set


def _context(header: Mapping[str, Any]) -> bytes:
    """Return cmp ["a35/1/body", mid, from, to], spelled out."""
    label, sender, recipient = b"a35/1/body", header["from"].encode(), header["to"].encode()
    return b"".join(
        (
            b"\x94",
            bytes((0xA0 + len(label),)) + label,
            b"\xc4\x10" + header["mid"],
            bytes((0xA0 + len(sender),)) + sender,
            bytes((0xA0 + len(recipient),)) + recipient,
        )
    )
