"""Drafts: texts by versions, frozen bytes, approvals of them, and their end with the sending."""

from dataclasses import replace

import pytest

from gateway.drafting import Approval, ApprovalKind, DraftState, Need
from gateway.errors import DataError, NoInputError
from gateway.records import DraftEnd
from gateway.shelving import DraftText, Frozen, FrozenMark, Heading, Writer
from gateway.store import Store
from keys.digest import sha256
from protocol.identifiers import MessageId
from protocol.log.statement import Act, Statement, officer_act
from tests.gateway.storage.material import NOW_MS, PEER, mid, submission
from tests.gateway.storage.scenario import Contract

DRAFT = "0d" * 16
OTHER = "0e" * 16
POP = Writer(person=3, who="RO/1 officer 3")
DESK = Writer(person=None, who="RO/1 desk")
TEXT = DraftText(
    document=b'{"type": "note"}',
    heading=Heading(type="note", to="FR", title="RO-26-1"),
    needs=frozenset({Need.POLICY}),
)
CONTENT = b"content bytes"
DIGEST = sha256(CONTENT)


def act(word: str, message: MessageId | None = None) -> Statement:
    """Return an act about a message."""
    stated = Act(act=word, who=POP.who, ref=message or mid(1), subject=DIGEST, why="", t_ms=NOW_MS)
    return officer_act(stated.encode(), bytes(16))


def frozen(number: int = 1) -> Frozen:
    """Return frozen bytes."""
    mark = FrozenMark(mid=mid(number), thread=mid(number), at_ms=NOW_MS, digest=DIGEST)
    return Frozen(mark=mark, to=PEER, content=CONTENT, sealed_bytes=(40, 80))


def approval(person: int = 4, comment: str = "") -> Approval:
    """Return an approval."""
    return Approval(
        who=f"RO/1 approver {person}",
        person=person,
        kind=ApprovalKind.PASSKEY,
        at_ms=NOW_MS + 5,
        comment=comment,
    )


async def submitted(store: Store) -> None:
    """Begin a draft and freeze it."""
    await store.add_draft(DRAFT, TEXT, POP, now_ms=NOW_MS)
    await store.freeze_draft(DRAFT, frozen(), act("submitted"), by=POP, needs=TEXT.needs, version=1)


async def told(store: Store) -> list[tuple[str, str]]:
    """Return the events so far."""
    rows = await store.events(after=0, limit=99)
    return [(row.kind, row.what.removeprefix(DRAFT).strip()) for row in rows if row.mid is None]


