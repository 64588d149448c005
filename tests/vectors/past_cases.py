"""Vectors of what a node shows of the past: how its log begins, how it accepted an envelope."""

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocol.encoding import Value
from protocol.identifiers import NodeId
from protocol.log.beginning import BeginningAnswer
from protocol.log.deed import KeyKind, Revocation
from protocol.log.proof import InclusionProof
from protocol.log.sealing import SealingAnswer
from protocol.revoking import ByLog, ByRole, ToldRevocation, signed_digest
from tests.vectors.case_file import Vector
from tests.vectors.envelope_cases import accepted, changed, lacking, refused
from tests.vectors.statement_cases import NOTE

FOLDER = "frame"
HASH = b"\x01" * 32
DEED = Revocation(
    node=NodeId("RO", 1), kind=KeyKind.TLS, key_digest=b"\x02" * 32, t_ms=1_789_000_000_000
)


def past_cases() -> Iterator[Vector]:
    """Yield all cases of this module."""
    yield from _beginnings()
    yield from _sealings()
    yield from _revocations()


def beginning() -> BeginningAnswer:
    """Return an answer whose epoch and note nobody has read."""
    return BeginningAnswer(epoch=b"epoch", path=(HASH,), note=NOTE.encode())


def sealing() -> SealingAnswer:
    """Return an answer whose wraps and note nobody has read."""
    return SealingAnswer(wraps=b"wraps", index=5, path=(HASH,), note=NOTE.encode())


def by_log() -> ToldRevocation:
    """Return a revocation whose proof and note nobody has checked."""
    proof = InclusionProof(index=5, path=(HASH,))
    return ToldRevocation(deed=DEED.encode(), word=ByLog(proof=proof, note=NOTE.encode()))


def by_role() -> ToldRevocation:
    """Return a revocation whose signature is that of the seed 32 bytes of 0x66."""
    signature = Ed25519PrivateKey.from_private_bytes(b"f" * 32).sign(signed_digest(DEED.encode()))
    word = ByRole(key_id="66" * 32, signature=signature)
    return ToldRevocation(deed=DEED.encode(), word=word)


def _revocations() -> Iterator[Vector]:
    place, read = (FOLDER, "revocation"), ToldRevocation.decode
    log, role = by_log().encode(), by_role().encode()
    yield accepted(place, "by-log", "POST /v1/revocations.", data=log, read=read)
    signed = "Signed under a seed of 32 bytes 0x66 over the leaf's digest."
    yield accepted(place, "by-role", signed, data=role, read=read)
    entries: list[tuple[str, str, bytes]] = [
        ("other-version", "Only version 1 exists.", changed(log, v=2)),
        ("both-words", "One word or the other.", changed(log, k="x", s=bytes(64))),
        ("half-a-word", "A signature names its key.", lacking(role, "k")),
        ("short-signature", "Ed25519 signatures have 64 bytes.", changed(role, s=bytes(63))),
        ("long-key-id", "At most 64 bytes.", changed(role, k="x" * 65)),
        ("deed-as-text", "A map as bytes (rule 3).", changed(role, d="revoke")),
        ("note-as-bytes", "A note is text.", changed(log, cp=NOTE.encode())),
        ("65-digests", "At most 64.", changed(log, p=[bytes(32)] * 65)),
    ]
    for name, comment, data in entries:
        yield refused(place, name, comment, data=data)


def _beginnings() -> Iterator[Vector]:
    place = (FOLDER, "beginning")
    good = beginning().encode()
    yield accepted(place, "good", "GET /v1/log/epoch.", data=good, read=BeginningAnswer.decode)
    alone = changed(good, p=[])
    yield accepted(place, "alone", "A log of one leaf.", data=alone, read=BeginningAnswer.decode)
    entries: list[tuple[str, str, dict[str, Value]]] = [
        ("other-version", "Only version 1 exists.", {"v": 2}),
        ("unknown-key", "Rule 5.", {"i": 0}),
        ("note-as-bytes", "A note is text.", {"cp": NOTE.encode()}),
        ("note-nil", "Never nil here.", {"cp": None}),
        ("epoch-as-text", "A map as bytes (rule 3).", {"ep": "epoch"}),
        ("short-digest", "Digests have 32 bytes.", {"p": [bytes(31)]}),
        ("65-digests", "At most 64.", {"p": [bytes(32)] * 65}),
    ]
    for name, comment, changes in entries:
        yield refused(place, name, comment, data=changed(good, **changes))
    yield refused(place, "no-path", "Empty, not missing.", data=lacking(good, "p"))


def _sealings() -> Iterator[Vector]:
    place = (FOLDER, "sealing")
    good = sealing().encode()
    yield accepted(place, "good", "GET /v1/sealings/{mid}.", data=good, read=SealingAnswer.decode)
    entries: list[tuple[str, str, dict[str, Value]]] = [
        ("other-version", "Only version 1 exists.", {"v": 0}),
        ("unknown-key", "Rule 5.", {"h": b""}),
        ("negative-index", "Leaves are counted from 0.", {"i": -1}),
        ("index-above-2-53", "Rule 4.", {"i": 2**53}),
        ("long-wraps", "At most 5 KiB.", {"w": bytes(5121)}),
        ("note-nil", "Never nil here.", {"cp": None}),
        ("short-digest", "Digests have 32 bytes.", {"p": [bytes(33)]}),
        ("65-digests", "At most 64.", {"p": [bytes(32)] * 65}),
    ]
    for name, comment, changes in entries:
        yield refused(place, name, comment, data=changed(good, **changes))
    yield refused(place, "no-index", "No key may be missing.", data=lacking(good, "i"))
