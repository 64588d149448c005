"""A slice of the seeds: every run of the suite lives through some networks with all their faults.

`a35 simulate` runs as many as one likes; docs/simulation.md says how many, and when.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.simulator.faults import Fault
from gateway.simulator.plan import Outcome, Plan
from gateway.simulator.pool import begin, workplace
from gateway.simulator.report import Report
from gateway.simulator.run import run_seed

FAULTS = frozenset(Fault)
SEEDS = range(1, 13)
KINDS_AT_LEAST = 20

REPLAY = """
from gateway.simulator.faults import Fault
from gateway.simulator.plan import Plan
from gateway.simulator.pool import begin, workplace
from gateway.simulator.run import run_seed
with workplace() as folder:
    begin(folder)
    print(run_seed(Plan(seed={seed})).digest)
"""


@pytest.fixture(scope="module", autouse=True)
def folder() -> Iterator[Path]:
    """Give all worlds of this module a place in memory."""
    with workplace() as made:
        begin(made)
        yield made


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    """Run the slice once."""
    return [run_seed(Plan(seed=seed, allowed=FAULTS)) for seed in SEEDS]


def test_networks_with_faults_lose_nothing_and_deliver_nothing_twice(
    outcomes: list[Outcome],
) -> None:
    """Every invariant of every seed, and enough of everything for that to mean something."""
    report = Report(wants_faults=True)
    for outcome in outcomes:
        report.add(outcome)
    assert report.failing == {}
    assert report.vacuous() == []
    assert (report.lost, report.duplicates, report.forks_undetected) == (0, 0, 0)
    assert report.messages > len(SEEDS) * 50
    assert len(report.faults) >= KINDS_AT_LEAST, report.faults


def test_seed_replays_identically_in_other_processes() -> None:
    """The order of a set or a dictionary must not decide what happens."""
    expected = run_seed(Plan(seed=3)).digest
    # What they run is counted here: to count it again would take them three times as long.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    said = {
        subprocess.run(  # noqa: S603 - this Python, our text
            [sys.executable, "-c", REPLAY.format(seed=3)],
            env={**plain, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
        ).stdout.strip()
        for hash_seed in ("1", "77")
    }
    assert said == {expected}
