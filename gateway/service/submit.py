"""Seals a draft and queues it, with everything that is true from the same moment.

Envelope, statement, officer's act and, for an answer, the receipt that it implies are one
commit; only then the officer sees "queued" (docs/wire-format.md, rules 11 to 16 and 22).
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO, Final

from gateway.errors import DataError, NoInputError, StorageError, UnavailableError
from gateway.metrics import Metrics
from gateway.ports import Clock, Directory
from gateway.records import (
    Direction,
    DraftEnd,
    OutgoingReceipt,
    StateChange,
    Submission,
    Submitted,
)
from gateway.rows import (
    MessageRow,
)
from gateway.service.draft import Draft, Drafts
from gateway.service.guard import DiskGuard
from gateway.service.handover import handed_over
from gateway.service.keyring import Keyring
from gateway.service.receipting import Receipting
from gateway.service.summary import Summary
from gateway.store import Store
from keys.digest import Label, labelled, new_salt, sha256
from protocol.cases.ladder import MessageState, reached
from protocol.delivery.urgency import Urgency, urgency_of
from protocol.envelope.content import Content, encode_inner
from protocol.envelope.seal import Address, SealedEnvelope, seal
from protocol.errors import LocalProtocolError, MalformedError
from protocol.identifiers import NodeId
from protocol.limits import MAX_LIFE_MS
from protocol.log.statement import Act, Statement, envelope_sent, officer_act
from protocol.receipt import Stage
from protocol.requests.catalogue import grants_nothing, type_info
from protocol.requests.kinds import Direction as Side
from protocol.requests.wire import to_wire

_SENT_KEPT: Final = 256
"""Drafts whose sending is remembered: a caller that lost the answer asks again at once."""


_TOO_MUCH: Final = "the document does not fit into one envelope"
_AS_FILE: Final = "send long texts as an attachment"


class Submit:
    """Queues documents of this node's officers.

    Args:
        node: This node.
        drafts: What is being written.
        store: Where envelopes are queued.
        directory: The version that headers name.
        keyring: Recipient keys.
        receipting: Receipts that an answer implies.
        clock: Time.
        metrics: Counts what was queued.
        guard: Knows whether there is room for what is new.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        drafts: Drafts,
        store: Store,
        directory: Directory,
        keyring: Keyring,
        receipting: Receipting,
        clock: Clock,
        metrics: Metrics,
        guard: DiskGuard,
    ) -> None:
        self._node = node
        self._drafts = drafts
        self._store = store
        self._directory = directory
        self._keyring = keyring
        self._receipting = receipting
        self._clock = clock
        self._metrics = metrics
        self._guard = guard
        self._sent: OrderedDict[str, Submitted] = OrderedDict()

    @property
    def drafts(self) -> Drafts:
        """Checks and addresses documents."""
        return self._drafts

    @property
    def guard(self) -> DiskGuard:
        """Knows whether there is room for what is new."""
        return self._guard

    async def begin(self, document: bytes, *, file_sizes: Mapping[str, int]) -> Draft:
        """Check and address a document; see Drafts.begin.

        Raises:
            StorageError: The disk has no room for a document of its class.
        """
        draft = await self._drafts.begin(document, file_sizes=file_sizes)
        try:
            self._guard.check(_class_of(draft))
        except StorageError:
            self._drafts.forget(draft.id)
            raise
        return draft

    async def attach(self, draft_id: str, index: int, source: BinaryIO) -> None:
        """Seal one file of a draft; see Drafts.attach.

        Raises:
            StorageError: The disk has no room for a document of its class.
        """
        self._guard.check(_class_of(self._drafts.get(draft_id)))
        with self._guard.watched():
            await self._drafts.attach(draft_id, index, source)

    async def queue(
        self, document: bytes, *, request_key: str | None, who: str | None = None
    ) -> Submitted:
        """Check, seal and queue a document without attachments in one step.

        Args:
            document: JSON text, UTF-8, at most 1 MiB.
            who: The person, as "RO/1 officer 3"; the desk as a whole if not given.
            request_key: Names the caller's request: the same key twice queues once, also when
                the node was restarted in between.

        Returns:
            What was queued; durable.

        Raises:
            DocumentRefusedError: Some rule is broken.
            NoInputError: `in_reply_to` names no message of this node, or there are attachments.
            UnavailableError: No directory, no active node for `to`, or no key to seal under.
            DataError: The content does not fit into one envelope.
            StorageError: Nothing was queued.
        """
        earlier = None if request_key is None else await self._queued_under(request_key)
        if earlier is not None:
            # Asked again, the state of the case may not allow what it allowed the first time.
            return earlier
        draft = await self.begin(document, file_sizes={})
        return await self.send(draft.id, request_key=request_key, who=who)

    async def send(
        self, draft_id: str, *, request_key: str | None, who: str | None = None
    ) -> Submitted:
        """Seal and queue a draft.

        Args:
            draft_id: From `begin`.
            who: The person, as "RO/1 officer 3"; the desk as a whole if not given.
            request_key: Names the caller's request: the same key twice queues once.

        Returns:
            What was queued; durable.

        Raises:
            NoInputError: No such draft, or a file of it was not attached.
            UnavailableError: No directory, or no key to seal under.
            DataError: The content does not fit into one envelope.
            StorageError: Nothing was queued.
        """
        known = self._sent.get(draft_id)
        if known is not None:
            return replace(known, repeated=True)
        if request_key is not None and not self._drafts.holds(draft_id):
            # Forgotten with a restart. Who lost our answer would begin anew and send it twice.
            earlier = await self._queued_under(request_key)
            if earlier is not None:
                return earlier
        draft = self._drafts.get(draft_id)
        if len(draft.sealed) != len(draft.files):
            raise NoInputError(
                "an attachment of the document was not given", hint="attach every file, then send"
            )
        key = None if request_key is None else _stored_key(request_key)
        submitted = await self._queue(await self._submission(draft, key, who=who or self._desk))
        self._drafts.forget(draft_id)
        self._sent[draft_id] = submitted
        if len(self._sent) > _SENT_KEPT:
            self._sent.popitem(last=False)
        return submitted

    def check_room(self, draft: Draft) -> None:
        """Refuse a document that there is no room for.

        Raises:
            StorageError: The disk has none for a document of its class.
        """
        self._guard.check(_class_of(draft))

    def content_of(self, draft: Draft) -> bytes:
        """Return the canonical bytes of the content of a draft whose files are sealed.

        Raises:
            DataError: It does not fit into one envelope.
        """
        try:
            return self._content(draft).encode()
        except LocalProtocolError as error:
            raise DataError(_TOO_MUCH, hint=_AS_FILE) from error

    async def queue_frozen(
        self, draft: Draft, content: bytes, *, end: DraftEnd, key: bytes
    ) -> Submitted:
        """Seal and queue a content that was fixed before, and end its stored draft with it.

        Args:
            draft: As restored from it.
            content: The bytes that were fixed, and approved if that was needed.
            end: Names the stored draft.
            key: Names the sending: the same one twice queues once.

        Returns:
            What was queued; durable.

        Raises:
            UnavailableError: No directory, or no key to seal under.
            DataError: The stored draft was changed meanwhile.
            StorageError: Nothing was queued; or other bytes than those would be.
        """
        if self.content_of(draft) != content:
            raise StorageError("other bytes would be sent than those that were frozen")
        submission = await self._submission(draft, key, who=end.who, end=end)
        return await self._queue(submission)

    async def _queue(self, submission: Submission) -> Submitted:
        with self._guard.watched():
            submitted = await self._store.submit(submission, now_ms=self._clock.now_ms())
        if not submitted.repeated:
            self._metrics.submitted()
        return submitted

    async def _queued_under(self, request_key: str) -> Submitted | None:
        return await self._store.submitted(_stored_key(request_key))

    async def _submission(
        self, draft: Draft, key: bytes | None, *, who: str, end: DraftEnd | None = None
    ) -> Submission:
        content = self._content(draft)
        content_bytes = content.encode()
        inner = encode_inner(content_bytes)
        address = self._address(draft)
        envelope = await self._seal(inner, address)
        stated = (sha256(envelope.header), envelope_sent(envelope.header, envelope.wraps))
        return Submission(
            mid=draft.mid,
            thread=draft.thread,
            to=draft.to,
            re=content.re,
            cls=address.cls,
            t_ms=address.t_ms,
            exp_ms=address.exp_ms,
            header=envelope.header,
            wraps=envelope.wraps,
            body=envelope.body,
            content_key=envelope.content_key,
            statement=stated[1],
            inner=inner,
            summary=Summary.of(content).encode(),
            acts=self._acts(draft, content_bytes, who, end),
            receipts=await self._implied_receipts(draft),
            effects=_effects(draft),
            request_key=key,
            draft=end,
        )

    def _content(self, draft: Draft) -> Content:
        return Content(
            mid=draft.mid,
            sender=self._node,
            recipient=draft.to,
            t_ms=draft.t_ms,
            type=draft.document.type,
            thread=draft.thread,
            re=None if draft.replied is None else draft.replied.mid,
            body=to_wire(draft.document),
            files=tuple(draft.sealed[index].entry for index in range(len(draft.files))),
        )

    def _address(self, draft: Draft) -> Address:
        stamp = self._directory.stamp()
        if stamp is None:
            raise UnavailableError(
                "this node has no directory yet", hint="see why with: a35 doctor"
            )
        now_ms = self._clock.now_ms()
        until = draft.document.valid_until
        latest_ms = now_ms + MAX_LIFE_MS
        until_ms = latest_ms if until is None else _milliseconds(until)
        if until_ms <= now_ms:
            raise DataError("valid_until is past", hint="give a later time, or leave it out")
        return Address(
            mid=draft.mid,
            sender=self._node,
            recipient=draft.to,
            t_ms=now_ms,
            exp_ms=min(latest_ms, until_ms),
            cls=_class_of(draft),
            directory=stamp,
            blobs=tuple(draft.sealed[index].part for index in range(len(draft.files))),
        )

    async def _seal(self, inner: bytes, address: Address) -> SealedEnvelope:
        try:
            recipient = await self._keyring.recipient(address.recipient)
        except LocalProtocolError as error:
            raise UnavailableError(
                "the directory gives no key valid now for the addressee",
                hint="tell the directory authority; see a35 doctor",
            ) from error
        try:
            return seal(inner, address, [recipient])
        except (LocalProtocolError, MalformedError) as error:
            raise DataError(_TOO_MUCH, hint=_AS_FILE) from error

    @property
    def _desk(self) -> str:
        return f"{self._node} desk"

    def _acts(
        self, draft: Draft, content: bytes, who: str, end: DraftEnd | None
    ) -> tuple[Statement, ...]:
        subject, now_ms = labelled(Label.OFFICER, content), self._clock.now_ms()
        word, why = _word_of(end)
        act = Act(act=word, who=who, ref=draft.mid, subject=subject, why=why, t_ms=now_ms)
        replied = None if draft.replied is None else draft.replied.mid
        over = handed_over(draft.document, who=who, request=replied, subject=subject, t_ms=now_ms)
        return (officer_act(act.encode(), new_salt()), *over)

    async def _implied_receipts(self, draft: Draft) -> tuple[OutgoingReceipt, ...]:
        """An answer tells its addressee that a person has the request (rule 22)."""
        row = draft.replied
        if row is None or not _is_first_answer(draft, row):
            return ()
        stated = await self._store.statement(row.sender, row.mid)
        if stated is None:
            return ()
        declined = grants_nothing(draft.document)
        stage = Stage.DECLINED if declined else Stage.ACKNOWLEDGED
        return (self._receipting.outgoing(row.sender, row.mid, stated, stage=stage, cls=row.cls),)


