"""What an officer does with a received message: open it, read its files.

Opening is an act: its leaf, the receipt that tells the sender, and the step of the ladder are one
commit before the content is shown (docs/wire-format.md, rules 6 and 22). Answers, the
acknowledgement among them, are documents: gateway.service.submit.
"""

from dataclasses import dataclass
from typing import BinaryIO

from gateway.errors import NoInputError
from gateway.ports import Blobs, Clock
from gateway.records import (
    Direction,
    OfficerAct,
    StateChange,
)
from gateway.rows import (
    MessageRow,
)
from gateway.service.contents import content_of
from gateway.service.erased import refuse_erased
from gateway.service.receipting import Receipting
from gateway.service.summary import document_of
from gateway.service.surroundings import meant
from gateway.store import Store
from keys.digest import new_salt
from protocol.cases.ladder import MessageState, reached
from protocol.encoding import Value
from protocol.envelope.blobs import blob_context
from protocol.envelope.content import Content, FileEntry
from protocol.errors import RemoteProtocolError
from protocol.identifiers import MessageId
from protocol.log.statement import Act as ActStatement
from protocol.log.statement import officer_act
from protocol.receipt import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """One attachment as its sender described it; the name is text, never a path."""

    name: str
    media_type: str
    size_bytes: int
    index: int
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedMessage:
    """A message that a person may read."""

    row: MessageRow
    document: dict[str, Value]
    files: tuple[FileView, ...]


class Act:
    """Acts on received messages.

    Args:
        store: Messages and acts.
        blobs: Attachments.
        receipting: Makes `opened` receipts.
        clock: Time.
    """

    def __init__(self, *, store: Store, blobs: Blobs, receipting: Receipting, clock: Clock) -> None:
        self._store = store
        self._blobs = blobs
        self._receipting = receipting
        self._clock = clock

    async def open(self, mid: MessageId, *, who: str) -> OpenedMessage:
        """Open a received message, or look at one of ours; the first opening is told its sender.

        Args:
            mid: Which message.
            who: The person, as "RO/1 officer 3": never a name.

        Returns:
            The document and its attachments.

        Raises:
            NoInputError: No such message, or its content cannot be read.
            StorageError: Nothing was committed; nothing is shown.
        """
        row = await self._row(mid)
        content = await self._content(row)
        if row.direction is Direction.IN and not reached(row.state, MessageState.OPENED):
            await self._tell(row, who)
            row = await self._row(mid)
        files = tuple(
            FileView(
                name=one.name,
                media_type=one.media_type,
                size_bytes=one.size_bytes,
                index=index,
                digest=one.digest,
            )
            for index, one in enumerate(content.files)
        )
        return OpenedMessage(row=row, document=document_of(content), files=files)

    async def file(self, mid: MessageId, index: int, target: BinaryIO) -> str:
        """Decrypt one attachment of an opened message.

        Args:
            mid: Which message.
            index: Which attachment.
            target: Where to write; not to be used before this returns.

        Returns:
            The name its sender gave it.

        Raises:
            NoInputError: No such message or attachment, it was not opened yet, or it is not the
                file that its sender described.
            StorageError: The disk failed.
        """
        row = await self._row(mid)
        if row.direction is Direction.IN and not reached(row.state, MessageState.OPENED):
            raise NoInputError(
                "the message was not opened yet",
                code="not_opened",
                hint="open it first with: a35 open MID",
            )
        content = await self._content(row)
        if not 0 <= index < len(content.files):
            raise NoInputError("the message has no such attachment")
        entry = content.files[index]
        await self._decrypt(row, entry, index, target)
        return entry.name

    async def _decrypt(
        self, row: MessageRow, entry: FileEntry, index: int, target: BinaryIO
    ) -> None:
        try:
            digests = await self._blobs.open(
                row.sender,
                entry.blob,
                target,
                content_key=entry.key,
                context=blob_context(row.mid, index),
            )
        except RemoteProtocolError as error:
            raise _unreadable() from error
        if (digests.plain_bytes, digests.plain_digest) != (entry.size_bytes, entry.digest):
            raise _unreadable()

    async def _tell(self, row: MessageRow, who: str) -> None:
        stated = await self._store.statement(row.sender, row.mid)
        if stated is None:
            raise NoInputError("there is no such message")
        act = ActStatement(
            act="opened", who=who, ref=row.mid, subject=None, why="", t_ms=self._clock.now_ms()
        )
        await self._store.act(
            OfficerAct(
                acts=(officer_act(act.encode(), new_salt()),),
                receipts=(
                    self._receipting.outgoing(
                        row.sender, row.mid, stated, stage=Stage.OPENED, cls=row.cls
                    ),
                ),
                effects=(StateChange(sender=row.sender, mid=row.mid, state=MessageState.OPENED),),
            ),
            now_ms=self._clock.now_ms(),
        )

    async def _row(self, mid: MessageId) -> MessageRow:
        row = meant(await self._store.message(mid))
        if row is None:
            raise NoInputError(
                "there is no such message", hint="list what there is with: a35 inbox, a35 outbox"
            )
        return row

    async def _content(self, row: MessageRow) -> Content:
        refuse_erased(row)
        inner = await self._store.inner(row.sender, row.mid)
        if inner is None:
            raise NoInputError(
                "the content of this message cannot be read here",
                code="not_readable",
                hint="see why with: a35 show MID",
            )
        return content_of(inner)


def _unreadable() -> NoInputError:
    return NoInputError(
        "the attachment is not the file that its sender described",
        code="not_readable",
        hint="ask the sender to send it again in a further message",
    )
