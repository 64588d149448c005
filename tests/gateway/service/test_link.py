"""What we hold of other logs: found after a start, joined when overtaken, never two of one."""

import asyncio
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.delivery.engine import BULK
from gateway.errors import TransportError
from gateway.records import Proofs
from gateway.service.dispatch import Progress
from gateway.service.link import PeerLogs
from protocol.answer import Answer
from protocol.cases.ladder import MessageState
from protocol.errors import (
    Code,
    ForkDetectedError,
    LogPositionError,
    MalformedError,
    NotProvenError,
)
from protocol.frame import FrameKind
from protocol.identifiers import NodeId
from protocol.log.checkpoint import Checkpoint, ClaimedCheckpoint, verify_checkpoint
from protocol.standing import LogProof, encode_log_proof
from tests.gateway.network import Network, Node, Wire, message_id, network
from tests.gateway.service.hand import Hand, code_of, twin_of
from tests.gateway.service.invariants import check_invariants
from tests.gateway.service.world import (
    FR,
    RO,
    ask,
    request,
    scenario,
    send,
    settled,
    state_of,
    until_state,
)

NAMES = ["FR/1", "RO/1"]


@scenario
async def test_receiver_that_forgot_a_head_is_met_where_it_stands(tmp_path: Path) -> None:
    """What was linked in memory only is gone after a start: one refusal, and on."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        mid = (await send(net["FR/1"], request(1))).mid
        hand = Hand(net, "FR/1", "RO/1")
        linking = await hand.head(link=True)
        await net["RO/1"].reception.begin(FR, FrameKind.ENVELOPES, linking)
        await net["FR/1"].runtime._standings.confirm(RO, linking.at)
        await net.crash("RO/1")
        await net.run("RO/1")
        await net.run("FR/1")
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        await net.turn_until(settled(net))
        assert net.wire.refusals["E_LOG_POSITION"] >= 1
        assert await check_invariants(net) == 2


@scenario
async def test_sender_that_starts_again_learns_its_standing_from_one_refusal(
    tmp_path: Path,
) -> None:
    """Standings are not stored; the peer's word restores them."""
    async with network(tmp_path, NAMES, Wire()) as net:
        mid = (await send(net["FR/1"], request(1))).mid
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        await net.turn_until(settled(net))
        await net.restart("FR/1")
        assert net["FR/1"].runtime._standings.of(RO).head == 0
        mid = (await send(net["FR/1"], request(2))).mid
        await net.run("FR/1")
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        assert net["FR/1"].runtime._standings.of(RO).head > 0
        await net.turn_until(settled(net))
        await check_invariants(net)


@scenario
async def test_link_begins_at_what_the_answer_before_it_showed(tmp_path: Path) -> None:
    """The receipt of a later stage follows the answer at once: it is not refused for position."""
    async with network(tmp_path, NAMES, Wire()) as net:
        refused = 0
        for number in (1, 2):  # the first one finds out how the logs stand
            refused = net.wire.refusals.get("E_LOG_POSITION", 0)
            mid = (await send(net["FR/1"], request(number))).mid
            await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
            await net.turn_until(settled(net))
        assert net.wire.refusals.get("E_LOG_POSITION", 0) == refused
        await check_invariants(net)


