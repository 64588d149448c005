"""The lists of messages: what waits first, by when it is due, then the newest; filtered, by pages.

Thousands of outlines are put in order; of these only one page is read whole. What a list must know
of a message besides its outline (its type and its urgency) is read once and kept in memory, as
cases are.

Source: docs/desk.md, "Inbox and cases"; docs/domain.md, section 9 (policy).
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.boxes import Box, BoxReads, Outline
from gateway.ports import Clock
from gateway.records import Direction
from gateway.service.clocks import decision_term_ms
from gateway.service.consult import Consult
from gateway.service.shown import MessageLine
from gateway.service.summary import Summary
from protocol.cases.ladder import MessageState
from protocol.delivery.escalation import Budgets
from protocol.errors import MalformedError
from protocol.requests.catalogue import TYPES
from protocol.requests.ping import is_network_type

MOST: Final = 20_000
"""Messages that one list looks at, the newest; older ones are found by the search."""

_KEPT: Final = 50_000
_S: Final = MessageState
_UNTAKEN: Final = frozenset({_S.ACCEPTED, _S.CONSIGNED, _S.OPENED})


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxQuery:
    """Which part of a list is asked for.

    Attributes:
        box: The list.
        country: Two letters; None for all.
        article: A provision as the catalogue has it, such as `29`; None for all.
        states: Only messages that are so far; empty for all.
        overdue: Only messages of which a step is overdue.
        after: How many are left out before the first.
        limit: At most so many.
    """

    box: Box
    country: str | None = None
    article: str | None = None
    states: frozenset[MessageState] = frozenset()
    overdue: bool = False
    after: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxPage:
    """One page of a list: its lines, and how many messages fit the question in all."""

    lines: tuple[MessageLine, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a list must know of a message besides its outline; both empty while it is unread."""

    type: str
    urgency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An outline with what it waits for: `due_ms` is None if nothing is to be done."""

    outline: Outline
    kind: Kind
    due_ms: int | None


_UNREAD: Final = Kind(type="", urgency="")


class Boxes:
    """The lists of one desk.

    Args:
        reads: The store.
        consult: Gives the lines of a page.
        clock: The present time.
        budgets: How long a step may take at this node.
    """

    def __init__(
        self, reads: BoxReads, consult: Consult, clock: Clock, *, budgets: Budgets
    ) -> None:
        self._reads = reads
        self._consult = consult
        self._clock = clock
        self._budgets = budgets
        self._kinds: OrderedDict[int, Kind] = OrderedDict()

    async def page(self, query: BoxQuery) -> BoxPage:
        """Return one page of a list.

        Args:
            query: Which.
        """
        found = [each for each in await self._all(query.box) if self._fits(each, query)]
        if query.box is Box.CLOSED:
            found.sort(key=lambda each: -each.outline.t_ms)
        else:
            found.sort(key=_rank)
        numbers = [each.outline.number for each in found[query.after : query.after + query.limit]]
        rows = await self._reads.messages_of(numbers)
        return BoxPage(lines=await self._consult.lines_of(rows), total=len(found))

    async def counts(self) -> dict[Box, int]:
        """Return how many messages wait in the inbox, and how many of ours wait for others."""
        return {
            box: sum(each.due_ms is not None for each in await self._all(box))
            for box in (Box.INBOX, Box.OUTBOX)
        }

    async def emergencies(self) -> tuple[MessageLine, ...]:
        """Return the received emergencies that nobody has opened, what is due first on top."""
        found = [
            each
            for each in await self._all(Box.INBOX)
            if each.outline.cls == 0 and each.outline.state is _S.CONSIGNED
        ]
        found.sort(key=_rank)
        rows = await self._reads.messages_of([each.outline.number for each in found])
        return await self._consult.lines_of(rows)

    async def known(self, direction: Direction) -> list[Waiting]:
        """Return all messages one way, the newest first; rounds of pings among them.

        Args:
            direction: Received or sent.
        """
        open_ones = Box.INBOX if direction is Direction.IN else Box.OUTBOX
        outlines = [
            outline
            for box in (open_ones, Box.CLOSED)
            for outline in await self._reads.outlines(box, limit=MOST)
            if outline.direction is direction
        ]
        await self._learn(outlines)
        outlines.sort(key=lambda each: (-each.t_ms, -each.number))
        kinds = [self._kinds.get(outline.number, _UNREAD) for outline in outlines]
        return [
            Waiting(outline=outline, kind=kind, due_ms=self._due_ms(outline, kind))
            for outline, kind in zip(outlines, kinds, strict=True)
        ]

    async def lines(self, numbers: Sequence[int]) -> tuple[MessageLine, ...]:
        """Return the lines of some messages, in the order of their numbers given."""
        return await self._consult.lines_of(await self._reads.messages_of(numbers))

    async def _all(self, box: Box) -> list[Waiting]:
        outlines = await self._reads.outlines(box, limit=MOST)
        await self._learn(outlines)
        found = []
        for outline in outlines:
            kind = self._kinds.get(outline.number, _UNREAD)
            if not is_network_type(kind.type):  # rounds of pings have a page of their own
                found.append(
                    Waiting(outline=outline, kind=kind, due_ms=self._due_ms(outline, kind))
                )
        return found

    async def _learn(self, outlines: Sequence[Outline]) -> None:
        """Read type and urgency of the messages that were not looked at yet."""
        unknown = [each.number for each in outlines if each.number not in self._kinds]
        for number, data in (await self._reads.summaries(unknown)).items():
            self._kinds[number] = _kind_of(data)
        while len(self._kinds) > _KEPT:
            self._kinds.popitem(last=False)

    def _fits(self, each: Waiting, query: BoxQuery) -> bool:
        outline = each.outline
        return (
            (query.country is None or outline.party.country == query.country)
            and (not query.states or outline.state in query.states)
            and (query.article is None or query.article in articles_of(each.kind.type))
            and (not query.overdue or self._is_late(each))
        )

    def _is_late(self, each: Waiting) -> bool:
        return each.due_ms is not None and each.due_ms < self._clock.now_ms()

    def _due_ms(self, outline: Outline, kind: Kind) -> int | None:
        """Return when the next step is due, as the clocks of a line have it (service.clocks).

        What is new here is due to be opened, also if it is no request.
        """
        budget = self._budgets.of(outline.cls)
        known = TYPES.get(kind.type)
        is_request = not outline.is_reply if known is None else known.is_request
        if outline.state is _S.QUEUED and budget is not None:
            return outline.t_ms + budget.accepted_ms
        if outline.direction is Direction.IN and outline.state is _S.CONSIGNED:
            return outline.t_ms + (
                decision_term_ms("") if budget is None else budget.acknowledged_ms
            )
        if budget is None or not is_request:
            return None
        if outline.state in _UNTAKEN:
            return outline.t_ms + budget.acknowledged_ms
        if outline.state is _S.ACKNOWLEDGED:
            return outline.t_ms + decision_term_ms(kind.urgency)
        return None


def articles_of(type_name: str) -> tuple[str, ...]:
    """Return the provisions of a type of document, such as `29` and `30`.

    Args:
        type_name: As in the field `type`; one that is not known has none.
    """
    kind = TYPES.get(type_name)
    return () if kind is None or not kind.article else tuple(kind.article.split(", "))


def all_articles() -> tuple[str, ...]:
    """Return every provision that a request can rest on, each once, as a filter offers them."""
    found = (
        article for kind in TYPES.values() if kind.is_request for article in articles_of(kind.name)
    )
    return tuple(dict.fromkeys(found))


def _rank(each: Waiting) -> tuple[bool, int]:
    """Order what waits by when it is due, behind it the rest by age."""
    if each.due_ms is None:
        return (True, -each.outline.t_ms)
    return (False, each.due_ms)


def _kind_of(data: bytes) -> Kind:
    try:
        summary = Summary.decode(data)
    except MalformedError:
        return _UNREAD  # of a later version: in its list, of no known type
    return Kind(type=summary.type, urgency=summary.urgency)
