"""Requests in an emergency under the Second Additional Protocol: disclosure, mutual assistance.

Source: docs/domain.md, section 5; 2AP, Articles 3(2)(c), 9 and 10.
"""

from collections.abc import Iterator
from typing import ClassVar, Final, Literal

from protocol.requests.core import CaseStatus, CoreA, CoreB
from protocol.requests.disclosure import ANSWERS_WITH_DATA
from protocol.requests.faults import Fault, FaultCode
from protocol.requests.items import DataItem, unknown_providers
from protocol.requests.kinds import Capability, Direction, DocumentType, Family, Thread
from protocol.requests.part import Distinct, Many
from protocol.requests.parts import LegalGround, OffenceWithPenalties
from protocol.requests.people import Authority, NamedProvider, Provider
from protocol.requests.rules import rule
from protocol.requests.text import Line, Text
from protocol.requests.times import Date, Instant


class EmergencyDisclosureRequest(CoreA):
    """Asks for stored data while a life or somebody's safety is at risk."""

    KEY_REQUIRED: ClassVar[tuple[str, ...]] = ("special_procedure",)

    competent_authority: Authority
    issued_on: Date
    protocol_statement: Literal["issued_under_2ap_art_9"]
    providers: Many[NamedProvider]
    offences: Many[OffenceWithPenalties]
    emergency_facts: Text
    data_relation_to_emergency: Text
    items: Many[DataItem]
    special_procedure: Text | None
    other_information: Text | None = None
    oral_given_at: Instant | None = None
    oral_given_to: Line | None = None

    @rule
    def items_name_known_providers(self) -> Iterator[Fault]:
        """`provider_ref` is one of the providers (section 4.3, rule 5)."""
        return unknown_providers(self.items, self.providers)

    @rule
    def oral_request_is_told_whole(self) -> Iterator[Fault]:
        """When it was given orally and to whom, or neither (section 5)."""
        if self.oral_given_to is not None and self.oral_given_at is None:
            text = "Say when the request was given orally."
            yield Fault(("oral_given_at",), FaultCode.MISSING, text)
        elif self.oral_given_at is not None and self.oral_given_to is None:
            text = "Say to whom the request was given orally."
            yield Fault(("oral_given_to",), FaultCode.MISSING, text)


class EmergencyMlaRequest(CoreB):
    """Asks for mutual assistance of any kind at once."""

    facts: Text
    purpose_and_necessity: Text
    protocol_statement: Literal["issued_under_2ap_art_10"]
    offences: Many[OffenceWithPenalties]
    emergency_facts: Text
    data_relation_to_emergency: Text
    measure_sought: Text
    case_status: Distinct[CaseStatus]
    items: Many[DataItem] | None = None
    providers: Many[Provider] | None = None
    domestic_legal_basis: LegalGround | None = None
    special_procedure: Text | None = None
    advance_copy_channel: Line | None = None

    @rule
    def items_name_known_providers(self) -> Iterator[Fault]:
        """`provider_ref` is one of the providers (section 4.3, rule 5)."""
        return unknown_providers(self.items, self.providers)


EMERGENCY_DISCLOSURE_REQUEST: Final = DocumentType(
    name="emergency_disclosure_request",
    direction=Direction.TO_REQUESTED,
    family=Family.REQUEST,
    one_line="Asks for stored data at once, to avert a danger to life or safety",
    article="2AP 9",
    model=EmergencyDisclosureRequest,
    thread=Thread.STARTS,
    answers=ANSWERS_WITH_DATA,
    legal_basis=("2ap_9",),
    capability=Capability.EVIDENCE,
    second_protocol=True,
    emergency=True,
    subscriber_declared_out=True,
)

EMERGENCY_MLA_REQUEST: Final = DocumentType(
    name="emergency_mla_request",
    direction=Direction.TO_REQUESTED,
    family=Family.REQUEST,
    one_line="Asks for mutual assistance at once, to avert a danger to life or safety",
    article="2AP 10",
    model=EmergencyMlaRequest,
    thread=Thread.STARTS,
    answers=ANSWERS_WITH_DATA,
    legal_basis=("2ap_10",),
    capability=Capability.EVIDENCE,
    second_protocol=True,
    emergency=True,
    poc_by_declaration=True,
    copies_required=True,
)
