"""The part of the store port that states, once for a message, that the desk was called to it.

gateway.store has the port as a whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from protocol.identifiers import MessageId, NodeId
from protocol.log.statement import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """That a message was shown to whoever calls the desk.

    `act`: the statement 0x09 that says so.
    """

    sender: NodeId
    mid: MessageId
    act: Statement


class Alerts(Protocol):
    """Messages to which nobody was called yet, and stating that somebody was."""

    async def unalerted(self, numbers: Sequence[int]) -> tuple[tuple[NodeId, MessageId], ...]:
        """Return the messages whose arrival these events tell, and of which no alert is stated.

        Those that a person opened already are not among them: nobody is called any more.
        """

    async def alert(self, alerts: Sequence[Alert], *, now_ms: int) -> int:
        """State alerts, each message's once for ever; return how many were new."""