@scenario
async def test_answer_that_was_lost_costs_refusals_and_nothing_else(tmp_path: Path) -> None:
    """What an answer showed may never have come: the peer says where it stands."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        mid = (await send(net["FR/1"], request(1))).mid
        head = net["FR/1"].store.head()
        assert head is not None
        net["FR/1"].runtime._standings.show(RO, head.size)
        await net.run("FR/1")
        await net.turn_until(lambda: "E_LOG_POSITION" in net.wire.refusals)
        await net.run("RO/1")
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        await net.turn_until(settled(net))
        await check_invariants(net)


@scenario
async def test_lying_seen_costs_a_round_trip_and_nothing_else(tmp_path: Path) -> None:
    """A peer that says it holds what it does not: we ride, it refuses, we link."""
    async with network(tmp_path, NAMES, Wire(), run=["FR/1"]) as net:
        await net.turn_until(lambda: net["RO/1"].runtime._logs.head_size(FR) > 0)
        mid = (await send(net["RO/1"], request(to="FR"))).mid
        hand = Hand(net, "FR/1", "RO/1")
        head = net["RO/1"].store.head()
        assert head is not None
        answer = await hand.send(replace(await hand.head(link=True), seen=head.size))
        assert isinstance(answer, Answer)
        assert net["RO/1"].runtime._standings.of(FR).head == head.size
        await net.run("RO/1")
        await until_state(net["RO/1"], mid, MessageState.CONSIGNED)
        await net.turn_until(settled(net))
        await check_invariants(net)


@scenario
async def test_size_that_we_never_signed_is_not_believed(tmp_path: Path) -> None:
    """Neither a number between two heads nor one beyond them moves the standing."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        standings = net["RO/1"].runtime._standings
        await send(net["RO/1"], request(to="FR"))
        signed = {size for (size,) in ask(net["RO/1"], "SELECT size FROM checkpoint")}
        for size in range(12):
            await standings.confirm(FR, size)
            assert standings.of(FR).head == max((s for s in signed if s <= size), default=0)
        await standings.refuse(FR, 2**40)
        assert standings.of(FR).head == 0
        await standings.refuse(FR, min(signed))
        assert standings.of(FR).head == min(signed)


@scenario
async def test_second_history_is_refused_for_good_and_both_notes_are_kept(tmp_path: Path) -> None:
    """Two signed roots at one size: that log is refused, riding frames too, also after a start."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        honest = Hand(net, "FR/1", "RO/1")
        envelope = await honest.envelope(honest.address(message_id(1)))
        await honest.link()
        twin = await twin_of(net, honest)
        other = await twin.envelope(twin.address(message_id(2)))
        answer = await twin.send(await twin.head([other], link=True), [other.body])
        assert code_of(answer) is Code.FORK
        assert code_of(await honest.send(await honest.head([envelope]), [envelope.body])) is (
            Code.FORK
        )
        assert net["RO/1"].metrics.value("a35_alarms_total", {"kind": "E_FORK"}) == 2
        (check,) = [one for one in net["RO/1"].runtime.health.report() if one.name == "forks"]
        assert not check.ok
        again = await net.restart("RO/1")
        assert code_of(
            await replace_to(honest, again).send(await honest.head([envelope]), [envelope.body])
        ) is (Code.FORK)
        ((held, offered),) = ask(again, "SELECT held, offered FROM fork")
        assert ClaimedCheckpoint.parse(held).head.size == ClaimedCheckpoint.parse(offered).head.size
        assert ClaimedCheckpoint.parse(held).head.root != ClaimedCheckpoint.parse(offered).head.root
        assert ask(again, "SELECT count(*) FROM inbox") == [(0,)]
        await twin.me.store.close()


@scenario
async def test_lane_to_a_forked_log_is_frozen_and_officers_are_told(tmp_path: Path) -> None:
    """Nothing leaves for a node with two histories; what waits is stuck, and says why."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        honest = Hand(net, "FR/1", "RO/1")
        await honest.envelope(honest.address(message_id(1)))
        await honest.link()
        twin = await twin_of(net, honest)
        await twin.envelope(twin.address(message_id(2)))
        await twin.send(await twin.head(link=True))
        mid = (await send(net["RO/1"], request(to="FR"))).mid
        frames = net.wire.frames
        await net.run("RO/1")
        await net.turn_until(lambda: bool(ask(net["RO/1"], "SELECT 1 FROM outbox WHERE stuck = 1")))
        assert net.wire.frames == frames
        assert await net["RO/1"].runtime.dispatch.contact(FR) is Progress.REFUSED
        assert net.wire.frames == frames
        kinds = [event.kind for event in await net["RO/1"].store.timeline(RO, mid)]
        assert kinds == ["message.state", "message.stuck"]
        assert await state_of(net["RO/1"], mid) is MessageState.QUEUED
        await twin.me.store.close()


