"""Where the law lets the requesting side decide: how to go on, and whether conditions bind.

Source: docs/domain.md, sections 6.1 and 7; Convention on Cybercrime, Articles 26 to 29; 2AP 8.
"""

from collections.abc import Iterator
from typing import Final, Literal

from protocol.requests.conditional import Conditional
from protocol.requests.faults import Fault
from protocol.requests.kinds import Direction, DocumentType, Family, LadderEffect, Thread
from protocol.requests.replies import OnItems
from protocol.requests.rules import rule
from protocol.requests.text import Text
from protocol.requests.times import When

_BY_ANSWER: Final = Conditional(by="answer", required={"proceed_amended": ("instructions",)})
_BY_READINESS: Final = Conditional(by="answer", required={"cannot_comply": ("reasons",)})


class DeterminationRequest(OnItems):
    """Asks the requesting side to decide, because execution would not serve it as it asked."""

    issue: Literal["confidentiality", "tipping_off", "data_not_secured", "procedure"]
    explanation: Text
    proposal: Text | None = None
    answer_by: When | None = None


class Determination(OnItems):
    """What the requesting side decides."""

    answer: Literal["proceed", "proceed_amended", "stop"]
    instructions: Text | None = None

    @rule
    def amendment_is_told(self) -> Iterator[Fault]:
        """`instructions` go with `proceed_amended`, and with nothing else (section 6.1)."""
        return _BY_ANSWER.faults(self)


class ConditionReply(OnItems):
    """Accepts the conditions, which bind from then on, or says that they cannot be kept."""

    answer: Literal["accepted", "cannot_comply"]
    reasons: Text | None = None

    @rule
    def inability_has_reasons(self) -> Iterator[Fault]:
        """`reasons` go with `cannot_comply`, and with nothing else (section 6.1)."""
        return _BY_READINESS.faults(self)


DETERMINATION_REQUEST: Final = DocumentType(
    name="determination_request",
    direction=Direction.TO_REQUESTING,
    family=Family.ANSWER,
    one_line="Asks the requesting side to decide whether and how to go on",
    article="27(8), 29(6), 2AP 8(7)",
    model=DeterminationRequest,
    thread=Thread.JOINS,
    ladder_effect=LadderEffect.ACKNOWLEDGED,
    only_if_asked=True,
)

DETERMINATION: Final = DocumentType(
    name="determination",
    direction=Direction.TO_REQUESTED,
    family=Family.ANSWER,
    one_line="Decides whether and how to go on",
    article="27(8), 29(6), 2AP 8(7)",
    model=Determination,
    thread=Thread.JOINS,
)

CONDITION_REPLY: Final = DocumentType(
    name="condition_reply",
    direction=Direction.EITHER,
    family=Family.ANSWER,
    one_line="Accepts conditions, or says that they cannot be kept",
    article="26, 28",
    model=ConditionReply,
    thread=Thread.JOINS,
    ladder_effect=LadderEffect.ANSWERED,
)
