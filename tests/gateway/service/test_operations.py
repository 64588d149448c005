"""Long work: begun at once, followed by events, ended by itself, by cancelling or a restart."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from typing_extensions import override

from gateway.errors import DataError, NoInputError
from gateway.journal import get_journal
from gateway.operating import RESTARTED, OperationRow, OperationState, OperationStore
from gateway.people import Role
from gateway.service.operations import MOST_AT_ONCE, Operations, Progress
from tests.gateway.full import Full
from tests.gateway.network import LoopClock, Node, Wire, network
from tests.gateway.officer.callers import somebody
from tests.gateway.officer.office import office, services_of
from tests.gateway.service.world import scenario

OFFICER = somebody(Role.OFFICER, person=1)
OTHER = somebody(Role.OFFICER, person=2)


class Hasty(LoopClock):
    """A clock of which every wait is over at once."""

    @override
    async def sleep(self, seconds: float) -> None:
        """Let the others go on."""
        await asyncio.sleep(0)


def operations_of(node: Node) -> Operations:
    """Return the use case of a node."""
    return Operations(node.store, node.clock, get_journal("test"))


async def until(
    node: Node, row: OperationRow, holds: Callable[[OperationRow], bool]
) -> OperationRow:
    """Wait by the node's events until work is as it should be; return it."""
    while True:
        seen = node.store.newest_event
        found = await node.store.operation(row.id)
        assert found is not None
        if holds(found):
            return found
        await node.store.wait_for_events(seen, 30)


async def ended(node: Node, row: OperationRow) -> OperationRow:
    """Wait until work has ended; return it."""
    return await until(node, row, lambda found: found.state is not OperationState.RUNNING)


@scenario
async def test_work_tells_how_far_it_is_and_what_came_of_it(tmp_path: Path) -> None:
    """Whoever asked follows by events; others do not see it, operators do."""
    async with network(tmp_path, ["RO/1"], Wire()) as net:
        node = net["RO/1"]
        operations, goes_on = operations_of(node), asyncio.Event()

        async def work(progress: Progress) -> str:
            progress(4, 9)
            await goes_on.wait()
            progress(9, 9)
            return '{"size": 9}'

        before = node.store.newest_event
        row = await operations.begin("verify", "leaves", work, by=OFFICER)
        await until(node, row, lambda found: found.done == 4)
        goes_on.set()
        done = await ended(node, row)
        assert (done.state, done.done, done.result) == (OperationState.DONE, 9, '{"size": 9}')
        assert done.ended_ms is not None
        told = await node.store.events(after=before, limit=9)
        assert [one.what for one in told if one.kind == "operation"] == [
            f"{row.id} running",
            f"{row.id} running",
            f"{row.id} done",
        ]
        with pytest.raises(NoInputError):
            await operations.get(row.id, by=OTHER)
        assert await operations.of(OTHER) == ()
        assert await operations.of(somebody(Role.OPERATOR, person=9)) == (done,)


@scenario
async def test_work_fails_with_a_code_and_a_bug_is_called_so(tmp_path: Path) -> None:
    """What it failed with is a word that can be looked up."""
    async with network(tmp_path, ["RO/1"], Wire()) as net:
        operations = operations_of(net["RO/1"])

        async def refused(_progress: Progress) -> str | None:
            await asyncio.sleep(0)
            raise NoInputError("no such log")

        async def broken(_progress: Progress) -> str | None:
            await asyncio.sleep(0)
            raise ZeroDivisionError

        for work, code in ((refused, "not_found"), (broken, "bug")):
            row = await operations.begin("verify", "leaves", work, by=OFFICER)
            failed = await ended(net["RO/1"], row)
            assert (failed.state, failed.problem) == (OperationState.FAILED, code)


@scenario
async def test_work_is_cancelled_and_what_ended_stays(tmp_path: Path) -> None:
    """A second cancelling changes nothing; too much at once is refused."""
    async with network(tmp_path, ["RO/1"], Wire()) as net:
        operations = operations_of(net["RO/1"])

        async def endless(_progress: Progress) -> str | None:
            await asyncio.Event().wait()
            return None

        rows = [
            await operations.begin("verify", "leaves", endless, by=OFFICER)
            for _ in range(MOST_AT_ONCE)
        ]
        with pytest.raises(DataError):
            await operations.begin("verify", "leaves", endless, by=OFFICER)
        for _again in range(2):
            row = await operations.cancel(rows[0].id, by=OFFICER)
            assert row.state is OperationState.CANCELLED
        with pytest.raises(NoInputError):
            await operations.cancel("00" * 16, by=OFFICER)
        await operations.close()
        again = operations_of(net["RO/1"])
        await again.recover()
        found = await again.get(rows[1].id, by=OFFICER)
        assert (found.state, found.problem) == (OperationState.FAILED, RESTARTED)
        assert (await again.get(rows[0].id, by=OFFICER)).state is OperationState.CANCELLED


@scenario
async def test_log_is_verified_while_nobody_waits(tmp_path: Path) -> None:
    """202 with the place to look; the result is that of the stream."""
    async with network(tmp_path, ["RO/1"], Wire()) as net:
        services = services_of(net["RO/1"])
        assert services.operations is not None
        async with office(services, OFFICER) as ask:
            status, begun = await ask("POST", "/log/verifications", Prefer="respond-async")
            assert (status, begun["state"], begun["kind"]) == (202, "running", "verify")
            row = await services.operations.get(begun["id"], by=OFFICER)
            await ended(net["RO/1"], row)
            status, view = await ask("GET", f"/operations/{begun['id']}")
            assert (status, view["state"], view["result"]["faults"]) == (200, "done", [])
            assert view["done"] == view["total"] == view["result"]["size"]
            _, listed = await ask("GET", "/operations")
            assert listed["items"] == [view]
            assert (await ask("DELETE", f"/operations/{begun['id']}"))[1] == view
            status, problem = await ask("GET", f"/operations/{'00' * 16}")
            assert (status, problem["code"]) == (404, "not_found")


@scenario
async def test_end_of_work_that_a_full_disk_met_is_noted_once_there_is_room(tmp_path: Path) -> None:
    """An export fills the disk: whoever waits for it must not wait until the next start."""
    async with network(tmp_path, ["RO/1"], Wire()) as net:
        node = net["RO/1"]
        full = Full(node.store, "note_operation")
        operations = Operations(cast("OperationStore", full), Hasty(), get_journal("test"))
        goes_on = asyncio.Event()

        async def work(progress: Progress) -> str:
            await goes_on.wait()
            progress(1, 1)
            return "{}"

        full.has_room = True
        row = await operations.begin("export", "cases", work, by=OFFICER)
        full.has_room = False
        goes_on.set()
        await net.turn_until(lambda: full.refusals > 1)
        full.has_room = True
        assert (await ended(node, row)).state is OperationState.DONE
