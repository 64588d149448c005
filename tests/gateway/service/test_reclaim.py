"""What a loss took from a sender is held by those whom it wrote to, and comes back proven."""

from pathlib import Path

import pytest

from gateway.service.succession import ClosedLogError
from keys.recipient import RecipientSecret
from protocol.cases.ladder import MessageState
from protocol.frame import FrameHead, FrameKind, ReceiptItem
from protocol.identifiers import LogOrigin
from protocol.log.recovery import Start
from protocol.log.statement import receipt_given
from tests.gateway.full import Full
from tests.gateway.network import Wire, network, renew
from tests.gateway.service.test_generation import NAMES, SECOND, met
from tests.gateway.service.test_recover import copied, exchange, put_back
from tests.gateway.service.world import (
    FR,
    RO,
    ask,
    pass_time,
    request,
    scenario,
    send,
    state_of,
    until_state,
)


@scenario
async def test_receipts_that_were_lost_are_fetched_back(tmp_path: Path) -> None:
    """Their giver knows that we took them once: nobody would send them again."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, 1)
        net.wire.cut |= {(RO, FR)}
        sent = await send(net["RO/1"], request(2, to="FR"))
        copy = copied(net["RO/1"], "copy")
        net.wire.cut.clear()
        await net.advance(3_600_000)
        await until_state(net["RO/1"], sent.mid, MessageState.CONSIGNED)
        await net["FR/1"].runtime.act.open(sent.mid, who="FR/1 desk")
        await until_state(net["RO/1"], sent.mid, MessageState.OPENED)
        node = await renew(net, "RO/1", home=copy)
        assert await state_of(node, sent.mid) is MessageState.QUEUED
        await net.run("RO/1")
        await until_state(node, sent.mid, MessageState.OPENED)
        await net.turn_until(
            lambda: (
                pass_time(net)
                and bool(ask(node, "SELECT 1 FROM event WHERE kind = 'message.recovered'"))
            )
        )
        assert await node.runtime.reclaim.once()
        timeline = await node.store.timeline(RO, sent.mid)
        assert [row.kind for row in timeline].count("message.recovered") == 1


@scenario
async def test_receipts_are_asked_for_again_where_the_log_goes_on(tmp_path: Path) -> None:
    """Seed 876: no peer held more of the log than the backup, so that there is no new generation.

    The process ends once before anybody could be asked; a start after that is an ordinary one.
    """
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, 1)
        sent = await send(net["RO/1"], request(2, to="FR"))
        await until_state(net["RO/1"], sent.mid, MessageState.CONSIGNED)
        copy = copied(net["RO/1"], "copy")
        await net["FR/1"].runtime.act.open(sent.mid, who="FR/1 desk")
        await until_state(net["RO/1"], sent.mid, MessageState.OPENED)
        restored = await put_back(net, "RO/1", copy, restored=True)
        assert restored.store.beginning.start is Start.ALL
        await restored.store.begin_signing(None)
        await restored.store.close()
        node = await net.reopen(restored, copy)
        assert node.store.beginning.start is Start.ORDINARY
        assert node.store.origin.generation == 1
        assert await state_of(node, sent.mid) is MessageState.CONSIGNED
        net.wire.cut |= {(RO, FR)}
        assert not await node.runtime.reclaim.once()
        net.wire.cut.clear()
        await net.run("RO/1")
        await until_state(node, sent.mid, MessageState.OPENED)
        assert await node.runtime.reclaim.once()
        assert await node.store.unclaimed(now_ms=net.clock.now_ms(), limit=9) == ()


@scenario
async def test_full_disk_does_not_end_the_asking(tmp_path: Path) -> None:
    """What came and found no room is asked for again a minute later."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, 1)
        net.wire.cut |= {(RO, FR)}
        await send(net["RO/1"], request(2, to="FR"))
        copy = copied(net["RO/1"], "copy")
        net.wire.cut.clear()
        await net.advance(3_600_000)
        node = await renew(net, "RO/1", home=copy)
        full = Full(node.store, "claimed")
        node.runtime.reclaim._store = full  # type: ignore[assignment]  # as far as it is used
        running = await net.run("RO/1")
        await net.turn_until(lambda: pass_time(net) and full.refusals > 0)
        assert running.running is not None
        assert not running.running.done()
        full.has_room = True
        assert await node.runtime.reclaim.once()


