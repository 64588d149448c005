"""How often something may be done: buckets that fill with time, one for each who asks.

In memory: a restart forgives. Nobody is ever kept out for good.

Source: docs/desk.md, "Limits".
"""

from dataclasses import dataclass
from math import ceil
from typing import Final

from gateway.errors import RateLimitedError
from gateway.ports import Clock

MOST_KEYS: Final = 10_000
"""Askers remembered; the fullest buckets are forgotten first, which changes nothing for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Tokens a second, and how many may be taken at once after a pause."""

    per_s: float
    burst: int


class Rates:
    """One rate for many askers.

    Args:
        rate: What each may do.
        clock: Time.
    """

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._held: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> None:
        """Take one.

        Args:
            key: Who asks.

        Raises:
            RateLimitedError: Nothing is left; says for how long.
        """
        now_s = self._clock.monotonic_s()
        left, at_s = self._held.get(key, (float(self._rate.burst), now_s))
        left = min(self._rate.burst, left + max(0.0, now_s - at_s) * self._rate.per_s)
        if left < 1:
            self._held[key] = (left, now_s)
            raise RateLimitedError(
                "too many requests", retry_s=max(1, ceil((1 - left) / self._rate.per_s))
            )
        self._held[key] = (left - 1, now_s)
        if len(self._held) > MOST_KEYS:
            self._forget(now_s)

    def _forget(self, now_s: float) -> None:
        by_room = sorted(
            self._held,
            key=lambda key: self._held[key][0] + (now_s - self._held[key][1]) * self._rate.per_s,
        )
        for key in by_room[MOST_KEYS // 2 :]:
            del self._held[key]
