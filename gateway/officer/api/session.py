"""Signing in, unlocking, signing out over the API of the desk on loopback; passkeys enrolled.

The session's secret goes into a cookie that no script reads, and nowhere else.
"""

from aiohttp.web import Request, Response, RouteDef, delete, get, post

from gateway.errors import AccessDeniedError, DataError
from gateway.officer.access import SEAT, May, may
from gateway.officer.api.me import seat_of
from gateway.officer.api.reply import BASE, answer, read
from gateway.officer.guards import Address, known_in, sit_down, site_of, stand_up
from gateway.officer.shapes.moments import instant
from gateway.officer.shapes.people import (
    EnrolRequest,
    PasskeyAnswer,
    PasskeyItem,
    PasskeyOptions,
    SessionView,
    SignInRequest,
    UnlockRequest,
)
from gateway.service.frontdoor import FrontDoor
from gateway.service.sessions import Seat
from keys.bearer import new_code


class SessionApi:
    """The resources /session and /passkeys, as far as they need a browser.

    Args:
        door: People, and by what they come in.
        address: Of the desk.
    """

    __slots__ = ("_address", "_door")

    def __init__(self, door: FrontDoor, address: Address) -> None:
        self._door = door
        self._address = address

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get(f"{BASE}/session", self.show),
            post(f"{BASE}/session", self.sign_in),
            delete(f"{BASE}/session", self.sign_out),
            post(f"{BASE}/session/lock", self.lock),
            post(f"{BASE}/session/unlock", self.unlock),
            post(f"{BASE}/session/passkey-options", self.options),
            post(f"{BASE}/session/passkey", self.by_passkey),
            post(f"{BASE}/passkeys/options", self.enrol_options),
            post(f"{BASE}/passkeys", self.enrol),
        ]

    @may(May.ANYBODY)
    async def show(self, request: Request) -> Response:
        """Tell where a browser stands; it does not count as use."""
        return answer(view_of(request.get(SEAT)))

    @may(May.ANYBODY)
    async def sign_in(self, request: Request) -> Response:
        """Sign in by a one-time code, or by name and break-glass password.

        Raises:
            AccessDeniedError: Neither counts.
            DataError: Neither is given.
        """
        asked, agent = await read(request, SignInRequest), request.headers.get("User-Agent", "")
        if asked.code is not None:
            secret, seat = await self._door.signin.by_link(asked.code, agent=agent)
        elif asked.name is not None and asked.password is not None:
            secret, seat = await self._door.signin.by_password(
                asked.name, asked.password, agent=agent, browser=known_in(request, self._address)
            )
        else:
            raise DataError("a code is given, or name and password", code="invalid_body")
        return self._seated(request, secret, seat)

    @may(May.ANYBODY)
    async def sign_out(self, request: Request) -> Response:
        """Sign out: the session ends at once, also from a locked screen."""
        seat = _held(request)
        await self._door.sessions.end(seat.session.number, person=seat.person.number)
        return stand_up(Response(status=204), self._address)

    @may(May.SELF)
    async def lock(self, request: Request) -> Response:
        """Lock the screen now."""
        await self._door.sessions.lock(seat_of(request))
        return Response(status=204)

    @may(May.ANYBODY)
    async def unlock(self, request: Request) -> Response:
        """Unlock the screen by password."""
        asked = await read(request, UnlockRequest)
        await self._door.signin.unlock_by_password(_held(request), asked.password)
        return Response(status=204)

    @may(May.ANYBODY)
    async def options(self, request: Request) -> Response:
        """Give what the browser is asked to show a passkey."""
        visit = new_code()
        site = site_of(request, self._address)
        options = await self._door.passkeys.options(visit, site, request.get(SEAT))
        return answer(PasskeyOptions(visit=visit, options=options))

    @may(May.ANYBODY)
    async def by_passkey(self, request: Request) -> Response:
        """Sign in by a passkey, or unlock the screen by it."""
        asked = await read(request, PasskeyAnswer)
        seat, site = request.get(SEAT), site_of(request, self._address)
        if seat is not None:
            await self._door.passkeys.unlock(asked.visit, seat, site, asked.answer)
            return Response(status=204)
        agent = request.headers.get("User-Agent", "")
        secret, seat = await self._door.passkeys.sign_in(
            asked.visit, site, asked.answer, agent=agent
        )
        return self._seated(request, secret, seat)

    @may(May.SELF)
    async def enrol_options(self, request: Request) -> Response:
        """Give what the browser is asked so that a device makes a key."""
        seat = seat_of(request)
        self._door.sessions.refuse_stale(seat)
        options = await self._door.passkeys.enrol_options(seat, site_of(request, self._address))
        return answer(PasskeyOptions(visit="", options=options))

    @may(May.SELF)
    async def enrol(self, request: Request) -> Response:
        """Keep the key that a device made."""
        seat, asked = seat_of(request), await read(request, EnrolRequest)
        row = await self._door.passkeys.enrol(
            seat, site_of(request, self._address), asked.answer, name=asked.name
        )
        made = instant(row.made_ms)
        return answer(
            PasskeyItem(number=row.number, name=row.name, made_at=made, used_at=None), status=201
        )

    def _seated(self, request: Request, secret: str, seat: Seat) -> Response:
        made = answer(view_of(seat), status=201)
        return sit_down(
            request, made, self._address, secret=secret, browsers=self._door.signin.browsers
        )


def view_of(seat: Seat | None) -> SessionView:
    """Show where a browser stands."""
    if seat is None:
        return SessionView(
            signed_in=False, locked=False, name="", csrf="", lock_at=None, ends_at=None
        )
    return SessionView(
        signed_in=True,
        locked=seat.is_locked,
        name=seat.person.name,
        csrf=seat.caller.csrf or "",
        lock_at=None if seat.is_locked else instant(seat.lock_ms),
        ends_at=instant(seat.session.ends_ms),
    )


def _held(request: Request) -> Seat:
    """Return the session of a browser, locked or not.

    Raises:
        AccessDeniedError: It has none.
    """
    seat: Seat | None = request.get(SEAT)
    if seat is None:
        raise AccessDeniedError("nobody has signed in here", code="not_signed_in")
    return seat
