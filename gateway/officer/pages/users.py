"""People administration: who belongs to the desk, with which roles; links and locks."""

import re
from dataclasses import dataclass
from typing import Final

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.accounts import Person
from gateway.errors import DataError
from gateway.officer.access import May, caller_of, may
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.forms_in import choices_of, form_of
from gateway.officer.pages.layout import ROLES
from gateway.people import Role

_VERSION: Final = re.compile(r"[0-9]{1,15}")
_USER = "/admin/users/{number:[0-9]{1,9}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A person as a row.

    Attributes:
        person: Who.
        who: As logs and other Parties see them.
        passkeys: How many they have.
        sessions: How many go on.
        tokens: How many count.
    """

    person: Person
    who: str
    passkeys: int
    sessions: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """What is shown once, to be handed over: a link or a token."""

    name: str
    text: str
    is_link: bool


class UsersPages:
    """The page /admin/users.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._door = desk.door

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get("/admin/users", self.show),
            post("/admin/users", self.add),
            post(f"{_USER}/roles", self.set_roles),
            post(f"{_USER}/lock", self.lock),
            post(f"{_USER}/unlock", self.unlock),
            post(f"{_USER}/link", self.link),
        ]

    @may(May.SEE_ADMINISTRATION)
    async def show(self, request: Request) -> Response:
        """List everybody."""
        return await self._page(request)

    @may(May.ADMINISTER)
    async def add(self, request: Request) -> Response:
        """Add a person or a program; show link or token this once."""
        form, by = await form_of(request), caller_of(request)
        try:
            person = await self._door.people.add(
                form.get("name", ""),
                await _roles(request),
                by=by,
                is_service="service" in form,
            )
        except DataError as error:
            return await self._page(
                request,
                errors={"name": str(error)},
                typed=form.get("name", ""),
                ticked=await choices_of(request, "roles"),
            )
        if person.is_service:
            token, _ = await self._door.tokens.make(person, "service", by=by.who)
            return await self._page(request, once=Once(name=person.name, text=token, is_link=False))
        return await self._with_link(request, person.number)

    @may(May.ADMINISTER)
    async def set_roles(self, request: Request) -> Response:
        """Give a person other roles; what they have open ends."""
        form = await form_of(request)
        version = form.get("version", "")
        try:
            await self._door.people.set_roles(
                _number(request),
                await _roles(request),
                by=caller_of(request),
                version=int(version) if _VERSION.fullmatch(version) else None,
            )
        except DataError as error:
            return await self._page(request, errors={f"roles-{_number(request)}": str(error)})
        return self._desk.redirect("/admin/users")

    @may(May.ADMINISTER)
    async def lock(self, request: Request) -> Response:
        """Let a person in no more."""
        await self._door.people.set_locked(_number(request), on=True, by=caller_of(request))
        return self._desk.redirect("/admin/users")

    @may(May.ADMINISTER)
    async def unlock(self, request: Request) -> Response:
        """Let a person in again."""
        await self._door.people.set_locked(_number(request), on=False, by=caller_of(request))
        return self._desk.redirect("/admin/users")

    @may(May.ADMINISTER)
    async def link(self, request: Request) -> Response:
        """Make a one-time link, and show it this once."""
        return await self._with_link(request, _number(request))

    async def _with_link(self, request: Request, number: int) -> Response:
        link = await self._door.people.link(number, by=caller_of(request))
        text = self._desk.address.enter(link.code)
        return await self._page(request, once=Once(name=link.person.name, text=text, is_link=True))

    async def _page(
        self,
        request: Request,
        *,
        once: Once | None = None,
        errors: dict[str, str] | None = None,
        typed: str = "",
        ticked: tuple[str, ...] = (),
    ) -> Response:
        return await self._desk.show(
            request,
            "users.html",
            status=422 if errors else 200,
            lines=[await self._line(person) for person in await self._door.people.all()],
            role_words=[(role.value, text) for role, text in ROLES.items()],
            once=once,
            errors=errors or {},
            typed=typed,
            ticked=ticked,
            may_combine=self._door.people.may_combine,
        )

    async def _line(self, person: Person) -> Line:
        return Line(
            person=person,
            who=self._door.people.who(person),
            passkeys=len(await self._door.passkeys.of(person.number)),
            sessions=len(await self._door.sessions.of(person.number)),
            tokens=len(await self._door.tokens.of(person.number)),
        )


async def _roles(request: Request) -> frozenset[Role]:
    return frozenset(Role(each) for each in await choices_of(request, "roles") if each in set(Role))


def _number(request: Request) -> int:
    return int(request.match_info["number"])
