"""What all tests share: one run of the demo, and a word at the end on what was not run."""

from collections.abc import Iterable, Iterator

import pytest
from _pytest.terminal import TerminalReporter

from tests.gateway.demo.process import Ended, run_a35


@pytest.fixture(scope="session", autouse=True)
def _compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the processes that tests start share their compiled code, whatever the environment says.

    The suite starts some two hundred of them; compiling all modules in each took most of its time.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("compiled")))
        yield


@pytest.fixture(scope="session")
def demo_check(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """Return one whole demo with a small load, run once for all tests that look at it."""
    folder = tmp_path_factory.mktemp("d")
    return run_a35("demo", "--check", "--load", "300", "--json", folder=folder)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """List skipped tests with their reasons, and count those that were left out by a mark."""
    skipped = terminalreporter.stats.get("skipped", [])
    left_out = terminalreporter.stats.get("deselected", [])
    if not skipped and not left_out:
        return
    terminalreporter.section(f"not run: {len(skipped)} skipped, {len(left_out)} left out")
    for line in sorted(_lines(skipped)):
        terminalreporter.line(line)
    for item in left_out:
        if item.get_closest_marker("soak") is not None:
            terminalreporter.line(f"{item.nodeid}: a long run, left out unless asked for")


def _lines(skipped: Iterable[pytest.TestReport]) -> Iterable[str]:
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        yield f"{report.nodeid}: {reason.removeprefix('Skipped: ')}"
