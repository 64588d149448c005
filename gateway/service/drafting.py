"""The drafts of a desk: written by several, checked, frozen, approved, sent.

Each step is one commit of the store. A crash before the freezing commit leaves sealed attachments
of no message, as any unsent upload does; after it, the frozen bytes are there with all that
sending needs. The sending names itself by the draft, so that it happens once whatever is repeated.

Source: docs/desk.md, "Drafts and second persons".
"""

from contextlib import suppress
from typing import BinaryIO, Final, cast

from gateway.drafting import FROZEN_MS, Checked, DraftRow, DraftState, HeldDraft
from gateway.errors import AccessDeniedError, DataError, GatewayError, NoInputError, StorageError
from gateway.people import Caller
from gateway.records import DraftEnd, Submitted
from gateway.service.draft import Draft
from gateway.service.draft_approvals import Approvals
from gateway.service.draft_desk import writer_of
from gateway.service.draft_needs import needs_of, text_of
from gateway.service.draft_uploads import PartSource, Uploads
from gateway.shelving import Frozen, FrozenMark, KeptDraft, KeptFile
from keys.digest import Label, labelled, same
from protocol.envelope.content import Content, officer_digest
from protocol.identifiers import MESSAGE_ID_BYTES

_SENT_KEPT_MS: Final = 7 * 24 * 60 * 60 * 1000
"""How long a draft that was sent still leads to its message."""


