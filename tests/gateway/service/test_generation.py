"""A log that is given up goes on under a new name: nothing is lost, nothing counts twice.

Real runtimes on one wire; the directory lists the new log when a test says so.
"""

import shutil
from pathlib import Path

import pytest

from gateway.service.recover import Phase
from gateway.storage.audit import audit_store
from protocol.cases.ladder import MessageState
from protocol.errors import ForkDetectedError, NotAllowedError
from protocol.identifiers import LogOrigin
from protocol.log.statement import StatementKind
from protocol.receipt import Receipt, Stage
from tests.gateway.network import Network, Node, Wire, list_log, network, renew
from tests.gateway.service.test_recover import copied, exchange, phase
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
    until_state,
)
from tests.gateway.wire import as_it_is, losing

NAMES = ["FR/1", "RO/1", "DE/1"]
SECOND = LogOrigin(RO, 2)


def frames(path: str) -> bool:
    """Tell whether a path takes envelopes."""
    return path == "/v1/envelopes"


async def met(net: Network, node: Node, by: str) -> None:
    """Wait until a node has met the log that another one writes now."""
    logs = net[by].runtime._logs

    def holds() -> bool:
        place = logs.newest(node.id)
        is_newest = place is not None and place.origin == node.store.origin
        return pass_time(net) and is_newest and bool(logs.succession.closed())

    await net.turn_until(holds)


@scenario
async def test_receipt_given_before_is_stated_again_byte_for_byte(tmp_path: Path) -> None:
    """Scenario 6: accepted, the answer lost, a new generation opened, the sender repeats."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire) as net:
        await exchange(net, 1)
        lost = losing(frames, 1)
        wire.answering = lambda node, *rest: (lost if node == RO else as_it_is)(node, *rest)
        sent = await send(net["FR/1"], request(2))
        await net.turn_until(
            lambda: bool(ask(net["RO/1"], "SELECT 1 FROM message WHERE mid = ?", sent.mid.value))
        )
        node = await renew(net, "RO/1", begins=False)
        await node.runtime.recovery.once()
        given = ask(
            node,
            "SELECT r.bytes FROM receipt r JOIN message m ON m.id = r.message"
            " WHERE m.mid = ? AND r.stage = 'accepted'",
            sent.mid.value,
        )
        await net.run("RO/1")
        await net.turn_until(
            lambda: pass_time(net) and not ask(net["FR/1"], "SELECT 1 FROM outbox")
        )
        await until_state(net["FR/1"], sent.mid, MessageState.CONSIGNED)
        held = ask(
            net["FR/1"],
            "SELECT r.bytes, r.origin FROM receipt r JOIN message m"
            " ON m.id = r.message WHERE m.mid = ? AND r.stage = 'accepted'",
            sent.mid.value,
        )
        assert held == [(given[0][0], str(SECOND))]
        assert Receipt.decode(held[0][0]).stage is Stage.ACCEPTED
        assert len(await received_by(node)) == 2
        old = str(LogOrigin(RO, 1))
        await net.turn_until(
            lambda: not ask(node, "SELECT 1 FROM receipt WHERE given = 1 AND origin = ?", old)
        )


@scenario
async def test_what_waited_is_stated_again_and_delivered_once(tmp_path: Path) -> None:
    """Same digests, new indices; the first frame to each peer is empty."""
    wire = Wire(keep=True)
    async with network(tmp_path, NAMES, wire) as net:
        await exchange(net, 1)
        wire.cut |= {(RO, FR), (RO, DE)}
        first = await send(net["RO/1"], request(2, to="FR"))
        second = await send(net["RO/1"], request(3, to="DE"))
        node = await renew(net, "RO/1")
        wire.captured.clear()
        wire.cut.clear()
        await net.run("RO/1")
        for sent, name in ((first, "FR/1"), (second, "DE/1")):
            await net.turn_until(
                lambda: (
                    pass_time(net) and not ask(node, "SELECT 1 FROM outbox WHERE kind = 'envelope'")
                )
            )
            assert len(ask(net[name], "SELECT 1 FROM message WHERE mid = ?", sent.mid.value)) == 1
        for peer in (FR, DE):
            mine = [frame for me, to, _, frame in wire.captured if (me, to) == (RO, peer)]
            assert len(mine[0]) < len(max(mine, key=len))
        report = audit_store(node.home / "store.db")
        old = {leaf.digest for leaf in report.leaves if leaf.generation == 1 and leaf.kind == 1}
        new = {leaf.digest for leaf in report.leaves if leaf.generation == 2 and leaf.kind == 1}
        assert new <= old
        assert len(new) == 2
        first_leaf = next(leaf for leaf in report.leaves if leaf.generation == 2)
        assert first_leaf.kind == StatementKind.EPOCH


@scenario
async def test_peers_close_the_old_log_with_an_alarm_if_they_hold_more(tmp_path: Path) -> None:
    """The evidence stays, also after a start; what was accepted and lost is known to its sender."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, 1)
        copy = copied(net["RO/1"], "copy")
        await exchange(net, 2)
        node = await renew(net, "RO/1", home=copy)
        await net.run("RO/1")
        await met(net, node, "FR/1")
        (closed,) = net["FR/1"].runtime._logs.succession.closed()
        assert (closed.origin, closed.successor, closed.is_short) == (
            LogOrigin(RO, 1),
            SECOND,
            True,
        )
        assert closed.held is not None
        assert net["FR/1"].metrics.value("a35_alarms_total", {"kind": "log_given_up_short"}) == 1
        again = await net.restart("FR/1")
        assert again.runtime._logs.succession.closed() == (closed,)
        await net.run("FR/1")
        await exchange(net, 3)


