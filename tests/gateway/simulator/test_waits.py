"""How soon a peer that returns is tried, in a few worlds; `a35 simulate --waits` has the table."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.simulator.pool import begin, workplace
from gateway.simulator.waits import Case, Measured, returned

P0_CAP_S = 15.0


@pytest.fixture(scope="module", autouse=True)
def folder() -> Iterator[Path]:
    """Give all worlds of this module a place in memory."""
    with workplace() as made:
        begin(made)
        yield made


def test_emergency_tries_a_peer_that_returns_within_its_cap() -> None:
    """No wait of an emergency is longer, however long the peer was away."""
    waits = returned(3, Case(urgency="emergency", out_s=600.0, calls=False))
    assert len(waits) == 5
    assert all(0.0 <= wait <= P0_CAP_S + 0.1 for wait in waits)
    assert any(wait > 0.0 for wait in waits)


def test_peer_that_calls_is_served_at_once() -> None:
    """Whatever the class: contact ends every wait."""
    waits = returned(3, Case(urgency="routine", out_s=600.0, calls=True))
    assert max(waits) <= 2.0


def test_row_of_the_table_tells_whether_its_median_holds() -> None:
    """A row without any wait holds nothing."""
    row = Measured(cls="P0", out="1 h", waits_s=(9.0, 1.0, 3.0), limit_s=8.0)
    assert (row.median_s, row.holds) == (3.0, True)
    assert row.cells() == ["P0", "1 h", "3.0", "9.0", "8", "3", "yes"]
    assert row.document()["p95_s"] == 9.0
    assert not Measured(cls="P0", out="1 h", waits_s=(9.0,), limit_s=8.0).holds
    assert not Measured(cls="P0", out="1 h", waits_s=(), limit_s=8.0).holds
