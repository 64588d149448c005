"""Coming in and going out: the one-time link, the passkey, the password, the locked screen.

What a locked screen shows is counts and the clock of emergencies: the frame, and nothing else.
"""

from typing import Final

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.errors import AccessDeniedError, GatewayError, RateLimitedError
from gateway.officer.access import SEAT, May, caller_of, may
from gateway.officer.guards import known_in, sit_down, site_of, stand_up
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.forms_in import form_of
from gateway.officer.pages.layout import SECURITY
from gateway.service.sessions import Seat
from keys.bearer import new_code

_HOME: Final = "/inbox"


class EntryPages:
    """The pages /enter and /sign-in, and what ends a session.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._door = desk.door

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get("/", self.home),
            get("/enter", self.show_enter),
            post("/enter", self.enter),
            get("/sign-in", self.show_sign_in),
            post("/sign-in", self.sign_in),
            post("/sign-in/options", self.options),
            post("/sign-out", self.sign_out),
        ]

    @may(May.SELF)
    async def home(self, _request: Request) -> Response:
        """Lead to the first page."""
        return self._desk.redirect(_HOME)

    @may(May.ANYBODY)
    async def show_enter(self, request: Request) -> Response:
        """Ask whoever has a one-time link for one click: it also permits sound."""
        return await self._desk.show(request, "enter.html", problem="")

    @may(May.ANYBODY)
    async def enter(self, request: Request) -> Response:
        """Let somebody in by the code behind the `#` of their link."""
        form = await form_of(request)
        try:
            secret, seat = await self._door.signin.by_link(
                form.get("code", ""), agent=_agent(request)
            )
        except (AccessDeniedError, RateLimitedError) as error:
            return await _again(self._desk, request, "enter.html", error)
        has_passkey = bool(await self._door.passkeys.of(seat.person.number))
        path = _HOME if has_passkey or self._desk.is_demo else "/settings?first=yes#passkeys"
        return self._seated(request, path, secret)

    @may(May.ANYBODY)
    async def show_sign_in(self, request: Request) -> Response:
        """Ask who it is; whoever has signed in is led on."""
        if request.get(SEAT) is not None:
            return self._desk.redirect(_next(request.query.get("next", "")))
        return await self._sign_in_page(request)

    @may(May.ANYBODY)
    async def sign_in(self, request: Request) -> Response:
        """Let somebody in by passkey, or by name and break-glass password."""
        form, desk = await form_of(request), self._desk
        try:
            if form.get("assertion"):
                secret, _ = await self._door.passkeys.sign_in(
                    form.get("visit", ""),
                    site_of(request, desk.address),
                    form["assertion"],
                    agent=_agent(request),
                )
            else:
                secret, _ = await self._door.signin.by_password(
                    form.get("name", ""),
                    form.get("password", ""),
                    agent=_agent(request),
                    browser=known_in(request, desk.address),
                )
        except (AccessDeniedError, RateLimitedError) as error:
            return await _again(
                self._desk,
                request,
                "sign_in.html",
                error,
                visit=new_code(),
                next=form.get("next", ""),
            )
        return self._seated(request, _next(form.get("next", "")), secret)

    @may(May.ANYBODY)
    async def options(self, request: Request) -> Response:
        """Give the browser what it is asked to show a passkey, for signing in or unlocking."""
        form = await form_of(request)
        options = await self._door.passkeys.options(
            form.get("visit", ""), site_of(request, self._desk.address), request.get(SEAT)
        )
        return Response(text=options, content_type="application/json", headers=SECURITY)

    @may(May.ANYBODY)
    async def sign_out(self, request: Request) -> Response:
        """End the session at once, also from a locked screen."""
        seat = request.get(SEAT)
        if seat is not None:
            await self._door.sessions.end(seat.session.number, person=seat.person.number)
        return stand_up(self._desk.redirect("/sign-in"), self._desk.address)

    def _seated(self, request: Request, path: str, secret: str) -> Response:
        address, browsers = self._desk.address, self._door.signin.browsers
        return sit_down(
            request, self._desk.redirect(path), address, secret=secret, browsers=browsers
        )

    async def _sign_in_page(self, request: Request) -> Response:
        return await self._desk.show(
            request,
            "sign_in.html",
            problem="",
            visit=new_code(),
            next=request.query.get("next", ""),
        )


class LockPages:
    """The page /locked, and what keeps a screen from locking or locks it.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._door = desk.door

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get("/locked", self.show_locked),
            post("/locked", self.unlock),
            post("/lock", self.lock),
            post("/session/stay", self.stay),
        ]

    @may(May.ANYBODY)
    async def show_locked(self, request: Request) -> Response:
        """Show counts and clocks, and ask its person to show who they are."""
        seat = request.get(SEAT)
        if seat is None or not seat.is_locked:
            return self._desk.redirect("/sign-in" if seat is None else _HOME)
        return await self._desk.show(
            request,
            "locked.html",
            problem="",
            visit=new_code(),
            next=request.query.get("next", ""),
            has_password=seat.person.has_password,
        )

    @may(May.ANYBODY)
    async def unlock(self, request: Request) -> Response:
        """Unlock the screen by passkey or password.

        Raises:
            AccessDeniedError: There is no session to unlock.
        """
        seat: Seat | None = request.get(SEAT)
        if seat is None:
            raise AccessDeniedError("nobody has signed in here", code="not_signed_in")
        form = await form_of(request)
        try:
            if form.get("assertion"):
                site = site_of(request, self._desk.address)
                await self._door.passkeys.unlock(
                    form.get("visit", ""), seat, site, form["assertion"]
                )
            else:
                await self._door.signin.unlock_by_password(seat, form.get("password", ""))
        except (AccessDeniedError, RateLimitedError) as error:
            return await _again(
                self._desk,
                request,
                "locked.html",
                error,
                visit=new_code(),
                next=form.get("next", ""),
                has_password=seat.person.has_password,
            )
        return self._desk.redirect(_next(form.get("next", "")))

    @may(May.SELF)
    async def lock(self, request: Request) -> Response:
        """Lock the screen now, on leaving it."""
        seat = request.get(SEAT)
        if seat is not None:
            await self._door.sessions.lock(seat)
        return self._desk.redirect("/locked")

    @may(May.SELF)
    async def stay(self, request: Request) -> Response:
        """Count as use: whoever was asked is still there."""
        caller_of(request)
        return Response(status=204, headers=SECURITY)


async def _again(
    desk: Desk, request: Request, template: str, error: GatewayError, **values: object
) -> Response:
    """Show the form once more, with what is wrong."""
    is_early = isinstance(error, RateLimitedError)
    answer = await desk.show(
        request, template, status=429 if is_early else 403, problem=str(error), **values
    )
    if isinstance(error, RateLimitedError):
        answer.headers["Retry-After"] = str(error.retry_s)
    return answer


def _next(path: str) -> str:
    """Return a page of this desk to go on with: never another address."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_ours and path != "/locked" else _HOME


def _agent(request: Request) -> str:
    return request.headers.get("User-Agent", "")
