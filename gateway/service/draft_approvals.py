"""Second persons: approving frozen bytes, returning them, confirming an override, the policy.

How an approver shows that it is they: `gateway.service.second_hand`.

Source: docs/desk.md, "Drafts and second persons".
"""

from collections.abc import Mapping
from typing import Final

from gateway.drafting import (
    FROZEN_MS,
    Approval,
    ApprovalKind,
    ApprovalOptions,
    Assertion,
    DraftRow,
    DraftState,
    Policy,
)
from gateway.errors import AccessDeniedError, DataError
from gateway.people import Caller, Role
from gateway.service.draft_desk import DraftBase, DraftPorts, writer_of
from gateway.service.draft_needs import default_policy
from gateway.service.second_hand import SecondHand, check_shown
from gateway.shelving import FrozenMark, KeptDraft

_MAX_COMMENT: Final = 5_000
_MAX_WHY: Final = 2000


class Approvals(DraftBase):
    """Implements drafting.SecondPersons, but the override, which sends.

    Args:
        ports: What drafts are made over.
    """

    def __init__(self, ports: DraftPorts) -> None:
        super().__init__(ports)
        self._hand = SecondHand(ports.people, ports.clock, ports.origins)

    async def approval_options(
        self, draft: str, *, by: Caller, shown: bytes | None = None
    ) -> ApprovalOptions:
        """Begin an approval with a passkey.

        Args:
            draft: Which.
            by: The approver.
            shown: Digest of what they were shown; None where that is not known.

        Raises:
            NoInputError: There is no such draft.
            AccessDeniedError: It is their own, or they may not approve.
            DataError: It does not wait for an approval, was frozen over 24 hours ago, or other
                bytes were shown than those that are frozen (`approval_stale`).
        """
        kept = await self._shelf.draft(draft)
        person, frozen = self._approver(kept, by), self._check_waits(kept)
        check_shown(frozen.digest, shown)
        challenge, credentials = await self._hand.begin(draft, person, frozen.digest)
        return ApprovalOptions(
            challenge=challenge,
            credentials=credentials,
            digest=frozen.digest,
            until_ms=frozen.at_ms + FROZEN_MS,
        )

    async def approve(
        self,
        draft: str,
        *,
        by: Caller,
        assertion: Assertion | None = None,
        password: str | None = None,
        comment: str = "",
        shown: bytes | None = None,
    ) -> DraftRow:
        """Approve the frozen bytes; of a draft sent by override, confirm it.

        Args:
            draft: Which.
            by: The approver.
            assertion: What their passkey answered.
            password: Theirs, instead of it.
            comment: Of theirs.
            shown: Digest of what they were shown; None where that is not known.

        Raises:
            NoInputError: There is no such draft.
            AccessDeniedError: It is their own (`own_draft`); neither passkey nor password, or a
                wrong one (`fresh_sign_in_needed`).
            DataError: It does not wait for an approval; the answer is to another challenge, of
                other bytes, or too late, or other bytes were shown (`approval_stale`).
            StorageError: Nothing was kept.
        """
        _check_comment(comment)
        kept = await self._shelf.draft(draft)
        person, frozen = self._approver(kept, by), self._check_waits(kept)
        check_shown(frozen.digest, shown)
        signed = await self._hand.shown(
            draft, frozen.digest, by=by, assertion=assertion, password=password
        )
        approval = Approval(
            who=by.who,
            person=person,
            kind=ApprovalKind.PASSWORD if signed is None else ApprovalKind.PASSKEY,
            at_ms=self._ports.clock.now_ms(),
            comment=comment,
        )
        word = "confirmed" if kept.is_pending else "approved"
        act = self._act(word, by, ref=frozen.mid, subject=frozen.digest, approval=signed)
        await self._shelf.approve_draft(draft, approval, act, digest=frozen.digest, enough=True)
        return await self._row(await self._shelf.draft(draft))

    async def give_back(
        self, draft: str, *, by: Caller, comment: str, shown: bytes | None = None
    ) -> DraftRow:
        """Return a submitted draft to its author with a comment.

        Args:
            draft: Which.
            by: The approver.
            comment: What is to be changed.
            shown: Digest of what they were shown; None where that is not known.

        Raises:
            NoInputError: There is no such draft.
            AccessDeniedError: They may not approve it.
            DataError: No comment, it is not submitted, or other bytes were shown than those that
                are frozen (`approval_stale`).
            StorageError: Nothing was changed.
        """
        said = comment.strip()
        if not said:
            raise DataError("say in a comment what is to be changed", code="invalid_body")
        _check_comment(said)
        kept = await self._shelf.draft(draft)
        self._approver(kept, by)
        if kept.frozen is not None:
            check_shown(kept.frozen.digest, shown)
        return await self._thaw(draft, "returned", by, comment=said)

    async def policy(self) -> Policy:
        """Return the policy in force."""
        kept = await self._shelf.second_person_policy()
        return Policy(version=kept.version, types=default_policy() | dict(kept.types))

    async def set_policy(self, changes: Mapping[str, bool], *, version: int, by: Caller) -> Policy:
        """Change it for some types, stated in the log.

        Raises:
            DataError: No such type, or somebody changed it since.
            StorageError: Nothing was changed.
        """
        unknown = set(changes) - set(default_policy())
        if unknown:
            raise DataError("there is no such message type", code="invalid_body")
        kept = await self._shelf.second_person_policy()
        types = dict(kept.types) | dict(changes)
        why = ", ".join(
            f"{name}: {'two persons' if needs else 'one person'}"
            for name, needs in sorted(changes.items())
        )
        act = self._act("policy_changed", by, ref=None, subject=None, why=why[:_MAX_WHY])
        now_ms = self._ports.clock.now_ms()
        await self._shelf.save_second_person_policy(
            types, act, version=version, by=by.who, now_ms=now_ms
        )
        return await self.policy()

    # ------------------------------------------------------- parts

    async def _thaw(self, draft: str, word: str, by: Caller, *, comment: str | None) -> DraftRow:
        kept, content = await self._shelf.draft(draft), await self._frozen_content(draft)
        ref = None if kept.frozen is None else kept.frozen.mid
        subject = None if kept.frozen is None else kept.frozen.digest
        await self._shelf.thaw_draft(
            draft,
            self._act(word, by, ref=ref, subject=subject),
            writer_of(by),
            comment=comment,
            now_ms=self._ports.clock.now_ms(),
        )
        if content is not None:
            await self._drop_blobs(content)
        return await self._row(await self._shelf.draft(draft))

    async def _frozen_content(self, draft: str) -> bytes | None:
        """Return the frozen bytes of a draft that was not sent, None without any."""
        kept = await self._shelf.draft(draft)
        if kept.frozen is None or kept.state is DraftState.SENT:
            return None
        return (await self._shelf.frozen_draft(draft)).content

    def _approver(self, kept: KeptDraft, by: Caller) -> int:
        """Return the number of somebody who may approve a draft.

        Raises:
            AccessDeniedError: They may not approve, or wrote it themselves.
        """
        if by.person is None or Role.APPROVER not in by.roles:
            raise AccessDeniedError(
                "your role does not allow this",
                code="forbidden_role",
                hint="ask the operator of this node which role may do it",
            )
        if by.person == kept.author.person or by.person in kept.writers:
            raise AccessDeniedError(
                "nobody approves what they wrote themselves",
                code="own_draft",
                hint="ask another approver of this desk",
            )
        return by.person

    def _check_waits(self, kept: KeptDraft) -> FrozenMark:
        """Return the frozen bytes' mark if an approval of them would count.

        Raises:
            DataError: Nothing waits for one, or it was frozen over 24 hours ago.
        """
        if kept.frozen is None or (kept.state is DraftState.SENT and not kept.is_pending):
            raise DataError(
                f"the draft is {kept.state.value}: it waits for no approval", code="not_allowed"
            )
        if not kept.is_pending:
            self._check_fresh(kept)
        return kept.frozen

    def _check_fresh(self, kept: KeptDraft) -> None:
        """Refuse bytes that were frozen too long ago, or not at all.

        Raises:
            DataError: They were.
        """
        if kept.frozen is None:
            raise DataError(
                f"the draft is {kept.state.value}", code="not_allowed", hint="submit it first"
            )
        if self._ports.clock.now_ms() >= kept.frozen.at_ms + FROZEN_MS:
            raise DataError(
                "the draft was frozen more than 24 hours ago",
                code="approval_stale",
                hint="submit it again: its content gets a new time and must be approved anew",
            )


def _check_comment(comment: str) -> None:
    """Refuse a comment that is too long.

    Raises:
        DataError: It is.
    """
    if len(comment) > _MAX_COMMENT:
        raise DataError(f"a comment has at most {_MAX_COMMENT} characters", code="invalid_body")
