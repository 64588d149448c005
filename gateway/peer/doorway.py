"""What stands between a socket and HTTP until the TLS handshake is over.

Leaves to gateway.peer.gate whether there is a handshake at all, and whose connection it becomes.
"""

import asyncio
from typing import Protocol, cast

from typing_extensions import override

from gateway.peer.connection import Connection


class Admitting(Protocol):
    """Who decides on new connections."""

    def admit(self, doorway: "Doorway", transport: asyncio.Transport) -> None:
        """Begin a handshake, or drop the connection."""


class Doorway(asyncio.Protocol):
    """What stands between the socket and HTTP until the handshake is over.

    Args:
        gate: Who decides.
    """

    def __init__(self, gate: Admitting) -> None:
        self._gate = gate
        self._early: list[bytes] = []
        self._inner: Connection | None = None
        self._is_lost = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake, if there is room for one more."""
        # Every loop gives a stream here; not each of them says so by its type.
        stream = cast("asyncio.Transport", transport)
        # The handshake begins in a task: what a loop reads before that would be taken for HTTP
        # that came early, in clear, and the handshake would wait for it in vain.
        stream.pause_reading()
        self._gate.admit(self, stream)

    @override
    def data_received(self, data: bytes) -> None:
        """Keep what came in the same turn as the end of the handshake."""
        if self._inner is None:
            self._early.append(data)
        else:
            self._inner.data_received(data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Tell HTTP, if it knows of the connection."""
        self._is_lost = True
        if self._inner is not None:
            self._inner.connection_lost(exc)

    def open(self, tls: asyncio.Transport, inner: Connection) -> None:
        """Hand the connection over to HTTP."""
        if self._is_lost:
            inner.connection_lost(None)
            return
        self._inner = inner
        tls.set_protocol(inner)
        inner.connection_made(tls)
        for data in self._early:
            inner.data_received(data)
        self._early.clear()
