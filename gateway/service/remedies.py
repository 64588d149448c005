"""Does what a refusal asks for: fresh keys, missing attachments, a newer directory.

None of it ends a message. What cannot be mended here waits, and people are told
(docs/wire-format.md, rule 25).
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from gateway.errors import GatewayError, TransportError
from gateway.pieces import SealedFile
from gateway.ports import Blobs, Clock, Directory, Transport
from gateway.records import ClaimedItem, OutboxKind
from gateway.service.currency import any_class
from gateway.service.deferrals import Refusal
from gateway.service.keyring import Keyring
from gateway.service.refusals import coded
from gateway.store import Store
from protocol.answer import ErrorAnswer, Refused
from protocol.delivery.outcome import Remedy, remedy_for
from protocol.delivery.pace import FIRST_PIECE_BYTES, LEAST_PIECE_BYTES, next_piece, piece_bytes
from protocol.delivery.urgency import Urgency
from protocol.envelope.header import Header, Part
from protocol.envelope.seal import check_wraps, seal_again
from protocol.errors import Code, LocalProtocolError, RemoteProtocolError
from protocol.identifiers import NodeId
from protocol.log.statement import envelope_sent

_HTTP_OK_BELOW: Final = 300
_REMEMBERED: Final = 4096
"""Blobs known to be there; one that is forgotten costs a question."""


class Remedies:
    """What the sender does about refusals.

    Args:
        node: This node, whose blobs are sent.
        store: Takes new wraps and gives content keys.
        blobs: Sealed attachments.
        transport: The wire.
        directory: Refreshed when one side's copy is old.
        keyring: Fetches key sets.
        clock: Time.
        carries: Tells whether our directory is young enough for an envelope of a class.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        store: Store,
        blobs: Blobs,
        transport: Transport,
        directory: Directory,
        keyring: Keyring,
        clock: Clock,
        carries: Callable[[Urgency], bool] = any_class,
    ) -> None:
        self._node = node
        self._carries = carries
        self._store = store
        self._blobs = blobs
        self._transport = transport
        self._directory = directory
        self._keyring = keyring
        self._clock = clock
        self._sent: OrderedDict[tuple[NodeId, bytes], None] = OrderedDict()

    def in_turn(
        self, node: NodeId, items: Sequence[ClaimedItem]
    ) -> tuple[tuple[ClaimedItem, ...], ...]:
        """Part what may go now from what has attachments to send first, the more urgent before.

        Who has no attachment to wait for does not wait for that of another message.

        Args:
            node: The peer.
            items: What was claimed.

        Returns:
            First what may go now, which may be nothing; then a group for each class.
        """
        laden = {item.item: item.cls for item in items if self._is_laden(node, item)}
        order = (None, *sorted(set(laden.values())))
        return tuple(tuple(item for item in items if laden.get(item.item) == cls) for cls in order)

    def is_quick(self, node: NodeId, items: Sequence[ClaimedItem]) -> bool:
        """Tell whether what the peer may lack of attachments is together no longer than a piece.

        Args:
            node: The peer.
            items: About to be sent.
        """
        parts = {
            part.digest: part.size_bytes
            for item in items
            for part in Header.decode(item.header).blobs
        }
        lacking = sum(size for digest, size in parts.items() if (node, digest) not in self._sent)
        return lacking < FIRST_PIECE_BYTES + LEAST_PIECE_BYTES

    async def send_parts(
        self, node: NodeId, items: Sequence[ClaimedItem], *, held: Sequence[ClaimedItem]
    ) -> tuple[Refusal, ...]:
        """Send the attachments of envelopes, so far as the peer does not hold them.

        What our directory is too old for does not go (rule 31).

        Args:
            node: The peer.
            items: What is about to be sent.
            held: All that is leased meanwhile, these among them.

        Returns:
            The envelopes that cannot go now; the others may.

        Raises:
            TransportError: The peer was not reached.
        """
        refusals = []
        for item in items:
            if item.kind is not OutboxKind.ENVELOPE:
                continue
            if not self._carries(item.cls):
                refusals.append(Refusal(item=item, code=Code.DIR_STALE))
                continue
            refusal = await self._send_parts_of(node, item, held)
            if refusal is not None:
                refusals.append(refusal)
        return tuple(refusals)

    async def wrap_again(self, node: NodeId, items: Sequence[ClaimedItem]) -> frozenset[int]:
        """Wrap the same content keys under the peer's fresh key set; the store counts how often.

        Args:
            node: The peer.
            items: Leased envelopes that it refused with E_KEM_EXPIRED.

        Returns:
            The items that were wrapped again; the others wait, those that were wrapped three
            times in a day among them.

        Raises:
            StorageError: The new wraps were not committed.
        """
        if not items:
            return frozenset()
        for item in items:
            self._keyring.gone(check_wraps(item.wraps))
        try:
            await self._keyring.fetch(node)
            recipient = await self._keyring.recipient(node)
        except (TransportError, RemoteProtocolError, LocalProtocolError):
            return frozenset()  # the next refusal tries again
        done = set()
        for item in items:
            content_key = await self._store.content_key(self._node, item.mid)
            if content_key is None:
                continue
            wraps = seal_again(item.header, content_key, [recipient])
            statement = envelope_sent(item.header, wraps)
            now_ms = self._clock.now_ms()
            if await self._store.rewrap(item, wraps, statement, now_ms=now_ms):
                done.add(item.item)
        return frozenset(done)

    async def apply(self, node: NodeId, refused: Sequence[Refused]) -> None:
        """Do what the refusals of single items ask for, besides new wraps.

        Args:
            node: The peer.
            refused: What it said.
        """
        for said in refused:
            for digest in said.blobs:
                self._sent.pop((node, digest), None)
        if any(remedy_for(said.code) is Remedy.REFRESH_DIRECTORY for said in refused):
            await self._directory.refresh()

    async def frame_refused(self, error: ErrorAnswer) -> None:
        """Do what the refusal of a whole frame asks for.

        Args:
            error: The peer's answer.
        """
        if remedy_for(error.code) is Remedy.REFRESH_DIRECTORY:
            await self._directory.refresh()

    def _is_laden(self, node: NodeId, item: ClaimedItem) -> bool:
        """Tell whether the peer may lack an attachment of it."""
        if item.kind is not OutboxKind.ENVELOPE or not self._carries(item.cls):
            return False
        parts = Header.decode(item.header).blobs
        return any((node, part.digest) not in self._sent for part in parts)

    async def _send_parts_of(
        self, node: NodeId, item: ClaimedItem, held: Sequence[ClaimedItem]
    ) -> Refusal | None:
        for part in Header.decode(item.header).blobs:
            if (node, part.digest) in self._sent:
                continue
            error = await self._send_blob(node, part, held)
            if error is not None:
                return Refusal(item=item, code=error.code, retry_ms=error.retry_ms)
            self._sent[node, part.digest] = None
            if len(self._sent) > _REMEMBERED:
                self._sent.popitem(last=False)
        return None

    async def _send_blob(
        self, node: NodeId, part: Part, held: Sequence[ClaimedItem]
    ) -> ErrorAnswer | None:
        """Send what the peer lacks of a blob, keeping the leases of what waits for it.

        Returns:
            The peer's refusal, None when it holds the whole.

        Raises:
            GatewayError: The peer was not reached.
        """
        offset = await self._transport.blob_offset(node, part.digest)
        if offset >= part.size_bytes:
            return None
        try:
            file = self._blobs.reading(self._node, part.digest)
        except GatewayError:
            return self._lost()
        try:
            return await self._send_from(node, part, (file, offset), held)
        except GatewayError:
            if not file.is_broken:
                raise
            return self._lost()  # our own copy cannot be read: the others of the lane go on
        finally:
            file.close()

    async def _send_from(
        self,
        node: NodeId,
        part: Part,
        rest: tuple[SealedFile, int],
        held: Sequence[ClaimedItem],
    ) -> ErrorAnswer | None:
        """Send a blob from an offset on; returns as `_send_blob`.

        Raises:
            TransportError: The peer was not reached, or our copy cannot be read.
        """
        file, offset = rest
        most = FIRST_PIECE_BYTES
        while offset < part.size_bytes:
            piece = file.piece(offset, piece_bytes(part.size_bytes - offset, most))
            began_s = self._clock.monotonic_s()
            await self._store.extend(held)
            status, body = await self._transport.put_blob(
                node, part.digest, offset=offset, total=part.size_bytes, piece=piece
            )
            if status >= _HTTP_OK_BELOW:
                return coded(status, body)
            offset += piece.size_bytes
            most = next_piece(piece.size_bytes, self._clock.monotonic_s() - began_s)
        return None

    def _lost(self) -> ErrorAnswer:
        now_ms = self._clock.now_ms()
        return ErrorAnswer(code=Code.BLOBS, mid=None, t_ms=now_ms, retry_ms=None, size=None)
