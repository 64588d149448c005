"""Does what a refusal asks for: fresh keys, missing attachments, a newer directory.

None of it ends a message. What cannot be mended here waits, and people are told
(docs/wire-format.md, rule 25).
"""

from collections.abc import Callable, Sequence
from typing import Final, assert_never

from gateway.errors import TransportError
from gateway.ports import Blobs, Clock, Directory, Store, Transport
from gateway.records import ClaimedItem, OutboxKind
from gateway.service.keyring import Keyring
from protocol.answer import ErrorAnswer, Refused
from protocol.delivery.outcome import Remedy, remedy_for
from protocol.envelope.header import Header, Part
from protocol.envelope.seal import seal_again
from protocol.errors import Code, LocalProtocolError, RemoteProtocolError
from protocol.identifiers import NodeId
from protocol.log.statement import envelope_sent

_PIECE_BYTES: Final = 1024 * 1024
_WRAPS_A_DAY: Final = 3
_SENT_KEPT: Final = 10_000
_DAY_MS: Final = 24 * 60 * 60 * 1000
_HTTP_OK_BELOW: Final = 300


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
        alarm: Called with the peer and the code of what people must hear of.
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
        alarm: Callable[[NodeId, Code], None],
    ) -> None:
        self._node = node
        self._store = store
        self._blobs = blobs
        self._transport = transport
        self._directory = directory
        self._keyring = keyring
        self._clock = clock
        self._alarm = alarm
        self._sent: set[tuple[NodeId, bytes]] = set()
        self._wrapped: dict[int, list[int]] = {}

    async def send_parts_of(self, node: NodeId, items: Sequence[ClaimedItem]) -> None:
        """Send the attachments of these envelopes, so far as the peer does not hold them.

        Args:
            node: The peer.
            items: Envelopes about to be sent.

        Raises:
            TransportError: A piece was not taken; nothing else was sent.
        """
        for item in items:
            if item.kind is OutboxKind.ENVELOPE:
                for part in Header.decode(item.header).blobs:
                    if (node, part.digest) not in self._sent:
                        await self._send_blob(node, part)
                        self._remember(node, part.digest)

    async def apply(self, node: NodeId, refused: Sequence[tuple[ClaimedItem, Refused]]) -> None:
        """Do what the refusals of single items ask for.

        Args:
            node: The peer.
            refused: Items with their refusals.
        """
        remedies = {remedy_for(said.code) for _, said in refused}
        if Remedy.WRAP_AGAIN in remedies:
            await self._wrap_again(
                node, [item for item, said in refused if said.code is Code.KEM_EXPIRED]
            )
        if Remedy.REFRESH_DIRECTORY in remedies:
            await self._directory.refresh()
        for _, said in refused:
            for digest in said.blobs:
                self._sent.discard((node, digest))
            self._tell(node, said.code)

    async def frame_refused(self, node: NodeId, error: ErrorAnswer) -> None:
        """Do what the refusal of a whole frame asks for.

        Args:
            node: The peer.
            error: Its answer.
        """
        if remedy_for(error.code) is Remedy.REFRESH_DIRECTORY:
            await self._directory.refresh()
        self._tell(node, error.code)

    def _remember(self, node: NodeId, digest: bytes) -> None:
        """Spare the question whether the peer holds a blob; forgetting costs that question."""
        if len(self._sent) >= _SENT_KEPT:
            self._sent.clear()
        self._sent.add((node, digest))

    def _tell(self, node: NodeId, code: Code) -> None:
        remedy = remedy_for(code)
        match remedy:
            case Remedy.STUCK | Remedy.FREEZE | Remedy.MEND_CLOCK:
                self._alarm(node, code)
            case (
                Remedy.REPOSITION
                | Remedy.REFRESH_DIRECTORY
                | Remedy.WRAP_AGAIN
                | Remedy.SEND_PARTS
                | Remedy.WAIT
            ):
                return
            case _:
                assert_never(remedy)

    async def _send_blob(self, node: NodeId, part: Part) -> None:
        offset = await self._transport.blob_offset(node, part.digest)
        if offset >= part.size_bytes:
            return
        async for piece in self._blobs.read(
            self._node, part.digest, offset=offset, piece_bytes=_PIECE_BYTES
        ):
            status, _ = await self._transport.put_blob(
                node, part.digest, offset=offset, total=part.size_bytes, piece=piece
            )
            if status >= _HTTP_OK_BELOW:
                raise TransportError("the peer did not take a piece", code="blob_refused")
            offset += len(piece)

    async def _wrap_again(self, node: NodeId, items: Sequence[ClaimedItem]) -> None:
        """Wrap the same content keys under the peer's fresh key set; three times a day at most."""
        try:
            await self._keyring.fetch(node)
            recipient = await self._keyring.recipient(node)
        except (TransportError, RemoteProtocolError, LocalProtocolError):
            return  # the item stays queued; the next refusal tries again
        now_ms = self._clock.now_ms()
        for item in items:
            recent = [at for at in self._wrapped.get(item.item, []) if now_ms - at < _DAY_MS]
            content_key = await self._store.content_key(self._node, item.mid)
            if len(recent) >= _WRAPS_A_DAY or content_key is None:
                self._alarm(node, Code.KEM_EXPIRED)
                continue
            wraps = seal_again(item.header, content_key, [recipient])
            self._wrapped[item.item] = [*recent, now_ms]
            await self._store.rewrap(item, wraps, envelope_sent(item.header, wraps))
