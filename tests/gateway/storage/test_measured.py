"""What is durable is counted, and nothing else."""

from pathlib import Path

from gateway.metrics import Metrics
from gateway.storage.anchor import Anchor
from gateway.storage.measured import MeasuredCommitter
from gateway.storage.opening import append_first, make_store
from tests.gateway.storage.home import open_gate
from tests.gateway.storage.material import ORIGIN, TestClock, first_statement, head_signer
from tests.gateway.storage.test_group import good, poisoned, run


def test_each_durable_group_is_counted_with_its_leaves(tmp_path: Path) -> None:
    """An operation that failed alone belongs to its group; a group that failed to nobody."""
    database = tmp_path / "store.db"
    make_store(database, ORIGIN)
    anchor = Anchor(tmp_path / "anchor", machine="m")
    anchor.open()
    metrics, clock = Metrics(), TestClock()
    committer = MeasuredCommitter(
        database,
        origin=ORIGIN,
        signer=head_signer(clock),
        anchor=anchor,
        gate=open_gate(),
        clock=clock,
        metrics=metrics,
    )
    append_first(committer, first_statement())
    run(committer, good(1), poisoned, good(2))
    committer._connection.close()
    run(committer, good(3))
    assert metrics.value("a35_commits_total") == 2
    assert metrics.value("a35_commit_operations_sum") == 4
    assert metrics.value("a35_commit_seconds_count") == 2
    assert metrics.value("a35_leaves_total") == 3
    committer.close()
