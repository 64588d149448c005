"""Finds points of contact in the directory: by words, country, function, article, language, life.

What a Party has not stated (it has no profile) is neither yes nor no: such a Party is found, and
marked. A point of contact is there when its node was met within the last hour, or its desk
answered a ping within the last day.

Source: docs/domain.md, sections 4 to 6 and 14; docs/operations.md, "Finding a point of contact".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.pinging import Counting
from gateway.ports import Clock, Directory
from gateway.service.ways import Way
from protocol.directory import ContactPoint, PartyEntry
from protocol.identifiers import NodeId
from protocol.requests.catalogue import TYPES
from protocol.requests.codes import COUNTRIES
from protocol.requests.kinds import Capability, DocumentType
from protocol.requests.profile import Profile

MET_MS: Final = 3_600_000
ANSWERED_MS: Final = 24 * 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is looked for; None and empty words leave it open.

    Attributes:
        words: Each of them is to occur in the Party's or the point's name or remit.
        country: The Party's code.
        function: A capability of the profile (`preservation`, ...), or a word of the remit.
        article: As officers write it: 29, 31, 35(1)(c), 2ap 9.
        language: ISO 639-1, of the point of contact or its Party.
        available: Whether it is to be there now.
    """

    words: str = ""
    country: str | None = None
    function: str | None = None
    article: str | None = None
    language: str | None = None
    available: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One point of contact, and how it stands.

    Attributes:
        party: Its Party's entry.
        point: The point of contact.
        is_active: Whether its node takes messages.
        articles: The articles of requests that it takes; None if its Party states no profile.
        languages: Its own, and those of its Party.
        met_ms: When its node was met last; None if never.
        answered_ms: When its desk answered a ping last; None if never.
        available: Whether it is there now, as far as this node can tell.
    """

    party: PartyEntry
    point: ContactPoint
    is_active: bool
    articles: tuple[str, ...] | None
    languages: tuple[str, ...]
    met_ms: int | None
    answered_ms: int | None
    available: bool


class WayBook(Protocol):
    """The ways to other nodes."""

    async def all(self) -> Mapping[NodeId, Way]:
        """Return the way to each node that was ever met or written to."""


class Finder:
    """Searches the directory in use.

    Args:
        directory: Whose entries.
        ways: When nodes were met.
        store: When desks answered pings.
        clock: The present time.
    """

    def __init__(
        self, *, directory: Directory, ways: WayBook, store: Counting, clock: Clock
    ) -> None:
        self._directory = directory
        self._ways = ways
        self._store = store
        self._clock = clock

    async def find(self, query: Query) -> tuple[Found, ...]:
        """Return the points of contact that fit, in order of Party and number.

        Args:
            query: What is looked for.
        """
        ways = await self._ways.all()
        answers = await self._store.last_answers()
        found = (
            self._found(party, point, ways, answers)
            for party in self._parties(query.country)
            for point in sorted(party.contact_points, key=lambda point: point.number)
        )
        return tuple(one for one in found if _fits(one, query))

    def _parties(self, country: str | None) -> Iterator[PartyEntry]:
        for code in sorted(COUNTRIES) if country is None else (country.upper(),):
            party = self._directory.party(code)
            if party is not None:
                yield party

    def _found(
        self,
        party: PartyEntry,
        point: ContactPoint,
        ways: Mapping[NodeId, Way],
        answers: Mapping[NodeId, int],
    ) -> Found:
        node = NodeId(party.party, point.number)
        entry = self._directory.node(node)
        way, answered_ms = ways.get(node), answers.get(node)
        met_ms = None if way is None else way.last_contact_ms
        spoken = () if party.profile is None else party.profile.languages
        now_ms = self._clock.now_ms()
        return Found(
            party=party,
            point=point,
            is_active=entry is not None and entry.is_active,
            articles=None if party.profile is None else articles_of(party.profile),
            languages=tuple(dict.fromkeys((*point.languages, *spoken))),
            met_ms=met_ms,
            answered_ms=answered_ms,
            available=_within(met_ms, now_ms, MET_MS) or _within(answered_ms, now_ms, ANSWERED_MS),
        )


def articles_of(profile: Profile) -> tuple[str, ...]:
    """Return the articles under which a Party takes requests through its points of contact.

    Args:
        profile: As it stated it.
    """
    named: dict[str, None] = {}
    for kind in TYPES.values():
        if kind.is_request and kind.article and _takes(profile, kind):
            named.update(dict.fromkeys(kind.article.split(", ")))
    return tuple(named)


def _takes(profile: Profile, kind: DocumentType) -> bool:
    """Tell whether a Party takes requests of a type, as checks P1, P3, P5 and P9 see it."""
    if profile.convention != "in_force":
        return False
    if kind.second_protocol and profile.second_protocol != "in_force":
        return False
    if kind.poc_by_declaration and not profile.poc_channel_10_9:
        return False
    return kind.capability is None or getattr(profile.capabilities, kind.capability) != "none"


def _fits(one: Found, query: Query) -> bool:
    if query.available and not one.available:
        return False
    if query.language is not None and query.language.lower() not in one.languages:
        return False
    if query.article is not None and not _has_article(one.articles, query.article):
        return False
    if query.function is not None and not _has_function(one, query.function):
        return False
    text = f"{one.party.party} {one.party.name} {one.point.name} {one.point.remit}".casefold()
    return all(word in text for word in query.words.casefold().split())


def _has_article(articles: tuple[str, ...] | None, wanted: str) -> bool:
    """Tell whether an article is among some; `35` means every part of it, unknown means maybe."""
    if articles is None:
        return True
    bare = _bare(wanted)
    return any(_bare(each) == bare or _bare(each).startswith(f"{bare}(") for each in articles)


def _bare(article: str) -> str:
    return article.lower().replace("article", "").replace("_", "").replace(" ", "")


def _has_function(one: Found, function: str) -> bool:
    """Tell whether a point of contact has a function: a capability, or a word of its remit."""
    if function in set(Capability):
        profile = one.party.profile
        return profile is None or getattr(profile.capabilities, function) != "none"
    return function.casefold() in f"{one.point.name} {one.point.remit}".casefold()


def _within(at_ms: int | None, now_ms: int, span_ms: int) -> bool:
    return at_ms is not None and now_ms - at_ms <= span_ms
