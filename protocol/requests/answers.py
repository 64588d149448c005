"""Answers to a request, up to the data: it is at hand, something is missing, here it is.

The decision has a module of its own, protocol.requests.decision.

Source: docs/domain.md, section 6.1.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal

from protocol.requests.faults import UNSOUND, Fault, FaultCode
from protocol.requests.kinds import Direction, DocumentType, Family, LadderEffect, Thread
from protocol.requests.part import Many, Part
from protocol.requests.parts import Condition, Question
from protocol.requests.people import Contact
from protocol.requests.replies import AboutItem, ByItem
from protocol.requests.rules import scene_rule
from protocol.requests.scene import Scene
from protocol.requests.text import AttachmentRef, Id, Line, Ref, Text
from protocol.requests.times import Instant, When


class Acknowledgement(Part):
    """A person has the request, with this reference, and expects to decide by this date."""

    desk: Line
    recipient_reference: Ref
    expected_decision_by: When
    duty_contact: Contact
    officer: Line | None = None
    note: Text | None = None


class InfoNeeded(Part):
    """What must be known before the request can be decided."""

    questions: Many[Question]
    clock_suspended: bool
    answer_by: When | None = None


class InfoAnswer(Part):
    """The answer to one question."""

    question_id: Id
    text: Text
    field: Line | None = None


class InfoSupplied(Part):
    """The answers to what was asked."""

    answers: Many[InfoAnswer]


class DeliveredItem(AboutItem):
    """Data of one item: which files, from when, and how they were taken."""

    files: Many[AttachmentRef]
    collected_at: Instant
    method: Text
    note: Text | None = None


class DataDelivery(ByItem):
    """The data, with what a court will ask about them."""

    items: Many[DeliveredItem]
    custody_statement: Text
    evidential_status: Literal["evidence", "intelligence_only", "undetermined"]
    conditions: Many[Condition] | None = None

    @scene_rule
    def files_are_attached_as_data(self, scene: Scene) -> Iterator[Fault]:
        """Every delivered file is an attachment of role `data` (section 6.1)."""
        for index, item in enumerate(self.items if scene.roles is not None else ()):
            files: Any = UNSOUND if item is UNSOUND else item.files
            for place, path in enumerate(files if isinstance(files, tuple) else ()):
                if isinstance(path, str) and (scene.roles or {}).get(path, "data") != "data":
                    text = "This attachment is not of role `data`. Correct its role or the path."
                    yield Fault(
                        ("items", index, "files", place), FaultCode.UNKNOWN_ATTACHMENT, text
                    )


ACKNOWLEDGEMENT: Final = DocumentType(
    name="acknowledgement",
    direction=Direction.TO_REQUESTING,
    family=Family.ANSWER,
    one_line="A person has the request; says its reference and when to expect a decision",
    article="35",
    model=Acknowledgement,
    thread=Thread.JOINS,
    ladder_effect=LadderEffect.ACKNOWLEDGED,
)

INFO_NEEDED: Final = DocumentType(
    name="info_needed",
    direction=Direction.TO_REQUESTING,
    family=Family.ANSWER,
    one_line="Asks for what is missing before the request can be decided",
    article="",
    model=InfoNeeded,
    thread=Thread.JOINS,
    ladder_effect=LadderEffect.ACKNOWLEDGED,
    only_if_asked=True,
)

INFO_SUPPLIED: Final = DocumentType(
    name="info_supplied",
    direction=Direction.TO_REQUESTED,
    family=Family.ANSWER,
    one_line="Answers the questions of the requested side",
    article="",
    model=InfoSupplied,
    thread=Thread.JOINS,
)

DATA_DELIVERY: Final = DocumentType(
    name="data_delivery",
    direction=Direction.TO_REQUESTING,
    family=Family.ANSWER,
    one_line="Hands over the data, with custody statement and conditions",
    article="31",
    model=DataDelivery,
    thread=Thread.JOINS,
    ladder_effect=LadderEffect.ANSWERED,
    only_if_asked=True,
)
