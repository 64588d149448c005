"""The benchmark itself, small: it measures what it says, and prints what others read."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench import audit, directory
from tests.bench.measure import Figure, compare, figure_of, ratio


def test_figures_are_medians_with_the_spread_of_the_middle_half() -> None:
    """One slow round moves neither much."""
    figure = figure_of([1e-6, 2e-6, 3e-6, 4e-6, 100e-6])
    assert figure.us == 3.0
    assert figure.rounds == 5
    assert figure_of([2e-6]) == Figure(us=2.0, spread=0.0, rounds=1)


def test_compared_pieces_take_turns() -> None:
    """A machine that becomes slow in between is slow for both."""
    order: list[str] = []
    compare({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=2)
    runs = "".join(order)
    turns = [runs[0]] + [now for before, now in pairwise(runs) if now != before]
    assert "".join(turns).endswith("abab")


def test_ratio_says_how_many_times() -> None:
    """Above over below."""
    assert ratio(Figure(us=6, spread=0, rounds=1), Figure(us=3, spread=0, rounds=1)) == 2


def test_result_has_machine_ratios_and_figures(capsys: pytest.CaptureFixture[str]) -> None:
    """Every figure is there, and what must hold on any machine holds."""
    result = bench.measured(rounds=3, messages=0)
    assert set(result) == {"machine", "ratios", "figures"}
    assert json.loads(json.dumps(result)) == result
    ratios = result["ratios"]
    assert all(isinstance(value, float) and value > 0 for value in ratios.values())
    assert ratios["group_commit_gain"] > 1  # type: ignore[operator]
    assert ratios["prove_over_verify"] < 1  # type: ignore[operator]
    text = bench.table(result)
    for name in (*result["figures"], *ratios):
        assert f"\n{name} " in text
    assert "primitives" in capsys.readouterr().err


def test_verification_of_a_log_is_measured(tmp_path: Path) -> None:
    """A small slice of what is measured at a million leaves: nothing is wrong with it."""
    store, keys = tmp_path / "home" / "store.db", tmp_path / "keys"
    store.parent.mkdir()
    origin = audit.built(store, keys, 3000, per_head=100)
    found = audit.verified(store, keys)
    assert (found["faults"], found["checked"], found["checkpoints"]) == (0, 3000, 30)
    assert set(audit.proven(store, origin, 3000)) == {"proof_ms", "proof_cpu_ms"}


def test_the_cost_of_the_directory_is_measured(tmp_path: Path) -> None:
    """A small slice: an unchanged directory is one small file, a change only what changed."""
    directory.build(tmp_path, 2)
    entries = directory.entries(tmp_path, 2)
    assert entries["unchanged_files"] == 1
    assert entries["one_change_files"] == 4
    assert entries["first_bytes"] > 5 * entries["unchanged_bytes"]  # type: ignore[operator]
    directory.spread(tmp_path, 20)
    files = directory.targets(tmp_path, 20)
    assert files["first_files"] == 20 + 5
    assert files["unchanged_files"] == 1
    assert files["one_change_files"] == 4
