"""Believing statements: of the expected kind and digest, in the log that speaks, or not at all."""

from base64 import b64encode
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.encoding import Value, decode, encode
from protocol.errors import Code, MalformedError, NotAllowedError, NotProvenError
from protocol.fields import Fields
from protocol.limits import MAX_INDEX, MAX_PROOF_HASHES
from protocol.log.checkpoint import ClaimedCheckpoint, TreeHead
from protocol.log.proof import InclusionProof, believe, format_tlog_proof, parse_tlog_proof
from protocol.log.signing import sign_head
from protocol.log.statement import (
    Statement,
    StatementKind,
    cover,
    envelope_sent,
    key_set_published,
    receipt_given,
)
from protocol.log.tree import Frontier, inclusion_path, root_at
from tests.protocol.log.history import NOW_MS, ORIGIN, signer
from tests.protocol.log.tree_reference import subtree_of

STATEMENTS: tuple[Statement, ...] = (
    key_set_published(b"keys"),
    *(envelope_sent(b"header %d" % number, b"wraps") for number in range(9)),
    receipt_given(b"receipt"),
    cover(bytes(32)),
)
SUBTREE = subtree_of([statement.leaf_hash for statement in STATEMENTS])
SIZE = len(STATEMENTS)
HEAD = TreeHead(origin=ORIGIN, size=SIZE, root=root_at(SIZE, SUBTREE))
SIGNED = sign_head(signer(), HEAD, timestamp_s=NOW_MS // 1000)


def proof_of(index: int) -> InclusionProof:
    """Return the honest proof of one statement."""
    return InclusionProof(index=index, path=inclusion_path(index, SIZE, SUBTREE))


def test_every_statement_of_a_log_is_believed() -> None:
    """Against the checkpoint, or the bare head of one that was linked before."""
    for index, statement in enumerate(STATEMENTS):
        for tree in (SIGNED, HEAD):
            proven = believe(statement.kind, statement.digest, proof_of(index), tree)
            assert (proven.kind, proven.digest) == (statement.kind, statement.digest)
            assert (proven.head, proven.index) == (HEAD, index)


def test_a_statement_of_another_kind_is_not_believed() -> None:
    """The kind is what the reader expects; the same digest under another is another leaf."""
    for index, statement in enumerate(STATEMENTS):
        for kind in set(StatementKind) - {statement.kind}:
            with pytest.raises(NotProvenError):
                believe(kind, statement.digest, proof_of(index), SIGNED)


def test_a_statement_that_was_never_made_is_not_believed() -> None:
    """No index of the log proves it."""
    digest = envelope_sent(b"another header", b"wraps").digest
    for index in range(SIZE):
        with pytest.raises(NotProvenError) as caught:
            believe(StatementKind.ENVELOPE_SENT, digest, proof_of(index), SIGNED)
        assert caught.value.code is Code.PROOF


def test_a_proof_for_another_place_or_tree_is_not_believed() -> None:
    """Index, size and root belong together."""
    statement, proof = STATEMENTS[3], proof_of(3)
    frontier = Frontier()
    for one in STATEMENTS[:-1]:
        frontier.append(one.leaf_hash)
    other = TreeHead(origin=ORIGIN, size=frontier.size, root=frontier.root())
    with pytest.raises(NotProvenError):
        believe(statement.kind, statement.digest, proof, other)
    for index in (2, 4, SIZE, MAX_INDEX + 1):
        with pytest.raises(NotProvenError):
            believe(statement.kind, statement.digest, replace(proof, index=index), SIGNED)


def test_a_digest_of_another_length_is_our_mistake() -> None:
    """Leaf data have one length, or two statements could share a leaf."""
    with pytest.raises(NotAllowedError):
        believe(StatementKind.ENVELOPE_SENT, bytes(31), proof_of(0), SIGNED)


def test_a_proof_travels_as_two_fields() -> None:
    """`i` and `p`, as in frames and answers."""
    data = encode({**proof_of(5).to_fields(), "q": 7})
    fields = Fields.of(decode(data, max_bytes=1024), ("i", "p", "q"))
    assert InclusionProof.from_fields(fields) == proof_of(5)


@pytest.mark.parametrize(
    "value",
    [
        {"i": -1, "p": []},
        {"i": MAX_INDEX + 1, "p": []},
        {"i": 0, "p": None},
        {"i": 0, "p": [b"short"]},
        {"i": 0, "p": [bytes(32)] * (MAX_PROOF_HASHES + 1)},
    ],
)
def test_fields_that_are_no_proof_are_refused(value: dict[str, Value]) -> None:
    """Lengths before hashes."""
    with pytest.raises(MalformedError) as caught:
        InclusionProof.from_fields(Fields(value))
    assert caught.value.code is Code.SCHEMA


def test_the_text_form_is_that_of_c2sp() -> None:
    """Third-party tools read it: header, index, hashes, blank line, the note verbatim."""
    text = format_tlog_proof(5, proof_of(5).path, SIGNED.note)
    lines = text.split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 5"]
    assert lines[2:6] == [b64encode(one).decode() for one in proof_of(5).path]
    assert lines[6:9] == ["", "a35/RO/1/log/1", str(SIZE)]
    assert text.endswith(SIGNED.note.decode())
    index, path, note = parse_tlog_proof(text)
    proof = InclusionProof(index=index, path=path)
    head = ClaimedCheckpoint.parse(note).head
    assert believe(STATEMENTS[5].kind, STATEMENTS[5].digest, proof, head).index == 5


@given(
    st.integers(0, MAX_INDEX),
    st.lists(st.binary(min_size=32, max_size=32), max_size=MAX_PROOF_HASHES),
)
@settings(max_examples=50, deadline=None)
def test_the_text_form_is_read_back(index: int, path: list[bytes]) -> None:
    """For every index and path, also the empty one."""
    text = format_tlog_proof(index, path, SIGNED.note)
    assert parse_tlog_proof(text) == (index, tuple(path), SIGNED.note)


def test_extra_data_of_other_writers_are_skipped() -> None:
    """C2SP allows the line; nothing authenticates it, so nothing reads it."""
    text = format_tlog_proof(5, proof_of(5).path, SIGNED.note)
    with_extra = text.replace("\nindex", "\nextra ZXh0cmE=\nindex", 1)
    assert parse_tlog_proof(with_extra) == parse_tlog_proof(text)


GOOD = format_tlog_proof(1, (bytes(32),), b"note\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v1\n\nnote",
        GOOD.replace("@v1", "@v2"),
        GOOD.replace("\n\n", "\n"),
        GOOD.replace("index 1", "index 01"),
        GOOD.replace("index 1", "index -1"),
        GOOD.replace("index 1", "index \u0661"),
        GOOD.replace("index 1", f"index {MAX_INDEX + 1}"),
        GOOD.replace("index 1", "index 1 "),
        GOOD.replace("index 1", "index 1\r"),
        GOOD.replace("index 1", "extra !\nindex 1"),
        GOOD.replace("index 1", "extra ZXh0cmF=\nindex 1"),
        GOOD.replace("AAA=", "AAB="),
        GOOD.replace("AAA=", "AA=="),
        GOOD.replace("AAA=", "AAA= "),
        GOOD.replace("AAA=", "\u0661\u0661\u0661="),
        GOOD + "\ud800",
        format_tlog_proof(1, [bytes(32)] * (MAX_PROOF_HASHES + 1), b"note\n"),
        GOOD + "x" * 200_000,
    ],
)
def test_text_that_is_no_proof_is_refused(text: str) -> None:
    """One spelling for each proof; no other error than ours leaves the parser."""
    with pytest.raises(MalformedError) as caught:
        parse_tlog_proof(text)
    assert caught.value.code is Code.PROOF


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_arbitrary_text_is_refused_with_our_error_only(text: str) -> None:
    """Also behind a good first line."""
    for candidate in (text, "c2sp.org/tlog-proof@v1\n" + text):
        with pytest.raises(MalformedError):
            parse_tlog_proof(candidate)
