"""A node signs only once it may believe that its files are new, and stops when it may not.

Real runtimes on one wire: copies of homes are put back, anchors lost, nodes cloned.
"""

import asyncio
import shutil
from pathlib import Path

import pytest

from gateway.errors import RecoveringError
from gateway.service.claims import Told
from gateway.service.recover import Phase
from protocol.cases.ladder import MessageState
from protocol.identifiers import NodeId
from protocol.log.recovery import Claim, Start
from tests.gateway.network import Network, Node, Wire, network
from tests.gateway.service.world import (
    DE,
    FR,
    RO,
    pass_time,
    request,
    scenario,
    send,
    until_state,
)

NAMES = ["FR/1", "RO/1", "DE/1"]


def phase(node: Node) -> Phase:
    """Return where a node stands with its log."""
    return node.runtime.recovery.outlook().phase


def unreached(net: Network, node: NodeId) -> None:
    """Let a node reach nobody, and be reached."""
    net.wire.cut |= {(node, other) for other in net.nodes if other != node}


def copied(node: Node, name: str) -> Path:
    """Return a copy of a home as a backup has it: without the anchor."""
    copy = node.home.with_name(name)
    shutil.copytree(node.home, copy)
    return copy


async def put_back(net: Network, name: str, copy: Path, *, restored: bool = False) -> Node:
    """Stop a node and open the copy in its place."""
    old = net[name]
    await old.halt()
    await old.store.close()
    if restored:
        (copy / "restored").write_text('{"when": "now", "from": "a copy"}')
    return await net.reopen(old, copy, begins=False)


async def exchange(net: Network, number: int) -> None:
    """Let FR/1 send something to RO/1, and see it accepted."""
    sent = await send(net["FR/1"], request(number))
    await until_state(net["FR/1"], sent.mid, MessageState.CONSIGNED)


@scenario
async def test_ordinary_start_signs_with_the_first_answer(tmp_path: Path) -> None:
    """Until then nothing is receipted, and what officers send is queued unsigned."""
    async with network(tmp_path, NAMES, Wire(), run=["FR/1", "DE/1"]) as net:
        node = await net.restart("RO/1", begins=False)
        assert phase(node) is Phase.ASKING
        assert node.reception.is_busy()
        assert not node.runtime.health.is_ready()
        sent = await send(net["FR/1"], request(1))
        await net.turn_until(lambda: net.wire.refusals.get("E_BUSY", 0) > 0)
        net.wire.cut.add((RO, DE))
        await node.runtime.recovery.once()
        assert phase(node) is Phase.SIGNING
        assert node.runtime.recovery.outlook().holdings[DE].told is Told.UNREACHED
        await net.run("RO/1")
        await net.turn_until(lambda: pass_time(net) and node.store.size > 2)
        await until_state(net["FR/1"], sent.mid, MessageState.CONSIGNED)


@scenario
async def test_emergency_never_waits_for_a_quorum_on_an_ordinary_start(tmp_path: Path) -> None:
    """Scenario 2: a crash between commit and anchor, nobody can be asked, a P0 waits."""
    async with network(tmp_path, NAMES, Wire(), run=["RO/1", "DE/1"]) as net:
        node = await net.restart("FR/1", begins=False)
        unreached(net, FR)
        sent = await send(node, request(1, urgency="emergency"))
        await node.runtime.recovery.once()
        assert phase(node) is Phase.ASKING
        net.clock.ms += 29_000
        await node.runtime.recovery.consider()
        assert phase(node) is Phase.ASKING
        net.clock.ms += 1_000
        await node.runtime.recovery.consider()
        assert phase(node) is Phase.SIGNING
        net.wire.cut.clear()
        await net.run("FR/1")
        await until_state(node, sent.mid, MessageState.CONSIGNED)


