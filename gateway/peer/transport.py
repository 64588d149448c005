"""Calls other nodes: implements gateway.ports.Transport over mutual TLS pinned by the directory.

Does: one session with kept-alive connections; the node's endpoints as
protocol.delivery.endpoints orders them, for an emergency side by side; answers read with a cap
and believed to be ours only by their media type. Leaves to delivery when to try again, and to
the services what an answer says.

Rules kept: no redirect, no proxy of the environment, no cookie, no decompression, nothing sent
before the pin was checked, no text of the other side in an error.

Source: docs/wire-format.md, rules 25 to 27.
"""

from asyncio import CancelledError, timeout
from collections.abc import Sequence
from functools import partial
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from yarl import URL

from gateway.errors import TransportError
from gateway.journal import Journal, Seldom
from gateway.metrics import Metrics
from gateway.peer.calling import (
    DONE,
    Call,
    CallLimits,
    PinnedRequest,
    Reply,
    failure,
    read,
)
from gateway.peer.racing import race
from gateway.peer.routes import (
    BLOB_PATH,
    OFFSET_HEADER,
    REVOCATION_PATH,
    TEXT_TYPE,
    WITNESS_PATH,
)
from gateway.peer.tls import NodeContext, client_context, require_native_parser
from gateway.pieces import Piece
from gateway.ports import Clock, Directory, Route
from keys.certificate import TlsIdentity
from protocol.delivery.endpoints import Endpoints, answered, failed, plan
from protocol.directory import NodeEntry, spki_digests
from protocol.identifiers import NodeId
from protocol.limits import MAX_ANSWER_BYTES, MAX_ERROR_BYTES, MAX_INDEX, MAX_NOTE_BYTES
from protocol.revoking import MAX_REVOCATION_ANSWER_BYTES
from protocol.witness.answer import RawAnswer

_ABSENT: Final = 404
_SKIPPED: Final = frozenset({"Accept", "Accept-Encoding", "User-Agent"})


