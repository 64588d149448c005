"""The resources of the peer port, each one call of the service behind it.

Does: reads the head of a frame, has its position decided, and only then reads the bodies; takes
pieces of blobs with little of them in memory; keeps each peer within its share. Leaves to the
reception what is accepted, to gateway.peer.exchange how errors are told.

Source: docs/wire-format.md, rules 17, 18, 20, 24 and 25.
"""

from re import compile as pattern
from typing import Final, assert_never

from aiohttp.web import BaseRequest, Response

from gateway.peer.connection import plain
from gateway.peer.places import PlaceLimits, Turnstile
from gateway.peer.quota import Accounts, OverShareError, PeerAccount
from gateway.peer.reader import BodyReader, Pace
from gateway.peer.routes import TEXT_TYPE, Resource, Target
from gateway.peer.services import PeerServices
from keys.body import body_bytes
from protocol.delivery.admission import is_urgent, takes_piece
from protocol.delivery.urgency import Urgency
from protocol.envelope.header import Header
from protocol.errors import Code, MalformedError, RemoteProtocolError, UnknownSenderError
from protocol.frame import (
    MEDIA_TYPE,
    PREFIX_BYTES,
    FrameHead,
    FrameKind,
    decode_head,
    decode_prefix,
)
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.limits import MAX_FRAME_BYTES, MAX_HEAD_BYTES, MAX_REVOCATION_BYTES
from protocol.witness.request import MAX_ADD_BYTES

MAX_PIECE_BYTES: Final = 8 * 1024 * 1024
"""One PUT of a blob; what a kill at any byte may cost to send again."""

CHUNK_BYTES: Final = 64 * 1024
"""What of a piece is in memory at a time."""

_FRAMES: Final = {
    Resource.ENVELOPES: (FrameKind.ENVELOPES, MAX_FRAME_BYTES),
    Resource.RECEIPTS: (FrameKind.RECEIPTS, PREFIX_BYTES + MAX_HEAD_BYTES),
}
UNFINISHED_RETRY_MS: Final = 60_000
"""How long a peer waits whose attachments are begun and not finished in too great a number."""

WITNESS_FRAMES: Final = 10
"""A cosignature costs two verifications, a commit and a signature: as much as so many frames."""

REVOCATION_FRAMES: Final = 10
"""A revocation costs two verifications and a commit: as much as so many frames."""

_UNPROVEN_STATUS: Final = frozenset({400, 403, 422})
"""Answers to a request that proved nothing, or the contrary."""

_RANGE: Final = pattern(r"bytes (0|[1-9][0-9]{0,15})-(0|[1-9][0-9]{0,15})/([1-9][0-9]{0,15})\Z")


