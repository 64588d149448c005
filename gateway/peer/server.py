"""The peer port: listens, and wires connection, share and exchange together.

Every limit of it stands in PortLimits, PeerLimits, PlaceLimits and Pace. Nothing is served here but
the table of gateway.peer.routes.

Source: docs/wire-format.md, rules 25 to 27.
"""

from asyncio import AbstractServer, get_running_loop
from collections.abc import Callable
from os import strerror

from gateway.errors import UnavailableError
from gateway.journal import Seldom
from gateway.peer.connection import PortLimits
from gateway.peer.exchange import Exchange
from gateway.peer.gate import Gate
from gateway.peer.places import PlaceLimits
from gateway.peer.quota import Accounts, PeerLimits
from gateway.peer.reader import Pace
from gateway.peer.services import PeerServices, Reception
from gateway.peer.tls import require_native_parser, server_context
from keys.certificate import TlsIdentity

__all__ = ("PeerServer", "PeerServices", "Reception")


class PeerServer:
    """The port on which other nodes reach this one.

    Args:
        services: What it works with.
        identity: This node's certificate and key.
        trusted_certificates: Returns the certificates (DER) of all nodes of the directory now.
        limits: Before a request is understood.
        peer_limits: The share of each peer.
        pace: How slow a body may come.
        places: What all peers together may use.
        write_timeout_s: Longest time for a peer to take a large answer.
    """

    def __init__(
        self,
        services: PeerServices,
        identity: TlsIdentity,
        *,
        trusted_certificates: Callable[[], tuple[bytes, ...]],
        limits: PortLimits | None = None,
        peer_limits: PeerLimits | None = None,
        pace: Pace | None = None,
        places: PlaceLimits | None = None,
        write_timeout_s: float = 30.0,
    ) -> None:
        self._services = services
        self._identity = identity
        self._trusted = trusted_certificates
        self._limits = limits or PortLimits()
        self._seldom = Seldom(services.clock.monotonic_s)
        self._accounts = Accounts(peer_limits or PeerLimits(), services.clock)
        self._exchange = Exchange(
            services,
            accounts=self._accounts,
            pace=pace or Pace(),
            seldom=self._seldom,
            places=places,
            write_timeout_s=write_timeout_s,
        )
        self._gate: Gate | None = None
        self._listener: AbstractServer | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen.

        Args:
            host: The address to bind.
            port: The port; 0 lets the system choose.

        Returns:
            The port in use.

        Raises:
            ConfigError: The identity cannot be used, or aiohttp lacks its compiled parser.
            UnavailableError: The address cannot be bound.
        """
        require_native_parser()
        services = self._services
        self._gate = Gate(
            self._exchange,
            context=server_context(self._identity, self._trusted()),
            directory=services.directory,
            accounts=self._accounts,
            limits=self._limits,
            metrics=services.metrics,
            journal=services.journal,
            seldom=self._seldom,
        )
        try:
            listener = await get_running_loop().create_server(
                self._gate, host, port, backlog=self._limits.backlog
            )
        except OSError as error:
            # asyncio words it anew with the address in it; names that do not resolve are below 0.
            number = error.errno or 0
            why = strerror(number) if number > 0 else error.strerror
            raise UnavailableError(
                f"cannot listen on {host} port {port}: {why}",
                code="port_in_use",
                hint="stop what listens there, or set another peer.listen in node.toml",
            ) from error
        self._listener = listener
        actual: int = listener.sockets[0].getsockname()[1]
        services.journal.info("peer_port_open", host=host, port=actual)
        return actual

    async def show(self, identity: TlsIdentity) -> None:
        """Show another certificate, in handshakes from now on.

        Args:
            identity: Certificate and key.

        Raises:
            ConfigError: The identity cannot be used; the old context stays.
        """
        self._identity = identity
        await self.reload_trust()

    async def reload_trust(self) -> None:
        """Take the directory's certificates anew, for handshakes from now on.

        Connections that are open stay; whose they are is looked up for each request anyway.

        Raises:
            ConfigError: The identity cannot be used; the old context stays.
        """
        if self._gate is not None:
            self._gate.context = server_context(self._identity, self._trusted())

    async def stop(self, timeout_s: float = 1.5) -> None:
        """Stop listening, let requests under way be answered, close every connection.

        Args:
            timeout_s: How long they have; as long again until their tasks have ended.
        """
        if self._listener is not None:
            self._listener.close()
        if self._gate is not None:
            await self._gate.close(timeout_s)
        if self._listener is not None:
            await self._listener.wait_closed()
        self._listener = None
