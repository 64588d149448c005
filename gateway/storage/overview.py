"""The part of the store that people look into besides messages, and the places of webhooks."""

from functools import partial

from gateway.rows import MessageRow
from gateway.storage.core import StorePart
from gateway.storage.escalations import read_silences, save_cursor
from protocol.identifiers import MessageId, NodeId


class OverviewPart(StorePart):
    """Implements ports.Overview."""

    async def coded(self, low: MessageId, high: MessageId) -> tuple[MessageRow, ...]:
        """Return the messages whose ids lie between two, both included; of any sender."""
        return self._core.casebook.coded(low, high)

    async def silences(self) -> tuple[tuple[NodeId, int], ...]:
        """Return (node, since when) of nodes that missed a step and have not taken it since."""
        return read_silences(self._core.reader)

    async def cursor(self, name: str) -> int | None:
        """Return up to which event a webhook was told, None if it is new."""
        row = self._core.reader.execute(
            "SELECT event FROM webhook WHERE name = ?", (name,)
        ).fetchone()
        return None if row is None else int(row[0])

    async def save_cursor(self, name: str, number: int) -> None:
        """Keep up to which event a webhook was told.

        Raises:
            StorageError: It will be told again.
        """
        await self._core.writer.run(partial(save_cursor, name=name, number=number))
