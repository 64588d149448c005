"""Plants faults and runs the checks that must find them."""

import asyncio
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Final, assert_never

from tests.crash.campaign import Campaign
from tests.planted.faults import Fault, KillPoints, Simulated, Synced, Tested
from tests.planted.synced import UNSYNCED, calls_of, unsynced
from tests.planted.trees import copy_with

_TESTS_FAILED: Final = 1
_LONGEST_S: Final = 300
_ENDLESS: Final = -9
_HELD: Final = "all seeds held"
_SIMULATE: Final = (
    "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31));"
    " from gateway.simulator.command import simulate;"
    " sys.exit(simulate({}, jobs=1, json=True))"
)
_SENTENCE: Final = re.compile(r"^  ([\w ]+): ", re.MULTILINE)
_FAILED_TEST: Final = re.compile(r"^FAILED \S+::(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What became of one fault.

    Attributes:
        name: Of the fault.
        check: The kind of check that was to find it.
        by: What did; empty if nothing did.
        why: What went wrong if nothing did.
        seconds: Together.
    """

    name: str
    check: str
    by: tuple[str, ...] = field(default=())
    why: str = ""
    seconds: float = 0.0

    @property
    def is_found(self) -> bool:
        """Whether the check found it."""
        return bool(self.by)

    def as_json(self) -> dict[str, object]:
        """Return it for programs."""
        return {
            "name": self.name,
            "check": self.check,
            "found": self.is_found,
            "by": list(self.by),
            "why": self.why,
            "seconds": round(self.seconds, 1),
        }


def try_fault(fault: Fault) -> Found:
    """Plant one fault and run its check.

    Args:
        fault: Which.

    Raises:
        PlantError: The sources have changed so that it cannot be planted any more.
        ToolMissingError: There is no C compiler, and the check needs one.
    """
    began = monotonic()
    with TemporaryDirectory(prefix="p") as folder:
        place = Path(folder)
        tree = copy_with(fault.edits, place, tests=isinstance(fault.check, Tested))
        by, why = _checked(fault, tree, place)
    return Found(
        name=fault.name,
        check=name_of(fault),
        by=tuple(sorted(by)),
        why=why,
        seconds=monotonic() - began,
    )


def name_of(fault: Fault) -> str:
    """Return how the table names the check of a fault."""
    match fault.check:
        case KillPoints():
            return "kill points"
        case Synced():
            return "order of syncs"
        case Simulated():
            return "simulator"
        case Tested(module=module):
            return f"tests/{module}"
        case _:
            assert_never(fault.check)


def _checked(fault: Fault, tree: Path, place: Path) -> tuple[set[str], str]:
    """Return what found a fault, and why nothing did."""
    match fault.check:
        case KillPoints(plant=plant):
            campaign = Campaign(plant.plan(tree), place, lambda _: None)
            asyncio.run(campaign.run())
            found = {each.check for each in campaign.findings}
            points = sum(row.tried for row in campaign.rows)
            return {each.value for each in found & plant.found_by}, f"{points} points were survived"
        case Synced(side=side):
            early = unsynced(asyncio.run(calls_of(side, place, tree=tree)))
            return ({UNSYNCED} if early else set()), "all heads left after a sync"
        case Simulated():
            return _simulated(fault.check, tree)
        case Tested(module=module):
            return _tested(module, tree)
        case _:
            assert_never(fault.check)


def _simulated(check: Simulated, tree: Path) -> tuple[set[str], str]:
    if not _passes(replace(check, shows=frozenset())):
        return set(), "the sources as they are fail these seeds too"
    sentences, why = _simulate(check, tree)
    return sentences & check.shows, why


@cache
def _passes(check: Simulated) -> bool:
    """Tell whether the sources as they are pass the seeds of a check."""
    with TemporaryDirectory(prefix="p") as folder:
        sentences, why = _simulate(check, copy_with((), Path(folder)))
        return why == _HELD and not sentences


def _simulate(check: Simulated, tree: Path) -> tuple[set[str], str]:
    """Run seeds; return what the report says is wrong, and how the command failed otherwise."""
    asked = f"seeds={check.seeds}, start={check.start}, faults={','.join(check.kinds)!r}"
    done = _run(("-c", _SIMULATE.format(asked)), tree)
    try:
        failing = bool(json.loads(done.stdout)["failing_seeds"])
    except (ValueError, KeyError):
        return set(), f"no report, exit code {done.returncode}"
    if failing != bool(done.returncode):
        return set(), f"exit code {done.returncode} is not what the report says"
    sentences = set(_SENTENCE.findall(done.stderr))
    return sentences, "" if failing else _HELD


def _tested(module: str, tree: Path) -> tuple[set[str], str]:
    done = _run(("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/{module}"), tree)
    if done.returncode != _TESTS_FAILED:
        failed_otherwise = f"pytest ended with {done.returncode}"
        return set(), failed_otherwise if done.returncode else "no test failed"
    return set(_FAILED_TEST.findall(done.stdout)), "no test is named"


def _run(arguments: tuple[str, ...], tree: Path) -> subprocess.CompletedProcess[str]:
    """Run Python on a copy, in the copy; what does not end is killed."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("A35_", "COVERAGE_", "COV_", "PYTEST_"))
    }
    command = [sys.executable, "-P", *arguments]
    try:
        return subprocess.run(  # noqa: S603 - our own sources
            command,
            cwd=tree,
            env=kept | {"PYTHONPATH": str(tree), "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, _ENDLESS, "", "")
