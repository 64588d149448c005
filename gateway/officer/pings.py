"""The part of the local API's client that pings, answers pings and looks at availability."""

from collections.abc import Sequence
from urllib.parse import urlencode

from gateway.officer.connection import Connection
from gateway.officer.shapes.pings import (
    AskedList,
    AvailabilityView,
    PingAnswered,
    PingAnswerRequest,
    PingRequest,
    RoundList,
    RoundView,
)


class PingDesk:
    """Pings of one node.

    Args:
        connection: To the node.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def begin(
        self, nodes: Sequence[str], *, campaign: str | None = None, hours: int = 24
    ) -> RoundView:
        """Ask some nodes, or go on with the campaign of this name.

        Args:
            nodes: CC or CC/n; every active node if empty.
            campaign: Its name; None for a round without name.
            hours: How long people have to answer.

        Raises:
            NoInputError: There is no active node of one of these names.
        """
        asked = PingRequest(nodes=tuple(nodes), campaign=campaign, hours=hours)
        return await self._connection.post("/pings", asked, RoundView)

    async def board(self, number: int) -> RoundView:
        """Show what a round came to so far."""
        return await self._connection.get(f"/pings/{number}", RoundView)

    async def pause(self, number: int) -> RoundView:
        """Ask nobody further in a round; answers of those who were asked still count."""
        return await self._connection.post(f"/pings/{number}/pause", None, RoundView)

    async def resume(self, number: int) -> RoundView:
        """Let a round that is paused go on."""
        return await self._connection.post(f"/pings/{number}/resume", None, RoundView)

    async def close(self, number: int) -> RoundView:
        """End a round now: what it came to is stated in the log."""
        return await self._connection.post(f"/pings/{number}/close", None, RoundView)

    async def rounds(self) -> RoundList:
        """List the newest rounds."""
        return await self._connection.get("/pings", RoundList)

    async def asked(self) -> AskedList:
        """List what other desks wait for."""
        return await self._connection.get("/pings/asked", AskedList)

    async def answer(self, code: str, *, details_valid: bool, note: str | None) -> PingAnswered:
        """Answer a ping by its code.

        Args:
            code: Six digits.
            details_valid: Whether the directory's entry of this desk is right.
            note: What has changed.

        Raises:
            NoInputError: No ping that waits has this code.
        """
        asked = PingAnswerRequest(code=code, details_valid=details_valid, note=note)
        return await self._connection.post("/pings/answers", asked, PingAnswered)

    async def availability(self, *, days: int) -> AvailabilityView:
        """Show how often each node answered on the last days."""
        return await self._connection.get(
            f"/availability?{urlencode({'days': days})}", AvailabilityView
        )
