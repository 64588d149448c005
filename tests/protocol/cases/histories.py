"""Threads as chance writes them: mostly what the state allows, sometimes anything at all."""

from collections.abc import Callable, Sequence
from typing import Final

from hypothesis import strategies as st

from protocol.cases.allowed import sendable
from protocol.cases.facts import (
    AccountAsked,
    Asked,
    Choice,
    Confirmed,
    Delayed,
    Execution,
    Facts,
    FormalKind,
    Nothing,
    Outcome,
    Step,
    Stopped,
)
from protocol.cases.message import CaseMessage, Side
from protocol.cases.rules import REQUESTS, RULES
from protocol.identifiers import MessageId
from tests.protocol.cases.instants import DAY_MS, START, later
from tests.protocol.cases.story import Story
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

OPENERS: Final = (
    "preservation_request",
    "preservation_request",
    "preservation_request",
    "stored_data_request",
    "emergency_disclosure_request",
    "technical_advice_request",
    "preservation_extension",
    "spontaneous_information",
)
_USUAL: Final = (
    "decision",
    "preservation_report",
    "data_delivery",
    "mla_followup_notice",
    "mla_received_confirmation",
    "release_notice",
    "info_supplied",
    "determination",
    "condition_reply",
    "outcome_report",
    "withdrawal_ack",
)
_OFTEN: Final = 7
"""Of ten messages so many are of the usual ones, if the state allows any."""

_GRANTS: Final = (Outcome.ACCEPTED,) * 3
_PAUSES_MS: Final = (-5000, 0, 60_000, DAY_MS, 20 * DAY_MS)

Names = Sequence[str]
Drawn = Callable[[str, Names], st.SearchStrategy[Facts]]
"""From the type of the request that a message is about, and the names of its items."""


def _some(names: Names) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(sorted(names)), max_size=2, unique=True)


def _one(names: Names) -> st.SearchStrategy[str]:
    return st.sampled_from([*sorted(names), "*"])


def _of_kinds(kinds: Sequence[Outcome]) -> st.SearchStrategy[Outcome]:
    return st.sampled_from([*kinds, *_GRANTS])


def _requests(_type: str, names: Names) -> st.SearchStrategy[Facts]:
    return st.sampled_from([items(*names), items("one", "two"), items("one"), items()])


def _information(_type: str, _names: Names) -> st.SearchStrategy[Facts]:
    return st.sampled_from([offer("confidential"), Asked(step=Step.CONTENT)])


def _decision(asked: str, names: Names) -> st.SearchStrategy[Facts]:
    outcome = _of_kinds(list(Outcome))
    return st.one_of(
        outcome.map(lambda drawn: decided(asked, whole=drawn)),
        st.dictionaries(st.sampled_from(sorted(names)), outcome, min_size=1).map(
            lambda drawn: decided(asked, **{_key(name): what for name, what in drawn.items()})
        ),
        st.tuples(st.sampled_from(sorted(names)), st.booleans()).map(
            lambda drawn: offered(asked, "confidential", partly=drawn[1], **{drawn[0]: True})
        ),
    )


def _key(name: str) -> str:
    return "whole" if name == "*" else name


def _report(_type: str, names: Names) -> st.SearchStrategy[Facts]:
    ends = st.integers(1, 200).map(lambda days: later(START, days=days))
    return st.one_of(
        *[
            st.tuples(ends, _one(names)).map(lambda drawn: reported(START, drawn[0], drawn[1]))
            for _ in range(3)
        ],
        st.just(reported(START, later(START, days=60), "*")),
        _one(names).map(not_preserved),
    )


