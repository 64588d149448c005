"""The engine over real services: back-off, wake-up, other lanes, ends, and death at any moment."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from typing_extensions import override

from gateway.delivery.engine import BULK
from gateway.ports import Route
from gateway.service.dispatch import Progress
from gateway.service.patience import PatientTransport
from keys.recipient import RecipientKey, RecipientSecret
from protocol.answer import ErrorAnswer, encode_error
from protocol.cases.ladder import MessageState
from protocol.delivery.circuit import OPENS_AFTER, SLOTS_MOST, Phase
from protocol.delivery.urgency import Urgency
from protocol.errors import Code
from protocol.identifiers import NodeId
from tests.bench.backlog import accepted, envelope, queue
from tests.gateway.network import DAY_MS, LoopClock, Network, Wire, network
from tests.gateway.service.invariants import check_invariants
from tests.gateway.service.test_remedies import refusing
from tests.gateway.service.world import (
    DE,
    FR,
    RO,
    ask,
    pass_time,
    received_by,
    request,
    scenario,
    send,
    settled,
    state_of,
    until_state,
)
from tests.gateway.wire import as_it_is, losing

NAMES = ["DE/1", "FR/1", "RO/1"]


def failures(net: Network, name: str) -> dict[NodeId, int]:
    """Return the lanes of a node that fail."""
    return net[name].runtime.engine.waiting_since_failure()


@scenario
async def test_node_out_of_reach_is_tried_ever_more_rarely_and_shown(tmp_path: Path) -> None:
    """The wait grows to the cap of the class, is stored, and health names the node."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, NAMES, wire, run=["FR/1"]) as net:
        await send(net["FR/1"], request(urgency="urgent"))
        waits = []
        for count in range(1, 8):
            await net.turn_until(partial(_has_failed, net, count))
            ((failed, wait_ms, due_ms, error),) = _lane(net)
            assert (failed, due_ms - net.clock.ms, error) == (count, wait_ms, "unreached")
            waits.append(wait_ms)
            await net.advance(wait_ms - 1)
            await _turns(net)
            assert failures(net, "FR/1") == {RO: count}
            await net.advance(1)
        assert waits[0] <= 6_000
        assert max(waits) <= 60_000
        checks = {check.name: check for check in net["FR/1"].runtime.health.report()}
        assert not checks["peers"].ok
        assert "RO/1" in checks["peers"].detail


@scenario
async def test_contact_from_the_node_ends_the_wait_at_once(tmp_path: Path) -> None:
    """A peer that returns sends its own greeting first: our backlog goes then."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, NAMES, wire, run=["FR/1"]) as net:
        mid = (await send(net["FR/1"], request())).mid
        await net.turn_until(lambda: failures(net, "FR/1") == {RO: 1})
        wire.cut.clear()
        net["FR/1"].runtime.engine.contacted(DE)
        assert failures(net, "FR/1") == {RO: 1}
        await net.run("RO/1")
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        await net.turn_until(lambda: failures(net, "FR/1") == {})
        await net.turn_until(settled(net))
        await check_invariants(net)


@scenario
async def test_broken_neighbour_delays_nobody_else(tmp_path: Path) -> None:
    """Lanes are of nodes: one that is dead costs the others nothing."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, NAMES, wire) as net:
        stuck = (await send(net["FR/1"], request(1, to="RO"))).mid
        await net.turn_until(lambda: failures(net, "FR/1") == {RO: 1})
        mid = (await send(net["FR/1"], request(2, to="DE"))).mid
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        assert await state_of(net["FR/1"], stuck) is MessageState.QUEUED


class Holding(Wire):
    """A wire on which frames to one node take until they are let go."""

    def __init__(self, held: NodeId, cut: set[tuple[NodeId, NodeId]]) -> None:
        super().__init__(cut=cut, keep=True)
        self.held = held
        self.let_go = asyncio.Event()

    @override
    async def delay(self) -> None:
        """Hold whoever has just handed over a frame for that node."""
        if self.captured and self.captured[-1][1] == self.held:
            await self.let_go.wait()


