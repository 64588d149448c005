"""Places: the urgent find one behind any flood, who waits gets the next, nobody waits for ever."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest

from gateway.metrics import Metrics
from gateway.peer.places import PlaceLimits, Turnstile
from protocol.errors import Code, RemoteProtocolError
from tests.gateway.peer.port import scenario


def bulk() -> bool:
    """Be neither P0 nor P1."""
    return False


def urgent() -> bool:
    """Be P0 or P1."""
    return True


def turnstile(*, waiting: int = 8, patience_s: float = 30.0) -> tuple[Turnstile, Metrics]:
    """Return a turnstile with five places, one of them kept."""
    metrics = Metrics()
    limits = PlaceLimits(places=5, waiting=waiting, patience_s=patience_s)
    return Turnstile(limits, metrics), metrics


async def fill(held: AsyncExitStack, gate: Turnstile, count: int) -> None:
    """Take places for the rest."""
    for _ in range(count):
        await held.enter_async_context(gate.place(bulk))


async def waiter(
    gate: Turnstile, order: list[str], name: str, is_urgent: Callable[[], bool]
) -> None:
    """Take a place and write down when."""
    async with gate.place(is_urgent):
        order.append(name)


async def turns() -> None:
    """Let everything run that is ready."""
    for _ in range(5):
        await asyncio.sleep(0)


@scenario
async def test_urgent_finds_a_place_behind_a_flood() -> None:
    """A fifth is kept: it waits for nobody."""
    gate, metrics = turnstile()
    async with AsyncExitStack() as held:
        await fill(held, gate, 4)
        assert metrics.value("a35_places") == 4
        async with gate.place(urgent):
            assert gate.taken == 5
        assert gate.taken == 4
    assert (gate.taken, metrics.value("a35_places")) == (0, 0)


@scenario
async def test_class_is_not_asked_while_places_are_free() -> None:
    """Reading headers twice costs; it is done only when it decides something."""
    gate, _ = turnstile()

    def never() -> bool:
        raise AssertionError

    async with gate.place(never):
        assert gate.taken == 1


@scenario
async def test_place_that_becomes_free_goes_to_the_urgent_first() -> None:
    """Whoever came first among equals."""
    gate, _ = turnstile()
    order: list[str] = []
    async with asyncio.TaskGroup() as group:
        async with AsyncExitStack() as held:
            await fill(held, gate, 4)
            await held.enter_async_context(gate.place(urgent))
            for name, kind in (("a", bulk), ("b", urgent), ("c", bulk), ("d", urgent)):
                group.create_task(waiter(gate, order, name, kind))
            await turns()
            assert order == []
        await turns()
    assert sorted(order[:2]) == ["b", "d"]
    assert order[2:] == ["a", "c"]
    assert gate.taken == 0


@scenario
async def test_others_wait_while_only_kept_places_are_free() -> None:
    """The kept place stays free for the next emergency."""
    gate, metrics = turnstile(patience_s=0)
    async with AsyncExitStack() as held:
        await fill(held, gate, 4)
        with pytest.raises(RemoteProtocolError) as refused:
            await fill(held, gate, 1)
        assert refused.value.code is Code.BUSY
        assert metrics.value("a35_put_off_total", {"reason": "places"}) == 1
        assert gate.taken == 4


@scenario
async def test_who_waits_is_bounded() -> None:
    """Heads that wait are memory."""
    gate, _ = turnstile(waiting=1)
    order: list[str] = []
    async with AsyncExitStack() as held:
        await fill(held, gate, 4)
        first = asyncio.create_task(waiter(gate, order, "a", bulk))
        await turns()
        with pytest.raises(RemoteProtocolError):
            await fill(held, gate, 1)
    await first
    assert (order, gate.taken) == (["a"], 0)


@scenario
async def test_who_goes_away_keeps_no_place() -> None:
    """Neither while it waits, nor at the moment of its turn."""
    gate, _ = turnstile()
    order: list[str] = []
    async with AsyncExitStack() as held:
        await fill(held, gate, 4)
        waits = asyncio.create_task(waiter(gate, order, "a", bulk))
        turn = asyncio.create_task(waiter(gate, order, "b", bulk))
        await turns()
        waits.cancel()
        await turns()
    turn.cancel()
    await asyncio.gather(waits, turn, return_exceptions=True)
    assert (order, gate.taken) == ([], 0)
    async with AsyncExitStack() as held:
        await fill(held, gate, 4)
