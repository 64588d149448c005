"""Requests for data that do not exist yet: traffic (Article 33) and content (Article 34).

Source: docs/domain.md, section 5; Convention on Cybercrime, Articles 33 and 34.
"""

from collections.abc import Iterator
from typing import Final

from protocol.requests.core import CoreB
from protocol.requests.disclosure import ANSWERS_WITH_DATA
from protocol.requests.faults import Fault
from protocol.requests.items import DataItem, of_other_category, unknown_providers
from protocol.requests.kinds import Capability, Direction, DocumentType, Family, Thread
from protocol.requests.part import Many
from protocol.requests.parts import LegalGround
from protocol.requests.people import Provider
from protocol.requests.rules import rule
from protocol.requests.text import Text

_TRAFFIC: Final = frozenset({"traffic"})
_CONTENT: Final = frozenset({"content"})
_ORDERS: Final = ("order", "court_order")


class Collection(CoreB):
    """What both requests say: which data, from when to when, taken how and delivered how."""

    facts: Text
    data_relation_to_offence: Text
    purpose_and_necessity: Text
    items: Many[DataItem]
    providers: Many[Provider]
    domestic_legal_basis: LegalGround
    technique: Text
    delivery_method: Text
    special_procedure: Text | None = None

    @rule
    def items_name_known_providers(self) -> Iterator[Fault]:
        """`provider_ref` is one of the providers (section 4.3, rule 5)."""
        return unknown_providers(self.items, self.providers)


class RealtimeTrafficRequest(Collection):
    """Asks to collect traffic data while they arise."""

    @rule
    def asks_for_traffic_only(self) -> Iterator[Fault]:
        """S4: every item is of category `traffic` (section 5)."""
        return of_other_category(self.items, _TRAFFIC)


class InterceptionRequest(Collection):
    """Asks to collect content while it arises."""

    @rule
    def asks_for_content_only(self) -> Iterator[Fault]:
        """S4: every item is of category `content` (section 5)."""
        return of_other_category(self.items, _CONTENT)


REALTIME_TRAFFIC_REQUEST: Final = DocumentType(
    name="realtime_traffic_request",
    direction=Direction.TO_REQUESTED,
    family=Family.REQUEST,
    one_line="Asks to collect traffic data in real time",
    article="33",
    model=RealtimeTrafficRequest,
    thread=Thread.STARTS_OR_JOINS,
    answers=ANSWERS_WITH_DATA,
    legal_basis=("conv_33",),
    capability=Capability.EVIDENCE,
    looks_ahead=True,
    required_roles=_ORDERS,
)

INTERCEPTION_REQUEST: Final = DocumentType(
    name="interception_request",
    direction=Direction.TO_REQUESTED,
    family=Family.REQUEST,
    one_line="Asks to intercept content in real time",
    article="34",
    model=InterceptionRequest,
    thread=Thread.STARTS_OR_JOINS,
    answers=ANSWERS_WITH_DATA,
    legal_basis=("conv_34",),
    capability=Capability.EVIDENCE,
    looks_ahead=True,
    required_roles=_ORDERS,
)