class Drafting(Uploads, Approvals):
    """Implements drafting.DeskDrafts."""

    async def open(self) -> None:
        """Forget, at the start, parts of files that belong to no draft.

        Raises:
            StorageError: The disk failed.
        """
        known = frozenset(kept.id for kept in await self._shelf.drafts())
        await self._ports.parts.sweep(known)

    async def create(
        self, document: bytes, *, by: Caller, request_key: str | None = None
    ) -> DraftRow:
        """Begin a draft; the same key of the same person again gives the draft that it began.

        Raises:
            DataError: Not a JSON object, or above 1 MiB.
            StorageError: Nothing was kept.
        """
        text = text_of(document, await self._policy_types())
        now_ms = self._ports.clock.now_ms()
        draft = str(self._ports.randomness.message_id())
        if request_key is not None:
            named = f"new draft of {by.who}: {request_key}".encode()
            draft = labelled(Label.REQUEST_KEY, named)[:MESSAGE_ID_BYTES].hex()
            with suppress(NoInputError):
                return await self._row(await self._shelf.draft(draft))
        await self._shelf.forget_sent(before_ms=now_ms - _SENT_KEPT_MS)
        await self._shelf.add_draft(draft, text, writer_of(by), now_ms=now_ms)
        return await self._row(await self._shelf.draft(draft))

    async def list(self, viewer: Caller) -> tuple[DraftRow, ...]:
        """Return the drafts, newest change first; sent ones only while one is pending."""
        return tuple(
            [
                await self._row(kept, viewer)
                for kept in await self._shelf.drafts()
                if kept.state is not DraftState.SENT or kept.is_pending
            ]
        )

    async def get(self, draft: str) -> HeldDraft:
        """Return one draft with its text; of one that was sent the text is with its message.

        Raises:
            NoInputError: There is none of this id.
        """
        kept = await self._shelf.draft(draft)
        is_sent = kept.state is DraftState.SENT
        document = b"{}" if is_sent else await self._shelf.draft_document(draft)
        return HeldDraft(row=await self._row(kept), document=document)

    async def returned(self, draft: str) -> bytes | None:
        """Return the text of a draft when it was given back last, None if it never was.

        Args:
            draft: Which.
        """
        return await self._shelf.returned_draft(draft)

    async def save(self, draft: str, document: bytes, *, version: int, by: Caller) -> DraftRow:
        """Replace its text.

        Raises:
            NoInputError: There is none of this id.
            DataError: Not a JSON object; not the newest version; not to be edited.
            StorageError: Nothing was changed.
        """
        text = text_of(document, await self._policy_types())
        now_ms = self._ports.clock.now_ms()
        await self._shelf.save_draft(draft, text, writer_of(by), version=version, now_ms=now_ms)
        return await self._row(await self._shelf.draft(draft))

    async def discard(self, draft: str, *, by: Caller) -> None:
        """Forget a draft with its files and its key.

        Raises:
            NoInputError: There is none of this id.
            DataError: It was sent.
            StorageError: The disk refused.
        """
        content = await self._frozen_content(draft)
        now_ms = self._ports.clock.now_ms()
        await self._shelf.discard_draft(draft, writer_of(by), now_ms=now_ms)
        await self._ports.parts.drop(draft)
        if content is not None:
            await self._drop_blobs(content)

    async def check(self, draft: str) -> Checked:
        """Check its text as /checks does, with the directory's profiles.

        Raises:
            NoInputError: There is none of this id, or `in_reply_to` names no message here.
        """
        document = await self._shelf.draft_document(draft)
        kept = await self._shelf.draft(draft)
        result = await self._ports.submit.drafts.findings(document, file_sizes=_sizes(kept))
        return Checked(errors=result.errors, warnings=result.warnings)

    async def submit(self, draft: str, *, by: Caller, version: int | None = None) -> DraftRow:
        """Freeze it; again while frozen gives the same bytes, after 24 hours new ones.

        Args:
            draft: Which.
            by: Who submits it.
            version: Of the text that they looked at; None for whatever is there.

        Raises:
            NoInputError: There is none of this id.
            DocumentRefusedError: Some rule is broken; carries every fault.
            DataError: It was sent; its text is another one (`draft_changed`).
            GatewayError: A file is not complete, it was changed meanwhile, the disk
                refused; nothing was frozen.
        """
        kept = await self._shelf.draft(draft)
        now_ms = self._ports.clock.now_ms()
        if kept.state is DraftState.SENT:
            raise DataError("this draft was sent already", code="already_sent")
        _check_shown(kept, version)
        if kept.frozen is not None and now_ms < kept.frozen.at_ms + FROZEN_MS:
            return await self._row(kept)
        files = _complete(kept)
        document = await self._shelf.draft_document(draft)
        before = await self._frozen_content(draft)
        submit = self._ports.submit
        prepared = await submit.drafts.prepare(document, file_sizes=_sizes(kept))
        submit.check_room(prepared)
        try:
            await self._seal(prepared, kept, files)
            frozen = self._fixed(prepared, now_ms)
            mark = frozen.mark
            await self._shelf.freeze_draft(
                draft,
                frozen,
                self._act("submitted", by, ref=mark.mid, subject=mark.digest),
                by=writer_of(by),
                needs=text_of(document, await self._policy_types()).needs,
                version=kept.version,
            )
        except GatewayError:
            for sealed in prepared.sealed.values():
                await self._ports.blobs.drop(self._ports.node, sealed.entry.blob)
            raise
        if before is not None:
            await self._drop_blobs(before)
        return await self._row(await self._shelf.draft(draft))

    async def take_back(self, draft: str, *, by: Caller) -> DraftRow:
        """Make a submitted or approved draft editable again.

        Raises:
            NoInputError: There is none of this id.
            DataError: It is not submitted.
            StorageError: Nothing was changed.
        """
        return await self._thaw(draft, "taken_back", by, comment=None)

    async def send(self, draft: str, *, by: Caller, request_key: str | None) -> Submitted:
        """Seal and queue the frozen bytes; again gives the same answer.

        Raises:
            NoInputError: There is none of this id.
            AccessDeniedError: A second person must approve first (`not_approved`).
            DataError: It was not submitted; more than 24 hours ago (`approval_stale`).
            UnavailableError: No directory, or no key to seal under.
            StorageError: Nothing was queued.
        """
        del request_key  # the draft itself names the sending
        earlier = await self._sent(draft)
        if earlier is not None:
            return earlier
        kept = await self._shelf.draft(draft)
        self._check_fresh(kept)
        frozen = await self._shelf.frozen_draft(draft)
        must = await self._must(frozen)
        if must and not await self._counting(kept):
            raise AccessDeniedError(
                "a second person must approve this draft before it is sent",
                code="not_approved",
                hint="an approver of this desk finds it under: a35 drafts list",
            )
        return await self._send(kept, frozen, by)

    async def override(
        self,
        draft: str,
        *,
        by: Caller,
        reason: str,
        request_key: str | None,
        version: int | None = None,
    ) -> Submitted:
        """Send a submitted emergency without a second person.

        Args:
            draft: Which.
            by: Who answers for it.
            reason: Stated in the log.
            request_key: Of no matter: the draft itself names the sending.
            version: Of the text that they looked at; None for whatever was submitted.

        Raises:
            NoInputError: There is none of this id.
            AccessDeniedError: It is no emergency, or a program asks (`not_approved`).
            DataError: No reason; it was not submitted; more than 24 hours ago; its text is another
                one (`draft_changed`).
            UnavailableError: No directory, or no key to seal under.
            StorageError: Nothing was queued.
        """
        del request_key
        if by.is_program:
            raise AccessDeniedError(
                "no program answers for going without a second person",
                code="not_approved",
                hint="let an officer override, or an approver of this desk approve",
            )
        said = reason.strip()
        if not said:
            raise DataError("an override needs a reason", code="invalid_body")
        earlier = await self._sent(draft)
        if earlier is not None:
            return earlier
        kept = await self._shelf.draft(draft)
        _check_shown(kept, version)
        self._check_fresh(kept)
        frozen = await self._shelf.frozen_draft(draft)
        if Content.decode(frozen.content).body.get("urgency") != "emergency":
            raise AccessDeniedError(
                "only an emergency goes without a second person",
                code="not_approved",
                hint="ask an approver of this desk",
            )
        return await self._send(kept, frozen, by, override=said)

    # ------------------------------------------------------- parts

    async def _send(
        self, kept: KeptDraft, frozen: Frozen, by: Caller, *, override: str | None = None
    ) -> Submitted:
        submit = self._ports.submit
        content = Content.decode(frozen.content)
        restored = await submit.drafts.restored(content, frozen.sealed_bytes)
        end = DraftEnd(
            id=kept.id,
            digest=frozen.mark.digest,
            who=by.who,
            person=by.person,
            override=override,
        )
        submitted = await submit.queue_frozen(
            restored, frozen.content, end=end, key=_sending_key(kept.id)
        )
        await self._ports.parts.drop(kept.id)
        return submitted

    async def _sent(self, draft: str) -> Submitted | None:
        return await self._ports.store.submitted(_sending_key(draft))

    async def _must(self, frozen: Frozen) -> bool:
        """Tell whether a second person must approve, by the policy of now."""
        if not await self._ports.people.exist():
            return False
        content = Content.decode(frozen.content)
        document = {"type": content.type, **content.body}
        return bool(needs_of(document, await self._policy_types()))

    async def _seal(self, prepared: Draft, kept: KeptDraft, files: dict[str, KeptFile]) -> None:
        """Seal every file of a draft for its message.

        Raises:
            StorageError: The disk refused, or a file is not the one that was completed.
        """
        key = await self._shelf.draft_key(kept.id)
        submit = self._ports.submit
        with submit.guard.watched():
            for index, name in enumerate(prepared.files):
                source = PartSource(self._ports.parts, kept.id, files[name], key)
                await submit.drafts.seal(prepared, index, cast("BinaryIO", source))
                if not same(prepared.sealed[index].entry.digest, files[name].sha256 or b""):
                    raise StorageError("a file of the draft is not the one that was completed")

    def _fixed(self, prepared: Draft, now_ms: int) -> Frozen:
        content = self._ports.submit.content_of(prepared)
        sealed = (prepared.sealed[index] for index in range(len(prepared.files)))
        mark = FrozenMark(
            mid=prepared.mid,
            thread=prepared.thread,
            at_ms=now_ms,
            digest=officer_digest(content),
        )
        return Frozen(
            mark=mark,
            to=prepared.to,
            content=content,
            sealed_bytes=tuple(each.part.size_bytes for each in sealed),
        )


