"""A disk that runs full: what is refused, what goes on, and that room returns by itself."""

import asyncio
from dataclasses import replace
from io import BytesIO
from json import dumps
from pathlib import Path

import pytest

from gateway.errors import StorageError
from gateway.journal import get_journal
from gateway.metrics import Metrics
from gateway.ports import Space
from gateway.service.guard import DiskGuard, passing_over_full
from protocol.answer import Receipted, Refused
from protocol.cases.ladder import MessageState
from protocol.delivery.room import RETRY_MS, Floor, Room
from protocol.delivery.urgency import Urgency
from protocol.errors import Code
from tests.gateway.network import Node, Wire, message_id, network
from tests.gateway.service.hand import Hand
from tests.gateway.service.world import ask, request, scenario, send, state_of, until_state

NAMES = ["FR/1", "RO/1"]
TOTAL = 1000
FLOOR = Floor(least_bytes=100, percent=10)


class Disk:
    """A disk whose free bytes a test says; None: the system does not say."""

    def __init__(self, free: int | None = TOTAL) -> None:
        self.free = free
        self.asked = 0

    def __call__(self) -> Space | None:
        """Measure."""
        self.asked += 1
        return None if self.free is None else Space(free_bytes=self.free, total_bytes=TOTAL)


def guarded(node: Node, free: int) -> Disk:
    """Put a disk under a node."""
    guard, disk = node.runtime._guard, Disk(free)
    guard._measure, guard._floor = disk, FLOOR
    guard.look()
    return disk


def test_change_of_room_is_one_alarm_and_its_end_one_line() -> None:
    """Not one a second."""
    disk, metrics = Disk(), Metrics()
    guard = DiskGuard(disk, floor=FLOOR, journal=get_journal("test"), metrics=metrics)
    for free in (1000, 60, 60, 40, 40, 105, 120):
        disk.free = free
        guard.look()
    assert guard.room is Room.AMPLE
    assert metrics.value("a35_alarms_total", {"kind": "disk"}) == 2
    assert metrics.value("a35_disk_free_bytes") == 120
    assert metrics.value("a35_disk_room") == 0


def test_disk_that_cannot_be_measured_stays_as_it_was() -> None:
    """Nothing is concluded from nothing."""
    disk = Disk(None)
    guard = DiskGuard(disk, floor=FLOOR, journal=get_journal("test"), metrics=Metrics())
    assert guard.describe() == "not measured"
    disk.free = 40
    guard.look()
    disk.free = None
    guard.look()
    assert guard.room is Room.SPENT


def test_full_disk_met_by_a_commit_is_measured_at_once() -> None:
    """The next message must not be let in for a second more; other faults ask nothing."""
    disk = Disk()
    guard = DiskGuard(disk, floor=FLOOR, journal=get_journal("test"), metrics=Metrics())
    disk.free = 10
    rooms = []
    for code in ("storage", "disk_full"):
        with pytest.raises(StorageError), guard.watched():
            raise StorageError("no commit", code=code)
        rooms.append(guard.room)
    assert rooms == [Room.AMPLE, Room.SPENT]


def test_only_a_full_disk_is_passed_over() -> None:
    """A store that is broken must end the node."""

    def commit(code: str) -> None:
        with passing_over_full():
            refuse(code)

    def refuse(code: str) -> None:
        raise StorageError("no commit", code=code)

    commit("disk_full")
    with pytest.raises(StorageError):
        commit("storage")


@scenario
async def test_officer_is_told_what_to_do_and_urgent_documents_are_taken_longest(
    tmp_path: Path,
) -> None:
    """Refused before anything is kept; the sentence says which documents still go."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        node = net["FR/1"]
        disk = guarded(node, 60)
        with pytest.raises(StorageError, match="urgent documents alone") as caught:
            await send(node, request())
        assert (caught.value.code, caught.value.exit_code) == ("disk_full", 74)
        assert "make room" in caught.value.hint
        assert not node.runtime.submit._drafts._drafts
        await send(node, request(number=2, urgency="urgent"))
        disk.free = 40
        node.runtime._guard.look()
        with pytest.raises(StorageError, match="nothing new"):
            await send(node, request(number=3, urgency="emergency"))
        disk.free = TOTAL
        node.runtime._guard.look()
        await send(node, request(number=4))


@scenario
async def test_attachments_of_an_officer_go_by_the_class_of_their_document(tmp_path: Path) -> None:
    """An order belongs to the emergency that it is attached to."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        node = net["FR/1"]
        disk = guarded(node, 60)
        attached = [{"path": "order.txt", "role": "other"}]
        document = request(urgency="urgent") | {"attachments": attached}
        begin = node.runtime.submit.begin
        draft = await begin(dumps(document).encode(), file_sizes={"order.txt": 5})
        await node.runtime.submit.attach(draft.id, 0, BytesIO(b"order"))
        disk.free = 40
        node.runtime._guard.look()
        with pytest.raises(StorageError):
            await node.runtime.submit.attach(draft.id, 0, BytesIO(b"order"))