class HttpTransport:
    """One session to all nodes.

    Args:
        identity: This node's certificate and key.
        directory: Endpoints, certificates and pins, asked for each request.
        clock: Time.
        metrics: Counters.
        journal: For the operator.
        limits: Time and numbers.
    """

    def __init__(
        self,
        identity: TlsIdentity,
        directory: Directory,
        *,
        clock: Clock,
        metrics: Metrics,
        journal: Journal,
        limits: CallLimits | None = None,
    ) -> None:
        self._identity = identity
        self._directory = directory
        self._clock = clock
        self._metrics = metrics
        self._journal = journal
        self._limits = limits or CallLimits()
        self._seldom = Seldom(clock.monotonic_s)
        self._session: ClientSession | None = None
        self._contexts: dict[NodeId, tuple[NodeEntry, NodeContext]] = {}
        self._endpoints: dict[NodeId, Endpoints] = {}

    async def start(self) -> None:
        """Make the session; connects to nobody yet.

        Raises:
            ConfigError: aiohttp lacks its compiled parser.
        """
        require_native_parser()
        limits = self._limits
        self._session = ClientSession(
            connector=TCPConnector(
                limit=0,
                limit_per_host=limits.connections,
                keepalive_timeout=limits.keepalive_s,
            ),
            request_class=PinnedRequest,
            cookie_jar=DummyCookieJar(),
            skip_auto_headers=_SKIPPED,
            timeout=ClientTimeout(
                total=None,
                connect=limits.connect_s,
                sock_connect=limits.connect_s,
                sock_read=limits.read_s,
            ),
            auto_decompress=False,
            trust_env=False,
            max_line_size=limits.line_bytes,
            max_field_size=limits.line_bytes,
            max_headers=limits.headers,
        )

    def show(self, identity: TlsIdentity) -> None:
        """Show another certificate, on connections from now on; open ones are not used again.

        Args:
            identity: Certificate and key.
        """
        self._identity = identity
        self._contexts.clear()

    async def close(self) -> None:
        """Close every connection; calls under way fail."""
        if self._session is not None:
            await self._session.close()
        self._session = None

    async def send(
        self, node: NodeId, route: Route, buffers: Sequence[bytes], *, urgent: bool = False
    ) -> tuple[int, bytes]:
        """POST one frame.

        Args:
            node: The receiver.
            route: Which frames.
            buffers: The frame, to be sent in order.
            urgent: It carries a P0: the endpoints do not wait for one another to fail.

        Returns:
            HTTP status and body: an answer or a coded error, neither read yet.

        Raises:
            TransportError: Not reached, or what answered is not ours; `sent` says whether the
                frame may have been processed all the same.
        """
        call = Call(method="POST", path=route, body=buffers, max_bytes=MAX_ANSWER_BYTES)
        reply = await self._call(node, call, urgent=urgent)
        self._metrics.frames("out", call.size_bytes())
        return reply.status, reply.body

    async def get(self, node: NodeId, path: str, *, max_bytes: int) -> tuple[int, bytes]:
        """GET a resource.

        Args:
            node: Who has it.
            path: Path and query, already in the form that the peer's table takes.
            max_bytes: Longest answer.

        Returns:
            HTTP status and body; 404 with an empty body if the node says that there is none.

        Raises:
            TransportError: As for `send`.
        """
        reply = await self._call(node, Call(method="GET", path=path, max_bytes=max_bytes))
        return reply.status, reply.body

    async def blob_offset(self, node: NodeId, digest: bytes) -> int:
        """Ask how much of a blob a node holds durably.

        Args:
            node: The receiver.
            digest: Names the blob; 32 bytes.

        Returns:
            Bytes; 0 if none.

        Raises:
            TransportError: As for `send`, or the node refused to say.
        """
        path = BLOB_PATH + digest.hex()
        reply = await self._call(node, Call(method="HEAD", path=path, max_bytes=0))
        if reply.status == _ABSENT:
            return 0
        text = reply.headers.get(OFFSET_HEADER, "")
        if reply.status not in DONE or not (text.isascii() and text.isdigit()):
            raise TransportError("the node did not say what it holds", code="refused", sent=True)
        return min(int(text), MAX_INDEX)

    async def put_blob(
        self, node: NodeId, digest: bytes, *, offset: int, total: int, piece: Piece
    ) -> tuple[int, bytes]:
        """PUT one piece of a blob.

        Args:
            node: The receiver.
            digest: Names the blob; 32 bytes.
            offset: Where the piece begins.
            total: Length of the whole blob.
            piece: At most 8 MiB, not empty; read while it is sent.

        Returns:
            200 (taken) or 201 (complete) with an empty body, or a coded error.

        Raises:
            TransportError: As for `send`.
        """
        call = Call(
            method="PUT",
            path=BLOB_PATH + digest.hex(),
            body=piece,
            media_type="application/octet-stream",
            content_range=f"bytes {offset}-{offset + piece.size_bytes - 1}/{total}",
            max_bytes=MAX_ERROR_BYTES,
        )
        reply = await self._call(node, call)
        return reply.status, reply.body

    async def add_checkpoint(self, node: NodeId, body: bytes) -> RawAnswer:
        """Ask a node to cosign a checkpoint.

        Args:
            node: The witness.
            body: Of C2SP tlog-witness, `add-checkpoint`.

        Returns:
            The answer, not read yet.

        Raises:
            TransportError: As for `send`.
        """
        call = Call(
            method="POST",
            path=WITNESS_PATH,
            body=(body,),
            media_type=TEXT_TYPE,
            max_bytes=MAX_NOTE_BYTES,
        )
        reply = await self._call(node, call)
        content_type = reply.headers.get("Content-Type")
        return RawAnswer(status=reply.status, content_type=content_type, body=reply.body)

    async def tell_revocation(self, node: NodeId, body: bytes) -> tuple[int, bytes]:
        """POST a revocation.

        Args:
            node: Who is told.
            body: Of docs/wire-format.md, rule 32.

        Returns:
            HTTP status and body: an answer or a coded error, neither read yet.

        Raises:
            TransportError: As for `send`.
        """
        cap = MAX_REVOCATION_ANSWER_BYTES
        call = Call(method="POST", path=REVOCATION_PATH, body=(body,), max_bytes=cap)
        reply = await self._call(node, call)
        return reply.status, reply.body

    async def _call(self, node: NodeId, call: Call, *, urgent: bool = False) -> Reply:
        """Try the node's endpoints until one was reached.

        Raises:
            TransportError: The last one's failure; at once if the request may have got through,
                unless it is urgent: then the others may still answer.
        """
        entry = self._directory.node(node)
        if entry is None:
            raise TransportError("the directory names no such node", code="unknown_node")
        context = self._context(node, entry)
        held = self._endpoints.get(node, Endpoints())
        tries = plan(held, entry.endpoints, now_s=self._clock.monotonic_s(), urgent=urgent)
        missed = TransportError("the node has no endpoint", code="unreachable")
        if urgent and len(tries) > 1:
            attempts = [
                (one.after_s or 0.0, partial(self._attempt_at, node, one.endpoint, context, call))
                for one in tries
            ]
            return await race(attempts, clock=self._clock)
        for one in tries:
            try:
                return await self._attempt_at(node, one.endpoint, context, call)
            except TransportError as error:
                missed = error
                if error.sent:
                    break
        try:
            raise missed
        finally:
            del missed  # else the error and this frame would hold each other, and what was sent

    async def _attempt_at(
        self, node: NodeId, endpoint: str, context: NodeContext, call: Call
    ) -> Reply:
        """Try one endpoint, and note what it came to; what is given up half-way has failed.

        Raises:
            TransportError: It was not reached, or what answered is not ours.
            CancelledError: Another endpoint was faster, or nobody waits any more.
        """
        try:
            reply = await self._attempt(endpoint, context, call)
        except (TransportError, CancelledError) as error:
            self._endpoints[node] = failed(self._endpoints.get(node, Endpoints()), endpoint)
            if isinstance(error, TransportError):
                self._failed(node, error)
            raise
        now_s = self._clock.monotonic_s()
        held = self._endpoints.get(node, Endpoints())
        self._endpoints[node] = answered(held, endpoint, now_s=now_s)
        return reply

    def _context(self, node: NodeId, entry: NodeEntry) -> NodeContext:
        """Return the context of a node; a changed entry gets a new one, and new connections."""
        held = self._contexts.get(node)
        if held is not None and held[0] is entry:
            return held[1]
        if held is not None and held[0].certificates == entry.certificates:
            context = held[1]
        else:
            if held is not None:  # what waits for a connection must not get an old key
                held[1].pins = frozenset()
            pins = spki_digests(entry)
            context = client_context(self._identity, entry.certificates, pins)
        self._contexts[node] = (entry, context)
        return context

    async def _attempt(self, endpoint: str, context: NodeContext, call: Call) -> Reply:
        session = self._session
        if session is None:
            raise TransportError("the transport is not started", code="closed")
        limits = self._limits
        body = call.payload()
        try:
            async with timeout(limits.attempt_s + call.size_bytes() / limits.floor_bytes_per_s):
                response = await session.request(
                    call.method,
                    URL(endpoint + call.path, encoded=True),
                    data=body,
                    headers=call.headers(),
                    ssl=context,
                    allow_redirects=False,
                )
                async with response:
                    return await read(response, call)
        except (ClientError, OSError, UnicodeError) as error:  # an entry may name no host
            raise failure(error) from error

    def _failed(self, node: NodeId, error: TransportError) -> None:
        if error.code in {"not_ours", "wrong_key"}:
            self._metrics.misdirected(str(node))
            left_out = self._seldom.due(f"{node} {error.code}")
            if left_out is not None:
                self._journal.warning(
                    "something_else_answers", node=node, error=error, left_out=left_out
                )
