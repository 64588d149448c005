"""Stories of recovery: copies that are put back, anchors that lag or lead, new generations."""

from gateway.service.recover import Phase
from gateway.simulator.faults import Fault, Weather
from gateway.simulator.operators import Anchored
from gateway.simulator.staging import (
    DE,
    FR,
    IT,
    RO,
    arrives,
    cut_off,
    demand,
    everybody_meets,
    exchange,
    join_up,
    send,
    starts,
    state_of,
    until,
)
from gateway.simulator.stories_delivery import forget_prekeys
from gateway.simulator.world import World
from gateway.storage.audit import audit_store
from protocol.cases.ladder import MessageState
from protocol.identifiers import NodeId

_KEYS_FETCHED_S = 200.0
_EXACT = 10.0
"""A pace at which half a minute is measured well enough."""

SLOW = Weather(chances={Fault.DELAY: 1.0}, quick_s=1.0, slow_s=45.0)


async def anchor_lags(world: World) -> None:
    """(1) Database and anchor fall back together, peers are slow: the start looks ordinary."""
    await everybody_meets(world)
    node = world.nodes[RO]
    copy = world.attendance.copy(node)
    await exchange(world, RO, FR, 3)
    await exchange(world, DE, RO, 2)
    world.attendance.restore(node, copy, anchored=Anchored.OLD, is_marked=False)
    world.wire.weather = SLOW
    await starts(world, node)
    world.officers.request(RO, FR, "emergency")
    await world.time.wait(300.0)
    world.wire.weather = world.weather
    await _goes_on(world, RO, generation=2)


async def crash_before_anchor(world: World) -> None:
    """(2) A crash between commit and anchor, nobody answers, an emergency waits: it may go."""
    await everybody_meets(world)
    node = world.nodes[RO]
    cut_off(world, RO)
    world.hold_pace(_EXACT)
    await send(world, RO, FR)
    node.disk.plan = Fault.CRASH_BEFORE_ANCHOR
    world.officers.request(RO, DE, "routine")
    await world.time.wait(5.0)
    demand(world, holds=node.life.is_dead, what="the process did not end in its commit")
    await starts(world, node)
    mid = await send(world, RO, FR, urgency="emergency")
    began_s = world.time.now_s()

    await until(
        world,
        lambda: node.runtime.recovery.outlook().phase is Phase.SIGNING,
        within_s=60.0,
        what="an ordinary start waits for a quorum",
    )
    demand(world, holds=world.time.now_s() - began_s <= 35.0, what="it waited for too long")  # noqa: PLR2004 - 30 s and a little
    join_up(world)
    await arrives(world, mid, RO)


async def anchor_ahead(world: World) -> None:
    """(3) The anchor is ahead of the database, and half of the peers hold less than both."""
    await everybody_meets(world)
    node = world.nodes[RO]
    copy = world.attendance.copy(node)
    cut_off(world, RO, DE)
    await exchange(world, RO, FR, 2)
    world.attendance.restore(node, copy, anchored=Anchored.NEWEST, is_marked=False)
    join_up(world)
    cut_off(world, RO, FR)
    await starts(world, node)
    await world.time.wait(20.0)
    phase = node.runtime.recovery.outlook().phase
    demand(world, holds=phase is not Phase.SIGNING, what="a log that its own anchor refutes")
    join_up(world)
    await _goes_on(world, RO, generation=2)


async def anchor_lost_while_waiting(world: World) -> None:
    """(4) Leaves gather while a node waits, and a peer names the very size that it reached."""
    await everybody_meets(world)
    node = world.nodes[RO]
    copy = world.attendance.copy(node)
    await exchange(world, RO, FR, 1)
    ahead = node.store.size
    world.attendance.restore(node, copy, anchored=Anchored.NONE, is_marked=False)
    cut_off(world, RO)
    await starts(world, node)
    while node.store.size < ahead:
        await send(world, RO, DE)
    demand(world, holds=node.store.size >= ahead, what="the log did not grow while it waited")
    join_up(world)
    await _goes_on(world, RO, generation=2)


async def successor_after_lost_answer(world: World) -> None:
    """(6) A receipt is given, its answer lost; the receiver goes on in a new log."""
    await everybody_meets(world)
    world.wire.weather = Weather(chances={Fault.ANSWER_LOST: 1.0}, quick_s=0.01, slow_s=0.01)
    mid = await send(world, FR, RO)
    node = world.nodes[RO]

    await until(
        world,
        lambda: state_of(node, mid) is not None,
        within_s=120.0,
        what="the receiver did not accept",
    )
    world.attendance.renew(node, why="the story says so")
    world.wire.weather = world.weather
    await starts(world, node)
    await arrives(world, mid, FR)


