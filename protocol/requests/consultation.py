"""A request is talked over before it is sent: the draft, and questions about it.

Source: docs/domain.md, section 5 (`pre_consultation`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import ValidationInfo, WithJsonSchema, field_validator
from typing_extensions import override

from protocol.requests.assistance import (
    EVIDENCE_ASSISTANCE_REQUEST,
    LEGAL_INFORMATION_REQUEST,
    SUSPECT_LOCATION_REQUEST,
    TECHNICAL_ADVICE_REQUEST,
)
from protocol.requests.collection import INTERCEPTION_REQUEST, REALTIME_TRAFFIC_REQUEST
from protocol.requests.core import CoreA
from protocol.requests.decision import RequestType
from protocol.requests.disclosure import STORED_DATA_REQUEST, SUBSCRIBER_INFORMATION_REQUEST
from protocol.requests.drafts import draft_form, judgeable
from protocol.requests.emergency import EMERGENCY_DISCLOSURE_REQUEST, EMERGENCY_MLA_REQUEST
from protocol.requests.faults import UNSOUND, Fault, FaultCode
from protocol.requests.kinds import Direction, DocumentType, Family, Thread
from protocol.requests.orders import ORDER_EFFECT_REQUEST
from protocol.requests.part import Many, Part, Yes
from protocol.requests.parts import Question
from protocol.requests.preservation import PRESERVATION_EXTENSION, PRESERVATION_REQUEST
from protocol.requests.rules import scene_rule
from protocol.requests.scene import Scene
from protocol.requests.walk import run_rules

DRAFTED: Final[dict[str, DocumentType]] = {
    kind.name: kind
    for kind in (
        PRESERVATION_REQUEST,
        PRESERVATION_EXTENSION,
        STORED_DATA_REQUEST,
        SUBSCRIBER_INFORMATION_REQUEST,
        REALTIME_TRAFFIC_REQUEST,
        INTERCEPTION_REQUEST,
        EMERGENCY_DISCLOSURE_REQUEST,
        EMERGENCY_MLA_REQUEST,
        ORDER_EFFECT_REQUEST,
        TECHNICAL_ADVICE_REQUEST,
        LEGAL_INFORMATION_REQUEST,
        SUSPECT_LOCATION_REQUEST,
        EVIDENCE_ASSISTANCE_REQUEST,
    )
}
"""The types whose bodies can be talked over, by their names."""

_DRAFT: Final = "draft"
_ANY_BODY: Final = {
    "type": "object",
    "description": "A body of the type `draft_type`, in which nothing is required yet.",
}


class PreConsultation(CoreA):
    """Shows the draft of a request and asks whether it would do; binds nobody."""

    draft_type: RequestType
    draft: Annotated[Part, WithJsonSchema(_ANY_BODY)]
    questions: Many[Question]
    non_binding: Yes

    @classmethod
    @override
    def chosen_form(cls, name: str, values: Mapping[str, Any]) -> type[Part] | None:
        """Return the form of the draft, by its type."""
        kind = _drafted(values.get("draft_type")) if name == _DRAFT else None
        return None if kind is None else draft_form(kind.model)

    @field_validator(_DRAFT, mode="before")
    @classmethod
    def _fills_its_form(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, dict):
            return value
        form = cls.chosen_form(_DRAFT, info.data)
        # Of an unknown type the draft is not looked at, like the body of a document.
        return Part.model_construct() if form is None else form.model_validate(value)

    @scene_rule
    def draft_keeps_to_its_form(self, scene: Scene) -> Iterator[Fault]:
        """The draft keeps the rules of its type, but for what is missing yet (section 5)."""
        kind = DRAFTED[self.draft_type]
        if self.draft is UNSOUND:
            return
        inside = replace(scene, kind=kind, urgency=None, roles=None, asked=None, files=None)
        for fault in run_rules(judgeable(self.draft), inside):
            if fault.code is not FaultCode.MISSING:
                yield fault.below((_DRAFT,))


def _drafted(name: object) -> DocumentType | None:
    return DRAFTED.get(name) if isinstance(name, str) else None


PRE_CONSULTATION: Final = DocumentType(
    name="pre_consultation",
    direction=Direction.TO_REQUESTED,
    family=Family.REQUEST,
    one_line="Shows the draft of a request, to ask whether it would do",
    article="",
    model=PreConsultation,
    thread=Thread.STARTS_OR_JOINS,
    answers=("advice_answer", "info_needed"),
)
