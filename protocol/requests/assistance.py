"""Assistance between points of contact (Article 35): technical advice.

Source: docs/domain.md, section 5; Convention on Cybercrime, Article 35(1)(a).
"""

from typing import Final

from protocol.requests.core import CoreA
from protocol.requests.kinds import Capability, Direction, DocumentType, Family, Thread
from protocol.requests.part import Many
from protocol.requests.targets import LoneTarget
from protocol.requests.text import Line, Ref, Text


class TechnicalAdviceRequest(CoreA):
    """Asks what a colleague knows."""

    subject: Line
    question: Text
    indicators: Many[LoneTarget] | None = None
    incident_reference: Ref | None = None


TECHNICAL_ADVICE_REQUEST: Final = DocumentType(
    name="technical_advice_request",
    direction=Direction.TO_REQUESTED,
    family=Family.REQUEST,
    one_line="Asks for technical advice",
    article="35(1)(a)",
    model=TechnicalAdviceRequest,
    thread=Thread.STARTS_OR_JOINS,
    answers=("info_needed", "decision", "advice_answer"),
    legal_basis=("conv_35",),
    capability=Capability.TECHNICAL_ADVICE,
)
