"""HTTP on one connection of a peer: aiohttp's, one request at a time, answered by numbers only.

Does: answers what cannot be parsed with 400 and nothing else; ends a connection on which a
second request comes before the first was answered, so that no second request is ever seen.
Leaves to gateway.peer.gate who may connect, to gateway.peer.exchange what a request means.

Reads one private name of aiohttp, the queue of parsed requests; tests over raw sockets hold it.
"""

from asyncio import get_running_loop
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web import BaseRequest, RequestHandler, Response, Server, StreamResponse
from typing_extensions import override

PLACE: Final = "peer.server"
"""How metrics and journal name the port."""

_SERVER_NAME: Final = {"Server": "a35"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PortLimits:
    """Time and numbers before a request is understood.

    Args:
        handshakes: Connections open before their key is known.
        handshake_timeout_s: Longest handshake.
        backlog: Connections that the system may queue.
        idle_timeout_s: Longest pause between requests, and longest head of one.
        lingering_s: Longest time to read away the body of a refused request.
        close_timeout_s: Longest wait for the other side's end of TLS.
        line_bytes: Longest request line, and header field.
        headers: Most header fields.
        buffer_bytes: Body bytes that wait to be read; twice as many stop the sender.
    """

    handshakes: int = 64
    handshake_timeout_s: float = 10.0
    backlog: int = 64
    idle_timeout_s: float = 15.0
    lingering_s: float = 2.0
    close_timeout_s: float = 2.0
    line_bytes: int = 4094
    headers: int = 32
    buffer_bytes: int = 128 * 1024

    def for_aiohttp(self) -> dict[str, Any]:
        """Return what aiohttp's connection handler takes."""
        return {
            "keepalive_timeout": self.idle_timeout_s,
            "lingering_time": self.lingering_s,
            "max_line_size": self.line_bytes,
            "max_field_size": self.line_bytes,
            "max_headers": self.headers,
            "read_bufsize": self.buffer_bytes,
            "auto_decompress": False,
            "access_log": None,
            "tcp_keepalive": True,
        }


class Watch(Protocol):
    """Who is told what happens to connections."""

    def turned_away(self, reason: str) -> None:
        """Count what was refused before it was a request."""

    def bug(self, error: BaseException) -> None:
        """Record an error that nobody expected."""


class Connection(RequestHandler):
    """aiohttp's side of one connection whose key is known.

    Args:
        manager: aiohttp's list of connections, with the handler of requests.
        limits: Time and numbers.
        watch: Is told what is refused.
        spki: SPKI digest of the key that was shown.
        ended: Called once when the connection is gone.

    Attributes:
        spki: As above.
        is_pipelined: A second request came before the first was begun: refuse both.
    """

    __slots__ = ("_body", "_ended", "_is_asked", "_watch", "is_pipelined", "spki")

    def __init__(
        self,
        manager: Server,
        *,
        limits: PortLimits,
        watch: Watch,
        spki: bytes,
        ended: Callable[[], None],
    ) -> None:
        super().__init__(manager, loop=get_running_loop(), **limits.for_aiohttp())
        self._watch = watch
        self._ended = ended
        self._body: StreamReader = EMPTY_PAYLOAD
        self._is_asked = False
        self.is_pipelined = False
        self.spki = spki

    def answered(self) -> None:
        """Say that the request is decided; from now on the next one may come."""
        self._is_asked = False

    @override
    def data_received(self, data: bytes) -> None:
        """Take bytes of the other side, unless they begin a request too early."""
        if self._is_asked and data and self._body.is_eof():
            self._end_pipelining(begun=True)
            return
        before = len(self._messages)
        super().data_received(data)
        new = len(self._messages) - before
        if new <= 0:
            return
        begun = self._is_asked
        self._is_asked = True
        if begun or new > 1:
            self._end_pipelining(begun=begun)
        else:
            self._body = self._messages[-1][1]

    def _end_pipelining(self, *, begun: bool) -> None:
        """Forget every request but the first; its answer is the last thing sent here."""
        while len(self._messages) > (0 if begun else 1):
            self._messages.pop()
        self.is_pipelined = True
        self._watch.turned_away("pipelined")
        self.close()

    @override
    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> StreamResponse:
        """Answer what could not be parsed, or what our handler let through, with a number."""
        if status < 500:  # noqa: PLR2004 - the border of HTTP's own classes
            self._watch.turned_away("unparsable")
        elif exc is not None:
            self._watch.bug(exc)
        return plain(status, close=True)

    @override
    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Write what aiohttp would log, by type and place only."""
        error = kw.get("exc_info")
        if isinstance(error, BaseException):
            self._watch.bug(error)

    @override
    def connection_lost(self, exc: BaseException | None) -> None:
        """Give the peer's place free, once."""
        super().connection_lost(exc)
        ended, self._ended = self._ended, _nothing
        ended()


def plain(
    status: int,
    *,
    body: bytes | None = None,
    media_type: str | None = None,
    offset: int | None = None,
    close: bool = False,
) -> Response:
    """Compose an answer from constants and numbers.

    Args:
        status: HTTP status.
        body: What it carries.
        media_type: Of the body; one of ours.
        offset: For answers about a blob: bytes held.
        close: End the connection after it.
    """
    headers = dict(_SERVER_NAME)
    if media_type is not None:
        headers["Content-Type"] = media_type
    if offset is not None:
        headers["A35-Offset"] = str(offset)
    response = Response(status=status, body=body, headers=headers)
    if close:
        response.force_close()
    return response


def _nothing() -> None:
    """Stand in for a call that was made already."""
