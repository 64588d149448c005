"""Lets peers in: the TLS handshake first, and nothing of HTTP before it.

Does: bounds what is open before anybody is known, and what one peer has open; hands a connection
to gateway.peer.connection once the directory's pins know its key.

Source: docs/wire-format.md, rules 26 and 27.
"""

from asyncio import Task, Transport, gather, get_running_loop
from collections.abc import Awaitable, Callable
from ssl import SSLContext

from aiohttp.web import BaseRequest, Server, StreamResponse

from gateway.journal import Journal, Seldom
from gateway.metrics import Metrics
from gateway.peer.connection import PLACE, Connection, PortLimits
from gateway.peer.doorway import Doorway
from gateway.peer.quota import Accounts
from gateway.peer.tls import shown_spki
from gateway.ports import Directory


class Gate:
    """Lets connections in, one handshake each; counts those not yet known and those of a peer.

    Args:
        handler: Answers requests.
        directory: Knows whose key it is.
        accounts: Places of each peer.
        limits: Time and numbers.
        metrics: Counters.
        journal: For the operator.
        seldom: Keeps the journal small.

    Attributes:
        context: The TLS context of the next handshake; replaced when the directory changes.
    """

    def __init__(
        self,
        handler: Callable[[BaseRequest], Awaitable[StreamResponse]],
        *,
        context: SSLContext,
        directory: Directory,
        accounts: Accounts,
        limits: PortLimits,
        metrics: Metrics,
        journal: Journal,
        seldom: Seldom,
    ) -> None:
        self.context = context
        self.limits = limits
        self._directory = directory
        self._accounts = accounts
        self._metrics = metrics
        self._journal = journal
        self._seldom = seldom
        self._manager = Server(handler)
        self._handshakes: set[Task[None]] = set()

    def __call__(self) -> Doorway:
        """Return the protocol of a connection that was just accepted."""
        return Doorway(self)

    def admit(self, doorway: Doorway, transport: Transport) -> None:
        """Begin a handshake, or drop the connection if too many are under way."""
        if len(self._handshakes) >= self.limits.handshakes:
            transport.abort()
            self.turned_away("crowd")
            return
        task = get_running_loop().create_task(self._enter(doorway, transport))
        self._handshakes.add(task)
        task.add_done_callback(self._handshakes.discard)

    async def close(self, timeout_s: float) -> None:
        """End handshakes and connections; requests under way have this long to be answered."""
        handshakes = tuple(self._handshakes)
        for task in handshakes:
            task.cancel()
        await gather(*handshakes, return_exceptions=True)
        self._manager.pre_shutdown()
        await self._manager.shutdown(timeout_s)

    def turned_away(self, reason: str) -> None:
        """Count a connection that was refused; one line a minute and reason."""
        self._metrics.turned_away(reason)
        left_out = self._seldom.due(reason)
        if left_out is not None:
            self._journal.warning("connection_refused", reason=reason, left_out=left_out)

    def bug(self, error: BaseException) -> None:
        """Record an error that nobody expected."""
        self._metrics.bugs(PLACE)
        self._journal.bug("peer_port_bug", error)

    async def _enter(self, doorway: Doorway, transport: Transport) -> None:
        address = _address(transport)
        tls = await self._handshake(doorway, transport)
        spki = shown_spki(tls)
        if tls is None or spki is None:
            self._stranger(address)
            transport.abort()
            return
        account = self._accounts.of(self._directory.node_of_spki(spki))
        if not account.has_room():
            self.turned_away("crowd")
            transport.abort()
            return
        account.connections += 1
        self._metrics.connections(1)

        def ended() -> None:
            account.connections -= 1
            self._metrics.connections(-1)

        connection = Connection(
            self._manager, limits=self.limits, watch=self, spki=spki, ended=ended
        )
        doorway.open(tls, connection)

    async def _handshake(self, doorway: Doorway, transport: Transport) -> Transport | None:
        try:
            return await get_running_loop().start_tls(
                transport,
                doorway,
                self.context,
                server_side=True,
                ssl_handshake_timeout=self.limits.handshake_timeout_s,
                ssl_shutdown_timeout=self.limits.close_timeout_s,
            )
        except OSError:  # TLS, reset and time-out alike
            return None
        except Exception as error:  # noqa: BLE001 - outermost frame of this task: our bug
            self.bug(error)
            return None

    def _stranger(self, address: str) -> None:
        self._metrics.turned_away("handshake")
        left_out = self._seldom.due("handshake")
        if left_out is not None:
            self._journal.warning("handshake_refused", address=address, left_out=left_out)


def _address(transport: Transport) -> str:
    name = transport.get_extra_info("peername")
    return str(name[0]) if isinstance(name, tuple) and name else "unknown"
