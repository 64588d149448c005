"""Runs one seed: a loop of its own, a folder of its own, and a verdict whatever happens.

Source: docs/simulation.md.
"""

import asyncio
import gc
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from traceback import format_exception
from typing import Final
from warnings import catch_warnings, simplefilter

from gateway.simulator.clock import DAY_S
from gateway.simulator.faults import Tally, Weather
from gateway.simulator.findings import Findings, Invariant
from gateway.simulator.loop import VirtualLoop
from gateway.simulator.material import scratch
from gateway.simulator.plan import Outcome, Plan
from gateway.simulator.world import Story, World
from protocol.identifiers import NodeId

_UNSHUFFLED: Final = 8
"""One seed in so many keeps the order of asyncio."""


def run_seed(
    plan: Plan,
    *,
    weather: Weather | None = None,
    names: Iterable[NodeId] | None = None,
    story: "Story | None" = None,
) -> Outcome:
    """Run one seed.

    Args:
        plan: Which, and what may go wrong.
        weather: The faults; drawn from the seed unless given.
        names: The nodes; drawn from the seed unless given.
        story: What happens in place of a storm.
    """
    chosen = None if names is None else list(names)
    folder = scratch()
    try:
        with virtual(plan.seed) as loop:
            made = partial(World, plan, folder, weather=weather, names=chosen, story=story)
            return loop.run_until_complete(_lived(made, loop))
    except Exception as error:  # noqa: BLE001 - outermost frame of a seed: it fails, the run goes on
        findings = Findings()
        findings.fail(Invariant.NO_BUGS, "".join(format_exception(error)))
        return Outcome(
            seed=plan.seed, messages=0, node_days=0.0, requests=0, steps=0, digest="",
            faults=Tally(), findings=findings,
        )  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def virtual(seed: int) -> Iterator[VirtualLoop]:
    """Give a loop in virtual time; nothing of its dead tasks is heard of.

    Args:
        seed: Draws the order of what is ready.
    """
    with collecting_later():
        loop = VirtualLoop(seed, shuffled=seed % _UNSHUFFLED != 0)
        asyncio.set_event_loop(loop)
        try:
            yield loop
        finally:
            loop.abandon()
            asyncio.set_event_loop(None)
            loop.close()


def collect_nothing() -> None:
    """Keep what seeds leave behind, for a process that ends with them.

    To look through everything costs a twentieth of a seed.
    """
    gc.disable()
    sys.unraisablehook = _hear_nothing


@contextmanager
def collecting_later() -> Iterator[None]:
    """Keep what a seed leaves behind until its end, then drop it quietly.

    What is collected while a world lives would run handlers of its dead at any moment.
    """
    if not gc.isenabled():  # see collect_nothing
        yield
        return
    gc.disable()
    hook, sys.unraisablehook = sys.unraisablehook, _hear_nothing
    try:
        yield
    finally:
        with catch_warnings():
            simplefilter("ignore", RuntimeWarning)  # coroutines of the dead that never began
            gc.collect()
        gc.enable()
        sys.unraisablehook = hook


async def _lived(made: Callable[[], World], loop: VirtualLoop) -> Outcome:
    world = made()
    await world.live()
    findings = world.findings
    for error in (*loop.faults, *world.wire.bugs):
        findings.fail(Invariant.NO_BUGS, f"{type(error).__name__}: {error}")
    return Outcome(
        seed=world.plan.seed,
        messages=world.messages,
        node_days=world.time.now_s() / DAY_S * len(world.nodes),
        requests=world.wire.requests,
        steps=loop.steps,
        digest=world.trace.digest(),
        faults=world.tally,
        findings=findings,
        lines=world.trace.lines,
    )


def _hear_nothing(told: object) -> None:
    """Pass over what coroutines of ended lives do when they are dropped."""
