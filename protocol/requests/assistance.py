"""Assistance between points of contact (Article 35): advice, law, suspects, other evidence.

Source: docs/domain.md, section 5; Convention on Cybercrime, Article 35(1)(a) and (c).
"""

from collections.abc import Iterator
from typing import Final

from protocol.requests.core import CoreA, CoreB
from protocol.requests.faults import Fault
from protocol.requests.items import DataItem, unknown_providers
from protocol.requests.kinds import Capability, Direction, DocumentType, Family, Thread
from protocol.requests.part import Many
from protocol.requests.parts import LegalGround, LegalQuestion, Offence
from protocol.requests.people import Person, Provider
from protocol.requests.rules import rule
from protocol.requests.targets import LoneTarget
from protocol.requests.text import Line, Ref, Text

_WITH_ADVICE: Final = ("info_needed", "decision", "advice_answer")
_WITH_OUTCOME: Final = ("info_needed", "decision", "outcome_report", "data_delivery")


class TechnicalAdviceRequest(CoreA):
    """Asks what a colleague knows."""

    subject: Line
    question: Text
    indicators: Many[LoneTarget] | None = None
    incident_reference: Ref | None = None


class LegalInformationRequest(CoreA):
    """Asks what the law of the other Party requires of a request, formal or informal."""

    questions: Many[LegalQuestion]
    offences: Many[Offence] | None = None


class SuspectLocationRequest(CoreB):
    """Asks where a person is."""

    facts: Text
    persons: Many[Person]
    purpose: Text
    danger_warning: Text | None = None
    items: Many[DataItem] | None = None

    @rule
    def items_name_no_provider(self) -> Iterator[Fault]:
        """There are no providers here that an item could name (section 4.3, rule 5)."""
        return unknown_providers(self.items, None)


class EvidenceAssistanceRequest(CoreB):
    """Asks for another measure to collect evidence."""

    facts: Text
    measure_sought: Text
    purpose_and_necessity: Text
    items: Many[DataItem] | None = None
    providers: Many[Provider] | None = None
    persons: Many[Person] | None = None
    domestic_legal_basis: LegalGround | None = None

    @rule
    def items_name_known_providers(self) -> Iterator[Fault]:
        """`provider_ref` is one of the providers (section 4.3, rule 5)."""
        return unknown_providers(self.items, self.providers)


TECHNICAL_ADVICE_REQUEST: Final = DocumentType(
    name="technical_advice_request",
    direction=Direction.TO_REQUESTED,
    family=Family.REQUEST,
    one_line="Asks for technical advice",
    article="35(1)(a)",
    model=TechnicalAdviceRequest,
    thread=Thread.STARTS_OR_JOINS,
    answers=_WITH_ADVICE,
    legal_basis=("conv_35",),
    capability=Capability.TECHNICAL_ADVICE,
)

LEGAL_INFORMATION_REQUEST: Final = DocumentType(
    name="legal_information_request",
    direction=Direction.TO_REQUESTED,
    family=Family.REQUEST,
    one_line="Asks what the law of the other Party requires of a request",
    article="35(1)(c)",
    model=LegalInformationRequest,
    thread=Thread.STARTS_OR_JOINS,
    answers=_WITH_ADVICE,
    legal_basis=("conv_35",),
    capability=Capability.LEGAL_INFORMATION,
)

SUSPECT_LOCATION_REQUEST: Final = DocumentType(
    name="suspect_location_request",
    direction=Direction.TO_REQUESTED,
    family=Family.REQUEST,
    one_line="Asks to locate a suspect",
    article="35(1)(c)",
    model=SuspectLocationRequest,
    thread=Thread.STARTS_OR_JOINS,
    answers=_WITH_OUTCOME,
    legal_basis=("conv_35",),
    capability=Capability.LOCATION,
)

EVIDENCE_ASSISTANCE_REQUEST: Final = DocumentType(
    name="evidence_assistance_request",
    direction=Direction.TO_REQUESTED,
    family=Family.REQUEST,
    one_line="Asks for another measure to collect evidence",
    article="35(1)(c)",
    model=EvidenceAssistanceRequest,
    thread=Thread.STARTS_OR_JOINS,
    answers=_WITH_OUTCOME,
    legal_basis=("conv_35",),
    capability=Capability.EVIDENCE,
)
