"""What is a person's own: how pages look and sound, passkeys, sessions, tokens, the password."""

from dataclasses import replace

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.accounts import Settings
from gateway.errors import AccessDeniedError, DataError, NoInputError
from gateway.officer.access import SEAT, May, caller_of, may
from gateway.officer.adapters.languages import NAMES, message
from gateway.officer.guards import site_of
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.forms_in import choices_of, form_of
from gateway.officer.pages.layout import ROLES, SECURITY
from gateway.people import Role
from gateway.service.sessions import Seat

_MEANS = {
    "link": message("one-time link"),
    "passkey": message("passkey"),
    "password": message("break-glass password"),
}


class SettingsPages:
    """The pages /settings and /login.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._door = desk.door

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get("/settings", self.show),
            post("/settings", self.choose),
            post("/settings/sound", self.sound),
            post("/settings/password", self.set_password),
            post("/settings/passkeys/options", self.passkey_options),
            post("/settings/passkeys", self.add_passkey),
            post("/settings/passkeys/{number:[0-9]{1,9}}/remove", self.remove_passkey),
            post("/settings/sessions/{number:[0-9]{1,9}}/end", self.end_session),
            post("/settings/tokens", self.make_token),
            post("/settings/tokens/{number:[0-9]{1,9}}/revoke", self.revoke_token),
        ]

    @may(May.SELF)
    async def show(self, request: Request) -> Response:
        """Show all that is theirs."""
        return await self._page(request, seat_of(request))

    @may(May.SELF)
    async def choose(self, request: Request) -> Response:
        """Keep language, theme, sound and shortcuts."""
        seat, form = seat_of(request), await form_of(request)
        chosen = Settings(
            language=form.get("language", ""),
            theme=form.get("theme", ""),
            sound="sound" in form,
            shortcuts="shortcuts" in form,
        )
        await self._door.people.save_settings(seat.person.number, chosen)
        # The pages keep both in cookies of the browser, for the time before somebody signs in.
        return self._desk.redirect(
            f"/settings?language={chosen.language or 'en'}&theme={chosen.theme or 'system'}"
        )

    @may(May.SELF)
    async def sound(self, request: Request) -> Response:
        """Keep whether emergencies sound."""
        seat, form = seat_of(request), await form_of(request)
        chosen = replace(seat.person.settings, sound=form.get("sound") == "on")
        await self._door.people.save_settings(seat.person.number, chosen)
        return Response(status=204, headers=SECURITY)

    @may(May.SELF)
    async def set_password(self, request: Request) -> Response:
        """Set a break-glass password, or take it away."""
        seat, form = seat_of(request), await form_of(request)
        self._door.sessions.refuse_stale(seat)
        password = None if "remove" in form else form.get("password", "")
        try:
            await self._door.signin.set_password(seat.person, password, by=seat.caller)
        except DataError as error:
            return await self._page(request, seat, errors={"password": str(error)})
        return self._desk.redirect("/settings#password")

    @may(May.SELF)
    async def passkey_options(self, request: Request) -> Response:
        """Give the browser what it is asked so that a device makes a key."""
        seat = seat_of(request)
        self._door.sessions.refuse_stale(seat)
        site = site_of(request, self._desk.address)
        options = await self._door.passkeys.enrol_options(seat, site)
        return Response(text=options, content_type="application/json", headers=SECURITY)

    @may(May.SELF)
    async def add_passkey(self, request: Request) -> Response:
        """Keep the key that a device made."""
        seat, form = seat_of(request), await form_of(request)
        site = site_of(request, self._desk.address)
        try:
            await self._door.passkeys.enrol(
                seat, site, form.get("assertion", ""), name=form.get("name", "")
            )
        except (AccessDeniedError, DataError) as error:
            return await self._page(request, seat, errors={"name": str(error)})
        return self._desk.redirect("/settings#passkeys")

    @may(May.SELF)
    async def remove_passkey(self, request: Request) -> Response:
        """Let a passkey count no more."""
        seat = seat_of(request)
        await self._door.passkeys.remove(
            _number(request), person=seat.person.number, by=seat.caller
        )
        return self._desk.redirect("/settings#passkeys")

    @may(May.SELF)
    async def end_session(self, request: Request) -> Response:
        """End a session, of another browser or this one."""
        seat = seat_of(request)
        await self._door.sessions.end(_number(request), person=seat.person.number)
        return self._desk.redirect("/settings#sessions")

    @may(May.SELF)
    async def make_token(self, request: Request) -> Response:
        """Make a token, and show it this once."""
        seat, form = seat_of(request), await form_of(request)
        self._door.sessions.refuse_stale(seat)
        roles = frozenset(
            Role(each) for each in await choices_of(request, "roles") if each in set(Role)
        )
        try:
            token, _ = await self._door.tokens.make(
                seat.person, form.get("token", ""), by=seat.caller.who, roles=roles
            )
        except DataError as error:
            return await self._page(request, seat, errors={"token": str(error)})
        return await self._page(request, seat, made=token)

    @may(May.SELF)
    async def revoke_token(self, request: Request) -> Response:
        """Let a token count no more."""
        seat = seat_of(request)
        await self._door.tokens.revoke(
            _number(request), person=seat.person.number, by=seat.caller.who
        )
        return self._desk.redirect("/settings#tokens")

    async def _page(
        self,
        request: Request,
        seat: Seat,
        *,
        errors: dict[str, str] | None = None,
        made: str = "",
    ) -> Response:
        number = seat.person.number
        person = await self._door.people.get(number)
        return await self._desk.show(
            request,
            "settings.html",
            status=422 if errors else 200,
            person=person,
            errors=errors or {},
            made=made,
            is_first="first" in request.query,
            is_fresh=self._door.sessions.is_fresh(seat),
            languages_offered=[("", message("as the browser asks")), *NAMES.items()],
            role_words=[(role.value, ROLES[role]) for role in Role if role in person.roles],
            means=_MEANS,
            passkeys=await self._door.passkeys.of(number),
            sessions=await self._door.sessions.of(number),
            this=seat.session.number,
            tokens=await self._door.tokens.of(number),
        )


class LoginPages:
    """The page /login: a program is let in by the code that its screen shows.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._devices = desk.door.devices

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [get("/login", self.show), post("/login", self.confirm)]

    @may(May.SELF)
    async def show(self, request: Request) -> Response:
        """Ask for the code."""
        return await self._page(request)

    @may(May.SELF)
    async def confirm(self, request: Request) -> Response:
        """Show which program it is, then let it in."""
        seat, form = seat_of(request), await form_of(request)
        code = form.get("code", "")
        try:
            waiting = self._devices.find(code)
            if "confirm" in form:
                self._desk.door.sessions.refuse_stale(seat)
                self._devices.confirm(code, seat.person)
                return await self._page(request, done=waiting.name)
        except NoInputError as error:
            return await self._page(request, code=code, errors={"code": str(error)})
        return await self._page(request, code=waiting.code, program=waiting.name)

    async def _page(
        self,
        request: Request,
        *,
        code: str = "",
        program: str = "",
        done: str = "",
        errors: dict[str, str] | None = None,
    ) -> Response:
        return await self._desk.show(
            request,
            "login.html",
            status=422 if errors else 200,
            code=code,
            program=program,
            done=done,
            errors=errors or {},
        )


def seat_of(request: Request) -> Seat:
    """Return the session of whoever asks.

    Raises:
        AccessDeniedError: They came in by a token, which has no settings.
    """
    caller_of(request)
    seat: Seat | None = request.get(SEAT)
    if seat is None:
        raise AccessDeniedError("a program has no page", code="forbidden_role")
    return seat


def _number(request: Request) -> int:
    return int(request.match_info["number"])
