"""What an old directory still allows."""

import pytest

from protocol.delivery.currency import (
    DAY_MS,
    HOUR_MS,
    AgeLimits,
    Currency,
    carries,
    currency_of,
)
from protocol.delivery.urgency import Urgency


@pytest.mark.parametrize(
    ("age_ms", "meaning"),
    [
        (-HOUR_MS, Currency.CURRENT),
        (24 * HOUR_MS, Currency.CURRENT),
        (24 * HOUR_MS + 1, Currency.OLD),
        (7 * DAY_MS, Currency.OLD),
        (7 * DAY_MS + 1, Currency.EXPIRED),
        (30 * DAY_MS, Currency.EXPIRED),
        (30 * DAY_MS + 1, Currency.DEAD),
    ],
)
def test_ages_mean_what_rule_31_says(age_ms: int, meaning: Currency) -> None:
    """A day, a week, a month; each limit itself is still good."""
    assert currency_of(age_ms, AgeLimits()) is meaning


def test_what_goes_under_each() -> None:
    """Under an expired one P0, P1 and pings, which alone are P3."""
    allowed = {each: [cls.name for cls in Urgency if carries(each, cls)] for each in Currency}
    every = ["P0", "P1", "P2", "P3"]
    assert allowed == {
        Currency.CURRENT: every,
        Currency.OLD: every,
        Currency.EXPIRED: ["P0", "P1", "P3"],
        Currency.DEAD: [],
    }


@pytest.mark.parametrize(
    "limits",
    [
        {"warn_ms": 0},
        {"warn_ms": 25 * HOUR_MS},
        {"urgent_only_ms": 8 * DAY_MS},
        {"stop_ms": 31 * DAY_MS},
        {"warn_ms": 20 * HOUR_MS, "urgent_only_ms": 10 * HOUR_MS},
        {"urgent_only_ms": 3 * DAY_MS, "stop_ms": 2 * DAY_MS},
    ],
)
def test_a_policy_is_in_order_and_only_stricter(limits: dict[str, int]) -> None:
    """Nobody may go on longer than the network agreed."""
    with pytest.raises(ValueError, match=r"follow|stricter"):
        AgeLimits(**limits)
    assert AgeLimits(warn_ms=HOUR_MS, urgent_only_ms=DAY_MS, stop_ms=2 * DAY_MS).warn_ms == HOUR_MS
