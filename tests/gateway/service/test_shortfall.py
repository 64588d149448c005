"""What a receiver lost comes back to it, and what will never come is not missed for ever."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from gateway.delivery.engine import BULK
from gateway.service.dispatch import Progress
from keys.nodekeys import NodeKeys
from keys.recipient import RecipientSecret
from protocol.cases.ladder import MessageState
from protocol.delivery.gaps import Shown
from protocol.directory import NodeEntry
from protocol.identifiers import LogOrigin
from protocol.joining import node_part
from protocol.keyset import KeySet
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
    drawn = NodeKeys.generate(name, generation=2, tls_name="localhost", now_ms=START_MS)
    keys = replace(drawn, store_key=old.keys.store_key, tls=old.keys.tls)
    net.entries[old.id] = next_entry(net.entries[old.id], keys)
    with closing(sqlite3.connect(copy / "store.db")) as files:
        files.execute("INSERT INTO log (generation, origin) VALUES (2, ?)", (keys.origin,))
        files.commit()
    net._keys[old.id] = keys
    old.keys = keys
    node = await net.reopen(old, copy, begins=False)
    await node.store.begin_signing(None)
    times = {"not_before_ms": START_MS, "expires_ms": START_MS + DAY_MS}
    key_set = KeySet(node=old.id, version=2, keys=(), **times).encode()
    await node.store.state([key_set_published(key_set)], must_leave=True)
    return node


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
        stopped = await net.restart("RO/1")
        await stopped.store.close()
        copy = stopped.home.with_name("older")
        shutil.copytree(stopped.home, copy)
        await net.reopen(stopped, stopped.home)
        await net.run("RO/1")
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
