"""Drafts of one desk, as pages, API and store see them: values, and what the desk can do.

A draft is durable and sealed on the disk. Submitting freezes it: the message's id and the bytes of
its content are fixed for 24 hours, and a second person approves these bytes and no others.

Implemented by gateway.service.drafting; kept by gateway.storage.drafts.

Source: docs/desk.md, "Drafts and second persons".
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, TypeAlias

from gateway.people import Caller
from gateway.records import Submitted
from protocol.identifiers import MessageId
from protocol.requests.faults import Finding

PART_BYTES: Final = 4 * 1024 * 1024
"""Every part of a file but its last."""

FROZEN_MS: Final = 24 * 60 * 60 * 1000
"""How long the bytes of a submitted draft may be approved and sent."""


class DraftState(StrEnum):
    """Where a draft stands."""

    EDITING = "editing"
    SUBMITTED = "submitted"
    """Frozen; waits for a second person, or only to be sent if none is needed."""
    RETURNED = "returned"
    """Given back with a comment; editable again."""
    APPROVED = "approved"
    """Frozen and approved as often as it needs."""
    SENT = "sent"


class Need(StrEnum):
    """Why a second person must approve."""

    EMERGENCY = "emergency"
    REFUSAL = "refusal"
    DATA_DELIVERY = "data_delivery"
    POLICY = "policy"
    """By the desk's policy for the type."""


