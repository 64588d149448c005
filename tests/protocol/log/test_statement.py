"""Statements: one digest and one leaf for each, no kind mistaken for another."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import NotAllowedError
from protocol.log.statement import (
    Statement,
    StatementKind,
    checkpoint_seen,
    cover,
    digest_of,
    directory_adopted,
    envelope_sent,
    epoch,
    key_revoked,
    key_set_published,
    leaf_hash_of,
    officer_act,
    receipt_given,
    receipt_obtained,
    silence,
)
from tests.protocol.log.tree_reference import vectors
from tests.vectors.log.generate import FOLDER, NAME, document

SALT = bytes(range(16))
STATED = {
    "cover": cover(bytes(reversed(range(32)))),
    "envelope_sent": envelope_sent(b"header bytes", b"wraps bytes"),
    "receipt_given": receipt_given(b"receipt bytes"),
    "receipt_obtained": receipt_obtained(receipt_given(b"receipt bytes").digest, SALT),
    "key_set_published": key_set_published(b"key set bytes"),
    "checkpoint_seen": checkpoint_seen(b"signed note", SALT),
    "directory_adopted": directory_adopted(bytes.fromhex("930102c420") + bytes(32), SALT),
    "key_revoked": key_revoked(b"revocation bytes"),
    "epoch": epoch(b"epoch bytes"),
    "officer_act": officer_act(b"act bytes", SALT),
    "silence": silence(b"silence bytes", SALT),
}
CASES = vectors("statements")["cases"]
SALTED = {case["kind"] for case in CASES if case["salt"] is not None}
DIGESTED = [kind for kind in StatementKind if kind is not StatementKind.COVER]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_every_statement_has_the_leaf_of_its_vector(case: dict[str, str]) -> None:
    """The vectors are computed from the rule alone, without our code."""
    statement = STATED[case["name"]]
    assert statement.kind == int(case["kind"])
    assert statement.preimage.hex() == case["preimage"]
    assert (None if statement.salt is None else statement.salt.hex()) == case["salt"]
    assert statement.digest.hex() == case["digest"]
    assert statement.leaf_data.hex() == case["leaf_data"]
    assert statement.leaf_hash.hex() == case["leaf_hash"]
    assert leaf_hash_of(statement.kind, statement.digest) == statement.leaf_hash


def test_the_vectors_name_every_kind_and_are_what_the_generator_writes() -> None:
    """The list of kinds is closed."""
    assert {case["kind"] for case in CASES} == set(StatementKind)
    assert (FOLDER / NAME).read_text(encoding="utf-8") == document()


@pytest.mark.parametrize("kind", DIGESTED)
def test_a_salt_stands_exactly_where_rule_six_puts_it(kind: StatementKind) -> None:
    """A missing salt lets an erased act be guessed; a surplus one would be another statement."""
    wrong = [None, b"", bytes(15), bytes(17)] if kind in SALTED else [b"", SALT]
    for salt in wrong:
        with pytest.raises(NotAllowedError):
            digest_of(kind, b"preimage", salt)
    right = SALT if kind in SALTED else None
    assert len(digest_of(kind, b"preimage", right)) == 32


@given(st.binary(max_size=40))
@settings(max_examples=50, deadline=None)
def test_no_two_kinds_share_a_digest(preimage: bytes) -> None:
    """Labels keep the statements apart even where the bytes are equal."""
    digests = {digest_of(kind, preimage, SALT if kind in SALTED else None) for kind in DIGESTED}
    assert len(digests) == len(DIGESTED)


def test_the_salt_is_part_of_the_digest() -> None:
    """Equal acts give leaves that nobody can match."""
    assert officer_act(b"act", bytes(16)).digest != officer_act(b"act", SALT).digest


@pytest.mark.parametrize("name", sorted(STATED))
def test_a_statement_whose_digest_is_not_its_own_cannot_be_made(name: str) -> None:
    """What `log verify` finds in a damaged store must not become a statement again."""
    statement = STATED[name]
    with pytest.raises(NotAllowedError):
        replace(statement, preimage=statement.preimage + b"x")
    if statement.kind is not StatementKind.COVER:
        with pytest.raises(NotAllowedError):
            replace(statement, digest=bytes(32))


@pytest.mark.parametrize(
    "make",
    [
        lambda: cover(bytes(31)),
        lambda: Statement(kind=StatementKind.COVER, digest=bytes(32), preimage=b"", salt=bytes(16)),
        lambda: digest_of(StatementKind.COVER, b"", None),
        lambda: receipt_obtained(bytes(31), SALT),
        lambda: receipt_obtained(bytes(32), b"short"),
        lambda: leaf_hash_of(StatementKind.EPOCH, bytes(33)),
    ],
)
def test_a_part_of_another_length_is_our_mistake(make: Callable[[], object]) -> None:
    """Fixed lengths are what keeps the parts of a digest apart."""
    with pytest.raises(NotAllowedError):
        make()
