"""Layers before every handler of the desk on loopback: host, who asks, where from, how often.

In this order: the Host that was asked for, who it is (a session's cookie or a bearer token, never
both), whether a page of this desk asked (origin, fetch metadata, the session's token), how often.
Refusals are raised; the outermost layer writes them and notes their code, nothing else.

Source: docs/desk.md, "Guards".
"""

from dataclasses import dataclass
from hmac import compare_digest
from typing import Final

from aiohttp.typedefs import Handler, Middleware
from aiohttp.web import Application, Request, Response, StreamResponse, middleware

from gateway.errors import AccessDeniedError, ConfigError, DataError, RateLimitedError
from gateway.officer.access import CALLER, SEAT, is_renewal
from gateway.people import Caller, Role, Way
from gateway.ports import Clock
from gateway.service.browsers import Browsers
from gateway.service.frontdoor import FrontDoor
from gateway.service.passkeys import Site
from gateway.service.rates import Rate, Rates
from gateway.service.sessions import Seat, Sessions
from gateway.service.tokens import Tokens

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
HEALTH: Final = frozenset({"/healthz", "/readyz", "/metrics"})
EVENTS: Final = "/api/v1/events"
REPORTS: Final = "/csp"
STATIC: Final = "/static/"
CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = "X-CSRF-Token"
UNASKED_HEADER: Final = "X-A35-Unasked"
"""With what a script does once more by itself: a save that failed and nobody typed since."""

_UNASKED: Final = frozenset({EVENTS, "/api/v1/session", "/locked/state", REPORTS})
"""What pages fetch by themselves: it does not keep a screen from locking."""

_FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_OTHER_SITES: Final = frozenset({"cross-site", "same-site"})
_ALL_REQUESTS: Final = Rate(per_s=50, burst=200)
_UNSAFE: Final = Rate(per_s=10, burst=40)
_STREAMS_OF_ONE: Final = 4
_KNOWN_S: Final = 90 * 24 * 60 * 60


