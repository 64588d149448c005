"""Every call ends in time, whatever the transport does; what it came to is the caller's."""

import asyncio
from collections.abc import Sequence

import pytest
from typing_extensions import override

from gateway.errors import TransportError
from gateway.pieces import HeldPiece, Piece
from gateway.ports import Route
from gateway.service.patience import PatientTransport
from protocol.delivery.attempt import attempt_s
from protocol.identifiers import NodeId
from tests.gateway.network import LoopClock
from tests.gateway.service.world import RO


class Slow:
    """A transport that answers when it is told to, and notes how it was left."""

    def __init__(self) -> None:
        self.answer = asyncio.Event()
        self.fault: TransportError | None = None
        self.was_given_up = False

    async def send(
        self, node: NodeId, route: Route, buffers: Sequence[bytes], *, urgent: bool = False
    ) -> tuple[int, bytes]:
        """Answer with what was asked."""
        await self._wait()
        return 200, f"{node} {route} {len(buffers)} {urgent}".encode()

    async def get(self, node: NodeId, path: str, *, max_bytes: int) -> tuple[int, bytes]:
        """Answer likewise."""
        await self._wait()
        return 200, f"{node} {path} {max_bytes}".encode()

    async def blob_offset(self, node: NodeId, digest: bytes) -> int:
        """Answer likewise."""
        del node
        await self._wait()
        return len(digest)

    async def put_blob(
        self, node: NodeId, digest: bytes, *, offset: int, total: int, piece: Piece
    ) -> tuple[int, bytes]:
        """Answer likewise."""
        del node, digest
        await self._wait()
        return 200, b"%d %d %d" % (offset, total, piece.size_bytes)

    async def _wait(self) -> None:
        """Wait for the test.

        Raises:
            TransportError: As told.
            CancelledError: Nobody waits any more.
        """
        try:
            await self.answer.wait()
        except asyncio.CancelledError:
            self.was_given_up = True
            raise
        if self.fault is not None:
            raise self.fault


class Bell(LoopClock):
    """A clock whose waits end when the test rings."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []
        self.bell = asyncio.Event()

    @override
    async def sleep(self, seconds: float) -> None:
        """Wait for the test."""
        self.waits.append(seconds)
        await self.bell.wait()


def test_answers_pass_as_they_are() -> None:
    """It changes nothing but how long one waits."""

    async def run() -> None:
        slow = Slow()
        slow.answer.set()
        transport = PatientTransport(slow, Bell())
        sent = await transport.send(RO, Route.ENVELOPES, [b"a", b"b"], urgent=True)
        assert sent == (200, b"RO/1 /v1/envelopes 2 True")
        assert await transport.get(RO, "/v1/keys", max_bytes=9) == (200, b"RO/1 /v1/keys 9")
        assert await transport.blob_offset(RO, bytes(32)) == 32
        put = await transport.put_blob(RO, bytes(32), offset=1, total=9, piece=HeldPiece(b"xyz"))
        assert put == (200, b"1 9 3")

    asyncio.run(run())


def test_call_that_takes_too_long_is_given_up_with_an_unknown_outcome() -> None:
    """It may have been processed: everything it carried goes again, and nothing is blamed."""

    async def run() -> None:
        slow, bell = Slow(), Bell()
        calling = asyncio.ensure_future(
            PatientTransport(slow, bell).send(RO, Route.ENVELOPES, [bytes(16 * 1024 * 10)])
        )
        for _ in range(3):
            await asyncio.sleep(0)
        assert bell.waits == [attempt_s(16 * 1024 * 10)] == [40.0]
        bell.bell.set()
        with pytest.raises(TransportError) as caught:
            await calling
        assert (caught.value.code, caught.value.sent) == ("time_out", True)
        await asyncio.sleep(0)
        assert slow.was_given_up

    asyncio.run(run())


def test_fault_of_the_transport_is_the_callers() -> None:
    """Not reached is not reached."""

    async def run() -> None:
        slow = Slow()
        slow.fault = TransportError("x", code="unreachable")
        slow.answer.set()
        with pytest.raises(TransportError) as caught:
            await PatientTransport(slow, Bell()).blob_offset(RO, bytes(32))
        assert caught.value.code == "unreachable"

    asyncio.run(run())


def test_caller_that_is_cancelled_leaves_nothing_under_way() -> None:
    """A node that stops waits for nobody."""

    async def run() -> None:
        slow = Slow()
        calling = asyncio.ensure_future(
            PatientTransport(slow, Bell()).get(RO, "/v1/keys", max_bytes=9)
        )
        for _ in range(3):
            await asyncio.sleep(0)
        calling.cancel()
        await asyncio.wait([calling])
        await asyncio.sleep(0)
        assert slow.was_given_up

    asyncio.run(run())
