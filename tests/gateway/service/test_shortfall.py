"""What a receiver lost comes back to it, and what will never come is not missed for ever."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from gateway.delivery.engine import BULK
from gateway.service.dispatch import Progress
from gateway.storage.generations import open_generation
from keys.nodekeys import NodeKeys, new_log_keys
from keys.recipient import RecipientSecret
from protocol.cases.ladder import MessageState
from protocol.delivery.gaps import Shown
from protocol.directory import NodeEntry
from protocol.identifiers import LogOrigin
from protocol.joining import node_part
from protocol.keyset import KeySet
from protocol.log.deed import Epoch
from protocol.log.statement import epoch as epoch_stated
from protocol.log.statement import key_set_published
from tests.gateway.network import DAY_MS, START_MS, Network, Node, Wire, network
from tests.gateway.service.world import (
    FR,
    RO,
    ask,
    pass_time,
    received_by,
    request,
    scenario,
    send,
    settled,
    until_state,
)

NAMES = ["FR/1", "RO/1"]
PEER = {"peer": "RO/1"}


def next_entry(entry: NodeEntry, keys: NodeKeys) -> NodeEntry:
    """Return a node's entry with one more log."""
    part = node_part(
        entry.node_id,
        endpoints=list(entry.endpoints),
        log=keys.signer().verifier,
        last_resort=RecipientSecret(keys.last_resort_seed).public,
        certificate=entry.certificates[0],
        not_before_ms=START_MS - DAY_MS,
        not_after_ms=START_MS + 365 * DAY_MS,
    )
    return entry.model_copy(update={"logs": (*entry.logs, *part.logs)})


async def fall_back(net: Network, name: str, copy: Path) -> Node:
    """Open an older copy of a node's folder in its place, with a new generation of its log."""
    old = net[name]
    await old.halt()
    await old.store.close()
    keys = old.keys.with_log(new_log_keys(name, 2))
    net.entries[old.id] = next_entry(net.entries[old.id], keys)
    net._keys[old.id] = old.keys = keys
    times = {"not_before_ms": START_MS, "expires_ms": START_MS + DAY_MS}
    epoch = Epoch(
        old=LogOrigin(old.id, 1), note=None, gap=None, who=name, why="a test", t_ms=net.clock.ms
    )
    open_generation(
        copy / "store.db",
        origin=LogOrigin(old.id, 2),
        epoch=epoch_stated(epoch.encode()),
        key_set=key_set_published(KeySet(node=old.id, version=2, keys=(), **times).encode()),
        head_signer=net._signer(keys),
        now_ms=net.clock.now_ms(),
    )
    node = await net.reopen(old, copy)
    await node.store.begin_signing(None)
    return node


async def halted(net: Network, name: str, copy: str) -> Path:
    """Copy a node's folder while it is stopped, and start it again."""
    stopped = await net.restart(name)
    await stopped.store.close()
    folder = stopped.home.with_name(copy)
    shutil.copytree(stopped.home, folder)
    await net.reopen(stopped, stopped.home)
    await net.run(name)
    return folder


def arrivals(node: Node) -> list[tuple[str]]:
    """Return the logs in which what a node received is stated."""
    return ask(node, "SELECT origin FROM envelope")


async def exchange(net: Network, *numbers: int) -> None:
    """Let FR/1 send documents to RO/1 until all are opened there and nothing waits."""
    for number in numbers:
        mid = (await send(net["FR/1"], request(number))).mid
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
    await net.turn_until(lambda: pass_time(net) and settled(net)())


