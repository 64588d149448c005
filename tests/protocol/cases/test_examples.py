"""The example documents, read as one case: from what an officer wrote to the state."""

from pathlib import Path

import pytest

from protocol.cases.extract import case_message, facts_of
from protocol.cases.facts import Asked
from protocol.cases.fold import History, fold
from protocol.cases.message import CaseMessage
from protocol.cases.rules import REQUESTS
from protocol.cases.state import Thread
from protocol.identifiers import MessageId
from protocol.requests.check import read_document
from tests.protocol.cases.instants import MINUTE_MS, ms
from tests.protocol.cases.story import FR, RO, mid_of
from tests.protocol.requests.samples import EXAMPLES, MESSAGE

CASE = (
    "preservation_request",
    "acknowledgement",
    "decision",
    "preservation_report",
    "preservation_extension",
)
BEGIN_MS = ms("2026-11-20T16:00:00Z")


def told(count: int) -> Thread:
    """Return the state after so many of the examples, all in one thread of France and Romania."""
    messages: list[CaseMessage] = []
    for number, name in enumerate(CASE[:count]):
        document = read_document((EXAMPLES / f"{name}.json").read_bytes())
        sender = FR if document.to in {"RO/1", "RO"} else RO
        messages.append(
            case_message(
                document,
                mid=mid_of(number) if number else MessageId.parse(MESSAGE),
                sender=sender,
                recipient=RO if sender == FR else FR,
                t_ms=BEGIN_MS + number * MINUTE_MS,
            )
        )
    return fold(History(thread=MessageId.parse(MESSAGE), messages=tuple(messages)))


@pytest.mark.parametrize(
    ("count", "phase"),
    [(1, "delivered"), (2, "acknowledged"), (3, "decided"), (4, "executed"), (5, "delivered")],
)
def test_the_examples_are_a_case_in_order(count: int, phase: str) -> None:
    """Requested, taken on, decided, reported, extended: each is allowed where it stands."""
    thread = told(count)
    assert [entry.objection for entry in thread.entries] == [None] * count
    assert str(thread.phase) == phase


def test_the_examples_end_with_two_items_preserved() -> None:
    """One refused; one preserved while its conditions are still to be answered."""
    thread = told(4)
    (request,) = thread.requests.values()
    assert {item.item_id: item.status for item in request.items} == {
        "srv-traffic": "preserved",
        "srv-content": "refused",
        "customer": "preserved",
    }
    assert [item.awaits_result for item in request.items] == [False, False, False]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_every_example_has_its_facts(path: Path) -> None:
    """One of each type, as their forms have them."""
    document = read_document(path.read_bytes())
    assert isinstance(facts_of(document), Asked) is (document.type in REQUESTS)