async def restored_without_prekeys(world: World) -> None:
    """(7) A receiver comes back without its newest keys, and without what it had accepted."""
    await everybody_meets(world)
    node = world.nodes[RO]
    copy = world.attendance.copy(node)
    mids = await exchange(world, FR, RO, 4)
    world.attendance.restore(node, copy, anchored=Anchored.NONE, is_marked=True)
    forget_prekeys(world)
    await starts(world, node)
    await _goes_on(world, RO, generation=2)
    await exchange(world, FR, RO)
    for mid in mids:
        await arrives(world, mid, RO)


async def sender_restored_before_wrapping_again(world: World) -> None:
    """(8) A sender fell back to before it sealed again; the receipt names the later sealing."""
    await everybody_meets(world)
    await world.time.wait(_KEYS_FETCHED_S)
    cut_off(world, FR, RO)
    mid = await send(world, FR, RO)
    sender = world.nodes[FR]
    copy = world.attendance.copy(sender)
    forget_prekeys(world)
    join_up(world)
    await arrives(world, mid, FR)
    seals = [leaf.index for leaf in audit_store(sender.home / "store.db").leaves if leaf.kind == 1]
    demand(world, holds=max(seals) >= copy.size, what="it was not sealed again")
    world.attendance.restore(sender, copy, anchored=Anchored.NONE, is_marked=True)
    await starts(world, sender)
    await _goes_on(world, FR, generation=2)
    await arrives(world, mid, FR)


async def second_note_in_play(world: World) -> None:
    """(9) An owner shows some peers another history: they find out, and nobody else suffers."""
    await everybody_meets(world)
    world.fork(RO, DE)
    for _ in range(2):
        world.officers.request(DE, RO, "routine")
        world.officers.request(RO, FR, "routine")
        await world.time.wait(60.0)
    world.twins.end()
    world.officers.request(DE, RO, "routine")
    world.officers.request(RO, DE, "routine")
    await world.time.wait(4 * 3600.0)
    for sender, to in ((FR, DE), (DE, FR), (IT, DE)):
        await exchange(world, sender, to)


async def both_restored(world: World) -> None:
    """(10) Both sides fell back; numbers of envelopes would be used again, and hide a loss."""
    await everybody_meets(world)
    copies = {name: world.attendance.copy(world.nodes[name]) for name in (FR, RO)}
    await exchange(world, FR, RO, 3)
    await exchange(world, RO, FR, 2)
    for name, copy in copies.items():
        world.attendance.restore(world.nodes[name], copy, anchored=Anchored.NONE, is_marked=True)
    for name in copies:
        await starts(world, world.nodes[name])
    for name in copies:
        await _settled(world, name)
    await exchange(world, FR, RO, 3)
    await exchange(world, RO, FR, 3)


async def late_receipt_of_closed_log(world: World) -> None:
    """(12) Receipts of a log that was given up come when its successor is known: no state rises."""
    await everybody_meets(world)
    mid = await send(world, FR, RO)
    await arrives(world, mid, RO)
    node = world.nodes[RO]
    await world.officers.open(node, mid)
    await until(
        world,
        lambda: state_of(node, mid) is MessageState.OPENED,
        within_s=10.0,
        what="it was not opened",
    )
    cut_off(world, RO, FR)
    world.attendance.renew(node, why="the story says so")
    await starts(world, node)
    await exchange(world, DE, RO)
    join_up(world)
    await arrives(world, mid, FR, state=MessageState.OPENED)


async def _goes_on(world: World, name: NodeId, *, generation: int) -> None:
    """Wait until a node signs a log of this generation, and everybody exchanges with it again."""
    node = world.nodes[name]

    def signs() -> bool:
        is_up = node.is_up and node.store.origin.generation >= generation
        return is_up and node.store.may_sign

    await until(world, signs, within_s=3600.0, what=f"{name} does not go on in a new log")
    for other in sorted(set(world.nodes) - {name}):
        await exchange(world, name, other)
        await exchange(world, other, name)


async def _settled(world: World, name: NodeId) -> None:
    """Wait until a node signs again, in whatever generation."""
    node = world.nodes[name]

    await until(
        world,
        lambda: node.is_up and node.store.may_sign,
        within_s=3600.0,
        what=f"{name} does not sign again",
    )
