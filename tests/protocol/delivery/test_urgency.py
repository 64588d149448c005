"""Classes of urgency: what makes a document urgent, how long a lane may wait."""

import pytest

from protocol.delivery.urgency import BACK_OFF_CAP_S, Urgency, urgency_of

PRESERVATION = (
    "preservation_request",
    "preservation_extension",
    "preservation_report",
    "path_disclosure",
)


@pytest.mark.parametrize("document_type", ["emergency_disclosure", *PRESERVATION])
def test_an_emergency_is_p0_whatever_its_type(document_type: str) -> None:
    """A person's life does not wait for the kind of the form."""
    assert urgency_of("emergency", document_type) is Urgency.P0


@pytest.mark.parametrize("document_urgency", ["routine", "urgent"])
@pytest.mark.parametrize("document_type", PRESERVATION)
def test_preservation_is_never_below_p1(document_urgency: str, document_type: str) -> None:
    """Data under Articles 29 and 30 vanish while a routine request waits."""
    assert urgency_of(document_urgency, document_type) is Urgency.P1


def test_an_urgent_document_is_p1() -> None:
    """The officer's word counts for every other type."""
    assert urgency_of("urgent", "assistance_request") is Urgency.P1


def test_a_routine_document_is_p2() -> None:
    """P3 is for bulk, which no document is."""
    assert urgency_of("routine", "assistance_request") is Urgency.P2


def test_smaller_is_more_urgent() -> None:
    """Lanes take the minimum of what waits in them."""
    assert min(Urgency) is Urgency.P0
    assert sorted(Urgency) == [Urgency.P0, Urgency.P1, Urgency.P2, Urgency.P3]


def test_the_longest_wait_grows_with_the_class() -> None:
    """Delivery rule 10: 15, 60, 300 and 1,800 seconds."""
    assert [BACK_OFF_CAP_S[cls] for cls in Urgency] == [15.0, 60.0, 300.0, 1800.0]
