"""The profile of a Party, and what is checked against it before a document is sent.

The peer's profile is that of the country in `to`; any other is the sender's own.

Source: docs/domain.md, section 14, P1 to P9.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from protocol.errors import NotAllowedError
from protocol.requests.document import THE_BODY, Document
from protocol.requests.faults import Fault, FaultCode, UnsoundError, path_text
from protocol.requests.kinds import DocumentType
from protocol.requests.part import Many, Part
from protocol.requests.reading import UnreadableError, read_json
from protocol.requests.text import Country, Language
from protocol.requests.times import day_of

TreatyState = Literal["in_force", "signed", "not_party"]
Ability = Literal["direct", "facilitate", "none"]

MIN_PRESERVATION_DAYS: Final = 60
MAX_PRESERVATION_DAYS: Final = 3_650
MAX_POINT: Final = 999

DECLARATIONS: Final = ("reservation_29_4", "no_subscriber_only_9_1_b")
"""Declarations of the own Party that a ground of refusal rests on."""


class Capabilities(Part):
    """What the point of contact does itself, passes on, or does not do."""

    technical_advice: Ability
    preservation: Ability
    evidence: Ability
    legal_information: Ability
    location: Ability


class Profile(Part):
    """Treaties, declarations, languages and capabilities of one Party."""

    party: Country
    convention: TreatyState
    second_protocol: TreatyState
    reservation_29_4: bool
    no_subscriber_only_9_1_b: bool
    followup_9_5: Literal["none", "request", "mla"]
    poc_channel_10_9: bool
    notify_7_5: bool
    languages: Many[Language]
    max_preservation_days: (
        Annotated[int, Field(ge=MIN_PRESERVATION_DAYS, le=MAX_PRESERVATION_DAYS)] | None
    ) = None
    capabilities: Capabilities
    points_of_contact: Many[Annotated[int, Field(ge=1, le=MAX_POINT)]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """A document on its way to a Party whose profile is at hand.

    Args:
        document: Values at fault are UNSOUND.
        kind: Its type; UNSOUND when there is no such type.
        peer: The profile of the Party it goes to.
        own: The sender's profile, if it is at hand.
        today: Day of the check, UTC.
    """

    document: Document
    kind: DocumentType
    peer: Profile
    own: Profile | None
    today: date


def read_profile(data: bytes) -> Profile:
    """Read a Party's profile.

    Args:
        data: UTF-8 JSON.

    Returns:
        The profile.

    Raises:
        NotAllowedError: It is none; the text says where it is at fault.
    """
    try:
        return Profile.model_validate(read_json(data))
    except UnreadableError as refused:
        raise NotAllowedError(f"the profile cannot be read: {refused.code}") from refused
    except ValidationError as refused:
        first = refused.errors(include_url=False, include_input=False)[0]
        place = path_text(first["loc"])
        raise NotAllowedError(f"the profile is not valid at '{place}'") from refused


def declarations_of(own: Profile | None) -> frozenset[str]:
    """Return the declarations that the own Party has made.

    Args:
        own: Its profile; without one nothing counts as declared.
    """
    if own is None:
        return frozenset()
    return frozenset(name for name in DECLARATIONS if getattr(own, name))


def peer_faults(case: Addressed) -> list[Fault]:
    """Hold a document against the profile of the Party it goes to.

    Args:
        case: Document and profiles.

    Returns:
        Errors and warnings, with paths from the document's root.
    """
    found: list[Fault] = []
    for check in _CHECKS:
        try:
            found.extend(check(case))
        except UnsoundError:
            continue  # what the check read is reported already
    return found


def _convention_in_force(case: Addressed) -> Iterator[Fault]:
    """P1: a request needs the Convention in force there."""
    if case.kind.is_request and case.peer.convention != "in_force":
        yield Fault(("to",), FaultCode.TREATY_NOT_IN_FORCE)


def _point_exists(case: Addressed) -> Iterator[Fault]:
    """P2: `CC/n` is one of the Party's points of contact."""
    _, slash, number = case.document.to.partition("/")
    if slash and int(number) not in case.peer.points_of_contact:
        yield Fault(("to",), FaultCode.UNKNOWN_POC)


