"""The result for people: targets, ratios, then figures, as tables of a terminal."""

from collections.abc import Mapping
from typing import Any, Final, TextIO

from rich.console import Console
from rich.table import Table

from tests.bench.machine import BUSY
from tests.bench.targets import TARGETS

COLUMNS: Final = (
    "per_second", "cpu_us", "p50_ms", "p99_ms", "wire_bytes", "rss_mib", "messages_per_post",
    "messages_per_head",
)  # fmt: skip
"""Of a run of exchanges."""

_WIDTH: Final = 132


def show(result: Mapping[str, Any], out: TextIO) -> None:
    """Print a result.

    Args:
        result: As `--json` prints it.
        out: Where to.
    """
    console = Console(file=out, width=None if out.isatty() else _WIDTH)
    machine = Table("machine", "", title="Taken on")
    for name, value in result["machine"].items():
        machine.add_row(name, described(value))
    console.print(machine)
    if warning := warning_of(result):
        console.print(warning)
    for each in result.get("left_out", ()):
        console.print(f"left out: {each}")
    for table in (_targets(result), _ratios(result), _runs(result), _single(result)):
        if table.row_count:
            console.print(table)
    for name, value in _rest(result).items():
        console.print(f"{name}: {described(value)}")


def warning_of(result: Mapping[str, Any]) -> str:
    """Return one line where the machine was not ours alone, else nothing."""
    machine = result["machine"]
    busy = max(machine.get("busy_by_others") or 0, machine.get("busy_by_others_after") or 0)
    if busy <= BUSY:
        return ""
    return f"Others used {busy:.0%} of this machine: figures say little, ratios less than usual."


def runs_of(result: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the figures that are runs of exchanges."""
    return {
        name: figure
        for name, figure in result["figures"].items()
        if isinstance(figure, dict) and "per_second" in figure
    }


def described(value: object) -> str:
    """Return a value in few words."""
    match value:
        case float():
            return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
        case dict():
            return ", ".join(f"{key} {described(each)}" for key, each in value.items())
        case list() | tuple():
            return " / ".join(described(each) for each in value)
        case _:
            return str(value)


def _targets(result: Mapping[str, Any]) -> Table:
    table = Table("target of issue 8", "asked", "measured", "", title="Targets")
    for target in TARGETS:
        value = target.measured(result)
        if value is not None:
            table.add_row(target.text, target.asked(), described(value), target.verdict(result))
    return table


def _ratios(result: Mapping[str, Any]) -> Table:
    table = Table("ratio", "times", title="Ratios, each of one run")
    for name, value in result["ratios"].items():
        table.add_row(name, described(value))
    return table


def _runs(result: Mapping[str, Any]) -> Table:
    table = Table("exchanges", *COLUMNS, title="Exchanges: the middle run of each")
    for name, figure in runs_of(result).items():
        table.add_row(name, *(described(figure.get(column, "")) for column in COLUMNS))
    return table


def _single(result: Mapping[str, Any]) -> Table:
    table = Table("piece", "us", "+- %", title="Pieces, processor time (commits: wall)")
    for name, figure in result["figures"].items():
        if isinstance(figure, dict) and "us" in figure:
            table.add_row(name, f"{figure['us']:,.1f}", f"{figure['spread'] * 50:.0f}")
    return table


def _rest(result: Mapping[str, Any]) -> dict[str, object]:
    runs = runs_of(result)
    return {
        name: figure
        for name, figure in result["figures"].items()
        if name not in runs and not (isinstance(figure, dict) and "us" in figure)
    }
