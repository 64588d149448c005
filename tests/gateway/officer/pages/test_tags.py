"""Every state has a word, and the words of one list tell its states apart."""

import pytest

from gateway.officer.pages.tags import (
    CONDITIONS,
    DUES,
    ENDINGS,
    ITEMS,
    PHASES,
    STANDINGS,
    Tone,
    item_tag,
    state_tag,
)
from gateway.records import Direction
from protocol.cases.conditions import ConditionState
from protocol.cases.deadlines import Due, Standing
from protocol.cases.items import ItemState
from protocol.cases.ladder import MessageState
from protocol.cases.phases import Ending, Phase
from protocol.cases.preservation import PreservationState


@pytest.mark.parametrize(
    ("table", "states"),
    [
        (PHASES, Phase),
        (ENDINGS, Ending),
        (ITEMS, [*ItemState, *PreservationState]),
        (CONDITIONS, ConditionState),
        (STANDINGS, Standing),
        (DUES, Due),
    ],
)
def test_every_state_has_a_word(table: dict[object, object], states: list[object]) -> None:
    """A page that meets a new state must not fail at three in the morning."""
    assert set(table) == set(states)


@pytest.mark.parametrize("direction", list(Direction))
def test_every_step_of_the_ladder_has_a_word_on_both_sides(direction: Direction) -> None:
    """Sender and receiver read the same step in their own words."""
    assert all(state_tag(state, direction).word for state in MessageState)


def test_words_are_those_of_the_side_that_looks() -> None:
    """What is `New` here is `In their inbox` there."""
    assert state_tag(MessageState.CONSIGNED, Direction.IN).word == "New"
    assert state_tag(MessageState.CONSIGNED, Direction.IN).tone is Tone.NEW
    assert state_tag(MessageState.CONSIGNED, Direction.OUT).word == "In their inbox"
    assert state_tag(MessageState.REJECTED, Direction.OUT).tone is Tone.LATE


def test_item_is_said_by_its_data_where_they_are_preserved() -> None:
    """`Item.status` gives one or the other."""
    assert item_tag("preserved").word == "Preserved"
    assert item_tag("refused").word == "Refused"
    with pytest.raises(KeyError):
        item_tag("no such state")