@scenario
async def test_lost_anchor_makes_a_start_wait_for_half_of_the_peers(tmp_path: Path) -> None:
    """However long it takes; what was appended meanwhile is signed with the first head."""
    async with network(tmp_path, NAMES, Wire(), run=["FR/1", "DE/1"]) as net:
        old = net["RO/1"]
        copy = copied(old, "copy")
        unreached(net, RO)
        node = await put_back(net, "RO/1", copy)
        assert node.store.beginning.start is Start.HALF
        net.clock.ms += 3_600_000
        await node.runtime.recovery.once()
        assert phase(node) is Phase.RECOVERING
        await send(node, request(1, to="FR"))
        assert node.store.head() is not None
        unsigned = node.store.size
        net.wire.cut.remove((RO, DE))
        await node.runtime.recovery.once()
        assert phase(node) is Phase.SIGNING
        head = node.store.head()
        assert head is not None
        assert head.size == unsigned


@scenario
async def test_restored_home_waits_for_all_or_for_the_operator(tmp_path: Path) -> None:
    """The operator's word is a leaf with person and reason; the marker goes with it."""
    async with network(tmp_path, NAMES, Wire(), run=["FR/1", "DE/1"]) as net:
        copy = copied(net["RO/1"], "copy")
        net.wire.cut.add((RO, DE))
        node = await put_back(net, "RO/1", copy, restored=True)
        await node.runtime.recovery.once()
        outlook = node.runtime.recovery.outlook()
        assert (outlook.phase, outlook.answered, outlook.needed) == (Phase.RECOVERING, 1, 2)
        await node.runtime.recovery.keep_log("the copy is of this hour", who="RO/1 desk")
        assert phase(node) is Phase.SIGNING
        assert not (copy / "restored").exists()
        (leaf,) = await node.store.leaves(node.store.size - 1, node.store.size)
        assert leaf.preimage is not None
        assert b"the copy is of this hour" in leaf.preimage


@scenario
async def test_old_copy_is_found_out_by_the_first_peer_that_saw_more(tmp_path: Path) -> None:
    """Both notes are kept, the generation ends, also after another start and against any word."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, 1)
        copy = copied(net["RO/1"], "copy")
        await exchange(net, 2)
        node = await put_back(net, "RO/1", copy)
        await node.runtime.recovery.once()
        assert phase(node) is Phase.ENDED
        loss = node.store.loss
        assert loss is not None
        assert loss.kind is Claim.MORE
        assert loss.held is not None
        with pytest.raises(RecoveringError):
            await node.runtime.recovery.keep_log("go on", who="RO/1 desk")
        node = await put_back(net, "RO/1", copy)
        assert phase(node) is Phase.ENDED
        assert node.store.loss == loss


@scenario
async def test_anchor_that_is_ahead_starts_a_node_that_never_signs(tmp_path: Path) -> None:
    """Scenario 3: half of the peers hold less, and that does not help. Reading works."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, 1)
        old = net["RO/1"]
        copy = copied(old, "copy")
        await exchange(net, 2)
        await old.halt()
        await old.store.close()
        shutil.copy(f"{old.home}.anchor", f"{copy}.anchor")
        node = await net.reopen(old, copy, begins=False)
        assert node.store.beginning.start is Start.NEVER
        net.wire.cut.add((RO, FR))
        await node.runtime.recovery.once()
        assert phase(node) is Phase.ENDED
        await send(node, request(3, to="FR"))
        assert node.store.size > (node.store.head() or pytest.fail("no head")).size


