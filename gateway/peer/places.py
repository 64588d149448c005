"""The places in which frames and pieces of attachments are read and answered.

Does: lets in whom protocol.delivery.admission lets in; the rest waits a little, the urgent first,
and is then put off. What waits has sent a head at the most, so that waiting costs little memory;
what one peer can have here is bounded by its own share.

Source: docs/delivery.md, "Admission".
"""

from asyncio import Future, get_running_loop, timeout
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.metrics import Metrics
from protocol.delivery.admission import Places
from protocol.errors import Code, RemoteProtocolError


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLimits:
    """What all peers together may use.

    Args:
        places: Frames and pieces read and answered at a time; a fifth is for P0 and P1 alone.
        waiting: Those that may wait for one.
        patience_s: Longest wait for one; then E_BUSY.
    """

    places: int = 32
    waiting: int = 64
    patience_s: float = 5.0


class Turnstile:
    """Gives places and takes them back.

    Args:
        limits: How many.
        metrics: Shows what is taken, and counts who was put off.
    """

    def __init__(self, limits: PlaceLimits, metrics: Metrics) -> None:
        self._limits = limits
        self._metrics = metrics
        self._places = Places.of(limits.places)
        self._urgent: deque[Future[None]] = deque()
        self._others: deque[Future[None]] = deque()

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self._places.urgent + self._places.others

    @asynccontextmanager
    async def place(self, is_urgent: Callable[[], bool]) -> AsyncIterator[None]:
        """Hold a place while the block runs.

        Args:
            is_urgent: Tells whether it is for P0 or P1; asked only when places are short, since
                to know it headers must be read.

        Raises:
            RemoteProtocolError: None became free in time (E_BUSY).
        """
        urgent = False
        if self._places.is_free(urgent=False):
            self._take(urgent=False)
        else:
            urgent = is_urgent()
            await self._enter(urgent=urgent)
        try:
            yield
        finally:
            self._leave(urgent=urgent)

    async def _enter(self, *, urgent: bool) -> None:
        if self._places.is_free(urgent=urgent):
            self._take(urgent=urgent)
            return
        if len(self._urgent) + len(self._others) >= self._limits.waiting:
            raise self._put_off()
        line = self._urgent if urgent else self._others
        turn: Future[None] = get_running_loop().create_future()
        line.append(turn)
        try:
            async with timeout(self._limits.patience_s):
                await turn
        except BaseException as error:
            if turn in line:
                line.remove(turn)
            elif turn.done() and not turn.cancelled():
                self._leave(urgent=urgent)  # its turn came while it went away
            if isinstance(error, TimeoutError):
                raise self._put_off() from None
            raise

    def _leave(self, *, urgent: bool) -> None:
        self._places = self._places.left(urgent=urgent)
        for line, is_urgent in ((self._urgent, True), (self._others, False)):
            while line and self._places.is_free(urgent=is_urgent):
                turn = line.popleft()
                if not turn.done():
                    self._take(urgent=is_urgent)
                    turn.set_result(None)
        self._metrics.places(self.taken)

    def _take(self, *, urgent: bool) -> None:
        self._places = self._places.taken(urgent=urgent)
        self._metrics.places(self.taken)

    def _put_off(self) -> RemoteProtocolError:
        self._metrics.put_off("places")
        return RemoteProtocolError("no place became free", code=Code.BUSY)
