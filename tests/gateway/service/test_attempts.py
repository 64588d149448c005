"""Whoever guesses waits longer each time; nobody is kept out for good."""

import pytest

from gateway.errors import RateLimitedError
from gateway.service.attempts import OF_ALL, OF_ONE, SPAN_S, Attempts
from gateway.service.browsers import Browsers
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


def test_success_is_no_failure_of_a_crowd() -> None:
    """A desk that signs in by password all morning is not slowed down by that."""
    attempts = Attempts(LoopClock())
    for number in range(2 * OF_ALL):
        attempts.failed(f"name {number}", crowd="passwords")
        attempts.succeeded(f"name {number}", crowd="passwords")
    attempts.check("somebody else", crowd="passwords")
    attempts.succeeded("nobody", crowd="links")
    assert wait_of(attempts) == 0


def test_failures_of_a_crowd_slow_that_crowd_down_and_nobody_else() -> None:
    """Guessing names is guessing too; who is known by another way has nothing to do with it."""
    attempts = Attempts(LoopClock())
    for number in range(OF_ALL - 1):
        attempts.failed(f"name {number}", crowd="passwords")
    attempts.check("somebody else", crowd="passwords")
    attempts.failed("one more", crowd="passwords")
    with pytest.raises(RateLimitedError):
        attempts.check("somebody else", crowd="passwords")
    attempts.check("somebody else")
    attempts.check("somebody else", crowd="links")


def test_what_cannot_be_guessed_is_counted_after_it_failed() -> None:
    """Then the answer is to wait, and waiting is not counted anew."""
    clock = LoopClock()
    attempts = Attempts(clock)
    for _ in range(OF_ALL):
        attempts.refused("links")
    for _ in range(3):
        with pytest.raises(RateLimitedError) as caught:
            attempts.refused("links")
        assert caught.value.retry_s == 30
    attempts.refused("passkeys")
    clock.ms += 30_000
    attempts.refused("links")
    with pytest.raises(RateLimitedError) as caught:
        attempts.refused("links")
    assert caught.value.retry_s == 60


def test_browsers_are_known_again_and_not_without_end() -> None:
    """By their secret; anybody else's, or none, is nobody's."""
    browsers = Browsers()
    first = browsers.known("")
    assert browsers.known(first) == first
    number = browsers.number_of(first)
    assert number is not None
    for other in ("", "x", "é", "x" * 500):
        assert browsers.number_of(other) is None
    second = browsers.known("made up")
    assert second != "made up"
    assert browsers.number_of(second) not in {None, number}
    for _ in range(1_000):
        browsers.known("")
    assert browsers.number_of(first) is None


def test_names_are_not_kept_without_end() -> None:
    """Whoever sends ten thousand names fills nothing."""
    clock = LoopClock()
    attempts = Attempts(clock)
    for number in range(1_000):
        attempts.failed(f"name {number}")
    clock.ms += int(SPAN_S * 1000)
    attempts.failed("one more")
    assert len(attempts._failed) == 1