def _sending_key(draft: str) -> bytes:
    # No header can carry the zero: a key that somebody else names is never that of a draft.
    return labelled(Label.REQUEST_KEY, f"draft\x00{draft}".encode())


def _check_shown(kept: KeptDraft, version: int | None) -> None:
    """Refuse what was decided on another text than the one that is there.

    The step that freezes a draft counts as a version and changes no text: of a frozen one the
    version before is the same, so that a button pressed twice does no harm.

    Raises:
        DataError: Somebody changed the draft since (`draft_changed`).
    """
    same_text = {kept.version} if kept.frozen is None else {kept.version, kept.version - 1}
    if version is not None and version not in same_text:
        raise DataError(
            f"{kept.editor_who} changed this draft: it is at version {kept.version}",
            code="draft_changed",
            hint="look at the text that is there now, then decide again",
        )


def _sizes(kept: KeptDraft) -> dict[str, int]:
    return {file.name: file.size_bytes for file in kept.files}


def _complete(kept: KeptDraft) -> dict[str, KeptFile]:
    """Return the files of a draft by name.

    Raises:
        DataError: One is not complete.
    """
    for file in kept.files:
        if file.sha256 is None:
            raise DataError(
                f"file {file.n} of the draft is not complete",
                code="incomplete",
                hint="go on with its upload, or remove it",
            )
    return {file.name: file for file in kept.files}