@scenario
async def test_bare_size_that_we_did_not_sign_is_no_answer(tmp_path: Path) -> None:
    """Scenario 4: leaves appended while waiting make the size fit; the note shows the loss."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, 1)
        copy = copied(net["RO/1"], "copy")
        before = net["RO/1"].store.size
        await exchange(net, 2)
        seen = net["FR/1"].runtime._logs.head_size(RO)
        node = await put_back(net, "RO/1", copy)
        assert node.store.size <= before < seen
        while node.store.size < seen:
            await send(node, request(100 + node.store.size, to="DE"))
        await node.runtime._standings.confirm(FR, seen)
        assert node.runtime.recovery.outlook().answered == 0
        await node.runtime.recovery.once()
        assert phase(node) is Phase.ENDED
        assert node.store.loss is not None
        assert node.store.loss.kind is Claim.OTHER_ROOT


@scenario
async def test_bare_size_that_we_signed_is_an_answer(tmp_path: Path) -> None:
    """It needs no further question."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, 1)
        seen = net["FR/1"].runtime._logs.head_size(RO)
        node = await net.restart("RO/1", begins=False)
        await node.runtime._standings.confirm(FR, seen)
        await node.runtime.recovery.consider()
        assert phase(node) is Phase.SIGNING


@scenario
async def test_note_that_our_keys_did_not_sign_is_ignored_and_counted(tmp_path: Path) -> None:
    """No peer can stop a node by words."""

    def forged(node: NodeId, path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if path.startswith("/v1/logs/") and node == FR:
            return 200, b"a35/RO/1/log/1\n999\n" + body[19:]
        return status, body

    async with network(tmp_path, NAMES, Wire(answering=forged), run=["FR/1", "DE/1"]) as net:
        net.wire.cut.add((RO, DE))
        node = await net.restart("RO/1", begins=False)
        await node.runtime.recovery.once()
        assert node.runtime.recovery.outlook().holdings[FR].told is Told.UNPROVEN
        assert phase(node) is Phase.ASKING
        net.wire.cut.clear()
        await node.runtime.recovery.once()
        assert phase(node) is Phase.SIGNING
        assert node.metrics.value("a35_alarms_total", {"kind": "claim_unproven"}) >= 1


@scenario
async def test_clone_of_a_running_node_stops_signing_at_its_next_contact(tmp_path: Path) -> None:
    """Both sign under one name until a peer shows one of them what the other signed."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await exchange(net, 1)
        old = net["RO/1"]
        await old.halt()
        await old.store.close()
        copy = copied(old, "clone")
        shutil.copy(f"{old.home}.anchor", f"{copy}.anchor")
        original = await net.reopen(old, old.home)
        await net.run("RO/1")
        await exchange(net, 2)
        await original.halt()
        clone = await net.reopen(original, copy)
        assert phase(clone) is Phase.SIGNING
        await net.run("RO/1")
        await send(clone, request(3, to="DE"))
        await send(clone, request(4, to="FR"))
        await net.turn_until(lambda: pass_time(net) and phase(clone) is Phase.ENDED)
        assert clone.store.loss is not None
        await original.store.close()


@scenario
async def test_lone_node_is_exempt(tmp_path: Path) -> None:
    """There is nobody to ask, and nobody who could hold more."""
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        node = await put_back(net, "RO/1", copied(net["RO/1"], "copy"))
        await node.runtime.recovery.once()
        assert phase(node) is Phase.SIGNING


@scenario
async def test_node_without_a_directory_waits_unless_its_start_is_ordinary(tmp_path: Path) -> None:
    """It does not know whom to ask."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        node = await net.restart("RO/1", begins=False)
        node.directory.current = None
        await node.runtime.recovery.once()
        assert phase(node) is Phase.ASKING
        assert node.runtime.recovery.outlook().peers is None
        net.clock.ms += 30_000
        await node.runtime.recovery.once()
        assert phase(node) is Phase.SIGNING


@scenario
async def test_recovering_nodes_answer_each_other(tmp_path: Path) -> None:
    """Else two that start together would wait for each other for ever."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        await exchange(net, 1)
        both = [
            await put_back(net, name, copied(net[name], f"copy{name[:2]}"))
            for name in ("FR/1", "RO/1")
        ]
        assert {phase(node) for node in both} == {Phase.RECOVERING}
        await asyncio.gather(*(node.runtime.recovery.once() for node in both))
        assert {phase(node) for node in both} == {Phase.SIGNING}
