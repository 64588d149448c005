"""The fold: both nodes reach one state, whatever arrived first and how often."""

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.cases.conditions import CONDITION_STEPS
from protocol.cases.facts import (
    AccountAsked,
    Asked,
    Choice,
    Confirmed,
    Decided,
    Delayed,
    Execution,
    Facts,
    FormalKind,
    Nothing,
    Outcome,
    Step,
    Stopped,
)
from protocol.cases.fold import History, fold
from protocol.cases.ladder import MessageState
from protocol.cases.message import CaseMessage, Side
from protocol.cases.objection import Reason
from protocol.cases.phases import Phase
from protocol.cases.preservation import PreservationState
from protocol.cases.request import Request
from protocol.cases.rules import REQUESTS, RULES
from protocol.cases.state import Thread
from protocol.identifiers import MessageId
from tests.protocol.cases.instants import DAY_MS, START, later, ms
from tests.protocol.cases.story import FR, JP, RO, Story, mid_of
from tests.protocol.cases.words import (
    decided,
    delivered,
    determined,
    executed,
    inquiry,
    items,
    named,
    not_preserved,
    offer,
    offered,
    paths,
    referral,
    replied,
    reported,
    stopped,
    supplied,
    taken,
)

NAMES: Final = ("one", "two", "*")
OPENERS: Final = (
    "preservation_request",
    "stored_data_request",
    "emergency_disclosure_request",
    "technical_advice_request",
    "preservation_extension",
    "spontaneous_information",
)

asked_items = st.sampled_from([items("one", "two"), items("one"), items()])
some = st.sampled_from([(), ("one",), ("two",), ("one", "two")])
one_name = st.sampled_from(NAMES)
types = st.sampled_from(sorted(REQUESTS))
outcomes = st.sampled_from(sorted(Outcome))
ends = st.integers(1, 200).map(lambda days: later(START, days=days))


def facts_for(name: str) -> st.SearchStrategy[Facts]:
    """Draw the facts of a message of a type."""
    return FACTS.get(name, st.just(Nothing()))


FACTS: Final[dict[str, st.SearchStrategy[Facts]]] = {
    **dict.fromkeys(REQUESTS, asked_items),
    "spontaneous_information": st.sampled_from([offer("confidential"), Asked(step=Step.CONTENT)]),
    "acknowledgement": st.just(taken()),
    "info_needed": st.builds(inquiry, st.sampled_from("ab"), suspended=st.booleans()),
    "info_supplied": st.builds(supplied, st.sampled_from("ab")),
    "determination_request": some.map(lambda names: referral(*names)),
    "determination": st.tuples(st.sampled_from(sorted(Choice)), some).map(
        lambda drawn: determined(drawn[0], *drawn[1])
    ),
    "decision": st.one_of(
        st.tuples(types, outcomes).map(lambda drawn: decided(drawn[0], whole=drawn[1])),
        st.tuples(types, outcomes, outcomes).map(
            lambda drawn: decided(drawn[0], one=drawn[1], two=drawn[2])
        ),
        types.map(lambda name: offered(name, "confidential", one=True)),
    ),
    "condition_reply": st.tuples(st.booleans(), some).map(
        lambda drawn: replied(*drawn[1], accepted=drawn[0])
    ),
    "preservation_report": st.one_of(
        st.tuples(ends, one_name).map(lambda drawn: reported(START, drawn[0], drawn[1])),
        one_name.map(not_preserved),
    ),
    "path_disclosure": one_name.map(lambda name: paths("disclosed", name)),
    "mla_followup_notice": some.map(lambda names: named(*names)),
    "mla_received_confirmation": some.map(lambda names: named(*names)),
    "data_delivery": one_name.map(lambda name: delivered(name, kinds=("no_onward",))),
    "outcome_report": st.tuples(st.sampled_from(sorted(Execution)), one_name).map(
        lambda drawn: executed(drawn[0], drawn[1])
    ),
    "delay_notice": st.just(Delayed(expected="2026-12-01")),
    "withdrawal": some.map(lambda names: named(*names)),
    "withdrawal_ack": st.tuples(st.sampled_from(sorted(Stopped)), one_name).map(
        lambda drawn: stopped(drawn[0], drawn[1])
    ),
    "release_notice": some.map(lambda names: named(*names)),
    "formal_confirmation": st.sampled_from(sorted(FormalKind)).map(
        lambda kind: Confirmed(kind=kind)
    ),
    "use_account_request": st.just(AccountAsked()),
}


@st.composite
def histories(draw: st.DrawFn) -> list[CaseMessage]:
    """Draw a thread: any type from any side, replying to any message, at almost any time."""
    name = draw(st.sampled_from(OPENERS))
    told = Story(name, _asked(draw(facts_for(name))))
    for _ in range(draw(st.integers(0, 14))):
        told.now_ms += draw(st.sampled_from([-5000, 0, 60_000, DAY_MS, 30 * DAY_MS]))
        name = _likely(draw)
        re = draw(st.sampled_from(told.messages)).mid
        replaces = draw(st.booleans()) and draw(st.booleans()) and name in REQUESTS
        facts = _fitting(draw(facts_for(name)), told, re)
        if draw(st.sampled_from([True] * 4 + [False])):
            side = min(RULES[name].sides)
        else:
            side = draw(st.sampled_from(list(Side)))
        if replaces and side is Side.REQUESTING:
            told.q(name, facts, supersedes=re)
        else:
            told.by(side, name, facts, re=re)
    return told.messages


def _asked(facts: Facts) -> Asked:
    assert isinstance(facts, Asked)
    return facts


def _likely(draw: st.DrawFn) -> str:
    """Draw a type; half of them from the way that a case takes."""
    usual = ["decision", "preservation_report", "acknowledgement", "data_delivery"]
    return draw(st.one_of(st.sampled_from(usual), st.sampled_from(sorted(RULES))))


def _fitting(facts: Facts, told: Story, re: MessageId) -> Facts:
    """Let most decisions be on the type of request that they reply to."""
    request = told.thread().request_of(re)
    if request is None or not isinstance(facts, Decided):
        return facts
    return replace(facts, answers_type=request.type)


def folded(messages: list[CaseMessage]) -> Thread:
    """Return the state of a thread."""
    return fold(History(thread=messages[0].mid, messages=tuple(messages)))


@given(histories().flatmap(lambda told: st.tuples(st.just(told), st.permutations(told * 2))))
@settings(max_examples=250, deadline=None)
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
@settings(max_examples=150, deadline=None)
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
@settings(max_examples=250, deadline=None)
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
@settings(max_examples=100, deadline=None)
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
