"""What the log rests on, and what evidence is built of, is never forgotten."""

import pytest

from protocol.evidence.forgetting import ERASABLE, may_forget
from protocol.identifiers import MessageId
from protocol.log.deed import Act, Silence
from protocol.log.statement import StatementKind

MID = MessageId(bytes(range(16)))


def act(word: str) -> bytes:
    """Return an act about a message."""
    return Act(act=word, who="RO/1 desk", ref=MID, subject=None, why="", t_ms=1).encode()


@pytest.mark.parametrize("kind", sorted(set(StatementKind) - ERASABLE))
def test_other_kinds_stay(kind: StatementKind) -> None:
    """Keys, revocations, epochs; and digests, which say nothing."""
    assert may_forget(kind, b"") == (False, None)


@pytest.mark.parametrize("word", ["erased", "held", "released"])
def test_acts_of_retention_stay(word: str) -> None:
    """They are what tells erased from lost."""
    assert may_forget(StatementKind.ACT, act(word)) == (False, None)


def test_statement_goes_with_its_message() -> None:
    """Never before its content."""
    silence = Silence(
        mid=MID, header_digest=bytes(32), step="accepted", due_ms=1, tries=(), t_ms=2
    ).encode()
    assert may_forget(StatementKind.ACT, act("opened")) == (True, MID)
    assert may_forget(StatementKind.SILENCE, silence) == (True, MID)
    assert may_forget(StatementKind.CHECKPOINT_SEEN, b"a note") == (True, None)


@pytest.mark.parametrize(
    "kind", [StatementKind.ACT, StatementKind.SILENCE, StatementKind.RECEIPT_GIVEN]
)
def test_what_cannot_be_read_stays(kind: StatementKind) -> None:
    """Nobody knows what it is about."""
    assert may_forget(kind, b"?") == (False, None)
