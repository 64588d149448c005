"""`python -m tests.bench.sustained [--seconds 60] [--json]`: as fast as two nodes can, for long.

4-KiB messages from 64 callers, each durable on both sides and acknowledged before its caller sends
the next. What each second reached, with the least-squares line through them; times over the run;
processor time; memory and write-ahead logs of both ends at begin and end, so that a leak shows.
"""

import asyncio
import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Final

from gateway.demo.network import CLOCK
from tests.bench.ends import Ours, ours
from tests.bench.machine import busy_by_others, machine, stolen_s
from tests.bench.process import cpu_of, rss_of
from tests.bench.run import Run, share_of

SIZE: Final = 4096
AT_ONCE: Final = 64
SECONDS: Final = 60.0
_LOOK_EVERY_S: Final = 5.0
_WARM: Final = 2000
_PARTS: Final = 6
Found = tuple[dict[str, object], dict[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The least-squares line through counts of seconds.

    Attributes:
        mean: Of the counts.
        slope: By which each second differs from the one before.
        error: Standard error of the slope.
    """

    mean: float
    slope: float
    error: float

    @property
    def drift(self) -> float:
        """Return the slope over a minute, as a share of the mean."""
        return self.slope * 60 / self.mean

    @property
    def is_flat(self) -> bool:
        """Tell whether no fall is seen: none beyond two errors, or none above 5 % a minute."""
        return self.slope >= -2 * self.error or self.drift >= -0.05


def line_through(counts: Sequence[float]) -> Line:
    """Return the line through counts that follow each other.

    Args:
        counts: At least three.
    """
    middle, mean = (len(counts) - 1) / 2, fmean(counts)
    spread = sum((at - middle) ** 2 for at in range(len(counts)))
    slope = sum((at - middle) * (count - mean) for at, count in enumerate(counts)) / spread
    left = sum((count - mean - slope * (at - middle)) ** 2 for at, count in enumerate(counts))
    return Line(mean=mean, slope=slope, error=sqrt(left / (len(counts) - 2) / spread))


def per_second(ends_s: Sequence[float]) -> list[int]:
    """Return how many ended in each whole second."""
    counts = [0] * int(max(ends_s))
    for at in ends_s:
        if int(at) < len(counts):
            counts[int(at)] += 1
    return counts


def measure(*, seconds: float, tell: Callable[[str], None]) -> Found:
    """Send for so long.

    Args:
        seconds: At least 5.
        tell: Told what is being done.

    Returns:
        Figures and ratios, by name; of less than a minute under another one.
    """
    tell(f"sustained: {seconds:.0f} s of 4-KiB messages, {AT_ONCE} at once")
    with TemporaryDirectory(prefix="a35-b-") as folder:
        run, held = asyncio.run(_measured(Path(folder), seconds))
    counts = per_second(run.ends_s)
    line = line_through(counts[1:])  # in the first second all callers begin at once
    name = "sustained" if seconds >= SECONDS else "sustained_short"
    figures: dict[str, object] = {
        f"{name}_4k": {
            **run.as_json(),
            "mean_per_second": round(line.mean, 1),
            "slope_per_second": round(line.slope, 3),
            "slope_error": round(line.error, 3),
            "drift_share_per_minute": round(line.drift, 4),
            "is_flat": line.is_flat,
            "over_time": _over_time(run),
            "held": held,
            "each_second": counts,
        }
    }
    return figures, {f"{name}_drift_per_minute": round(line.drift, 4)}


async def _measured(folder: Path, seconds: float) -> tuple[Run, list[dict[str, object]]]:
    async with ours(folder) as here:
        await here.run(size=SIZE, count=_WARM, at_once=AT_ONCE)
        held = [_held(here, 0.0)]
        looking = asyncio.create_task(_look(here, held))
        run = await here.run(size=SIZE, seconds=seconds, at_once=AT_ONCE)
        looking.cancel()
        held.append(_held(here, seconds))
        return run, held


async def _look(here: Ours, held: list[dict[str, object]]) -> None:
    began = CLOCK.monotonic_s()
    while True:
        await CLOCK.sleep(_LOOK_EVERY_S)
        held.append(_held(here, CLOCK.monotonic_s() - began))


def _held(here: Ours, at_s: float) -> dict[str, object]:
    """Return what both ends hold now: memory, and the files of their stores."""
    found: dict[str, object] = {"at_s": round(at_s, 2), "stolen_s": stolen_s()}
    for name, pid, node in zip(
        ("sender", "receiver"), here.pids, (here.sender, here.receiver), strict=True
    ):
        store = node.home.store
        found[name] = {
            "cpu_s": round(cpu_of(pid), 2),
            "rss_mib": round(rss_of(pid) / 1024, 1),
            "wal_mib": _mib(store.with_name(store.name + "-wal")),
            "store_mib": _mib(store),
        }
    return found


def _mib(path: Path) -> float:
    return round(path.stat().st_size / (1 << 20), 1) if path.exists() else 0.0


def _over_time(run: Run) -> list[dict[str, float]]:
    """Return rate and times of each sixth of the run."""
    length = max(run.ends_s) / _PARTS
    found = []
    for part in range(_PARTS):
        times = [
            took
            for took, at in zip(run.times_s, run.ends_s, strict=True)
            if part * length <= at < (part + 1) * length
        ]
        if times:
            found.append(
                {
                    "from_s": round(part * length, 1),
                    "per_second": round(len(times) / length, 1),
                    "p50_ms": round(share_of(times, 0.5) * 1000, 1),
                    "p99_ms": round(share_of(times, 0.99) * 1000, 1),
                }
            )
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print one JSON document.

    Args:
        argv: Without the program; the process's own unless given.

    Returns:
        0.
    """
    parser = ArgumentParser(prog="python -m tests.bench.sustained", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long")
    parser.add_argument("--json", action="store_true", help="on one line")
    options = parser.parse_args(argv)
    about = machine() | {"busy_by_others": busy_by_others()}
    figures, ratios = measure(
        seconds=options.seconds,
        tell=lambda text: print(text, file=sys.stderr),  # noqa: T201
    )
    result = {"machine": about, "figures": figures, "ratios": ratios}
    sys.stdout.write(json.dumps(result, indent=None if options.json else 1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
