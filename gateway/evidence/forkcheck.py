"""Verifies the exhibit of a fork: two notes under the keys that the directory lists for the log.

Source: docs/evidence.md, "Forks" and "a35 verify".
"""

from collections.abc import Mapping
from typing import Any, Final

from gateway.evidence.container import Contents
from gateway.evidence.findings import Findings
from gateway.evidence.logkeys import LogKeys, SignedNote, read_states
from gateway.evidence.moment import moment
from gateway.evidence.report import Report
from protocol.errors import MalformedError
from protocol.evidence.forking import Contradiction, ForkManifest, contradiction_of
from protocol.evidence.naming import FORK_FILES, FORK_HELD, FORK_OFFERED, MANIFEST, README
from protocol.identifiers import LogOrigin

_MS_PER_S: Final = 1000
_PROVEN: Final = {
    Contradiction.TWO_ROOTS: "{who} signed two histories: two roots at size {size}",
    Contradiction.NOT_JOINED: "{who} signed both heads",
}
_UNPROVEN: Final = {
    Contradiction.TWO_ROOTS: "which of the two is true; who at the node did it, and why",
    Contradiction.NOT_JOINED: (
        "that the two contradict each other: that the log did not join them is the word of {holder}"
    ),
}


_ENDED: Final = (
    "that the owner of {log} signed both: its keys have ended, and whoever holds them since can "
    "sign with an earlier date"
)


def verify_fork(contents: Contents, root: bytes, findings: Findings, *, now_ms: int) -> Report:
    """Verify an exhibit whose container was read.

    Args:
        contents: Any files that a bundle may have.
        root: The trusted root of the directory.
        findings: Takes the faults.
        now_ms: Milliseconds since 1970, UTC.
    """
    manifest = _manifest(contents, findings)
    if manifest is None:
        return Report(message=None, findings=(), faults=findings.faults)
    files = contents.small
    keys = LogKeys(read_states(files, root, findings), now_ms=now_ms)
    held, offered = (
        _note(name, files, keys=keys, origin=manifest.origin, findings=findings)
        for name in (FORK_HELD, FORK_OFFERED)
    )
    shown = None
    if held is not None and offered is not None:
        shown = _shown(held, offered, manifest, findings)
    return Report(
        message=None,
        findings=(),
        faults=findings.faults,
        remarks=findings.remarks,
        fork=shown,
    )


def _manifest(contents: Contents, findings: Findings) -> ForkManifest | None:
    try:
        manifest = ForkManifest.decode(contents.small[MANIFEST])
    except MalformedError as error:
        findings.fault(MANIFEST, str(error))
        return None
    there = {name: mark for name, mark in contents.marks.items() if name != MANIFEST}
    for name in sorted(manifest.files.keys() | there.keys() | FORK_FILES | {README}):
        if name not in there:
            findings.fault(name, "it is missing")
        elif manifest.files.get(name) != there[name]:
            findings.fault(name, "another digest or size than the manifest says, or not listed")
    return manifest


def _note(
    name: str,
    files: Mapping[str, bytes],
    *,
    keys: LogKeys,
    origin: LogOrigin,
    findings: Findings,
) -> SignedNote | None:
    """Return a note of the log that both keys of that log signed; else a fault and None."""
    signed: SignedNote | None = None
    if name in files:
        with findings.at(name):
            found = keys.verify(files[name])
            if found.checkpoint.head.origin == origin:
                signed = found
            else:
                findings.fault(name, "a head of another log than the manifest names")
    return signed


def _shown(
    held: SignedNote, offered: SignedNote, manifest: ForkManifest, findings: Findings
) -> dict[str, Any] | None:
    one, other = held.checkpoint.head, offered.checkpoint.head
    shows = contradiction_of(one, other)
    if shows is Contradiction.NONE:
        findings.fault(FORK_OFFERED, "the same head as the other one: there is no second history")
        return None
    has_ended = held.key_end_s is not None or offered.key_end_s is not None
    words = {
        "log": manifest.origin,
        "size": one.size,
        "holder": manifest.holder,
        "who": f"a holder of the keys of {manifest.origin}"
        if has_ended
        else f"the owner of {manifest.origin}",
    }
    unproven = (_UNPROVEN[shows], _ENDED) if has_ended else (_UNPROVEN[shows],)
    return {
        "log": str(manifest.origin),
        "shows": shows.value,
        "holder": str(manifest.holder),
        "shown_by": str(manifest.shown_by),
        "heads": [_head(FORK_HELD, held), _head(FORK_OFFERED, offered)],
        "proven": [_PROVEN[shows].format(**words)],
        "not_proven": [sentence.format(**words) for sentence in unproven],
    }


def _head(name: str, signed: SignedNote) -> dict[str, Any]:
    checkpoint = signed.checkpoint
    return {
        "file": name,
        "size": checkpoint.head.size,
        "root": checkpoint.head.root.hex(),
        "signed": moment(checkpoint.timestamp_s * _MS_PER_S),
        "keys_ended": None if signed.key_end_s is None else moment(signed.key_end_s * _MS_PER_S),
    }
