"""Documents on their way out: checked, addressed, their ids fixed, their files sealed.

A draft lives in memory until it is sent; its files are sealed as they come, so that no plaintext
waits on a disk. A node that stops forgets its drafts: nobody was told that they are queued.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import BinaryIO, Final, cast

from gateway.errors import DataError, NoInputError, UnavailableError
from gateway.ports import Blobs, Clock, Directory, Randomness
from gateway.records import Direction
from gateway.rows import (
    MessageRow,
)
from gateway.service.bounded import BoundedSource, OtherLengthError, refuse_too_large
from gateway.service.case import Cases
from gateway.service.surroundings import Around, meant
from gateway.store import Store
from keys.body import new_content_key
from protocol.envelope.blobs import blob_context
from protocol.envelope.content import Content, FileEntry
from protocol.envelope.header import Part
from protocol.identifiers import MessageId, NodeId
from protocol.limits import MAX_BLOBS
from protocol.requests.check import CheckResult, check_document
from protocol.requests.document import Document
from protocol.requests.faults import Finding
from protocol.requests.wire import from_wire

_DRAFTS_KEPT: Final = 256
_ANY_BYTES: Final = "application/octet-stream"


class DocumentRefusedError(DataError):
    """The document breaks rules; nothing was kept.

    Attributes:
        findings: Every fault, with path, code and a sentence.
    """

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("the document was refused", hint="mend what is listed and send it again")
        self.findings = findings


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedFile:
    """One attachment after sealing: how the content names it, and how the header does."""

    entry: FileEntry
    part: Part


@dataclass(slots=True, kw_only=True)
class Draft:
    """A checked and addressed document; `sealed` fills as its files come."""

    id: str
    mid: MessageId
    thread: MessageId
    to: NodeId
    replied: MessageRow | None
    document: Document
    files: tuple[str, ...]
    sizes: tuple[int, ...]
    t_ms: int
    sealed: dict[int, SealedFile] = field(default_factory=dict)


class Drafts:
    """The drafts of one node, the oldest forgotten beyond 256.

    Args:
        node: This node.
        store: Knows the messages that documents reply to.
        blobs: Where attachments are sealed.
        directory: Addresses.
        clock: Time.
        randomness: Message ids.
        cases: Say what the state of a case allows.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        store: Store,
        blobs: Blobs,
        directory: Directory,
        clock: Clock,
        randomness: Randomness,
        cases: Cases,
    ) -> None:
        self._node = node
        self._store = store
        self._blobs = blobs
        self._directory = directory
        self._clock = clock
        self._randomness = randomness
        self._cases = cases
        self._around = Around(node=node, store=store, directory=directory)
        self._drafts: OrderedDict[str, Draft] = OrderedDict()

    async def _check(
        self, data: bytes, file_sizes: Mapping[str, int]
    ) -> tuple[Document, MessageRow | None]:
        """Check a document by itself, then against what it answers and the Parties' profiles.

        Raises:
            DocumentRefusedError: Some rule is broken.
            NoInputError: `in_reply_to` names no message of this node.
        """
        today = self._today()
        document = _sound(check_document(data, today=today, attachments=file_sizes))
        replied = await self._replied_to(document)
        around = await self._around.of(document, replied)
        if not around.are_empty():
            result = check_document(
                data,
                today=today,
                profiles=around.profiles,
                request=around.request,
                attachments=file_sizes,
            )
            document = _sound(result)
        return document, replied

    async def begin(self, document: bytes, *, file_sizes: Mapping[str, int]) -> Draft:
        """Check and address a document; fix its ids and the time of its content.

        Args:
            document: JSON text, UTF-8, at most 1 MiB.
            file_sizes: Paths of all attachments that will be sealed, with their sizes in bytes.

        Returns:
            The draft; its files are to be attached in the order of `files`.

        Raises:
            DocumentRefusedError: Some rule is broken.
            DataError: More attachments than one envelope names.
            NotAllowedNowError: The state of the case does not allow it.
            NoInputError: `in_reply_to` or `supersedes` names no message that it may.
            UnavailableError: The directory has no active node for `to`.
        """
        draft = await self.prepare(document, file_sizes=file_sizes)
        self._drafts[draft.id] = draft
        if len(self._drafts) > _DRAFTS_KEPT:
            self._drafts.popitem(last=False)
        return draft

    async def prepare(self, document: bytes, *, file_sizes: Mapping[str, int]) -> Draft:
        """Check and address a document as `begin` does, and keep nothing of it.

        Args:
            document: JSON text, UTF-8, at most 1 MiB.
            file_sizes: Paths of all attachments that will be sealed, with their sizes in bytes.

        Raises:
            DocumentRefusedError: Some rule is broken.
            DataError: More attachments than one envelope names.
            NotAllowedNowError: The state of the case does not allow it.
            NoInputError: `in_reply_to` or `supersedes` names no message that it may.
            UnavailableError: The directory has no active node for `to`.
        """
        checked, replied = await self._check(document, file_sizes)
        if len(checked.attachments or ()) > MAX_BLOBS:
            raise DataError(
                f"one message carries at most {MAX_BLOBS} attachments",
                code="too_many_attachments",
                hint="send the others with a further message in the same thread",
            )
        mid = self._randomness.message_id()
        # What replaces a request goes on in its case, though it replies to nothing.
        earlier = await self._superseded(checked) if replied is None else replied
        thread = mid if earlier is None or earlier.thread is None else earlier.thread
        to = self._addressee(checked, earlier)
        sizes = tuple(file_sizes[one.path] for one in checked.attachments or ())
        refuse_too_large(self._directory.node(to), to, sizes)
        t_ms = await self._cases.place(checked, mid=mid, thread=thread, to=to)
        return Draft(
            id=str(self._randomness.message_id()),
            mid=mid,
            thread=thread,
            to=to,
            replied=replied,
            document=checked,
            files=tuple(one.path for one in checked.attachments or ()),
            sizes=sizes,
            t_ms=t_ms,
        )

    async def findings(self, document: bytes, *, file_sizes: Mapping[str, int]) -> CheckResult:
        """Check a document with all that is known around it, and keep nothing of it.

        Args:
            document: JSON text, UTF-8, at most 1 MiB; maybe incomplete.
            file_sizes: Paths of the attachments that are there, with their sizes in bytes.

        Raises:
            NoInputError: It is sound, and `in_reply_to` names no message of this node.
        """
        today = self._today()
        result = check_document(document, today=today, attachments=file_sizes)
        if result.document is None:
            return result
        around = await self._around.of(result.document, await self._replied_to(result.document))
        if around.are_empty():
            return result
        return check_document(
            document,
            today=today,
            profiles=around.profiles,
            request=around.request,
            attachments=file_sizes,
        )

    async def restored(self, content: Content, sealed_bytes: Sequence[int]) -> Draft:
        """Make a draft of a content that was fixed before, if its case still allows it.

        Args:
            content: As it was fixed.
            sealed_bytes: Lengths of its attachments as sealed, in their order.

        Raises:
            NotAllowedNowError: The state of the case does not allow it any more.
            RemoteProtocolError: The content is not of the form of its type.
        """
        document = from_wire(
            content.type,
            str(content.recipient),
            None if content.re is None else str(content.re),
            body=content.body,
            file_names=[one.name for one in content.files],
        )
        await self._cases.place(
            document, mid=content.mid, thread=content.thread, to=content.recipient
        )
        parts = (
            Part(size_bytes=size, digest=entry.blob)
            for size, entry in zip(sealed_bytes, content.files, strict=True)
        )
        return Draft(
            id=str(content.mid),
            mid=content.mid,
            thread=content.thread,
            to=content.recipient,
            replied=await self._replied_to(document),
            document=document,
            files=tuple(one.name for one in content.files),
            sizes=tuple(one.size_bytes for one in content.files),
            t_ms=content.t_ms,
            sealed={
                index: SealedFile(entry=entry, part=part)
                for index, (entry, part) in enumerate(zip(content.files, parts, strict=True))
            },
        )

    async def attach(self, draft_id: str, index: int, source: BinaryIO) -> None:
        """Seal one file of a draft.

        Args:
            draft_id: From `begin`.
            index: Which of its files.
            source: The plaintext, read once to its end.

        Raises:
            NoInputError: No such draft or file.
            StorageError: The disk failed.
        """
        draft = self.get(draft_id)
        if not 0 <= index < len(draft.files):
            raise NoInputError("the document names no such attachment")
        await self.seal(draft, index, source)

    async def seal(self, draft: Draft, index: int, source: BinaryIO) -> None:
        """Seal one file of a draft that this holds or only prepared.

        Args:
            draft: Of which.
            index: Which of its files.
            source: The plaintext, read once to its end.

        Raises:
            OtherLengthError: Not the length that was checked; nothing of it is left.
            StorageError: The disk failed.
        """
        key, size = new_content_key(), draft.sizes[index]
        context = blob_context(draft.mid, index)
        bounded = cast("BinaryIO", BoundedSource(source, size))
        digests = await self._blobs.seal(bounded, content_key=key, context=context)
        if digests.plain_bytes != size:
            await self._blobs.drop(self._node, digests.sealed_digest)
            raise OtherLengthError
        entry = FileEntry(
            name=draft.files[index].rpartition("/")[2],
            media_type=(draft.document.attachments or ())[index].media_type or _ANY_BYTES,
            size_bytes=digests.plain_bytes,
            digest=digests.plain_digest,
            blob=digests.sealed_digest,
            key=key,
        )
        part = Part(size_bytes=digests.sealed_bytes, digest=digests.sealed_digest)
        draft.sealed[index] = SealedFile(entry=entry, part=part)

    def get(self, draft_id: str) -> Draft:
        """Return a draft.

        Args:
            draft_id: From `begin`.

        Raises:
            NoInputError: There is none of this name (any more).
        """
        draft = self._drafts.get(draft_id)
        if draft is None:
            raise NoInputError("there is no such draft (any more)", hint="begin it again")
        return draft

    def holds(self, draft_id: str) -> bool:
        """Tell whether there is a draft of this name (still)."""
        return draft_id in self._drafts

    def forget(self, draft_id: str) -> None:
        """Drop a draft that was queued.

        Args:
            draft_id: From `begin`.
        """
        self._drafts.pop(draft_id, None)

    async def _replied_to(self, document: Document) -> MessageRow | None:
        if document.in_reply_to is None:
            return None
        row = meant(await self._store.message(MessageId.parse(document.in_reply_to)))
        if row is None:
            raise NoInputError(
                "in_reply_to names no message of this node",
                hint="list what there is with: a35 inbox, a35 outbox",
            )
        return row

    async def _superseded(self, document: Document) -> MessageRow | None:
        if document.supersedes is None:
            return None
        row = meant(await self._store.message(MessageId.parse(document.supersedes)))
        if row is None or row.direction is not Direction.OUT:
            raise NoInputError(
                "supersedes names no request of this node", hint="list them with: a35 outbox"
            )
        return row

    def _addressee(self, document: Document, replied: MessageRow | None) -> NodeId:
        """Choose the node that has the thread, else the first active one of the Party; never us.

        Raises:
            UnavailableError: There is none.
        """
        nodes = (entry.node_id for entry in self._directory.nodes())
        active = [node for node in nodes if node != self._node]
        if "/" in document.to:
            fitting = [node for node in active if str(node) == document.to]
        else:
            fitting = [node for node in active if node.country == document.to]
            partner = None if replied is None else _partner(replied, self._node)
            fitting.sort(key=lambda node: node != partner)
        if not fitting:
            raise UnavailableError(
                f"the directory has no other active node for {document.to}",
                hint="see why with: a35 doctor",
            )
        return fitting[0]

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).date()


def _sound(result: CheckResult) -> Document:
    """Return the document that was checked.

    Raises:
        DocumentRefusedError: Some rule is broken.
    """
    if result.document is None or result.errors:
        raise DocumentRefusedError(result.errors)
    return result.document


def _partner(row: MessageRow, node: NodeId) -> NodeId:
    return row.recipient if row.sender == node else row.sender
