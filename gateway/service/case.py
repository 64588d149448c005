"""The case of a thread: what the messages that this node can read make of it, at this moment.

Nothing but messages is stored. The state is folded anew from them whenever it is asked for, so a
late message needs no repair, and both nodes come to the same (docs/cases.md). A message that
cannot be read here takes no part.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.errors import DataError
from gateway.ports import Clock
from gateway.records import Direction
from gateway.rows import MessageRow
from gateway.service.contents import carried_document, legible_inner
from gateway.service.summary import Summary
from gateway.store import Casebook
from protocol.cases.allowed import entry_of, sendable
from protocol.cases.deadlines import Deadline, deadlines_of
from protocol.cases.extract import case_message
from protocol.cases.fold import History, fold
from protocol.cases.message import CaseMessage, Side
from protocol.cases.notices import SETS_A_CLOCK, Notice, next_notice_ms, notices_of
from protocol.cases.state import Thread
from protocol.errors import LocalProtocolError, MalformedError, RemoteProtocolError
from protocol.identifiers import MessageId, NodeId
from protocol.limits import MAX_AHEAD_MS
from protocol.requests.document import Document

_PARSED_KEPT: Final = 4096


class NotAllowedNowError(DataError):
    """The state of the case does not allow this message; nothing was kept."""

    default_code = "not_allowed_now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case as it stands.

    `thread` is on the clock at the moment asked for; `deadlines` are the clocks that run or have
    run out; `sendable` the types that this node may send now.
    """

    thread: Thread
    side: Side | None
    deadlines: tuple[Deadline, ...]
    sendable: tuple[str, ...]


class Cases:
    """Cases of one node.

    Args:
        node: This node.
        casebook: Its messages.
        clock: Time.
    """

    def __init__(self, *, node: NodeId, casebook: Casebook, clock: Clock) -> None:
        self._node = node
        self._casebook = casebook
        self._clock = clock
        self._parsed: OrderedDict[tuple[NodeId, MessageId], CaseMessage | None] = OrderedDict()

    async def case(self, thread: MessageId) -> Case:
        """Return a case as it stands now.

        Args:
            thread: The id of its first message.
        """
        now_ms = self._clock.now_ms()
        folded = fold(await self._history(thread))
        side = folded.side_of(self._node)
        present = folded.at(now_ms)
        return Case(
            thread=present,
            side=side,
            deadlines=deadlines_of(folded, now_ms=now_ms),
            sendable=() if side is None else sendable(present, side),
        )

    async def notices(self, thread: MessageId) -> tuple[tuple[Notice, ...], int | None]:
        """Return what is to be told of a case now, and when to look again.

        Args:
            thread: The id of its first message.

        Returns:
            Notices, each with a key that names it for ever; milliseconds since 1970 UTC of the
            next moment at which there may be another, None if no clock runs.
        """
        rows = await self._casebook.thread(thread)
        if not any(_may_set_a_clock(row) for row in rows):
            return (), None  # most cases: not worth to be folded
        now_ms = self._clock.now_ms()
        folded = fold(await self._history_of(thread, rows))
        side = folded.side_of(self._node)
        told = () if side is None else notices_of(folded, side, now_ms=now_ms)
        return told, next_notice_ms(folded, now_ms=now_ms)

    async def place(
        self, document: Document, *, mid: MessageId, thread: MessageId, to: NodeId
    ) -> int:
        """Find the place of a document in its case, or refuse what the case does not allow.

        Args:
            document: Checked, about to be sent.
            mid: The id it will have.
            thread: The thread it opens or continues.
            to: Its addressee.

        Returns:
            The time that its content must bear, ms since 1970 UTC: now, but later than all that
            is in the case, or both sides would order what was written within one millisecond,
            or by clocks that differ, by chance.

        Raises:
            NotAllowedNowError: With the sentence for the officer.
        """
        opens = mid == thread
        history = History(thread=thread, messages=()) if opens else await self._history(thread)
        now_ms = self._clock.now_ms()
        newest_ms = max((message.t_ms for message in history.messages), default=0)
        t_ms = max(now_ms, min(newest_ms + 1, now_ms + MAX_AHEAD_MS))
        message = case_message(document, mid=mid, sender=self._node, recipient=to, t_ms=t_ms)
        entry = entry_of(history, message)
        if entry.objection is not None:
            raise NotAllowedNowError(
                entry.objection.text,
                code=f"not_allowed_{entry.objection.reason.value}",
                hint=f"see where the case stands with: a35 thread {thread}",
            )
        return t_ms

    async def _history(self, thread: MessageId) -> History:
        return await self._history_of(thread, await self._casebook.thread(thread))

    async def _history_of(self, thread: MessageId, rows: Sequence[MessageRow]) -> History:
        messages = [await self._message(row) for row in rows]
        return History(
            thread=thread,
            messages=tuple(message for message in messages if message is not None),
            ladder={row.mid: row.state for row in rows if row.direction is Direction.OUT},
        )

    async def _message(self, row: MessageRow) -> CaseMessage | None:
        key = (row.sender, row.mid)
        if row.erased_ms is not None:
            self._parsed.pop(key, None)
            return None
        if key in self._parsed:
            return self._parsed[key]
        inner = await legible_inner(self._casebook, row)
        if inner is None:
            return None  # not opened yet: asked for again next time
        message = _parse(row, inner)
        self._parsed[key] = message
        if len(self._parsed) > _PARSED_KEPT:
            self._parsed.popitem(last=False)
        return message


def _may_set_a_clock(row: MessageRow) -> bool:
    """Tell whether a message may be one that says until when data are preserved."""
    if row.summary is None:
        return False  # not opened yet, or erased: takes no part
    try:
        return Summary.decode(row.summary).type == SETS_A_CLOCK
    except MalformedError:
        return True  # of a form that is not read any more: its content says


def _parse(row: MessageRow, inner: bytes) -> CaseMessage | None:
    """Read what a case needs of one content; None for what no case can use."""
    try:
        content, document = carried_document(inner)
        return case_message(
            document, mid=row.mid, sender=row.sender, recipient=row.recipient, t_ms=content.t_ms
        )
    except (RemoteProtocolError, LocalProtocolError):
        return None
