"""The kinds of faults of a world, how strong each is in one seed, and how often each happened.

A kind counts when it had an effect, not when it was drawn: a cut link that nobody used is no
fault. Each seed has its own selection and strengths, so that some seeds meet one kind alone.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from gateway.errors import DataError


class Fault(StrEnum):
    """What may go wrong."""

    REQUEST_LOST = "request_lost"
    ANSWER_LOST = "answer_lost"
    DELAY = "delay"
    DUPLICATION = "duplication"
    REORDERING = "reordering"
    TRUNCATION = "truncation"
    CORRUPTION = "corruption"
    SLOW_DRIP = "slow_drip"
    MIDDLEBOX = "middlebox"
    ONE_WAY_CUT = "one_way_cut"
    TWO_WAY_CUT = "two_way_cut"
    SWIZZLE = "swizzle"
    BUSY = "busy"
    CRASH = "crash"
    CRASH_BEFORE_COMMIT = "crash_before_commit"
    CRASH_AFTER_COMMIT = "crash_after_commit"
    CRASH_BEFORE_ANCHOR = "crash_before_anchor"
    RESTART = "restart"
    FREEZE = "freeze"
    DISK_FULL = "disk_full"
    DISK_BROKEN = "disk_broken"
    CLOCK_FORWARD = "clock_forward"
    CLOCK_BACK = "clock_back"
    DIRECTORY_UNREACHED = "directory_unreached"
    DIRECTORY_OLDER = "directory_older"
    DIRECTORY_CHANGED = "directory_changed"
    OUTAGE_HOURS = "outage_hours"
    OUTAGE_DAYS = "outage_days"
    PREKEY_GONE = "prekey_gone"
    KEYS_ROTATED = "keys_rotated"
    RESTORED_COPY = "restored_copy"
    OLD_ANSWER = "old_answer"
    FALSE_HAVE = "false_have"
    FALSE_SEEN = "false_seen"
    FALSE_SIZE = "false_size"
    FORKED_LOG = "forked_log"


LYING: Final = frozenset({
    Fault.OLD_ANSWER, Fault.FALSE_HAVE, Fault.FALSE_SEEN, Fault.FALSE_SIZE, Fault.FORKED_LOG,
})  # fmt: skip
"""What a lying peer does; only one node of a world lies."""

_SHARE: Final = {
    Fault.OUTAGE_HOURS: 0.06,
    Fault.OUTAGE_DAYS: 0.005,
    Fault.FORKED_LOG: 0.5,
    Fault.RESTORED_COPY: 0.125,
    Fault.DISK_BROKEN: 0.25,
}
"""How many seeds have a kind; half of them if not listed."""


def chosen(names: str) -> frozenset[Fault]:
    """Read the kinds that a command names.

    Args:
        names: Separated by commas; empty for all.

    Raises:
        DataError: One of them is none.
    """
    if not names:
        return frozenset(Fault)
    try:
        return frozenset(Fault(name.strip()) for name in names.split(","))
    except ValueError as error:
        raise DataError("no such kind of fault", hint=f"there are: {', '.join(Fault)}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """The strengths of one seed: chances for each request or answer, and longest delays."""

    chances: dict[Fault, float]
    quick_s: float
    slow_s: float

    def chance(self, fault: Fault) -> float:
        """Return how likely a fault is at each occasion, 0 if it is not of this seed."""
        return self.chances.get(fault, 0.0)

    def has(self, fault: Fault) -> bool:
        """Tell whether a kind belongs to this seed."""
        return fault in self.chances


_STRENGTH: Final = {
    Fault.REQUEST_LOST: 0.3,
    Fault.ANSWER_LOST: 0.3,
    Fault.DELAY: 0.3,
    Fault.DUPLICATION: 0.25,
    Fault.REORDERING: 0.5,
    Fault.TRUNCATION: 0.06,
    Fault.CORRUPTION: 0.06,
    Fault.SLOW_DRIP: 0.05,
    Fault.MIDDLEBOX: 0.1,
    Fault.OLD_ANSWER: 0.2,
    Fault.FALSE_HAVE: 0.3,
    Fault.FALSE_SEEN: 0.3,
    Fault.FALSE_SIZE: 0.3,
}
"""The greatest chance for each request of the kinds that hang on requests."""


def drawn(draw: Random, allowed: Iterable[Fault]) -> Weather:
    """Draw the weather of one seed.

    Args:
        draw: Of the seed.
        allowed: Kinds that may occur.

    Returns:
        About half of them.
    """
    chances = {}
    lies = draw.random() < 0.25  # noqa: PLR2004 - a share of the seeds
    for fault in sorted(allowed):
        wanted = draw.random() < _SHARE.get(fault, 0.5)
        strength = draw.uniform(0.2, 1.0) * _STRENGTH.get(fault, 1.0)
        if wanted and (lies or fault not in LYING):
            chances[fault] = strength
    return Weather(
        chances=chances, quick_s=draw.choice((0.002, 0.02, 0.2)), slow_s=draw.choice((1.0, 5.0, 20))
    )


CALM: Final = Weather(chances={}, quick_s=0.01, slow_s=0.01)
"""No fault at all."""


class Tally(Counter[Fault]):
    """How often each kind happened."""