def second_protocol_in_force(kind: DocumentType, profile: Profile) -> Iterator[Fault]:
    """P3, for either profile.

    Args:
        kind: The document's type.
        profile: The peer's or the own.

    Yields:
        One fault at `type`, if the type rests on the Second Protocol and that is not in force.
    """
    if kind.second_protocol and profile.second_protocol != "in_force":
        yield Fault(("type",), FaultCode.TREATY_NOT_IN_FORCE)


def _second_protocol(case: Addressed) -> Iterator[Fault]:
    """P3: a type of the Second Protocol needs it in force on both sides."""
    return second_protocol_in_force(case.kind, case.peer)


def _subscriber_not_declared_out(case: Addressed) -> Iterator[Fault]:
    """P4: no emergency disclosure of subscriber information alone against a declaration."""
    if case.kind.subscriber_declared_out and case.peer.no_subscriber_only_9_1_b:
        items: Any = getattr(case.document.body, "items", None)
        if items and all(item.data_category == "subscriber" for item in items):
            yield Fault(("body", "items"), FaultCode.DECLARED_OUT)


def _channel_declared(case: Addressed) -> Iterator[Fault]:
    """P5: emergency mutual assistance goes through points of contact by declaration (2AP 10(9))."""
    if case.kind.poc_by_declaration and not case.peer.poc_channel_10_9:
        yield Fault(("type",), FaultCode.CHANNEL_NOT_DECLARED)


def _language_accepted(case: Addressed) -> Iterator[Fault]:
    """P6: a language of the Party, or a translation; a warning outside the Second Protocol."""
    if case.document.language in case.peer.languages:
        return
    for each in case.document.attachments or ():
        if each.role == "translation" and each.translation_of == THE_BODY:
            return
    strict = case.kind.second_protocol
    yield Fault(("language",), FaultCode.LANGUAGE_NOT_ACCEPTED, warning=not strict)


def _can_preserve_so_long(case: Addressed) -> Iterator[Fault]:
    """P7: not longer than the Party can preserve."""
    until: Any = getattr(case.document.body, "requested_until", None)
    days = case.peer.max_preservation_days
    if until is not None and days is not None and day_of(until) > case.today + timedelta(days):
        yield Fault(("body", "requested_until"), FaultCode.OVER_PARTY_MAXIMUM)


def _listed_offence(case: Addressed) -> Iterator[Fault]:
    """P8: warns of a reservation 29(4) when no offence names an article of the Convention."""
    if case.kind.preserves and case.peer.reservation_29_4:
        offences: Any = getattr(case.document.body, "offences", None)
        if offences is not None and all(each.conv_article is None for each in offences):
            yield Fault(("body", "offences"), FaultCode.MAY_BE_REFUSED, warning=True)


def _is_able(case: Addressed) -> Iterator[Fault]:
    """P9: warns of what the point of contact does not do, or only passes on."""
    if case.kind.capability is None:
        return
    match getattr(case.peer.capabilities, case.kind.capability):
        case "none":
            yield Fault(("type",), FaultCode.CAPABILITY_NONE, warning=True)
        case "facilitate":
            yield Fault(("type",), FaultCode.CAPABILITY_FACILITATE, warning=True)
        case _:
            pass


_CHECKS: Final[tuple[Callable[[Addressed], Iterator[Fault]], ...]] = (
    _convention_in_force,
    _point_exists,
    _second_protocol,
    _subscriber_not_declared_out,
    _channel_declared,
    _language_accepted,
    _can_preserve_so_long,
    _listed_offence,
    _is_able,
)


def own_and_peer(to: str, profiles: tuple[Profile, ...]) -> tuple[Profile | None, Profile | None]:
    """Tell which profile is the sender's own and which the peer's.

    Args:
        to: The addressee, `CC` or `CC/n`.
        profiles: All that are at hand; of several for one side the last counts.

    Returns:
        Own and peer.

    Raises:
        UnsoundError: The addressee is at fault.
    """
    country = to.partition("/")[0]
    own = peer = None
    for profile in profiles:
        if profile.party == country:
            peer = profile
        else:
            own = profile
    return own, peer
