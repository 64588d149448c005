"""Whoever guesses waits longer each time; nobody is kept out for good."""

import pytest

from gateway.errors import RateLimitedError
from gateway.service.attempts import OF_ALL, OF_ONE, SPAN_S, Attempts
from tests.gateway.network import LoopClock


def wait_of(attempts: Attempts, account: str = "duty1") -> int:
    """Return how long somebody has to wait."""
    try:
        attempts.check(account)
    except RateLimitedError as error:
        return error.retry_s
    return 0


def test_wait_doubles_up_to_a_quarter_of_an_hour() -> None:
    """And is over by itself."""
    clock = LoopClock()
    attempts = Attempts(clock)
    waits = []
    for _ in range(OF_ONE + 7):
        attempts.failed("duty1")
        waits.append(wait_of(attempts))
    assert waits == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]
    assert wait_of(attempts, "duty2") == 0
    clock.ms += int(SPAN_S * 1000)
    assert wait_of(attempts) == 0
    attempts.failed("duty1")
    assert wait_of(attempts) == 0


def test_success_forgets_the_failures_of_that_account() -> None:
    """Who mistyped goes on."""
    attempts = Attempts(LoopClock())
    for _ in range(OF_ONE):
        attempts.failed("duty1")
    attempts.succeeded("duty1")
    assert wait_of(attempts) == 0


def test_success_is_no_failure_of_all() -> None:
    """A desk that unlocks by password all morning is not slowed down by that."""
    attempts = Attempts(LoopClock())
    for number in range(2 * OF_ALL):
        attempts.failed(f"name {number}")
        attempts.succeeded(f"name {number}")
    attempts.check("somebody else")
    attempts.succeeded("nobody")
    assert wait_of(attempts) == 0


def test_failures_of_all_slow_everybody_down() -> None:
    """Guessing names is guessing too."""
    clock = LoopClock()
    attempts = Attempts(clock)
    for number in range(OF_ALL - 1):
        attempts.failed(f"name {number}")
    attempts.check("somebody else")
    attempts.failed()
    with pytest.raises(RateLimitedError):
        attempts.check("somebody else")
    with pytest.raises(RateLimitedError):
        attempts.check()


def test_names_are_not_kept_without_end() -> None:
    """Whoever sends ten thousand names fills nothing."""
    clock = LoopClock()
    attempts = Attempts(clock)
    for number in range(1_000):
        attempts.failed(f"name {number}")
    clock.ms += int(SPAN_S * 1000)
    attempts.failed("one more")
    assert len(attempts._failed) == 2
