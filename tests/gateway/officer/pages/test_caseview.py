"""A case as values: who must act, why a clock stands still, what is hidden before opening."""

import asyncio
from dataclasses import replace

from gateway.officer.pages.caseview import CaseView, case_view
from gateway.officer.pages.inboxview import Sight
from gateway.records import Direction
from gateway.service.case import Case
from gateway.service.shown import MessageLine
from protocol.cases.conditions import Condition, ConditionState
from protocol.cases.deadlines import Deadline, Due, Standing
from protocol.cases.items import Desired, Item, ItemState
from protocol.cases.ladder import MessageState
from protocol.cases.message import Side
from protocol.cases.phases import Phase
from protocol.cases.preservation import Preservation, PreservationState
from protocol.cases.request import Asking, Request, Wait, WaitFor
from protocol.cases.state import Thread
from protocol.cases.terms import PRESERVATION_FLOOR
from protocol.delivery.urgency import Urgency
from tests.gateway.officer.world import FR, NOW_MS, RO, World, content_of, mid, row_of

OFFER = Condition(kind="no_onward", text="Only so.", by=mid(1))
ITEM = Item(
    item_id="customer",
    category="subscriber",
    desired=Desired.STOP,
    conditions=(OFFER, replace(OFFER, by=mid(9), state=ConditionState.STATED)),
)
KEPT = Item(
    item_id="traffic",
    state=ItemState.ACCEPTED,
    preservation=Preservation(
        state=PreservationState.PRESERVED, at_ms=NOW_MS, until_ms=NOW_MS + 10**9
    ),
)


def request(*items: Item, waits: tuple[Wait, ...] = ()) -> Request:
    """Return the request of the case."""
    return Request(
        mid=mid(1),
        type="preservation_request",
        asking=Asking.PRESERVATION,
        urgency="urgent",
        t_ms=NOW_MS,
        items=items,
        waits=waits,
        is_taken=True,
        reminders=(1, 2),
    )


def view(
    *deadlines: Deadline,
    asked: Request | None = None,
    state: MessageState = MessageState.OPENED,
    side: Side | None = Side.REQUESTED,
    sight: Sight = Sight.CONTENT,
    cls: Urgency = Urgency.P1,
) -> CaseView:
    """Return the view of a case of one message."""
    world = World()
    content = content_of(mid(1), kind="preservation_request")
    row = replace(row_of(mid(1), Direction.IN, state=state, content=content), cls=cls)
    world.book.put(row, content)
    line = asyncio.run(world.services().consult.show(mid(1))).line
    found = asked or request(ITEM, KEPT)
    thread = Thread(
        thread=mid(1),
        requesting=FR,
        requested=RO,
        requests={mid(1): found},
        owners={mid(1): mid(1)},
    )
    return case_view(
        mid(1),
        [line],
        Case(thread=thread, side=side, deadlines=deadlines, sendable=("decision",)),
        seen={},
        acknowledged_ms=NOW_MS + 210_000,
        sight=sight,
    )


def deadline(standing: Standing, *, due: Due = Due.DECISION, acts: Side | None = None) -> Deadline:
    """Return a clock."""
    return Deadline(
        due=due,
        request=mid(1),
        item_id="customer",
        start_ms=NOW_MS,
        due_ms=None if standing is Standing.HELD else NOW_MS + 5,
        standing=standing,
        acts=acts,
        law=PRESERVATION_FLOOR.law if due is Due.PRESERVATION else None,
    )


def test_items_say_state_wish_end_and_conditions_that_were_read() -> None:
    """What an unopened message offers is not shown before somebody opens it."""
    (shown,) = view().requests
    customer, traffic = shown.items
    assert (shown.reminders, shown.number, shown.type) == (3, 1, "preservation_request")
    assert (customer.stop, customer.tag.word, customer.until_ms) == (True, "Requested", None)
    assert [(each.kind, each.text) for each in customer.conditions] == [("no_onward", "Only so.")]
    assert (traffic.tag.word, traffic.until_ms) == ("Preserved", NOW_MS + 10**9)