@scenario
async def test_lane_that_fails_counts_against_no_other_lane_with_work(tmp_path: Path) -> None:
    """A node that is dead would else put every lane off, ever longer each time."""
    wire = Holding(DE, cut={(FR, RO)})
    async with network(tmp_path, NAMES, wire, run=["FR/1", "DE/1"]) as net:
        mid = (await send(net["FR/1"], request(1, to="DE"))).mid
        await net.turn_until(lambda: bool(wire.captured))
        await send(net["FR/1"], request(2, to="RO"))
        await net.turn_until(lambda: RO in failures(net, "FR/1"))
        await _turns(net)
        assert failures(net, "FR/1") == {RO: 1}
        wire.let_go.set()
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)


@scenario
async def test_emergency_does_not_wait_for_the_timer_of_less_urgent_items(tmp_path: Path) -> None:
    """A new P0 makes its lane due now, also when the lane waits for minutes."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, NAMES, wire, run=["FR/1"]) as net:
        await send(net["FR/1"], request(1))
        count, wait_ms, due_ms = 0, 0, 0
        while wait_ms <= 15_000:
            await net.advance(wait_ms)
            count += 1
            await net.turn_until(partial(_has_failed, net, count))
            ((_, wait_ms, due_ms, _),) = _lane(net)
        frames = net.wire.frames
        mid = (await send(net["FR/1"], request(2, urgency="emergency"))).mid
        await net.turn_until(lambda: net.wire.frames > frames)
        assert net.clock.ms < due_ms
        wire.cut.clear()
        await net.run("RO/1")
        await net.advance(15_000)
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)


@scenario
async def test_peer_that_refuses_is_not_shown_as_out_of_reach(tmp_path: Path) -> None:
    """It answers: what it refused waits by itself, and the lane goes on."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, NAMES, wire, run=["FR/1"]) as net:
        await send(net["FR/1"], request())
        await net.turn_until(lambda: failures(net, "FR/1") == {RO: 1})
        wire.cut.clear()
        busy = ErrorAnswer(code=Code.BUSY, mid=None, t_ms=1, retry_ms=5_000, size=None)
        wire.answering = lambda *_: (503, encode_error(busy))
        await net.advance(6_000)
        await net.turn_until(lambda: failures(net, "FR/1") == {})
        await _turns(net)
        frames = wire.frames
        await _turns(net)
        assert wire.frames == frames, "a busy peer is not asked again before its time"
        assert ask(net["FR/1"], "SELECT code, attempts FROM outbox") == [("E_BUSY", 2)]


@scenario
async def test_large_batch_whose_link_is_refused_waits_with_it(tmp_path: Path) -> None:
    """What does not fit beside an unconfirmed checkpoint must not spin when the link is refused."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        for number in range(40):
            await send(net["FR/1"], request(number))
        busy = ErrorAnswer(code=Code.BUSY, mid=None, t_ms=1, retry_ms=5_000, size=None)
        wire.answering = lambda *_: (503, encode_error(busy))
        dispatch = net["FR/1"].runtime.dispatch
        assert await dispatch.deliver(RO, BULK) is Progress.REFUSED
        assert wire.frames == 1
        assert ask(net["FR/1"], "SELECT DISTINCT code FROM outbox") == [("E_BUSY",)]
        assert await dispatch.deliver(RO, BULK) is Progress.IDLE
        pass_time(net, 5_000)
        wire.answering = losing(lambda path: path == Route.ENVELOPES, 1)
        assert await dispatch.deliver(RO, BULK) is Progress.FAILED
        assert ask(net["FR/1"], "SELECT DISTINCT code FROM outbox") == [("transport",)]
        assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED
        assert ask(net["FR/1"], "SELECT count(*) FROM outbox") == [(0,)]
        sizes = ask(net["RO/1"], "SELECT count(*) FROM inbox")
        assert sizes == [(40,)]


@scenario
async def test_peer_that_has_moved_on_each_time_is_followed_and_nothing_waits(
    tmp_path: Path,
) -> None:
    """Rule 18: more answers on their way than may be refused in vain put no message off."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        for number in range(9):
            await send(net["FR/1"], request(number))
        signed = [size for (size,) in ask(net["FR/1"], "SELECT size FROM checkpoint ORDER BY size")]
        assert len(signed) >= 9
        left = iter(signed[:8])

        def answering(node: NodeId, path: str, status: int, body: bytes) -> tuple[int, bytes]:
            size = next(left, None)
            if size is None:
                return as_it_is(node, path, status, body)
            moved = ErrorAnswer(code=Code.LOG_POSITION, mid=None, t_ms=1, retry_ms=None, size=size)
            return 409, encode_error(moved)

        wire.answering = answering
        assert await net["FR/1"].runtime.dispatch.deliver(RO, BULK) is Progress.DELIVERED
        assert wire.frames > 8
        assert ask(net["FR/1"], "SELECT count(*) FROM outbox") == [(0,)]


