"""The ladder: every receipt, act and silence has its rung, and the page says the same."""

import re
from pathlib import Path

import pytest

from protocol.delivery.escalation import Step
from protocol.errors import NotAllowedError
from protocol.evidence.ladder import (
    ALERTED_ACT,
    ROWS,
    SUBMITTED_ACT,
    EtsiEvent,
    Exchange,
    Fit,
    Rung,
    Speaker,
    may_say,
    rung_of_act,
    rung_of_receipt,
    rung_of_silence,
)
from protocol.identifiers import NodeId
from protocol.log.deed import Act, Silence
from protocol.log.statement import StatementKind
from protocol.receipt import Stage
from tests.protocol.evidence.samples import EXCHANGE, FR, RO, THIRDS, receipt
from tests.protocol.samples import MID

PAGE = Path(__file__).parents[3] / "docs" / "evidence.md"


def test_table_holds_every_rung_once_and_every_event() -> None:
    """A rung without a row could be shown, and not be placed."""
    assert list(ROWS) == list(Rung)
    named = [row.event for row in ROWS.values() if row.event is not None]
    assert set(named) == set(EtsiEvent)
    assert len(named) == len(set(named))
    assert all((row.event is None) is (row.fit is Fit.NONE) for row in ROWS.values())


def test_page_shows_the_table_of_the_code() -> None:
    """Rung, speaker, leaf, event and how near it comes."""
    text = PAGE.read_text(encoding="utf-8")
    shown = re.findall(
        r"^\| `(\w+)` \| (\w+) \| 0x([0-9a-f]{2}) \| (?:`(\w+)`|-) \| (\w+) \|", text, re.MULTILINE
    )
    assert shown == [
        (rung.value, row.speaker.value, f"{row.kind:02x}", row.event or "", row.fit.value)
        for rung, row in ROWS.items()
    ]


@pytest.mark.parametrize("stage", Stage)
def test_every_receipt_shows_a_rung_of_the_receiver(stage: Stage) -> None:
    """By a leaf 0x02 in its log."""
    row = ROWS[rung_of_receipt(receipt(stage))]
    assert (row.speaker, row.kind) == (Speaker.RECEIVER, StatementKind.RECEIPT_GIVEN)


def test_acts_that_are_steps_show_their_rung_and_others_none() -> None:
    """An export is an act, and no step of the ladder."""
    rungs = [
        rung_of_act(Act(act=word, who="RO/1 desk", ref=MID, subject=None, why="", t_ms=1))
        for word in (SUBMITTED_ACT, ALERTED_ACT, "exported")
    ]
    assert rungs == [Rung.SUBMITTED, Rung.OFFICER_ALERTED, None]


def silence(step: str) -> Silence:
    """Return evidence of silence at a step."""
    return Silence(mid=MID, header_digest=bytes(32), step=step, due_ms=1, tries=(), t_ms=2)


@pytest.mark.parametrize("step", Step)
def test_every_step_that_can_be_missed_shows_a_rung_of_the_sender(step: Step) -> None:
    """Silence is the sender's own word."""
    rung = rung_of_silence(silence(step.value))
    assert rung is not None
    assert (ROWS[rung].speaker, ROWS[rung].kind) == (Speaker.SENDER, StatementKind.SILENCE)


def test_silence_at_a_step_of_a_later_version_shows_none() -> None:
    """It is kept, and not placed."""
    assert rung_of_silence(silence("applauded")) is None


@pytest.mark.parametrize("rung", Rung)
def test_each_rung_is_the_word_of_one_node_alone(rung: Rung) -> None:
    """A receipt in the sender's log, or a sealing in the receiver's, shows nothing."""
    speaker = EXCHANGE.node(ROWS[rung].speaker)
    assert [may_say(rung, node, EXCHANGE) for node in (FR, RO, THIRDS[0])] == [
        speaker == FR,
        speaker == RO,
        False,
    ]


def test_every_node_of_the_two_states_is_a_party() -> None:
    """A second node of one State is no third."""
    assert EXCHANGE.is_party(FR)
    assert EXCHANGE.is_party(NodeId("RO", 9))
    assert not any(EXCHANGE.is_party(node) for node in THIRDS)


def test_message_to_oneself_is_no_exchange() -> None:
    """There would be no other side."""
    with pytest.raises(NotAllowedError):
        Exchange(sender=FR, receiver=FR)
