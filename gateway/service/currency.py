"""What the age of this node's directory means now: for what goes, what is taken, and for people.

Source: docs/wire-format.md, rule 31.
"""

from collections.abc import Callable
from typing import Final, assert_never

from gateway.ports import Clock
from gateway.service.health import Check
from protocol.delivery.currency import DAY_MS, HOUR_MS, AgeLimits, Currency, carries, currency_of
from protocol.delivery.urgency import Urgency
from protocol.errors import Code


def any_class(_cls: Urgency) -> bool:
    """Carry everything, where nobody watches the directory's age."""
    return True


_FIX: Final = "check directory.url and the mirrors; call the directory's authority"


class Freshness:
    """The age of the directory in use, looked at anew for each question.

    Args:
        clock: Time.
        made_ms: Gives when the newest timestamp was made, ms since 1970 UTC; None while there is
            no directory, or where nobody can say.
        limits: The policy.
    """

    def __init__(self, clock: Clock, made_ms: Callable[[], int | None], limits: AgeLimits) -> None:
        self._clock = clock
        self._made_ms = made_ms
        self._limits = limits

    def now(self) -> Currency:
        """Say what the age means now; a node without a directory is held up elsewhere."""
        age_ms = self._age_ms()
        return Currency.CURRENT if age_ms is None else currency_of(age_ms, self._limits)

    def carries(self, cls: Urgency) -> bool:
        """Tell whether an envelope of a class goes, either way."""
        return carries(self.now(), cls)

    def mark(self) -> str | None:
        """Return what receipts say of it: a code while it has expired, else None."""
        return str(Code.DIR_STALE) if self.now() in {Currency.EXPIRED, Currency.DEAD} else None

    def check(self) -> Check:
        """Say it to people."""
        now = self.now()
        return Check(
            name="directory age",
            ok=now is Currency.CURRENT,
            detail=f"{self._age()}; {_meaning(now)}",
            fix="" if now is Currency.CURRENT else _FIX,
        )

    def _age_ms(self) -> int | None:
        made_ms = self._made_ms()
        return None if made_ms is None else self._clock.now_ms() - made_ms

    def _age(self) -> str:
        age_ms = self._age_ms()
        if age_ms is None:
            return "no directory yet"
        if age_ms < 2 * DAY_MS:
            return f"{max(0, age_ms) // HOUR_MS} h old"
        return f"{age_ms // DAY_MS} days old"


def _meaning(now: Currency) -> str:
    match now:
        case Currency.CURRENT:
            return "everything goes"
        case Currency.OLD:
            return "everything goes still; only what is urgent will from 7 days on"
        case Currency.EXPIRED:
            return "expired: only what is urgent and pings go"
        case Currency.DEAD:
            return "far too old: nothing goes"
        case _:
            assert_never(now)
