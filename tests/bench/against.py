"""Ours beside AS2, GnuPG and the floor of our own primitives: two running nodes, in turn with each.

A ratio named `x_over_y` says how many times x takes what y takes; medians over pairs of runs that
follow each other. What cannot be had on this machine is left out, and that is said.
"""

import asyncio
import subprocess
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from tests.bench import floor, gnupg, inprocess
from tests.bench.ends import As2, Ours, as2, ours
from tests.bench.measure import compare
from tests.bench.peers.environment import python_of
from tests.bench.run import Run

SMALL: Final = 4096
LARGE: Final = 1 << 20
Found = tuple[dict[str, object], dict[str, float]]
Tell = Callable[[str], None]
_FLOOR_ROUNDS: Final = 5
_GPG_TIMES: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One size at one concurrency, and how many messages a run of each end has.

    Attributes:
        size: Bytes of the payload.
        at_once: Callers that each wait for the receipt before they send the next.
        mine: Messages of a run of ours.
        theirs: Messages of a run of AS2.
    """

    size: int
    at_once: int
    mine: int
    theirs: int

    @property
    def name(self) -> str:
        """As figures and ratios are called."""
        size = f"{self.size >> 10}k" if self.size < LARGE else f"{self.size >> 20}m"
        return f"{size}_at_{self.at_once}"


def _cases() -> tuple[Case, ...]:
    """Every size at every concurrency; enough messages that the clock's grain does not count."""
    small = ((1, 100, 20), (16, 640, 48), (64, 1280, 128))
    large = ((1, 40, 10), (16, 96, 32), (64, 128, 64))
    return tuple(
        Case(size=size, at_once=at_once, mine=mine, theirs=theirs)
        for size, runs in ((1024, small), (SMALL, small), (65536, large), (LARGE, large))
        for at_once, mine, theirs in runs
    )


CASES: Final = _cases()
CORE: Final = ("4k_at_1", "4k_at_16", "4k_at_64", "1m_at_16")
"""What the targets speak of."""


@dataclass(slots=True)
class Pairs:
    """What was measured so far, one entry a pair."""

    mine: dict[str, list[Run]] = field(default_factory=dict)
    theirs: dict[str, list[Run]] = field(default_factory=dict)
    floors: list[tuple[Run, dict[str, float], float]] = field(default_factory=list)
    gpg: list[tuple[Run, float, float]] = field(default_factory=list)


def measure(*, pairs: int, only: Sequence[str], tell: Tell) -> Found:
    """Measure ours beside the others, as far as they can be had here.

    Args:
        pairs: How often each case is run, ours and theirs in turn.
        only: Names of cases.
        tell: Told what is being done, and what is left out.

    Returns:
        Figures and ratios, by name.
    """
    cases = [case for case in CASES if case.name in only]
    with TemporaryDirectory(prefix="a35-b-") as folder:
        found = asyncio.run(_measured(Path(folder), cases, pairs, tell=tell))
    figures: dict[str, object] = {}
    ratios: dict[str, float] = {}
    for case in cases:
        figures[f"a35_{case.name}"] = _middle(found.mine[case.name])
        if case.name in found.theirs:
            figures[f"as2_{case.name}"] = _middle(found.theirs[case.name])
            ratios |= _beside(case.name, found)
        if case.name == "4k_at_16":
            ratios["p99_over_p50_4k_at_16"] = _median(
                run.at(0.99) / run.at(0.5) for run in found.mine[case.name]
            )
    for part in (_floor(found.floors), _gnupg(found.gpg)):
        figures |= part[0]
        ratios |= part[1]
    return figures, ratios


async def _measured(folder: Path, cases: Sequence[Case], pairs: int, *, tell: Tell) -> Pairs:
    found = Pairs()
    async with AsyncExitStack() as stack:
        (folder / "a35").mkdir()
        here = await stack.enter_async_context(ours(folder / "a35"))
        there = await _peer(folder / "as2", stack, tell)
        gpg = _rings(folder, stack, tell)
        await here.run(size=SMALL, count=256, at_once=16)  # connections, caches
        for number in range(pairs):
            for case in cases:
                tell(f"pair {number + 1} of {pairs}: {case.name}")
                await _pair(case, here, there, found)
                if gpg is not None and case.name == "4k_at_1":
                    times = await asyncio.to_thread(_exchanges, gpg)
                    found.gpg.append((found.mine[case.name][-1], *times))
    return found


