"""What nodes must refuse, shown to whole ones and to one that keeps something of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from gateway.simulator.faults import CALM
from gateway.simulator.findings import Invariant
from gateway.simulator.node import SimulatedNode
from gateway.simulator.plan import Outcome
from gateway.simulator.pool import begin, workplace
from gateway.simulator.port import PeerPort, Reply, Request
from gateway.simulator.run import run_seed
from gateway.simulator.staging import FR, RO, everybody_meets
from gateway.simulator.world import Story, World, calm
from protocol.identifiers import NodeId


class Keeping(PeerPort):
    """Makes a statement of its own of everything that it refuses."""

    def __init__(self, node: SimulatedNode) -> None:
        self._inner = node.port
        self._node = node

    @override
    async def answer(self, peer: NodeId, request: Request) -> Reply:
        """Answer as the real one does; what follows must not."""
        reply = await self._inner.answer(peer, request)
        if reply.status >= 400:
            await self._node.publish_prekey()
        return reply


@pytest.fixture(scope="module", autouse=True)
def folder() -> Iterator[Path]:
    """Give all worlds of this module a place in memory."""
    with workplace() as made:
        begin(made)
        yield made


def lived(story: Story) -> Outcome:
    """Live through a story without faults."""
    return run_seed(calm(5), weather=CALM, names=(FR, RO), story=story)


def test_nodes_keep_nothing_of_what_they_refuse() -> None:
    """Cut, changed and foreign frames were refused, and the stores are as before."""
    findings = lived(everybody_meets).findings
    assert findings.sentences() == []
    assert findings.examined[Invariant.REFUSED_WITHOUT_TRACE] > 0


def test_node_that_keeps_something_of_a_refused_frame_is_found() -> None:
    """A check that nobody ever failed says nothing."""

    async def story(world: World) -> None:
        await everybody_meets(world)
        node = world.nodes[RO]
        node.port = Keeping(node)

    broken = [invariant for invariant, _ in lived(story).findings.broken]
    assert Invariant.REFUSED_WITHOUT_TRACE in broken