@scenario
async def test_answer_from_a_second_history_settles_nothing(tmp_path: Path) -> None:
    """Also the answering side can show two histories; its receipts count for nothing."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        honest = Hand(net, "RO/1", "FR/1")
        for number in range(5):  # whatever size the twin has when it answers is known
            await honest.envelope(honest.address(message_id(number)))
            await honest.link()
        twin = await twin_of(net, honest)
        net.nodes[RO] = twin.me
        mid = (await send(net["FR/1"], request())).mid
        progress = await net["FR/1"].runtime.dispatch.deliver(RO, BULK)
        assert progress is Progress.REFUSED
        assert await state_of(net["FR/1"], mid) is MessageState.QUEUED
        assert ask(net["FR/1"], "SELECT code, stuck FROM outbox") == [("E_FORK", 1)]
        assert ask(net["FR/1"], "SELECT count(*) FROM receipt") == [(0,)]
        assert net["FR/1"].metrics.value("a35_alarms_total", {"kind": "E_FORK"}) == 1
        await honest.me.store.close()


@scenario
async def test_checkpoint_that_starts_elsewhere_is_joined_by_asking_its_log(
    tmp_path: Path,
) -> None:
    """An answer that was overtaken is no fault: the log proves how the two belong together."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        logs = net["RO/1"].runtime._logs
        checkpoints = await _heads(net, 3)
        linked = await logs.join(FR, checkpoints[1], old=7, proof=())
        assert linked.moved
        smaller = await logs.join(FR, checkpoints[0], old=0, proof=())
        assert (smaller.fresh, smaller.moved) == (True, False)
        larger = await logs.join(FR, checkpoints[2], old=0, proof=(bytes(32),))
        assert larger.moved


@pytest.mark.parametrize("answer", ["refused", "another", "broken", "wrong"])
def test_log_that_does_not_prove_itself_is_not_linked(answer: str, tmp_path: Path) -> None:
    """Whatever comes back in place of the proof, the position stays where it was."""

    async def run() -> None:
        wire = Wire()
        async with network(tmp_path, NAMES, wire, run=[]) as net:
            logs = net["RO/1"].runtime._logs
            first, second, third = await _heads(net, 3)
            logs.take(first, old=0, proof=())
            faults: dict[str, tuple[int, bytes, type[Exception]]] = {
                "refused": (422, b"", TransportError),
                "another": (200, encode_log_proof(LogProof(old=1, new=2, path=())), MalformedError),
                "broken": (200, b"\xc1", MalformedError),
                "wrong": (200, _proof(first, second), NotProvenError),
            }
            status, body, error = faults[answer]
            wire.answering = lambda *_: (status, body)
            before = logs.newest(FR)
            with pytest.raises(error):
                await logs.join(FR, second, old=third.head.size, proof=())
            assert logs.newest(FR) == before

    asyncio.run(run())


@pytest.mark.parametrize(("target", "asked"), [(0, 1), (6, 5)])
def test_log_that_moves_while_it_is_asked_is_joined_all_the_same(
    target: int, asked: int, tmp_path: Path
) -> None:
    """What begins a checkpoint that we hold, begins our head too: asking once is enough for it.

    A checkpoint above our head is asked for until the head stands still or has passed it.
    """

    async def run() -> None:
        wire = Wire()
        async with network(tmp_path, NAMES, wire, run=[]) as net:
            logs = net["RO/1"].runtime._logs
            heads = await _heads(net, 8)
            steps = await _steps(net, heads[1:])
            logs.take(heads[1], old=0, proof=())
            questions = []

            def answering(node: NodeId, path: str, status: int, body: bytes) -> tuple[int, bytes]:
                questions.append((node, path))
                _move(logs, steps)
                return status, body

            wire.answering = answering
            linked = await logs.join(FR, heads[target], old=3, proof=())
            assert (len(questions), linked.moved) == (asked, False)
            place = logs.newest(FR)
            assert place is not None
            assert place.find(heads[target].head.size) == linked.head
            assert place.head is not None
            assert place.head.size == heads[1 + asked].head.size

    asyncio.run(run())


