"""What all tests share: one run of the demo, and a word at the end on what was not run.

Thousands of tests are objects that stay: the collector passed over them again and again, which
took half of the time of collecting them.
"""

import gc
import os
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto
from pathlib import Path
from typing import Any, Final

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import settings

from gateway.journal import reset_journal
from tests.gateway.demo.process import Ended, run_a35

_TESTS: Final = Path(__file__).parent
_LONG: Final = tuple(
    _TESTS / place
    for place in (
        "crash",
        "gateway/demo",
        "gateway/simulator",
        "operations",
        "planted",
        "transcripts",
        "test_packaging.py",
    )
)
"""Where single tests take many seconds: processes, or days of a simulated network."""


_AT_ONE: Final = frozenset({"demo_check", "engine"})
"""What is made once for many tests, at a cost: one demo, one browser with its nodes."""


class _Kind(Enum):
    SHARED = auto()
    LONG = auto()
    SHORT = auto()


_OBJECTS: Final = 100_000
"""How many new objects let the collector of garbage look, 700 otherwise."""

LEFT_OUT: Final = "a35_left_out"
"""What a worker process tells the one that prints: long runs that were left out."""


@pytest.fixture(autouse=True)
def _journal_of_one_test() -> Iterator[None]:
    """Let no test write the journal where another one let it go: that may be closed by then."""
    yield
    reset_journal()


@pytest.fixture(scope="session")
def demo_check(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """Return one whole demo with a small load, run once for all tests that look at it."""
    folder = tmp_path_factory.mktemp("d")
    return run_a35("demo", "--check", "--load", "300", "--json", folder=folder)


class NotRun:
    """Gathers what was not run, in one process or in several, and names it at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._long: set[str] = set()

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Take note of long runs; the rest was left out by whoever asked for a part."""
        self._long |= {item.nodeid for item in items if item.get_closest_marker("soak")}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - of xdist, if it is there
        """Take over what a worker left out; all of them left out the same."""
        self._long |= set(getattr(node, "workeroutput", {}).get(LEFT_OUT, ()))

    def pytest_sessionfinish(self) -> None:
        """Tell the process that prints, if this is a worker."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[LEFT_OUT] = sorted(self._long)

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """List skipped tests with their reasons, and long runs that were left out."""
        skipped = terminalreporter.stats.get("skipped", [])
        if not skipped and not self._long:
            return
        terminalreporter.section(f"not run: {len(skipped)} skipped, {len(self._long)} left out")
        for line in sorted(_lines(skipped)):
            terminalreporter.line(line)
        for name in sorted(self._long):
            terminalreporter.line(f"{name}: a long run, left out unless asked for")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to gather."""
    gc.set_threshold(_OBJECTS, 20, 20)
    # A busy machine may pause any example; what is slow is shown by benchmarks.
    settings.register_profile("a35", deadline=None)
    settings.load_profile("a35")
    config.pluginmanager.register(NotRun(config), "a35-not-run")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every worker begin with its part of the tests that take long, in the order drawn.

    Each gets a run of the list. A long test that comes last would keep one worker busy alone, and
    tests that look at one demo make it once if they are with the same worker.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    kinds: dict[_Kind, list[pytest.Item]] = {kind: [] for kind in _Kind}
    for item in items:
        kinds[_kind_of(item)].append(item)
    shared, long, short = kinds.values()
    items[:] = [
        item
        for number in range(workers)
        for item in (
            *(() if number else shared),
            *long[number::workers],
            *short[number::workers],
        )
    ]


def pytest_collection_finish() -> None:
    """Keep what was collected from being looked at after each test."""
    gc.collect()
    gc.freeze()


def _kind_of(item: pytest.Item) -> _Kind:
    if not _AT_ONE.isdisjoint(getattr(item, "fixturenames", ())):
        return _Kind.SHARED
    is_long = any(item.path.is_relative_to(place) for place in _LONG)
    return _Kind.LONG if is_long else _Kind.SHORT


def _lines(skipped: Iterable[pytest.TestReport]) -> Iterable[str]:
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        yield f"{report.nodeid}: {reason.removeprefix('Skipped: ')}"
