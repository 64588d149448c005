"""Failed attempts to sign in: after a few of them a wait that doubles, never a lock for good.

What can be guessed, a password, is held off before it is looked at: for its account, and for all
whom nobody knows. What cannot be guessed, a link or a passkey, is looked at first, and only what
fails is told to wait: a stranger who fails keeps nobody out. In memory: a restart forgives, and
takes longer than the wait.

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

    def check(self, account: str, *, crowd: str = "") -> None:
        """Let somebody try, or not yet.

        Args:
            account: For whom, there or not.
            crowd: Whose failures together count as well; empty for who is known.

        Raises:
            RateLimitedError: Too many failed shortly before.
        """
        now_s = self._clock.monotonic_s()
        wait_s = self._wait(account, OF_ONE, now_s)
        if crowd:
            wait_s = max(wait_s, self._wait(_all(crowd), OF_ALL, now_s))
        if wait_s > 0:
            raise RateLimitedError("too many attempts to sign in", retry_s=ceil(wait_s))

    def failed(self, account: str, *, crowd: str = "") -> None:
        """Count a failure."""
        self._count(account)
        if crowd:
            self._count(_all(crowd))

    def refused(self, crowd: str) -> None:
        """Count a failure of what cannot be guessed, after it was looked at.

        Raises:
            RateLimitedError: Too many failed shortly before; it is not counted then.
        """
        wait_s = self._wait(_all(crowd), OF_ALL, self._clock.monotonic_s())
        if wait_s > 0:
            raise RateLimitedError("too many attempts to sign in", retry_s=ceil(wait_s))
        self._count(_all(crowd))

    def succeeded(self, account: str, *, crowd: str = "") -> None:
        """Forget the failures of an account whose person is there, and that this was one."""
        self._failed.pop(account, None)
        of_all = self._failed.get(_all(crowd))
        if of_all is not None and of_all.count:
            of_all.count -= 1

    def _count(self, key: str) -> None:
        now_s = self._clock.monotonic_s()
        held = self._failed.setdefault(key, _Failed(0, now_s))
        held.count = held.count + 1 if now_s - held.last_s < SPAN_S else 1
        held.last_s = now_s
        if len(self._failed) > _MOST_NAMES:
            self._failed = {
                name: one for name, one in self._failed.items() if now_s - one.last_s < SPAN_S
            }

    def _wait(self, key: str, most: int, now_s: float) -> float:
        held = self._failed.get(key)
        if held is None or held.count < most:
            return 0.0
        doubled: float = _FIRST_WAIT_S * 2.0 ** min(held.count - most, 10)
        return held.last_s + min(doubled, SPAN_S) - now_s


def _all(crowd: str) -> str:
    return f"all {crowd}"
