"""Seeds in processes of their own: what they came to is told, and one that ends is noticed."""

import os
from typing import NoReturn

import pytest
from typing_extensions import override

from gateway.simulator.faults import Fault
from gateway.simulator.plan import Plan
from gateway.simulator.pool import run_all, workplace
from gateway.simulator.run import run_seed

QUIET = frozenset({Fault.DELAY})


class Ending(int):
    """The number of a seed whose process is killed as soon as it is looked at."""

    @override
    def __mod__(self, other: int, /) -> NoReturn:
        os._exit(9)


def test_seed_comes_to_the_same_in_a_worker() -> None:
    """Every outcome comes back, whatever process it was in."""
    plans = [Plan(seed=seed, allowed=QUIET, messages=6) for seed in range(1, 7)]
    with workplace() as folder:
        here = {plan.seed: run_seed(plan).digest for plan in plans}
        told = {outcome.seed: outcome.digest for outcome in run_all(plans, jobs=2, folder=folder)}
    assert told == here


def test_process_that_ends_early_ends_the_run() -> None:
    """Seeds that nobody heard of must not look like seeds that held."""
    plans = [Plan(seed=Ending(seed), allowed=QUIET, messages=1) for seed in (1, 2)]
    with workplace() as folder, pytest.raises(RuntimeError, match="ended early"):
        list(run_all(plans, jobs=2, folder=folder))
