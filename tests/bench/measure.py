"""How long things take: rounds in which everything that is compared takes its turn, medians.

Absolute times move with the machine and its neighbours; only ratios taken in one run mean
anything. Therefore a round runs each piece once after the other, and every figure comes with the
spread of its rounds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Final

_LEAST_ROUND_S: Final = 0.02
"""One turn lasts so long at least, so that the clock's grain does not count."""

Work = Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one piece takes.

    Args:
        us: Median over the rounds, in microseconds.
        spread: Middle half of the rounds, as a share of the median.
        rounds: How many.
    """

    us: float
    spread: float
    rounds: int

    def as_json(self) -> dict[str, float]:
        """Return it as `--json` prints it."""
        return {"us": self.us, "spread": self.spread, "rounds": self.rounds}


def figure_of(times_s: list[float]) -> Figure:
    """Return the figure of the times of single pieces.

    Args:
        times_s: Seconds, one for each round.
    """
    middle = median(times_s)
    low, _, high = quantiles(times_s, n=4) if len(times_s) > 1 else (middle, middle, middle)
    return Figure(
        us=round(middle * 1e6, 2),
        spread=round((high - low) / middle, 3) if middle else 0.0,
        rounds=len(times_s),
    )


def compare(works: Mapping[str, Work], *, rounds: int) -> dict[str, Figure]:
    """Measure pieces of processor work beside each other.

    Args:
        works: Each is called many times; it must not depend on how often.
        rounds: Turns that each gets.

    Returns:
        Figures of one call, by name, in processor time.
    """
    turns = {name: _turns(work) for name, work in works.items()}
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            began = process_time()
            for _ in range(turns[name]):
                work()
            times[name].append((process_time() - began) / turns[name])
    return {name: figure_of(found) for name, found in times.items()}


def _turns(work: Work) -> int:
    """Return how many calls make a turn long enough; the first call warms caches."""
    work()
    turns = 1
    while True:
        began = perf_counter()
        for _ in range(turns):
            work()
        if perf_counter() - began >= _LEAST_ROUND_S:
            return turns
        turns *= 2


def ratio(above: Figure, below: Figure) -> float:
    """Return how many times one piece takes the other."""
    return round(above.us / below.us, 3)
