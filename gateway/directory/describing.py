"""What a signing sheet says, in words for the person who is about to sign it.

Does: reads the metadata itself, never a remark that came with it, and says what changes against a
published folder where there is one. Leaves showing it to the commands.

Source: docs/directory-ceremony.md.
"""

from difflib import unified_diff
from json import dumps, loads

from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Key,
    Root,
    Targets,
)

from gateway.directory.cards import fingerprint_of, public_of
from gateway.directory.chain import check_parties_only, expiry_ms
from gateway.directory.layout import (
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    entry_file,
    party_of_role,
)
from gateway.directory.repository import Repository
from gateway.directory.sheet import Sheet
from gateway.errors import DataError
from keys.digest import sha256
from protocol.directory_values import time_text


def describe(sheet: Sheet, state: Repository) -> list[str]:
    """Say what a sheet would make true.

    Args:
        sheet: As it came.
        state: What is published; an empty folder where nothing is at hand.

    Returns:
        Lines for people; values of an entry are escaped as JSON.

    Raises:
        DataError: It would make true what is not shown here.
    """
    signed = sheet.signed
    until = time_text(expiry_ms(signed))
    head = f"{sheet.role}, version {signed.version}, until {until}"
    if isinstance(signed, Root):
        return [head, *_root_lines(signed, state)]
    if sheet.role == TARGETS:
        return [head, *_targets_lines(signed, state)]
    return [head, *_party_lines(sheet, state)]


def pretty(entry: bytes) -> str:
    """Return an entry as people read and edit it: JSON, indented, names in order."""
    return dumps(loads(entry), indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def difference(former: bytes | None, entry: bytes) -> list[str]:
    """Return the lines that an entry takes away and adds.

    Args:
        former: The published entry; None if there is none.
        entry: What would take its place.
    """
    before = [] if former is None else pretty(former).splitlines()
    found = unified_diff(before, pretty(entry).splitlines(), "published", "new", lineterm="", n=2)
    return list(found)


def _root_lines(root: Root, state: Repository) -> list[str]:
    found = state.newest(Root, ROOT)
    former = None if found is None else found[0].signed
    lines = []
    for role, name in ((ROOT, ROOT), (TARGETS, TARGETS), (TIMESTAMP, "online")):
        held = root.roles[role]
        lines.append(f"  {name}: {held.threshold} of {len(held.keyids)} must sign")
        now = _fingerprints(root, role)
        old = now if former is None else _fingerprints(former, role)
        lines += [f"    {each}" + ("" if each in old else " (new)") for each in now]
        lines += [f"    no longer: {each}" for each in sorted({*old} - {*now})]
    if _fingerprints(root, SNAPSHOT) != _fingerprints(root, TIMESTAMP):
        raise DataError("this root has two different keys for what the online key signs")
    return lines


def _fingerprints(root: Root, role: str) -> list[str]:
    """Return what people compare of a role's keys; their ids are names that anybody may choose."""
    return [_fingerprint(root.keys[each]) for each in root.roles[role].keyids]


def _fingerprint(key: Key) -> str:
    public = public_of(key)
    # Only what is hex goes to the screen: a sheet must not be able to write on it.
    return fingerprint_of(public) if public else f"of another kind: {_digest_of(key)}"


def _digest_of(key: Key) -> str:
    return sha256(dumps(key.to_dict(), sort_keys=True).encode()).hex()


def _targets_lines(targets: Targets, state: Repository) -> list[str]:
    check_parties_only(targets)
    found = state.newest(Targets, TARGETS)
    before = {} if found is None else _delegated(found[0].signed)
    after = _delegated(targets)
    lines = [f"  {len(after)} Parties"]
    for role, text in after.items():
        if before.get(role) != text:
            lines.append(f"  {'changed' if role in before else 'new'}: {text}")
    lines += [f"  taken out: {party_of_role(role)}" for role in before if role not in after]
    return lines


def _delegated(targets: Targets) -> dict[str, str]:
    given = targets.delegations
    if given is None or given.roles is None:
        return {}
    return {
        name: f"{party_of_role(name)}, {role.threshold} of {len(role.keyids)} must sign: "
        + ", ".join(sorted(_fingerprint(given.keys[each]) for each in role.keyids))
        for name, role in given.roles.items()
    }


def _party_lines(sheet: Sheet, state: Repository) -> list[str]:
    country = party_of_role(sheet.role) or ""
    entry = sheet.entry or b""
    listed = entry_file(country, sha256(entry).hex())
    targets = sheet.signed
    if not isinstance(targets, Targets) or [
        info.hashes.get("sha256") for info in targets.targets.values()
    ] != [listed.rpartition("/")[2].partition(".")[0]]:
        raise DataError("the sheet holds another entry than is to be signed")
    former = state.entry(country)
    if former is None:
        return [f"  {line}" for line in pretty(entry).splitlines()]
    return [f"  {line}" for line in difference(former, entry)] or ["  no change: for another year"]