@scenario
async def test_what_an_empty_frame_goes_ahead_of_rides_once_a_refusal_covers_it(
    tmp_path: Path,
) -> None:
    """After a start the peer's word that it holds our head is all that a batch needs."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        for number in range(40):
            await send(net["FR/1"], request(number))
        assert await net["FR/1"].runtime.dispatch.contact(RO) is Progress.DELIVERED
        again = await net.restart("FR/1")
        before = wire.frames
        assert await again.runtime.dispatch.deliver(RO, BULK) is Progress.DELIVERED
        assert wire.refusals == {"E_LOG_POSITION": 1}
        assert wire.frames == before + 2, "refused empty, then all that waits rides"
        assert ask(again, "SELECT count(*) FROM outbox") == [(0,)]


@scenario
async def test_position_refused_without_end_is_put_off_and_told(tmp_path: Path) -> None:
    """Rule 18: after five in a row it backs off; a refusal from the very size named is an alarm."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        mid = (await send(net["FR/1"], request())).mid
        liar = ErrorAnswer(code=Code.LOG_POSITION, mid=None, t_ms=1, retry_ms=None, size=0)
        wire.answering = lambda *_: (409, encode_error(liar))
        dispatch = net["FR/1"].runtime.dispatch
        assert await dispatch.deliver(RO, BULK) is Progress.REFUSED
        assert wire.frames == 6
        ((code, next_ms),) = ask(net["FR/1"], "SELECT code, next_ms FROM outbox")
        assert (code, next_ms - net.clock.ms) == ("E_LOG_POSITION", 10_000)
        assert net["FR/1"].metrics.value("a35_alarms_total", {"kind": "E_LOG_POSITION"}) == 6
        assert await dispatch.contact(RO) is Progress.REFUSED
        wire.answering = as_it_is
        pass_time(net, 10_000)
        assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED
        assert await state_of(net["FR/1"], mid) is MessageState.ACCEPTED


@scenario
async def test_error_on_the_way_gives_every_lease_back(tmp_path: Path) -> None:
    """Whatever ends a worker, what it had claimed waits again."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        await send(net["FR/1"], request())
        dispatch = net["FR/1"].runtime.dispatch

        def break_down(*_: object) -> tuple[int, bytes]:
            raise RuntimeError("a fault of our own")

        wire.answering = break_down
        with pytest.raises(RuntimeError):
            await dispatch.deliver(RO, BULK)
        wire.answering = as_it_is
        assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED


@scenario
async def test_commit_that_fails_backs_the_lane_off(tmp_path: Path) -> None:
    """What could not be written down did not happen; it is tried again, later."""
    wire = Wire()
    async with network(tmp_path, ["FR/1", "RO/1"], wire, run=["FR/1"]) as net:
        await net.turn_until(lambda: bool(ask(net["FR/1"], "SELECT 1 FROM peer_key_set")))
        lanes = net["FR/1"].store._core.lanes
        refuse = refusing(Code.KEM_EXPIRED, 1_000)

        def answering(node: NodeId, path: str, status: int, body: bytes) -> tuple[int, bytes]:
            if path == "/v1/keys":
                lanes.leases.end(lanes.leases.all())  # new wraps need the lease
            return refuse(node, path, status, body)

        wire.answering = answering
        mid = (await send(net["FR/1"], request())).mid
        await net.turn_until(partial(_has_failed, net, 1))
        wire.answering = as_it_is
        await net.run("RO/1")
        await net.advance(6_000)
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)


@scenario
async def test_message_that_never_arrived_is_closed_at_its_end_with_notice(tmp_path: Path) -> None:
    """No end that nobody is told of: `expired` is an event and a state."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, NAMES, wire, run=["FR/1"]) as net:
        document = request() | {"valid_until": "2026-11-23T03:00:00Z"}
        mid = (await send(net["FR/1"], document)).mid
        await net.turn_until(lambda: failures(net, "FR/1") == {RO: 1})
        await net.advance(DAY_MS)
        await until_state(net["FR/1"], mid, MessageState.EXPIRED)
        assert ask(net["FR/1"], "SELECT count(*) FROM outbox") == [(0,)]
        last = (await net["FR/1"].store.timeline(FR, mid))[-1]
        assert (last.kind, last.what) == ("message.state", "expired")


