"""An officer takes a message back: before it left, while it is under way, and across crashes."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typing_extensions import override

from gateway.delivery.engine import BULK
from gateway.errors import DataError, NoInputError
from gateway.service.cancel import Cancel, Cancelled
from gateway.service.dispatch import Progress
from protocol.cases.ladder import MessageState
from protocol.delivery.gaps import Shown
from protocol.identifiers import MessageId
from protocol.log.deed import Act
from protocol.log.statement import StatementKind
from tests.gateway.network import Network, Node, Wire, message_id, network
from tests.gateway.service.test_escalate import EMERGENCY, at, content_of, told
from tests.gateway.service.world import (
    FR,
    RO,
    ask,
    pass_time,
    received_by,
    request,
    scenario,
    send,
    sent_by,
    state_of,
    until_state,
)

NAMES = ["FR/1", "RO/1"]
WHY = "It names the wrong person."


@dataclass(slots=True)
class HeldWire(Wire):
    """A wire on which everything waits while it is held."""

    go: asyncio.Event = field(default_factory=asyncio.Event)

    @override
    async def delay(self) -> None:
        """Wait until the test lets go."""
        await self.go.wait()


async def take_back(node: Node, mid: MessageId) -> Cancelled:
    """Cancel a message for the desk."""
    cancel = Cancel(store=node.store, clock=node.clock)
    return await cancel.cancel(mid, WHY, who=f"{node.id} desk")


async def under_way(net: Network, wire: HeldWire) -> tuple[MessageId, asyncio.Task[Progress]]:
    """Let FR/1 send a request to RO/1 whose frame has left and has not arrived."""
    mid = (await send(net["FR/1"], request())).mid
    before = wire.frames
    sending = asyncio.create_task(net["FR/1"].runtime.dispatch.deliver(RO, BULK))
    await net.turn_until(lambda: wire.frames > before)
    return mid, sending


async def withdrawn(net: Network, mid: MessageId) -> None:
    """Let the late receipt come, and RO/1 read why the message is withdrawn."""
    sender = net["FR/1"]
    if sender.running is None:
        await net.run("FR/1")
    await net.run("RO/1")
    await net.turn_until(lambda: pass_time(net) and _state(sender, mid) == "consigned")
    await sender.runtime.escalate.look()
    await net.turn_until(lambda: pass_time(net) and _count(net["RO/1"]) == 2)
    again = await take_back(sender, mid)
    assert again.repeated
    assert again.state is MessageState.CONSIGNED
    assert again.row.withdrawal is not None
    await until_state(net["RO/1"], again.row.withdrawal, MessageState.CONSIGNED)
    content = await content_of(net["RO/1"], again.row.withdrawal)
    assert (content.type, content.re, content.body["body"]) == ("withdrawal", mid, {"reason": WHY})
    await sender.runtime.escalate.look()
    assert len(await sent_by(sender)) == 2


def _state(node: Node, mid: MessageId) -> str:
    ((state,),) = ask(node, "SELECT state FROM message WHERE mid = ?", mid.value)
    return str(state)


def _count(node: Node) -> int:
    ((count,),) = ask(node, "SELECT count(*) FROM message WHERE direction = 'in'")
    return int(count)


@scenario
async def test_message_that_never_left_is_seen_by_nobody(tmp_path: Path) -> None:
    """Its number is named as void; the act with the reason stands in the log."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        sender, receiver = net["FR/1"], net["RO/1"]
        mid = (await send(sender, request(1))).mid
        done = await take_back(sender, mid)
        assert (done.state, done.row.may_have_left) == (MessageState.CANCELLED, False)
        assert not done.repeated
        (leaf,) = await sender.store.leaves(done.row.index, done.row.index + 1)
        assert leaf.kind == StatementKind.ACT.value
        assert leaf.preimage is not None
        act = Act.decode(leaf.preimage)
        assert (act.act, act.who, act.ref, act.why) == ("cancelled", "FR/1 desk", mid, WHY)
        other = (await send(sender, request(2))).mid
        dispatch = sender.runtime.dispatch
        assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED
        assert [row.mid for row in await received_by(receiver)] == [other]
        await dispatch.contact(RO)
        assert await receiver.store.gaps(FR) == Shown(have=2)
        again = await take_back(sender, mid)
        assert again.repeated
        assert again.row == done.row


@scenario
async def test_frame_under_way_arrives_and_its_addressee_is_told(tmp_path: Path) -> None:
    """The receipt counts; the withdrawal follows once it is known to be there."""
    wire = HeldWire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        sender = net["FR/1"]
        mid, sending = await under_way(net, wire)
        assert (await take_back(sender, mid)).row.may_have_left
        wire.go.set()
        await sending
        said = [event.what for event in await sender.store.timeline(FR, mid)]
        assert said == ["queued", "cancelled", "accepted"]
        assert await state_of(sender, mid) is MessageState.CANCELLED
        await withdrawn(net, mid)


