"""What the parts of the desk's drafts share: the store, who acts, rows as pages see them.

Source: docs/desk.md, "Drafts and second persons".
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from gateway.drafting import (
    PART_BYTES,
    Approval,
    DraftFile,
    DraftRow,
    DraftState,
    Signatories,
)
from gateway.people import Caller, Role
from gateway.ports import Blobs, Clock, Randomness
from gateway.service.draft_needs import default_policy
from gateway.service.submit import Submit
from gateway.shelving import KeptDraft, KeptFile, Parts, Shelf, Writer
from gateway.store import Store
from keys.digest import new_salt
from protocol.envelope.content import Content
from protocol.identifiers import MessageId, NodeId
from protocol.log.passkey import PasskeyApproval
from protocol.log.statement import Act, Statement, officer_act

_READERS = frozenset({Role.OFFICER, Role.APPROVER, Role.SUPERVISOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPorts:
    """What drafts are made over.

    Attributes:
        node: This node.
        store: Where drafts and what was queued are kept.
        parts: Of files on their way in.
        blobs: Where attachments are sealed for sending.
        submit: Checks, fixes and queues.
        people: Who may approve, and by what.
        clock: Time.
        randomness: Ids of drafts.
        origins: The pages of this desk, on which a passkey may answer.
    """

    node: NodeId
    store: Store
    parts: Parts
    blobs: Blobs
    submit: Submit
    people: Signatories
    clock: Clock
    randomness: Randomness
    origins: Callable[[], Collection[str]]


class DraftBase:
    """What every part knows.

    Args:
        ports: What drafts are made over.
    """

    def __init__(self, ports: DraftPorts) -> None:
        self._ports = ports
        self._shelf: Shelf = ports.store

    async def _policy_types(self) -> dict[str, bool]:
        return default_policy() | dict((await self._shelf.second_person_policy()).types)

    async def _row(self, kept: KeptDraft, viewer: Caller | None = None) -> DraftRow:
        """Return a draft as pages see it.

        Who may not read contents sees no word that somebody wrote: no title, file or comment; an
        auditor sees why it went without a second person, as the acts say it, an operator not even
        what kind of document it is.
        """
        must = kept.needs if await self._ports.people.exist() else frozenset()
        frozen, state = kept.frozen, kept.state
        approvals = kept.approvals if state is DraftState.SENT else await self._counting(kept)
        if state is DraftState.APPROVED and must and not approvals:
            state = DraftState.SUBMITTED  # who approved may do so no more: it waits again
        can_read = viewer is None or not viewer.roles.isdisjoint(_READERS)
        sees_types = can_read or (viewer is not None and Role.AUDITOR in viewer.roles)
        return DraftRow(
            id=kept.id,
            version=kept.version,
            state=state,
            author=kept.author.person,
            author_who=kept.author.who,
            editor_who=kept.editor_who,
            type=kept.heading.type if sees_types else "",
            to=kept.heading.to,
            title=kept.heading.title if can_read else "",
            created_ms=kept.created_ms,
            saved_ms=kept.saved_ms,
            frozen_ms=None if frozen is None else frozen.at_ms,
            mid=None if frozen is None else frozen.mid,
            thread=None if frozen is None else frozen.thread,
            digest=None if frozen is None else frozen.digest,
            files=tuple([await self._file(kept.id, file) for file in kept.files])
            if can_read
            else (),
            needs=int(bool(must)),
            why=must if sees_types else frozenset(),
            approvals=approvals if can_read else _without_words(approvals),
            comment=kept.comment if can_read else "",
            commented_by=kept.commented_by,
            override=kept.override if sees_types or kept.override is None else "",
            pending=kept.is_pending,
        )

    async def _counting(self, kept: KeptDraft) -> tuple[Approval, ...]:
        """Return the approvals of persons who may approve now."""
        return tuple(
            [one for one in kept.approvals if await self._ports.people.approves(one.person)]
        )

    async def _file(self, draft: str, file: KeptFile) -> DraftFile:
        parts = parts_of(file.size_bytes)
        held = parts
        if file.sha256 is None:
            held = len(await self._ports.parts.held(draft, file.n))
        return DraftFile(
            n=file.n,
            name=file.name,
            media_type=file.media_type,
            size_bytes=file.size_bytes,
            parts=parts,
            held=held,
            sha256=file.sha256,
        )

    def _act(
        self,
        word: str,
        by: Caller,
        *,
        ref: MessageId | None,
        subject: bytes | None,
        why: str = "",
        approval: PasskeyApproval | None = None,
    ) -> Statement:
        act = Act(
            act=word,
            who=by.who,
            ref=ref,
            subject=subject,
            why=why,
            t_ms=self._ports.clock.now_ms(),
            approval=approval,
        )
        return officer_act(act.encode(), new_salt())

    async def _drop_blobs(self, content: bytes) -> None:
        """Remove the sealed attachments of a content that will not be sent."""
        for entry in Content.decode(content).files:
            await self._ports.blobs.drop(self._ports.node, entry.blob)


def _without_words(approvals: tuple[Approval, ...]) -> tuple[Approval, ...]:
    return tuple(replace(each, comment="") for each in approvals)


def writer_of(caller: Caller) -> Writer:
    """Return who writes, as it is kept."""
    return Writer(person=caller.person, who=caller.who)


def parts_of(size_bytes: int) -> int:
    """Return how many parts a file has; one that is empty has none."""
    return -(-size_bytes // PART_BYTES)
