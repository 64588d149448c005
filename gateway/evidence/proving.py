"""The statements of a bundle: each from its bytes to its leaf, to a checkpoint, to its keys.

Leaves to `gateway.evidence.attesting` what others saw, and to `protocol.evidence.verdict` what
follows.

Source: docs/wire-format.md, rules 6, 7, 9, 22 and 33.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.evidence.findings import Findings
from gateway.evidence.logkeys import LogKeys, SignedNote
from protocol.errors import MalformedError, NotAllowedError, NotProvenError
from protocol.evidence.answering import Answer, by_obtained, by_receipt
from protocol.evidence.naming import PREIMAGE, PROOF, SALT, WRAPS, statement_of
from protocol.evidence.reading import Matter, Said, Spoken, read_spoken
from protocol.log.proof import (
    InclusionProof,
    ProvenStatement,
    believe,
    format_tlog_proof,
    parse_tlog_proof,
)
from protocol.log.statement import StatementKind, digest_of

MAX_STATEMENTS: Final = 512
"""Statements of one bundle: a message has some dozens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A statement that stands in its log, and says something of this message.

    Attributes:
        folder: In the bundle.
        preimage: Its bytes.
        salt: Of its leaf, None for a kind without.
        proven: In its log.
        signed: The checkpoint.
        said: What it says.
    """

    folder: str
    preimage: bytes
    salt: bytes | None
    proven: ProvenStatement
    signed: SignedNote
    said: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class _Believed:
    """A statement that stands in a log; whose word it is, and about what, is still open."""

    folder: str
    preimage: bytes
    salt: bytes | None
    wraps: bytes | None
    proven: ProvenStatement
    signed: SignedNote


def read_statements(
    files: Mapping[str, bytes], matter: Matter, keys: LogKeys, findings: Findings
) -> tuple[Standing, ...]:
    """Prove every statement of a bundle.

    Args:
        files: Of the bundle.
        matter: The message.
        keys: Verifies checkpoints.
        findings: Takes the faults.

    Returns:
        Those that hold, in the order of the bundle.
    """
    folders: dict[str, StatementKind] = {}
    for name in files:
        if (found := statement_of(name)) is not None:
            folders[found[0]] = found[1]
    if not folders or len(folders) > MAX_STATEMENTS:
        findings.fault("statements", "none, or more than a bundle may have")
        return ()
    believed = []
    for folder, kind in sorted(folders.items()):
        with findings.at(folder):
            believed.append(_believed(files, folder, kind, keys))
    return tuple(_standing(believed, matter, findings))


def read_proof(data: bytes) -> tuple[InclusionProof, bytes]:
    """Read a tlog-proof in its one spelling.

    Args:
        data: Any bytes.

    Returns:
        The proof and the signed note.

    Raises:
        MalformedError: Not one, with extra data, or in a second spelling.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise MalformedError("not a tlog-proof") from error
    index, path, note = parse_tlog_proof(text)
    if format_tlog_proof(index, path, note) != text:
        raise MalformedError("a tlog-proof in a second spelling, or with data that prove nothing")
    return InclusionProof(index=index, path=path), note


def answers_of(standing: Sequence[Standing]) -> tuple[Answer, ...]:
    """Return what each side stated of the other's statements.

    Args:
        standing: All statements of the bundle.
    """
    by_kind: dict[StatementKind, list[Standing]] = {}
    for one in standing:
        by_kind.setdefault(one.proven.kind, []).append(one)
    given = by_kind.get(StatementKind.RECEIPT_GIVEN, [])
    receipts = (
        by_receipt(envelope.proven, receipt.preimage, receipt.proven)
        for envelope in by_kind.get(StatementKind.ENVELOPE_SENT, [])
        for receipt in given
        if receipt.said.sealing == envelope.proven.digest
    )
    obtained = (
        by_obtained(receipt.proven, one.salt, one.proven)
        for one in by_kind.get(StatementKind.RECEIPT_OBTAINED, [])
        for receipt in given
        if receipt.proven.digest == one.preimage and one.salt is not None
    )
    return (*receipts, *obtained)


def _believed(
    files: Mapping[str, bytes], folder: str, kind: StatementKind, keys: LogKeys
) -> _Believed:
    """Prove that a statement stands in a log.

    Raises:
        MalformedError: A file of it is missing or does not read.
        NotProvenError: It does not.
    """
    if f"{folder}/{PREIMAGE}" not in files or f"{folder}/{PROOF}" not in files:
        raise MalformedError("its bytes or its proof are missing")
    preimage = files[f"{folder}/{PREIMAGE}"]
    salt = files.get(f"{folder}/{SALT}")
    proof, note = read_proof(files[f"{folder}/{PROOF}"])
    signed = keys.verify(note)
    try:
        digest = digest_of(kind, preimage, salt)
    except NotAllowedError as error:
        raise MalformedError("a salt missing, surplus or of another length") from error
    return _Believed(
        folder=folder,
        preimage=preimage,
        salt=salt,
        wraps=files.get(f"{folder}/{WRAPS}"),
        proven=believe(kind, digest, proof, signed.checkpoint),
        signed=signed,
    )


def _standing(
    believed: Sequence[_Believed], matter: Matter, findings: Findings
) -> Iterator[Standing]:
    """Yield those that say something of this message, each by who may say it.

    Raises:
        NotProvenError: Never; taken for a fault of its folder.
    """
    of_kind: dict[StatementKind, set[bytes]] = {kind: set() for kind in StatementKind}
    for one in believed:
        of_kind[one.proven.kind].add(one.proven.digest)
    for one in believed:
        with findings.at(one.folder):
            spoken = Spoken(
                kind=one.proven.kind,
                preimage=one.preimage,
                wraps=one.wraps,
                node=one.proven.head.origin.node,
            )
            receipts = of_kind[StatementKind.RECEIPT_GIVEN]
            said = read_spoken(spoken, matter, receipts=receipts)
            # Rule 21: a receipt names a sealing that its sender stated.
            if said.sealing not in {None, *of_kind[StatementKind.ENVELOPE_SENT]}:
                raise NotProvenError("a receipt of a sealing that is not here")
            yield Standing(
                folder=one.folder,
                preimage=one.preimage,
                salt=one.salt,
                proven=one.proven,
                signed=one.signed,
                said=said,
            )
