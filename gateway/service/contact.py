"""Puts together what keeps contact with other nodes: regular calls, pings, who answered when."""

import asyncio
from dataclasses import dataclass

from gateway.outfit import Ports
from gateway.service.availability import Availability
from gateway.service.finding import Finder, WayBook
from gateway.service.greet import Greet, Lanes
from gateway.service.keyring import Keyring
from gateway.service.pingdesk import PingDesk
from gateway.service.pings import Pings
from gateway.service.sealer import Sealer
from protocol.identifiers import NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """The parts of one node that keep contact.

    Attributes:
        greet: Calls every node regularly.
        pings: Asks nodes and the people at them.
        desk: Answers those who ask here.
        availability: Counts who answered the regular calls.
        finder: Finds points of contact.
    """

    greet: Greet
    pings: Pings
    desk: PingDesk
    availability: Availability
    finder: Finder

    async def run(self) -> None:
        """Keep contact until cancelled; one owner awaits it.

        Raises:
            ExceptionGroup: The store failed.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self.greet.run())
            group.create_task(self.pings.run())
            group.create_task(self.availability.run())


def make_contact(
    node: NodeId, ports: Ports, *, lanes: Lanes, keyring: Keyring, ways: WayBook
) -> Contact:
    """Return the parts of one node that keep contact.

    Args:
        node: This node.
        ports: What it may touch.
        lanes: Send empty frames.
        keyring: Fetches key sets; keys to write under.
        ways: When nodes were met.
    """
    availability = Availability(store=ports.store, clock=ports.clock)
    sealer = Sealer(node=node, directory=ports.directory, keyring=keyring, clock=ports.clock)
    greet = Greet(
        node=node,
        directory=ports.directory,
        lanes=lanes,
        keyring=keyring,
        clock=ports.clock,
        randomness=ports.randomness,
        journal=ports.journal,
        counted=availability.called,
    )
    pings = Pings(
        node=node,
        store=ports.store,
        sealer=sealer,
        lanes=lanes,
        clock=ports.clock,
        randomness=ports.randomness,
        journal=ports.journal,
        counted=availability.called,
    )
    desk = PingDesk(
        node=node,
        store=ports.store,
        sealer=sealer,
        directory=ports.directory,
        clock=ports.clock,
        randomness=ports.randomness,
    )
    finder = Finder(directory=ports.directory, ways=ways, store=ports.store, clock=ports.clock)
    return Contact(greet=greet, pings=pings, desk=desk, availability=availability, finder=finder)
