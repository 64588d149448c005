"""Pages of the directory: search, the profile of a Party, its keys, a wrong detail.

What is shown is what the Parties signed; nothing here changes it. A wrong detail is told to the
Party itself, as a draft of a note: its people correct their entry.

Source: docs/desk.md, "The house"; docs/domain.md, sections 4 to 6 and 14.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

from aiohttp.web import Request, Response, RouteDef, get

from gateway.errors import NoInputError, UnavailableError
from gateway.officer.access import May, may
from gateway.officer.pages.desk import Desk
from gateway.service.finding import Finder, Found, Query
from gateway.service.fingerprint import digit_groups, words
from gateway.service.history import EntryVersion
from protocol.directory import NodeEntry, PartyEntry, fingerprints
from protocol.identifiers import NodeId
from protocol.requests.codes import COUNTRIES
from protocol.requests.kinds import Capability

_NAMES: Final = ("q", "country", "function", "article", "spoken", "available")
"""Not `language`: every page takes that as its own."""
_MOST_SIGNS: Final = 200
ARTICLES: Final = ("25", "26", "29", "30", "31", "33", "34", "35", "2ap 7", "2ap 8", "2ap 9",
                   "2ap 10")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyBlock:
    """One Party of a search with the points of contact that fit.

    Attributes:
        party: Its entry.
        points: Those found, in order of their number.
        either: Whether any of them may be written to, because each stands in for the others.
    """

    party: PartyEntry
    points: tuple[Found, ...]

    @property
    def either(self) -> bool:
        """Whether each of its points of contact stands in for the others."""
        points = self.party.contact_points
        return len(points) > 1 and all(point.equivalent for point in points)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLine:
    """One key of a node, as two people compare it by telephone.

    Attributes:
        name: What it is for: `tls`, `log a35/FR/1/log/1`, `kem`, `witness`.
        hex: The whole digest.
        words: Its first 128 bits as eight words that can be read aloud.
        digits: The same bits as eight groups of digits.
        until_ms: When it ends, ms since 1970 UTC; None for a key that names no end.
    """

    name: str
    hex: str
    words: str
    digits: str
    until_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDate:
    """A day on which a key of some node begins or ends."""

    node: NodeId
    kind: str
    at_ms: int
    begins: bool


def blocks_of(found: Sequence[Found]) -> tuple[PartyBlock, ...]:
    """Return points of contact, Party by Party.

    Args:
        found: In order of the Parties.
    """
    return tuple(
        PartyBlock(party=points[0].party, points=tuple(points))
        for points in (list(each) for _, each in groupby(found, lambda one: one.party.party))
    )


def key_lines(node: NodeEntry) -> tuple[KeyLine, ...]:
    """Return the keys of a node as they are compared by telephone.

    Args:
        node: Its entry.
    """
    ends = [None] * len(node.tls_spki)
    ends_ms = [*ends, *(key.not_after_ms for key in (*node.logs, *node.kem, *(node.witness or ())))]
    return tuple(
        KeyLine(
            name=name, hex=digest, words=words(digest), digits=digit_groups(digest), until_ms=end_ms
        )
        for (name, digest), end_ms in zip(fingerprints(node).items(), ends_ms, strict=True)
    )


def key_dates(nodes: Sequence[NodeEntry], *, now_ms: int) -> tuple[KeyDate, ...]:
    """Return when keys of some nodes begin and end, the next day first; what is past is left out.

    Args:
        nodes: Their entries.
        now_ms: Milliseconds since 1970, UTC.
    """
    dates = (date for node in nodes for date in _dates(node))
    return tuple(sorted((d for d in dates if d.at_ms > now_ms), key=lambda d: (d.at_ms, d.node)))


def _dates(node: NodeEntry) -> Iterator[KeyDate]:
    kinds = (("log", node.logs), ("kem", node.kem), ("witness", node.witness or ()))
    for kind, keys in kinds:
        for key in keys:
            place = {"node": node.node_id, "kind": kind}
            yield KeyDate(at_ms=key.not_before_ms, begins=True, **place)  # type: ignore[arg-type]
            yield KeyDate(at_ms=key.not_after_ms, begins=False, **place)  # type: ignore[arg-type]


class DirectoryPages:
    """The pages below /directory.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get("/directory", self.search),
            get("/directory/keys", self.dates),
            get("/directory/{country:[A-Z]{2}}", self.party),
            get("/directory/{country:[A-Z]{2}}/keys", self.keys),
            get("/directory/{country:[A-Z]{2}}/history", self.history),
            get("/directory/{country:[A-Z]{2}}/wrong", self.wrong),
        ]

    @may(May.SEE_LISTS)
    async def search(self, request: Request) -> Response:
        """List the points of contact that fit what is asked for."""
        asked = {name: request.query.get(name, "")[:_MOST_SIGNS].strip() for name in _NAMES}
        found = await self._finder().find(
            Query(
                words=asked["q"],
                country=asked["country"].upper() or None,
                function=asked["function"] or None,
                article=asked["article"] or None,
                language=asked["spoken"] or None,
                available=asked["available"] == "yes",
            )
        )
        directory = self._desk.services.directory
        return await self._desk.show(
            request,
            "directory.html",
            asked=asked,
            blocks=blocks_of(found),
            count=len(found),
            stamp=directory.stamp(),
            countries=[code for code in sorted(COUNTRIES) if directory.party(code) is not None],
            functions=[each.value for each in Capability],
            articles=ARTICLES,
        )

    @may(May.SEE_LISTS)
    async def party(self, request: Request) -> Response:
        """Show what a Party says of itself."""
        party = self._party(request)
        found = await self._finder().find(Query(country=party.party))
        return await self._desk.show(
            request,
            "party.html",
            party=party,
            points=found,
            nodes=self._nodes(party),
            has_history=self._desk.services.history is not None,
        )

    @may(May.SEE_LISTS)
    async def keys(self, request: Request) -> Response:
        """Show the keys of a Party's nodes as words, digits and hex, for the telephone."""
        party = self._party(request)
        waiting = self._desk.services.keychange
        return await self._desk.show(
            request,
            "fingerprints.html",
            party=party,
            nodes=[(node.id, node.state.value, key_lines(node)) for node in self._nodes(party)],
            waiting=() if waiting is None else waiting.waiting().get(party.party, ()),
        )

    @may(May.SEE_LISTS)
    async def history(self, request: Request) -> Response:
        """Show what became of a Party's entry, as far as it was in use here.

        Raises:
            NoInputError: No such Party was ever in the directory here.
        """
        country, history = request.match_info["country"], self._desk.services.history
        versions: tuple[EntryVersion, ...] = ()
        if history is not None and country in COUNTRIES:
            versions = await history.of(country)
        if not versions:
            raise NoInputError("no such Party was ever in the directory here")
        return await self._desk.show(
            request, "party_history.html", country=country, versions=versions
        )

    @may(May.SEE_LISTS)
    async def dates(self, request: Request) -> Response:
        """Show when keys begin and end."""
        now_ms = self._desk.clock.now_ms()
        dates = key_dates(self._desk.services.directory.nodes(), now_ms=now_ms)
        own = self._desk.services.config.node
        return await self._desk.show(
            request,
            "keydates.html",
            dates=dates,
            own=[date for date in dates if str(date.node) == own],
            today=datetime.fromtimestamp(now_ms / 1000, UTC),
        )

    @may(May.COMPOSE)
    async def wrong(self, request: Request) -> Response:
        """Say how a wrong detail is reported, and to whom."""
        party = self._party(request)
        found = await self._finder().find(Query(country=party.party))
        return await self._desk.show(request, "wrong.html", party=party, points=found)

    def _nodes(self, party: PartyEntry) -> list[NodeEntry]:
        """Return a Party's nodes as this node goes by them: without keys that still wait."""
        active = {
            node.id: node
            for node in self._desk.services.directory.nodes()
            if node.node_id.country == party.party
        }
        listed = {node.id: node for node in party.nodes}
        return list((listed | active).values())

    def _party(self, request: Request) -> PartyEntry:
        """Return the Party that the address names.

        Raises:
            NoInputError: The directory has no such Party.
        """
        party = self._desk.services.directory.party(request.match_info["country"])
        if party is None:
            raise NoInputError("the directory has no such Party", hint="see the directory")
        return party

    def _finder(self) -> Finder:
        """Return what searches the directory.

        Raises:
            UnavailableError: This desk was built without it.
        """
        contact = self._desk.services.contact
        if contact is None:
            raise UnavailableError("this desk cannot search the directory")
        return contact.finder