_FACTS: Final[dict[str, Drawn]] = {
    **dict.fromkeys(REQUESTS, _requests),
    "spontaneous_information": _information,
    "acknowledgement": lambda _type, _names: st.just(taken()),
    "info_needed": lambda _type, _names: st.builds(
        inquiry, st.sampled_from("ab"), suspended=st.booleans()
    ),
    "info_supplied": lambda _type, _names: st.just(supplied("a", "b")),
    "determination_request": lambda _type, names: _some(names).map(lambda drawn: referral(*drawn)),
    "determination": lambda _type, names: st.tuples(
        st.sampled_from(sorted(Choice)), _some(names)
    ).map(lambda drawn: determined(drawn[0], *drawn[1])),
    "decision": _decision,
    "condition_reply": lambda _type, names: st.tuples(st.booleans(), _some(names)).map(
        lambda drawn: replied(*drawn[1], accepted=drawn[0])
    ),
    "preservation_report": _report,
    "path_disclosure": lambda _type, names: _one(names).map(
        lambda drawn: paths("disclosed", drawn)
    ),
    **dict.fromkeys(
        ("mla_followup_notice", "mla_received_confirmation", "withdrawal", "release_notice"),
        lambda _type, names: _some(names).map(lambda drawn: named(*drawn)),
    ),
    "data_delivery": lambda _type, names: _one(names).map(
        lambda drawn: delivered(drawn, kinds=("no_onward",))
    ),
    "outcome_report": lambda _type, names: st.tuples(
        st.sampled_from(sorted(Execution)), _one(names)
    ).map(lambda drawn: executed(*drawn)),
    "delay_notice": lambda _type, _names: st.just(Delayed(expected="2026-12-01")),
    "withdrawal_ack": lambda _type, names: st.tuples(
        st.sampled_from(sorted(Stopped)), _one(names)
    ).map(lambda drawn: stopped(*drawn)),
    "formal_confirmation": lambda _type, _names: st.sampled_from(sorted(FormalKind)).map(
        lambda kind: Confirmed(kind=kind)
    ),
    "use_account_request": lambda _type, _names: st.just(AccountAsked()),
}


def facts_for(
    name: str, *, asked: str = "stored_data_request", names: Names = ("one", "two")
) -> st.SearchStrategy[Facts]:
    """Draw the facts of a message.

    Args:
        name: Its type.
        asked: The type of the request that it is about.
        names: Names of that request's items.
    """
    drawn = _FACTS.get(name)
    return st.just(Nothing()) if drawn is None else drawn(asked, names)


@st.composite
def histories(draw: st.DrawFn, steps: int = 14) -> list[CaseMessage]:
    """Draw a thread; three in four messages are of a type that the state allows."""
    opener = draw(st.sampled_from(OPENERS))
    told = Story(opener, _asked(draw(facts_for(opener))))
    for _ in range(draw(st.integers(0, steps))):
        told.now_ms += draw(st.sampled_from(_PAUSES_MS))
        _add(draw, told)
    return told.messages


def _add(draw: st.DrawFn, told: Story) -> None:
    """Let one side send something."""
    side = draw(st.sampled_from(list(Side)))
    re = _answered(draw, told)
    name = _type(draw, told, side, re)
    request = told.thread().request_of(re)
    facts = draw(
        facts_for(name)
        if request is None
        else facts_for(name, asked=request.type, names=[item.item_id for item in request.items])
    )
    replaces = name in REQUESTS and side is Side.REQUESTING and draw(st.integers(0, 3)) == 0
    if replaces:
        told.q(name, facts, supersedes=re)
    else:
        told.by(side, name, facts, re=re)


def _answered(draw: st.DrawFn, told: Story) -> MessageId:
    """Choose what is replied to: a question that waits, a request, or any message."""
    waiting = [wait.mid for each in told.thread().requests.values() for wait in each.waits]
    asked = [*told.thread().requests, told.opener]
    every = [each.mid for each in told.messages]
    answers: bool = draw(st.booleans())
    if waiting and answers:
        return draw(st.sampled_from(waiting))
    return draw(st.sampled_from([*asked, *asked, *asked, *every]))


def _type(draw: st.DrawFn, told: Story, side: Side, re: MessageId) -> str:
    """Choose a type: of those that the state allows, rather one on which much rests."""
    chance = draw(st.integers(0, 9))
    if chance == 0:
        return draw(st.sampled_from(sorted(RULES)))
    allowed = sendable(told.thread(), side, re=re)
    opening = [name for name in allowed if name in REQUESTS]
    usual = [name for name in allowed if name in _USUAL]
    other = [name for name in allowed if name not in REQUESTS]
    chosen = opening if chance == 1 else usual if chance <= _OFTEN else other
    return draw(st.sampled_from(chosen or usual or other or ("note",)))


def _asked(facts: Facts) -> Asked:
    if not isinstance(facts, Asked):
        raise TypeError("a thread is opened by a request")
    return facts