class DraftContract(Contract):
    """What a desk writes before it sends."""

    def test_text_is_saved_by_versions(self) -> None:
        """Of two editors the second is told who was there before."""

        async def scenario(store: Store) -> None:
            await store.add_draft(DRAFT, TEXT, POP, now_ms=NOW_MS)
            await store.add_draft(OTHER, TEXT, DESK, now_ms=NOW_MS - 1)
            text = replace(TEXT, document=b"{}", heading=Heading(type="", to="", title=""))
            by = Writer(person=5, who="RO/1 officer 5")
            await store.save_draft(DRAFT, text, by, version=1, now_ms=NOW_MS + 1)
            with pytest.raises(DataError, match="RO/1 officer 5 changed this draft") as caught:
                await store.save_draft(DRAFT, TEXT, POP, version=1, now_ms=NOW_MS + 2)
            assert caught.value.code == "draft_changed"
            assert await store.draft_document(DRAFT) == b"{}"
            kept, other = await store.drafts()
            assert kept == await store.draft(DRAFT)
            assert (kept.id, kept.version, kept.state) == (DRAFT, 2, DraftState.EDITING)
            assert (kept.author, kept.editor_who, kept.writers) == (POP, by.who, frozenset({3, 5}))
            assert (other.author, other.writers, other.heading) == (DESK, frozenset(), TEXT.heading)
            await store.save_draft(DRAFT, text, by, version=2, now_ms=NOW_MS + 3)
            await store.save_draft(DRAFT, text, by, version=3, now_ms=NOW_MS + 60_000)
            assert await told(store) == [
                ("draft.changed", "editing"),
                ("draft.changed", f"{OTHER} editing"),
                ("draft.changed", "editing"),
                ("draft.changed", "editing"),
            ]

        self.run(scenario)

    def test_frozen_bytes_are_kept_with_their_act_and_cannot_be_edited(self) -> None:
        """What is approved must be what is sent."""

        async def scenario(store: Store) -> None:
            size = store.size
            await submitted(store)
            assert store.size == size + 1
            assert await store.frozen_draft(DRAFT) == frozen()
            kept = await store.draft(DRAFT)
            assert (kept.state, kept.frozen) == (DraftState.SUBMITTED, frozen().mark)
            with pytest.raises(DataError, match="is submitted") as caught:
                await store.save_draft(DRAFT, TEXT, POP, version=2, now_ms=NOW_MS)
            assert caught.value.code == "not_allowed"
            for refused in (
                store.add_draft_file(DRAFT, "a", media_type="b", size_bytes=1, now_ms=NOW_MS),
                store.freeze_draft(DRAFT, frozen(), act("a"), by=POP, needs=frozenset(), version=1),
            ):
                with pytest.raises(DataError):
                    await refused
            assert (await told(store))[-1] == ("approval.needed", "submitted")

        self.run(scenario)

    def test_approval_counts_once_a_person_and_for_these_bytes(self) -> None:
        """A second click, or bytes that were frozen before."""

        async def scenario(store: Store) -> None:
            await submitted(store)
            with pytest.raises(DataError) as caught:
                await store.approve_draft(
                    DRAFT, approval(), act("approved"), digest=bytes(32), enough=True
                )
            assert caught.value.code == "approval_stale"
            given = approval(comment="lawful")
            size = store.size
            for _ in range(2):
                await store.approve_draft(
                    DRAFT, given, act("approved"), digest=DIGEST, enough=False
                )
            assert store.size == size + 1
            assert (await store.draft(DRAFT)).state is DraftState.SUBMITTED
            await store.approve_draft(
                DRAFT, approval(5), act("approved"), digest=DIGEST, enough=True
            )
            kept = await store.draft(DRAFT)
            assert (kept.state, kept.approvals) == (DraftState.APPROVED, (given, approval(5)))
            assert (await told(store))[-1] == ("approval.done", "approved")
            again = act("submitted", mid(2))
            await store.freeze_draft(
                DRAFT, frozen(2), again, by=POP, needs=frozenset(), version=kept.version
            )
            assert (await store.draft(DRAFT)).approvals == ()

        self.run(scenario)

    def test_returned_draft_has_its_comment_and_no_frozen_bytes(self) -> None:
        """What was approved before counts no more."""

        async def scenario(store: Store) -> None:
            await submitted(store)
            assert await store.returned_draft(DRAFT) is None
            await store.approve_draft(
                DRAFT, approval(), act("approved"), digest=DIGEST, enough=True
            )
            by = Writer(person=6, who="RO/1 approver 6")
            await store.thaw_draft(DRAFT, act("returned"), by, comment="Which port?", now_ms=NOW_MS)
            kept = await store.draft(DRAFT)
            assert (kept.state, kept.comment) == (DraftState.RETURNED, "Which port?")
            assert (kept.commented_by, kept.frozen, kept.approvals) == (by.who, None, ())
            assert await store.returned_draft(DRAFT) == await store.draft_document(DRAFT)
            with pytest.raises(NoInputError):
                await store.frozen_draft(DRAFT)
            with pytest.raises(DataError):
                await store.thaw_draft(DRAFT, act("returned"), by, comment="", now_ms=NOW_MS)
            await store.freeze_draft(
                DRAFT, frozen(), act("submitted"), by=POP, needs=frozenset(), version=kept.version
            )
            await store.thaw_draft(DRAFT, act("taken_back"), POP, comment=None, now_ms=NOW_MS)
            kept = await store.draft(DRAFT)
            assert (kept.state, kept.comment) == (DraftState.EDITING, "Which port?")
            assert [kind for kind, _ in await told(store)][-4:] == [
                "approval.done",
                "approval.done",
                "draft.changed",
                "draft.changed",
            ]

        self.run(scenario)

    def test_sending_ends_the_draft_in_the_same_commit(self) -> None:
        """Nothing is sent of a draft that was changed meanwhile; what was sent has no key more."""

        async def scenario(store: Store) -> None:
            await submitted(store)
            end = DraftEnd(id=DRAFT, digest=bytes(32), who=POP.who)
            for wrong in (end, replace(end, id=OTHER)):
                with pytest.raises((DataError, NoInputError)):
                    await store.submit(replace(submission(1), draft=wrong), now_ms=NOW_MS)
            assert await store.message(mid(1)) == ()
            right = replace(end, digest=DIGEST)
            sent = replace(submission(1, request_key=b"k" * 32), draft=right)
            await store.submit(sent, now_ms=NOW_MS)
            assert (await store.submit(sent, now_ms=NOW_MS)).repeated
            kept = await store.draft(DRAFT)
            assert (kept.state, kept.heading.title) == (DraftState.SENT, "")
            assert kept.frozen == frozen().mark
            for gone in (store.draft_document, store.draft_key, store.frozen_draft):
                with pytest.raises(NoInputError):
                    await gone(DRAFT)
            with pytest.raises(DataError) as caught:
                await store.submit(replace(submission(2), draft=right), now_ms=NOW_MS)
            assert caught.value.code == "already_sent"
            with pytest.raises(DataError):
                await store.discard_draft(DRAFT, POP, now_ms=NOW_MS)
            assert await store.forget_sent(before_ms=NOW_MS) == 0
            assert await store.forget_sent(before_ms=NOW_MS + 1) == 1
            assert await store.drafts() == ()

        self.run(scenario)

    def test_override_waits_for_a_second_person_after_the_sending(self) -> None:
        """It stands on the case until one confirms."""

        async def scenario(store: Store) -> None:
            await submitted(store)
            end = DraftEnd(id=DRAFT, digest=DIGEST, who=POP.who, override="a life")
            await store.submit(replace(submission(1), draft=end), now_ms=NOW_MS)
            kept = await store.draft(DRAFT)
            assert (kept.override, kept.is_pending) == ("a life", True)
            assert await store.forget_sent(before_ms=NOW_MS + 9) == 0
            await store.approve_draft(
                DRAFT, approval(comment="yes"), act("confirmed"), digest=DIGEST, enough=True
            )
            kept = await store.draft(DRAFT)
            assert (kept.state, kept.is_pending) == (DraftState.SENT, False)
            assert kept.approvals == (approval(),)
            assert (await told(store))[-2:] == [
                ("approval.needed", "sent"),
                ("approval.done", "sent"),
            ]
            with pytest.raises(DataError):
                await store.approve_draft(
                    DRAFT, approval(7), act("confirmed"), digest=DIGEST, enough=True
                )

        self.run(scenario)

    def test_whoever_changed_a_file_is_noted_as_a_writer(self) -> None:
        """Once, by number; the control socket has none; not any more once it is frozen."""

        async def scenario(store: Store) -> None:
            await store.add_draft(DRAFT, TEXT, POP, now_ms=NOW_MS)
            other = replace(POP, person=9)
            for writer in (other, other, replace(POP, person=None)):
                await store.note_draft_writer(DRAFT, writer)
            kept = await store.draft(DRAFT)
            assert kept.writers == {POP.person, 9}
            await store.freeze_draft(
                DRAFT, frozen(), act("a"), by=POP, needs=frozenset(), version=1
            )
            with pytest.raises(DataError) as caught:
                await store.note_draft_writer(DRAFT, other)
            assert caught.value.code == "not_allowed"

        self.run(scenario)

    def test_files_are_numbered_once(self) -> None:
        """The number of one that was removed never names another one."""

        async def scenario(store: Store) -> None:
            await store.add_draft(DRAFT, TEXT, POP, now_ms=NOW_MS)
            names = [
                await store.add_draft_file(
                    DRAFT, name, media_type="text/plain", size_bytes=9, now_ms=NOW_MS
                )
                for name in ("a.txt", "b.txt")
            ]
            await store.complete_draft_file(DRAFT, 1, sha256(b"b"))
            assert (await store.draft(DRAFT)).files == (
                names[0],
                replace(names[1], sha256=sha256(b"b")),
            )
            await store.drop_draft_file(DRAFT, 1, now_ms=NOW_MS)
            new = await store.add_draft_file(
                DRAFT, "c.txt", media_type="", size_bytes=0, now_ms=NOW_MS
            )
            assert new.n == 2
            for missing in (
                store.drop_draft_file(DRAFT, 1, now_ms=NOW_MS),
                store.complete_draft_file(DRAFT, 9, bytes(32)),
            ):
                with pytest.raises(NoInputError):
                    await missing
            await store.discard_draft(DRAFT, POP, now_ms=NOW_MS)
            with pytest.raises(NoInputError):
                await store.draft(DRAFT)
            with pytest.raises(NoInputError):
                await store.draft("no id")
            assert (await told(store))[-1] == ("draft.changed", "discarded")

        self.run(scenario)

    def test_policy_is_changed_by_versions_and_stated(self) -> None:
        """Two supervisors at once."""

        async def scenario(store: Store) -> None:
            assert (await store.second_person_policy()).version == 0
            size = store.size
            await store.save_second_person_policy(
                {"note": True}, act("policy"), version=0, by="RO/1 supervisor 2", now_ms=NOW_MS
            )
            kept = await store.second_person_policy()
            assert (kept.version, kept.types, store.size) == (1, {"note": True}, size + 1)
            with pytest.raises(DataError) as caught:
                await store.save_second_person_policy(
                    {}, act("policy"), version=0, by="RO/1 supervisor 2", now_ms=NOW_MS
                )
            assert caught.value.code == "draft_changed"

        self.run(scenario)
