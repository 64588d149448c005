"""Sees to it that a backup is made each night, and says so when none was for too long.

Due once a day at a minute of the UTC day; a node that was down then makes it when it is back, and
one that failed is tried again each hour. The file is made and read back elsewhere; here is only
when.
"""

from typing import Final, Protocol

from gateway.errors import GatewayError
from gateway.journal import Journal, Seldom
from gateway.metrics import Metrics
from gateway.ports import Clock
from gateway.service.health import Check

LATE_MS: Final = 26 * 3_600_000
"""A day, and two hours to make it in."""

_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * 3_600_000
_MINUTE_MS: Final = 60_000
_LOOK_EVERY_S: Final = 30.0
_AGAIN_MS: Final = _HOUR_MS
_TELL_EVERY_S: Final = 6 * 3600.0


class Backups(Protocol):
    """Where the nightly backups lie."""

    def newest_ms(self, now_ms: int) -> int | None:
        """Return when the newest by now was made, None if none was; raises StorageError."""

    async def make(self, now_ms: int) -> int:
        """Make one and remove the oldest; return its length; raises GatewayError."""


class Nightly:
    """The nightly backups of one node.

    Args:
        backups: Where they lie.
        at_minute: Of the day, UTC, when one is due.
        clock: Time.
        journal: Told of each, and of lateness.
        metrics: Shows the age of the newest.
    """

    def __init__(
        self, backups: Backups, *, at_minute: int, clock: Clock, journal: Journal, metrics: Metrics
    ) -> None:
        self._backups = backups
        self._at_ms = at_minute * _MINUTE_MS
        self._clock = clock
        self._journal = journal
        self._metrics = metrics
        self._began_ms = clock.now_ms()
        self._tried_ms: int | None = None
        self._newest_ms: int | None = None
        self._late = Seldom(clock.monotonic_s, interval_s=_TELL_EVERY_S)

    async def run(self) -> None:
        """Look after the backups until cancelled; one owner awaits it."""
        while True:
            await self.look()
            await self._clock.sleep(_LOOK_EVERY_S)

    async def look(self) -> None:
        """Make a backup if one is due, and tell of lateness; what fails ends nothing."""
        try:
            self._newest_ms = self._backups.newest_ms(self._clock.now_ms())
            if self._is_due():
                await self._make()
        except GatewayError as error:
            self._metrics.alarms("backup")
            self._journal.alarm("backup_failed", code=error.code, why=str(error))
            self._tried_ms = self._clock.now_ms()
        self._tell()

    def age_ms(self) -> int:
        """Return how old the newest backup is; without one, how long this node runs."""
        since = self._began_ms if self._newest_ms is None else self._newest_ms
        return max(0, self._clock.now_ms() - since)

    def is_late(self) -> bool:
        """Tell whether the newest is older than a day and two hours."""
        return self.age_ms() > LATE_MS

    def check(self) -> Check:
        """Return what the doctor shows."""
        hours = self.age_ms() // _HOUR_MS
        return Check(
            name="backup",
            ok=not self.is_late(),
            detail="none is there yet" if self._newest_ms is None else f"{hours} hours old",
            fix="look for backup_failed in the journal; is there room in backup.folder?",
        )

    def _is_due(self) -> bool:
        now_ms = self._clock.now_ms()
        if self._tried_ms is not None and now_ms - self._tried_ms < _AGAIN_MS:
            return False
        due_ms = now_ms - (now_ms - self._at_ms) % _DAY_MS
        return self._newest_ms is None or self._newest_ms < due_ms

    async def _make(self) -> None:
        began_ms = self._clock.now_ms()
        size = await self._backups.make(began_ms)
        self._newest_ms = began_ms
        self._journal.info(
            "backup_made", bytes=size, seconds=(self._clock.now_ms() - began_ms) // 1000
        )

    def _tell(self) -> None:
        self._metrics.backup_age(self.age_ms() / 1000)
        if self.is_late() and self._late.due("late") is not None:
            self._metrics.alarms("backup")
            self._journal.alarm("backup_late", hours=self.age_ms() // _HOUR_MS)
