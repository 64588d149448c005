"""What a node sends by itself about a message of its officers: a copy, and a withdrawal.

The copy is the same document, sealed anew for the second point of contact, in a thread of its own;
its content says of which message it is a copy. Whoever acknowledges first has the case, and the
other one gets a withdrawal. Both are acts of the node in its log, done once whatever happens.

Source: docs/delivery.md, "Delivery in rules", rule 14; docs/domain.md, section 11.
"""

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from json import dumps
from typing import Final

from gateway.cancelling import OwedWithdrawal
from gateway.lateness import Order, Rival
from gateway.ports import Blobs, Clock, Directory, Randomness
from gateway.records import Direction, Submission
from gateway.rows import MessageRow
from gateway.service.case import Cases, NotAllowedNowError
from gateway.service.contents import content_of
from gateway.service.sealer import Sealer
from gateway.store import Store
from keys.body import new_content_key
from keys.digest import Label, labelled, new_salt
from protocol.cases.ladder import MessageState, reached
from protocol.delivery.urgency import urgency_of
from protocol.encoding import Value
from protocol.envelope.blobs import blob_context
from protocol.envelope.content import Content, FileEntry
from protocol.envelope.header import Part
from protocol.errors import RemoteProtocolError
from protocol.identifiers import MessageId, NodeId
from protocol.limits import MAX_LIFE_MS
from protocol.log.statement import Act, Statement, officer_act
from protocol.requests.check import check_document
from protocol.requests.document import Document
from protocol.requests.wire import to_wire

COPY_OF: Final = "copy_of"
"""Below `x` of a content: the id of the message that it is a copy of."""

MAX_COPIED_BYTES: Final = 32 * 1024 * 1024
"""Attachments are sealed anew in memory: no plaintext touches the disk. Larger ones stay behind,
and with them the message: an officer decides."""


_CANCELLED: Final = "Cancelled by its author."
"""Given as the reason where the author's own was erased."""


