"""The keys of a running node over time: what renews, takes into use and erases them, wired.

Source: docs/wire-format.md, section 8.
"""

from gateway.journal import get_journal
from gateway.operator.keyroom import KeyRoom
from gateway.operator.start import RunOptions
from gateway.outfit import Ports
from gateway.service.renewal import Renewal


class Locksmith:
    """What changes the keys of one running node.

    Args:
        options: Home, settings and unlocked keys.
        ports: Of the node.

    Attributes:
        room: The keys as they are now.
        renewal: Renews the prekeys.
    """

    def __init__(self, options: RunOptions, ports: Ports) -> None:
        self.room = KeyRoom(options.home.keys, options.keys, options.secret)
        self.renewal = Renewal(
            node=options.config.node_id,
            store=ports.store,
            seeds=self.room,
            clock=ports.clock,
            randomness=ports.randomness,
            journal=get_journal("keys"),
        )

    async def run(self) -> None:
        """Work until cancelled; one owner awaits it."""
        await self.renewal.run()
