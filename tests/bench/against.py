"""Ours beside AS2, DIDComm and GnuPG: ratios of alternating runs, medians over pairs.

A ratio above 1 says how many times the other one takes what ours takes.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from tests.bench import gnupg, inprocess
from tests.bench.exchange import As2, Ours, Run, as2, ours
from tests.bench.measure import compare
from tests.bench.peers.environment import python_of

SMALL: Final = 4096
LARGE: Final = 1 << 20
_DIDCOMM: Final = Path(__file__).parent / "peers" / "comm.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One size at one concurrency, and how many messages a run of each has."""

    size: int
    at_once: int
    mine: int
    theirs: int

    @property
    def name(self) -> str:
        """As figures and ratios are called."""
        size = f"{self.size >> 10}k" if self.size < LARGE else f"{self.size >> 20}m"
        return f"{size}_at_{self.at_once}"


CASES: Final = (
    Case(size=SMALL, at_once=1, mine=60, theirs=30),
    Case(size=SMALL, at_once=16, mine=400, theirs=40),
    Case(size=SMALL, at_once=64, mine=800, theirs=64),
    Case(size=LARGE, at_once=16, mine=32, theirs=16),
)
Found = tuple[dict[str, object], dict[str, float]]


def measure(*, pairs: int, tell: Callable[[str], None]) -> Found:
    """Measure ours beside the others, as far as they can be had here.

    Args:
        pairs: How often each case is run, ours and theirs in turn.
        tell: Told what is being done.

    Returns:
        Figures and ratios, by name.
    """
    figures: dict[str, object] = {}
    ratios: dict[str, float] = {}
    for name, run in (("as2", _as2), ("didcomm", _didcomm), ("gnupg", _gnupg)):
        tell(f"beside {name} ...")
        try:
            found, compared = run(pairs)
        except (OSError, subprocess.CalledProcessError) as error:
            tell(f"left out, {name} cannot be had here: {type(error).__name__}")
            continue
        figures |= found
        ratios |= compared
    return figures, ratios


def _as2(pairs: int) -> Found:
    python = python_of("as2")
    with TemporaryDirectory(prefix="a35-b-") as folder:
        runs = asyncio.run(_beside_as2(python, Path(folder), pairs))
    figures: dict[str, object] = {}
    ratios = {}
    for case in CASES:
        mine, theirs = [one for one, _ in runs[case]], [one for _, one in runs[case]]
        figures[f"a35_{case.name}"] = _middle(mine)
        figures[f"as2_{case.name}"] = _middle(theirs)
        ratios[f"as2_over_a35_cpu_{case.name}"] = round(
            median(other.cpu_us / one.cpu_us for one, other in runs[case]), 2
        )
    sixteen = runs[CASES[1]]
    ratios["a35_p99_over_p50_at_16"] = round(
        median(one.at(0.99) / one.at(0.5) for one, _ in sixteen), 2
    )
    return figures, ratios


async def _beside_as2(python: Path, folder: Path, pairs: int) -> dict[Case, list[tuple[Run, Run]]]:
    runs: dict[Case, list[tuple[Run, Run]]] = {case: [] for case in CASES}
    (folder / "a35").mkdir()
    async with ours(folder / "a35") as here, as2(python, folder / "as2") as there:
        await here.run(size=SMALL, count=64, at_once=16)  # connections, caches
        for _ in range(pairs):
            for case in CASES:
                runs[case].append(await _pair(case, here, there))
    return runs


async def _pair(case: Case, here: Ours, there: As2) -> tuple[Run, Run]:
    mine = await here.run(size=case.size, count=case.mine, at_once=case.at_once)
    theirs = await there.run(size=case.size, count=case.theirs, at_once=case.at_once)
    return mine, theirs


def _middle(runs: list[Run]) -> dict[str, float]:
    """Return the run in the middle by processor time."""
    return sorted(runs, key=lambda run: run.cpu_us)[len(runs) // 2].as_json()


def _didcomm(pairs: int) -> Found:
    python = python_of("didcomm")
    mine: dict[str, list[float]] = {}
    theirs: dict[str, list[float]] = {}
    works = {
        "1k_by_1": inprocess.work(1024, 1),
        "1k_by_16": inprocess.work(1024, 16),
        "1m_by_1": inprocess.work(LARGE, 1),
    }
    for _ in range(pairs):
        for name, figure in compare(works, rounds=5).items():
            mine.setdefault(name, []).append(figure.us / int(name.rpartition("_")[2]))
        for size, us in _by_didcomm(python).items():
            theirs.setdefault(size, []).append(us)
    figures: dict[str, object] = {
        f"a35_in_process_{name}": {"cpu_us": round(median(found), 1)}
        for name, found in mine.items()
    }
    for size, found in theirs.items():
        figures[f"didcomm_{size}"] = {"cpu_us": round(median(found), 1)}
    ratios = {
        f"didcomm_over_a35_{name}": round(
            median(
                other / one
                for one, other in zip(mine[name], theirs[name.partition("_")[0]], strict=True)
            ),
            2,
        )
        for name in works
    }
    return figures, ratios


def _by_didcomm(python: Path) -> dict[str, float]:
    command = [str(python), str(_DIDCOMM), "15", "1024", str(LARGE)]
    done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603
    found: dict[str, Any] = json.loads(done.stdout)
    return {"1k": found["1024"]["cpu_us"], "1m": found[str(LARGE)]["cpu_us"]}


def _gnupg(pairs: int) -> Found:
    if not gnupg.is_here():
        raise FileNotFoundError("gpg")
    with TemporaryDirectory(prefix="a35-g-") as folder:
        pair = gnupg.Pair(Path(folder))
        try:
            pair.exchange(bytes(SMALL))
            times = [pair.exchange(bytes(SMALL)) for _ in range(4 * pairs)]
        finally:
            pair.close()
    return {"gnupg_4k": {"p50_ms": round(median(times) * 1000, 1)}}, {}


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    result = measure(pairs=count, tell=_tell)
    sys.stdout.write(json.dumps({"figures": result[0], "ratios": result[1]}, indent=1) + "\n")
