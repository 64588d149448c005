"""States of a thread: the local ones, and those that a receipt tells."""

import pytest

from protocol.cases.ladder import MessageState
from protocol.cases.phases import (
    AFTER,
    ANY_BUT_DRAFT,
    LIVE,
    LOCAL_STEPS,
    UNDECIDED,
    LocalEvent,
    Phase,
    after_local,
    phase_of,
)

M = MessageState


@pytest.mark.parametrize(
    ("step", "phase"),
    [
        (M.QUEUED, Phase.QUEUED),
        (M.ACCEPTED, Phase.SENT),
        (M.REJECTED, Phase.SENT),
        (M.EXPIRED, Phase.SENT),
        (M.CANCELLED, Phase.SENT),
        (M.CONSIGNED, Phase.DELIVERED),
        (M.OPENED, Phase.DELIVERED),
        (M.ACKNOWLEDGED, Phase.DELIVERED),
        (M.DECLINED, Phase.DELIVERED),
        (M.ANSWERED, Phase.DELIVERED),
    ],
)
def test_a_request_is_delivered_once_it_is_in_the_duty_inbox(
    step: MessageState, phase: Phase
) -> None:
    """Section 7: receipt `consigned`; non-delivery is evidence, not a state."""
    assert phase_of(step) is phase


def test_sets_are_those_of_section_6() -> None:
    """live, undecided, after, any but draft."""
    assert {str(phase) for phase in UNDECIDED} == {
        "delivered",
        "acknowledged",
        "info_needed",
        "awaiting_determination",
    }
    assert {str(phase) for phase in AFTER} == {"decided", "executed"}
    assert LIVE == UNDECIDED | AFTER
    assert set(Phase) - ANY_BUT_DRAFT == {Phase.DRAFT, Phase.AWAITING_APPROVAL}


def test_a_draft_leaves_by_approval_and_queue() -> None:
    """The local half of section 7."""
    phase: Phase | None = Phase.DRAFT
    for event in (LocalEvent.ASK_APPROVAL, LocalEvent.QUEUE, LocalEvent.LEAVE):
        assert phase is not None
        phase = after_local(phase, event)
    assert phase is Phase.SENT


def test_what_is_returned_is_a_draft_again() -> None:
    """The approver sends it back to be mended."""
    assert after_local(Phase.AWAITING_APPROVAL, LocalEvent.RETURN) is Phase.DRAFT


@pytest.mark.parametrize("phase", [each for each in Phase if each not in LOCAL_STEPS])
@pytest.mark.parametrize("event", list(LocalEvent))
def test_nothing_local_touches_a_thread_of_the_network(phase: Phase, event: LocalEvent) -> None:
    """Once it has left, only messages move it."""
    assert after_local(phase, event) is None
