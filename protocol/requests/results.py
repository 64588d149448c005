"""What became of a request without data: the path of a communication, advice, outcomes.

Source: docs/domain.md, section 6.1; Convention on Cybercrime, Articles 30, 31 and 35.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal

from protocol.requests.conditional import Conditional
from protocol.requests.faults import UNSOUND, Fault, FaultCode
from protocol.requests.kinds import Direction, DocumentType, Family, LadderEffect, Thread
from protocol.requests.part import Many, Part
from protocol.requests.parts import Ground
from protocol.requests.replies import AboutItem, ByItem
from protocol.requests.rules import rule
from protocol.requests.text import Country, Id, Line, Text

GROUNDS_OF_WITHHOLDING: Final = frozenset({"political_offence", "essential_interests"})
"""Grounds on which the path may be withheld (section 8)."""

_BY_RESULT: Final = Conditional(
    by="result",
    required={"disclosed": ("providers", "path"), "withheld": ("grounds",)},
)
_BY_OUTCOME: Final = Conditional(
    by="outcome",
    required={"nothing_found": ("reason",), "impossible": ("reason",)},
    optional={"executed": ("reason",)},
)


class PathProvider(Part):
    """A provider that took part in the transmission, in another State."""

    name: Line
    country: Country


class PathItem(AboutItem):
    """Which way the communication of one item took."""

    result: Literal["disclosed", "withheld", "no_other_provider"]
    providers: Many[PathProvider] | None = None
    path: Text | None = None
    grounds: Many[Ground] | None = None

    @rule
    def has_the_fields_of_its_result(self) -> Iterator[Fault]:
        """`providers` and `path` when disclosed, `grounds` when withheld (section 6.1)."""
        return _BY_RESULT.faults(self)

    @rule
    def grounds_are_those_of_withholding(self) -> Iterator[Fault]:
        """A path is withheld on two grounds only (section 8; see Article 30(2))."""
        if self.result != "withheld":
            return
        for index, ground in enumerate(self.grounds or ()):
            code: Any = UNSOUND if ground is UNSOUND else ground.code
            if isinstance(code, str) and code not in GROUNDS_OF_WITHHOLDING:
                yield Fault(("grounds", index, "code"), FaultCode.GROUND_NOT_ALLOWED)


class PathDisclosure(ByItem):
    """Enough traffic data to find the provider in another State and the path."""

    items: Many[PathItem]
    note: Text | None = None


class Advice(Part):
    """One answer; to a question of the request, if it has an id."""

    text: Text
    question_id: Id | None = None


class AdviceAnswer(Part):
    """Advice or legal information."""

    answers: Many[Advice]
    references: Many[Line] | None = None


class ItemOutcome(AboutItem):
    """What the execution of one item brought."""

    outcome: Literal["executed", "nothing_found", "impossible"]
    reason: Text | None = None

    @rule
    def failure_has_a_reason(self) -> Iterator[Fault]:
        """A reason for all but `executed`, where it may stand too (section 6.1)."""
        return _BY_OUTCOME.faults(self)


class OutcomeReport(ByItem):
    """What execution brought, where there are no data to hand over."""

    items: Many[ItemOutcome]
    note: Text | None = None


PATH_DISCLOSURE: Final = DocumentType(
    name="path_disclosure",
    direction=Direction.TO_REQUESTING,
    family=Family.ANSWER,
    one_line="Names the providers in other States through which a communication went",
    article="30",
    model=PathDisclosure,
    thread=Thread.JOINS,
    ladder_effect=LadderEffect.ANSWERED,
    only_if_asked=True,
)

ADVICE_ANSWER: Final = DocumentType(
    name="advice_answer",
    direction=Direction.TO_REQUESTING,
    family=Family.ANSWER,
    one_line="Gives technical advice or legal information",
    article="35(1)",
    model=AdviceAnswer,
    thread=Thread.JOINS,
    ladder_effect=LadderEffect.ANSWERED,
    only_if_asked=True,
)

OUTCOME_REPORT: Final = DocumentType(
    name="outcome_report",
    direction=Direction.TO_REQUESTING,
    family=Family.ANSWER,
    one_line="Says of each item what its execution brought",
    article="27(7)",
    model=OutcomeReport,
    thread=Thread.JOINS,
    ladder_effect=LadderEffect.ANSWERED,
    only_if_asked=True,
)
