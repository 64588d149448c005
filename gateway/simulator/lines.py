"""The connections of one caller to one node: as many as the real transport keeps, the rest wait.

Who waits longest comes first, as in the pool of the real one; who waits too long was not connected.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from gateway.errors import TransportError
from protocol.identifiers import NodeId

Caller: TypeAlias = tuple[str, NodeId]
"""One life, and whom it calls: a process that ended takes its connections with it."""

AT_ONCE: Final = 6
"""As gateway.peer.calling.CallLimits.connections."""


@dataclass(slots=True)
class _Line:
    """Connections in use, and who waits for one."""

    in_use: int = 0
    frames: int = 0
    waiting: "deque[asyncio.Future[None]]" = field(default_factory=deque)


class Lines:
    """All connections of a world.

    Args:
        wait_s: Seconds of the loop that a caller waits for a free one.
    """

    def __init__(self, wait_s: float) -> None:
        self._wait_s = wait_s
        self._lines: dict[Caller, _Line] = {}
        self.most_frames = 0

    @asynccontextmanager
    async def one(self, caller: Caller, *, is_frame: bool) -> AsyncIterator[None]:
        """Hold a connection.

        Args:
            caller: Whose.
            is_frame: Whether it carries a frame; those are counted from when they ask for one.

        Raises:
            TransportError: None became free in time; nothing was sent.
        """
        line = self._lines.setdefault(caller, _Line())
        line.frames += is_frame
        self.most_frames = max(self.most_frames, line.frames)
        try:
            if line.in_use < AT_ONCE:
                line.in_use += 1
            else:
                await self._wait(line)
            try:
                yield
            finally:
                _give_back(line)
        finally:
            line.frames -= is_frame

    async def _wait(self, line: _Line) -> None:
        """Wait until somebody hands on a connection.

        Raises:
            TransportError: Nobody did in time.
        """
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.waiting.append(turn)
        try:
            async with asyncio.timeout(self._wait_s):
                await turn
        except BaseException as fault:
            if turn.done() and not turn.cancelled():
                _give_back(line)  # it came in the same moment
            if isinstance(fault, TimeoutError):
                raise TransportError("no connection", code="unreachable") from fault
            raise


def _give_back(line: _Line) -> None:
    """Hand a connection on, or close it."""
    while line.waiting:
        turn = line.waiting.popleft()
        if not turn.done():
            turn.set_result(None)
            return
    line.in_use -= 1