@scenario
async def test_message_that_did_not_arrive_is_not_sent_again(tmp_path: Path) -> None:
    """Nothing is withdrawn that was never there; its number is void."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        sender, receiver = net["FR/1"], net["RO/1"]
        mid = (await send(sender, request())).mid
        dispatch = sender.runtime.dispatch
        assert await dispatch.deliver(RO, BULK) is Progress.FAILED
        assert (await take_back(sender, mid)).row.may_have_left
        wire.cut.clear()
        for _ in range(2):
            await dispatch.contact(RO)
        assert await receiver.store.gaps(FR) == Shown(have=1)
        await sender.runtime.escalate.look()
        assert await received_by(receiver) == ()
        assert len(await sent_by(sender)) == 1


@scenario
async def test_crash_after_the_cancellation_keeps_it_and_the_late_receipt(tmp_path: Path) -> None:
    """What the dead process had sent arrives; the next one learns of it and withdraws it."""
    wire = HeldWire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        mid, sending = await under_way(net, wire)
        done = await take_back(net["FR/1"], mid)
        sender = await net.crash("FR/1")
        assert await sender.store.cancellation(mid) == done.row
        wire.go.set()
        await asyncio.wait([sending])
        await withdrawn(net, mid)


@scenario
async def test_crash_while_a_frame_is_under_way_makes_its_outcome_unknown(tmp_path: Path) -> None:
    """The claim died with its process: what an earlier run may have sent may have arrived."""
    wire = HeldWire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        mid, sending = await under_way(net, wire)
        sender = await net.crash("FR/1")
        assert (await take_back(sender, mid)).row.may_have_left
        wire.go.set()
        await asyncio.wait([sending])
        await withdrawn(net, mid)


@scenario
async def test_what_its_addressee_has_is_withdrawn_instead(tmp_path: Path) -> None:
    """The refusal says how; so it does for a type that cannot be withdrawn."""
    async with network(tmp_path, NAMES, Wire()) as net:
        sender, receiver = net["FR/1"], net["RO/1"]
        mid = (await send(sender, request())).mid
        await until_state(sender, mid, MessageState.CONSIGNED)
        with pytest.raises(DataError, match="cannot be cancelled any more") as refused:
            await take_back(sender, mid)
        assert f"withdrawal with in_reply_to {mid}" in refused.value.hint
        note = _note(mid)
        said = (await send(sender, note)).mid
        await until_state(sender, said, MessageState.CONSIGNED)
        with pytest.raises(DataError) as refused:
            await take_back(sender, said)
        assert "cannot be withdrawn" in refused.value.hint
        for wrong in (mid, message_id(99)):
            with pytest.raises(NoInputError):
                await take_back(receiver, wrong)


@scenario
async def test_expired_message_has_nothing_to_cancel(tmp_path: Path) -> None:
    """It ended before."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        sender = net["FR/1"]
        mid = (await send(sender, request())).mid
        net.clock.ms += 31 * 24 * 3_600_000
        await sender.store.expire(now_ms=net.clock.ms)
        with pytest.raises(DataError, match="is expired"):
            await take_back(sender, mid)


@scenario
async def test_nobody_is_alarmed_about_what_was_taken_back(tmp_path: Path) -> None:
    """Escalation ends with the cancellation, also after a late receipt and a restart."""
    wire = HeldWire()
    async with network(tmp_path, ["FR/1", "RO/1", "RO/2"], wire, run=[]) as net:
        sender = net["FR/1"]
        mid = (await send(sender, request(urgency=EMERGENCY, to="RO/1"))).mid
        start_ms = net.clock.ms
        sending = asyncio.create_task(sender.runtime.dispatch.deliver(RO, BULK))
        await net.turn_until(lambda: wire.frames > 0)
        await at(net, sender, 16_000, start_ms)
        assert await told(sender, mid) == [("accepted", "hasten")]
        await take_back(sender, mid)
        await at(net, sender, 70_000, start_ms)
        wire.go.set()
        await sending
        await net.run("RO/1")
        await net.turn_until(lambda: pass_time(net) and _state(sender, mid) == "consigned")
        for minutes in (16, 17):
            await at(net, sender, minutes * 60_000, start_ms)
        again = await net.restart("FR/1")
        await at(net, again, 18 * 60_000, start_ms)
        assert await told(again, mid) == [("accepted", "hasten")]
        assert [row.recipient for row in await sent_by(again)] == [RO, RO]


def _note(mid: MessageId) -> dict[str, object]:
    """Return a note about a request."""
    asked = request()
    return {
        "type": "note",
        "to": "RO",
        "in_reply_to": str(mid),
        "urgency": asked["urgency"],
        "handling_code": asked["handling_code"],
        "language": "en",
        "body": {"text": "See page two."},
    }