def _word_of(end: DraftEnd | None) -> tuple[str, str]:
    """Return the act of sending, and its reason: who submitted a stored draft is stated before."""
    if end is None:
        return "submitted", ""
    return ("sent", "") if end.override is None else ("override", end.override)


def _class_of(draft: Draft) -> Urgency:
    return urgency_of(draft.document.urgency, draft.document.type)


def _is_first_answer(draft: Draft, row: MessageRow) -> bool:
    # What either side may send (a note, a reminder) says nothing of a person having the request.
    kind = type_info(draft.document.type)
    answers = kind is not None and kind.direction is Side.TO_REQUESTING
    return (
        row.direction is Direction.IN
        and answers
        and not reached(row.state, MessageState.ACKNOWLEDGED)
    )


def _effects(draft: Draft) -> tuple[StateChange, ...]:
    """Our own view of the request we answer rises with the answer."""
    row = draft.replied
    kind = type_info(draft.document.type)
    step = None if kind is None else kind.ladder_effect
    if row is None or row.direction is not Direction.IN or step is None:
        return ()
    return (StateChange(sender=row.sender, mid=row.mid, state=MessageState(step.value)),)


def _milliseconds(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp() * 1000)


def _stored_key(request_key: str) -> bytes:
    return labelled(Label.REQUEST_KEY, request_key.encode())
