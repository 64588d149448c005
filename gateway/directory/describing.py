"""What a signing sheet says, in words for the person who is about to sign it.

Does: reads the metadata itself, never a remark that came with it, and says what changes against a
published folder where there is one. Leaves showing it to the commands.

Source: docs/directory-ceremony.md.
"""

from collections.abc import Sequence
from difflib import unified_diff
from json import dumps, loads

from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Key,
    Root,
    Targets,
)

from gateway.directory.cards import fingerprint_of, public_of
from gateway.directory.chain import expiry_ms
from gateway.directory.layout import (
    ROOT,
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

_SHOWN_HEX = 16


def describe(sheet: Sheet, state: Repository) -> list[str]:
    """Say what a sheet would make true.

    Args:
        sheet: As it came.
        state: What is published; an empty folder where nothing is at hand.

    Returns:
        Lines for people; values of an entry are escaped as JSON.
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
        old = set() if former is None else set(former.roles[role].keyids)
        lines += _key_lines([root.keys[each] for each in held.keyids], old, with_new=bool(former))
        lines += [f"    no longer: {each[:_SHOWN_HEX]}" for each in sorted(old - {*held.keyids})]
    return lines


def _key_lines(keys: Sequence[Key], old: set[str], *, with_new: bool) -> list[str]:
    return [
        f"    {_fingerprint(key)}" + (" (new)" if with_new and key.keyid not in old else "")
        for key in keys
    ]


def _fingerprint(key: Key) -> str:
    public = public_of(key)
    return fingerprint_of(public) if public else f"a key of another kind, {key.keytype}"


def _targets_lines(targets: Targets, state: Repository) -> list[str]:
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
