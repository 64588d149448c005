"""One call: how it leaves, pinned and in few writes, and what of its answer is believed.

Does: the pieces of aiohttp's client that the transport brings along, and the reading of answers
and failures. Leaves to gateway.peer.transport whom to call, and when.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import (
    ClientConnectionError,
    ClientConnectorCertificateError,
    ClientConnectorError,
    ClientRequest,
    ClientResponse,
    ConnectionTimeoutError,
    Payload,
)
from aiohttp.abc import AbstractStreamWriter
from aiohttp.connector import Connection
from typing_extensions import override

from gateway.errors import TransportError
from gateway.peer.routes import NOTE_PATH, TEXT_TYPE, WITNESS_PATH
from gateway.peer.tls import NodeContext, shown_spki
from gateway.pieces import Piece
from protocol.delivery.attempt import ATTEMPT_S, FLOOR_BYTES_PER_S
from protocol.frame import MEDIA_TYPE
from protocol.limits import MAX_ERROR_BYTES

DONE: Final = frozenset({200, 201})
"""HTTP status of an answer that is not a refusal."""

_WRITE_BYTES: Final = 64 * 1024
"""Smaller buffers are joined up to this: each write is a TLS record and a system call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLimits:
    """Time and numbers of a caller.

    Args:
        connect_s: Longest time to a finished handshake, waiting for a free connection included.
        read_s: Longest pause of an answer.
        attempt_s: Longest attempt, besides the time that the body may take.
        floor_bytes_per_s: Slowest sending of a body.
        connections: To one endpoint: four of delivery, two for questions beside it. A peer
            takes eight.
        keepalive_s: Shorter than what a peer keeps a connection, so that none dies in use.
        line_bytes: Longest line of an answer's head.
        headers: Most header fields of an answer.
    """

    connect_s: float = 10.0
    read_s: float = 30.0
    attempt_s: float = ATTEMPT_S
    floor_bytes_per_s: int = FLOOR_BYTES_PER_S
    connections: int = 6
    keepalive_s: float = 12.0
    line_bytes: int = 4094
    headers: int = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, the same for each endpoint.

    Args:
        method: HTTP method.
        path: Path and query.
        body: Buffers to send in order, a piece to be read on the way, None without a body.
        media_type: Of the body.
        content_range: For a piece of a blob.
        max_bytes: Longest body of an answer that is not a refusal.
    """

    method: str
    path: str
    body: Sequence[bytes] | Piece | None = None
    media_type: str = MEDIA_TYPE
    content_range: str | None = None
    max_bytes: int

    def headers(self) -> dict[str, str]:
        """Return what aiohttp does not add itself."""
        headers = {} if self.body is None else {"Content-Type": self.media_type}
        if self.content_range is not None:
            headers["Content-Range"] = self.content_range
        return headers

    def size_bytes(self) -> int:
        """Return the length of the body."""
        match self.body:
            case None:
                return 0
            case Sequence():
                return sum(len(buffer) for buffer in self.body)
            case piece:
                return piece.size_bytes

    def payload(self) -> "Buffers | None":
        """Return the body as it is sent, the same each time."""
        match self.body:
            case None:
                return None
            case Sequence() as buffers:
                return Buffers(lambda: _joined(buffers), self.size_bytes(), self.media_type)
            case piece:
                return Buffers(piece.chunks, self.size_bytes(), self.media_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer of our media type, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class WrongPinError(ClientConnectionError):
    """The other side showed a key that the directory does not list for this node."""


class PinnedRequest(ClientRequest):
    """A request that leaves only on a connection whose key is the node's by the directory now.

    A kept connection is asked again each time, since pins change under it.
    """

    @override
    async def send(self, conn: Connection) -> ClientResponse:
        """Send, if the pin holds; nothing was sent otherwise.

        Raises:
            WrongPinError: It does not; aiohttp closes the connection.
        """
        context = self.ssl
        if not isinstance(context, NodeContext) or shown_spki(conn.transport) not in context.pins:
            raise WrongPinError("the key is not the node's")
        return await super().send(conn)


class Buffers(Payload):
    """A body that is sent buffer by buffer; may be sent again.

    Args:
        buffers: Yields them in order, the same each time it is called.
        size_bytes: Of all together.
        media_type: Of the whole.
    """

    _autoclose = True  # holds nothing open

    def __init__(
        self, buffers: Callable[[], Iterator[bytes]], size_bytes: int, media_type: str
    ) -> None:
        super().__init__(buffers, content_type=media_type)
        self._buffers = buffers
        self._size = size_bytes

    @override
    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Refuse: bodies are not text.

        Raises:
            TypeError: Always.
        """
        raise TypeError("a body that is not text")

    @override
    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write everything."""
        for buffer in self._buffers():
            await writer.write(buffer)

    @override
    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        """Write everything: the length announced is always that of the buffers."""
        await self.write(writer)


async def read(response: ClientResponse, call: Call) -> Reply:
    """Read an answer up to its cap.

    Args:
        response: Its head is there.
        call: What was asked.

    Raises:
        TransportError: Not our media type, or longer than the cap.
    """
    headers = response.headers
    if not _is_ours(response, call):
        raise TransportError("what answered is not our protocol", code="not_ours", sent=True)
    is_done = response.status in DONE or call.path == WITNESS_PATH
    cap = call.max_bytes if is_done else MAX_ERROR_BYTES
    parts: list[bytes] = []
    held = 0
    while part := await response.content.readany():
        held += len(part)
        if held > cap:
            raise TransportError("an answer above its limit", code="not_ours", sent=True)
        parts.append(part)
    return Reply(status=response.status, headers=headers, body=b"".join(parts))


def _is_ours(response: ClientResponse, call: Call) -> bool:
    """Tell whether an answer has the media type of what was asked; C2SP's witnesses have any."""
    if "Content-Encoding" in response.headers:
        return False
    if call.path == WITNESS_PATH:
        return True
    is_note = response.status in DONE and call.path.startswith(NOTE_PATH)
    return response.headers.get("Content-Type") == (TEXT_TYPE if is_note else MEDIA_TYPE)


def failure(error: Exception) -> TransportError:
    """Say what went wrong, and whether the request may have been processed.

    Args:
        error: What aiohttp raised; UnicodeError if a host has no name that can be looked up.
    """
    match error:
        case WrongPinError() | ClientConnectorCertificateError():
            return TransportError("the node shows another key", code="wrong_key")
        case ClientConnectorError() | ConnectionTimeoutError() | UnicodeError():
            return TransportError("no connection", code="unreachable")
        case TimeoutError():
            return TransportError("no answer in time", code="time_out", sent=True)
        case _:
            return TransportError("the connection ended", code="broken", sent=True)


def _joined(buffers: Sequence[bytes]) -> Iterator[bytes]:
    small: list[bytes] = []
    held = 0
    for buffer in buffers:
        if small and held + len(buffer) > _WRITE_BYTES:
            yield b"".join(small)
            small.clear()
            held = 0
        if len(buffer) >= _WRITE_BYTES:
            yield buffer
        else:
            small.append(buffer)
            held += len(buffer)
    if small:
        yield b"".join(small)
