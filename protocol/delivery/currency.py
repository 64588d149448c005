"""How old a directory may be: what it still allows, by the age of its newest timestamp.

The authority says each day that nothing changed. A node that has not heard so for long cannot know
who was taken out meanwhile: first it warns, then it carries only what is urgent, at last nothing.

Source: docs/wire-format.md, rule 31.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, assert_never

from protocol.delivery.urgency import Urgency

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
WARN_MS: Final = 24 * HOUR_MS
URGENT_ONLY_MS: Final = 7 * DAY_MS
"""Also the life of a timestamp: it has expired then."""

STOP_MS: Final = 30 * DAY_MS

_WHILE_EXPIRED: Final = frozenset({Urgency.P0, Urgency.P1, Urgency.P3})
"""Emergencies, what is urgent, and pings, the only thing that travels as P3."""


class Currency(Enum):
    """What the age of a directory means."""

    CURRENT = auto()
    OLD = auto()
    """Warn; everything goes."""
    EXPIRED = auto()
    """Only what is urgent and pings go, and receipts say so."""
    DEAD = auto()
    """Nothing goes but questions for a newer one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeLimits:
    """From which age on; a national policy may only be stricter.

    Attributes:
        warn_ms: People are told, at most 24 hours.
        urgent_only_ms: Only what is urgent goes, at most 7 days.
        stop_ms: Nothing goes, at most 30 days.

    Raises:
        ValueError: Not in order, or laxer than the rule.
    """

    warn_ms: int = WARN_MS
    urgent_only_ms: int = URGENT_ONLY_MS
    stop_ms: int = STOP_MS

    def __post_init__(self) -> None:
        if not 0 < self.warn_ms <= self.urgent_only_ms <= self.stop_ms:
            raise ValueError("the ages of a directory do not follow each other")
        if self.warn_ms > WARN_MS or self.urgent_only_ms > URGENT_ONLY_MS or self.stop_ms > STOP_MS:
            raise ValueError("a policy on old directories may only be stricter")


def currency_of(age_ms: int, limits: AgeLimits) -> Currency:
    """Say what an age means.

    Args:
        age_ms: Since the newest timestamp was made; below 0 if its maker's clock is ahead.
        limits: The policy.
    """
    if age_ms > limits.stop_ms:
        return Currency.DEAD
    if age_ms > limits.urgent_only_ms:
        return Currency.EXPIRED
    return Currency.OLD if age_ms > limits.warn_ms else Currency.CURRENT


def carries(currency: Currency, cls: Urgency) -> bool:
    """Tell whether an envelope of a class goes under a directory of this age.

    Args:
        currency: What the directory's age means.
        cls: The envelope's class.
    """
    match currency:
        case Currency.CURRENT | Currency.OLD:
            return True
        case Currency.EXPIRED:
            return cls in _WHILE_EXPIRED
        case Currency.DEAD:
            return False
        case _:
            assert_never(currency)
