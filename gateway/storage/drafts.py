"""The part of the store that keeps drafts: every change is one transaction.

Source: docs/desk.md, "Drafts and second persons".
"""

from typing import Final

from gateway.errors import NoInputError
from gateway.shelving import DraftText, Frozen, KeptDraft, Writer
from gateway.storage.draft_base import EDITABLE, FROZEN, SealedPart, tell, words, wrote
from gateway.storage.draft_files import DraftFilePart, SecondPersonPart
from gateway.storage.draft_rows import (
    NONE_SUCH,
    DraftSeal,
    check_state,
    check_version,
    kept,
    key_name,
    raw_id,
    read_row,
    read_rows,
)
from gateway.storage.draft_steps import DraftStepPart
from gateway.storage.session import Session
from keys.atrest import new_store_key
from protocol.encoding import decode
from protocol.fields import Fields, uint_of
from protocol.identifiers import NodeId
from protocol.limits import MAX_BLOBS, MAX_BODY_BYTES

_TOLD_AGAIN_MS: Final = 30_000
"""Somebody who goes on typing is told of that rarely."""
_FROZEN_KEYS: Final = ("content", "sizes", "to")


class DraftTextPart(SealedPart):
    """Implements what shelving.Shelf says of texts."""

    async def add_draft(self, draft: str, text: DraftText, by: Writer, *, now_ms: int) -> None:
        """Keep a new draft under a key of its own.

        Raises:
            StorageError: Nothing was kept.
        """
        seal = DraftSeal(new_store_key(), draft)
        values = (
            raw_id(draft),
            by.person,
            by.who,
            by.who,
            now_ms,
            now_ms,
            words(text.needs),
            self._core.vault.wrap(seal.key, key_name(draft)),
            seal.seal_heading(text.heading),
            seal.seal("document", text.document),
        )

        def add(session: Session) -> None:
            number = session.execute(
                "INSERT INTO draft (id, version, state, author, author_who, editor_who,"
                " created_ms, saved_ms, needs, key, heading, document)"
                " VALUES (?, 1, 'editing', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            ).lastrowid
            wrote(session, number, by)
            tell(session, draft, "editing", who=by.who, now_ms=now_ms)

        await self._core.writer.run(add)

    async def drafts(self) -> tuple[KeptDraft, ...]:
        """Return all, the newest change first."""
        core = self._core
        return tuple(kept(core.reader, core.vault, row) for row in read_rows(core.reader))

    async def draft(self, draft: str) -> KeptDraft:
        """Return one.

        Raises:
            NoInputError: There is none of this id.
        """
        core = self._core
        return kept(core.reader, core.vault, read_row(core.reader, draft))

    async def draft_document(self, draft: str) -> bytes:
        """Return the text of one that was not sent.

        Raises:
            NoInputError: There is none of this id.
        """
        return self._opened_column(draft, "document")

    async def returned_draft(self, draft: str) -> bytes | None:
        """Return the text of one as it was when it was given back last, None if it never was."""
        try:
            return self._opened_column(draft, "returned")
        except NoInputError:
            return None

    async def frozen_draft(self, draft: str) -> Frozen:
        """Return the frozen bytes of one that was submitted.

        Raises:
            NoInputError: There is none of this id, or nothing is frozen.
        """
        data = self._opened_column(draft, "frozen")
        mark = (await self.draft(draft)).frozen
        if mark is None:  # thawed in between
            raise NoInputError(NONE_SUCH)
        fields = Fields.of(decode(data, max_bytes=2 * MAX_BODY_BYTES), _FROZEN_KEYS)
        return Frozen(
            mark=mark,
            to=NodeId.parse(fields.text("to")),
            content=fields.raw("content"),
            sealed_bytes=tuple(uint_of(size) for size in fields.items("sizes", MAX_BLOBS)),
        )

    async def save_draft(
        self, draft: str, text: DraftText, by: Writer, *, version: int, now_ms: int
    ) -> None:
        """Replace the text of one that can be edited.

        Raises:
            NoInputError: There is none of this id.
            DataError: Another version is the newest, or it cannot be edited.
            StorageError: Nothing was changed.
        """
        seal = await self._seal(draft)
        heading = seal.seal_heading(text.heading)
        document = seal.seal("document", text.document)

        def save(session: Session) -> None:
            row = read_row(session, draft)
            state = check_state(row, *EDITABLE)
            check_version(version, row)
            session.execute(
                "UPDATE draft SET version = version + 1, editor_who = ?, saved_ms = ?, needs = ?,"
                " heading = ?, document = ? WHERE number = ?",
                (by.who, now_ms, words(text.needs), heading, document, row["number"]),
            )
            wrote(session, row["number"], by)
            if by.who != row["editor_who"] or now_ms - row["saved_ms"] > _TOLD_AGAIN_MS:
                tell(session, draft, state.value, who=by.who, now_ms=now_ms)

        await self._core.writer.run(save)

    async def discard_draft(self, draft: str, by: Writer, *, now_ms: int) -> None:
        """Forget one that was not sent, with its key.

        Raises:
            NoInputError: There is none of this id.
            DataError: It was sent.
            StorageError: Nothing was forgotten.
        """

        def discard(session: Session) -> None:
            row = read_row(session, draft)
            check_state(row, *EDITABLE, *FROZEN)
            _forget(session, row["number"])
            tell(session, draft, "discarded", who=by.who, now_ms=now_ms)

        await self._core.writer.run(discard)

    async def forget_sent(self, *, before_ms: int) -> int:
        """Forget what was sent before a time and waits for nobody; return how many.

        Raises:
            StorageError: Nothing was forgotten.
        """
        old = "SELECT number FROM draft WHERE state = 'sent' AND is_pending = 0 AND saved_ms < ?"
        if self._core.reader.execute(old, (before_ms,)).fetchone() is None:
            return 0

        def forget(session: Session) -> int:
            rows = session.execute(old, (before_ms,)).fetchall()
            for (number,) in rows:
                _forget(session, number)
            return len(rows)

        return await self._core.writer.run(forget)


class DraftPart(DraftTextPart, DraftStepPart, DraftFilePart, SecondPersonPart):
    """Implements shelving.Shelf."""


def _forget(session: Session, number: int) -> None:
    for table in ("draft_writer", "draft_file", "draft_approval"):
        session.execute(f"DELETE FROM {table} WHERE draft = ?", (number,))  # noqa: S608  our own names
    session.execute("DELETE FROM draft WHERE number = ?", (number,))
