"""A node dies at a call of an exchange, on either side: nothing lost, nothing twice, logs whole.

A part of what `make crash` tries: one script, both sides, every so many of its calls, in each way
to die. That the harness can fail is shown by faults planted into a copy of the sources.
"""

import asyncio
from pathlib import Path
from typing import Final

import pytest

from tests.crash.campaign import Campaign, Plan
from tests.crash.commands import Generation
from tests.crash.desk_scripts import DraftScript, PeopleScript
from tests.crash.planted import PLANTS, Plant, plant
from tests.crash.points import Outcome, Point, Trial, points_of
from tests.crash.processes import fork_server
from tests.crash.scripts import Restore, Submit
from tests.crash.shim import Call, Kind, Mode, Place, ToolMissingError, compile_shim
from tests.crash.traced import counted_twice, killed_by_strace, require_strace
from tests.crash.world import Side, open_world

POINTS: Final = 24
FEW: Final = 2
OFTEN: Final = (PLANTS[0], PLANTS[1], PLANTS[6])
"""The planted faults of every run, found within a few points; the others with the long runs."""


def run(plan: Plan, folder: Path) -> Campaign:
    """Run a plan; a machine that cannot is named at the end of the suite."""
    told: list[str] = []
    campaign = Campaign(plan, folder, told.append)
    try:
        asyncio.run(campaign.run())
    except ToolMissingError as error:
        pytest.skip(str(error))
    return campaign


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a short name: sockets lie in it."""
    return tmp_path_factory.mktemp("k")


def test_node_killed_at_a_call_of_an_exchange_loses_nothing_and_delivers_nothing_twice(
    folder: Path,
) -> None:
    """Sender and receiver in turn; what either let out is in its files the moment it is dead."""
    campaign = run(Plan(scripts=(Submit,), most=POINTS, worlds=2), folder)
    assert [str(each) for each in campaign.findings] == []
    for row in campaign.rows:
        assert row.tried >= POINTS // 2, f"{row.side}: {row.missed} were not reached"
        assert row.torn, "no call died in its middle"
        assert {"write wal", "sync wal", "write anchor", "send peer"} <= row.calls.keys()


def test_node_killed_in_its_first_start_or_while_people_write_keeps_its_word(folder: Path) -> None:
    """After a restore a person opens the gate of the signature, and a kill may come right then.

    A draft on its way, an account that is administered, and a log that is given up keep each step
    that was answered, with its act, once.
    """
    scripts = (Restore, DraftScript, PeopleScript, Generation)
    campaign = run(Plan(scripts=scripts, most=FEW, worlds=2), folder)
    assert [str(each) for each in campaign.findings] == []
    assert all(row.tried >= FEW // 2 for row in campaign.rows)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(each, id=each.name, marks=() if each in OFTEN else pytest.mark.soak)
        for each in PLANTS
    ],
)
def test_planted_fault_is_found(fault: Plant, folder: Path) -> None:
    """A harness that cannot fail shows nothing."""
    campaign = run(fault.plan(plant(fault, folder)), folder)
    found = {finding.check for finding in campaign.findings}
    assert found & fault.found_by, f"{sum(row.tried for row in campaign.rows)} points: {found}"


def test_strace_counts_the_same_calls_and_kills_nodes_that_survive(folder: Path) -> None:
    """The library that counts and kills is held against a tool that shares nothing with it."""
    try:
        library = compile_shim(folder)
        require_strace()
    except ToolMissingError as error:
        pytest.skip(str(error))

    async def scenario() -> Outcome:
        async with fork_server(library) as server, open_world(server, folder / "w") as world:
            trial = Trial(world)
            await trial.warm_up()
            shim, strace = await counted_twice(world, library, folder / "log")
            assert shim == strace
            assert shim["WRITE"] > 100
            return await killed_by_strace(trial, world, call="pwrite64", when=60)

    outcome = asyncio.run(scenario())
    assert outcome.is_fired
    assert [str(each) for each in outcome.findings] == []


def test_points_are_before_each_call_within_each_that_has_bytes_and_after_each_that_is_seen() -> (
    None
):
    """A call without bytes cannot be torn; after a sync there is what is before the next call."""
    calls = (
        Call(Kind.WRITE, Place.WAL, 24),
        Call(Kind.SYNC, Place.WAL, 0),
        Call(Kind.SEND, Place.WAKE, 1),
        Call(Kind.SEND, Place.PEER, 900),
        Call(Kind.SYNC, Place.ANCHOR, 0),
    )
    counted = Outcome(point=Point(script=Submit, side=Side.SENDER), calls=calls)
    assert [(point.target, point.mode) for point in points_of(counted)] == [
        (1, Mode.BEFORE),
        (1, Mode.TORN),
        (2, Mode.BEFORE),
        (3, Mode.BEFORE),
        (4, Mode.BEFORE),
        (4, Mode.TORN),
        (4, Mode.AFTER),
        (5, Mode.BEFORE),
        (5, Mode.AFTER),
    ]