@scenario
async def test_late_receipt_wins_over_expired(tmp_path: Path) -> None:
    """The answer was lost until after the end; what was consigned there counts as consigned."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        document = request() | {"valid_until": "2026-11-23T03:00:00Z"}
        mid = (await send(net["FR/1"], document)).mid
        wire.answering = losing(lambda path: path == Route.ENVELOPES, 1)
        await net["FR/1"].runtime.dispatch.deliver(RO, BULK)
        wire.answering = as_it_is
        net.clock.ms += DAY_MS
        assert await net["FR/1"].store.expire(now_ms=net.clock.ms) == 1
        assert await state_of(net["FR/1"], mid) is MessageState.EXPIRED
        await net.run("RO/1")
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        await net.turn_until(settled(net))
        await check_invariants(net)


@pytest.mark.parametrize("victim", ["FR/1", "RO/1"])
@pytest.mark.parametrize("turns", [0, 3, 10, 30, 60, 100, 200])
def test_crash_at_any_moment_delivers_once(victim: str, turns: int, tmp_path: Path) -> None:
    """Either side dies, is opened on what its disk held, and everything arrives once."""

    async def run() -> None:
        async with network(tmp_path, ["FR/1", "RO/1"], Wire(seed=turns, turns=8)) as net:
            mids = [(await send(net["FR/1"], request(number))).mid for number in range(5)]
            for _ in range(turns):
                await net.wire.turn()
            await net.crash(victim)
            await net.run(victim)
            await net.turn_until(lambda: pass_time(net) and settled(net)())
            for mid in mids:
                await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
            await net.turn_until(lambda: pass_time(net) and settled(net)())
            assert len(await received_by(net["RO/1"])) == len(mids)
            assert await check_invariants(net) >= len(mids)

    asyncio.run(run())


@scenario
async def test_restart_resumes_what_waits_and_forgets_the_wait(tmp_path: Path) -> None:
    """A new start tries at once: what failed before may be mended."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, NAMES, wire, run=["FR/1", "RO/1"]) as net:
        mid = (await send(net["FR/1"], request())).mid
        await net.turn_until(lambda: failures(net, "FR/1") == {RO: 1})
        wire.cut.clear()
        await net.restart("FR/1")
        await net.run("FR/1")
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)


