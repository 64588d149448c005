"""Items: every transition of section 7, and none beside them."""

from itertools import product

import pytest

from protocol.cases.conditions import Condition, ConditionState
from protocol.cases.items import (
    DECISIONS,
    ITEM_STEPS,
    Item,
    ItemEvent,
    ItemState,
    changed,
    takes,
    tracked,
)
from protocol.cases.preservation import Preservation, PreservationEvent, PreservationState
from tests.protocol.cases.story import mid_of

S, E = ItemState, ItemEvent

SECTION_7 = {
    S.REQUESTED: {
        S.ACCEPTED,
        S.CONDITIONS_OFFERED,
        S.PARTIALLY_ACCEPTED,
        S.REFUSED,
        S.POSTPONED,
        S.REFERRED,
        S.NOT_POSSIBLE,
        S.WITHDRAWN,
        S.DELIVERED,  # 2AP 9, before a decision
        S.DONE,  # advice
    },
    S.POSTPONED: set(S) - {S.REQUESTED, S.DELIVERED},
    S.REFERRED: set(S) - {S.REQUESTED, S.DELIVERED},
    S.CONDITIONS_OFFERED: set(S) - {S.DELIVERED, S.DONE},
    S.ACCEPTED: set(S) - {S.REQUESTED},
    S.PARTIALLY_ACCEPTED: set(S) - {S.REQUESTED},
    S.REFUSED: set(S) - {S.REQUESTED, S.DELIVERED, S.DONE},
    S.NOT_POSSIBLE: set(S) - {S.REQUESTED, S.DELIVERED, S.DONE},
    S.DELIVERED: {S.DELIVERED},
    S.DONE: {S.DONE, S.DELIVERED},
    S.WITHDRAWN: set(),
}
"""Where an item may go from each state: written from the text, not from the table."""


def test_every_state_has_its_row() -> None:
    """A state without one would stop a fold."""
    assert set(ITEM_STEPS) == set(ItemState) == set(SECTION_7)


@pytest.mark.parametrize("state", list(ItemState))
def test_no_state_is_reached_that_section_7_does_not_name(state: ItemState) -> None:
    """The table holds the transitions of the text, all of them and no others."""
    assert set(ITEM_STEPS[state].values()) == SECTION_7[state]


@pytest.mark.parametrize(("state", "event"), list(product(ItemState, ItemEvent)))
def test_an_event_outside_the_row_changes_nothing(state: ItemState, event: ItemEvent) -> None:
    """What a state does not allow has no effect, and is told so."""
    after = changed(Item(item_id="one", state=state), event)
    assert takes(Item(item_id="one", state=state), event) is (after is not None)
    assert (after is None) is (event not in ITEM_STEPS[state])


@pytest.mark.parametrize("state", [S.DELIVERED, S.WITHDRAWN, S.DONE])
def test_what_has_its_result_is_not_decided_anew(state: ItemState) -> None:
    """D7: a later decision replaces an earlier one until data are delivered."""
    assert ITEM_STEPS[state].keys().isdisjoint(DECISIONS)


@pytest.mark.parametrize("state", [S.ACCEPTED, S.PARTIALLY_ACCEPTED])
def test_a_granted_item_is_withdrawn_by_the_other_sides_word_alone(state: ItemState) -> None:
    """It may have been executed while the withdrawal travelled: its status is theirs."""
    assert E.WITHDRAW not in ITEM_STEPS[state]
    assert ITEM_STEPS[state][E.CANCEL] is S.WITHDRAWN


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (E.TAKE_CONDITIONS, ConditionState.ACCEPTED),
        (E.DECLINE_CONDITIONS, ConditionState.CANNOT_COMPLY),
        (E.ACCEPT, ConditionState.SUPPLIED_WITHOUT),
        (E.REFUSE, ConditionState.WITHHELD),
        (E.POSTPONE, ConditionState.OFFERED),
    ],
)
def test_conditions_follow_their_item(event: ItemEvent, state: ConditionState) -> None:
    """One event, one meaning for all conditions of the item."""
    condition = Condition(kind="confidential", text=None, by=mid_of(1))
    item = Item(item_id="one", state=S.CONDITIONS_OFFERED, conditions=(condition,))
    after = changed(item, event)
    assert after is not None
    assert [each.state for each in after.conditions] == [state]


def test_data_that_are_not_preserved_cannot_be_released() -> None:
    """An item without an order has no preservation to speak of."""
    assert tracked(Item(item_id="one"), PreservationEvent.RELEASE) is None


def test_an_order_alone_cannot_be_released_by_a_notice() -> None:
    """The row of release_notice names data that are preserved, held or lapsed."""
    item = Item(item_id="one", state=S.ACCEPTED, preservation=Preservation())
    assert tracked(item, PreservationEvent.RELEASE) is None
    after = tracked(item, PreservationEvent.GIVE_UP)
    assert after is not None
    assert after.status == "released"


@pytest.mark.parametrize(
    ("item", "status", "awaits", "over"),
    [
        (Item(item_id="i"), "requested", False, False),
        (Item(item_id="i", state=S.ACCEPTED), "accepted", True, False),
        (Item(item_id="i", state=S.REFUSED), "refused", False, True),
        (Item(item_id="i", state=S.ACCEPTED, preservation=Preservation()), "ordered", True, False),
        (
            Item(
                item_id="i",
                state=S.ACCEPTED,
                preservation=Preservation(state=PreservationState.LAPSED),
            ),
            "lapsed",
            False,
            False,
        ),
        (
            Item(
                item_id="i",
                state=S.ACCEPTED,
                preservation=Preservation(state=PreservationState.RELEASED),
            ),
            "released",
            False,
            True,
        ),
    ],
)
def test_lists_show_what_became_of_preserved_data(
    item: Item, status: str, *, awaits: bool, over: bool
) -> None:
    """Once preservation is ordered, its state is the one that matters."""
    assert (item.status, item.awaits_result, item.is_over) == (status, awaits, over)
