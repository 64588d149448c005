"""The operators of a world: they lose disks, put copies back, and do what the alarms ask for.

Every minute they look where each log stands. One that has ended is given up for a new
generation; a peer that went on in a new log after two histories is accepted.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from gateway.errors import GatewayError
from gateway.service.recover import Phase
from gateway.simulator.clock import VirtualTime
from gateway.simulator.fakes import DirectoryVersion
from gateway.simulator.faults import Fault, Tally
from gateway.simulator.losses import Losses, loss_of
from gateway.simulator.model import Model
from gateway.simulator.node import SimulatedNode
from gateway.simulator.operators import Anchored, Copy, give_up, keep_copy, put_back
from protocol.directory import NodeEntry
from protocol.errors import LocalProtocolError
from protocol.identifiers import LogOrigin, NodeId

_LOOK_S: Final = 60.0


@dataclass(slots=True, kw_only=True)
class Attendance:
    """All operators of one world.

    Args:
        time: Of the world.
        draw: Decides what they find after a loss.
        nodes: What they run.
        model: Told of what is lost with a disk.
        losses: Likewise.
        tally: Counts restored copies.
        directory: Returns the newest version.
        publish: Gives an entry to the directory.
        folder: For copies.
        is_honest: Whose operators do what they should.
        note: Takes a line for the trace.
    """

    time: VirtualTime
    draw: Random
    nodes: dict[NodeId, SimulatedNode]
    model: Model
    losses: Losses
    tally: Tally
    directory: Callable[[], DirectoryVersion]
    publish: Callable[[NodeEntry], None]
    folder: Path
    is_honest: Callable[[NodeId], bool]
    note: Callable[[str], None]
    copies: int = 0
    _kept: list[Copy] = field(default_factory=list)

    def copy(self, node: SimulatedNode) -> Copy:
        """Keep a copy of a home."""
        self.copies += 1
        kept = keep_copy(node, self.folder / f"copy-{self.copies}")
        self._kept.append(kept)
        return kept

    def restore(
        self, node: SimulatedNode, copy: Copy, *, anchored: Anchored, is_marked: bool
    ) -> None:
        """Lose the disk of a node and put a copy back; it is started by whoever asked."""
        self.tally[Fault.RESTORED_COPY] += 1
        self.note(f"{node.id} is restored to {copy.origin.generation} {copy.size} {anchored.name}")
        node.die()
        before = node.evidence()
        put_back(node, copy, anchored=anchored, is_marked=is_marked)
        loss = loss_of(before, node.evidence())
        self.losses.add(loss)
        self.model.lose(node.id, loss.sent)

    async def attend(self) -> None:
        """Look after all nodes until cancelled."""
        while True:
            await self.time.wait(_LOOK_S)
            for _, node in sorted(self.nodes.items()):
                if self.is_honest(node.id):
                    self.look_after(node)

    def look_after(self, node: SimulatedNode) -> bool:
        """Do what one node asks its operator for; return whether there was anything."""
        if not node.is_up or node.life.is_dead:
            return False
        if not node.store.may_sign and node.runtime.recovery.outlook().phase is Phase.ENDED:
            self.renew(node, why="the disk was lost")
            node.start()
            return True
        for origin in node.runtime.continuing.standpoint().forks:
            listed = self.directory().entries[origin.node].logs
            if any(key.log_origin > origin for key in listed):
                node.life.go(self._accept(node, origin), name="accepts")
        return False

    def renew(self, node: SimulatedNode, *, why: str) -> None:
        """Give up the log of a node for a new generation; it is down afterwards."""
        node.die()
        origin = give_up(node, self.directory(), self.publish, why=why)
        self.note(f"{node.id} goes on in generation {origin.generation}")

    async def _accept(self, node: SimulatedNode, origin: LogOrigin) -> None:
        """Accept what went on in a new log after two histories of the old one."""
        try:
            await node.runtime.continuing.accept(origin.node, "telephoned", who="operator")
        except (GatewayError, LocalProtocolError) as error:
            self.note(f"{node.id} does not accept {origin} {type(error).__name__}")
        else:
            self.note(f"{node.id} accepts {origin.node} above {origin.generation}")
