"""A bell ends one wait, and never the one after it."""

from gateway.clock import SystemClock
from gateway.delivery.bell import Bell
from gateway.simulator.clock import SimulatedClock, VirtualTime
from gateway.simulator.run import virtual


async def waits() -> list[float]:
    """Return how long some waits took, in virtual seconds."""
    time = VirtualTime()
    clock = SimulatedClock(time, offset_ms=0, boot_s=0.0)
    bell, took = Bell(clock), []

    async def wait(seconds: float) -> None:
        began_s = clock.monotonic_s()
        await bell.wait(seconds)
        took.append(clock.monotonic_s() - began_s)

    await wait(5.0)  # in time
    bell.ring()
    bell.ring()
    await wait(5.0)  # rung before
    await wait(5.0)  # still rung: nobody has looked
    bell.clear()
    await wait(7.0)  # the timers of earlier waits end nothing
    return took


def test_wait_ends_in_time_or_at_once() -> None:
    """Rung before the wait or never; a timer that was given up does not end a later wait."""
    with virtual(8) as loop:
        assert loop.run_until_complete(waits()) == [5.0, 0.0, 0.0, 7.0]


def test_ring_ends_the_wait_that_is() -> None:
    """What rings while somebody waits wakes it, and its timer is put away."""

    async def story() -> float:
        clock = SimulatedClock(VirtualTime(), offset_ms=0, boot_s=0.0)
        bell = Bell(clock)
        loop.call_later(2.0, bell.ring)
        loop.call_later(2.0, bell.ring)
        await bell.wait(50.0)
        bell.clear()
        await bell.wait(9.0)
        return clock.monotonic_s()

    with virtual(8) as loop:
        assert loop.run_until_complete(story()) == 11.0


def test_bell_works_on_a_real_clock() -> None:
    """The system's clock sleeps for real, so a moment only."""
    with virtual(8) as loop:
        loop.run_until_complete(Bell(SystemClock()).wait(0.001))
