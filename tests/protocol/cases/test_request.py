"""One request: the state that follows from what it waits for and from its items."""

import pytest

from protocol.cases.items import Item, ItemState
from protocol.cases.phases import Ending, Phase
from protocol.cases.preservation import Preservation, PreservationState
from protocol.cases.request import (
    Asking,
    Request,
    Wait,
    WaitFor,
    ending_of,
    on_the_clock,
)
from tests.protocol.cases.story import mid_of

S = ItemState


def request(
    *states: ItemState, asking: Asking = Asking.DATA, waits: tuple[Wait, ...] = ()
) -> Request:
    """Return a request with items in these states, that a person has."""
    items = tuple(Item(item_id=str(n), state=state) for n, state in enumerate(states))
    return Request(
        mid=mid_of(1),
        type="stored_data_request",
        asking=asking,
        urgency="routine",
        t_ms=0,
        items=items,
        is_taken=True,
        waits=waits,
    )


def wait(what: WaitFor) -> Wait:
    """Return something that is waited for."""
    return Wait(what=what, mid=mid_of(2), since_ms=0)


@pytest.mark.parametrize(
    ("states", "phase"),
    [
        ((S.REQUESTED,), Phase.ACKNOWLEDGED),
        ((S.ACCEPTED, S.REQUESTED), Phase.ACKNOWLEDGED),
        ((S.DELIVERED, S.REQUESTED), Phase.ACKNOWLEDGED),
        ((S.POSTPONED, S.REFERRED), Phase.ACKNOWLEDGED),
        ((S.CONDITIONS_OFFERED,), Phase.ACKNOWLEDGED),
        ((S.ACCEPTED, S.POSTPONED, S.REFUSED), Phase.DECIDED),
        ((S.PARTIALLY_ACCEPTED, S.DELIVERED), Phase.DECIDED),
        ((S.DELIVERED, S.DONE, S.POSTPONED, S.CONDITIONS_OFFERED), Phase.EXECUTED),
        ((S.REFUSED, S.NOT_POSSIBLE, S.WITHDRAWN), Phase.CLOSED),
    ],
)
def test_the_state_follows_from_the_items(states: tuple[ItemState, ...], phase: Phase) -> None:
    """decided: last open item decided and one granted; executed: none waits for a result."""
    assert request(*states).phase is phase


@pytest.mark.parametrize(
    ("waits", "phase"),
    [
        ((WaitFor.INFORMATION,), Phase.INFO_NEEDED),
        ((WaitFor.DETERMINATION,), Phase.AWAITING_DETERMINATION),
        ((WaitFor.INFORMATION, WaitFor.DETERMINATION), Phase.AWAITING_DETERMINATION),
        ((WaitFor.INFORMATION, WaitFor.ACCOUNT), Phase.INFO_NEEDED),
        ((WaitFor.ACCOUNT, WaitFor.ONWARD_TRANSFER, WaitFor.JUDICIAL_USE), Phase.DECIDED),
    ],
)
def test_what_is_asked_shows_first(waits: tuple[WaitFor, ...], phase: Phase) -> None:
    """Notices on use leave the state alone."""
    assert request(S.ACCEPTED, waits=tuple(map(wait, waits))).phase is phase


def test_what_asks_for_nothing_is_never_decided() -> None:
    """It is acknowledged, and closed."""
    assert request(S.REQUESTED, asking=Asking.NOTHING).phase is Phase.ACKNOWLEDGED
    assert request(S.DONE, asking=Asking.NOTHING).phase is Phase.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("states", "ending"),
    [
        ((S.DELIVERED, S.REFUSED), Ending.EXECUTED),
        ((S.DONE,), Ending.EXECUTED),
        ((S.NOT_POSSIBLE, S.REFUSED), Ending.REFUSED),
        ((S.NOT_POSSIBLE, S.WITHDRAWN), Ending.NOT_POSSIBLE),
        ((S.WITHDRAWN,), Ending.WITHDRAWN),
        ((S.POSTPONED,), Ending.WITHDRAWN),
    ],
)
def test_what_was_executed_outweighs_what_was_not(
    states: tuple[ItemState, ...], ending: Ending
) -> None:
    """Closed (executed, refused, withdrawn, not_possible)."""
    assert ending_of(request(*states).items) is ending


@pytest.mark.parametrize(("at_ms", "ending"), [(None, Ending.WITHDRAWN), (1, Ending.EXECUTED)])
def test_data_that_were_preserved_were_executed(at_ms: int | None, ending: Ending) -> None:
    """An order that was given up before was not."""
    data = Preservation(state=PreservationState.RELEASED, at_ms=at_ms)
    assert ending_of((Item(item_id="i", state=S.ACCEPTED, preservation=data),)) is ending


def test_an_open_request_has_no_ending() -> None:
    """Only a closed one."""
    assert request(S.DONE).ending is None
    assert request(S.REFUSED).ending is Ending.REFUSED


def test_the_clock_leaves_a_request_alone_that_has_nothing_to_lapse() -> None:
    """The same object: nothing is copied for nothing."""
    plain = request(S.DONE)
    assert on_the_clock(plain, 10**15) is plain


@pytest.mark.parametrize(
    ("states", "put_off"),
    [
        ((S.POSTPONED,), True),
        ((S.POSTPONED, S.REFUSED), True),
        ((S.REFUSED,), False),
        ((S.POSTPONED, S.REQUESTED), False),
        ((S.POSTPONED, S.CONDITIONS_OFFERED), False),
    ],
)
def test_only_postponed_items_may_be_left(states: tuple[ItemState, ...], *, put_off: bool) -> None:
    """Acknowledged with only postponed items."""
    assert request(*states).is_put_off is put_off