class ApprovalKind(StrEnum):
    """How the second person showed that it was they."""

    PASSKEY = "passkey"
    PASSWORD = "password"  # noqa: S105  the word, not a secret
    """Weaker: bound to these bytes by the node's word alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """That somebody approved the frozen bytes.

    Attributes:
        who: "RO/1 officer 4".
        person: Their number on this node.
        kind: By what.
        at_ms: When.
        comment: What they wrote; may be empty.
    """

    who: str
    person: int
    kind: ApprovalKind
    at_ms: int
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFile:
    """One file of a draft.

    Attributes:
        n: Its number in this draft, from 0, never used again after a removal.
        name: As the document names it.
        media_type: As given.
        size_bytes: Of the plaintext, as announced.
        parts: How many parts it has; all of PART_BYTES but the last.
        held: How many are held now.
        sha256: Of the whole, once it was completed.
    """

    n: int
    name: str
    media_type: str
    size_bytes: int
    parts: int
    held: int
    sha256: bytes | None

    @property
    def is_complete(self) -> bool:
        """Whether it can be sent."""
        return self.sha256 is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    """One draft, without its text.

    Attributes:
        id: 32 lower-case hex digits.
        version: Rises with each change; what If-Match names.
        state: Where it stands.
        author: Number of the person who began it; None for the control socket.
        author_who: "RO/1 officer 3".
        editor_who: Who saved it last.
        type: Of the document, empty while it names none.
        to: Of the document, empty while it names none.
        title: Subject or reference of the document, for lists; case data.
        created_ms: When it was begun.
        saved_ms: When it was saved last.
        frozen_ms: When it was submitted; None while it can be edited.
        mid: The message's id once frozen.
        thread: Its thread once frozen.
        digest: H("a35/1/officer" 0x00 content bytes) of the frozen content, 32 bytes.
        files: In the order of the document once frozen, else of their numbers.
        needs: How many approvals sending takes; while it is edited, as far as its text tells.
        why: Why it takes any.
        approvals: Those of the frozen bytes, oldest first; until it is sent, only of persons who
            may still approve.
        comment: Of the person who returned it last; empty if nobody did.
        commented_by: That person, "RO/1 officer 4".
        override: The reason that was typed to send without a second person; None if none was.
        pending: Sent by override, and no second person has confirmed it yet.
    """

    id: str
    version: int
    state: DraftState
    author: int | None
    author_who: str
    editor_who: str
    type: str
    to: str
    title: str
    created_ms: int
    saved_ms: int
    frozen_ms: int | None = None
    mid: MessageId | None = None
    thread: MessageId | None = None
    digest: bytes | None = None
    files: tuple[DraftFile, ...] = ()
    needs: int = 0
    why: frozenset[Need] = frozenset()
    approvals: tuple[Approval, ...] = ()
    comment: str = ""
    commented_by: str = ""
    override: str | None = None
    pending: bool = False

    @property
    def is_editable(self) -> bool:
        """Whether its text and files may be changed."""
        return self.state in {DraftState.EDITING, DraftState.RETURNED}

    @property
    def until_ms(self) -> int | None:
        """Up to when the frozen bytes may be approved and sent."""
        return None if self.frozen_ms is None else self.frozen_ms + FROZEN_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDraft:
    """A draft with its text: JSON, UTF-8, as saved, maybe incomplete; the frozen one if frozen."""

    row: DraftRow
    document: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What is wrong with a draft, and what its addressee will ask for."""

    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalOptions:
    """What a page gives the browser to approve with a passkey.

    Attributes:
        challenge: 32 bytes: bound to the frozen bytes, for one try within ten minutes.
        credentials: Ids of the passkeys that this person has.
        digest: Of the frozen content, to be shown.
        until_ms: Up to when the frozen bytes count.
    """

    challenge: bytes
    credentials: tuple[bytes, ...]
    digest: bytes
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """What a browser returns from a passkey, decoded from base64url.

    Attributes:
        credential: Id of the passkey (`rawId`).
        authenticator_data: As signed.
        client_data: `clientDataJSON`, as signed.
        signature: Over both.
    """

    credential: bytes
    authenticator_data: bytes
    client_data: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """For which types a second person must approve, besides where one always must.

    Attributes:
        version: Rises with each change; what If-Match names.
        types: Every type, and whether one must.
    """

    version: int
    types: Mapping[str, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A passkey of a person: its id, and its public key as SubjectPublicKeyInfo (DER)."""

    credential: bytes
    spki: bytes


class Signatories(Protocol):
    """What is asked of the people of the desk; their store implements it."""

    async def exist(self) -> bool:
        """Tell whether any person exists on this node; if none, nobody must approve."""

    async def approves(self, person: int) -> bool:
        """Tell whether somebody may approve now: an approver, no program, not locked."""

    async def passkeys(self, person: int) -> tuple[Passkey, ...]:
        """Return a person's passkeys that count now."""

    async def password_is(self, person: int, password: str) -> bool:
        """Tell whether this is a person's break-glass password; slow on purpose."""


PartData: TypeAlias = bytes | AsyncIterator[bytes]
"""A part of a file: in memory, or as it comes."""


class DraftFiles(Protocol):
    """Files of drafts, in parts."""

    async def begin_file(
        self, draft: str, name: str, *, size_bytes: int, media_type: str, by: Caller
    ) -> DraftFile:
        """Announce a file; the same name and size again gives the file that is there."""

    async def put_part(
        self, draft: str, n: int, k: int, data: PartData, *, digest: bytes, by: Caller
    ) -> None:
        """Keep part `k` (from 0), sealed and durable; again or out of order is harmless.

        What comes in pieces is never held as a whole.

        Whoever announces, sends or removes a file has written the draft: they may not approve it.

        Raises DataError `digest_mismatch` if `digest` is not its SHA-256, StorageError `disk_full`.
        """

    async def parts(self, draft: str, n: int) -> tuple[int, ...]:
        """Return the parts that are held, to go on after an interruption."""

    async def complete(self, draft: str, n: int) -> bytes:
        """Return the SHA-256 of the whole file; DataError `incomplete` while parts are missing."""

    async def remove_file(self, draft: str, n: int, *, by: Caller) -> None:
        """Remove a file of a draft that can be edited."""


class SecondPersons(Protocol):
    """What second persons do, and when they must."""

    async def approval_options(
        self, draft: str, *, by: Caller, shown: bytes | None = None
    ) -> ApprovalOptions:
        """Begin an approval with a passkey; the challenge is bound to the frozen bytes.

        `shown` is the digest that the approver was shown: of other bytes than those that are
        frozen now it raises DataError `approval_stale`.
        """

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
        """Approve the frozen bytes, by a passkey or (weaker) the password; one of both is given.

        A passkey signs these bytes; who approves by password says by `shown` which they saw.

        Of a draft that was sent by override, this is the confirmation that was pending.

        Raises AccessDeniedError `own_draft`, `fresh_sign_in_needed`; DataError `approval_stale`.
        """

    async def give_back(
        self, draft: str, *, by: Caller, comment: str, shown: bytes | None = None
    ) -> DraftRow:
        """Return a submitted draft to its author with a comment, which must not be empty.

        `shown` as of `approval_options`.
        """

    async def override(
        self,
        draft: str,
        *,
        by: Caller,
        reason: str,
        request_key: str | None,
        version: int | None = None,
    ) -> Submitted:
        """Send a submitted emergency without a second person; approvers and supervisors hear."""

    async def policy(self) -> Policy:
        """Return the policy in force."""

    async def set_policy(self, changes: Mapping[str, bool], *, version: int, by: Caller) -> Policy:
        """Change it for some types, stated in the log; DataError `draft_changed` if outdated."""


class DeskDrafts(DraftFiles, SecondPersons, Protocol):
    """The drafts of the desk.

    Every method that takes a draft raises NoInputError if there is none of this id; those that
    change one raise DataError `not_allowed` in a state that does not allow it.
    """

    async def create(
        self, document: bytes, *, by: Caller, request_key: str | None = None
    ) -> DraftRow:
        """Begin a draft; `document` is a JSON object, maybe an empty one.

        The same key of the same person again gives the draft that it began.
        """

    async def list(self, viewer: Caller) -> tuple[DraftRow, ...]:
        """Return the drafts, newest change first; sent ones only while one is pending."""

    async def get(self, draft: str) -> HeldDraft:
        """Return one draft with its text."""

    async def returned(self, draft: str) -> bytes | None:
        """Return its text as it was when it was given back last, None if it never was."""

    async def save(self, draft: str, document: bytes, *, version: int, by: Caller) -> DraftRow:
        """Replace its text; DataError `draft_changed` if `version` is not the newest."""

    async def discard(self, draft: str, *, by: Caller) -> None:
        """Forget a draft with its files and its key; one that was sent stays."""

    async def check(self, draft: str) -> Checked:
        """Check its text as /checks does, with the directory's profiles."""

    async def submit(self, draft: str, *, by: Caller, version: int | None = None) -> DraftRow:
        """Freeze it: mid and content bytes are fixed for 24 hours; DocumentRefusedError if wrong.

        DataError `draft_changed` if `version` names another text, here and at `override`.
        Again while frozen gives the same frozen bytes; after 24 hours, new ones.
        """

    async def take_back(self, draft: str, *, by: Caller) -> DraftRow:
        """Make a submitted or approved draft editable again; what was approved counts no more."""

    async def send(self, draft: str, *, by: Caller, request_key: str | None) -> Submitted:
        """Seal and queue the frozen bytes, durable when it returns; again gives the same answer.

        Who approved must still be an approver. Raises AccessDeniedError `not_approved` (exit 77),
        DataError `approval_stale` after 24 hours.
        """
