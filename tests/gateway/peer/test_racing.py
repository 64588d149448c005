"""Several ways to one answer: begun apart, the first that answers wins."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from gateway.errors import TransportError
from gateway.peer.racing import race


class Steps:
    """A clock whose waits end when the test says so."""

    def __init__(self) -> None:
        self.waits: list[asyncio.Future[None]] = []

    def now_ms(self) -> int:
        """Return nothing of use."""
        return 0

    def monotonic_s(self) -> float:
        """Return nothing of use."""
        return 0.0

    async def sleep(self, seconds: float) -> None:
        """Wait for the test."""
        assert seconds == 2.0
        waiting = asyncio.get_running_loop().create_future()
        self.waits.append(waiting)
        await waiting


class Way:
    """One way that answers, fails or stays silent as it is told."""

    def __init__(self, answer: str | TransportError | None) -> None:
        self.answer = answer
        self.was_begun = False
        self.was_cancelled = False

    async def __call__(self) -> str:
        """Go.

        Raises:
            TransportError: As told.
            CancelledError: Another one won.
        """
        self.was_begun = True
        if self.answer is None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.was_cancelled = True
                raise
        if isinstance(self.answer, TransportError):
            raise self.answer
        return str(self.answer)


def play(clock: Steps, *ways: Way, steps: int = 0) -> str:
    """Race ways two seconds apart, and let so many waits end."""

    async def run() -> str:
        attempts: list[tuple[float, Callable[[], Awaitable[str]]]] = [(2.0, way) for way in ways]
        racing = asyncio.ensure_future(race(attempts, clock=clock))
        for number in range(steps):
            for _ in range(10):  # let it come to its wait
                await asyncio.sleep(0)
            clock.waits[number].set_result(None)
        return await racing

    return asyncio.run(run())


def test_first_that_answers_wins_and_later_ones_are_not_begun() -> None:
    """The usual case costs one request."""
    second = Way("second")
    assert play(Steps(), Way("first"), second) == "first"
    assert not second.was_begun


def test_silent_way_does_not_hold_up_the_next_and_is_ended() -> None:
    """Two seconds, not thirty."""
    silent = Way(None)
    assert play(Steps(), silent, Way("second"), steps=1) == "second"
    assert silent.was_cancelled


def test_failed_way_is_followed_at_once() -> None:
    """Nobody waits for the moment of a way whose predecessors are known to be dead."""
    clock = Steps()
    assert play(clock, Way(TransportError("x")), Way("second"), Way("third")) == "second"
    assert clock.waits[0].cancelled()


@pytest.mark.parametrize("order", [0, 1])
def test_failure_of_all_tells_whether_anything_may_have_got_through(order: int) -> None:
    """Then the outcome is unknown."""
    ways = [Way(TransportError("a")), Way(TransportError("b", code="broken", sent=True))]
    with pytest.raises(TransportError) as caught:
        play(Steps(), *(ways if order else ways[::-1]))
    assert (caught.value.code, caught.value.sent) == ("broken", True)
