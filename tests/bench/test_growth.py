"""The bench of growth, small: it fills a real home, opens it, starts it, and finds it sound."""

import json
import sys
from pathlib import Path
from subprocess import run

import pytest

from gateway.home import Home
from tests.bench import growth
from tests.bench.grown import OPEN, PER_MESSAGE, grow
from tests.bench.growth import FLAT


def test_grown_store_is_one_that_a_node_opens_uses_and_verifies(tmp_path: Path) -> None:
    """What is measured at a million entries must be a store, not something like one."""
    place = growth.new_place(tmp_path)
    store, entries = Home(place.home).store, 2 * OPEN * PER_MESSAGE
    held = grow(store, place.options().keys, entries, now_ms=1_795_000_000_000)
    assert 0 <= entries - held < PER_MESSAGE
    used = growth.used(place)
    assert set(used) | {"start_s", "start_cpu_s", "idle_cpu_ms", "rss_mib"} >= set(FLAT) - {
        "verify_us",
        "bytes_per_entry",
    }
    assert all(value > 0 for value in used.values())
    assert growth.verified(place)["verify_us"] > 0
    assert grow(store, place.options().keys, entries * 2, now_ms=1_795_000_000_000) > entries


def test_table_has_a_column_for_each_size_and_one_for_the_ratio() -> None:
    """Flat is read off the last column."""
    rows = [{"entries": 10, "start_s": 1.0}, {"entries": 1000, "start_s": 1.5}]
    text = growth.table({"sizes": rows, "largest_over_smallest": {"start_s": 1.5}})
    assert text.splitlines()[1].split() == ["start_s", "1", "1.5", "1.5"]


def test_one_thing_is_measured_in_a_process_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What one leaves in memory must not help or burden the next."""
    place = growth.new_place(tmp_path)
    words = ["--only", "verify", str(place.home), str(place.credential)]
    assert growth.main(words) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"verify_us"}


def test_start_is_measured(tmp_path: Path) -> None:
    """A whole node in a process: what it took, and what it has when it is idle."""
    place = growth.new_place(tmp_path)
    words = [
        sys.executable,
        "-m",
        "tests.bench.starting",
        str(place.home),
        str(place.credential),
        "0.2",
    ]
    found = json.loads(run(words, check=True, capture_output=True, text=True).stdout)  # noqa: S603  ourselves
    assert found["start_cpu_s"] > 0.1
    assert found["rss_mib"] > 10
