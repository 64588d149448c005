"""Says at the end of a run what was not run, by name and with the reason."""

from collections.abc import Iterable

import pytest
from _pytest.terminal import TerminalReporter


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
        marks = " ".join(mark.name for mark in item.iter_markers() if mark.name != "parametrize")
        terminalreporter.line(f"{item.nodeid}: left out ({marks})")


def _lines(skipped: Iterable[pytest.TestReport]) -> Iterable[str]:
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        yield f"{report.nodeid}: {reason.removeprefix('Skipped: ')}"
