"""The rows of section 6: who may send what in which state, held against the text."""

from typing import Final

import pytest

from protocol.cases.message import Side
from protocol.cases.phases import Phase
from protocol.cases.rules import REQUESTS, RULES, Effect
from protocol.requests.catalogue import RESERVED, TYPES
from protocol.requests.kinds import Direction, Thread

P = Phase
UNDECIDED: Final = {P.DELIVERED, P.ACKNOWLEDGED, P.INFO_NEEDED, P.AWAITING_DETERMINATION}
AFTER: Final = {P.DECIDED, P.EXECUTED}
LIVE: Final = UNDECIDED | AFTER
CLOSED: Final = {P.CLOSED}
ANY: Final = {P.QUEUED, P.SENT} | LIVE | CLOSED
WAITING: Final = {P.INFO_NEEDED, P.AWAITING_DETERMINATION}

SECTION_6: Final[dict[str, tuple[str, set[Phase]]]] = {
    "acknowledgement": ("A", LIVE),
    "info_needed": ("A", UNDECIDED),
    "info_supplied": ("Q", WAITING),
    "determination_request": ("A", UNDECIDED | {P.DECIDED}),
    "determination": ("Q", WAITING),
    "decision": ("A", LIVE),
    "condition_reply": ("QA", LIVE),
    "preservation_report": ("A", AFTER),
    "path_disclosure": ("A", AFTER),
    "mla_followup_notice": ("Q", {P.EXECUTED}),
    "mla_received_confirmation": ("A", {P.EXECUTED}),
    "data_delivery": ("A", AFTER),
    "advice_answer": ("A", UNDECIDED | {P.DECIDED}),
    "outcome_report": ("A", AFTER),
    "delay_notice": ("A", LIVE),
    "referral_notice": ("A", LIVE),
    "withdrawal": ("Q", LIVE),
    "withdrawal_ack": ("A", LIVE | CLOSED),
    "release_notice": ("QA", LIVE | CLOSED),
    "closure": ("Q", {P.EXECUTED, P.ACKNOWLEDGED}),
    "formal_confirmation": ("Q", LIVE | CLOSED),
    "use_account_request": ("A", AFTER | CLOSED),
    "use_account": ("Q", AFTER | CLOSED),
    "onward_transfer_request": ("Q", AFTER | CLOSED),
    "judicial_use_request": ("Q", AFTER | CLOSED),
    "onward_transfer_decision": ("A", AFTER | CLOSED),
    "judicial_use_decision": ("A", AFTER | CLOSED),
    "data_incident_notice": ("QA", ANY),
    "data_correction_notice": ("QA", ANY),
    "reminder": ("QA", LIVE),
    "correction": ("QA", ANY),
    "note": ("QA", ANY),
}
"""Sides and states of each answer and notice, as sections 6 and 7 have them."""

ANSWERS: Final = sorted(SECTION_6)


def test_every_type_of_the_catalogue_has_its_row() -> None:
    """A new type is one line here too; this names what is missing."""
    assert set(RULES) == set(TYPES)
    assert set(RULES) == set(SECTION_6) | set(REQUESTS)
    assert set(RULES).isdisjoint(RESERVED)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_row_is_that_of_the_text(name: str) -> None:
    """Sides and states, written down a second time from the text."""
    sides, phases = SECTION_6[name]
    assert RULES[name].sides == {Side(letter) for letter in sides}
    assert RULES[name].phases == phases


@pytest.mark.parametrize("name", sorted(RULES))
def test_sides_are_those_of_the_catalogue(name: str) -> None:
    """The form and the thread must not disagree on who writes a document."""
    expected = {
        Direction.TO_REQUESTED: {Side.REQUESTING},
        Direction.TO_REQUESTING: {Side.REQUESTED},
        Direction.EITHER: set(Side),
    }
    assert RULES[name].sides == expected[TYPES[name].direction]


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_type_opens_a_request_as_its_form_says(name: str) -> None:
    """What carries no reply opens; what may carry one may come inside a thread."""
    place = TYPES[name].thread
    assert (name in REQUESTS) is (place is not Thread.JOINS)
    if name in REQUESTS:
        assert REQUESTS[name].joins is (place is Thread.STARTS_OR_JOINS)
        assert RULES[name].effect is Effect.OPENS


def test_only_an_emergency_delivers_before_the_decision() -> None:
    """Section 6.1: 2AP 9 also in `acknowledged`."""
    early = {name: rule.in_emergency for name, rule in RULES.items() if rule.in_emergency}
    assert early == {"data_delivery": {P.ACKNOWLEDGED}}


def test_no_row_allows_a_local_state() -> None:
    """Drafts are nobody's business but their writer's."""
    for rule in RULES.values():
        assert rule.phases.isdisjoint({P.DRAFT, P.AWAITING_APPROVAL})


def test_every_effect_is_some_types() -> None:
    """A row that nobody uses is a mistake."""
    assert {rule.effect for rule in RULES.values()} == set(Effect)
