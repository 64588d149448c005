"""Failed attempts to sign in: after a few of them a wait that doubles, never a lock for good.

Whoever knows a colleague's name could otherwise keep that colleague out at night. In memory: a
restart forgives, and takes longer than the wait.

Source: docs/desk.md, "Limits".
"""

from dataclasses import dataclass
from math import ceil
from typing import Final

from gateway.errors import RateLimitedError
from gateway.ports import Clock

OF_ONE: Final = 5
OF_ALL: Final = 30
SPAN_S: Final = 15 * 60.0
_FIRST_WAIT_S: Final = 30.0
_ALL: Final = ""
_MOST_NAMES: Final = 1_000


@dataclass(slots=True)
class _Failed:
    count: int
    last_s: float


class Attempts:
    """Counts failures.

    Args:
        clock: Time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failed: dict[str, _Failed] = {}

    def check(self, account: str = _ALL) -> None:
        """Let somebody try, or not yet.

        Args:
            account: For whom; empty where that is not known before the answer.

        Raises:
            RateLimitedError: Too many failed shortly before.
        """
        now_s = self._clock.monotonic_s()
        wait_s = self._wait(_ALL, OF_ALL, now_s)
        if account:
            wait_s = max(wait_s, self._wait(account, OF_ONE, now_s))
        if wait_s > 0:
            raise RateLimitedError("too many attempts to sign in", retry_s=ceil(wait_s))

    def failed(self, account: str = _ALL) -> None:
        """Count a failure."""
        now_s = self._clock.monotonic_s()
        for key in {account, _ALL}:
            held = self._failed.setdefault(key, _Failed(0, now_s))
            held.count = held.count + 1 if now_s - held.last_s < SPAN_S else 1
            held.last_s = now_s
        if len(self._failed) > _MOST_NAMES:
            self._failed = {
                key: held for key, held in self._failed.items() if now_s - held.last_s < SPAN_S
            }

    def succeeded(self, account: str) -> None:
        """Forget the failures of an account whose person is there, and that this was one."""
        self._failed.pop(account, None)
        of_all = self._failed.get(_ALL)
        if of_all is not None and of_all.count:
            of_all.count -= 1

    def _wait(self, key: str, most: int, now_s: float) -> float:
        held = self._failed.get(key)
        if held is None or held.count < most:
            return 0.0
        doubled: float = _FIRST_WAIT_S * 2.0 ** min(held.count - most, 10)
        return held.last_s + min(doubled, SPAN_S) - now_s
