"""Has the newest signed head of our log stamped: each hour, and at once when a P0 moves.

Nothing waits for a stamp. While no authority answers it is tried again, for days if need be, less
and less often but at least each quarter of an hour; what is stamped then is the newest head, which
holds everything before. An emergency goes before the wait, at most once a minute. Who is asked,
and whether an answer holds, is decided elsewhere.

Source: docs/evidence.md, "Stamps".
"""

from typing import Final, Protocol

from gateway.errors import GatewayError
from gateway.journal import Journal, Seldom
from gateway.metrics import Metrics
from gateway.ports import Clock
from gateway.records import SignedHead
from gateway.service.health import Check
from gateway.stamping import Authorities, KeptStamp

EVERY_S: Final = 3600.0
"""From one stamp to the next, while the log grows."""

EMERGENCY_S: Final = 60.0
"""The same while messages of P0 move."""

WAITS_S: Final = (60.0, 120.0, 300.0, 900.0)
"""How long to wait after each failure in a row; the last one for ever."""

LATE_S: Final = 4 * 3600.0
"""A head that waits so long for a stamp, and the operator hears of it."""

_LOOK_EVERY_S: Final = 10.0
_TELL_EVERY_S: Final = 6 * 3600.0
_LOOK_BACK: Final = 1024
"""Events before a start that are looked through for an emergency."""


class Book(Protocol):
    """What is needed of our log, of what happened, and of where stamps are kept."""

    @property
    def size(self) -> int:
        """Committed leaves, signed or not."""

    @property
    def newest_event(self) -> int:
        """The number of the newest event, 0 before the first."""

    def head(self) -> SignedHead | None:
        """Return the newest signed and committed checkpoint."""

    async def keep_stamp(self, stamp: KeptStamp) -> None:
        """Keep a stamp for ever."""

    async def newest_stamp(self) -> KeptStamp | None:
        """Return the newest stamp over the log that is written, None if there is none."""

    async def has_emergency(self, after: int) -> bool:
        """Tell whether an event above a number is about a message of P0."""


class Stamping:
    """The stamps of one node.

    Args:
        authorities: Who is asked.
        book: Our log, what happened, and where stamps are kept.
        clock: Time.
        journal: Told of each stamp, of failures, and of lateness.
        metrics: Counts them.
    """

    def __init__(
        self,
        authorities: Authorities,
        *,
        book: Book,
        clock: Clock,
        journal: Journal,
        metrics: Metrics,
    ) -> None:
        self._authorities = authorities
        self._book = book
        self._clock = clock
        self._journal = journal
        self._metrics = metrics
        self._newest: KeptStamp | None = None
        self._looked = 0
        self._is_emergency = False
        self._failures = 0
        self._tried_s: float | None = None
        self._waiting_since_s: float | None = None
        self._late = Seldom(clock.monotonic_s, interval_s=_TELL_EVERY_S)

    async def run(self) -> None:
        """Look after the stamps until cancelled; one owner awaits it.

        Raises:
            StorageError: The store cannot be read at the start.
        """
        await self.load()
        while True:
            await self.look()
            await self._clock.sleep(_LOOK_EVERY_S)

    async def load(self) -> None:
        """Read how far the log is stamped; call it once before the first look.

        Raises:
            StorageError: The store cannot be read.
        """
        self._newest = await self._book.newest_stamp()
        # An emergency just before the start may not be stamped: one stamp too many does no harm.
        self._looked = max(0, self._book.newest_event - _LOOK_BACK)

    async def look(self) -> None:
        """Have the newest head stamped if that is due, and tell of lateness; ends nothing."""
        head = self._unstamped()
        if head is None:
            self._waiting_since_s = None
        else:
            if self._waiting_since_s is None:
                self._waiting_since_s = self._clock.monotonic_s()
            try:
                await self._stamp_if_due(head)
            except GatewayError as error:
                self._failed()
                self._journal.warning("stamp_failed", code=error.code)
        self._tell()

    def is_late(self) -> bool:
        """Tell whether a head has waited for a stamp for hours."""
        since_s = self._waiting_since_s
        return since_s is not None and self._clock.monotonic_s() - since_s > LATE_S

    def check(self) -> Check:
        """Return what the doctor shows."""
        newest = self._newest
        detail = "none yet" if newest is None else f"newest {self._age_s() // 60:.0f} minutes old"
        if self._failures:
            detail += f"; {self._failures} failures in a row"
        return Check(
            name="stamps",
            ok=not self.is_late(),
            detail=detail,
            fix="look for stamp_failed in the journal; nothing but stamps waits for authorities",
        )

    # ------------------------------------------------------------------ parts

    def _unstamped(self) -> SignedHead | None:
        """Return the newest signed head unless it is stamped."""
        head = self._book.head()
        newest = self._newest
        if head is None or (
            newest is not None and (newest.origin, newest.size) == (head.origin, head.size)
        ):
            return None
        return head

    async def _stamp_if_due(self, head: SignedHead) -> None:
        newest = self._book.newest_event
        if await self._book.has_emergency(self._looked):
            self._is_emergency = True
        self._looked = newest
        if not self._is_due():
            return
        # What is not signed yet of an emergency is stamped a minute later, with the next head.
        is_covered = head.size == self._book.size
        self._tried_s = self._clock.monotonic_s()
        if await self._stamp(head) and is_covered:
            self._is_emergency = False

    def _is_due(self) -> bool:
        since_s = None if self._tried_s is None else self._clock.monotonic_s() - self._tried_s
        if self._failures:
            wait_s = WAITS_S[min(self._failures, len(WAITS_S)) - 1]
            return since_s is None or since_s >= (EMERGENCY_S if self._is_emergency else wait_s)
        if self._is_emergency:
            return since_s is None or since_s >= EMERGENCY_S
        return self._newest is None or not 0 <= self._age_s() < EVERY_S

    async def _stamp(self, head: SignedHead) -> bool:
        asked = await self._authorities.stamp(head.note)
        for name, why in asked.failures:
            self._metrics.stamps("failed")
            self._journal.warning("stamp_refused", authority=name, why=why)
        given = asked.given
        if given is None:
            self._failed()
            return False
        now_ms = self._clock.now_ms()
        stamp = KeptStamp(
            origin=head.origin,
            size=head.size,
            authority=given.authority,
            time_ms=given.time_ms,
            kept_ms=now_ms,
            answer=given.answer,
        )
        await self._book.keep_stamp(stamp)
        self._newest = stamp
        self._failures = 0
        self._waiting_since_s = None
        self._metrics.stamps("obtained")
        self._journal.info(
            "stamp_obtained",
            authority=given.authority,
            size=head.size,
            ahead_s=(now_ms - given.time_ms) // 1000,
        )
        return True

    def _failed(self) -> None:
        self._failures += 1

    def _age_s(self) -> float:
        """Return how old the newest stamp is by our clock; below zero if that was set back."""
        newest = self._newest
        return 0.0 if newest is None else (self._clock.now_ms() - newest.kept_ms) / 1000

    def _tell(self) -> None:
        if self._newest is not None:
            self._metrics.stamp_age(max(0.0, self._age_s()))
        if self.is_late() and self._late.due("late") is not None:
            self._metrics.alarms("stamps")
            self._journal.alarm("stamps_late", failures=self._failures)
