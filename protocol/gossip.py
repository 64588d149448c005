"""Gossip: what nodes tell each other of third logs, and what is remembered of it.

Does: draws the heads that a frame or an answer carries; says whether a head that was told fits
the history held; keeps those that neither fit nor contradict until somebody asked their log.
Leaves to its callers: asking, fetching notes, checking signatures, accusing. A head that is told
is unsigned: it leads to a question and never to more (docs/wire-format.md, rule 9b).

What a peer can cost by telling is bounded: of one teller and one log one head is kept, of one
teller those of so many logs, and a round asks few questions for each teller.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from protocol.identifiers import LogOrigin, NodeId
from protocol.limits import HEARD_OF_TELLER, MAX_HEADS
from protocol.log.linking import Position
from protocol.standing import ThirdHead

ASK_AGAIN_MS: Final = 20 * 60 * 1000
"""How long a log that was silent is left alone."""

UNSIGNED_MS: Final = 24 * 60 * 60 * 1000
"""How long a log may be silent of a head that is only told."""

SIGNED_MS: Final = 60 * 60 * 1000
"""The same of a head with its note: one that did not start where its receiver stood."""

REFUSALS: Final = 3
"""How often a log may answer, and not to the question, before the note itself is wanted."""

ASKED_AT_ONCE: Final = 64
"""Heads that one round asks about."""

ASKED_OF_TELLER: Final = 16
"""Of them, those of one teller."""

_JOINED_KEPT: Final = 4096


class Fit(Enum):
    """What a head is to the history that is held of its log."""

    KNOWN = auto()
    CONTRADICTED = auto()
    """Another root at a size that is linked: with a valid note it proves two histories."""
    OPEN = auto()
    """A size that is not linked: its log can say."""


def fit_of(place: Position, head: ThirdHead) -> Fit:
    """Hold a head against the checkpoints that are linked.

    Args:
        place: Where we stand in the same log.
        head: As told, unsigned.
    """
    held = place.find(head.size)
    if held is None:
        return Fit.OPEN
    return Fit.KNOWN if held.root == head.root else Fit.CONTRADICTED


def heads_to_tell(
    places: Iterable[Position], *, to: NodeId, draw: Callable[[int], int]
) -> tuple[ThirdHead, ...]:
    """Choose the heads that a frame or an answer carries.

    Args:
        places: Where we stand in the logs of others.
        to: Who is told; not told of its own logs.
        draw: Returns a whole number from 0 to below its argument, evenly.

    Returns:
        At most MAX_HEADS, each log as likely as any other.
    """
    heads = [
        ThirdHead(origin=place.origin, size=place.head.size, root=place.head.root)
        for place in places
        if place.head is not None and place.origin.node != to
    ]
    for index in range(min(MAX_HEADS, len(heads))):
        other = index + draw(len(heads) - index)
        heads[index], heads[other] = heads[other], heads[index]
    return tuple(heads[:MAX_HEADS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A head that does not fit yet.

    Attributes:
        teller: Who told it; the log's own node if it came signed.
        head: What was told.
        first_ms: When, by our clock.
        note: Its signed note, if it came with one.
        asked_ms: When its log was last asked in vain, None if never.
        refusals: How often its log was there, and gave no proof now.
    """

    teller: NodeId
    head: ThirdHead
    first_ms: int
    note: bytes | None = None
    asked_ms: int | None = None
    refusals: int = 0

    def is_due(self, now_ms: int) -> bool:
        """Tell whether its log is to be asked; a clock that was set back asks at once."""
        if self.asked_ms is None or now_ms < self.asked_ms:
            return True
        return now_ms >= self.asked_ms + ASK_AGAIN_MS

    def is_overdue(self, now_ms: int) -> bool:
        """Tell whether its log was silent of it for so long that the note itself is wanted."""
        if self.refusals >= REFUSALS:
            return True
        return now_ms >= self.first_ms + (UNSIGNED_MS if self.note is None else SIGNED_MS)


class Rumours:
    """What was told and not examined yet, and what was found to fit."""

    __slots__ = ("_heard", "_joined")

    def __init__(self) -> None:
        # In the order in which tellers were served last: each has its turn.
        self._heard: OrderedDict[NodeId, dict[LogOrigin, Heard]] = OrderedDict()
        self._joined: OrderedDict[tuple[LogOrigin, int, bytes], None] = OrderedDict()

    def __len__(self) -> int:
        return sum(len(each) for each in self._heard.values())

    def add(self, heard: Heard) -> None:
        """Remember a head, unless its teller has one of the same log that waits.

        The earlier one stays, or a teller could talk it away.

        Args:
            heard: New.
        """
        if _key(heard.head) in self._joined:
            return
        told = self._heard.setdefault(heard.teller, {})
        if heard.head.origin not in told and len(told) < HEARD_OF_TELLER:
            told[heard.head.origin] = heard

    def due(self, now_ms: int) -> tuple[Heard, ...]:
        """Return what to examine in this round; each teller has its share.

        Args:
            now_ms: Milliseconds since 1970, UTC.
        """
        chosen: list[Heard] = []
        for teller in tuple(self._heard):
            ready = [one for one in self._heard[teller].values() if one.is_due(now_ms)]
            taken = ready[: min(ASKED_OF_TELLER, ASKED_AT_ONCE - len(chosen))]
            if taken:
                self._heard.move_to_end(teller)
            chosen.extend(taken)
        return tuple(chosen)

    def joined(self, heard: Heard) -> None:
        """Forget a head that belongs to the history held, whoever tells it again."""
        self.drop(heard)
        self._joined[_key(heard.head)] = None
        if len(self._joined) > _JOINED_KEPT:
            self._joined.popitem(last=False)

    def unanswered(self, heard: Heard, now_ms: int, *, refused: bool) -> Heard:
        """Keep a head whose log was silent; return it as it waits now.

        Args:
            heard: That was asked about.
            now_ms: Milliseconds since 1970, UTC.
            refused: The log was there, and gave no proof now.
        """
        again = replace(heard, asked_ms=now_ms, refusals=heard.refusals + refused)
        self._heard.setdefault(heard.teller, {})[heard.head.origin] = again
        return again

    def drop(self, heard: Heard) -> None:
        """Forget a head: it was joined, or became more or less than hearsay."""
        told = self._heard.get(heard.teller)
        if told is not None:
            told.pop(heard.head.origin, None)
            if not told:
                del self._heard[heard.teller]


def others_to_ask(
    names: Sequence[NodeId], *, draw: Callable[[int], int], count: int = 2
) -> tuple[NodeId, ...]:
    """Choose whom to ask about a log that is met for the first time.

    Args:
        names: Active nodes, without ourselves and the log's own.
        draw: As for `heads_to_tell`.
        count: How many.
    """
    left = list(names)
    return tuple(left.pop(draw(len(left))) for _ in range(min(count, len(left))))


def _key(head: ThirdHead) -> tuple[LogOrigin, int, bytes]:
    return head.origin, head.size, head.root