class Orders:
    """Sends copies and withdrawals in the name of one node.

    Args:
        node: This node.
        store: Messages; queues what is sent.
        blobs: Attachments of what is copied.
        directory: Who may stand in for whom.
        sealer: Seals what is sent.
        cases: Say whether a withdrawal is allowed now.
        clock: Time.
        randomness: Message ids.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        store: Store,
        blobs: Blobs,
        directory: Directory,
        sealer: Sealer,
        cases: Cases,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._node = node
        self._store = store
        self._blobs = blobs
        self._directory = directory
        self._sealer = sealer
        self._cases = cases
        self._clock = clock
        self._randomness = randomness

    def second(self, first: NodeId) -> NodeId | None:
        """Return the second point of contact of a Party, None if the directory has none.

        Args:
            first: The node that was addressed.

        Returns:
            Another active node of the same Party; never one whose point of contact is listed as
            one that may not stand in for another.
        """
        party = self._directory.party(first.country)
        points = () if party is None else party.contact_points
        apart = {point.number for point in points if not point.equivalent}
        others = (
            entry.node_id
            for entry in self._directory.nodes()
            if entry.node_id.country == first.country and entry.node_id not in {first, self._node}
        )
        return next((node for node in others if node.number not in apart), None)

    async def copy(self, row: MessageRow, to: NodeId) -> bool:
        """Queue a copy of a request for the second point of contact, once.

        Args:
            row: A message of ours that opens a thread.
            to: The second point of contact.

        Returns:
            Whether it was queued now; False also for what cannot be copied.

        Raises:
            StorageError: Nothing was queued.
        """
        content = await self._content(row)
        if content is None or not may_be_copied(row, content):
            return False
        mid = self._randomness.message_id()
        try:
            sealed = [
                await self._file(row, entry, index=index, mid=mid)
                for index, entry in enumerate(content.files)
            ]
        except RemoteProtocolError:
            return False  # our own attachment does not open: said elsewhere
        copied = replace(
            content,
            mid=mid,
            recipient=to,
            thread=mid,
            t_ms=self._clock.now_ms(),
            files=tuple(entry for entry, _ in sealed),
            extra={COPY_OF: row.mid.value},
        )
        parts = tuple(part for _, part in sealed)
        submission = await self._sealer.submission(
            copied,
            cls=row.cls,
            exp_ms=row.exp_ms,
            blobs=parts,
            act=self._act(Order.COPY, row.mid, copied, why="the second point of contact"),
        )
        return await self._queue(submission, Order.COPY, of=row.mid)

    async def withdraw(self, rival: Rival) -> bool:
        """Queue the withdrawal of a message whose case another point of contact has, once.

        Args:
            rival: What to withdraw, and why.

        Returns:
            Whether it was queued; False as long as the case does not allow it: the other side
            must have the request first.

        Raises:
            StorageError: Nothing was queued.
        """
        taken = f"{rival.taken_by} has taken this case over from a copy of it."
        return await self._withdraw(rival.mid, taken, language="en", why="taken elsewhere")

    async def take_back(self, owed: OwedWithdrawal) -> bool:
        """Queue the withdrawal of a message that arrived although its author cancelled it, once.

        Args:
            owed: Which message, and its author's reason.

        Returns:
            Whether it was queued; False as long as the case does not allow it.

        Raises:
            StorageError: Nothing was queued.
        """
        reason = owed.reason or _CANCELLED
        return await self._withdraw(owed.mid, reason, language=None, why="cancelled by its author")

    async def _withdraw(
        self, of: MessageId, reason: str, *, language: str | None, why: str
    ) -> bool:
        """Queue a withdrawal; without a language it is that of the message."""
        found = await self._store.message(of)
        row = next((each for each in found if each.direction is Direction.OUT), None)
        content = None if row is None else await self._content(row)
        if row is None or content is None or not reached(row.state, MessageState.CONSIGNED):
            return False
        document = self._withdrawal(row, content, reason, language)
        if document is None:
            return False
        mid = self._randomness.message_id()
        try:
            t_ms = await self._cases.place(
                document, mid=mid, thread=content.thread, to=row.recipient
            )
        except NotAllowedNowError:
            return False
        said = Content(
            mid=mid,
            sender=self._node,
            recipient=row.recipient,
            t_ms=t_ms,
            type=document.type,
            thread=content.thread,
            re=row.mid,
            body=to_wire(document),
        )
        submission = await self._sealer.submission(
            said,
            cls=urgency_of(document.urgency, document.type),
            exp_ms=self._clock.now_ms() + MAX_LIFE_MS,
            act=self._act(Order.WITHDRAWAL, row.mid, said, why=why),
        )
        return await self._queue(submission, Order.WITHDRAWAL, of=row.mid)

    async def _queue(self, submission: Submission | None, order: Order, *, of: MessageId) -> bool:
        if submission is None:
            return False
        queued = await self._store.order(submission, order, of=of, now_ms=self._clock.now_ms())
        return queued is not None

    async def _content(self, row: MessageRow) -> Content | None:
        inner = await self._store.inner(row.sender, row.mid)
        return None if inner is None else content_of(inner)

    async def _file(
        self, row: MessageRow, entry: FileEntry, *, index: int, mid: MessageId
    ) -> tuple[FileEntry, Part]:
        """Seal an attachment of ours anew for another message."""
        plain = BytesIO()
        await self._blobs.open(
            self._node,
            entry.blob,
            plain,
            content_key=entry.key,
            context=blob_context(row.mid, index),
        )
        plain.seek(0)
        key = new_content_key()
        digests = await self._blobs.seal(plain, content_key=key, context=blob_context(mid, index))
        again = replace(entry, blob=digests.sealed_digest, key=key)
        return again, Part(size_bytes=digests.sealed_bytes, digest=digests.sealed_digest)

    def _withdrawal(
        self, row: MessageRow, content: Content, reason: str, language: str | None
    ) -> Document | None:
        body = content.body
        document: dict[str, Value] = {
            "type": "withdrawal",
            "to": str(row.recipient),
            "in_reply_to": str(row.mid),
            "urgency": body["urgency"],
            "handling_code": body["handling_code"],
            "language": body["language"] if language is None else language,
            "body": {"reason": reason},
        }
        if "handling_text" in body:
            document["handling_text"] = body["handling_text"]
        today = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).date()
        return check_document(dumps(document).encode(), today=today).document

    def _act(self, order: Order, about: MessageId, content: Content, *, why: str) -> Statement:
        act = Act(
            act=order.value,
            who=str(self._node),
            ref=about,
            subject=labelled(Label.OFFICER, content.encode()),
            why=why,
            t_ms=self._clock.now_ms(),
        )
        return officer_act(act.encode(), new_salt())


def may_be_copied(row: MessageRow, content: Content) -> bool:
    """Tell whether a message means the same to somebody who has nothing of its thread.

    Args:
        row: A message of ours.
        content: What it says.
    """
    opens = content.re is None and row.thread == row.mid and "supersedes" not in content.body
    size_bytes = sum(entry.size_bytes for entry in content.files)
    return opens and COPY_OF not in content.extra and size_bytes <= MAX_COPIED_BYTES
