"""An author can take back what nobody has a receipt for, once, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.cases.cancelling import DONE, CancelOutcome, cancel
from protocol.cases.ladder import MessageState as S
from protocol.cases.ladder import advance, is_over

O = CancelOutcome  # noqa: E741  a table of outcomes


@pytest.mark.parametrize(
    ("state", "may_have_left", "outcome"),
    [
        (S.QUEUED, False, O.NEVER_LEFT),
        (S.QUEUED, True, O.MAY_HAVE_ARRIVED),
        (S.ACCEPTED, True, O.TAKEN),
        (S.CONSIGNED, True, O.TAKEN),
        (S.ANSWERED, False, O.TAKEN),
        (S.REJECTED, True, O.ENDED),
        (S.EXPIRED, False, O.ENDED),
    ],
)
def test_only_what_has_no_receipt_can_be_cancelled(
    state: S,
    may_have_left: bool,  # noqa: FBT001  a column of the table
    outcome: CancelOutcome,
) -> None:
    """What its addressee has can only be withdrawn there."""
    assert cancel(state, cancelled=False, may_have_left=may_have_left) is outcome


@given(st.data(), st.sampled_from(list(S)))
def test_repeat_changes_nothing_whatever_came_since(data: st.DataObject, state: S) -> None:
    """A lost answer is asked for again."""
    again = cancel(state, cancelled=True, may_have_left=data.draw(st.booleans()))
    assert again is O.CANCELLED_BEFORE
    assert again not in DONE


@given(st.data(), st.sampled_from(list(S)))
def test_message_is_cancelled_only_where_nothing_is_known_of_it(
    data: st.DataObject, state: S
) -> None:
    """No receipt is ever overruled, and a later one that tells of a reader wins."""
    done = cancel(state, cancelled=False, may_have_left=data.draw(st.booleans())) in DONE
    assert done is (state is S.QUEUED)
    if not is_over(state) and state not in {S.QUEUED, S.ACCEPTED}:
        assert advance(S.CANCELLED, state) is state
