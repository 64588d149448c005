"""Benchmarks that are programs of their own, run with what they measured taken into the suite."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Final

Found = tuple[dict[str, object], dict[str, float]]
_SIZES: Final = "10000,100000,1000000"
_QUICK_SIZES: Final = "1000,10000"
_QUICK_BYTES: Final = 64 * 1024 * 1024


def growth(*, quick: bool, tell: Callable[[str], None]) -> Found:
    """Run tests.bench.growth.

    Args:
        quick: With small logs.
        tell: Told what is left out.

    Returns:
        Figures of each size and of the largest alone, and how they grow.
    """
    found = _run("growth", ("--sizes", _QUICK_SIZES if quick else _SIZES), tell)
    if found is None:
        return {}, {}
    rows = found["sizes"]
    figures = {f"growth_{row['entries']}": row for row in rows}
    if not quick:
        figures["growth_million"] = rows[-1]
    return figures, {
        f"growth_{key}": value for key, value in found["largest_over_smallest"].items()
    }


def attached(*, quick: bool, tell: Callable[[str], None]) -> Found:
    """Run tests.bench.attached: 2 GiB, whole and with five kills.

    Args:
        quick: With a smaller file and no kill.
        tell: Told what is left out.

    Returns:
        What it found, and its ratios.
    """
    words = ("--bytes", str(_QUICK_BYTES), "--kills", "0") if quick else ()
    found = _run("attached", words, tell)
    if found is None:
        return {}, {}
    ratios = {f"attached_{name}": value for name, value in found["ratios"].items()}
    return {"attached" if not quick else "attached_small": found}, ratios


def _run(name: str, words: tuple[str, ...], tell: Callable[[str], None]) -> dict[str, Any] | None:
    """Run one as a process; what it says of its progress goes to standard error."""
    command = (sys.executable, "-m", f"tests.bench.{name}", "--json", *words)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    try:
        found: dict[str, Any] = json.loads(done.stdout.strip().rpartition("\n")[2])
    except ValueError:
        tell(f"left out: tests.bench.{name} ended with {done.returncode}")
        return None
    found.pop("machine", None)
    return found
