"""Who stands behind a document: the authority that it names, who transmits it, who must agree.

These are statements for the desk, which shows them and asks for a second person; the check of a
document does not refuse by them.

Source: docs/domain.md, section 10.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol.requests.answers import DataDelivery
from protocol.requests.decision import Decision
from protocol.requests.document import Document
from protocol.requests.people import AuthorityKind


class Transmitter(StrEnum):
    """Who may send a document to the other Party."""

    POINT_OF_CONTACT = "the point of contact"
    POINT_OF_CONTACT_IF_DECLARED = "the point of contact, where the Party has declared it"
    CENTRAL_AUTHORITY = "the central or declared authority, with the point of contact as carrier"


class SecondPerson(StrEnum):
    """Why a second person must agree before a document is sent."""

    EMERGENCY = "an emergency is sent"
    REFUSAL = "something is refused"
    DATA_DELIVERY = "data are handed over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Who stands behind the documents of a type.

    Args:
        authority: Field of the body that names the authority; dotted where it lies deeper.
        kinds: Kinds of authorities that are competent as a rule; empty for any.
        transmitter: Who may send it.
        copy_when_urgent: True when a copy goes through the central authorities if it is urgent.
    """

    authority: str
    kinds: tuple[AuthorityKind, ...] = ()
    transmitter: Transmitter = Transmitter.POINT_OF_CONTACT
    copy_when_urgent: bool = False


_REQUESTING: Final = "requesting_authority"
_JUDICIAL: Final[tuple[AuthorityKind, ...]] = ("prosecution", "court", "central_authority")
_ANY: Final = Signing(authority=_REQUESTING)
_MUTUAL_ASSISTANCE: Final = Signing(authority=_REQUESTING, kinds=_JUDICIAL, copy_when_urgent=True)

SIGNING: Final[dict[str, Signing]] = {
    "preservation_request": _ANY,
    "preservation_extension": _ANY,
    "stored_data_request": _MUTUAL_ASSISTANCE,
    "subscriber_information_request": _MUTUAL_ASSISTANCE,
    "realtime_traffic_request": _MUTUAL_ASSISTANCE,
    "interception_request": _MUTUAL_ASSISTANCE,
    "emergency_disclosure_request": Signing(authority="competent_authority"),
    "emergency_mla_request": Signing(
        authority=_REQUESTING,
        kinds=_JUDICIAL,
        transmitter=Transmitter.POINT_OF_CONTACT_IF_DECLARED,
    ),
    "order_effect_request": Signing(
        authority="order.issuing_authority", transmitter=Transmitter.CENTRAL_AUTHORITY
    ),
    "technical_advice_request": _ANY,
    "legal_information_request": _ANY,
    "suspect_location_request": _ANY,
    "evidence_assistance_request": _ANY,
    "pre_consultation": _ANY,
    "spontaneous_information": Signing(authority="providing_authority"),
    "subscriber_order_notice": Signing(authority="issuing_authority"),
    "decision": Signing(authority="deciding_authority"),
}
"""By type; all others are the point of contact's own."""


def second_person_for(document: Document) -> tuple[SecondPerson, ...]:
    """Return why a second person must agree before a document is sent.

    Args:
        document: Valid.

    Returns:
        Every reason; empty when one person suffices.
    """
    reasons = []
    if document.urgency == "emergency":
        reasons.append(SecondPerson.EMERGENCY)
    body = document.body
    if isinstance(body, Decision) and any(item.outcome == "refused" for item in body.items):
        reasons.append(SecondPerson.REFUSAL)
    if isinstance(body, DataDelivery):
        reasons.append(SecondPerson.DATA_DELIVERY)
    return tuple(reasons)