async def _pair(case: Case, here: Ours, there: As2 | None, found: Pairs) -> None:
    mine = await here.run(size=case.size, count=case.mine, at_once=case.at_once)
    found.mine.setdefault(case.name, []).append(mine)
    if there is not None:
        theirs = await there.run(size=case.size, count=case.theirs, at_once=case.at_once)
        found.theirs.setdefault(case.name, []).append(theirs)
    if case.name == "4k_at_64":
        costs = floor.cost(floor.parts(mine), rounds=_FLOOR_ROUNDS)
        works = {"exchange": inprocess.work(SMALL, case.at_once)}
        whole = compare(works, rounds=_FLOOR_ROUNDS)["exchange"].us / case.at_once
        found.floors.append((mine, costs, whole))


async def _peer(folder: Path, stack: AsyncExitStack, tell: Tell) -> As2 | None:
    try:
        python = await asyncio.to_thread(python_of, "as2")
    except (OSError, subprocess.CalledProcessError):
        tell("left out: pyas2lib cannot be installed here")
        return None
    return await stack.enter_async_context(as2(python, folder))


def _rings(folder: Path, stack: AsyncExitStack, tell: Tell) -> gnupg.Pair | None:
    if gnupg.version() is None:
        tell("left out: no gpg here")
        return None
    place = folder / "g"
    place.mkdir()
    pair = gnupg.Pair(place)
    stack.callback(pair.close)
    pair.exchange(bytes(SMALL))
    return pair


def _exchanges(pair: gnupg.Pair) -> tuple[float, float]:
    times = [pair.exchange(bytes(SMALL)) for _ in range(_GPG_TIMES)]
    return median(there for there, _ in times), median(whole for _, whole in times)


def _beside(name: str, found: Pairs) -> dict[str, float]:
    pairs = list(zip(found.mine[name], found.theirs[name], strict=True))
    return {
        f"as2_over_a35_cpu_{name}": _median(other.cpu_us / one.cpu_us for one, other in pairs),
        f"as2_over_a35_p50_{name}": _median(other.at(0.5) / one.at(0.5) for one, other in pairs),
        f"as2_over_a35_wire_{name}": _median(
            (sum(other.wire) / other.messages) / (sum(one.wire) / one.messages)
            for one, other in pairs
        ),
    }


def _floor(floors: list[tuple[Run, dict[str, float], float]]) -> Found:
    if not floors:
        return {}, {}
    costs = floor.middle([cost for _, cost, _ in floors])
    sums = [sum(cost.values()) for _, cost, _ in floors]
    figures: dict[str, object] = {
        "floor_4k_at_64": {"cpu_us": round(median(sums), 1), "parts": costs},
        "in_process_4k_by_64": {"cpu_us": _median(whole for _, _, whole in floors)},
    }
    return figures, {
        "a35_over_floor_cpu_4k_at_64": _median(
            run.cpu_us / below for (run, _, _), below in zip(floors, sums, strict=True)
        ),
        "a35_over_in_process_cpu_4k_at_64": _median(run.cpu_us / whole for run, _, whole in floors),
    }


def _gnupg(gpg: list[tuple[Run, float, float]]) -> Found:
    if not gpg:
        return {}, {}
    figures: dict[str, object] = {
        "gnupg_4k": {
            "version": gnupg.version(),
            "p50_ms": round(median(whole for _, _, whole in gpg) * 1000, 1),
            "p50_ms_without_receipt": round(median(there for _, there, _ in gpg) * 1000, 1),
        }
    }
    return figures, {
        "gnupg_over_a35_p50_4k_at_1": _median(whole * 1000 / run.at(0.5) for run, _, whole in gpg),
        "gnupg_without_receipt_over_a35_p50_4k_at_1": _median(
            there * 1000 / run.at(0.5) for run, there, _ in gpg
        ),
    }


def _middle(runs: list[Run]) -> dict[str, Any]:
    """Return the run in the middle by processor time."""
    return sorted(runs, key=lambda run: run.cpu_us)[len(runs) // 2].as_json()


def _median(values: Iterable[float]) -> float:
    return round(median(values), 2)
