"""The wire with an end to every wait: whatever a transport does, a call is over in time.

Times are those of the Clock port. A call that took too long may have been processed: it is an
unknown outcome, never a refusal, and whatever it carried goes again.

Source: docs/delivery.md, "Delivery in rules", 6, and "Batches".
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from gateway.errors import TransportError
from gateway.pieces import Piece
from gateway.ports import Clock, Route, Transport
from protocol.delivery.attempt import attempt_s
from protocol.identifiers import NodeId

_Result = TypeVar("_Result")


class PatientTransport:
    """The transport port, each call ended after `attempt_s` of what it sends.

    Args:
        transport: The wire.
        clock: Time.
    """

    def __init__(self, transport: Transport, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock

    async def send(
        self, node: NodeId, route: Route, buffers: Sequence[bytes], *, urgent: bool = False
    ) -> tuple[int, bytes]:
        """POST one frame; see Transport.send."""
        size_bytes = sum(len(buffer) for buffer in buffers)
        calling = self._transport.send(node, route, buffers, urgent=urgent)
        return await self._in_time(calling, size_bytes)

    async def get(self, node: NodeId, path: str, *, max_bytes: int) -> tuple[int, bytes]:
        """GET a resource; see Transport.get."""
        return await self._in_time(self._transport.get(node, path, max_bytes=max_bytes), max_bytes)

    async def blob_offset(self, node: NodeId, digest: bytes) -> int:
        """Ask how much of a blob is held; see Transport.blob_offset."""
        return await self._in_time(self._transport.blob_offset(node, digest), 0)

    async def put_blob(
        self, node: NodeId, digest: bytes, *, offset: int, total: int, piece: Piece
    ) -> tuple[int, bytes]:
        """PUT one piece of a blob; see Transport.put_blob."""
        calling = self._transport.put_blob(node, digest, offset=offset, total=total, piece=piece)
        return await self._in_time(calling, piece.size_bytes)

    async def _in_time(self, calling: Coroutine[Any, Any, _Result], size_bytes: int) -> _Result:
        """Wait for a call as long as it may take, then end it.

        Raises:
            TransportError: The call's own, or `time_out`, sent: nobody knows what became of it.
        """
        call = asyncio.ensure_future(calling)
        call.add_done_callback(_look_away)
        timer = asyncio.ensure_future(self._clock.sleep(attempt_s(size_bytes)))
        try:
            await asyncio.wait({call, timer}, return_when=asyncio.FIRST_COMPLETED)
            if call.done():
                return call.result()
        finally:
            timer.cancel()
            if not call.done():
                call.cancel()
            del call  # else its error and this frame would hold each other, and what was sent
        raise TransportError("no answer in time", code="time_out", sent=True)


def _look_away(call: "asyncio.Future[Any]") -> None:
    """Take what a call comes to that was given up, or whose caller was: nobody asks for it."""
    if not call.cancelled():
        call.exception()