@scenario
async def test_receiver_that_fell_back_gets_again_what_it_lost_and_nothing_else(
    tmp_path: Path,
) -> None:
    """Rule 20: the same bytes, once; its sender's operators and officers hear of it."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, 1)
        copy = await halted(net, "RO/1", "older")
        await exchange(net, 2, 3)
        lost = {row.mid for row in await received_by(net["RO/1"])}
        node = await fall_back(net, "RO/1", copy)
        assert node.store.origin == LogOrigin(RO, 2)
        assert len(await received_by(node)) == 1
        await net.run("RO/1")
        await net["FR/1"].runtime.dispatch.contact(RO)
        await net.turn_until(lambda: pass_time(net) and settled(net)())
        await net.turn_until(lambda: ask(node, "SELECT count(*) FROM message") == [(3,)])
        assert {row.mid for row in await received_by(node)} == lost
        assert await node.store.gaps(FR) == Shown(have=3)
        sender = net["FR/1"]
        told = ask(sender, "SELECT what FROM event WHERE kind = 'message.lost'")
        assert told == [("sent_again",), ("sent_again",)]
        assert sender.metrics.value("a35_lost_by_peer_total", PEER) == 2
        assert sender.metrics.value("a35_alarms_total", {"kind": "lost_by_peer"}) == 1
        before = sender.wire.frames
        await sender.runtime.dispatch.contact(RO)
        await net.turn_until(lambda: pass_time(net) and settled(net)())
        assert sender.metrics.value("a35_lost_by_peer_total", PEER) == 2
        assert sender.wire.frames > before


@scenario
async def test_lost_message_of_an_earlier_generation_of_ours_is_stated_anew(tmp_path: Path) -> None:
    """Its proof must lead to the log that we write now; header, wraps and body stay."""
    async with network(tmp_path, NAMES, Wire()) as net:
        older = await halted(net, "RO/1", "older")
        await exchange(net, 1)
        sealed = ask(net["FR/1"], "SELECT header, wraps, body FROM envelope")
        await fall_back(net, "FR/1", await halted(net, "FR/1", "same"))
        receiver = await fall_back(net, "RO/1", older)
        assert await received_by(receiver) == ()
        await net.run("FR/1")
        await net.run("RO/1")
        await net["FR/1"].runtime.dispatch.contact(RO)
        await net.turn_until(lambda: pass_time(net) and len(arrivals(receiver)) == 1)
        assert arrivals(receiver) == [("a35/FR/1/log/2",)]
        assert ask(receiver, "SELECT header, wraps, body FROM envelope") == sealed
        stated = await net["FR/1"].store.stated((await received_by(receiver))[0].mid)
        assert stated is not None
        assert len(stated.sealings) == 1
        await net.turn_until(lambda: pass_time(net) and settled(net)())


@scenario
async def test_sender_that_fell_back_counts_on_above_what_its_receiver_has(tmp_path: Path) -> None:
    """Scenario 10: a number used twice would let `have` hide a loss."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, 1)
        copy = await halted(net, "FR/1", "older")
        await exchange(net, 2, 3)
        sender = await fall_back(net, "FR/1", copy)
        mid = (await send(sender, request(4))).mid
        assert not await sender.store.is_counted(RO)
        await net.run("FR/1")
        await until_state(sender, mid, MessageState.CONSIGNED)
        assert await sender.store.is_counted(RO)
        assert ask(sender, "SELECT q FROM envelope ORDER BY message") == [(1,), (4,)]
        await net.turn_until(lambda: pass_time(net) and settled(net)())
        await sender.runtime.dispatch.contact(RO)
        assert await net["RO/1"].store.gaps(FR) == Shown(have=4)
        assert len(await received_by(net["RO/1"])) == 4
        assert sender.metrics.value("a35_lost_by_peer_total", PEER) == 0


@scenario
async def test_numbers_that_ended_are_named_until_they_are_not_missed(tmp_path: Path) -> None:
    """An expired message leaves a gap, which closes by itself."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        sender, receiver = net["FR/1"], net["RO/1"]
        await send(sender, request(1))
        net.clock.ms += 31 * DAY_MS
        assert await sender.store.expire(now_ms=net.clock.ms) == 1
        await send(sender, request(2))
        dispatch = sender.runtime.dispatch
        assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED
        assert await receiver.store.gaps(FR) == Shown(have=0, miss=((1, 1),))
        assert dispatch._shortfall.void(RO) == (1,)
        assert sender.metrics.value("a35_voided_total", PEER) == 1
        await dispatch.contact(RO)
        assert await receiver.store.gaps(FR) == Shown(have=2)
        assert dispatch._shortfall.void(RO) == ()
        await dispatch.contact(RO)
        assert sender.metrics.value("a35_voided_total", PEER) == 1
        assert sender.metrics.value("a35_alarms_total", {"kind": "lost_by_peer"}) == 0


@scenario
async def test_answer_that_lies_about_what_came_costs_one_repeat(tmp_path: Path) -> None:
    """Its word is a hint: what it has, it knows, and gives the stored receipt."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        sender, receiver = net["FR/1"], net["RO/1"]
        mid = (await send(sender, request(1))).mid
        dispatch = sender.runtime.dispatch
        await dispatch.deliver(RO, BULK)
        with closing(sqlite3.connect(receiver.home / "store.db")) as files:
            files.execute("DELETE FROM arrived")
            files.commit()
        await dispatch.contact(RO)
        assert ask(sender, "SELECT count(*) FROM outbox") == [(1,)]
        with closing(sqlite3.connect(receiver.home / "store.db")) as files:
            files.execute(
                "CREATE TRIGGER deaf BEFORE INSERT ON arrived BEGIN SELECT raise(IGNORE); END"
            )
            files.commit()
        await dispatch.deliver(RO, BULK)
        assert ask(sender, "SELECT count(*) FROM outbox") == [(0,)]
        assert await receiver.store.gaps(FR) == Shown(have=0)
        for _ in range(3):
            await dispatch.contact(RO)
        assert ask(sender, "SELECT count(*) FROM outbox") == [(0,)]
        (row,) = await sender.store.message(mid)
        assert row.state is MessageState.ACCEPTED
        assert ask(sender, "SELECT count(*) FROM receipt WHERE stage = 'accepted'") == [(1,)]
