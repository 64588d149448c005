"""The keys of a running node over time: what renews, takes into use and erases them, wired.

Source: docs/wire-format.md, section 8.
"""

import asyncio
from functools import partial

from gateway.directory.trusted import HeldKeys, TrustedDirectory
from gateway.journal import get_journal
from gateway.operator.keyroom import KeyRoom
from gateway.operator.start import RunOptions
from gateway.outfit import Ports
from gateway.peer.server import PeerServer
from gateway.peer.transport import HttpTransport
from gateway.runtime import Runtime
from gateway.service.keychange import KeyChange
from gateway.service.renewal import Renewal
from gateway.service.turning import Turning
from keys.certificate import TlsIdentity


class Locksmith:
    """What changes the keys of one running node.

    Args:
        options: Home, settings and unlocked keys.
        ports: Of the node.
        room: Its keys.
        transport: Shows its certificate to whom it calls.

    Attributes:
        room: The keys as they are now.
        renewal: Renews the prekeys.
        turning: Ends rotations.
        server: Shows its certificate to whoever calls; set once it is there.
    """

    def __init__(
        self, options: RunOptions, ports: Ports, room: KeyRoom, transport: HttpTransport
    ) -> None:
        journal = get_journal("keys")
        self.room = room
        self._transport = transport
        self.server: PeerServer | None = None
        self.renewal = Renewal(
            node=options.config.node_id,
            store=ports.store,
            seeds=room,
            clock=ports.clock,
            randomness=ports.randomness,
            journal=journal,
        )
        self.turning = Turning(
            node=options.config.node_id,
            room=room,
            directory=ports.directory,
            store=ports.store,
            clock=ports.clock,
            journal=journal,
            show=self.show,
        )

    async def show(self, identity: TlsIdentity) -> None:
        """Show another certificate from now on, on both sides.

        Args:
            identity: Certificate and key.

        Raises:
            ConfigError: The identity cannot be used.
        """
        if self.server is not None:
            await self.server.show(identity)
        self._transport.show(identity)

    async def run(self) -> None:
        """Work until cancelled; one owner awaits it."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.renewal.run())
            group.create_task(self.turning.run())


def make_keychange(directory: TrustedDirectory, ports: Ports, runtime: Runtime) -> KeyChange:
    """Return what lets the keys of a Party count that wait.

    Args:
        directory: In which they wait.
        ports: Of the node.
        runtime: Renews what rests on the directory.
    """
    return KeyChange(
        log=ports.store,
        keys=HeldKeys(directory),
        clock=ports.clock,
        renewed=partial(runtime.adopt.take, again=True),
    )