@scenario
async def test_circuit_opens_after_three_failures_and_one_item_probes(tmp_path: Path) -> None:
    """A dead node costs one attempt with one item, however much waits for it."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, NAMES, wire, run=["FR/1"]) as net:
        for number in range(5):
            await send(net["FR/1"], request(number))
        await _until_open(net)
        view = net["FR/1"].runtime.engine.views()[RO]
        assert (view.phase, view.failures) == (Phase.OPEN, 3)
        assert net["FR/1"].metrics.value("a35_lane_state", {"peer": "RO/1"}) == 2
        before = dict(ask(net["FR/1"], "SELECT id, attempts FROM outbox"))
        await net.advance(_lane(net)[0][1])
        await net.turn_until(partial(_has_failed, net, 4))
        after = dict(ask(net["FR/1"], "SELECT id, attempts FROM outbox"))
        assert [item for item in after if after[item] != before[item]] == [min(after)]
        wire.cut.clear()
        net["FR/1"].runtime.engine.contacted(RO)
        await net.turn_until(lambda: ask(net["FR/1"], "SELECT count(*) FROM outbox") == [(0,)])
        await net.turn_until(lambda: RO not in net["FR/1"].runtime.engine.views())
        assert _lane(net)[0][0] == 0


@scenario
async def test_restart_tries_an_open_lane_at_once_and_goes_on_waiting_longer(
    tmp_path: Path,
) -> None:
    """What the row of the lane says is a hint: the reason may be gone, or not."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, NAMES, wire, run=["FR/1"]) as net:
        await send(net["FR/1"], request())
        await _until_open(net)
        await net.restart("FR/1")
        await net.run("FR/1")
        await net.turn_until(partial(_has_failed, net, 4))


@scenario
async def test_backlog_after_a_long_outage_waits_its_time_unless_the_node_calls(
    tmp_path: Path,
) -> None:
    """Everybody else has a backlog for it as well; what is urgent goes at once."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, NAMES, wire, run=["FR/1"]) as net:
        for number in range(4):
            await send(net["FR/1"], request(number))
        await _until_open(net)
        net.clock.ms += 600_000
        wire.cut.clear()
        await net.advance(0)
        await net.turn_until(lambda: _left(net) == 3)
        await _turns(net)
        assert _left(net) == 3, "the probe carried one"
        urgent = (await send(net["FR/1"], request(9, urgency="urgent"))).mid
        await until_state(net["FR/1"], urgent, MessageState.ACCEPTED)
        assert _left(net) == 3
        net["FR/1"].runtime.engine.contacted(RO)
        await net.turn_until(lambda: _left(net) == 0)


@scenario
async def test_changed_directory_entry_wakes_its_lane_and_what_was_put_off(
    tmp_path: Path,
) -> None:
    """A new address is a reason to try; so is it for what was stuck."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, NAMES, wire, run=["FR/1"]) as net:
        engine, directory = net["FR/1"].runtime.engine, net["FR/1"].directory
        mid = (await send(net["FR/1"], request())).mid
        await net.turn_until(partial(_has_failed, net, 1))
        wire.cut.clear()
        await engine.directory_changed()
        await _turns(net)
        assert failures(net, "FR/1") == {RO: 1}, "nothing of RO/1 changed"
        moved = directory.entries[RO].model_copy(update={"endpoints": ("https://localhost:2",)})
        directory.entries = directory.entries | {RO: moved}
        wire.answering = refusing(Code.SCHEMA, 1)
        await engine.directory_changed()
        await net.turn_until(lambda: ask(net["FR/1"], "SELECT stuck FROM outbox") == [(1,)])
        await engine.directory_changed()
        await until_state(net["FR/1"], mid, MessageState.ACCEPTED)


@scenario
async def test_call_that_never_returns_ends_by_the_clock_and_its_items_go_again(
    tmp_path: Path,
) -> None:
    """A stuck transport holds nothing for ever, and no item is blamed."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=["FR/1"]) as net:
        known = "SELECT count(*) FROM peer_key_set"
        await net.turn_until(lambda: ask(net["FR/1"], known) == [(len(NAMES) - 1,)])
        patient = net["FR/1"].runtime.dispatch._transport
        assert isinstance(patient, PatientTransport)
        real, stuck = patient._transport, Stuck()
        patient._transport = stuck
        patient._clock = timer = Timer()
        mid = (await send(net["FR/1"], request())).mid
        await net.turn_until(lambda: stuck.calls == 1)
        assert timer.asked[-1] > 30.0
        patient._transport = real
        timer.over.set()
        await net.turn_until(partial(_has_failed, net, 1))
        assert ask(net["FR/1"], "SELECT code, stuck FROM outbox") == [("time_out", 0)]
        patient._clock = net.clock
        net["FR/1"].runtime.engine.contacted(RO)
        await until_state(net["FR/1"], mid, MessageState.ACCEPTED)


@scenario
async def test_lease_of_a_lost_worker_ends_after_twice_its_time(tmp_path: Path) -> None:
    """Nobody settled, nobody gave back; a fence keeps the old claim from counting."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        await send(net["FR/1"], request())
        store = net["FR/1"].store
        claim = partial(
            store.claim, RO, None, now_ms=net.clock.ms, max_items=9, max_bytes=10**6, below=None
        )
        (lost,) = await claim()
        assert await store.extend([lost])
        net.clock.ms += 61_000
        assert await store.extend([lost]), "it is still the one that holds it"
        net.clock.ms += 70_000
        (again,) = await claim()
        assert again.fence > lost.fence
        assert not await store.extend([lost])


