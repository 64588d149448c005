"""Terms: what treaties say, with its mark, and what is policy."""

import pytest

from protocol.cases.terms import (
    DEFAULT_POLICY,
    LEGAL_TERMS,
    WARNING_DAYS,
    Certainty,
    Law,
    LegalTerm,
    Policies,
    Policy,
)
from protocol.delivery.urgency import Urgency

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def test_legal_terms_are_those_of_section_9() -> None:
    """Constants: nobody configures a treaty."""
    assert {what: term.days for what, term in LEGAL_TERMS.items()} == {
        "preservation, at least": 60,
        "one domestic order": 90,
        "order served": 45,
        "subscriber information returned": 20,
        "traffic data returned": 45,
        "answer of a provider": 30,
    }


@pytest.mark.parametrize("term", LEGAL_TERMS.values(), ids=LEGAL_TERMS)
def test_what_was_not_read_is_shown_as_to_be_checked(term: LegalTerm) -> None:
    """No official text was read: nothing of it is printed as law without the mark."""
    assert term.law.certainty is Certainty.FROM_MEMORY
    assert term.law.shown == f"{term.law.article} (to be checked)"
    assert term.ms == term.days * DAY


def test_what_was_read_is_shown_plainly() -> None:
    """The mark goes once somebody has read the text."""
    assert Law(article="Article 35", certainty=Certainty.READ).shown == "Article 35"


def test_usual_policy_is_that_of_section_9() -> None:
    """By class until a person has it, by urgency until a decision."""
    assert [DEFAULT_POLICY.accepted[cls] for cls in Urgency] == [MINUTE, 15 * MINUTE, HOUR, HOUR]
    assert [DEFAULT_POLICY.acknowledged[cls] for cls in Urgency] == [
        15 * MINUTE,
        HOUR,
        24 * HOUR,
        24 * HOUR,
    ]
    assert DEFAULT_POLICY.decided == {
        "emergency": 8 * HOUR,
        "urgent": 3 * DAY,
        "routine": 7 * DAY,
    }


def test_a_party_may_have_its_own_policy() -> None:
    """Policy clocks are settings for each Party and urgency."""
    slow = Policy(
        accepted=DEFAULT_POLICY.accepted,
        acknowledged=DEFAULT_POLICY.acknowledged,
        decided={"emergency": HOUR, "urgent": HOUR, "routine": 30 * DAY},
    )
    policies = Policies(parties={"JP": slow})
    assert policies.of("JP") is slow
    assert policies.of("RO") is DEFAULT_POLICY


def test_warnings_come_closer_together() -> None:
    """Section 9: 21, 14, 7, 3 and 1 days before the end."""
    assert WARNING_DAYS == (21, 14, 7, 3, 1)
