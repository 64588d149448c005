"""What the scripts of stories are written with: sending, waiting, looking, demanding."""

from collections.abc import Callable

from gateway.simulator.faults import Fault
from gateway.simulator.findings import Invariant
from gateway.simulator.node import SimulatedNode
from gateway.simulator.world import World
from gateway.storage.audit import audit_store
from protocol.cases.ladder import MessageState, reached
from protocol.identifiers import MessageId, NodeId

FR = NodeId("FR", 1)
RO = NodeId("RO", 1)
DE = NodeId("DE", 1)
IT = NodeId("IT", 1)

_ARRIVES_S = 3000.0


async def until(world: World, holds: Callable[[], bool], *, within_s: float, what: str) -> bool:
    """Wait until something holds; a story that waits in vain says nothing, and fails.

    Args:
        world: In which.
        holds: Asked every second.
        within_s: Virtual.
        what: For the report.
    """
    until_s = world.time.now_s() + within_s
    while not holds():
        if world.time.now_s() >= until_s:
            demand(world, holds=False, what=what)
            return False
        await world.time.wait(1.0)
    return True


def demand(world: World, *, holds: bool, what: str) -> None:
    """Note that something must have happened for a story to say anything."""
    world.findings.hold(Invariant.STORY, holds=holds, otherwise=what)


async def send(world: World, sender: NodeId, to: NodeId, *, urgency: str = "routine") -> MessageId:
    """Let an officer send a request; return its id once it is queued."""
    key = world.officers.request(sender, to, urgency)
    document = world.model.documents[key]

    await until(world, lambda: bool(document.mids), within_s=60.0, what=f"{key} was not queued")
    return min(document.mids, default=MessageId(bytes(16)))


def state_of(node: SimulatedNode, mid: MessageId) -> MessageState | None:
    """Return where a message stands at a node, None if it is not there."""
    messages = audit_store(node.home / "store.db").messages
    return next((message.state for message in messages if message.mid == mid), None)


async def arrives(
    world: World, mid: MessageId, at: NodeId, *, state: MessageState = MessageState.CONSIGNED
) -> bool:
    """Wait until a message has come so far at a node.

    Nobody may know a new log before the next refresh of the directory, a quarter of an hour.
    """

    def has_come() -> bool:
        found = state_of(world.nodes[at], mid)
        return found is not None and reached(found, state)

    return await until(world, has_come, within_s=_ARRIVES_S, what=f"{mid} is not {state} at {at}")


async def exchange(world: World, sender: NodeId, to: NodeId, count: int = 1) -> list[MessageId]:
    """Send requests and wait until their sender knows that they were consigned."""
    mids = [await send(world, sender, to) for _ in range(count)]
    for mid in mids:
        await arrives(world, mid, sender)
    return mids


async def everybody_meets(world: World) -> None:
    """Let every node send something to every other one."""
    names = sorted(world.nodes)
    for sender in names:
        for to in names:
            if sender != to:
                await exchange(world, sender, to)


async def starts(world: World, node: SimulatedNode) -> None:
    """Start a node and wait until it is up."""
    node.start()
    await until(world, lambda: node.is_up, within_s=60.0, what=f"{node.id} does not start")
    await world.time.wait(1.0)


def cut_off(world: World, node: NodeId, *others: NodeId) -> None:
    """Cut every way between a node and others, all others if none are named."""
    from_ = others or tuple(sorted(set(world.nodes) - {node}))
    for other in from_:
        world.wire.cut[node, other] = world.wire.cut[other, node] = Fault.TWO_WAY_CUT


def join_up(world: World) -> None:
    """Heal every way."""
    world.wire.cut.clear()
