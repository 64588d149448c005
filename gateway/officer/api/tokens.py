"""Bearer tokens of programs, and programs that are let in by a code that a person confirms.

A token is made from a page alone, never by a token: one that was stolen makes no second one.
"""

from collections.abc import Callable

from aiohttp.web import Request, Response, RouteDef, delete, get, post

from gateway.accounts import TokenRow
from gateway.errors import NoInputError
from gateway.officer.access import CALLER, May, caller_of, may
from gateway.officer.api.me import in_order, person_of, seat_of
from gateway.officer.api.reply import BASE, answer, index_of, read
from gateway.officer.shapes.moments import instant, instant_or_none
from gateway.officer.shapes.people import (
    DeviceConfirm,
    DeviceConfirmed,
    DeviceRequest,
    DeviceTake,
    DeviceToken,
    DeviceView,
    TokenItem,
    TokenList,
    TokenMade,
    TokenRequest,
)
from gateway.people import Way
from gateway.service.devices import ANYWHERE, SOCKET
from gateway.service.frontdoor import FrontDoor


class TokensApi:
    """The resources /tokens and /devices.

    Args:
        door: People, and by what they come in.
        enter: Makes the address of a one-time code.
    """

    __slots__ = ("_door", "_enter")

    def __init__(self, door: FrontDoor, enter: Callable[[str], str]) -> None:
        self._door = door
        self._enter = enter

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get(f"{BASE}/tokens", self.tokens),
            post(f"{BASE}/tokens", self.make_token),
            delete(f"{BASE}/tokens/this", self.revoke_this),
            delete(f"{BASE}/tokens/{{number}}", self.revoke_token),
            post(f"{BASE}/devices", self.begin),
            post(f"{BASE}/devices/token", self.take),
            post(f"{BASE}/devices/confirm", self.confirm),
        ]

    @may(May.SELF)
    async def tokens(self, request: Request) -> Response:
        """List one's tokens."""
        rows = await self._door.tokens.of(person_of(request))
        return answer(TokenList(items=tuple(map(token_item, rows))))

    @may(May.SELF)
    async def make_token(self, request: Request) -> Response:
        """Make a token; it is shown this once."""
        seat, asked = seat_of(request), await read(request, TokenRequest)
        self._door.sessions.refuse_stale(seat)
        token, row = await self._door.tokens.make(
            seat.person,
            asked.name,
            by=seat.caller.who,
            roles=None if asked.roles is None else frozenset(asked.roles),
        )
        return answer(TokenMade(token=token, item=token_item(row)), status=201)

    @may(May.SELF)
    async def revoke_this(self, request: Request) -> Response:
        """Let the token that was shown count no more.

        Raises:
            NoInputError: None was shown.
        """
        caller = caller_of(request)
        if caller.token is None:
            raise NoInputError("this call shows no token")
        await self._door.tokens.revoke(caller.token, person=person_of(request), by=caller.who)
        return Response(status=204)

    @may(May.SELF)
    async def revoke_token(self, request: Request) -> Response:
        """Let one of one's tokens count no more."""
        await self._door.tokens.revoke(
            index_of(request, "number"), person=person_of(request), by=caller_of(request).who
        )
        return Response(status=204)

    @may(May.SELF)
    async def confirm(self, request: Request) -> Response:
        """Let in the program whose screen shows a code."""
        seat, asked = seat_of(request), await read(request, DeviceConfirm)
        self._door.sessions.refuse_stale(seat)
        return answer(
            DeviceConfirmed(name=self._door.devices.confirm(asked.code, seat.person).name)
        )

    @may(May.ANYBODY)
    async def begin(self, request: Request) -> Response:
        """Let a program wait until a person confirms its code."""
        asked = await read(request, DeviceRequest)
        caller = request.get(CALLER)
        is_socket = caller is not None and caller.way is Way.SOCKET
        secret, waiting = self._door.devices.begin(
            asked.name, source=SOCKET if is_socket else ANYWHERE
        )
        return answer(
            DeviceView(
                secret=secret,
                code=waiting.code,
                page=self._enter("").partition("/enter")[0] + "/login",
                ends_at=instant(waiting.ends_ms),
            ),
            status=201,
        )

    @may(May.ANYBODY)
    async def take(self, request: Request) -> Response:
        """Give the token of a program that was let in, once."""
        asked = await read(request, DeviceTake)
        return answer(DeviceToken(token=await self._door.devices.take(asked.secret)))


def token_item(row: TokenRow) -> TokenItem:
    """Show what is kept of a token."""
    return TokenItem(
        number=row.number,
        name=row.name,
        roles=in_order(row.roles),
        made_at=instant(row.made_ms),
        ends_at=instant(row.ends_ms),
        used_at=instant_or_none(row.used_ms),
    )