class Resources:
    """Serves the paths that exist, to peers that are known.

    Args:
        services: What it works with.
        accounts: The share of each peer.
        pace: How slow a body may come.
        places: What all peers together may use.
    """

    def __init__(
        self,
        services: PeerServices,
        *,
        accounts: Accounts,
        pace: Pace,
        places: PlaceLimits,
    ) -> None:
        self._services = services
        self._accounts = accounts
        self._pace = pace
        self._places = Turnstile(places, services.metrics)

    async def serve(
        self, peer: NodeId, target: Target, request: BaseRequest, length: int
    ) -> Response:
        """Answer one request.

        Args:
            peer: The node behind the TLS key.
            target: What the path names.
            request: Of a method that the target takes.
            length: What Content-Length says; 0 without a body.

        Returns:
            The answer, with its media type.

        Raises:
            RemoteProtocolError: Refused with a code, maybe before the body was read.
            GatewayError: A state of ours, or a body that did not come as announced.
        """
        if target.resource is Resource.BLOB:
            return await self._blob(peer, bytes.fromhex(target.words[0]), request, length)
        if target.resource in _FRAMES:
            return await self._frame(peer, target.resource, request, length)
        if target.resource is Resource.WITNESS:
            return await self._cosign(peer, request, length)
        if target.resource is Resource.REVOCATIONS:
            return await self._revocation(peer, request, length)
        return await self._look_up(peer, target)

    async def _look_up(self, peer: NodeId, target: Target) -> Response:
        await self._accounts.of(peer).pay(0, frames=1)
        reception = self._services.reception
        words = target.words
        if target.resource is Resource.KEYS:
            return _found(await reception.key_set())
        if target.resource in {Resource.LOG_EPOCH, Resource.SEALING_OF}:
            past = await reception.past(peer, MessageId.parse(words[0]) if words else None)
            return _absent() if past is None else _found(past)
        if target.resource is Resource.LOG_PROOF:
            return _found(await reception.log_proof(int(words[0]), int(words[1])))
        if target.resource is Resource.RECEIPTS_OF:
            return _found(await reception.receipts_for(peer, MessageId.parse(words[0])))
        if target.resource is Resource.DIRECTORY:
            held = self._services.mirror(words[0])
            return _absent() if held is None else _found(held)
        size = int(words[1]) if len(words) > 1 else None
        note = await reception.log_note(peer, LogOrigin.parse(words[0]), size)
        return _absent() if note is None else _found(note, TEXT_TYPE)

    async def _frame(
        self, peer: NodeId, resource: Resource, request: BaseRequest, length: int
    ) -> Response:
        if request.headers.get("Content-Type") != MEDIA_TYPE:
            return plain(415)
        kind, cap = _FRAMES[resource]
        account = self._accounts.of(peer)
        self._check_share(account, length, cap)
        await account.pay(length, frames=1)
        async with account.frames:
            reader = self._reader(request, length)
            head = await _head(kind, reader)
            async with self._places.place(lambda: _is_urgent(head)):
                self._check_writer(head)
                return await self._judged(peer, kind, head, reader)

    async def _judged(
        self, peer: NodeId, kind: FrameKind, head: FrameHead, reader: BodyReader
    ) -> Response:
        """Have the position decided from the head, then read the bodies and have them judged."""
        reception = self._services.reception
        frame = await reception.begin(peer, kind, head)
        bodies = [await reader.take(item.body_bytes) for item in head.envelopes]
        self._services.metrics.frames("in", reader.length)
        match kind:
            case FrameKind.ENVELOPES:
                return _found(await reception.envelopes(frame, bodies))
            case FrameKind.RECEIPTS:
                return _found(await reception.receipts(frame))
            case _:
                assert_never(kind)

    async def _blob(
        self, peer: NodeId, digest: bytes, request: BaseRequest, length: int
    ) -> Response:
        blobs = self._services.blobs
        account = self._accounts.of(peer)
        if request.method == "HEAD":
            await account.pay(0, frames=1)
            held = await blobs.offset(peer, digest)
            return _absent() if held is None else plain(200, media_type=MEDIA_TYPE, offset=held)
        first, total = _range(request, length)
        self._check_share(account, length, MAX_PIECE_BYTES, urgent=False)
        if total > body_bytes(self._services.max_blob_bytes):
            raise MalformedError("a blob above its limit", code=Code.SIZE)
        if not self._services.reception.takes_blob(peer, digest, total - first):
            raise RemoteProtocolError("the disk has no room for attachments", code=Code.STORE)
        await self._check_unfinished(peer, digest, length)
        await account.pay_piece(length, alone=self._accounts.is_alone(peer))
        async with account.blobs, self._places.place(lambda: False):
            reader = self._reader(request, length)
            async with blobs.taking(peer, digest, offset=first, total=total) as taking:
                while reader.left:
                    taking.write(await reader.take(min(reader.left, CHUNK_BYTES)))
        is_whole = taking.held == total
        self._services.reception.takes_blob(peer, digest, total - taking.held)
        return plain(201 if is_whole else 200, media_type=MEDIA_TYPE, offset=taking.held)

    async def _cosign(self, peer: NodeId, request: BaseRequest, length: int) -> Response:
        """Have a checkpoint cosigned; what proves nothing counts against the peer's share."""
        witness = self._services.witness
        if witness is None:
            return plain(404)
        account = self._accounts.of(peer)
        self._check_share(account, length, MAX_ADD_BYTES, urgent=False)
        await account.pay(length, frames=WITNESS_FRAMES)
        async with account.frames, self._places.place(lambda: False):
            body = await self._reader(request, length).take(length)
            answer = await witness.add_checkpoint(peer, body)
        if answer.status in _UNPROVEN_STATUS:
            account.unproven()
        return plain(answer.status, body=answer.body, media_type=answer.content_type)

    async def _revocation(self, peer: NodeId, request: BaseRequest, length: int) -> Response:
        """Take a revocation; one of a key that is not listed proves nothing either.

        Raises:
            UnknownSenderError: It is such a one.
        """
        revocations = self._services.revocations
        if revocations is None:
            return plain(404)
        if request.headers.get("Content-Type") != MEDIA_TYPE:
            return plain(415)
        account = self._accounts.of(peer)
        self._check_share(account, length, MAX_REVOCATION_BYTES)
        await account.pay(length, frames=REVOCATION_FRAMES)
        async with account.frames, self._places.place(lambda: False):
            body = await self._reader(request, length).take(length)
            try:
                return _found(await revocations.take(body, by=peer))
            except UnknownSenderError:
                account.unproven()
                raise

    def _reader(self, request: BaseRequest, length: int) -> BodyReader:
        return BodyReader(
            request.content, length=length, pace=self._pace, clock=self._services.clock
        )

    async def _check_unfinished(self, peer: NodeId, digest: bytes, length: int) -> None:
        """Refuse a piece of a peer that began too much and finished too little.

        Raises:
            OverShareError: It must finish one first (E_QUOTA).
        """
        held = await self._services.blobs.unfinished(peer, digest)
        if not takes_piece(held, length, self._accounts.of(peer).unfinished):
            self._services.metrics.put_off("attachments")
            raise OverShareError("too many attachments begun", retry_ms=UNFINISHED_RETRY_MS)

    def _check_writer(self, head: FrameHead) -> None:
        """Refuse a frame that is not urgent when the writer's queue is nearly full.

        Raises:
            RemoteProtocolError: E_BUSY.
        """
        reception = self._services.reception
        if reception.is_busy(urgent=False) and (
            reception.is_busy(urgent=True) or not _is_urgent(head)
        ):
            raise self._busy()

    def _busy(self) -> RemoteProtocolError:
        self._services.metrics.put_off("writer")
        return RemoteProtocolError("no new work now", code=Code.BUSY)

    def _check_share(
        self, account: PeerAccount, length: int, cap: int, *, urgent: bool = True
    ) -> None:
        """Refuse what is too large or comes at a bad time, before anything of it is read.

        Args:
            account: Of the peer.
            length: Of the body.
            cap: Longest body here.
            urgent: It may hold P0 or P1; of a frame its head will tell.

        Raises:
            MalformedError: Too long (E_SIZE).
            RemoteProtocolError: E_QUOTA or E_BUSY.
        """
        if length > cap:
            raise MalformedError("longer than this route takes", code=Code.SIZE)
        if account.is_muted():
            raise RemoteProtocolError("too many requests that prove nothing", code=Code.QUOTA)
        if self._services.reception.is_busy(urgent=urgent):
            raise self._busy()