def test_nothing_of_an_unopened_request_is_told_but_its_clocks() -> None:
    """This node reads it; the people of the desk have not."""
    clock = deadline(Standing.RUNNING)
    case = view(clock, state=MessageState.CONSIGNED)
    assert case.requests == ()
    assert [each.item for each in case.clocks] == [None]
    assert [each.item for each in view(clock).clocks] == ["customer"]


def test_clock_says_who_must_act_by_which_law() -> None:
    """`we must act` stands on one side, `they must act` on the other."""
    ours = deadline(Standing.OVERDUE, acts=Side.REQUESTED)
    kept = deadline(Standing.HELD, due=Due.PRESERVATION)
    first, second = view(ours, kept).clocks
    assert (first.ours, first.is_late, first.law) == (True, True, None)
    assert (second.ours, second.due_ms, second.is_preservation) == (None, None, True)
    assert second.law is not None
    assert view(ours, side=Side.REQUESTING).clocks[0].ours is False
    assert view(ours, side=None).ours is None


def test_paused_clock_says_who_asked_for_what() -> None:
    """Else nobody knows whose turn it is."""
    wait = Wait(what=WaitFor.INFORMATION, mid=mid(2), since_ms=NOW_MS, suspended=True)
    paused = deadline(Standing.PAUSED)
    asked = request(ITEM, waits=(wait,))
    assert view(paused, asked=asked).clocks[0].paused == "we asked for information"
    other = view(paused, asked=asked, side=Side.REQUESTING).clocks[0]
    assert other.paused == "they asked for information"
    account = replace(asked, waits=(replace(wait, what=WaitFor.ACCOUNT),))
    assert view(paused, asked=account).clocks[0].paused == "a question is open"
    assert view(paused).clocks[0].paused == "a question is open"
    assert view(replace(paused, request=mid(7))).clocks[0].paused == "a question is open"


def test_met_clock_says_how_long_it_took_and_what_was_aimed_at() -> None:
    """`acknowledged in 3 min 30 s (target 1 h)`; bulk has no target."""
    met = view().acknowledged
    assert met is not None
    assert (met.took_ms, met.target_ms) == (210_000 - 1, 3_600_000)
    bulk = view(cls=Urgency.P3).acknowledged
    assert bulk is not None
    assert bulk.target_ms is None


def test_each_role_sees_what_it_may_of_a_case() -> None:
    """Auditors clocks, operators states and peers alone."""
    clock = deadline(Standing.RUNNING)
    auditor = view(clock, sight=Sight.LISTS)
    assert (auditor.reference, auditor.requests, auditor.sendable) == (None, (), ())
    assert [each.item for each in auditor.clocks] == [None]
    assert auditor.articles == ("29, 30",)
    operator = view(clock, sight=Sight.STATES)
    assert (operator.clocks, operator.acknowledged, operator.articles) == ((), None, ())
    assert operator.tag is not None
    whole = view(clock)
    assert (whole.reference, whole.handling) == ("FR-26-1102", "H1")


def test_closed_case_says_how_it_ended_and_an_unknown_one_nothing() -> None:
    """The first message may still be on its way."""
    ended = request(replace(ITEM, state=ItemState.REFUSED))
    tag = view(asked=ended).tag
    assert tag is not None
    assert tag.word == "Closed: refused"
    assert view(asked=ended).requests[0].tag.word == "Closed: refused"
    assert request(ITEM).phase is Phase.ACKNOWLEDGED
    empty = case_view(
        mid(1),
        [asyncio.run(_line())],
        Case(thread=Thread(thread=mid(1)), side=None, deadlines=(), sendable=()),
        seen={},
        acknowledged_ms=None,
        sight=Sight.CONTENT,
    )
    assert (empty.tag, empty.acknowledged) == (None, None)


async def _line() -> MessageLine:
    world = World()
    world.book.put(row_of(mid(1), Direction.IN, state=MessageState.CONSIGNED))
    return (await world.services().consult.show(mid(1))).line
