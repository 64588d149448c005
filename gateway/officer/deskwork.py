"""The part of the local API's client for what a desk does beside its messages."""

import asyncio
from typing import BinaryIO
from urllib.parse import urlencode

from gateway.officer.connection import PIECE_BYTES, Connection
from gateway.officer.shapes.exports import ExportRequest
from gateway.officer.shapes.searching import HitList, SearchRequest
from gateway.officer.shapes.statistics import StatisticsView


class DeskWork:
    """Search, statistics and exports of one node.

    Args:
        connection: To the node.
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def search(self, asked: SearchRequest) -> HitList:
        """Find words of what the desk sent and opened.

        Raises:
            AccessDeniedError: Whoever asks may not read content.
        """
        return await self._connection.post("/searches", asked, HitList)

    async def statistics(
        self, *, begins: str | None = None, ends: str | None = None, by: str = "article"
    ) -> StatisticsView:
        """Count the requests of a span of time; of the last 30 days unless asked otherwise.

        Args:
            begins: A day or a time with an offset, in the span.
            ends: Likewise, not in it.
            by: article, type or party.
        """
        asked = {"from": begins, "to": ends, "by": by}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        return await self._connection.get(f"/statistics?{query}", StatisticsView)

    async def export(self, asked: ExportRequest, target: BinaryIO) -> tuple[int, int]:
        """Export messages: an act in the node's log.

        Args:
            asked: Which, and how.
            target: Written to; complete only when this returns.

        Returns:
            Bytes written, and the leaf that states the act.
        """
        written = 0
        data = asked.model_dump_json().encode()
        async with self._connection.call("POST", "/exports", data=data) as response:
            async for piece in response.content.iter_chunked(PIECE_BYTES):
                written += await asyncio.to_thread(target.write, piece)
            return written, int(response.headers.get("A35-Log-Index", 0))
