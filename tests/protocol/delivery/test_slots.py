"""Who gets a worker: emergencies always, a quarter for what is urgent, a share for each lane."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.delivery.slots import LEAST_WORKERS, Job, Pool, Usage

pools = st.builds(Pool, workers=st.integers(LEAST_WORKERS, 512))
jobs = st.lists(st.sampled_from(Job), max_size=600)


@given(pool=pools, jobs=jobs)
@settings(max_examples=100, deadline=None)
def test_however_many_want_one_the_bounds_hold(pool: Pool, jobs: list[Job]) -> None:
    """What serves all classes never takes what is kept; probes never take what works."""
    taken = dict.fromkeys(Job, 0)
    for job in jobs:
        usage = _usage(taken)
        granted = pool.grants(job, usage)
        if job is Job.EMERGENCY:
            assert granted
        taken[job] += granted
        usage = _usage(taken)
        assert usage.bulk + usage.probes <= pool.bulk < pool.workers
        assert usage.probes <= pool.probes < pool.bulk
        assert usage.urgent + usage.bulk + usage.probes <= pool.workers


@given(pool=pools)
@settings(max_examples=50, deadline=None)
def test_urgent_gets_one_when_everything_else_is_busy(pool: Pool) -> None:
    """A quarter serves only P0 and P1."""
    busy = Usage(bulk=pool.bulk)
    assert not pool.grants(Job.BULK, busy)
    assert not pool.grants(Job.PROBE, busy)
    assert pool.grants(Job.URGENT, busy)
    assert not pool.grants(Job.URGENT, Usage(bulk=pool.bulk, urgent=pool.workers - pool.bulk))


def test_one_lane_has_a_quarter_at_most_while_others_wait() -> None:
    """Alone it may have what it can use."""
    pool = Pool(workers=8)
    assert pool.grants(Job.BULK, Usage(bulk=1), of_lane=1, others_wait=True)
    assert not pool.grants(Job.BULK, Usage(bulk=2), of_lane=2, others_wait=True)
    assert pool.grants(Job.BULK, Usage(bulk=2), of_lane=2)


def test_emergency_for_a_node_that_answers_waits_for_no_broken_neighbour() -> None:
    """Nodes that may be dead share a bound, so that a thousand of them cost no memory."""
    pool = Pool(workers=8)
    full = Usage(emergency=pool.unsure)
    assert pool.grants(Job.EMERGENCY, full)
    assert not pool.grants(Job.EMERGENCY, full, is_live=False)
    assert pool.grants(Job.EMERGENCY, Usage(), is_live=False)


def test_too_few_workers_are_refused() -> None:
    """A quarter of three is nothing."""
    with pytest.raises(ValueError, match="too few"):
        Pool(workers=LEAST_WORKERS - 1)


def _usage(taken: dict[Job, int]) -> Usage:
    return Usage(
        emergency=taken[Job.EMERGENCY],
        urgent=taken[Job.URGENT],
        bulk=taken[Job.BULK],
        probes=taken[Job.PROBE],
    )
