"""Opens what was accepted and puts it into the duty inbox, or says why it cannot be read.

Runs after the receipt has left, so that no content can keep it from leaving. Whatever a crash
left unopened is found again at the next start. A message whose opening ended the process five
times is parked: its sender gets `rejected`, the operator an alarm (docs/wire-format.md, rules
19 and 22).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from gateway.metrics import Metrics
from gateway.ports import Clock
from gateway.records import Consignment, OutgoingReceipt, StateChange, Unopened
from gateway.service.contents import content_of, document_in
from gateway.service.guard import passing_over_full
from gateway.service.pinganswer import answered
from gateway.service.receipting import Receipting
from gateway.service.summary import Summary
from gateway.store import Store
from keys.digest import sha256
from keys.recipient import RecipientSecret
from protocol.cases.ladder import MessageState
from protocol.envelope.content import Content
from protocol.envelope.seal import Opened, open_envelope
from protocol.errors import RemoteProtocolError
from protocol.identifiers import MessageId, NodeId
from protocol.receipt import Stage, schema_why
from protocol.requests.catalogue import type_info
from protocol.requests.ping import check_network_form, is_network_type
from protocol.requests.wire import RefusedDocumentError

_AT_ONCE: Final = 64
_TOGETHER_BYTES: Final = 4 * 1024 * 1024
"""Sealed bodies that are opened for one commit: what of their contents is in memory at a time."""

_TURN: Final = 8
"""Openings after which others have their turn; they take some milliseconds."""

_OPENINGS: Final = 5
_PARKED: Final = "internal"
_ROOM_S: Final = 5.0
"""How long an opening waits for room before it is tried again."""


class Consign:
    """Opens accepted envelopes.

    Args:
        node: This node.
        store: Where they wait and where they go.
        receipting: Makes `consigned` and `rejected` receipts.
        clock: Time.
        secrets: Gives the content keys held now, by key id.
        alarm: Called with sender and message when one is parked.
        metrics: Counts what was opened, and how it ended.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        store: Store,
        receipting: Receipting,
        clock: Clock,
        secrets: Callable[[], Mapping[bytes, RecipientSecret]],
        alarm: Callable[[NodeId, MessageId], None],
        metrics: Metrics,
    ) -> None:
        self._node = node
        self._store = store
        self._receipting = receipting
        self._clock = clock
        self._secrets = secrets
        self._alarm = alarm
        self._metrics = metrics
        self._wake = asyncio.Event()
        self._begun: dict[tuple[NodeId, MessageId], int] = {}

    def wake(self) -> None:
        """Say that something was accepted, or that what was missing to open it is there."""
        self._wake.set()

    async def run(self) -> None:
        """Open until cancelled; one owner awaits it."""
        while True:
            self._wake.clear()
            while await self.open_some():
                pass
            await self._wait()

    async def _wait(self) -> None:
        """Wait for something to open; not for ever if something waits for room on the disk."""
        try:
            async with asyncio.timeout(_ROOM_S if self._begun else None):
                await self._wake.wait()
        except TimeoutError:
            return

    async def open_some(self) -> int:
        """Open up to 64 envelopes, most urgent first.

        Returns:
            How many were dealt with; none while there is no directory for receipts to rest on,
            or while the disk is full.

        Raises:
            StorageError: The store failed; they are found again.
        """
        if not self._receipting.is_ready():
            return 0
        waiting = await self._store.unopened(_AT_ONCE)
        return sum([await self._try(batch) for batch in _batches(waiting)])

    async def _try(self, batch: Sequence[Unopened]) -> int:
        """Open some; on a full disk they wait, and the openings counted stay as they are."""
        names = [(item.sender, item.mid) for item in batch]
        with passing_over_full():
            await self._consign(batch)
            for name in names:
                self._begun.pop(name, None)
            return len(batch)
        for name in names:
            self._begun.setdefault(name, 0)
        return 0

    async def _begin(self, batch: Sequence[Unopened]) -> None:
        """Count an opening, once for each start: room that is missing is no fault of a message.

        That of a message that was accepted since the start was counted with it.
        """
        for item in batch:
            if item.is_counted:
                self._begun[item.sender, item.mid] = item.attempts
        names = [(item.sender, item.mid) for item in batch]
        fresh = [name for name in names if not self._begun.get(name)]
        if fresh:
            counts = await self._store.begin_openings(fresh)
            self._begun.update(zip(fresh, counts, strict=True))

    async def _consign(self, batch: Sequence[Unopened]) -> None:
        """Open some and commit what became of them as one: a fsync and a signature for all."""
        await self._begin(batch)
        done = []
        for number, item in enumerate(batch, 1):
            done.append(await self._opened(item))
            if number % _TURN == 0:
                await self._clock.sleep(0)  # peers that call in between are not kept waiting
        await self._store.consign(*done, now_ms=self._clock.now_ms())
        for consignment in done:
            is_parked = consignment.why == _PARKED
            self._metrics.opened("parked" if is_parked else consignment.state.value)

    async def _opened(self, item: Unopened) -> Consignment:
        if self._begun[item.sender, item.mid] > _OPENINGS:
            self._alarm(item.sender, item.mid)
            return self._rejected(item, _PARKED, None)
        return await self._open(item)

    async def _open(self, item: Unopened) -> Consignment:
        opened: Opened | None = None
        try:
            opened = open_envelope(item.header, item.wraps, item.body, self._secrets())
            _check_form(opened.content)
        except RefusedDocumentError as error:
            return self._rejected(item, schema_why(error.path), opened)
        except RemoteProtocolError as error:
            return self._rejected(item, error.code.value, opened)
        content = opened.content
        return Consignment(
            sender=item.sender,
            mid=item.mid,
            thread=content.thread,
            re=content.re,
            inner=opened.inner,
            summary=Summary.of(content).encode(),
            content_key=opened.content_key,
            state=MessageState.CONSIGNED,
            why=None,
            receipt=self._receipt(item, Stage.CONSIGNED, None),
            effects=await self._effects(content),
        )

    async def _effects(self, content: Content) -> tuple[StateChange, ...]:
        """An answer lifts the message of ours that it answers, if it is the addressee's."""
        re = content.re
        asked = None if re is None else await self._store.stated(re)
        if re is None or asked is None or asked.to != content.sender:
            return ()
        state = await self._lifted(re, content)
        if state is None:
            return ()
        return (StateChange(sender=self._node, mid=re, state=state),)

    async def _lifted(self, re: MessageId, content: Content) -> MessageState | None:
        """Return how far a content lifts the message of ours that it answers."""
        if is_network_type(content.type):
            inner = await self._store.inner(self._node, re)
            if inner is None:
                return None
            return None if answered(content_of(inner), content) is None else MessageState.ANSWERED
        info = type_info(content.type)
        step = None if info is None else info.ladder_effect
        return None if step is None else MessageState(step.value)

    def _rejected(self, item: Unopened, why: str, opened: Opened | None) -> Consignment:
        content = None if opened is None else opened.content
        return Consignment(
            sender=item.sender,
            mid=item.mid,
            thread=None if content is None else content.thread,
            re=None if content is None else content.re,
            inner=None if opened is None else opened.inner,
            summary=None if content is None else Summary.of(content).encode(),
            content_key=None if opened is None else opened.content_key,
            state=MessageState.REJECTED,
            why=why,
            receipt=self._receipt(item, Stage.REJECTED, why),
        )

    def _receipt(self, item: Unopened, stage: Stage, why: str | None) -> OutgoingReceipt:
        return self._receipting.outgoing(
            item.sender,
            item.mid,
            (sha256(item.header), item.statement_digest),
            stage=stage,
            cls=item.cls,
            why=why,
        )


def _batches(waiting: Sequence[Unopened]) -> list[list[Unopened]]:
    """Return what is opened together; what was begun before and not ended may end us: alone."""
    batches: list[list[Unopened]] = []
    room = 0
    for item in waiting:
        size = len(item.body)
        alone = item.attempts > 1
        if alone or size > room:
            batches.append([])
            room = _TOGETHER_BYTES
        batches[-1].append(item)
        room = 0 if alone else room - size
    return batches


def _check_form(content: Content) -> None:
    """Hold an opened content against the form of its type.

    Raises:
        RefusedDocumentError: It is not of that form.
    """
    if is_network_type(content.type):
        check_network_form(
            content.type,
            content.body,
            is_reply=content.re is not None,
            has_files=bool(content.files),
        )
        return
    document_in(content)
