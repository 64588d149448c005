"""The fold: both nodes reach one state, whatever arrived first and how often."""

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.cases.conditions import CONDITION_STEPS
from protocol.cases.deadlines import deadlines_of
from protocol.cases.facts import Nothing
from protocol.cases.fold import History, fold
from protocol.cases.ladder import MessageState
from protocol.cases.message import CaseMessage, Side
from protocol.cases.objection import Reason
from protocol.cases.phases import Ending, Phase
from protocol.cases.preservation import PreservationState
from protocol.cases.request import Request
from protocol.cases.state import Thread
from tests.protocol.cases.histories import histories
from tests.protocol.cases.instants import DAY_MS, START, ms
from tests.protocol.cases.story import FR, JP, RO, Story, mid_of
from tests.protocol.cases.words import delivered, taken


def folded(messages: list[CaseMessage]) -> Thread:
    """Return the state of a thread."""
    return fold(History(thread=messages[0].mid, messages=tuple(messages)))


@given(histories().flatmap(lambda told: st.tuples(st.just(told), st.permutations(told * 2))))
@settings(max_examples=120, deadline=None)
def test_two_nodes_reach_one_state(story: tuple[list[CaseMessage], list[CaseMessage]]) -> None:
    """Reordering and duplication change nothing; every message is kept exactly once."""
    messages, arrived = story
    thread = folded(messages)
    other = fold(
        History(
            thread=messages[0].mid,
            messages=tuple(arrived),
            ladder=dict.fromkeys((each.mid for each in messages), MessageState.OPENED),
        )
    )
    assert other == thread
    assert sorted(each.message.mid for each in thread.entries) == sorted(
        each.mid for each in messages
    )


@given(histories(), st.data())
@settings(max_examples=80, deadline=None)
def test_what_replies_to_a_missing_message_waits_for_it(
    messages: list[CaseMessage], data: st.DataObject
) -> None:
    """And nothing else does: a node that lacks one message shows the rest in order."""
    late = data.draw(st.sampled_from(messages[1:] or messages))
    thread = fold(
        History(
            thread=messages[0].mid,
            messages=tuple(each for each in messages if each is not late),
        )
    )
    awaited = {late.mid}
    for each in messages:  # a reply comes after what it replies to, as they were written
        if each.parents & awaited or late.mid == messages[0].mid:
            awaited.add(each.mid)
    waiting = {
        entry.message.mid
        for entry in thread.entries
        if entry.objection and entry.objection.reason is Reason.AWAITED
    }
    assert waiting == awaited - {late.mid}


@given(histories())
@settings(max_examples=120, deadline=None)
def test_forbidden_transitions_are_never_reached(messages: list[CaseMessage]) -> None:
    """Each message leads from state to state as section 7 says, or changes nothing."""
    before: Thread | None = None
    ordered = [entry.message for entry in folded(messages).entries]
    for count in range(1, len(ordered) + 1):
        thread = folded(ordered[:count])
        if before is not None:
            for mid, request in before.requests.items():
                _check_step(request, thread.requests[mid], ordered[count - 1], thread)
        before = thread


LEADS_TO: Final[dict[Phase, set[Phase]]] = {
    Phase.DELIVERED: set(Phase) - {Phase.DRAFT, Phase.AWAITING_APPROVAL, Phase.QUEUED, Phase.SENT},
    Phase.ACKNOWLEDGED: {
        Phase.INFO_NEEDED,
        Phase.AWAITING_DETERMINATION,
        Phase.DECIDED,
        Phase.EXECUTED,
        Phase.CLOSED,
    },
    Phase.INFO_NEEDED: {
        Phase.ACKNOWLEDGED,
        Phase.AWAITING_DETERMINATION,
        Phase.DECIDED,
        Phase.EXECUTED,
        Phase.CLOSED,
    },
    Phase.AWAITING_DETERMINATION: {
        Phase.ACKNOWLEDGED,
        Phase.INFO_NEEDED,
        Phase.DECIDED,
        Phase.EXECUTED,
        Phase.CLOSED,
    },
    # Back by a decision that replaces an earlier one (D7), or conditions that cannot be kept.
    Phase.DECIDED: {
        Phase.AWAITING_DETERMINATION,
        Phase.ACKNOWLEDGED,
        Phase.EXECUTED,
        Phase.CLOSED,
    },
    # Back by a decision on what was put off, or the reply to an offer.
    Phase.EXECUTED: {Phase.DECIDED, Phase.ACKNOWLEDGED, Phase.CLOSED},
    Phase.CLOSED: set(),
}


def _check_step(before: Request, after: Request, message: CaseMessage, thread: Thread) -> None:
    """Hold one request before and after a message against the text."""
    entry = next(each for each in thread.entries if each.message == message)
    if after.phase is not before.phase:
        assert after.phase in LEADS_TO[before.phase]
        assert entry.is_in_order
    if not entry.is_in_order:
        assert after == before
    for old, new in zip(before.items, after.items, strict=False):
        _check_data(None if old.preservation is None else old.preservation.state, new.status)
        for was, now in zip(old.conditions, new.conditions, strict=False):
            steps = CONDITION_STEPS[was.state]
            assert not was.binds or now == was
            assert now.by != was.by or now.state in {was.state, *steps.values()}


