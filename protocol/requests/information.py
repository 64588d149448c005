"""Information that nobody asked for (Article 26): first an offer, then the content.

Source: docs/domain.md, section 5; Convention on Cybercrime, Article 26.
"""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field

from protocol.requests.conditional import Conditional
from protocol.requests.core import Urgent
from protocol.requests.faults import Fault
from protocol.requests.items import DataItem, unknown_providers
from protocol.requests.kinds import Direction, DocumentType, Family, Thread
from protocol.requests.part import Many, Part
from protocol.requests.parts import Condition
from protocol.requests.people import Authority
from protocol.requests.rules import rule
from protocol.requests.text import Line, Ref, Text

_BEST: Final = 1
_WORST: Final = 4


class Evaluation(Part):
    """How far source and information are trusted (4x4 codes)."""

    source: Literal["A", "B", "C", "X"]
    information: Annotated[int, Field(ge=_BEST, le=_WORST)]


_BY_STEP: Final = Conditional(
    by="step",
    required={"offer": ("conditions",), "content": ("facts",)},
    optional={"content": ("conditions", "items", "evaluation")},
)


class SpontaneousInformation(Urgent):
    """Offers information under conditions, or gives it."""

    case_reference: Ref
    providing_authority: Authority
    step: Literal["offer", "content"]
    subject: Line
    why_useful: Text
    conditions: Many[Condition] | None = None
    facts: Text | None = None
    items: Many[DataItem] | None = None
    evaluation: Evaluation | None = None

    @rule
    def has_the_fields_of_its_step(self) -> Iterator[Fault]:
        """An offer tells its conditions and no content; content tells facts (section 5)."""
        return _BY_STEP.faults(self)

    @rule
    def items_name_no_provider(self) -> Iterator[Fault]:
        """There are no providers here that an item could name (section 4.3, rule 5)."""
        return unknown_providers(self.items, None)


def place_in_thread(information: SpontaneousInformation) -> Thread:
    """Tell where information stands: conditions are accepted before the content is sent.

    Args:
        information: Possibly with faults.

    Returns:
        An offer opens a thread; content under conditions replies to their acceptance.
    """
    if information.step == "offer":
        return Thread.STARTS
    return Thread.JOINS if information.conditions else Thread.STARTS_OR_JOINS


SPONTANEOUS_INFORMATION: Final = DocumentType(
    name="spontaneous_information",
    direction=Direction.TO_REQUESTED,
    family=Family.REQUEST,
    one_line="Offers or gives information that was not asked for",
    article="26",
    model=SpontaneousInformation,
    thread=Thread.STARTS_OR_JOINS,
    thread_of=place_in_thread,
    answers=("condition_reply", "info_needed"),
    legal_basis=("conv_26",),
)
