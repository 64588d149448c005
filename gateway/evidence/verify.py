"""Verifies a bundle: no node, no network, no database, no home; a file and a trusted root.

A bundle is hostile until it is verified, and may be so afterwards. It is read where it lies and
never unpacked; sizes, counts and time are bounded; whatever is wrong becomes a fault with the name
of its file, and the rest is looked at all the same.

Source: docs/evidence.md, "The bundle" and "a35 verify"; docs/wire-format.md, rule 33.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO, Final

from gateway.evidence.attesting import Attesting, Seen, Trust
from gateway.evidence.container import BundleError, Contents, read_contents
from gateway.evidence.envelope import check_envelope, opened
from gateway.evidence.findings import Findings
from gateway.evidence.forkcheck import verify_fork
from gateway.evidence.logkeys import LogKeys, read_states
from gateway.evidence.moment import moment
from gateway.evidence.proving import Standing, answers_of, read_statements
from gateway.evidence.report import Fault, Finding, Report
from protocol.errors import MalformedError, ProtocolError
from protocol.evidence.forking import is_fork_manifest
from protocol.evidence.manifest import Manifest
from protocol.evidence.naming import (
    FORK_FILES,
    HEADER,
    MANIFEST,
    POLICY,
    README,
    SUMMARY_HTML,
    SUMMARY_TEXT,
)
from protocol.evidence.reading import Matter
from protocol.evidence.verdict import Grounds, assess
from protocol.log.statement import StatementKind
from protocol.witness.policyfile import parse_policy

_ALWAYS: Final = (HEADER, README, SUMMARY_HTML, SUMMARY_TEXT)
_NOTHING: Final = Report(message=None, findings=(), faults=())


def verify_bundle(
    source: BinaryIO, root: bytes, *, now_ms: int, trust: Trust | None = None
) -> Report:
    """Verify a bundle.

    Args:
        source: Opened for reading bytes, and seekable; any bytes.
        root: The trusted root of the directory, the bytes of ROOT.json.
        now_ms: Milliseconds since 1970, UTC.
        trust: What the reader brings along besides; nothing unless given.

    Returns:
        What is proven, what is not, and every fault; it never raises for what the bundle holds.

    Raises:
        OSError: The disk failed.
    """
    findings = Findings()
    try:
        contents = read_contents(source)
    except BundleError as error:
        return replace(_NOTHING, faults=(Fault(file=error.file, what=str(error)),))
    try:
        return _verified(contents, root, source, findings, trust=trust or Trust(), now_ms=now_ms)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  the one edge: a hostile bundle ends nothing
        findings.fault("", f"it cannot be verified: {type(error).__name__}")
        return replace(_NOTHING, faults=findings.faults)


def _verified(
    contents: Contents,
    root: bytes,
    source: BinaryIO,
    findings: Findings,
    *,
    trust: Trust,
    now_ms: int,
) -> Report:
    files = contents.small
    if is_fork_manifest(files[MANIFEST]):
        return verify_fork(contents, root, findings, now_ms=now_ms)
    manifest = _manifest(contents, findings)
    matter = _matter(files, findings)
    if manifest is None or matter is None:
        return replace(_NOTHING, faults=findings.faults)
    check_envelope(contents, manifest, matter, findings)
    disclosed = opened(contents, source, findings)
    keys = LogKeys(read_states(files, root, findings), now_ms=now_ms)
    standing = read_statements(files, matter, keys, findings)
    if manifest.redacted and any(one.proven.kind is StatementKind.ACT for one in standing):
        findings.fault("statements", "an officer's act in a redacted bundle")
    seen = Attesting(files, keys, trust, findings, now_ms=now_ms).read(standing)
    digest = None if disclosed is None else disclosed.digest
    _check_approvals(standing, digest, findings)
    _check_policy(files, findings)
    _check_accepted(standing, trust, findings)
    return Report(
        message=_message(matter, manifest),
        findings=tuple(
            replace(each, content=digest) for each in _assessed(standing, seen, matter, trust)
        ),
        faults=findings.faults,
        remarks=findings.remarks,
        document=None if disclosed is None else disclosed.document,
    )


def _manifest(contents: Contents, findings: Findings) -> Manifest | None:
    """Hold every file against the manifest; None if that does not read."""
    try:
        manifest = Manifest.decode(contents.small[MANIFEST])
    except MalformedError as error:
        findings.fault(MANIFEST, str(error))
        return None
    there = {name: mark for name, mark in contents.marks.items() if name != MANIFEST}
    for name in sorted(manifest.files.keys() | there.keys() | set(_ALWAYS)):
        if name not in there:
            findings.fault(name, "it is missing")
        elif name not in manifest.files:
            findings.fault(name, "the manifest does not list it")
        elif manifest.files[name] != there[name]:
            findings.fault(name, "another digest or size than the manifest says")
        elif name in FORK_FILES:
            findings.fault(name, "a file of another kind of evidence")
    return manifest


def _matter(files: Mapping[str, bytes], findings: Findings) -> Matter | None:
    if HEADER not in files:
        findings.fault(HEADER, "it is missing")
        return None
    try:
        return Matter.of(files[HEADER])
    except ProtocolError as error:
        findings.fault(HEADER, str(error))
        return None


def _check_approvals(
    standing: Sequence[Standing], digest: bytes | None, findings: Findings
) -> None:
    """Hold approvals of the sender's people against the content, if it is disclosed, and persons.

    A person has one number on a node, and may be called by several roles.
    """
    proposers = [one.said.proposer for one in standing if one.said.proposer is not None]
    for one in standing:
        approved = one.said.approved
        if approved is None:
            continue
        if digest is not None and approved.content != digest:
            findings.fault(one.folder, "an approval of another content than this one")
        if any(approved.is_by(who) for who in proposers):
            findings.fault(one.folder, "approved by the person who submitted it: not a second one")


def _check_policy(files: Mapping[str, bytes], findings: Findings) -> None:
    if POLICY in files:
        with findings.at(POLICY):
            parse_policy(files[POLICY])
            findings.remark("the policy in the bundle is its author's; yours counts, by --policy")


def _check_accepted(standing: Sequence[Standing], trust: Trust, findings: Findings) -> None:
    for one in standing:
        if not _is_accepted(one, trust):
            origin = one.proven.head.origin
            findings.remark(f"{origin} is none of the logs of the policy: nothing witnesses it")


def _is_accepted(one: Standing, trust: Trust) -> bool:
    return trust.policy is None or trust.policy.accepts(one.signed.verifier)


def _assessed(
    standing: Sequence[Standing], seen: Seen, matter: Matter, trust: Trust
) -> Iterator[Finding]:
    answers, sides = answers_of(standing), matter.exchange
    for one in standing:
        origin = one.proven.head.origin
        sightings = seen.sightings if _is_accepted(one, trust) else ()
        grounds = Grounds(
            statement=one.proven,
            checkpoint=one.signed.checkpoint,
            exchange=sides,
            answers=answers,
            sightings=[each for each in sightings if each.checkpoint.head.origin == origin],
            stamps=[each for each in seen.stamps if each.checkpoint.head.origin == origin],
            joins=[each for each in seen.joins if each.smaller.origin == origin],
        )
        yield Finding(
            folder=one.folder,
            said=one.said,
            by=origin.node,
            other=sides.receiver if origin.node == sides.sender else sides.sender,
            origin=origin,
            index=one.proven.index,
            assessment=assess(grounds, policy=trust.policy, key_end_s=one.signed.key_end_s),
        )


def _message(matter: Matter, manifest: Manifest) -> dict[str, str]:
    header = matter.header
    content = "redacted" if manifest.redacted else "disclosed" if manifest.disclosed else "sealed"
    return {
        "mid": str(header.mid),
        "from": str(header.sender),
        "to": str(header.recipient),
        "sealed": moment(header.t_ms),
        "header": matter.digest.hex(),
        "content": content,
    }