@scenario
async def test_sealing_that_was_lost_is_known_again_without_an_alarm(tmp_path: Path) -> None:
    """Scenario 8: restored to before it wrapped again; the receipt names the later sealing."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, 1)
        known = "SELECT 1 FROM peer_key_set WHERE node = 'FR/1'"
        await net.turn_until(lambda: bool(ask(net["RO/1"], known)))
        net.wire.cut |= {(RO, FR)}
        sent = await send(net["RO/1"], request(2, to="FR"))
        copy = copied(net["RO/1"], "copy")
        secrets = net["FR/1"].secrets
        prekey = RecipientSecret(net["FR/1"].keys.prekeys[0].seed)
        del secrets[prekey.key_id]  # so that FR/1 asks for other wraps
        net.wire.cut.clear()
        await net.advance(3_600_000)
        await net.turn_until(
            lambda: (
                pass_time(net)
                and bool(
                    ask(net["RO/1"], "SELECT 1 FROM receipt WHERE stage = 'accepted' AND given = 0")
                )
            )
        )
        assert ask(net["RO/1"], "SELECT 1 FROM earlier_sealing")
        node = await renew(net, "RO/1", home=copy)
        before = net.wire.refusals.get("E_RECEIPT", 0)
        await net.run("RO/1")
        await net.turn_until(
            lambda: pass_time(net) and not ask(node, "SELECT 1 FROM outbox WHERE kind = 'envelope'")
        )
        (state,) = ask(node, "SELECT state FROM message WHERE mid = ?", sent.mid.value)
        assert state[0] in {"accepted", "consigned"}
        assert ask(node, "SELECT 1 FROM earlier_sealing")
        assert net.wire.refusals.get("E_RECEIPT", 0) == before
        assert node.metrics.value("a35_alarms_total", {"kind": "E_RECEIPT"}) == 0


@scenario
async def test_late_receipt_of_a_closed_log_is_evidence_and_changes_nothing(tmp_path: Path) -> None:
    """Scenario 12: it comes after the new generation was heard of."""
    wire = Wire(keep=True)
    async with network(tmp_path, NAMES, wire) as net:
        await exchange(net, 1)
        sent = await send(net["FR/1"], request(2))
        await until_state(net["FR/1"], sent.mid, MessageState.CONSIGNED)
        old = net["RO/1"]
        wire.cut |= {(RO, FR), (FR, RO)}
        await old.runtime.act.open(sent.mid, who="RO/1 desk")
        head = old.store.head()
        given = await old.store.receipts(FR, sent.mid)
        assert head is not None
        receipt, index = given[-1]
        proofs = await old.store.prove(head.size, [index], old=head.size)
        node = await renew(net, "RO/1")
        wire.cut.clear()
        await net.run("RO/1")
        await met(net, node, "FR/1")
        await until_state(net["FR/1"], sent.mid, MessageState.OPENED)
        here = net["FR/1"]
        rows = ask(here, "SELECT count(*) FROM receipt")
        frame = FrameHead(
            at=head.size,
            checkpoint=head.note,
            old=0,
            consistency=(),
            seen=0,
            receipts=(ReceiptItem(receipt=receipt, index=index, path=proofs.inclusion[0]),),
        )
        with pytest.raises(ClosedLogError):
            await here.reception.begin(RO, FrameKind.RECEIPTS, frame)
        kept = ask(here, "SELECT digest, origin FROM late_receipt")
        assert kept == [(receipt_given(receipt).digest, str(LogOrigin(RO, 1)))]
        assert ask(here, "SELECT count(*) FROM receipt") == rows
        assert ask(here, "SELECT 1 FROM receipt WHERE origin = ?", str(SECOND))
