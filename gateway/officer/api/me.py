"""Who asks, and what is theirs alone: settings, password, sessions, passkeys, tokens.

What lets somebody in later (a password, a passkey, a token, a program) is given from a page alone,
never to a bearer token: a token that was stolen makes no second one.
"""

from aiohttp.web import Request, Response, RouteDef, delete, get, put

from gateway.accounts import SessionRow, Settings
from gateway.config import NodeConfig
from gateway.errors import AccessDeniedError
from gateway.officer.access import SEAT, May, caller_of, may
from gateway.officer.api.reply import BASE, answer, index_of, read
from gateway.officer.shapes.moments import instant, instant_or_none
from gateway.officer.shapes.people import (
    MeView,
    PasskeyItem,
    PasskeyList,
    PasswordRequest,
    SessionItem,
    SessionList,
    SettingsView,
)
from gateway.people import Role
from gateway.service.frontdoor import FrontDoor
from gateway.service.sessions import Seat


def seat_of(request: Request) -> Seat:
    """Return the session of whoever asks from a page.

    Raises:
        AccessDeniedError: They came in by another way.
    """
    caller_of(request)
    seat: Seat | None = request.get(SEAT)
    if seat is None:
        raise AccessDeniedError(
            "this is done on a page of the desk",
            code="forbidden_role",
            hint="sign in on the page, then open Settings",
        )
    return seat


def person_of(request: Request) -> int:
    """Return the number of whoever asks.

    Raises:
        AccessDeniedError: Nobody in particular: the control socket.
    """
    person = caller_of(request).person
    if person is None:
        raise AccessDeniedError(
            "the control socket is nobody in particular",
            code="forbidden_role",
            hint="sign in first: a35 login",
        )
    return person


class MeApi:
    """The resources /me, /sessions, /passkeys.

    Args:
        door: People, and by what they come in.
        config: Names node and desk.
    """

    __slots__ = ("_config", "_door")

    def __init__(self, door: FrontDoor, config: NodeConfig) -> None:
        self._door = door
        self._config = config

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get(f"{BASE}/me", self.show),
            get(f"{BASE}/me/settings", self.settings),
            put(f"{BASE}/me/settings", self.choose),
            put(f"{BASE}/me/password", self.set_password),
            get(f"{BASE}/sessions", self.sessions),
            delete(f"{BASE}/sessions/{{number}}", self.end_session),
            get(f"{BASE}/passkeys", self.passkeys),
            delete(f"{BASE}/passkeys/{{number}}", self.remove_passkey),
        ]

    @may(May.SELF)
    async def show(self, request: Request) -> Response:
        """Tell who asks."""
        caller, seat = caller_of(request), request.get(SEAT)
        return answer(
            MeView(
                person=caller.person,
                name=caller.name,
                who=caller.who,
                roles=in_order(caller.roles),
                way=caller.way.value,
                node=self._config.node,
                desk=self._config.desk.name,
                lock_at=None if seat is None else instant(seat.lock_ms),
                language=caller.language,
            )
        )

    @may(May.SELF)
    async def settings(self, request: Request) -> Response:
        """Show what somebody chose."""
        chosen = (await self._door.people.get(person_of(request))).settings
        return answer(_settings(chosen))

    @may(May.SELF)
    async def choose(self, request: Request) -> Response:
        """Keep what somebody chose."""
        person, asked = person_of(request), await read(request, SettingsView)
        chosen = Settings(
            language=asked.language,
            theme=asked.theme,
            sound=asked.sound,
            shortcuts=asked.shortcuts,
        )
        await self._door.people.save_settings(person, chosen)
        return answer(_settings(chosen))

    @may(May.SELF)
    async def set_password(self, request: Request) -> Response:
        """Set a break-glass password, or none."""
        seat, asked = seat_of(request), await read(request, PasswordRequest)
        self._door.sessions.refuse_stale(seat)
        await self._door.signin.set_password(seat.person, asked.password, by=seat.caller)
        return Response(status=204)

    @may(May.SELF)
    async def sessions(self, request: Request) -> Response:
        """List one's sessions."""
        caller = caller_of(request)
        rows = await self._door.sessions.of(person_of(request))
        return answer(SessionList(items=tuple(_session(row, this=caller.session) for row in rows)))

    @may(May.SELF)
    async def end_session(self, request: Request) -> Response:
        """End one of one's sessions."""
        number = index_of(request, "number")
        await self._door.sessions.end(number, person=person_of(request))
        return Response(status=204)

    @may(May.SELF)
    async def passkeys(self, request: Request) -> Response:
        """List one's passkeys."""
        rows = await self._door.passkeys.of(person_of(request))
        return answer(
            PasskeyList(
                items=tuple(
                    PasskeyItem(
                        number=row.number,
                        name=row.name,
                        made_at=instant(row.made_ms),
                        used_at=instant_or_none(row.used_ms),
                    )
                    for row in rows
                )
            )
        )

    @may(May.SELF)
    async def remove_passkey(self, request: Request) -> Response:
        """Let one of one's passkeys count no more."""
        await self._door.passkeys.remove(
            index_of(request, "number"), person=person_of(request), by=caller_of(request)
        )
        return Response(status=204)


def in_order(roles: frozenset[Role]) -> tuple[Role, ...]:
    """Return roles in the order of their list."""
    return tuple(role for role in Role if role in roles)


def _session(row: SessionRow, *, this: int | None) -> SessionItem:
    return SessionItem(
        number=row.number,
        means=row.means.value,
        agent=row.agent,
        made_at=instant(row.made_ms),
        seen_at=instant(row.seen_ms),
        ends_at=instant(row.ends_ms),
        locked=row.is_locked,
        is_this=row.number == this,
    )


def _settings(chosen: Settings) -> SettingsView:
    return SettingsView.model_validate(
        {
            "language": chosen.language,
            "theme": chosen.theme,
            "sound": chosen.sound,
            "shortcuts": chosen.shortcuts,
        }
    )
