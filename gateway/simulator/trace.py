"""The trace of one world: what happened, when, by names and states; equal for equal seeds.

Never a byte of a ciphertext: sealing draws from the system, so that bytes differ each time.
"""

import asyncio
from contextvars import Context, copy_context

from gateway.simulator.clock import VirtualTime
from keys.digest import Hasher


class Trace:
    """Lines with their moments, and a digest of all of them.

    Args:
        time: Of the world.
        keep: Whether lines are kept; else only their digest is.
    """

    def __init__(self, time: VirtualTime, *, keep: bool) -> None:
        self._time = time
        self._keep = keep
        self._hasher = Hasher()
        self.lines: list[str] = []
        self.context: Context = copy_context()
        self._tasks: list[asyncio.Task[None]] = []

    def note(self, what: str) -> None:
        """Add one line."""
        line = f"{self._time.now_s():.6f} {what}"
        self._hasher.update(line.encode() + b"\n")
        if self._keep:
            self.lines.append(line)

    def keep(self, task: "asyncio.Task[None]") -> None:
        """Hold on to a task of the world."""
        self._tasks.append(task)

    def digest(self) -> str:
        """Return the digest so far, in hex."""
        return self._hasher.digest().hex()
