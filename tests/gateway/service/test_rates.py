"""Buckets that fill with time, one for each who asks."""

import pytest

from gateway.errors import RateLimitedError
from gateway.service.rates import MOST_KEYS, Rate, Rates
from tests.gateway.network import LoopClock


def test_burst_is_let_through_and_then_the_rate() -> None:
    """The refusal says for how long."""
    clock = LoopClock()
    rates = Rates(Rate(per_s=0.5, burst=3), clock)
    for _ in range(3):
        rates.take("a")
    with pytest.raises(RateLimitedError) as refused:
        rates.take("a")
    assert refused.value.retry_s == 2
    rates.take("b")
    clock.ms += 2_000
    rates.take("a")
    clock.ms += 60_000
    for _ in range(3):
        rates.take("a")
    with pytest.raises(RateLimitedError):
        rates.take("a")


def test_askers_are_not_kept_without_end() -> None:
    """The emptiest buckets stay, so that forgetting lets nobody do more."""
    rates = Rates(Rate(per_s=1, burst=2), LoopClock())
    rates.take("busy")
    rates.take("busy")
    for number in range(MOST_KEYS):
        rates.take(f"asker {number}")
    assert len(rates._held) <= MOST_KEYS
    with pytest.raises(RateLimitedError):
        rates.take("busy")