class Address:
    """Where people reach the desk; the port is known once it listens.

    Args:
        others: Further origins, as https://desk.example.org: a proxy on this machine.

    Attributes:
        port: Of the desk on loopback.
    """

    def __init__(self, others: tuple[str, ...] = ()) -> None:
        self._others = others
        self.port = 0

    @property
    def origins(self) -> frozenset[str]:
        """What a browser may say that a page of ours came from."""
        return frozenset({f"http://localhost:{self.port}", *self._others})

    @property
    def hosts(self) -> frozenset[str]:
        """What may be asked for."""
        return frozenset(each.partition("://")[2] for each in self.origins)

    @property
    def cookie(self) -> str:
        """The name of the session's cookie: cookies are shared by all ports of a host."""
        return f"__Host-a35-{self.port}"

    @property
    def known_cookie(self) -> str:
        """The name of the cookie by which a browser is known again; it lets nobody in."""
        return f"__Host-a35-known-{self.port}"

    def enter(self, code: str) -> str:
        """Return the address at which a one-time code counts; it reaches no server's log."""
        return f"http://localhost:{self.port}/enter#{code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """What the layers ask.

    Attributes:
        address: Where the desk is.
        sessions: Behind cookies.
        tokens: Behind bearer tokens.
        clock: Time.
    """

    address: Address
    sessions: Sessions
    tokens: Tokens
    clock: Clock

    def layers(self) -> tuple[Middleware, ...]:
        """Return the layers, outermost first."""
        return (self._host(), self._identity(), self._origin(), self._pace())

    def _host(self) -> Middleware:
        @middleware
        async def check(request: Request, handler: Handler) -> StreamResponse:
            host = request.headers.get("Host", "")
            local = request.path in HEALTH and host.rpartition(":")[0] in _LOCAL
            if not local and host not in self.address.hosts:
                raise ConfigError(
                    "this desk is served under another name",
                    code="bad_host",
                    hint="use the address that the node printed, or name it in desk.origins",
                )
            return await handler(request)

        return check

    def _identity(self) -> Middleware:
        @middleware
        async def identify(request: Request, handler: Handler) -> StreamResponse:
            secret = request.cookies.get(self.address.cookie)
            if "Authorization" in request.headers:
                if secret is not None:
                    raise AccessDeniedError("a request has a cookie or a token", code="csrf")
                request[CALLER] = await bearer(request, self.tokens)
            elif secret is not None:
                # The script fetches parts of pages by itself: a browser says `empty` of those.
                is_script = is_renewal(request)
                is_own = request.method in SAFE or UNASKED_HEADER in request.headers
                is_use = request.path not in _UNASKED and not (is_script and is_own)
                await self._sit(request, await self.sessions.seat(secret, is_use=is_use))
            return await handler(request)

        return identify

    async def _sit(self, request: Request, seat: Seat | None) -> None:
        if seat is not None:
            request[SEAT] = seat
            if not seat.is_locked:
                request[CALLER] = seat.caller

    def _origin(self) -> Middleware:
        @middleware
        async def check(request: Request, handler: Handler) -> StreamResponse:
            if request.method not in SAFE and request.path != REPORTS:
                await self._check_origin(request)
            return await handler(request)

        return check

    async def _check_origin(self, request: Request) -> None:
        """Refuse what no page of ours sent with the rights of a session.

        Without a session there is nothing to misuse but signing in: a browser says where from,
        and is held to it; a program says nothing.

        Raises:
            AccessDeniedError: Another origin, or without the session's token (`csrf`).
        """
        seat, origin = request.get(SEAT), request.headers.get("Origin")
        is_ours = origin in self.address.origins or (origin is None and seat is None)
        if not is_ours or request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise AccessDeniedError(
                "the request did not come from a page of this desk", code="csrf"
            )
        if seat is not None and not compare_digest(
            (await _token_of(request)).encode(), (seat.caller.csrf or "").encode()
        ):
            raise AccessDeniedError("the page's token is missing or old", code="csrf")

    def _pace(self) -> Middleware:
        every, unsafe = Rates(_ALL_REQUESTS, self.clock), Rates(_UNSAFE, self.clock)
        streams: dict[str, list[Request]] = {}

        @middleware
        async def pace(request: Request, handler: Handler) -> StreamResponse:
            key = _asker(request)
            if request.path not in HEALTH and not request.path.startswith(STATIC):
                every.take(key)  # a first visit loads a dozen files, kept by the browser then
            if request.method not in SAFE:
                unsafe.take(key)
            if request.path != EVENTS or "text/event-stream" not in request.headers.get(
                "Accept", ""
            ):
                return await handler(request)
            return await _one_stream(streams, key, request, handler)

        return pace


def sit_down(
    request: Request, response: Response, address: Address, *, secret: str, browsers: Browsers
) -> Response:
    """Give a browser the cookie of its session: no script reads it, no other site sends it.

    Args:
        request: By which somebody signed in.
        response: What it is answered.
        address: Of the desk.
        secret: Of the session.
        browsers: Know this one again from now on.
    """
    response.set_cookie(
        address.cookie, secret, path="/", secure=True, httponly=True, samesite="Strict"
    )
    response.set_cookie(
        address.known_cookie,
        browsers.known(known_in(request, address)),
        path="/",
        max_age=_KNOWN_S,
        secure=True,
        httponly=True,
        samesite="Strict",
    )
    return response


def known_in(request: Request, address: Address) -> str:
    """Return by what a browser may be known again, empty without it.

    Args:
        request: Of a browser.
        address: Of the desk.
    """
    return request.cookies.get(address.known_cookie, "")


def stand_up(response: Response, address: Address) -> Response:
    """Let a browser forget its cookie."""
    response.del_cookie(address.cookie, path="/", secure=True, httponly=True, samesite="Strict")
    return response


def site_of(request: Request, address: Address) -> Site:
    """Return where the page is that a browser shows: passkeys belong to a host.

    Args:
        request: Its Host was checked before.
        address: Of the desk.
    """
    host = request.headers.get("Host", "")
    origin = next(each for each in address.origins if each.partition("://")[2] == host)
    return Site(host=host.partition(":")[0], origin=origin)


async def bearer(request: Request, tokens: Tokens) -> Caller:
    """Return whose program asks.

    Raises:
        AccessDeniedError: It shows no token that counts (`not_signed_in`).
    """
    kind, _, token = request.headers["Authorization"].partition(" ")
    caller = await tokens.caller(token) if kind.lower() == "bearer" else None
    if caller is None:
        raise AccessDeniedError(
            "this token does not count, or no longer",
            code="not_signed_in",
            hint="sign in again: a35 login",
        )
    return caller


def by_socket(node: str, door: FrontDoor | None) -> Middleware:
    """Return the layer that says who asks over the control socket.

    Whoever may open it is the whole desk until somebody was added: a node without people goes on
    as it is. From then on it is the operator, and a token says who else.

    Args:
        node: Of the desk, CC/n.
        door: Whether there are people, and who shows a token; None on a desk without any.
    """
    desk = Caller(
        person=None, name="desk", who=f"{node} desk", roles=frozenset(Role), way=Way.SOCKET
    )
    operator = Caller(
        person=None,
        name="operator",
        who=f"{node} operator",
        roles=frozenset({Role.OPERATOR}),
        way=Way.SOCKET,
    )

    @middleware
    async def name(request: Request, handler: Handler) -> StreamResponse:
        if door is None:
            request[CALLER] = desk
        elif "Authorization" in request.headers:
            request[CALLER] = await bearer(request, door.tokens)
        else:
            request[CALLER] = operator if await door.people.exist() else desk
        return await handler(request)

    return name


def add_headers(app: Application, headers: dict[str, str]) -> None:
    """Let every answer of an application carry headers, unless it says otherwise.

    Args:
        app: Not started yet.
        headers: Of each answer, refusals and streams as well.
    """

    async def add(_request: Request, response: StreamResponse) -> None:  # noqa: RUF029  a signal
        for name, value in headers.items():
            response.headers.setdefault(name, value)

    app.on_response_prepare.append(add)


async def fields_of(request: Request) -> list[tuple[str, object]]:
    """Return the fields of a form, in their order; what is no text is a file.

    Args:
        request: Its length is limited by the application.

    Raises:
        DataError: It is not of the form, or in a character set that there is not.
    """
    try:
        return list((await request.post()).items())
    except (ValueError, LookupError) as error:
        raise DataError("the form cannot be read", code="invalid_body") from error


async def _token_of(request: Request) -> str:
    """Return the token that came with a request, in a header or in its form."""
    header = request.headers.get(CSRF_HEADER)
    if header is not None or request.content_type not in _FORMS:
        return header or ""
    fields = await fields_of(request)
    field = next((value for name, value in fields if name == CSRF_FIELD), None)
    return field if isinstance(field, str) else ""


def _asker(request: Request) -> str:
    caller, seat = request.get(CALLER), request.get(SEAT)
    if seat is not None:
        return f"session {seat.session.number}"
    if caller is not None:
        return f"{caller.way.value} {caller.person}"
    # Another site that floods this desk from somebody's browser keeps nobody from signing in.
    site = request.headers.get("Sec-Fetch-Site", "")
    return "another site" if site in _OTHER_SITES else "anybody"


async def _one_stream(
    streams: dict[str, list[Request]], key: str, request: Request, handler: Handler
) -> StreamResponse:
    """Run an event stream if its session has not too many.

    Who turns pages fast leaves a stream behind with each: those whose reader has gone do not count.

    Raises:
        RateLimitedError: It has.
    """
    held = streams.setdefault(key, [])
    if sum(not is_left(each) for each in held) >= _STREAMS_OF_ONE:
        raise RateLimitedError(
            f"one session follows events {_STREAMS_OF_ONE} times at most", retry_s=15
        )
    held.append(request)
    try:
        return await handler(request)
    finally:
        held.remove(request)
        if not held:
            streams.pop(key, None)


def is_left(request: Request) -> bool:
    """Tell whether whoever asked has gone meanwhile.

    Args:
        request: One that is being answered.
    """
    return request.transport is None or request.transport.is_closing()
