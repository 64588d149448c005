"""Tells when a message of a list is nearly due, and when it is overdue; and of emergencies.

A deadline is the one that the lists show (gateway.service.boxes), for what came in and for what
we sent. It is told twice, once each: when a quarter of its time is left, and when it has passed. An
emergency is told when it is in the inbox, and again when half of its time to be acknowledged has
gone and nobody has opened it. The store keeps a key for each.

Source: docs/desk.md, "Events".
"""

from collections.abc import Sequence
from typing import Final, Protocol

from gateway.boxes import Box
from gateway.conditions import Conditions
from gateway.ports import Clock
from gateway.records import CaseNotice
from gateway.rows import MessageRow
from gateway.service.boxes import Waiting
from keys.digest import sha256
from protocol.delivery.escalation import Budgets, Step
from protocol.delivery.urgency import Urgency

EMERGENCY: Final = "emergency"
WARNING: Final = "clock.warning"
EXPIRED: Final = "clock.expired"
WAITS: Final = "waiting"
UNOPENED: Final = "unopened"

_WORDS: Final = {WARNING: "due soon", EXPIRED: "overdue"}
_EVERY_S: Final = 15.0
_BACK_MS: Final = 24 * 3_600_000
"""Deadlines older than this are told no more: the lists show them."""

_LEFT: Final = 4
"""A quarter of the time is left when a deadline is said to be near."""

_AT_ONCE: Final = 200


class Lists(Protocol):
    """What the lists of messages know of deadlines."""

    async def waiting(self, box: Box) -> Sequence[Waiting]:
        """Return the messages of a list with what they wait for."""


class Book(Conditions, Protocol):
    """Where messages are, and what was told of them."""

    async def messages_of(self, numbers: Sequence[int]) -> tuple[MessageRow, ...]:
        """Return messages whole."""

    async def tell(self, notices: Sequence[CaseNotice], *, now_ms: int) -> int:
        """Make events of notices that were not told before."""


class Deadlines:
    """The deadlines of the lists.

    Args:
        book: Messages; keeps what was told.
        lists: Know what is due when.
        clock: Time.
    """

    def __init__(self, book: Book, lists: Lists, clock: Clock) -> None:
        self._book = book
        self._lists = lists
        self._clock = clock
        self._told: set[tuple[int, str, int]] = set()
        self._next_s = 0.0

    async def look(self) -> None:
        """Tell what became due, or nearly due, and was not told; at most each 15 seconds.

        What arrives late may have been due before the last look: it is told with the first one.

        Raises:
            StorageError: The store failed; it is told with the next look.
        """
        if self._clock.monotonic_s() < self._next_s:
            return
        self._next_s = self._clock.monotonic_s() + _EVERY_S
        now_ms = self._clock.now_ms()
        found = {
            (each.outline.number, kind, at_ms): (each, kind)
            for box in (Box.INBOX, Box.OUTBOX)
            for each in await self._lists.waiting(box)
            for kind, at_ms in _moments(each)
            if now_ms - _BACK_MS < at_ms <= now_ms
        }
        fresh = [one for key, one in found.items() if key not in self._told]
        for start in range(0, len(fresh), _AT_ONCE):
            await self._tell(fresh[start : start + _AT_ONCE], now_ms)
        self._told = set(found)

    async def _tell(self, found: Sequence[tuple[Waiting, str]], now_ms: int) -> None:
        notices = [
            _notice(row, kind, str(each.due_ms), what=_WORDS[kind])
            for each, kind in found
            for row in await self._book.messages_of([each.outline.number])
        ]
        if notices:
            await self._book.tell(notices, now_ms=now_ms)


class Emergencies:
    """The emergencies that wait to be opened.

    Args:
        book: Messages; keeps what was told.
        clock: Time.
        budgets: How long a step may take at this node.
    """

    def __init__(self, book: Book, clock: Clock, *, budgets: Budgets) -> None:
        self._book = book
        self._clock = clock
        self._patience_ms = budgets.p0.of(Step.ACKNOWLEDGED) // 2
        self._told: set[tuple[bytes, str]] = set()

    async def look(self) -> None:
        """Tell of what waits.

        Raises:
            StorageError: The store failed; it is told with the next look.
        """
        now_ms = self._clock.now_ms()
        found = {
            (row.mid.value, word): row
            for row in await self._book.waiting_emergencies()
            for word in ((WAITS, UNOPENED) if now_ms >= row.t_ms + self._patience_ms else (WAITS,))
        }
        fresh = [
            _notice(row, EMERGENCY, word, what=word)
            for (mid, word), row in found.items()
            if (mid, word) not in self._told
        ]
        if fresh:
            await self._book.tell(fresh, now_ms=now_ms)
        self._told = set(found)


def _moments(each: Waiting) -> tuple[tuple[str, int], ...]:
    """Return when what is to be told of a message; nothing of one that waits for nothing."""
    if each.due_ms is None or each.outline.cls is Urgency.P3:
        return ()
    left_ms = (each.due_ms - each.outline.t_ms) // _LEFT
    return ((WARNING, each.due_ms - left_ms), (EXPIRED, each.due_ms))


def _notice(row: MessageRow, kind: str, of: str, *, what: str) -> CaseNotice:
    key = f"{kind} {row.sender} {row.mid} {of}"
    return CaseNotice(
        thread=row.thread or row.mid,
        key=sha256(key.encode()).hex(),
        sender=row.sender,
        mid=row.mid,
        kind=kind,
        what=what,
    )
