"""The disk below one simulated node: it fills up, breaks, or its process dies around a commit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gateway.simulator.faults import Fault, Tally
from gateway.simulator.loop import LifeEndedError
from gateway.storage.inline import Refusal


@dataclass(slots=True, kw_only=True)
class SimulatedDisk:
    """Implements gateway.storage.inline.Disk.

    Args:
        anchor: The node's anchor file.
        tally: Counts what happened.
        die: Ends the node's process.
    """

    anchor: Path
    tally: Tally
    die: Callable[[], None]
    is_full: bool = False
    breaks: int = 0
    plan: Fault | None = None
    _anchor: bytes | None = field(default=None, repr=False)

    def before(self, operations: int) -> Refusal:
        """Say what becomes of a group; a planned death waits for one that writes something.

        Raises:
            LifeEndedError: The process ends here, and nothing of the group landed.
        """
        if self.plan is Fault.CRASH_BEFORE_COMMIT and operations:
            self.plan = None
            self.tally[Fault.CRASH_BEFORE_COMMIT] += 1
            self.die()
            raise LifeEndedError
        if self.plan is Fault.CRASH_BEFORE_ANCHOR and operations:
            self._anchor = self.anchor.read_bytes()
        if self.breaks:
            self.breaks -= 1
            self.tally[Fault.DISK_BROKEN] += 1
            return Refusal.BROKEN
        if self.is_full:
            self.tally[Fault.DISK_FULL] += 1
            return Refusal.FULL
        return Refusal.NONE

    def after(self) -> None:
        """Let a planned death happen between the commit and the first word about it.

        Raises:
            LifeEndedError: The process ends here, and all of the group landed.
        """
        plan, anchor = self.plan, self._anchor
        if plan is Fault.CRASH_AFTER_COMMIT or anchor is not None:
            self.plan = self._anchor = None
            self.tally[
                Fault.CRASH_AFTER_COMMIT if anchor is None else Fault.CRASH_BEFORE_ANCHOR
            ] += 1
            self.die()
            if anchor is not None:
                self.anchor.write_bytes(anchor)
            raise LifeEndedError
