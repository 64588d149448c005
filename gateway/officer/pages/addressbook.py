"""Whom a draft is for: the Party's points of contact, what it declared, when it last answered."""

from dataclasses import dataclass
from typing import Final

from gateway.officer.adapters.languages import country
from gateway.officer.pages.desk import Desk
from gateway.service.finding import Found, Query, articles_of
from protocol.directory import PartyEntry, fingerprints
from protocol.identifiers import NodeId
from protocol.requests.kinds import DocumentType
from protocol.requests.profile import Profile

_KEM: Final = "kem"
_SHOWN_DIGITS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """A key that a message is sealed under."""

    node: str
    digest: str

    @property
    def short(self) -> str:
        """The beginning that people compare on a page."""
        return self.digest[:_SHOWN_DIGITS].upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressCard:
    """A Party as whoever writes to it needs it.

    Args:
        code: ISO 3166-1 alpha-2.
        name: In the page's language.
        points: Its points of contact, with what is known of their nodes.
        either: Any of several will do.
        profile: What it declared; None if it stated nothing.
        articles: Under which it takes requests; empty if that is not known.
        capability: What it does for this type: direct, facilitate, none; empty if not known.
        keys: A message is sealed under these.
    """

    code: str
    name: str
    points: tuple[Found, ...]
    either: bool
    profile: Profile | None
    articles: tuple[str, ...]
    capability: str
    keys: tuple[Fingerprint, ...]


async def address_card(
    desk: Desk, to: object, kind: DocumentType, language: str
) -> AddressCard | None:
    """Return the Party that a document is addressed to.

    Args:
        desk: Whose directory.
        to: Of the document; possibly no address.
        kind: The document's type.
        language: Of the page.

    Returns:
        None while the address names no Party of the directory.
    """
    code = to[:2] if isinstance(to, str) else ""
    party = desk.services.directory.party(code) if code.isascii() and code.isupper() else None
    if party is None or not isinstance(to, str):
        return None
    profile = party.profile
    return AddressCard(
        code=code,
        name=country(code, language),
        points=await _points(desk, party, to),
        either=sum(point.equivalent for point in party.contact_points) > 1,
        profile=profile,
        articles=() if profile is None else articles_of(profile),
        capability=""
        if profile is None or kind.capability is None
        else str(getattr(profile.capabilities, kind.capability)),
        keys=_keys(desk, party, to),
    )


def parties(desk: Desk, language: str) -> tuple[tuple[str, str], ...]:
    """Return whom one can write to: Parties with an active node, then each of their nodes.

    Args:
        desk: Whose directory; its own node is left out.
        language: Of the page.
    """
    own = desk.services.config.node_id
    nodes = [each.node_id for each in desk.services.directory.nodes() if each.node_id != own]
    codes = sorted({node.country for node in nodes})
    named = [(code, country(code, language)) for code in codes]
    return (*named, *((str(node), country(node.country, language)) for node in nodes))


async def _points(desk: Desk, party: PartyEntry, to: str) -> tuple[Found, ...]:
    contact = desk.services.contact
    found = () if contact is None else await contact.finder.find(Query(country=party.party))
    return tuple(
        each for each in found if "/" not in to or to == str(_node(party, each.point.number))
    )


def _keys(desk: Desk, party: PartyEntry, to: str) -> tuple[Fingerprint, ...]:
    nodes = [
        node
        for node in desk.services.directory.nodes()
        if node.node_id.country == party.party and ("/" not in to or str(node.node_id) == to)
    ]
    own = desk.services.config.node_id
    return tuple(
        Fingerprint(node=str(node.node_id), digest=digest)
        for node in nodes[:1]
        if node.node_id != own
        for name, digest in fingerprints(node).items()
        if name.startswith(_KEM)
    )


def _node(party: PartyEntry, number: int) -> NodeId:
    return NodeId(party.party, number)
