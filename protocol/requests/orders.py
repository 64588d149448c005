"""Orders to providers under the Second Additional Protocol: giving effect to one, notice of one.

Source: docs/domain.md, sections 5 and 6.3; 2AP, Articles 7(5) and 8.
"""

from collections.abc import Iterator
from typing import ClassVar, Final, Literal

from protocol.requests.core import CoreB
from protocol.requests.disclosure import ANSWERS_WITH_DATA
from protocol.requests.faults import Fault, FaultCode
from protocol.requests.items import DataItem, of_other_category, unknown_providers
from protocol.requests.kinds import Capability, Direction, DocumentType, Family, Thread
from protocol.requests.part import Many, Part
from protocol.requests.parts import OffenceWithPenalties, PriorRef
from protocol.requests.people import Authority, Contact, NamedProvider
from protocol.requests.rules import rule
from protocol.requests.text import Ref, Text
from protocol.requests.times import Date

_SUBSCRIBER_OR_TRAFFIC: Final = frozenset({"subscriber", "traffic"})
_ORDER: Final = ("order",)


class Order(Part):
    """The order that is to be given effect to."""

    issuing_authority: Authority
    seeking_authority: Authority
    issued_on: Date
    protocol_statement: Literal["issued_under_2ap_art_8"]


class Support(Part):
    """What supports the order; for the requested authorities, not for the provider."""

    legal_grounds: Text
    provisions_and_penalties: Text
    why_provider: Text
    facts: Text
    relevance: Text
    further_contact: Contact | None = None
    prior_preservation: PriorRef | None = None
    other_means: Text | None = None


class OrderEffectRequest(CoreB):
    """Asks to give effect to an order for subscriber information or traffic data."""

    KEY_REQUIRED: ClassVar[tuple[str, ...]] = ("special_procedure",)

    order: Order
    offences: Many[OffenceWithPenalties]
    items: Many[DataItem]
    providers: Many[NamedProvider]
    support: Support
    special_procedure: Text | None

    @rule
    def asks_for_subscribers_or_traffic(self) -> Iterator[Fault]:
        """S4: every item is of category `subscriber` or `traffic` (section 5)."""
        return of_other_category(self.items, _SUBSCRIBER_OR_TRAFFIC)

    @rule
    def order_goes_to_one_provider(self) -> Iterator[Fault]:
        """There is exactly one provider; another has an order of its own (section 5)."""
        if len(self.providers) > 1:
            text = "An order goes to exactly one provider; send another request for another one."
            yield Fault(("providers",), FaultCode.TOO_MANY, text)

    @rule
    def items_name_known_providers(self) -> Iterator[Fault]:
        """`provider_ref` is the provider (section 4.3, rule 5)."""
        return unknown_providers(self.items, self.providers)


class SubscriberOrderNotice(Part):
    """Tells a Party that a provider in it was ordered directly to name a subscriber."""

    case_reference: Ref
    issuing_authority: Authority
    issued_on: Date
    providers: Many[NamedProvider]
    offences: Many[OffenceWithPenalties]
    facts: Text
    supplement: Text | None = None


ORDER_EFFECT_REQUEST: Final = DocumentType(
    name="order_effect_request",
    direction=Direction.TO_REQUESTED,
    family=Family.REQUEST,
    one_line="Asks to give effect to an order for subscriber information or traffic data",
    article="2AP 8",
    model=OrderEffectRequest,
    thread=Thread.STARTS,
    answers=ANSWERS_WITH_DATA,
    legal_basis=("2ap_8",),
    capability=Capability.EVIDENCE,
    second_protocol=True,
    required_roles=_ORDER,
)

SUBSCRIBER_ORDER_NOTICE: Final = DocumentType(
    name="subscriber_order_notice",
    direction=Direction.TO_REQUESTED,
    family=Family.NOTICE,
    one_line="Tells of an order for subscriber information that went to a provider directly",
    article="2AP 7(5)",
    model=SubscriberOrderNotice,
    thread=Thread.STARTS,
    answers=("acknowledgement", "note"),
    legal_basis=("2ap_7",),
    second_protocol=True,
    required_roles=_ORDER,
)
