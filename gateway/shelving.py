"""Drafts as the store keeps them: one of its ports, with its values, and the port for file parts.

Text, files, headings and comments lie sealed under a key of each draft, which is destroyed with
it. gateway.store has the store's port as a whole; gateway.drafting what pages and API see.

Source: docs/desk.md, "Drafts and second persons".
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from gateway.drafting import Approval, DraftState, Need
from protocol.identifiers import MessageId, NodeId
from protocol.log.statement import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What lists show of a draft's text."""

    type: str
    to: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who writes: the person's number, None for the control socket, and as logs see them."""

    person: int | None
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file of a draft; `sha256` once it was completed."""

    n: int
    name: str
    media_type: str
    size_bytes: int
    sha256: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenMark:
    """What is known in the open of frozen bytes; `digest` is their officer digest."""

    mid: MessageId
    thread: MessageId
    at_ms: int
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A frozen content, with what sealing an envelope needs beside it.

    Attributes:
        mark: Its ids, time and digest.
        to: The node that it is for.
        content: The canonical bytes: what is approved, and what is sent.
        sealed_bytes: Lengths of its attachments as sealed, in their order.
    """

    mark: FrozenMark
    to: NodeId
    content: bytes = field(repr=False)
    sealed_bytes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftText:
    """The text of a draft with what was read out of it; `document` is JSON, UTF-8."""

    document: bytes = field(repr=False)
    heading: Heading
    needs: frozenset[Need]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDraft:
    """One draft without its text; attributes as of gateway.drafting.DraftRow.

    Attributes:
        writers: Everybody who saved a text of it: none of them may approve it.
    """

    id: str
    version: int
    state: DraftState
    author: Writer
    editor_who: str
    writers: frozenset[int]
    heading: Heading
    needs: frozenset[Need]
    created_ms: int
    saved_ms: int
    frozen: FrozenMark | None
    files: tuple[KeptFile, ...]
    approvals: tuple[Approval, ...]
    comment: str
    commented_by: str
    override: str | None
    is_pending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPolicy:
    """Changes of the policy in force against what holds without any; version 0 is none."""

    version: int
    types: Mapping[str, bool]


class DraftTexts(Protocol):
    """The texts of drafts."""

    async def add_draft(self, draft: str, text: DraftText, by: Writer, *, now_ms: int) -> None:
        """Keep a new draft under a key of its own."""

    async def drafts(self) -> tuple[KeptDraft, ...]:
        """Return all, the newest change first."""

    async def draft(self, draft: str) -> KeptDraft:
        """Return one."""

    async def draft_document(self, draft: str) -> bytes:
        """Return the text of one that was not sent."""

    async def returned_draft(self, draft: str) -> bytes | None:
        """Return the text of one as it was when it was given back last, None if it never was."""

    async def draft_key(self, draft: str) -> bytes:
        """Return the key of one that was not sent, for the parts of its files; secret."""

    async def frozen_draft(self, draft: str) -> Frozen:
        """Return the frozen bytes of one that was submitted."""

    async def save_draft(
        self, draft: str, text: DraftText, by: Writer, *, version: int, now_ms: int
    ) -> None:
        """Replace the text of one that can be edited."""

    async def discard_draft(self, draft: str, by: Writer, *, now_ms: int) -> None:
        """Forget one that was not sent, with its key."""

    async def forget_sent(self, *, before_ms: int) -> int:
        """Forget what was sent before a time and waits for nobody; return how many."""


class DraftSteps(Protocol):
    """What becomes of drafts once they are written."""

    async def freeze_draft(
        self,
        draft: str,
        frozen: Frozen,
        act: Statement,
        *,
        by: Writer,
        needs: frozenset[Need],
        version: int,
    ) -> None:
        """Freeze one, with the act that says who submitted it; earlier approvals are forgotten.

        Who submits has written it: they may not approve it.
        """

    async def thaw_draft(
        self, draft: str, act: Statement, by: Writer, *, comment: str | None, now_ms: int
    ) -> None:
        """Make a frozen one editable: returned with a comment, or taken back without one."""

    async def approve_draft(
        self, draft: str, approval: Approval, act: Statement, *, digest: bytes, enough: bool
    ) -> None:
        """Keep an approval of frozen bytes with its act, of each person once.

        Of a draft that was sent by override, it is the confirmation that was pending. Raises
        DataError `approval_stale` if the bytes of this digest are not the frozen ones.
        """


class FileShelf(Protocol):
    """The files of drafts by name, and the policy of second persons."""

    async def add_draft_file(
        self, draft: str, name: str, *, media_type: str, size_bytes: int, now_ms: int
    ) -> KeptFile:
        """Add a file to one that can be edited; its number was never used in this draft."""

    async def note_draft_writer(self, draft: str, by: Writer) -> None:
        """Note, of one that can be edited, that somebody wrote it; again changes nothing."""

    async def complete_draft_file(self, draft: str, n: int, sha256: bytes) -> None:
        """Note that a file is whole."""

    async def drop_draft_file(self, draft: str, n: int, *, now_ms: int) -> None:
        """Forget a file of one that can be edited."""

    async def second_person_policy(self) -> KeptPolicy:
        """Return the newest."""

    async def save_second_person_policy(
        self, types: Mapping[str, bool], act: Statement, *, version: int, by: str, now_ms: int
    ) -> None:
        """Keep the next version with the act that says so."""


class Shelf(DraftTexts, DraftSteps, FileShelf, Protocol):
    """The drafts of one node, each change one transaction.

    Whatever names a draft raises NoInputError if there is none; what names a version raises
    DataError `draft_changed` if another one is the newest; what its state does not allow raises
    DataError `not_allowed`. Nothing is changed then.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class PartPlace:
    """Where a part belongs: draft, file, number of the part from 0."""

    draft: str
    n: int
    k: int


class ArrivingPart(Protocol):
    """A part on its way: sealed as it comes, none of it held in memory."""

    def write(self, data: bytes, /) -> None:
        """Take its next bytes."""

    async def keep(self) -> None:
        """Keep the part, which is whole, durably in its place."""


class Parts(Protocol):
    """Parts of files on their way into drafts, sealed under the key of the draft."""

    def arriving(self, place: PartPlace, key: bytes) -> AbstractAsyncContextManager[ArrivingPart]:
        """Take a part while it comes; StorageError if the disk fails.

        What was in its place is there until `keep` has returned, and stays if it is not called.
        """

    async def held(self, draft: str, n: int) -> tuple[int, ...]:
        """Return the numbers of the parts that are held, rising."""

    async def drop(self, draft: str, n: int | None = None) -> None:
        """Remove the parts of a file, or of a whole draft; nothing happens if there are none."""

    async def sweep(self, known: frozenset[str]) -> int:
        """Remove what belongs to none of these drafts; return of how many."""

    def pieces(self, place: PartPlace, key: bytes) -> Iterator[bytes]:
        """Yield a part piece by piece, in the calling thread.

        StorageError if it is not held or does not open, which may show only at its end.
        """
