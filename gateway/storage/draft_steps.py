"""The part of the store that freezes drafts, keeps approvals of frozen bytes, and ends drafts.

What is frozen is whole or not there: the bytes, their digest and the act that says who submitted
them are one commit, as are an approval with its act, and the sending with the end of the draft.

Source: docs/desk.md, "Drafts and second persons".
"""

from gateway.drafting import Approval, DraftState, Need
from gateway.records import DraftEnd
from gateway.shelving import Frozen, Writer
from gateway.storage.draft_base import (
    EDITABLE,
    FROZEN,
    KIND_DONE,
    KIND_DRAFT,
    KIND_NEEDED,
    SealedPart,
    StaleApprovalError,
    tell,
    words,
    wrote,
)
from gateway.storage.draft_rows import check_state, check_version, read_row
from gateway.storage.session import Session
from protocol.encoding import encode
from protocol.identifiers import MessageId
from protocol.log.statement import Statement


class DraftStepPart(SealedPart):
    """Implements the steps of shelving.Shelf that follow once a text is written."""

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
        """Freeze one, with the act that says who submitted it.

        Raises:
            NoInputError: There is none of this id.
            DataError: Another version is the newest, or it was sent.
            StorageError: Nothing was frozen.
        """
        mark = frozen.mark
        sizes = list(frozen.sealed_bytes)
        data = encode({"content": frozen.content, "sizes": sizes, "to": str(frozen.to)})
        sealed = (await self._seal(draft)).seal("frozen", data)

        def freeze(session: Session) -> None:
            row = read_row(session, draft)
            check_state(row, *EDITABLE, *FROZEN)
            check_version(version, row)
            session.execute("DELETE FROM draft_approval WHERE draft = ?", (row["number"],))
            session.execute(
                "UPDATE draft SET version = version + 1, state = 'submitted', needs = ?,"
                " frozen_ms = ?, mid = ?, thread = ?, digest = ?, frozen = ? WHERE number = ?",
                (
                    words(needs),
                    mark.at_ms,
                    mark.mid.value,
                    mark.thread.value,
                    mark.digest,
                    sealed,
                    row["number"],
                ),
            )
            wrote(session, row["number"], by)
            _state(session, mark.mid, act)
            kind = KIND_NEEDED if needs else KIND_DRAFT
            who = row["editor_who"]
            tell(session, draft, "submitted", who=who, now_ms=mark.at_ms, kind=kind)

        await self._core.writer.run(freeze)

    async def thaw_draft(
        self, draft: str, act: Statement, by: Writer, *, comment: str | None, now_ms: int
    ) -> None:
        """Make a frozen one editable: returned with a comment, or taken back without one.

        Raises:
            NoInputError: There is none of this id.
            DataError: It is not frozen.
            StorageError: Nothing was changed.
        """
        seal = await self._seal(draft)
        said = returned = None
        if comment is not None:
            said = seal.seal("comment", comment.encode())
            returned = seal.seal("returned", self._opened_column(draft, "document"))
        state = DraftState.EDITING if comment is None else DraftState.RETURNED

        def thaw(session: Session) -> None:
            row = read_row(session, draft)
            check_state(row, *FROZEN)
            _state(session, MessageId(row["mid"]), act)
            session.execute("DELETE FROM draft_approval WHERE draft = ?", (row["number"],))
            session.execute(
                "UPDATE draft SET version = version + 1, state = ?, frozen_ms = NULL, mid = NULL,"
                " thread = NULL, digest = NULL, frozen = NULL, comment = coalesce(?2, comment),"
                " commented_by = CASE WHEN ?2 IS NULL THEN commented_by ELSE ?3 END,"
                " returned = coalesce(?4, returned) WHERE number = ?5",
                (state.value, said, by.who, returned, row["number"]),
            )
            kind = KIND_DRAFT if comment is None else KIND_DONE
            tell(session, draft, state.value, who=by.who, now_ms=now_ms, kind=kind)

        await self._core.writer.run(thaw)

    async def approve_draft(
        self, draft: str, approval: Approval, act: Statement, *, digest: bytes, enough: bool
    ) -> None:
        """Keep an approval of frozen bytes with its act, of each person once.

        Raises:
            NoInputError: There is none of this id.
            DataError: Other bytes are frozen, or nothing waits for an approval.
            StorageError: Nothing was kept.
        """
        comment = self._sealed_comment(draft, approval)

        def approve(session: Session) -> None:
            row = read_row(session, draft)
            is_pending = bool(row["is_pending"])
            state = DraftState.SENT if is_pending else check_state(row, *FROZEN)
            if row["digest"] != digest:
                raise StaleApprovalError
            added = session.execute(
                "INSERT INTO draft_approval (draft, person, who, kind, at_ms, comment)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    row["number"],
                    approval.person,
                    approval.who,
                    approval.kind.value,
                    approval.at_ms,
                    None if is_pending else comment,
                ),
            )
            if added.rowcount == 0:
                return
            _state(session, MessageId(row["mid"]), act)
            if enough and not is_pending:
                state = DraftState.APPROVED
            session.execute(
                "UPDATE draft SET version = version + 1, state = ?, is_pending = 0"
                " WHERE number = ?",
                (state.value, row["number"]),
            )
            at_ms = approval.at_ms
            tell(session, draft, state.value, who=approval.who, now_ms=at_ms, kind=KIND_DONE)

        await self._core.writer.run(approve)

    def _sealed_comment(self, draft: str, approval: Approval) -> bytes | None:
        """Seal what an approver wrote; a draft that was sent has no key to seal it under."""
        row = read_row(self._core.reader, draft)
        if not approval.comment or row["key"] is None:
            return None
        seal = self._seal_of(draft, row["key"])
        return seal.seal(f"approval-{approval.person}", approval.comment.encode())


def end_draft(session: Session, end: DraftEnd, *, now_ms: int) -> None:
    """End a draft whose frozen bytes are queued in the same commit: its key goes for ever.

    Args:
        session: The transaction.
        end: Which draft, which bytes, and whether it goes without a second person.
        now_ms: Milliseconds since 1970, UTC.

    Raises:
        NoInputError: There is none of this id.
        DataError: It is not frozen any more.
        StaleApprovalError: Other bytes are frozen.
    """
    row = read_row(session, end.id)
    check_state(row, *FROZEN)
    if row["digest"] != end.digest:
        raise StaleApprovalError
    session.execute("DELETE FROM draft_file WHERE draft = ?", (row["number"],))
    session.execute("UPDATE draft_approval SET comment = NULL WHERE draft = ?", (row["number"],))
    session.execute(
        "UPDATE draft SET version = version + 1, state = 'sent', key = NULL, heading = NULL,"
        " document = NULL, frozen = NULL, comment = NULL, returned = NULL, saved_ms = ?,"
        " override = ?, is_pending = ? WHERE number = ?",
        (now_ms, end.override, int(end.override is not None), row["number"]),
    )
    tell(session, end.id, "sent", who=end.who, now_ms=now_ms)
    if end.override is not None:
        wrote(session, row["number"], Writer(person=end.person, who=end.who))
        tell(session, end.id, "sent", who=end.who, now_ms=now_ms, kind=KIND_NEEDED)


def _state(session: Session, mid: MessageId, act: Statement) -> None:
    """State an act about a message that stands apart from its other leaves."""
    leaf = session.state(act, must_leave=False)
    session.execute(
        "INSERT INTO message_act (mid, generation, i) VALUES (?, ?, ?)",
        (mid.value, session.origin.generation, leaf),
    )
