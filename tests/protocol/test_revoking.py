"""What tells of a revocation: one spelling, bounded, and whose word it carries."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.digest import sha256
from protocol.errors import ExpiredError, MalformedError, NotProvenError, UnknownSenderError
from protocol.identifiers import LogOrigin, NodeId
from protocol.limits import MAX_AHEAD_MS, MAX_DEED_BYTES, MAX_REVOCATION_BYTES
from protocol.log.checkpoint import TreeHead
from protocol.log.deed import KeyKind, Revocation
from protocol.log.proof import InclusionProof
from protocol.log.signing import sign_head
from protocol.log.statement import StatementKind, digest_of, key_revoked
from protocol.revoking import (
    ByLog,
    ByRole,
    ToldRevocation,
    believe_log,
    check_time,
    encode_revocation_answer,
    is_answer_to,
    keys_of,
    signed_digest,
)
from tests.protocol.entries import node_keys, part
from tests.vectors.case_file import Vector, load, shown

NOW_MS = 1_800_000_000_000
FR = NodeId("FR", 1)


def revocation(kind: KeyKind, *, node: NodeId = FR, digest: bytes = bytes(32)) -> Revocation:
    """Return that a key counts no more."""
    return Revocation(node=node, kind=kind, key_digest=digest, t_ms=NOW_MS)


def alone(name: str, deed: bytes, salt: int = 0) -> ByLog:
    """Return the word of a log in which nothing else stands."""
    keys = node_keys(name, salt)
    root = key_revoked(deed).leaf_hash
    head = TreeHead(origin=LogOrigin.parse(keys.origin), size=1, root=root)
    note = sign_head(keys.signer(), head, timestamp_s=NOW_MS // 1000).note
    return ByLog(proof=InclusionProof(index=0, path=()), note=note)


@pytest.mark.parametrize("case", load("frame", "revocation"))
def test_vectors_are_read_as_they_say(case: Vector) -> None:
    """The good ones write the same bytes."""
    if case.expect == "ok":
        told = ToldRevocation.decode(case.bytes("input"))
        assert told.encode() == case.bytes("input")
        assert shown(told) == case.value("shows")
        assert told.key.node == told.revocation.node
        return
    with pytest.raises(MalformedError) as caught:
        ToldRevocation.decode(case.bytes("input"))
    assert caught.value.code == case.expect


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_nothing_but_a_revocation_is_read(data: bytes) -> None:
    """Whatever comes, one error of the family; also as a deed."""
    with pytest.raises(MalformedError):
        ToldRevocation.decode(data)
    with pytest.raises(MalformedError):
        ToldRevocation(deed=data, word=ByRole(key_id="k", signature=bytes(64)))


def test_lengths_are_bounded() -> None:
    """Before anything is looked at."""
    for size in (MAX_DEED_BYTES + 1, MAX_REVOCATION_BYTES + 1):
        with pytest.raises(MalformedError):
            ToldRevocation.decode(bytes(size))


def test_answer_names_the_statement() -> None:
    """The digest of the leaf, which is also what a Party signs."""
    deed = revocation(KeyKind.TLS).encode()
    assert signed_digest(deed) == digest_of(StatementKind.KEY_REVOKED, deed, None)
    answer = encode_revocation_answer(deed)
    assert is_answer_to(deed, answer)
    assert not is_answer_to(deed + b"x", answer)
    assert not is_answer_to(deed, b"")
    assert not is_answer_to(deed, answer + b"x")


def test_time_may_run_ahead_a_little() -> None:
    """As that of a checkpoint."""
    one = revocation(KeyKind.TLS)
    check_time(one, now_ms=NOW_MS - MAX_AHEAD_MS)
    with pytest.raises(ExpiredError):
        check_time(one, now_ms=NOW_MS - MAX_AHEAD_MS - 1)


def test_a_log_speaks_for_its_node_and_a_pair_for_itself() -> None:
    """A pair that is to follow cannot be revoked by the one that was stolen."""
    entry, other = part(node_keys("FR/1"), NOW_MS), part(node_keys("FR/1", 1), NOW_MS)
    both = entry.model_copy(update={"logs": (*entry.logs, *other.logs)})
    log = {key.kind: key.digest for key in keys_of(entry)}[KeyKind.LOG]
    own = revocation(KeyKind.LOG, digest=log).encode()
    believe_log(own, alone("FR/1", own), both, now_ms=NOW_MS)
    with pytest.raises(NotProvenError):
        believe_log(own, alone("FR/1", own, 1), both, now_ms=NOW_MS)
    tls = revocation(KeyKind.TLS, digest=sha256(b"x")).encode()
    for salt in (0, 1):
        believe_log(tls, alone("FR/1", tls, salt), both, now_ms=NOW_MS)
    with pytest.raises(UnknownSenderError):
        believe_log(tls, alone("RO/1", tls), both, now_ms=NOW_MS)
    with pytest.raises(NotProvenError):
        believe_log(tls, alone("FR/1", own), both, now_ms=NOW_MS)
    year_later = NOW_MS + 366 * 86_400_000
    with pytest.raises(UnknownSenderError):
        believe_log(tls, alone("FR/1", tls), both, now_ms=year_later)
    believe_log(own, alone("FR/1", own), both, now_ms=year_later)