async def _head(kind: FrameKind, reader: BodyReader) -> FrameHead:
    """Read the head of a frame; the bodies are still on their way.

    Raises:
        MalformedError: Not a frame, or of another length than its head says (E_FRAME).
    """
    if reader.length < PREFIX_BYTES:
        raise MalformedError("shorter than the beginning of a frame", code=Code.FRAME)
    head_bytes = decode_prefix(await reader.take(PREFIX_BYTES))
    if head_bytes > reader.left:
        raise MalformedError("a head longer than its frame", code=Code.FRAME)
    head = decode_head(kind, await reader.take(head_bytes))
    if head.frame_bytes(head_bytes) != reader.length:
        raise MalformedError("a frame of another length than its items", code=Code.FRAME)
    return head


def _is_urgent(head: FrameHead) -> bool:
    """Tell whether a frame is served from the share kept for P0 and P1.

    Receipts are, and frames without items: they are small, and what is urgent waits for them.
    """
    return not head.envelopes or is_urgent(_class_of(item.header) for item in head.envelopes)


def _class_of(header: bytes) -> Urgency:
    try:
        return Header.decode(header).cls
    except RemoteProtocolError:
        return Urgency.P3  # its own verdict will say what is wrong with it


def _found(body: bytes, media_type: str = MEDIA_TYPE) -> Response:
    return plain(200, body=body, media_type=media_type)


def _absent() -> Response:
    """Say that there is none: our media type tells it from a path that does not exist."""
    return plain(404, media_type=MEDIA_TYPE)


def _range(request: BaseRequest, length: int) -> tuple[int, int]:
    """Return first byte and whole length of a piece.

    Raises:
        MalformedError: No such header, or not that of this body (E_LENGTH).
    """
    match = _RANGE.match(request.headers.get("Content-Range", ""))
    if match is None:
        raise MalformedError("a piece names its range", code=Code.LENGTH)
    first, last, total = (int(word) for word in match.groups())
    if last - first + 1 != length or not length or last >= total:
        raise MalformedError("a range that is not that of its piece", code=Code.LENGTH)
    return first, total
