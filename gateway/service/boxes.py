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
from gateway.conditions import Emergencies
from gateway.ports import Clock
from gateway.records import Direction
from gateway.service.clocks import decision_term_ms
from gateway.service.consult import Consult
from gateway.service.shown import MessageLine
from gateway.service.summary import Summary
from protocol.cases.ladder import MessageState
from protocol.delivery.escalation import Budgets
from protocol.delivery.urgency import Urgency
from protocol.errors import MalformedError
from protocol.requests.catalogue import TYPES
from protocol.requests.ping import is_network_type

MOST: Final = 20_000
"""Messages that one list looks at, the newest; older ones are found by the search."""

_KEPT: Final = 50_000
AT_ONCE: Final = 1_000
"""Summaries of one list that a page opens at the most, after a start; a later page goes on."""

_GOES_ON_S: Final = 1.0
"""Until then a list of which not all is known stands: one page asks for it several times."""

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
    """What a list must know of a message besides its outline; nothing while it is unread.

    Attributes:
        type: Of the document.
        is_request: Whether a person is to take it on and answer it; None if that is not known.
        is_network: It belongs to a round of pings.
        decided_ms: How long its decision may take.
    """

    type: str = ""
    is_request: bool | None = None
    is_network: bool = False
    decided_ms: int = decision_term_ms("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An outline with what it waits for: `due_ms` is None if nothing is to be done."""

    outline: Outline
    kind: Kind
    due_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A list in order, as it was when the store had this version.

    `until_s`: when more is read of what is not known yet; None if all of it is.
    """

    version: tuple[int, ...]
    found: tuple[Waiting, ...]
    until_s: float | None


_UNREAD: Final = Kind()


class Boxes:
    """The lists of one desk.

    Args:
        reads: The store.
        waiting: The part of it that knows emergencies.
        consult: Gives the lines of a page.
        clock: The present time.
        budgets: How long a step may take at this node.
        at_once: How many summaries one page opens at the most.
    """

    def __init__(
        self,
        reads: BoxReads,
        waiting: Emergencies,
        consult: Consult,
        clock: Clock,
        *,
        budgets: Budgets,
        at_once: int = AT_ONCE,
    ) -> None:
        self._reads = reads
        self._waiting = waiting
        self._consult = consult
        self._clock = clock
        self._terms = {cls: _terms(budgets, cls) for cls in Urgency}
        self._at_once = at_once
        self._kinds: OrderedDict[int, Kind] = OrderedDict()
        self._held: dict[Box, Held] = {}

    async def page(self, query: BoxQuery) -> BoxPage:
        """Return one page of a list.

        Args:
            query: Which.
        """
        every = await self._all(query.box, whole=query.article is not None)
        found = [each for each in every if self._fits(each, query)]
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
        """Return the received emergencies that nobody has opened, what is due first on top.

        Also those of cases that were put away: no list may hide one.
        """
        # All have the same time to be opened, so that the oldest is due first.
        rows = sorted(await self._waiting.waiting_emergencies(), key=lambda row: row.t_ms)
        lines = await self._consult.lines_of(rows)
        return tuple(line for line in lines if not is_network_type(line.type or ""))

    async def waiting(self, box: Box) -> tuple[Waiting, ...]:
        """Return the messages of a list in its order, with what they wait for.

        Args:
            box: Which.
        """
        return await self._all(box)

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
        await self._learn(outlines, whole=True)
        outlines.sort(key=lambda each: (-each.t_ms, -each.number))
        kinds = [self._kinds.get(outline.number, _UNREAD) for outline in outlines]
        return [
            Waiting(outline=outline, kind=kind, due_ms=self._due_ms(outline, kind))
            for outline, kind in zip(outlines, kinds, strict=True)
        ]

    async def lines(self, numbers: Sequence[int]) -> tuple[MessageLine, ...]:
        """Return the lines of some messages, in the order of their numbers given."""
        return await self._consult.lines_of(await self._reads.messages_of(numbers))

    async def _all(self, box: Box, *, whole: bool = False) -> tuple[Waiting, ...]:
        """Return a list in order; put together anew only when something has happened.

        Args:
            box: Which.
            whole: The type of every message must be known, not only of the newest thousands.
        """
        version = await self._reads.boxes_version()
        held = self._held.get(box)
        if held is not None and held.version == version and not self._is_over(held, whole=whole):
            return held.found
        outlines = await self._reads.outlines(box, limit=MOST)
        is_whole = await self._learn(outlines, whole=whole)
        found = [
            Waiting(outline=outline, kind=kind, due_ms=self._due_ms(outline, kind))
            for outline in outlines
            # Rounds of pings have a page of their own.
            if not (kind := self._kinds.get(outline.number, _UNREAD)).is_network
        ]
        if box is not Box.CLOSED:
            found.sort(key=_rank)
        until_s = None if is_whole else self._clock.monotonic_s() + _GOES_ON_S
        kept = self._held[box] = Held(version=version, found=tuple(found), until_s=until_s)
        return kept.found

    def _is_over(self, held: Held, *, whole: bool) -> bool:
        if held.until_s is None:
            return False
        return whole or self._clock.monotonic_s() >= held.until_s

    async def _learn(self, outlines: Sequence[Outline], *, whole: bool) -> bool:
        """Read what is not known yet of messages, the newest first; tell whether that is all."""
        unknown = [each.number for each in outlines if each.number not in self._kinds]
        some = unknown if whole else unknown[: self._at_once]
        for number, data in (await self._reads.summaries(some)).items():
            self._kinds[number] = _kind_of(data)
        while len(self._kinds) > _KEPT:
            self._kinds.popitem(last=False)
        return len(some) == len(unknown)

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
        accepted_ms, acknowledged_ms = self._terms[outline.cls]
        state, t_ms = outline.state, outline.t_ms
        is_request = not outline.is_reply if kind.is_request is None else kind.is_request
        if state is _S.CONSIGNED and outline.direction is Direction.IN:
            return t_ms + (acknowledged_ms or kind.decided_ms)
        if not acknowledged_ms:
            return None  # bulk, for which nobody waits
        if state is _S.QUEUED:
            return t_ms + accepted_ms
        if not is_request:
            return None
        if state is _S.ACKNOWLEDGED:
            return t_ms + kind.decided_ms
        return t_ms + acknowledged_ms if state in _UNTAKEN else None


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
    known = TYPES.get(summary.type)
    return Kind(
        type=summary.type,
        is_request=None if known is None else known.is_request,
        is_network=is_network_type(summary.type),
        decided_ms=decision_term_ms(summary.urgency),
    )


def _terms(budgets: Budgets, cls: Urgency) -> tuple[int, int]:
    """Return how long it may take to accept and to acknowledge; both 0 for bulk."""
    budget = budgets.of(cls)
    return (0, 0) if budget is None else (budget.accepted_ms, budget.acknowledged_ms)
