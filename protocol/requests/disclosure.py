"""Requests for data that are stored (Article 31): of any kind, and subscriber information.

Source: docs/domain.md, sections 5 and 13; T-CY template of 9 July 2018, all 21 sections.
"""

from collections.abc import Iterator
from typing import Final, Literal

from protocol.requests.core import CaseStatus, CoreB
from protocol.requests.faults import UNSOUND, Fault, FaultCode
from protocol.requests.items import DataItem, of_other_category, unknown_providers
from protocol.requests.kinds import Capability, Direction, DocumentType, Family, Thread
from protocol.requests.part import Distinct, Many
from protocol.requests.parts import LegalGround, OffenceWithPenalties
from protocol.requests.people import Provider
from protocol.requests.rules import rule
from protocol.requests.text import Text

ANSWERS_WITH_DATA: Final = (
    "info_needed",
    "determination_request",
    "decision",
    "data_delivery",
    "outcome_report",
)
_SUBSCRIBER: Final = frozenset({"subscriber"})


class StoredData(CoreB):
    """What every request under Article 31 says."""

    facts: Text
    data_relation_to_offence: Text
    purpose_and_necessity: Text
    items: Many[DataItem]
    providers: Many[Provider]
    domestic_legal_basis: LegalGround | None = None
    case_status: Distinct[CaseStatus]
    case_status_details: Text | None = None
    special_procedure: Text | None = None
    expedited_grounds: Distinct[Literal["data_vulnerable", "instrument_provides"]] | None = None

    @rule
    def items_name_known_providers(self) -> Iterator[Fault]:
        """`provider_ref` is one of the providers (section 4.3, rule 5)."""
        return unknown_providers(self.items, self.providers)


class StoredDataRequest(StoredData):
    """Asks for stored data of any category; often what was preserved before."""

    domestic_legal_basis: LegalGround


class SubscriberInformationRequest(StoredData):
    """The template of the T-CY for subscriber information."""

    offences: Many[OffenceWithPenalties]

    @rule
    def asks_for_subscribers_only(self) -> Iterator[Fault]:
        """S1: every item is of category `subscriber` (section 5)."""
        return of_other_category(self.items, _SUBSCRIBER)

    @rule
    def items_have_targets_and_ticks(self) -> Iterator[Fault]:
        """S2: every item has targets and details (section 5)."""
        for index, item in enumerate(self.items):
            if item is UNSOUND:
                continue
            if item.targets is None:
                text = "Name the addresses or accounts whose subscriber is asked for."
                yield Fault(("items", index, "targets"), FaultCode.MISSING, text)
            if item.details is None:
                text = "Tick what you need to know of the subscriber (details)."
                yield Fault(("items", index, "details"), FaultCode.MISSING, text)

    @rule
    def items_do_not_mix_addresses_and_accounts(self) -> Iterator[Fault]:
        """S3: the targets of an item are all IP addresses, or none is (section 5)."""
        for index, item in enumerate(self.items):
            if item is not UNSOUND and _is_mixed(item):
                text = "Put IP addresses and other targets into separate items."
                yield Fault(("items", index, "targets"), FaultCode.NOT_ALLOWED_HERE, text)


def _is_mixed(item: DataItem) -> bool:
    """Tell whether some targets are addresses and some are not; unsound kinds are passed over."""
    kinds = {
        target.kind
        for target in item.targets or ()
        if target is not UNSOUND and isinstance(target.kind, str)
    }
    return "ip" in kinds and len(kinds) > 1


STORED_DATA_REQUEST: Final = DocumentType(
    name="stored_data_request",
    direction=Direction.TO_REQUESTED,
    family=Family.REQUEST,
    one_line="Asks for stored data: subscriber, traffic or content",
    article="31",
    model=StoredDataRequest,
    thread=Thread.STARTS_OR_JOINS,
    answers=ANSWERS_WITH_DATA,
    legal_basis=("conv_31",),
    capability=Capability.EVIDENCE,
)

SUBSCRIBER_INFORMATION_REQUEST: Final = DocumentType(
    name="subscriber_information_request",
    direction=Direction.TO_REQUESTED,
    family=Family.REQUEST,
    one_line="Asks who uses an address or an account (template of the T-CY)",
    article="31",
    model=SubscriberInformationRequest,
    thread=Thread.STARTS_OR_JOINS,
    answers=ANSWERS_WITH_DATA,
    legal_basis=("conv_31",),
    capability=Capability.EVIDENCE,
)
