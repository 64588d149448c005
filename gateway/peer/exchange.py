"""What a request of a peer means: its form, whose it is, its route; and how every error is told.

Does: refuses by form before anything is read, turns every error into one code and one status,
counts refusals. Leaves to gateway.peer.resources what is served, to gateway.peer.connection what
was never a request.

Source: docs/wire-format.md, rules 18, 25 and 27.
"""

from asyncio import timeout
from typing import Final

from aiohttp import HttpVersion11
from aiohttp.web import BaseRequest, Response, StreamResponse

from gateway.errors import GatewayError
from gateway.journal import Seldom
from gateway.peer.connection import PLACE, Connection, plain
from gateway.peer.places import PlaceLimits
from gateway.peer.quota import Accounts
from gateway.peer.reader import SLOW_STATUS, BodyError, Pace, SlowBodyError
from gateway.peer.refusal import STATUS_OF, UNPROVEN, code_of, least_wait_ms, told
from gateway.peer.resources import Resources
from gateway.peer.routes import allows, target_of
from gateway.peer.services import PeerServices
from protocol.answer import encode_error
from protocol.delivery.admission import Comeback, ask_back
from protocol.errors import Code, RemoteProtocolError
from protocol.frame import MEDIA_TYPE
from protocol.identifiers import NodeId

UNKNOWN: Final = "unknown"
"""How metrics name a peer whose key the directory does not list any more."""

_BODY_METHODS: Final = frozenset({"POST", "PUT"})
_REFUSED_HEADERS: Final = (
    "Transfer-Encoding",
    "Expect",
    "Upgrade",
    "Content-Encoding",
    "Trailer",
)
SERVED_PER_S: Final = 50.0
"""Frames that this node takes up in a second after it was too busy: the pace of its refusals."""

_QUIET: Final = frozenset({Code.LOG_POSITION, Code.BUSY, Code.KEM_EXPIRED, Code.BLOBS})
"""Refusals in the ordinary course: counted, not written down."""


class Exchange:
    """Answers requests, each in its own task of aiohttp.

    Args:
        services: What it works with.
        accounts: The share of each peer.
        pace: How slow a body may come.
        seldom: Keeps the journal small.
        places: What all peers together may use.
        write_timeout_s: Longest time for a peer to take an answer that waits.
    """

    def __init__(
        self,
        services: PeerServices,
        *,
        accounts: Accounts,
        pace: Pace,
        seldom: Seldom,
        places: PlaceLimits | None = None,
        write_timeout_s: float = 30.0,
    ) -> None:
        self._services = services
        self._accounts = accounts
        self._resources = Resources(
            services, accounts=accounts, pace=pace, places=places or PlaceLimits()
        )
        self._seldom = seldom
        self._write_timeout_s = write_timeout_s
        self._turns: dict[Code, Comeback] = {}

    async def __call__(self, request: BaseRequest) -> StreamResponse:
        """Answer one request; raises nothing but cancellation."""
        connection = request.protocol
        if not isinstance(connection, Connection):  # the port makes no others
            return plain(500, close=True)
        try:
            response = await self._answer(connection, request)
        except Exception as error:  # noqa: BLE001 - outermost frame of a request: our bug
            self._services.metrics.bugs(PLACE)
            self._services.journal.bug("peer_port_bug", error)
            response = plain(500, close=True)
        if response.status >= 400 and "Content-Type" not in response.headers:  # noqa: PLR2004 - HTTP's
            self._services.metrics.http_refused(response.status)
        connection.answered()
        await self._write(connection, request, response)
        return response

    async def _answer(self, connection: Connection, request: BaseRequest) -> Response:
        length = _length(request)
        if length is None or connection.is_pipelined:
            return plain(400, close=True)
        peer = self._services.directory.node_of_spki(connection.spki)
        if peer is None:
            return self._refuse(None, Code.PEER)
        self._services.reception.contact(peer)
        target = target_of(request.raw_path)
        if target is None or not allows(target, request.method):
            return plain(404 if target is None else 405)
        try:
            return await self._resources.serve(peer, target, request, length)
        except BodyError as error:
            return self._bad_body(peer, error)
        except (RemoteProtocolError, GatewayError) as error:
            code = code_of(error)
            if code is None:
                raise
            return self._refuse(peer, code, error)

    async def _write(
        self, connection: Connection, request: BaseRequest, response: Response
    ) -> None:
        """Write, and wait while the peer does not read: else answers would gather in memory."""
        if request.method == "HEAD":
            # aiohttp names no length here, and its client takes that for a body until the end.
            response.headers["Content-Length"] = "0"
        try:
            async with timeout(self._write_timeout_s):
                await response.prepare(request)
                await response.write_eof()
                await request.writer.drain()
        except TimeoutError:
            self._services.metrics.http_refused(SLOW_STATUS)
            connection.force_close()
        except ConnectionError:
            connection.force_close()

    def _bad_body(self, peer: NodeId, error: BodyError) -> Response:
        is_slow = isinstance(error, SlowBodyError)
        if is_slow:  # a connection that broke is nobody's fault
            self._accounts.of(peer).unproven()
        left_out = self._seldom.due(f"{peer} body")
        if left_out is not None:
            self._services.journal.warning(
                "slow_or_broken_body", peer=peer, error=error, left_out=left_out
            )
        return plain(SLOW_STATUS if is_slow else 400, close=True)

    def _refuse(self, peer: NodeId | None, code: Code, error: Exception | None = None) -> Response:
        services = self._services
        name = UNKNOWN if peer is None else str(peer)
        services.metrics.refused(name, code)
        if code in UNPROVEN:
            self._accounts.of(peer).unproven()
        if code not in _QUIET:
            left_out = self._seldom.due(f"{name} {code}")
            if left_out is not None:
                services.journal.warning("refused", peer=name, code=code, left_out=left_out)
        refusal = told(
            code,
            t_ms=services.clock.now_ms(),
            error=error,
            spread_ms=self._spread(code, error),
        )
        return plain(STATUS_OF[code], body=encode_error(refusal), media_type=MEDIA_TYPE)

    def _spread(self, code: Code, error: Exception | None) -> int:
        """Return what a refused peer waits more, ms: those put off together come back apart.

        A share of its own that is used up is no storm: that peer alone comes back.
        """
        least_ms = least_wait_ms(code, error)
        if least_ms is None or code is Code.QUOTA:
            return 0
        state, wait_ms = ask_back(
            self._turns.get(code, Comeback()),
            self._services.clock.monotonic_s(),
            per_s=SERVED_PER_S,
            least_ms=least_ms,
        )
        self._turns[code] = state
        return wait_ms - least_ms


def _length(request: BaseRequest) -> int | None:
    """Return the length of the body, None if the request's form is not one that we take."""
    headers = request.headers
    if request.method == "CONNECT":  # aiohttp reads what follows as another request
        return None
    if request.version != HttpVersion11 or any(name in headers for name in _REFUSED_HEADERS):
        return None
    text = headers.get("Content-Length")
    if text is None:
        return None if request.method in _BODY_METHODS else 0
    if not (text.isascii() and text.isdigit()):
        return None
    length = int(text)
    return None if length and request.method not in _BODY_METHODS else length
