"""`python -m tests.crash`: every kill point of every script, or a part of them, with a report."""

import argparse
import asyncio
import json
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final

from tests.crash.campaign import WORLDS, Campaign, Plan, Row
from tests.crash.planted import PLANTS, plant
from tests.crash.points import Trial
from tests.crash.processes import fork_server
from tests.crash.scripts import SCRIPTS
from tests.crash.shim import Mode, ToolMissingError, compile_shim
from tests.crash.traced import KILLED_AT, counted_twice, killed_by_strace
from tests.crash.world import Side, open_world

_MODES: Final = {mode.name.lower(): mode for mode in Mode if mode is not Mode.COUNT_ONLY}
_FAILED: Final = 1
_UNAVAILABLE: Final = 69


def main(argv: list[str] | None = None) -> int:
    """Run what the arguments ask for; return the exit code.

    Args:
        argv: Of the process unless given.
    """
    asked = _parser().parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="k") as folder:
        try:
            return asyncio.run(_run(asked, Path(folder)))
        except ToolMissingError as error:
            _say(str(error))
            return _UNAVAILABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--script", action="append", choices=SCRIPTS, help="repeatable; all")
    parser.add_argument("--side", action="append", choices=[*Side], type=Side, help="both")
    parser.add_argument("--mode", action="append", choices=_MODES, help="repeatable; all")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every Nth point")
    parser.add_argument("--most", type=int, metavar="N", help="of a script and side")
    parser.add_argument("--worlds", type=int, default=WORLDS, metavar="N", help="at a time")
    parser.add_argument("--strace", type=int, default=0, metavar="N", help="points by strace")
    parser.add_argument("--planted", action="store_true", help="plant the faults instead")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there")
    return parser


async def _run(asked: argparse.Namespace, folder: Path) -> int:
    began = monotonic()
    if asked.planted:
        return await _plant_all(folder)
    plan = Plan(
        scripts=[SCRIPTS[name] for name in asked.script or SCRIPTS],
        sides=asked.side or list(Side),
        modes=frozenset(_MODES[name] for name in asked.mode or _MODES),
        every=asked.every,
        most=asked.most,
        worlds=asked.worlds,
    )
    campaign = Campaign(plan, folder, _say)
    await campaign.run()
    by_strace = await _by_strace(folder, asked.strace) if asked.strace else []
    report = Report(rows=campaign.rows, by_strace=by_strace, seconds=round(monotonic() - began))
    return _tell(report, asked.json)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run found."""

    rows: list[Row]
    by_strace: list[dict[str, object]]
    seconds: int

    def as_json(self) -> dict[str, object]:
        """Return it for programs."""
        return {
            "tried": sum(row.tried for row in self.rows),
            "survived": sum(row.survived for row in self.rows),
            "seconds": self.seconds,
            "rows": [row.as_json() for row in self.rows],
            "by_strace": self.by_strace,
        }


def _tell(report: Report, file: Path | None) -> int:
    """Print the table, write the report, return the exit code."""
    told = report.as_json()
    for line in _table(report.rows):
        _print(line)
    _print(f"\n{told['tried']} points tried, {told['survived']} survived, {report.seconds} s")
    if file is not None:
        file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    is_good = told["tried"] and told["tried"] == told["survived"]
    return 0 if is_good and not _failed(report.by_strace) else _FAILED


async def _by_strace(folder: Path, most: int) -> list[dict[str, object]]:
    """Compare the counts of both methods, then kill by the second."""
    library = await asyncio.to_thread(compile_shim, folder)
    results: list[dict[str, object]] = []
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(fork_server(library))
        world = await stack.enter_async_context(open_world(server, folder / "ws"))
        trial = Trial(world)
        await trial.warm_up()
        shim, strace = await counted_twice(world, library, folder / "log")
        _say(f"counted by the shim {dict(sorted(shim.items()))}")
        _say(f"counted by strace   {dict(sorted(strace.items()))}")
        results.append({"shim": shim, "strace": strace, "ok": shim == strace})
        for number in range(most):
            call, when = KILLED_AT[number % len(KILLED_AT)], 1 + number // len(KILLED_AT)
            outcome = await killed_by_strace(trial, world, call=call, when=when)
            for finding in outcome.findings:
                _say(f"{call} {when} by strace: {finding}")
            results.append(
                {
                    "call": call,
                    "when": when,
                    "died": outcome.is_fired,
                    "ok": not outcome.findings,
                    "findings": [str(each) for each in outcome.findings],
                }
            )
    died = sum(1 for each in results if each.get("died"))
    _say(f"by strace: {died} of {most} died there, {len(_failed(results))} failed")
    return results


async def _plant_all(folder: Path) -> int:
    """Plant every fault; return 0 if each is found by the check that is to find it."""
    missed = 0
    for number, fault in enumerate(PLANTS):
        place = folder / f"p{number}"
        place.mkdir()
        campaign = Campaign(fault.plan(plant(fault, place)), place, lambda _: None)
        await campaign.run()
        found = {finding.check for finding in campaign.findings}
        points = sum(row.tried for row in campaign.rows)
        is_found = bool(found & fault.found_by)
        missed += not is_found
        by = ", ".join(sorted(check.value for check in found)) or "nothing"
        _print(f"| {fault.name} | {by} | {points} |{'' if is_found else ' NOT FOUND'}")
    return _FAILED if missed else 0


def _table(rows: list[Row]) -> list[str]:
    lines = [
        "| script | side | calls | points | tried | torn | survived | not reached | s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        counts = (sum(row.calls.values()), sum(row.points.values()), row.tried, row.torn)
        rest = (row.survived, row.missed, round(row.seconds))
        lines.append(
            f"| {row.script} | {row.side} | " + " | ".join(map(str, (*counts, *rest))) + " |"
        )
    return lines


def _failed(results: list[dict[str, object]]) -> list[dict[str, object]]:
    return [each for each in results if not each["ok"]]


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