@scenario
async def test_log_that_never_stands_still_is_put_off_and_not_accused(tmp_path: Path) -> None:
    """No proof failed: nobody is told of a broken log, it is tried again."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        logs = net["RO/1"].runtime._logs
        heads = await _heads(net, 20)
        steps = await _steps(net, heads[:-1])
        logs.take(heads[0], old=0, proof=())

        def answering(node: NodeId, path: str, status: int, body: bytes) -> tuple[int, bytes]:
            del node, path
            _move(logs, steps)
            return status, body

        wire.answering = answering
        with pytest.raises(LogPositionError):
            await logs.join(FR, heads[-1], old=0, proof=())


async def _steps(net: Network, heads: list[Checkpoint]) -> list[tuple[Checkpoint, Proofs]]:
    """Return how to move from each head to the next."""
    return [
        (later, await net["FR/1"].store.prove(later.head.size, [], old=earlier.head.size))
        for earlier, later in pairwise(heads)
    ]


def _move(logs: PeerLogs, steps: list[tuple[Checkpoint, Proofs]]) -> None:
    """Let another frame move our head by one step."""
    step, proofs = steps.pop(0)
    logs.take(step, old=logs.head_size(FR), proof=proofs.consistency)


@scenario
async def test_fork_found_while_joining_is_kept(tmp_path: Path) -> None:
    """The evidence must not depend on which side met it."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        honest = Hand(net, "FR/1", "RO/1")
        await honest.envelope(honest.address(message_id(1)))
        await honest.link()
        twin = await twin_of(net, honest)
        await twin.envelope(twin.address(message_id(2)))
        logs = net["RO/1"].runtime._logs
        note = _note(twin.me)
        for _ in range(2):
            with pytest.raises(ForkDetectedError) as caught:
                await logs.join(FR, logs.verify(FR, note), old=0, proof=())
            assert caught.value.offered == note
        assert logs.is_forked(FR)
        assert len(await net["RO/1"].store.forks()) == 1
        await twin.me.store.close()


@scenario
async def test_fork_that_could_not_be_kept_is_kept_with_the_next_frame(tmp_path: Path) -> None:
    """A disk that is full at that moment must not lose the evidence."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        honest = Hand(net, "FR/1", "RO/1")
        await honest.envelope(honest.address(message_id(1)))
        await honest.link()
        twin = await twin_of(net, honest)
        await twin.envelope(twin.address(message_id(2)))
        head = await twin.head(link=True)
        committer = net["RO/1"].store._core.committer
        committer.give_up("a test")
        assert code_of(await twin.send(head)) is Code.STORE
        committer._stopped = None
        assert code_of(await twin.send(head)) is Code.FORK
        assert len(await net["RO/1"].store.forks()) == 1
        await twin.me.store.close()


@scenario
async def test_links_that_bring_nothing_are_forgotten_in_the_end(tmp_path: Path) -> None:
    """I11: a peer that links without end does not fill our memory."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        logs = net["RO/1"].runtime._logs
        (first,) = await _heads(net, 1)
        linked = logs.take(first, old=0, proof=())
        for size in range(2, 5000):
            logs.unwritten.add(first.head.origin, size)
        assert len(logs.unwritten._sizes) < 4100
        assert logs.unwritten.evidence(first.head.origin, linked.head, proved=True) is not None


def replace_to(hand: Hand, node: Node) -> Hand:
    """Let a hand speak to a node that was started again."""
    hand.to = node
    return hand


async def _heads(net: Network, count: int) -> list[Checkpoint]:
    """Let FR/1 sign heads of growing size."""
    hand = Hand(net, "FR/1", "RO/1")
    heads = []
    for number in range(count):
        await hand.envelope(hand.address(message_id(number)))
        await hand.envelope(hand.address(message_id(100 + number)))
        verifier = hand.me.keys.signer().verifier
        claimed = ClaimedCheckpoint.parse(_note(hand.me))
        heads.append(verify_checkpoint(claimed, [verifier], now_ms=net.clock.ms))
    return heads


def _note(node: Node) -> bytes:
    head = node.store.head()
    assert head is not None
    return head.note


def _proof(old: Checkpoint, new: Checkpoint) -> bytes:
    return encode_log_proof(
        LogProof(old=old.head.size, new=new.head.size, path=(bytes(32), bytes(32)))
    )
