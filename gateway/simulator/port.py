"""The peer port of a simulated node: what the real one makes of a request, without HTTP.

Paths, shares of peers, order of checks and the telling of errors are the real ones; heads are
decided before bodies, as there. Source: docs/wire-format.md, rules 17, 18, 24 and 25.
"""

from dataclasses import dataclass
from typing import Final, assert_never

from gateway.errors import GatewayError
from gateway.peer.quota import Accounts, PeerLimits
from gateway.peer.refusal import STATUS_OF, UNPROVEN, code_of, told
from gateway.peer.routes import Resource, Target, allows, target_of
from gateway.ports import Blobs, Clock, Directory
from gateway.service.reception import Reception
from protocol.answer import encode_error
from protocol.errors import Code, MalformedError, RemoteProtocolError
from protocol.frame import PREFIX_BYTES, FrameKind, decode_head, decode_prefix
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.limits import MAX_FRAME_BYTES

_ABSENT: Final = 404
_NO_METHOD: Final = 405
_FOUND: Final = 200
_COMPLETE: Final = 201


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; `offset` and `total` are those of a piece of a blob."""

    method: str
    path: str
    body: bytes = b""
    offset: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer; `is_ours` is whether it has our media type."""

    status: int
    body: bytes = b""
    offset: int | None = None
    is_ours: bool = True


class PeerPort:
    """Answers requests of authenticated peers.

    Args:
        reception: What it works with.
        blobs: Attachments.
        directory: Who is a peer.
        clock: Time.
    """

    def __init__(
        self, *, reception: Reception, blobs: Blobs, directory: Directory, clock: Clock
    ) -> None:
        self._reception = reception
        self._blobs = blobs
        self._directory = directory
        self._clock = clock
        self._accounts = Accounts(PeerLimits(), clock)

    async def answer(self, peer: NodeId, request: Request) -> Reply:
        """Answer one request.

        Args:
            peer: The node behind the TLS key.
            request: What came.

        Raises:
            RemoteProtocolError: Never by rights: our bug, for the world to see.
            GatewayError: Likewise.
        """
        entry = self._directory.node(peer)
        if entry is None or entry not in self._directory.nodes():
            return self._refuse(peer, Code.PEER, None)
        self._reception.contact(peer)
        target = target_of(request.path)
        if target is None or not allows(target, request.method):
            return Reply(status=_ABSENT if target is None else _NO_METHOD, is_ours=False)
        try:
            return await self._serve(peer, target, request)
        except (RemoteProtocolError, GatewayError) as error:
            code = code_of(error)
            if code is None:
                raise
            return self._refuse(peer, code, error)

    def busy(self) -> Reply:
        """Put a request off without looking at it."""
        refusal = told(Code.BUSY, t_ms=self._clock.now_ms())
        return Reply(status=STATUS_OF[Code.BUSY], body=encode_error(refusal))

    async def _serve(self, peer: NodeId, target: Target, request: Request) -> Reply:
        match target.resource:
            case Resource.ENVELOPES:
                return await self._frame(peer, FrameKind.ENVELOPES, request.body)
            case Resource.RECEIPTS:
                return await self._frame(peer, FrameKind.RECEIPTS, request.body)
            case Resource.BLOB:
                return await self._blob(peer, bytes.fromhex(target.words[0]), request)
            case _:
                return await self._look_up(peer, target)

    async def _look_up(self, peer: NodeId, target: Target) -> Reply:
        words = target.words
        body: bytes | None
        await self._accounts.of(peer).pay(0, frames=1)
        match target.resource:
            case Resource.KEYS:
                body = await self._reception.key_set()
            case Resource.LOG_EPOCH | Resource.SEALING_OF:
                mid = MessageId.parse(words[0]) if words else None
                body = await self._reception.past(peer, mid)
            case Resource.LOG_PROOF:
                body = await self._reception.log_proof(int(words[0]), int(words[1]))
            case Resource.RECEIPTS_OF:
                body = await self._reception.receipts_for(peer, MessageId.parse(words[0]))
            case _:
                size = int(words[1]) if len(words) > 1 else None
                body = await self._reception.log_note(peer, LogOrigin.parse(words[0]), size)
        return Reply(status=_ABSENT) if body is None else Reply(status=_FOUND, body=body)

    async def _frame(self, peer: NodeId, kind: FrameKind, data: bytes) -> Reply:
        account = self._accounts.of(peer)
        self._check_share(peer, len(data))
        await account.pay(len(data), frames=1)
        async with account.frames:
            if len(data) < PREFIX_BYTES:
                raise MalformedError("shorter than the beginning of a frame", code=Code.FRAME)
            start = PREFIX_BYTES + decode_prefix(data[:PREFIX_BYTES])
            if start > len(data):
                raise MalformedError("a head longer than its frame", code=Code.FRAME)
            head = decode_head(kind, data[PREFIX_BYTES:start])
            if head.frame_bytes(start - PREFIX_BYTES) != len(data):
                raise MalformedError("a frame of another length", code=Code.FRAME)
            linked = await self._reception.begin(peer, kind, head)
            bodies = []
            for item in head.envelopes:
                bodies.append(data[start : start + item.body_bytes])
                start += item.body_bytes
            match kind:
                case FrameKind.ENVELOPES:
                    answered = await self._reception.envelopes(linked, bodies)
                case FrameKind.RECEIPTS:
                    answered = await self._reception.receipts(linked)
                case _:
                    assert_never(kind)
            return Reply(status=_FOUND, body=answered)

    async def _blob(self, peer: NodeId, digest: bytes, request: Request) -> Reply:
        account = self._accounts.of(peer)
        if request.method == "HEAD":
            await account.pay(0, frames=1)
            held = await self._blobs.offset(peer, digest)
            return Reply(status=_ABSENT) if held is None else Reply(status=_FOUND, offset=held)
        self._check_share(peer, len(request.body))
        missing = request.total - request.offset
        if not self._reception.takes_blob(peer, digest, missing):
            raise RemoteProtocolError("no room for attachments", code=Code.STORE)
        await account.pay_piece(len(request.body), alone=self._accounts.is_alone(peer))
        async with account.blobs:
            held = await self._blobs.put(
                peer, digest, offset=request.offset, total=request.total, piece=request.body
            )
        self._reception.takes_blob(peer, digest, request.total - held)
        status = _COMPLETE if held == request.total else _FOUND
        return Reply(status=status, offset=held)

    def _check_share(self, peer: NodeId, length: int) -> None:
        """Refuse what is too large or comes at a bad time.

        Raises:
            MalformedError: Too long (E_SIZE).
            RemoteProtocolError: E_QUOTA or E_BUSY.
        """
        if length > MAX_FRAME_BYTES:
            raise MalformedError("longer than this route takes", code=Code.SIZE)
        if self._accounts.of(peer).is_muted():
            raise RemoteProtocolError("too many requests that prove nothing", code=Code.QUOTA)
        if self._reception.is_busy():
            raise RemoteProtocolError("no new work now", code=Code.BUSY)

    def _refuse(self, peer: NodeId, code: Code, error: Exception | None) -> Reply:
        if code in UNPROVEN:
            self._accounts.of(peer).unproven()
        refusal = told(code, t_ms=self._clock.now_ms(), error=error)
        return Reply(status=STATUS_OF[code], body=encode_error(refusal))
