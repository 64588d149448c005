"""Chance that is not secret: ids differ, jitter stays within its bounds."""

from gateway.ports import Randomness
from gateway.randomness import SystemRandomness


def test_message_ids_do_not_repeat() -> None:
    """(sender, id) names a message for ever."""
    chance: Randomness = SystemRandomness()
    assert len({chance.message_id() for _ in range(1000)}) == 1000


def test_jitter_stays_between_its_bounds_and_varies() -> None:
    """Back-off counts on both."""
    chance = SystemRandomness()
    drawn = [chance.between(2.0, 6.0) for _ in range(200)]
    assert all(2.0 <= value <= 6.0 for value in drawn)
    assert len(set(drawn)) > 100


def test_empty_interval_gives_its_only_number() -> None:
    """A cap may meet its floor."""
    assert SystemRandomness().between(3.0, 3.0) == 3.0
