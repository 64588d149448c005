"""Writes the figures of a run into docs/performance.md, between two markers."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tests.bench.tables import COLUMNS, described, runs_of, warning_of
from tests.bench.targets import TARGETS

BEGIN: Final = "<!-- figures: written by `python -m tests.bench --docs` -->"
END: Final = "<!-- end of figures -->"
_ABOUT: Final = ("processor", "cores", "memory_mib", "system", "python", "openssl", "sqlite")


def rewrite(page: Path, result: Mapping[str, Any]) -> None:
    """Put the figures of a run in the place of those before.

    Args:
        page: Has both markers, each on a line of its own.
        result: As `--json` prints it.
    """
    text = page.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    block = "\n".join(_block(result))
    page.write_text(f"{head}{BEGIN}\n{block}\n{END}{tail}", encoding="utf-8")


def _block(result: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", *_machine(result["machine"]), "")
    if warning := warning_of(result):
        yield from (f"**{warning}**", "")
    yield from ("| target of issue 8 | asked | measured | |", "|---|---|---|---|")
    for target in TARGETS:
        value = target.measured(result)
        cell = "-" if value is None else described(value)
        yield f"| {target.text} | {target.asked()} | {cell} | {target.verdict(result)} |"
    yield from ("", "Exchanges, the middle run of each case:", "")
    yield f"| | {' | '.join(COLUMNS)} |"
    yield "|---|" + "---|" * len(COLUMNS)
    for name, figure in runs_of(result).items():
        cells = (described(figure.get(column, "-")) for column in COLUMNS)
        yield f"| {name} | {' | '.join(cells)} |"
    floor = result["figures"].get("floor_4k_at_64")
    if floor is not None:
        yield from ("", f"The floor of one exchange, {described(floor['cpu_us'])} us:", "")
        yield from ("| part | us an exchange |", "|---|---|")
        for name, us in sorted(floor["parts"].items(), key=lambda part: -part[1]):
            yield f"| {name} | {us:.1f} |"
    yield from ("", "All ratios of the run:", "", "| ratio | times |", "|---|---|")
    for name, value in result["ratios"].items():
        yield f"| {name} | {described(value)} |"
    for each in result.get("left_out", ()):
        yield f"\nLeft out: {each}."
    yield ""


def _machine(machine: Mapping[str, Any]) -> Iterator[str]:
    named = ", ".join(f"{name} {machine[name]}" for name in _ABOUT if name in machine)
    libraries = ", ".join(f"{name} {found}" for name, found in machine["libraries"].items())
    busy = [machine.get("busy_by_others"), machine.get("busy_by_others_after")]
    others = " and ".join("?" if each is None else f"{each:.0%}" for each in busy)
    yield f"Machine: {named}; {libraries}."
    yield f"Load average before: {machine['load']}; used by others before and after: {others}."