@scenario
async def test_emergency_behind_thousands_of_bulk_items_is_in_the_next_frame(
    tmp_path: Path,
) -> None:
    """It costs no more frames than alone, and none of the bulk goes before it."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=[]) as net:
        key = RecipientKey(RecipientSecret(net["RO/1"].keys.prekeys[0].seed).public)
        node, now_ms = net["FR/1"], net.clock.ms
        bulk = [envelope(n, RO, Urgency.P3, key, now_ms=now_ms) for n in range(1, 5001)]
        await queue(node.store, bulk, now_ms)
        await net.run("FR/1")
        await net.turn_until(lambda: _left(net) < 5000)
        urgent = envelope(10**6, RO, Urgency.P0, key, now_ms=now_ms)
        await node.store.submit(urgent, now_ms=now_ms)
        frames = net.wire.frames
        await accepted(node.store, urgent.mid)
        assert net.wire.frames - frames <= 2 * SLOTS_MOST + 2
        assert _left(net) > 4000


@scenario
async def test_idle_lanes_are_not_held_in_memory(tmp_path: Path) -> None:
    """Only lanes with work, or with a fault, cost the engine anything."""
    async with network(tmp_path, NAMES, Wire()) as net:
        for to in ("RO", "DE"):
            mid = (await send(net["FR/1"], request(to=to))).mid
            await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        await net.turn_until(settled(net))
        await net.turn_until(lambda: not net["FR/1"].runtime.engine._lanes)
        net["FR/1"].runtime.engine.hasten(RO)
        assert net["FR/1"].runtime.engine.views() == {}
        assert net["FR/1"].runtime.engine.contacts()[RO].reached_ms == net.clock.ms


class Stuck:
    """A transport whose calls never return."""

    calls = 0

    async def send(self, *_: object, **__: object) -> tuple[int, bytes]:
        """Wait for ever."""
        self.calls += 1
        await asyncio.Event().wait()
        raise AssertionError

    get = put_blob = send

    async def blob_offset(self, *_: object) -> int:
        """Say that nothing is there."""
        return await asyncio.sleep(0, 0)


class Timer(LoopClock):
    """A clock whose waits end when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[float] = []
        self.over = asyncio.Event()

    @override
    async def sleep(self, seconds: float) -> None:
        """Wait for the test."""
        self.asked.append(seconds)
        await self.over.wait()


async def _until_open(net: Network) -> None:
    """Let three attempts of FR/1 fail."""
    for count in (1, 2, 3):
        await net.turn_until(partial(_has_failed, net, count))
        if count < OPENS_AFTER:
            await net.advance(_lane(net)[0][1])


def _left(net: Network) -> int:
    return int(ask(net["FR/1"], "SELECT count(*) FROM outbox WHERE cls > 1")[0][0])


def _lane(net: Network) -> list[tuple[int, int, int, str]]:
    return ask(
        net["FR/1"],
        "SELECT failures, back_off_ms, due_ms, last_error FROM lane WHERE node = 'RO/1'",
    )


def _has_failed(net: Network, count: int) -> bool:
    """Tell whether the lane has waited so often, and its row says so."""
    return failures(net, "FR/1").get(RO) == count == _lane(net)[0][0]


async def _turns(net: Network) -> None:
    for _ in range(200):
        await net.wire.turn()