@scenario
async def test_closed_log_proves_nothing_any_more(tmp_path: Path) -> None:
    """A twin that still signs the old generation is refused; its receipts are kept as evidence."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, 1)
        copy = copied(net["RO/1"], "copy")
        first = net._keys[RO]
        node = await renew(net, "RO/1")
        await net.run("RO/1")
        await met(net, node, "FR/1")
        await node.halt()
        second, net._keys[RO] = net._keys[RO], first
        twin = await net.reopen(node, copy, begins=False)
        await twin.store.begin_signing(None)
        await net.run("RO/1")
        await send(twin, request(9, to="FR"))
        await net.turn_until(
            lambda: pass_time(net) and net.wire.refusals.get("E_KEY_UNKNOWN", 0) > 0
        )
        assert not ask(net["FR/1"], "SELECT 1 FROM message WHERE direction = 'in'")
        assert phase(twin) in {Phase.SIGNING, Phase.ENDED}
        await node.store.close()
        net._keys[RO] = second


@scenario
async def test_new_log_waits_until_the_directory_lists_it(tmp_path: Path) -> None:
    """It says so; officers can queue; nothing of the new log leaves before."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, 1)
        node = await renew(net, "RO/1", listed=False, begins=False)
        await node.runtime.recovery.once()
        assert phase(node) is Phase.UNLISTED
        sent = await send(node, request(2, to="FR"))
        net.clock.ms += 3_600_000
        await node.runtime.recovery.consider()
        assert phase(node) is Phase.UNLISTED
        list_log(net, "RO/1")
        await node.runtime.recovery.once()
        assert phase(node) is Phase.SIGNING
        await net.run("RO/1")
        await until_state(node, sent.mid, MessageState.CONSIGNED)


@scenario
async def test_log_that_does_not_begin_with_an_epoch_is_not_adopted(tmp_path: Path) -> None:
    """A name that changes without saying why is refused, whatever the directory lists."""

    def without(node: object, path: str, status: int, body: bytes) -> tuple[int, bytes]:
        del node
        return (404, b"") if path == "/v1/log/epoch" else (status, body)

    async with network(tmp_path, NAMES, Wire(answering=without)) as net:
        await exchange(net, 1)
        node = await renew(net, "RO/1")
        await net.run("RO/1")
        await send(node, request(2, to="FR"))
        await net.turn_until(lambda: pass_time(net) and net.wire.refusals.get("E_BUSY", 0) > 0)
        place = net["FR/1"].runtime._logs.newest(RO)
        assert place is not None
        assert place.origin.generation == 1
        assert not ask(net["FR/1"], "SELECT 1 FROM message WHERE direction = 'in'")


@scenario
async def test_node_with_two_histories_goes_on_only_by_the_operators_word(tmp_path: Path) -> None:
    """The word is a leaf of ours; it counts for later generations only."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, 1)
        copy = copied(net["RO/1"], "copy")
        await exchange(net, 2)
        here = net["FR/1"]
        with pytest.raises(NotAllowedError):
            await here.runtime._logs.succession.accept(RO, reason="why", who="FR/1 desk")
        await fork(net, copy)
        logs = here.runtime._logs
        assert logs.is_forked(RO)
        node = await renew(net, "RO/1")
        await net.run("RO/1")
        await send(node, request(8, to="FR"))
        await net.turn_until(lambda: pass_time(net) and net.wire.refusals.get("E_FORK", 0) > 1)
        assert logs.is_forked(RO)
        await logs.succession.accept(RO, reason="spoken to by telephone", who="FR/1 desk")
        assert not logs.is_forked(RO)
        await met(net, node, "FR/1")
        assert logs.succession.forks() == ()
        leaves = await here.store.leaves(0, here.store.size)
        assert any(b"spoken to by telephone" in (leaf.preimage or b"") for leaf in leaves)
        again = await net.restart("FR/1")
        assert not again.runtime._logs.is_forked(RO)
        await net.run("FR/1")
        await exchange(net, 3)


async def fork(net: Network, copy: Path) -> None:
    """Let a twin of RO/1 sign another history, and FR/1 see both."""
    old = net["RO/1"]
    await old.halt()
    head = old.store.head()
    assert head is not None
    await old.store.close()
    twin = await net.reopen(old, copy, begins=False)
    await twin.store.begin_signing(None)
    while (twin.store.head() or head).size < head.size:
        await send(twin, request(100 + twin.store.size, to="DE"))
    logs = net["FR/1"].runtime._logs
    for size in range(1, twin.store.size + 1):
        signed = await twin.store.checkpoint(size)
        place = logs.newest(RO)
        assert place is not None
        if signed is not None:
            held = place.find(size)
            if held is not None and held.root != signed.root:
                with pytest.raises(ForkDetectedError):
                    logs.take(logs.verify(RO, signed.note), old=0, proof=())
                break
    await logs.keep_forks()
    await twin.store.close()
    shutil.rmtree(copy)
    await net.reopen(old, old.home)
