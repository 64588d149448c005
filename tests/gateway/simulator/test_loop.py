"""The loop in virtual time: what it takes the place of in asyncio, and what it refuses."""

import asyncio
from time import monotonic

import pytest

from gateway.simulator.loop import DeadlockError, Life, NotVirtualError
from gateway.simulator.run import virtual

A_YEAR_S = 365 * 86_400.0


def test_asyncio_still_has_what_the_loop_takes_the_place_of() -> None:
    """Private names: on a Python that changed them, this says so before a seed lies."""
    loop = asyncio.SelectorEventLoop()
    try:
        assert loop._ready is not None  # type: ignore[attr-defined]
        assert loop._scheduled == []  # type: ignore[attr-defined]
        assert callable(loop._run_once)  # type: ignore[attr-defined]
        handle = loop.call_later(1.0, print)
        assert {"_cancelled", "_when", "_scheduled", "_context"} <= {
            name for kind in type(handle).__mro__ for name in getattr(kind, "__slots__", ())
        }
    finally:
        loop.close()


def test_a_year_of_waiting_takes_no_time() -> None:
    """Time jumps to the next timer when nothing is ready."""
    began = monotonic()
    with virtual(1) as loop:
        loop.run_until_complete(asyncio.sleep(A_YEAR_S))
        assert loop.time() >= A_YEAR_S
    assert monotonic() - began < A_YEAR_S / 1_000_000


def test_what_waits_for_ever_is_an_error() -> None:
    """A real loop would block; here nobody would ever hear of it."""
    with virtual(1) as loop, pytest.raises(DeadlockError):
        loop.run_until_complete(asyncio.Event().wait())


def test_threads_are_refused() -> None:
    """One hop to a thread, and the machine decides the order."""
    with virtual(1) as loop, pytest.raises(NotVirtualError):
        loop.run_until_complete(asyncio.to_thread(print))


def order_of(seed: int) -> list[int]:
    """Return the order in which ten tasks ran that were ready together."""
    ran: list[int] = []

    async def note(number: int) -> None:
        await asyncio.sleep(0)
        ran.append(number)

    async def all_at_once() -> None:
        await asyncio.gather(*(note(number) for number in range(10)))

    with virtual(seed) as loop:
        loop.run_until_complete(all_at_once())
    return ran


def test_the_seed_decides_the_order() -> None:
    """Equal seeds repeat, others differ, and one seed in eight keeps the order of asyncio."""
    assert order_of(1) == order_of(1)
    assert order_of(1) != order_of(2)
    assert order_of(8) == list(range(10))


def test_nothing_of_a_dead_life_runs_any_more() -> None:
    """A killed process takes no further step, not even to clean up."""
    ran: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(1.0)
            ran.append("went on")
        finally:
            ran.append("cleaned up")

    async def story() -> None:
        life = Life("a node")
        life.go(work(), name="works")
        await asyncio.sleep(0.5)
        life.end()
        await asyncio.sleep(10.0)
        assert ran == []

    with virtual(1) as loop:
        loop.run_until_complete(story())
    del ran[:]