@scenario
async def test_peer_is_put_off_by_class_and_its_repeats_get_their_receipt(tmp_path: Path) -> None:
    """What was accepted stays so whatever the disk says; nothing is answered without a commit."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        old = await hand.envelope(hand.address(message_id(1)))
        bulk = await hand.envelope(hand.address(message_id(2)))
        urgent = await hand.envelope(replace(hand.address(message_id(3)), cls=Urgency.P1))
        more = await hand.envelope(replace(hand.address(message_id(4)), cls=Urgency.P0))
        await hand.link()
        (first,) = await hand.bring(old)
        assert isinstance(first, Receipted)
        disk = guarded(net["RO/1"], 60)
        again, refused, taken = await hand.bring(old, bulk, urgent)
        assert isinstance(again, Receipted)
        assert again.receipt == first.receipt
        assert isinstance(refused, Refused)
        assert (refused.code, refused.retry_ms) == (Code.STORE, RETRY_MS)
        assert isinstance(taken, Receipted)
        assert not net["RO/1"].runtime.reception.takes_blob(net["FR/1"].id, bytes(32), 1)
        disk.free = 40
        net["RO/1"].runtime._guard.look()
        (late,) = await hand.bring(more)
        assert isinstance(late, Refused)
        assert ask(net["RO/1"], "SELECT count(*) FROM message") == [(2,)]
        disk.free = TOTAL
        net["RO/1"].runtime._guard.look()
        (now,) = await hand.bring(more)
        assert isinstance(now, Receipted)


@scenario
async def test_what_is_under_way_goes_on_while_nothing_new_is_taken(tmp_path: Path) -> None:
    """Receipts are what the other side waits for."""
    async with network(tmp_path, NAMES, Wire()) as net:
        submitted = await send(net["FR/1"], request())
        guarded(net["FR/1"], 0)
        guarded(net["RO/1"], TOTAL)
        await until_state(net["FR/1"], submitted.mid, MessageState.CONSIGNED)
        await net["RO/1"].runtime.act.open(submitted.mid, who="RO/1 desk")
        await until_state(net["FR/1"], submitted.mid, MessageState.OPENED)


@scenario
async def test_opening_that_meets_a_full_disk_is_no_poison(tmp_path: Path) -> None:
    """Room that is missing is no fault of the message: it is counted once, and opened later."""
    async with network(tmp_path, NAMES, Wire(), run=["FR/1"]) as net:
        node = net["RO/1"]
        submitted = await send(net["FR/1"], request())
        await until_state(net["FR/1"], submitted.mid, MessageState.ACCEPTED)
        full = _Full(node)
        node.runtime.consign._store = full  # type: ignore[assignment]  # as far as it is used
        for _ in range(9):
            assert await node.runtime.consign.open_some() == 0
        assert ask(node, "SELECT attempts FROM inbox") == [(1,)]
        full.has_room = True
        assert await node.runtime.consign.open_some() == 1
        assert await state_of(node, submitted.mid) is MessageState.CONSIGNED


class _Full:
    """A store whose disk takes small commits and no contents."""

    def __init__(self, node: Node) -> None:
        self._store = node.store
        self.has_room = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def consign(self, *args: object, **kwargs: object) -> None:
        """Commit, or refuse as the writer does on a full disk."""
        if not self.has_room:
            await asyncio.sleep(0)
            raise StorageError("no room", code="disk_full")
        await self._store.consign(*args, **kwargs)  # type: ignore[arg-type]  # as they came


def test_file_has_room_above_the_floor_or_does_not_begin() -> None:
    """For what is urgent half of the floor is there; a peer's attachment leaves it alone."""
    guard = DiskGuard(Disk(300), floor=FLOOR, journal=get_journal("test"), metrics=Metrics())
    assert not guard.takes_blob(("FR/1", "a"), 201)
    guard.check_file(("draft", "a"), 201, Urgency.P0)
    assert not guard.takes_blob(("FR/1", "a"), 1)
    with pytest.raises(StorageError, match="no room for this file"):
        guard.check_file(("draft", "b"), 50, Urgency.P0)
    guard.check_file(("draft", "b"), 49, Urgency.P1)
    blind = DiskGuard(Disk(None), floor=FLOOR, journal=get_journal("test"), metrics=Metrics())
    assert blind.takes_blob(("FR/1", "a"), 1 << 40)
