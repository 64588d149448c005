"""An owner whose log is not one: told in a cheap story, for a thousand seeds.

The second process of a dishonest owner begins on an older copy of the home, or on the present
one. It asks nobody what was signed, as an owner would see to who means it. What it states is other
than what was stated before, so that a peer who held more is shown another history: smaller than
what it holds (fallen back), as large (forked), or larger (rewritten). Or two peers are shown one
each, and have only each other to find out by.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final

from gateway.simulator.faults import CALM, Fault
from gateway.simulator.liar import LyingNode
from gateway.simulator.node import SimulatedNode
from gateway.simulator.operators import keep_copy
from gateway.simulator.port import Reply, Request
from gateway.simulator.staging import DE, FR, RO, demand, until
from gateway.simulator.twins import Twin
from gateway.simulator.wire import Way
from gateway.simulator.world import World
from gateway.storage.audit import audit_store
from keys.digest import new_salt
from protocol.delivery.liveness import PING_S
from protocol.identifiers import NodeId
from protocol.log.deed import Act
from protocol.log.statement import officer_act

CONTACT_S: Final = 150.0
"""By when a peer that held more must doubt or refuse: two looks at what it heard."""

ROUND_S: Final = PING_S + CONTACT_S
"""By when two peers must have told each other: the longest pause between two empty frames."""

_MOST: Final = 6
_MEETING_S: Final = 300.0
_SIGNING_S: Final = 90.0


class Deaf:
    """Keeps a node from asking what others hold of its log."""

    def speaks(self, way: Way, request: Request) -> Request:
        """Send such a question nowhere."""
        if request.path.startswith(f"/v1/logs/a35/{way[0]}/"):
            return replace(request, path="/v1/nowhere")
        return request

    def answers(self, way: Way, request: Request, reply: Reply) -> Reply:
        """Answer as it is."""
        del way, request
        return reply


async def other_history(world: World) -> None:
    """(0) A dishonest owner shows another history, to one peer or to two."""
    world.liar = LyingNode(RO, Random(world.plan.seed), CALM, world.tally)
    world.wire.liars[RO] = Deaf()
    await until(
        world,
        lambda: all(_linked(world, name) for name in (DE, FR)),
        within_s=_MEETING_S,
        what="the nodes did not meet",
    )
    await (_two_peers(world) if world.plan.seed % 4 == 0 else _one_peer(world))


async def _one_peer(world: World) -> None:
    """Let a peer that holds more meet a history that begins before what it holds."""
    node = world.nodes[RO]
    copy = keep_copy(node, node.home.with_name("copy"))
    await _state(world, node, world.draw.randint(1, _MOST))
    await _call(world, node, FR)
    held = _linked(world, FR)
    demand(world, holds=held > copy.size, what="the peer did not hold more than the copy")
    twin = await _second(world, copy.folder, FR)
    await _state(world, twin, world.draw.randint(1, _MOST))
    size = twin.store.size
    kind = "fallen back" if size < held else "forked" if size == held else "rewritten"
    await _call(world, twin, FR)
    await _comes_out(world, (FR,), kind, within_s=CONTACT_S)


async def _two_peers(world: World) -> None:
    """Let two peers each hold a history that the other has not seen."""
    node = world.nodes[RO]
    twin = await _second(world, node.home, DE)
    for each, to in ((node, FR), (twin, DE)):
        before = _linked(world, to)
        await _state(world, each, world.draw.randint(1, _MOST))
        await _call(world, each, to)
        demand(world, holds=_linked(world, to) > before, what=f"{to} was shown nothing new")
    await _comes_out(world, (FR, DE), "two peers", within_s=ROUND_S)


async def _second(world: World, source: Path, *meets: NodeId) -> SimulatedNode:
    """Start the second process of the owner, for some peers."""
    node = world.nodes[RO]
    place = node.home.with_name("second")
    twin = world.make(node.material, source=source, home=place)
    world.twins.held[RO] = Twin(twin, frozenset(meets))
    world.tally[Fault.FORKED_LOG] += 1
    twin.start()
    await until(
        world,
        lambda: twin.is_up and twin.store.may_sign,
        within_s=_SIGNING_S,
        what="the second process does not sign",
    )
    return twin


async def _state(world: World, node: SimulatedNode, count: int) -> None:
    """Let a node state something, one commit each."""

    async def state() -> None:
        for number in range(count):
            act = Act(
                act="told", who=f"{RO} operator", ref=None, subject=None, why=str(number),
                t_ms=node.now_ms(),
            )  # fmt: skip
            await node.store.state([officer_act(act.encode(), new_salt())], must_leave=True)

    size = node.store.size
    node.life.go(state(), name="states")
    await until(
        world,
        lambda: node.store.size >= size + count,
        within_s=60.0,
        what="the owner could not state anything",
    )


async def _call(world: World, node: SimulatedNode, to: NodeId) -> None:
    """Let a node exchange an empty frame, and wait for its end."""
    ended: list[bool] = []

    async def call() -> None:
        ended.append(await node.runtime.engine.call(to))

    node.life.go(call(), name="calls")
    await until(world, lambda: bool(ended), within_s=60.0, what=f"{to} was not called")


async def _comes_out(world: World, peers: Iterable[NodeId], kind: str, *, within_s: float) -> None:
    """Wait until one of the peers doubts or refuses the log; the trace says after how long."""
    began_s = world.time.now_s()
    await until(
        world,
        lambda: any(world.accuses(name, RO) for name in peers),
        within_s=within_s,
        what=f"{kind}: nobody found out",
    )
    world.trace.note(f"{kind} found after {world.time.now_s() - began_s:.0f} s")


def _linked(world: World, name: NodeId) -> int:
    """Return the largest size of the owner's log that a peer has linked."""
    linked = audit_store(world.nodes[name].home / "store.db").linked
    return max((head.size for head in linked if head.origin.startswith(f"a35/{RO}/")), default=0)
