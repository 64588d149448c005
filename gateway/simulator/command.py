"""`a35 simulate`: whole networks in virtual time, with faults drawn from seeds."""

from os import cpu_count
from typing import Annotated, Final

import typer

from gateway.errors import DataError
from gateway.simulator.faults import chosen
from gateway.simulator.plan import Plan
from gateway.simulator.pool import run_all, workplace
from gateway.simulator.report import Report
from gateway.simulator.scenarios import MEASURES, SCENARIOS, play
from gateway.simulator.waits import measure
from gateway.terminal import JsonOption, Terminal

app = typer.Typer()

_FAILED: Final = 70
_SENTENCES: Final = 12


@app.command(epilog="Example: a35 simulate --seeds 2000 --json")
def simulate(
    *,
    seeds: Annotated[int, typer.Option("--seeds", metavar="N", min=1, help="How many.")] = 20,
    start: Annotated[int, typer.Option("--start", metavar="K", min=0, help="The first.")] = 1,
    faults: Annotated[
        str, typer.Option("--faults", metavar="LIST", help="Only these kinds, with commas.")
    ] = "",
    scenario: Annotated[
        str, typer.Option("--scenario", metavar="NAME", help="One named story; list: see docs.")
    ] = "",
    waits: Annotated[
        bool, typer.Option("--waits", help="Measure how soon a peer that returns is tried.")
    ] = False,
    trace: Annotated[
        bool, typer.Option("--trace", help="Print everything that happened; for one seed.")
    ] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", metavar="N", min=0, help="Processes; 0: one a core.")
    ] = 0,
    json: JsonOption = False,
) -> int:
    """Simulate networks with faults, and check everything that must hold.

    Raises:
        DataError: A trace of many seeds was asked for, or a kind or story that does not exist.
    """
    terminal = Terminal(json=json)
    if waits:
        return _waits(terminal, start, jobs or cpu_count() or 1)
    if scenario:
        return _scenarios(terminal, scenario, range(start, start + seeds), trace=trace)
    allowed = chosen(faults)
    if trace and seeds != 1:
        raise DataError("a trace is that of one seed", hint="give --seeds 1 and --start K")
    plans = [
        Plan(seed=seed, allowed=allowed, keep_trace=trace) for seed in range(start, start + seeds)
    ]
    report = _run(terminal, plans, jobs or cpu_count() or 1)
    terminal.document(report.document())
    for line in report.sentences():
        terminal.say(line)
    _complain(terminal, report, faults)
    return 0 if report.is_good else _FAILED


def _run(terminal: Terminal, plans: list[Plan], jobs: int) -> Report:
    report = Report(wants_faults=bool(plans[0].allowed))
    with workplace() as folder:
        for outcome in run_all(plans, jobs=jobs, folder=folder):
            report.add(outcome)
            if outcome.seed in report.failing:
                terminal.note(f"seed {outcome.seed} fails")  # hours may pass before the report
            for line in outcome.lines:
                terminal.say(line)
            terminal.progress(
                f"{report.seeds} of {len(plans)} seeds, {report.messages} messages,"
                f" {len(report.failing)} failing"
            )
    terminal.progress("")
    return report


def _complain(terminal: Terminal, report: Report, faults: str) -> None:
    only = f" --faults {faults}" if faults else ""
    for seed, sentences in sorted(report.failing.items()):
        terminal.note(f"seed {seed}: a35 simulate --seeds 1 --start {seed} --trace{only}")
        for sentence in sentences[:_SENTENCES]:
            terminal.note(f"  {sentence}")
    for why in report.vacuous():
        terminal.note(f"this run says nothing: {why}")


def _scenarios(terminal: Terminal, name: str, seeds: range, *, trace: bool) -> int:
    """Play stories.

    Raises:
        DataError: There is none of this name.
    """
    names = sorted(SCENARIOS) if name == "all" else [name]
    known = sorted({*SCENARIOS, *MEASURES})
    if any(each not in known for each in names):
        raise DataError("no such scenario", hint=f"there are: all, {', '.join(known)}")
    found: dict[str, list[str]] = {each: [] for each in names}
    with workplace():
        for each in names:
            for seed in seeds:
                terminal.progress(f"{each}, seed {seed}")
                outcome = play(each, seed, keep_trace=trace)
                for line in outcome.lines:
                    terminal.say(line)
                sentences = outcome.findings.sentences()
                found[each].extend(f"seed {seed}: {sentence}" for sentence in sentences)
    terminal.progress("")
    terminal.document({"scenarios": found})
    for each, sentences in found.items():
        terminal.say(f"{each}: {'FAILS' if sentences else 'holds'}")
        for sentence in sentences[:_SENTENCES]:
            terminal.note(f"  {sentence}")
    return _FAILED if any(found.values()) else 0


def _waits(terminal: Terminal, start: int, jobs: int) -> int:
    with workplace() as folder:
        measured = measure(start, jobs=jobs, folder=folder, progress=terminal.progress)
    terminal.progress("")
    terminal.document({"waits": [each.document() for each in measured]})
    heads = ("class", "out", "median s", "p95 s", "most s", "runs", "holds")
    terminal.table(heads, [each.cells() for each in measured])
    return 0 if all(each.holds for each in measured) else _FAILED
