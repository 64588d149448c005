"""People administration: who belongs to the desk, and with which roles."""

from collections.abc import Callable

from aiohttp.web import Request, Response, RouteDef, delete, get, post

from gateway.accounts import Person
from gateway.officer.access import May, caller_of, may
from gateway.officer.api.me import in_order
from gateway.officer.api.reply import BASE, answer, index_of, read
from gateway.officer.api.tokens import token_item
from gateway.officer.shapes.moments import instant
from gateway.officer.shapes.people import (
    LinkView,
    RolesRequest,
    TokenList,
    UserAdded,
    UserList,
    UserRequest,
    UserView,
)
from gateway.people import Caller
from gateway.service.frontdoor import FrontDoor

_USER = f"{BASE}/users/{{number}}"


class UsersApi:
    """The resource /users.

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
            get(f"{BASE}/users", self.all),
            post(f"{BASE}/users", self.add),
            get(_USER, self.show),
            post(f"{_USER}/roles", self.set_roles),
            post(f"{_USER}/lock", self.lock),
            post(f"{_USER}/unlock", self.unlock),
            post(f"{_USER}/link", self.link),
            delete(f"{_USER}/password", self.drop_password),
            get(f"{_USER}/tokens", self.tokens),
        ]

    @may(May.SEE_ADMINISTRATION)
    async def all(self, _request: Request) -> Response:
        """List everybody."""
        people = await self._door.people.all()
        return answer(UserList(items=tuple([await self._view(one) for one in people])))

    @may(May.SEE_ADMINISTRATION)
    async def show(self, request: Request) -> Response:
        """Show one person."""
        return answer(await self._view(await self._person(request)))

    @may(May.ADMINISTER)
    async def add(self, request: Request) -> Response:
        """Add a person, with a one-time link, or a program, with its token."""
        asked, by = await read(request, UserRequest), caller_of(request)
        person = await self._door.people.add(
            asked.name, frozenset(asked.roles), by=by, is_service=asked.service
        )
        return answer(await self._added(person, by), status=201)

    @may(May.ADMINISTER)
    async def set_roles(self, request: Request) -> Response:
        """Give a person other roles."""
        asked = await read(request, RolesRequest)
        person = await self._door.people.set_roles(
            index_of(request, "number"),
            frozenset(asked.roles),
            by=caller_of(request),
            version=asked.version,
        )
        return answer(await self._view(person))

    @may(May.ADMINISTER)
    async def lock(self, request: Request) -> Response:
        """Let a person in no more."""
        return await self._set_locked(request, on=True)

    @may(May.ADMINISTER)
    async def unlock(self, request: Request) -> Response:
        """Let a person in again."""
        return await self._set_locked(request, on=False)

    @may(May.ADMINISTER)
    async def link(self, request: Request) -> Response:
        """Make a one-time link."""
        link = await self._door.people.link(index_of(request, "number"), by=caller_of(request))
        return answer(
            LinkView(link=self._enter(link.code), ends_at=instant(link.ends_ms)), status=201
        )

    @may(May.ADMINISTER)
    async def drop_password(self, request: Request) -> Response:
        """Take a break-glass password away."""
        person = await self._person(request)
        await self._door.signin.set_password(person, None, by=caller_of(request))
        return Response(status=204)

    @may(May.SEE_ADMINISTRATION)
    async def tokens(self, request: Request) -> Response:
        """List the tokens of a person."""
        rows = await self._door.tokens.of((await self._person(request)).number)
        return answer(TokenList(items=tuple(map(token_item, rows))))

    async def _set_locked(self, request: Request, *, on: bool) -> Response:
        person = await self._door.people.set_locked(
            index_of(request, "number"), on=on, by=caller_of(request)
        )
        return answer(await self._view(person))

    async def _person(self, request: Request) -> Person:
        return await self._door.people.get(index_of(request, "number"))

    async def _added(self, person: Person, by: Caller) -> UserAdded:
        if person.is_service:
            token, row = await self._door.tokens.make(person, "service", by=by.who)
            return UserAdded(
                user=await self._view(person), link=None, token=token, ends_at=instant(row.ends_ms)
            )
        link = await self._door.people.link(person.number, by=by)
        return UserAdded(
            user=await self._view(person),
            link=self._enter(link.code),
            token=None,
            ends_at=instant(link.ends_ms),
        )

    async def _view(self, person: Person) -> UserView:
        door = self._door
        return UserView(
            number=person.number,
            name=person.name,
            who=door.people.who(person),
            roles=in_order(person.roles),
            service=person.is_service,
            locked=person.is_locked,
            passkeys=len(await door.passkeys.of(person.number)),
            password=person.has_password,
            sessions=len(await door.sessions.of(person.number)),
            tokens=len(await door.tokens.of(person.number)),
            made_at=instant(person.made_ms),
            version=person.version,
        )
