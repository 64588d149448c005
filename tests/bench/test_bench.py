"""The benchmark itself, small: it measures what it says, and prints what others read."""

import json
import re
import socket
from importlib.util import find_spec
from io import StringIO
from itertools import pairwise
from os import getpid
from pathlib import Path

import pytest

from tests.bench import __main__ as bench
from tests.bench import against, audit, directory, floor, inprocess
from tests.bench.measure import Figure, compare, figure_of, ratio
from tests.bench.page import BEGIN, END, rewrite
from tests.bench.peers.wire import between, counts, ports_of
from tests.bench.run import Run
from tests.bench.sustained import line_through, per_second
from tests.bench.tables import show
from tests.bench.targets import TARGETS

DESCRIPTORS = Path("/proc/self/fd")
PAGE = Path(__file__).parents[2] / "docs" / "performance.md"


def a_run(**more: object) -> Run:
    """Return a run of four messages, each end of which used 1 ms for one."""
    whole: dict[str, object] = {
        "messages": 4,
        "seconds": 2.0,
        "cpu_s": (0.004, 0.004),
        "cpu_to_accepted_s": (0.003, 0.003),
        "times_s": (0.3, 0.1, 0.2, 0.4),
        "wire": (3000, 1000),
        "rss_kib": (1024.0, 2048.0),
        "posts": 2,
        "heads": (1, 1),
    }
    return Run(**(whole | more))  # type: ignore[arg-type]  # names as above


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


def test_a_run_counts_both_ends_and_what_its_messages_shared() -> None:
    """Processor time, bytes, posts and heads are those of both, for one message."""
    found = a_run().as_json()
    assert found["cpu_us"] == 2000
    assert found["cpu_us_to_accepted"] == 1500
    assert found["wire_bytes"] == 1000
    assert (found["messages_per_post"], found["messages_per_head"]) == (2, 2)
    assert (found["p50_ms"], found["p99_ms"], found["per_second"]) == (300, 400, 2)


def test_bytes_are_those_that_the_kernel_carried() -> None:
    """Both directions of one connection, and no other one's."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as near,
    ):
        far, _ = server.accept()
        with far:
            port = server.getsockname()[1]
            held = len(list(DESCRIPTORS.iterdir()))
            before = counts(lambda _, other: other == port)
            assert len(list(DESCRIPTORS.iterdir())) == held, "a copy of a descriptor stays open"
            near.sendall(bytes(5000))
            far.recv(5000, socket.MSG_WAITALL)
            far.sendall(bytes(70))
            near.recv(70, socket.MSG_WAITALL)
            assert between(before, counts(lambda _, other: other == port)) == (5000, 70)
            assert port in ports_of(getpid())


def test_a_line_is_flat_unless_it_falls() -> None:
    """A rate that loses a tenth a minute is seen; one that only varies is not."""
    falling = line_through([1000 - at * 2 for at in range(60)])
    assert falling.slope == pytest.approx(-2)
    assert falling.drift == pytest.approx(-0.1275, abs=0.001)
    assert not falling.is_flat
    assert line_through([1000 + (-1) ** at * 50 for at in range(60)]).is_flat
    assert per_second([0.1, 0.9, 1.5, 2.5]) == [2, 1]


def test_targets_say_met_missed_or_not_measured() -> None:
    """A line that was left out is never told as met."""
    (target,) = (one for one in TARGETS if one.place == "ratios.p99_over_p50_4k_at_16")
    assert target.verdict({"ratios": {"p99_over_p50_4k_at_16": 3.0}}) == "met"
    assert target.verdict({"ratios": {"p99_over_p50_4k_at_16": 3.1}}) == "missed"
    assert target.verdict({"ratios": {}}) == "not measured"
    assert len({one.place for one in TARGETS}) == len(TARGETS)
    cases = {case.name for case in against.CASES}
    assert set(against.CORE) <= cases


def test_result_has_machine_ratios_and_figures(capsys: pytest.CaptureFixture[str]) -> None:
    """Every figure is there, and what must hold on any machine holds."""
    words = ["--only", "primitives,commits", "--rounds", "3", "--json"]
    assert bench.main(words) == 0
    printed = capsys.readouterr()
    result = json.loads(printed.out)
    assert set(result) == {"machine", "ratios", "figures", "left_out"}
    ratios = result["ratios"]
    assert all(value > 0 for value in ratios.values())
    assert ratios["group_commit_gain"] > 1
    assert ratios["prove_over_verify"] < 1
    out = StringIO()
    show(result, out)
    for name in (*result["figures"], *ratios):
        assert f" {name} " in out.getvalue()
    assert "primitives" in printed.err
    assert bench.main(["--only", "nothing"]) == 64


def test_the_protocol_in_process_costs_a_few_times_its_primitives() -> None:
    """With the widest slack: a doubled proof, copy or signature shows, a busy machine does not."""
    below = floor.cost(floor.parts(a_run(posts=1, heads=(1, 1), messages=16)), rounds=2)
    whole = compare({"whole": inprocess.work(4096, 16)}, rounds=2)["whole"].us / 16
    assert whole < 4 * sum(below.values())
    assert all(us > 0 for us in below.values())


def test_the_page_is_written_between_its_markers(tmp_path: Path) -> None:
    """What people wrote around the figures stays as it is."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    machine = {"load": 1.5, "cores": 2, "libraries": {"aiohttp": "3"}, "busy_by_others": 0.5}
    figures = {"a35_4k_at_64": a_run().as_json(), "floor_4k_at_64": {"cpu_us": 1.0, "parts": {}}}
    ratios = {"p99_over_p50_4k_at_16": 2.5}
    rewrite(page, {"machine": machine, "figures": figures, "ratios": ratios, "left_out": ["gpg"]})
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n")
    assert text.endswith(f"\n{END}\nafter\n")
    assert "old" not in text
    assert "| at most 3 x | 2.50 | met |" in text
    assert "not measured" in text
    assert "Others used 50% of this machine" in text


def test_the_page_names_only_benchmarks_that_exist() -> None:
    """And the suite's parts, cases and targets are those that it tells of."""
    text = PAGE.read_text(encoding="utf-8")
    for module in set(re.findall(r"python -m (tests\.bench[.\w]*)", text)):
        assert find_spec(module) is not None, module
    for path in set(re.findall(r"`(tests/bench/[\w/]+\.py)`", text)):
        assert (PAGE.parents[1] / path).exists(), path
    told = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert told == set(bench.PARTS)
    block = text.partition(BEGIN)[2].partition(END)[0]
    assert block, "the page has its markers"
    for target in TARGETS:
        assert f"| {target.text} | {target.asked()} |" in block


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
