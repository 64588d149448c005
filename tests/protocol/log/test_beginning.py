"""A later log says how it begins, a lost sealing is proven in our own log: or nothing counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.digest import sha256
from protocol.errors import MalformedError, NotProvenError, RemoteProtocolError
from protocol.identifiers import LogOrigin, NodeId
from protocol.log.beginning import BeginningAnswer, believe_beginning, is_short_of
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.deed import Epoch
from protocol.log.sealing import SealingAnswer, believe_sealing
from protocol.log.statement import Statement, cover, envelope_sent
from protocol.log.statement import epoch as epoch_stated
from protocol.log.tree import Frontier
from tests.vectors.case_file import Vector, load, shown

RO = NodeId("RO", 1)
OLD, NEW = LogOrigin(RO, 1), LogOrigin(RO, 2)
ROOT = bytes(range(32))
OTHER = cover(bytes(32))


def head_of(first: Statement, origin: LogOrigin = NEW) -> Checkpoint:
    """Return a checkpoint over two leaves, the first one given."""
    frontier = Frontier()
    frontier.append(first.leaf_hash)
    frontier.append(OTHER.leaf_hash)
    head = TreeHead(origin=origin, size=2, root=frontier.root())
    return Checkpoint(head=head, timestamp_s=1, note=b"a note")


def epoch_of(old: LogOrigin = OLD, note: bytes | None = None) -> Epoch:
    """Return an epoch that gives up a log."""
    return Epoch(old=old, note=note, gap=None, who="RO/1 operator", why="lost", t_ms=1)


def answer_of(epoch: Epoch) -> tuple[BeginningAnswer, Checkpoint]:
    """Return an answer with the checkpoint that proves it."""
    data = epoch.encode()
    answer = BeginningAnswer(epoch=data, path=(OTHER.leaf_hash,), note=b"a note")
    return answer, head_of(epoch_stated(data))


def named(size: int, root: bytes = ROOT, origin: LogOrigin = OLD) -> bytes:
    """Return a note of a head; nobody looks at its signatures here."""
    from base64 import b64encode  # noqa: PLC0415

    text = f"{origin}\n{size}\n{b64encode(root).decode()}\n"
    line = f"\u2014 {origin} {b64encode(bytes(68)).decode()}\n"
    return f"{text}\n{line}".encode()


@pytest.mark.parametrize("case", [*load("frame", "beginning"), *load("frame", "sealing")])
def test_the_vectors_of_both_answers_hold(case: Vector) -> None:
    """GET /v1/log/epoch and GET /v1/sealings/{mid}."""
    kind = BeginningAnswer if case.what == "beginning" else SealingAnswer
    if case.expect == "ok":
        read = kind.decode(case.bytes("input"))
        assert read.encode() == case.bytes("input")
        assert shown(read) == case.value("shows")
    else:
        with pytest.raises(MalformedError) as refusal:
            kind.decode(case.bytes("input"))
        assert refusal.value.code == case.expect


def test_answers_read_back() -> None:
    """What one node writes another one reads."""
    answer, _ = answer_of(epoch_of())
    assert BeginningAnswer.decode(answer.encode()) == answer
    sealing = SealingAnswer(wraps=b"wraps", index=3, path=(ROOT,), note=b"a note")
    assert SealingAnswer.decode(sealing.encode()) == sealing


@given(st.binary(max_size=80))
def test_nothing_else_is_read_as_an_answer(data: bytes) -> None:
    """Whatever a peer sends ends in one family of errors."""
    for decode in (BeginningAnswer.decode, SealingAnswer.decode):
        with pytest.raises(RemoteProtocolError):
            decode(data)


def test_log_that_begins_with_its_epoch_is_believed() -> None:
    """Leaf 0 names the log before."""
    answer, checkpoint = answer_of(epoch_of())
    assert believe_beginning(answer, checkpoint).old == OLD


@pytest.mark.parametrize("old", [LogOrigin(NodeId("FR", 1), 1), LogOrigin(RO, 2), LogOrigin(RO, 3)])
def test_epoch_must_name_an_earlier_log_of_the_same_node(old: LogOrigin) -> None:
    """Nobody closes somebody else's log, or a later one."""
    answer, checkpoint = answer_of(epoch_of(old))
    with pytest.raises(NotProvenError):
        believe_beginning(answer, checkpoint)


def test_epoch_that_is_not_leaf_0_is_not_believed() -> None:
    """Stated somewhere else it closes nothing."""
    answer, _ = answer_of(epoch_of())
    with pytest.raises(NotProvenError):
        believe_beginning(answer, head_of(OTHER))


@pytest.mark.parametrize(
    ("epoch", "short"),
    [
        (epoch_of(note=named(7)), False),
        (epoch_of(note=named(9)), False),
        (epoch_of(note=named(6)), True),
        (epoch_of(note=named(7, bytes(32))), True),
        (epoch_of(note=named(9, origin=NEW)), True),
        (epoch_of(note=b"no note"), True),
        (epoch_of(note=None), True),
        (epoch_of(LogOrigin(RO, 3)), False),
    ],
)
def test_owner_that_names_less_than_we_hold_lost_something(epoch: Epoch, *, short: bool) -> None:
    """Our note is then the evidence. Of a log between ours and the new one we know nothing."""
    assert is_short_of(epoch, generation=1, size=7, root=ROOT) == short


def test_epoch_that_names_a_log_before_the_one_we_hold_is_short() -> None:
    """All of what we hold is lost there."""
    assert is_short_of(epoch_of(note=named(9)), generation=2, size=7, root=ROOT)


def test_sealing_is_believed_as_a_statement_of_our_own_log() -> None:
    """Of this header alone."""
    statement = envelope_sent(b"header", b"wraps")
    answer = SealingAnswer(wraps=b"wraps", index=0, path=(OTHER.leaf_hash,), note=b"a note")
    checkpoint = head_of(statement)
    assert believe_sealing(answer, checkpoint, sha256(b"header")) == statement.digest
    with pytest.raises(NotProvenError):
        believe_sealing(answer, checkpoint, sha256(b"another header"))
    with pytest.raises(MalformedError):
        believe_sealing(answer, checkpoint, b"short")
