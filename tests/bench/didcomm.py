"""In process: ours beside DIDComm, without disk, network and logs of others.

Ours carries an envelope sealed for a post-quantum key there and a receipt back, both proven under
signed heads; DIDComm carries a message signed and encrypted by classical keys there and one as
short as a receipt back.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.bench import inprocess
from tests.bench.measure import compare
from tests.bench.peers.environment import python_of

LARGE: Final = 1 << 20
_ROUNDS: Final = 5
_THEIR_ROUNDS: Final = "15"
_SCRIPT: Final = Path(__file__).parent / "peers" / "comm.py"
Found = tuple[dict[str, object], dict[str, float]]


def measure(*, pairs: int, tell: Callable[[str], None]) -> Found:
    """Measure both in turn.

    Args:
        pairs: How often.
        tell: Told what is left out.

    Returns:
        Figures and ratios, by name.
    """
    try:
        python = python_of("didcomm")
    except (OSError, subprocess.CalledProcessError):
        tell("left out: didcomm cannot be installed here")
        python = None
    works = {
        "1k_by_1": inprocess.work(1024, 1),
        "1k_by_16": inprocess.work(1024, 16),
        "1m_by_1": inprocess.work(LARGE, 1),
        "1m_by_16": inprocess.work(LARGE, 16),
    }
    mine: dict[str, list[float]] = {name: [] for name in works}
    theirs: dict[str, list[float]] = {"1k": [], "1m": []}
    for _ in range(pairs):
        for name, figure in compare(works, rounds=_ROUNDS).items():
            mine[name].append(figure.us / int(name.rpartition("_")[2]))
        for size, us in ({} if python is None else _theirs(python)).items():
            theirs[size].append(us)
    return _figures(mine, theirs), _ratios(mine, theirs)


def _figures(mine: dict[str, list[float]], theirs: dict[str, list[float]]) -> dict[str, object]:
    named = {f"in_process_{name}": found for name, found in mine.items()}
    named |= {f"didcomm_{size}": found for size, found in theirs.items() if found}
    return {name: {"cpu_us": round(median(found), 1)} for name, found in named.items()}


def _ratios(mine: dict[str, list[float]], theirs: dict[str, list[float]]) -> dict[str, float]:
    return {
        f"didcomm_over_a35_{name}": round(
            median(other / one for one, other in zip(found, theirs[size], strict=True)), 2
        )
        for name, found in mine.items()
        if theirs[size := name.partition("_")[0]]
    }


def _theirs(python: Path) -> dict[str, float]:
    command = [str(python), str(_SCRIPT), _THEIR_ROUNDS, "1024", str(LARGE)]
    done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603
    found: dict[str, Any] = json.loads(done.stdout)
    return {"1k": found["1024"]["cpu_us"], "1m": found[str(LARGE)]["cpu_us"]}
