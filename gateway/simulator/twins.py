"""Two processes with one name and one key: an owner that shows some peers another history.

The twin begins on a copy of the home and goes on by itself. Each peer meets one of the two; what
they have in common is only what was there before the copy.
"""

from dataclasses import dataclass, field

from gateway.simulator.loop import present_life
from gateway.simulator.node import SimulatedNode
from gateway.simulator.wire import Way
from protocol.identifiers import NodeId


@dataclass(slots=True)
class Twin:
    """The second of the two, and who meets it."""

    node: SimulatedNode
    meets: frozenset[NodeId]


@dataclass(slots=True)
class Twins:
    """Every node of a world that has a twin."""

    held: dict[NodeId, Twin] = field(default_factory=dict)

    def server(self, way: Way, node: SimulatedNode) -> SimulatedNode:
        """Return which of the two a caller meets."""
        twin = self.held.get(way[1])
        return twin.node if twin is not None and way[0] in twin.meets else node

    def hides(self, way: Way) -> bool:
        """Tell whether the one of the two that calls now keeps away from a peer."""
        twin = self.held.get(way[0])
        if twin is None:
            return False
        return (present_life() is twin.node.life) != (way[1] in twin.meets)

    def end(self) -> None:
        """End every twin: whoever met one meets the first of the two from now on."""
        for _, twin in sorted(self.held.items()):
            twin.node.die()
            twin.meets = frozenset()
