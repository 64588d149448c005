"""Counts scripts, tries their kill points in several worlds at once, and reports."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from tests.crash.checks import Finding
from tests.crash.points import Outcome, Point, Trial, kinds_of, points_of
from tests.crash.processes import REPOSITORY, fork_server
from tests.crash.scene import Script
from tests.crash.scripts import SCRIPTS
from tests.crash.shim import Mode, compile_shim
from tests.crash.world import Side, open_world

WORLDS: Final = 3
"""Two cores are busy with three: one of them always waits for a timer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to try.

    Attributes:
        scripts: Which exchanges.
        sides: Who dies.
        modes: In which ways; empty for all.
        every: Every how many points of a script and side, evenly spread.
        seed: Shuffles the points; None to try them in order.
        most: Points of a script and side at most, evenly spread; None for all.
        worlds: Networks at the same time.
        tree: The sources that the nodes run.
        stop_at: Findings after which nothing more is begun; None to go on.
    """

    scripts: Sequence[type[Script]] = tuple(SCRIPTS.values())
    sides: Sequence[Side] = tuple(Side)
    modes: frozenset[Mode] = frozenset()
    every: int = 1
    seed: int | None = None
    most: int | None = None
    worlds: int = WORLDS
    tree: Path = REPOSITORY
    stop_at: int | None = None

    def chosen(self, counted: Outcome) -> list[Point]:
        """Return the points to try, of all that a counted script has."""
        points = [one for one in points_of(counted) if not self.modes or one.mode in self.modes]
        step = max(self.every, -(-len(points) // self.most) if self.most else 1)
        chosen = points[::step]
        if self.seed is not None:
            Random(self.seed).shuffle(chosen)  # noqa: S311 - an order of tests
        return chosen


@dataclass(slots=True, kw_only=True)
class Row:
    """What was tried of one script at one side.

    Attributes:
        script: Its name.
        side: Who died.
        calls: What the victim calls when nobody kills it, by kind and place.
        points: All that there are, by mode.
        tried: Processes that died where they were to.
        torn: Those of them that died after half of the bytes of a call.
        missed: Points that the exchange did not reach this time: it took fewer calls.
        repeats: Calls that officers repeated for want of an answer.
        findings: By the point where it was found.
        seconds: Of all points together.
    """

    script: str
    side: Side
    calls: dict[str, int] = field(default_factory=dict)
    points: dict[str, int] = field(default_factory=dict)
    tried: int = 0
    torn: int = 0
    missed: int = 0
    repeats: int = 0
    findings: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def survived(self) -> int:
        """Points after which nothing was found wrong."""
        return self.tried - len(self.findings)

    def add(self, outcome: Outcome, seconds: float) -> None:
        """Add what became of a point."""
        self.seconds += seconds
        self.repeats += outcome.repeats
        if outcome.findings:
            self.findings[str(outcome.point)] = [str(each) for each in outcome.findings]
        if outcome.is_fired:
            self.tried += 1
            self.torn += outcome.is_torn
        elif outcome.findings:
            self.tried += 1  # it died, or stands still, where nobody killed it
        else:
            self.missed += 1

    def as_json(self) -> dict[str, object]:
        """Return it for a report."""
        return {
            "script": self.script,
            "side": self.side.value,
            "calls": sum(self.calls.values()),
            "calls_by_kind": self.calls,
            "points": self.points,
            "tried": self.tried,
            "torn": self.torn,
            "missed": self.missed,
            "survived": self.survived,
            "repeats": self.repeats,
            "findings": self.findings,
            "seconds": round(self.seconds, 1),
        }


Tell = Callable[[str], None]


class Campaign:
    """One run over a plan.

    Args:
        plan: What to try.
        folder: Empty, with a short name.
        tell: Told of findings and progress, a line at a time.
    """

    def __init__(self, plan: Plan, folder: Path, tell: Tell) -> None:
        self._plan = plan
        self._folder = folder
        self._tell = tell
        self.rows: list[Row] = [
            Row(script=script.name, side=side)
            for script in plan.scripts
            for side in plan.sides
            if side in script.sides
        ]
        self.findings: list[Finding] = []

    async def run(self) -> None:
        """Count every script, then try its points."""
        library = await asyncio.to_thread(compile_shim, self._folder)
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(fork_server(library, tree=self._plan.tree))
            trials = []
            for number in range(self._plan.worlds):
                world = await stack.enter_async_context(
                    open_world(server, self._folder / f"w{number}")
                )
                trials.append(Trial(world))
            await asyncio.gather(*(trial.warm_up() for trial in trials))
            for row in self.rows:
                await self._try(row, trials)

    async def _try(self, row: Row, trials: Sequence[Trial]) -> None:
        script = SCRIPTS[row.script]
        counted = await trials[0].run(Point(script=script, side=row.side))
        row.calls = kinds_of(counted.calls)
        row.points = dict(Counter(one.mode.name.lower() for one in points_of(counted)))
        if counted.findings:
            self._found(row, counted, 0.0)
            return
        waiting = iter(self._plan.chosen(counted))
        await asyncio.gather(*(self._work(row, trial, waiting) for trial in trials))
        self._tell(
            f"{row.script} {row.side}: {sum(row.calls.values())} calls, {row.tried} points tried, "
            f"{row.survived} survived, {row.missed} not reached, {row.seconds:.0f} s"
        )

    async def _work(self, row: Row, trial: Trial, waiting: Iterator[Point]) -> None:
        """Try one point after the other, until none waits or enough is found."""
        clock = asyncio.get_running_loop().time
        for point in waiting:
            if self._plan.stop_at is not None and len(self.findings) >= self._plan.stop_at:
                return
            began = clock()
            self._found(row, await trial.run(point), clock() - began)

    def _found(self, row: Row, outcome: Outcome, seconds: float) -> None:
        row.add(outcome, seconds)
        self.findings += outcome.findings
        for finding in outcome.findings:
            self._tell(f"{outcome.point}: {finding}")
