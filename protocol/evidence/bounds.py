"""Between which two moments something was said, and what that makes of the time that it claims.

Source: docs/evidence.md, "Time"; docs/wire-format.md, rule 33.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol.limits import MAX_AHEAD_MS

_MS_PER_S: Final = 1000


class SaidTime(StrEnum):
    """What others' clocks make of a time that a node states itself."""

    OWN_WORD = "own_word"
    """Nothing bounds it on both sides, and nothing contradicts it."""
    WITHIN = "within"
    """It lies between the bounds."""
    BACKDATED = "backdated"
    """It lies before a moment at which witnesses saw a log without it."""
    POSTDATED = "postdated"
    """It lies after a moment at which witnesses saw a log with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeBounds:
    """After which moment, and before which, a statement came into a log as others saw it.

    Attributes:
        after_s: When witnesses last saw the log without it, seconds since 1970; None if never.
        before_s: When witnesses first saw it with it; None if never.
    """

    after_s: int | None
    before_s: int | None

    @property
    def is_contradictory(self) -> bool:
        """Whether the clocks of the witnesses contradict each other: after is later than before."""
        return (
            self.after_s is not None and self.before_s is not None and self.after_s > self.before_s
        )

    def judge(self, said_ms: int) -> SaidTime:
        """Hold a stated time against the bounds, ten minutes allowed to every clock.

        Args:
            said_ms: As stated by the speaker: milliseconds since 1970, UTC.

        Returns:
            What the bounds make of it. `OWN_WORD` is no reproach: it says that only the speaker
            vouches for the time.
        """
        if self.after_s is not None and said_ms + MAX_AHEAD_MS < self.after_s * _MS_PER_S:
            return SaidTime.BACKDATED
        if self.before_s is not None and said_ms > self.before_s * _MS_PER_S + MAX_AHEAD_MS:
            return SaidTime.POSTDATED
        if self.after_s is None or self.before_s is None:
            return SaidTime.OWN_WORD
        return SaidTime.WITHIN
