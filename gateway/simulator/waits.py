"""How soon a peer that was away is tried again: the real engine in virtual time, many lanes.

One node has a message for each of many others, which are all down; each comes back at a moment of
its own, and what counts is the time from then to the first request that reaches it.

Source: docs/delivery.md, "Delivery in rules"; docs/simulation.md, "Waits".
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from shutil import rmtree
from typing import Final

from gateway.simulator.clock import DAY_S
from gateway.simulator.faults import CALM
from gateway.simulator.material import nodes, scratch
from gateway.simulator.plan import Plan
from gateway.simulator.pool import begin
from gateway.simulator.run import virtual
from gateway.simulator.wire import Way
from gateway.simulator.world import World
from protocol.identifiers import NodeId

_OUT_S: Final = {"1 min": 60.0, "1 h": 3600.0, "8 h": 8 * 3600.0, "3 days": 3 * DAY_S}
_CLASSES: Final = {"P0": "emergency", "P1": "urgent", "P2": "routine"}
_LIMIT_S: Final = {"P0": 8.0, "P1": 32.0, "P2": 150.0}
"""Longest median by class, seconds."""

_CONTACT_LIMIT_S: Final = 2.0
_CALLS_AFTER_S: Final = 3600.0
RUNS: Final = 40
"""Worlds for each: 200 waits, so that a median is steady to a fraction of a second."""

_EXACT_S: Final = {"emergency": 150.0, "urgent": 480.0, "routine": 1200.0}
"""Virtual seconds before the return in which time runs at its true pace: several waits long."""

_BEGUN_S: Final = 40.0
_APART_S: Final = 60.0
_LONGEST_S: Final = 900.0
_FAST: Final = 2000.0
_STEPS: Final = 20.0
"""Seconds of the loop that even the longest outage takes at the most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The waits of one class after outages of one length."""

    cls: str
    out: str
    waits_s: tuple[float, ...]
    limit_s: float

    @property
    def median_s(self) -> float:
        """The median."""
        return self._at(0.5)

    @property
    def holds(self) -> bool:
        """Whether the median is within the limit."""
        return bool(self.waits_s) and self.median_s <= self.limit_s

    def document(self) -> dict[str, object]:
        """Return it for programs."""
        return {
            "class": self.cls,
            "out": self.out,
            "median_s": round(self.median_s, 1),
            "p95_s": round(self._at(0.95), 1),
            "limit_s": self.limit_s,
            "runs": len(self.waits_s),
            "holds": self.holds,
        }

    def cells(self) -> list[str]:
        """Return it as cells of a table."""
        return [
            self.cls, self.out, f"{self.median_s:.1f}", f"{self._at(0.95):.1f}",
            f"{self.limit_s:.0f}", str(len(self.waits_s)), "yes" if self.holds else "NO",
        ]  # fmt: skip

    def _at(self, share: float) -> float:
        ordered = sorted(self.waits_s)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def measure(
    seed: int, *, runs: int = RUNS, jobs: int, folder: Path, progress: Callable[[str], None]
) -> list[Measured]:
    """Measure every class after every length of outage, and with a peer that calls by itself.

    Args:
        seed: Of the first run.
        runs: Worlds for each; five peers return in each of them.
        jobs: Processes at a time.
        folder: From `workplace`.
        progress: Told what is measured.
    """
    measured = []
    with ProcessPoolExecutor(
        max_workers=jobs, mp_context=get_context("spawn"), initializer=begin, initargs=(folder,)
    ) as pool:
        for cls, urgency in _CLASSES.items():
            for out, case, limit_s in _cases(cls, urgency):
                progress(f"{cls} after {out}")
                each = pool.map(returned, range(seed, seed + runs), [case] * runs)
                waits = tuple(wait for run in each for wait in run)
                measured.append(Measured(cls=cls, out=out, waits_s=waits, limit_s=limit_s))
    return measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One measurement: how urgent, seconds out, whether the peer calls when it is back."""

    urgency: str
    out_s: float
    calls: bool


def _cases(cls: str, urgency: str) -> Iterator[tuple[str, Case, float]]:
    """Yield what is measured of a class: its name, itself, and the longest median."""
    for out, out_s in _OUT_S.items():
        yield out, Case(urgency=urgency, out_s=out_s, calls=False), _LIMIT_S[cls]
    calls = Case(urgency=urgency, out_s=_CALLS_AFTER_S, calls=True)
    yield "1 h, it calls", calls, _CONTACT_LIMIT_S


def returned(seed: int, case: Case) -> list[float]:
    """Return how long each of five peers waited for the first attempt, in one world.

    Args:
        seed: Of the world.
        case: What is measured.
    """
    folder = scratch()
    try:
        with virtual(seed) as loop:
            return loop.run_until_complete(_measured(seed, folder, case))
    finally:
        rmtree(folder, ignore_errors=True)


async def _measured(seed: int, folder: Path, case: Case) -> list[float]:
    return await _Returns(seed, folder, case).measured()


class _Returns:
    """One node whose peers are all away, and come back one by one."""

    def __init__(self, seed: int, folder: Path, case: Case) -> None:
        self._case = case
        self._world = World(Plan(seed=seed), folder, weather=CALM, names=nodes())
        self._time = self._world.time
        self._sender, *self._peers = sorted(self._world.nodes)
        self._back_s: dict[NodeId, float] = {}
        self._waits: dict[NodeId, float] = {}
        self._world.wire.server = self._called

    async def measured(self) -> list[float]:
        """Return the wait of each peer; one that was not tried waited for the longest time."""
        world, sender = self._world, self._world.nodes[self._sender]
        sender.start()
        await self._time.wait(_BEGUN_S)
        began_s = self._time.now_s()
        for peer in self._peers:
            world.officers.request(self._sender, peer, self._case.urgency)
        first_s = began_s + self._case.out_s
        await self._pass_until(first_s - _EXACT_S[self._case.urgency])
        for place, peer in enumerate(self._peers):
            self._back_s[peer] = first_s + _APART_S * (place + world.draw.random())
        for peer in self._peers:
            await self._time.wait(self._back_s[peer] - self._time.now_s())
            if self._case.calls:
                sender.life.context.run(sender.runtime.reception.contact, peer)
        until_s = self._time.now_s() + _LONGEST_S
        while len(self._waits) < len(self._peers) and self._time.now_s() < until_s:
            await self._time.wait(_APART_S)
        await sender.stop()
        return [self._waits.get(peer, _LONGEST_S) for peer in self._peers]

    async def _pass_until(self, at_s: float) -> None:
        """Let time run fast until then."""
        if at_s > self._time.now_s():
            self._time.set_pace(max(_FAST, self._case.out_s / _STEPS))
            await self._time.wait(at_s - self._time.now_s())
            self._time.set_pace(1.0)

    def _called(self, way: Way) -> None:
        """Take note of a call; whoever is back is away again at once, so that nothing changes."""
        back_s = self._back_s.get(way[1])
        if back_s is not None and self._time.now_s() >= back_s:
            self._waits.setdefault(way[1], self._time.now_s() - back_s)
