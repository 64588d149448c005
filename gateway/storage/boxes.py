"""The part of the store that lists of messages are made from.

Source: docs/desk.md, "Inbox and cases".
"""

from collections.abc import Mapping, Sequence
from typing import Final

from gateway.boxes import Box, Outline
from gateway.records import Direction
from gateway.rows import MessageRow
from gateway.storage.core import StorePart
from gateway.storage.tables_lists import OPEN
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency
from protocol.identifiers import MessageId, NodeId

_OUTLINE: Final = (
    "SELECT m.id, m.direction, CASE m.direction WHEN 'in' THEN m.sender ELSE m.recipient END,"
    " m.re IS NOT NULL, m.cls, m.state, m.t_ms, f.thread IS NOT NULL FROM message m"
    # Cases that were put away, and nothing came after that.
    " LEFT JOIN (SELECT g.thread AS thread FROM filing g WHERE g.is_closed"
    " AND g.newest >= (SELECT max(id) FROM message WHERE thread = g.thread)) f"
    " ON f.thread = m.thread "
)
_WHERE: Final[Mapping[Box, str]] = {
    Box.INBOX: f"WHERE m.direction = 'in' AND m.state IN {OPEN} AND f.thread IS NULL",
    Box.OUTBOX: f"WHERE m.direction = 'out' AND m.state IN {OPEN} AND f.thread IS NULL",
    Box.CLOSED: f"WHERE m.state NOT IN {OPEN} OR f.thread IS NOT NULL",
}
_SUMMARY: Final = (
    "SELECT m.id, m.sender, m.mid, c.month, c.summary FROM message m"
    " JOIN content c ON c.message = m.id WHERE c.summary IS NOT NULL AND m.id IN ({})"
)
_DIRECTIONS: Final = {each.value: each for each in Direction}
_CLASSES: Final = {each.value: each for each in Urgency}
_STATES: Final = {each.value: each for each in MessageState}
_AT_ONCE: Final = 500
"""Numbers in one question; the database takes some thousands."""


class BoxPart(StorePart):
    """Implements boxes.BoxReads."""

    async def outlines(self, box: Box, *, limit: int) -> tuple[Outline, ...]:
        """Return the messages of a list, the newest first."""
        rows = self._core.reader.execute(
            f"{_OUTLINE}{_WHERE[box]} ORDER BY m.t_ms DESC, m.id DESC LIMIT ?", (limit,)
        ).fetchall()
        nodes = {text: NodeId.parse(text) for text in {row[2] for row in rows}}
        # Looked up, not called: of ten thousand rows a call of an enum is most of the time.
        return tuple(
            Outline(
                number=number,
                direction=_DIRECTIONS[direction],
                party=nodes[party],
                is_reply=bool(is_reply),
                cls=_CLASSES[cls],
                state=_STATES[state],
                t_ms=t_ms,
                is_filed=bool(is_filed),
            )
            for number, direction, party, is_reply, cls, state, t_ms, is_filed in rows
        )

    async def boxes_version(self) -> tuple[int, ...]:
        """Return what changes whenever an outline does: each step of a message is an event."""
        return (self._core.newest_event, self._core.filings)

    async def summaries(self, numbers: Sequence[int]) -> Mapping[int, bytes]:
        """Return the opened summaries of some messages; without those that are damaged.

        Raises:
            StorageError: The store failed.
        """
        found: dict[int, bytes] = {}
        for start in range(0, len(numbers), _AT_ONCE):
            some = tuple(numbers[start : start + _AT_ONCE])
            rows = self._core.reader.execute(_SUMMARY.format(", ".join("?" * len(some))), some)
            for number, sender, mid, month, sealed in rows.fetchall():
                opened = self._core.vault.legible(
                    "summary",
                    sealed,
                    sender=NodeId.parse(sender),
                    mid=MessageId(bytes(mid)),
                    month=month,
                )
                if opened is not None:
                    found[number] = opened
        return found

    async def messages_of(self, numbers: Sequence[int]) -> tuple[MessageRow, ...]:
        """Return messages whole, in the order of the numbers; one that is gone is left out."""
        found = (self._core.casebook.numbered(number) for number in numbers)
        return tuple(row for row in found if row is not None)
