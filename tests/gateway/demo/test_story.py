"""How the demo counts: it must not call a run good in which anything is missing."""

from gateway.demo.story import LogResult, Tally


def whole() -> Tally:
    """Return the tally of a run in which everything held."""
    log = LogResult(node="RO/1", size=12, verified=True)
    return Tally(sent=3, accepted=3, consigned=3, acknowledged=1, answered=1, logs=[log])


def test_a_run_in_which_everything_arrived_once_holds() -> None:
    """The ordinary case."""
    assert whole().holds()


def test_nothing_sent_proves_nothing() -> None:
    """An empty run has lost nothing either."""
    assert not Tally().holds()


def test_whatever_is_missing_or_too_much_fails_the_run() -> None:
    """Each alone."""
    for field, value in (
        ("accepted", 2),
        ("consigned", 2),
        ("lost", 1),
        ("duplicates", 1),
        ("logs", [LogResult(node="RO/1", size=12, verified=False)]),
    ):
        tally = whole()
        setattr(tally, field, value)
        assert not tally.holds(), field


def test_quantiles_of_waits() -> None:
    """p50 and p99 as everybody reads them; nothing measured is nothing waited."""
    tally = whole()
    assert tally.quantile(0.5) == 0
    tally.waits_ms = [5.0, 1.0, 3.04, 2.0]
    assert tally.quantile(0.5) == 3.0
    assert tally.quantile(0.99) == 5.0
    assert tally.quantile(1.0) == 5.0