def _check_data(before: PreservationState | None, after: str) -> None:
    if before is PreservationState.RELEASED:
        assert after == "released"
    if before is PreservationState.HELD:
        assert after in {"held_pending_decision", "disclosed", "released"}
    if before is PreservationState.DISCLOSED:
        assert after in {"disclosed", "released"}


@given(histories(), st.integers(0, 400))
@settings(max_examples=80, deadline=None)
def test_the_clock_alone_makes_data_lapse(messages: list[CaseMessage], days: int) -> None:
    """And nothing but preserved or extended data, whose end has come."""
    thread = folded(messages)
    now_ms = ms(START) + days * DAY_MS
    there = thread.at(now_ms)
    for mid, request in thread.requests.items():
        for old, new in zip(request.items, there.requests[mid].items, strict=True):
            if old != new:
                assert new.status == "lapsed"
                assert old.preservation is not None
                assert old.preservation.runs
                assert (old.preservation.until_ms or 0) <= now_ms
    assert there.at(now_ms) == there


def test_a_thread_without_its_beginning_has_no_state() -> None:
    """The messages are kept and shown as waiting."""
    told = Story()
    told.a("acknowledgement", taken())
    thread = fold(History(thread=told.opener, messages=tuple(told.messages[1:])))
    assert (thread.phase, thread.ending, thread.current) == (None, None, None)
    assert [entry.objection and entry.objection.reason for entry in thread.entries] == [
        Reason.AWAITED
    ]
    assert thread.side_of(FR) is None


def test_who_opened_the_thread_is_the_requesting_side() -> None:
    """The other node is the requested one; nobody else has a side."""
    thread = Story().thread()
    assert [thread.side_of(node) for node in (FR, RO, JP)] == [
        Side.REQUESTING,
        Side.REQUESTED,
        None,
    ]


@pytest.mark.parametrize(
    ("step", "phase"),
    [
        (MessageState.QUEUED, "queued"),
        (MessageState.ACCEPTED, "sent"),
        (MessageState.CONSIGNED, "delivered"),
        (MessageState.ANSWERED, "delivered"),
        (MessageState.EXPIRED, "sent"),
    ],
)
def test_the_ladder_tells_how_far_a_request_travelled(step: MessageState, phase: str) -> None:
    """At the node that sent it; where it was received it is delivered."""
    told = Story()
    told.ladder[told.opener] = step
    assert told.phase() == phase


@pytest.mark.parametrize(
    "type", ["preservation_request", "technical_advice_request", "spontaneous_information"]
)
def test_a_request_that_was_cancelled_is_closed_until_it_turns_out_to_have_arrived(
    type: str,  # noqa: A002
) -> None:
    """Its officer must not wait for an answer to what nobody else has."""
    told = Story(type)
    told.ladder[told.opener] = MessageState.CANCELLED
    assert told.phase() == "closed"
    assert told.thread().ending is Ending.WITHDRAWN
    assert deadlines_of(told.thread(), now_ms=told.now_ms) == ()
    told.ladder[told.opener] = MessageState.CONSIGNED
    assert told.phase() == "delivered"


def test_a_later_message_that_was_cancelled_has_no_effect() -> None:
    """The other side never had it, so both sides see the same."""
    told = Story()
    told.a("acknowledgement", taken())
    assert told.phase() == "acknowledged"
    told.ladder[told.last] = MessageState.CANCELLED
    assert told.phase() == "delivered"
    objections = [entry.objection for entry in told.thread().entries]
    assert [each and each.reason for each in objections] == [None, Reason.CANCELLED]


def test_messages_that_have_no_effect_are_kept_in_their_places() -> None:
    """Never dropped: out of order, of a stranger, under a used id, without what they reply to."""
    told = Story()
    early = told.a("data_delivery", delivered("one"))
    reply = told.q("note", re=early)
    stranger = replace(told.messages[-1], mid=mid_of(70), sender=JP)
    double = replace(told.messages[0], sender=RO, recipient=FR, t_ms=told.now_ms)
    orphan = replace(told.messages[-1], mid=mid_of(71), re=mid_of(99))
    told.messages += [stranger, double, orphan]
    entries = told.thread().entries
    assert [(each.message.mid, each.objection and each.objection.reason) for each in entries] == [
        (told.opener, None),
        (early, Reason.NOT_ADMITTED),
        (reply, None),
        (orphan.mid, Reason.AWAITED),
        (told.opener, Reason.REPEATED_ID),
        (stranger.mid, Reason.FOREIGN),
    ]
    assert entries[2].request == told.opener


def test_a_thread_that_begins_with_an_answer_has_no_state() -> None:
    """Its sides are known, but nothing was asked."""
    told = Story()
    begin = replace(told.messages[0], type="note", facts=Nothing())
    told.messages[0] = begin
    told.a("acknowledgement", taken())
    thread = told.thread()
    assert thread.phase is None
    assert [each.objection and each.objection.reason for each in thread.entries] == [
        Reason.NOTHING_ASKED,
        Reason.NOTHING_ASKED,
    ]


def test_an_unknown_type_has_no_effect() -> None:
    """A later version may know it."""
    told = Story()
    told.a("acknowledgement", taken())
    told.a("telepathy")
    assert (told.objection(), told.phase()) == ("unknown_type", "acknowledged")


def test_a_thread_of_thousands_is_folded() -> None:
    """The work grows with the number of messages: a peer cannot stop a node by many of them."""
    told = Story()
    for _ in range(2000):
        told.q("note")
    assert len(told.thread().entries) == 2001
