"""Somebody at a desk, for tests that build a part of the API alone."""

from aiohttp.typedefs import Handler, Middleware
from aiohttp.web import Request, StreamResponse, middleware

from gateway.officer.access import CALLER
from gateway.people import Caller, Role, Way


def somebody(*roles: Role, person: int | None = 3, node: str = "RO/1") -> Caller:
    """Return a person with these roles; the control socket of today if there are none."""
    if not roles:
        return Caller(
            person=None, name="desk", who=f"{node} desk", roles=frozenset(Role), way=Way.SOCKET
        )
    return Caller(
        person=person,
        name=f"Person {person}",
        who=f"{node} {roles[0].value} {person}",
        roles=frozenset(roles),
        way=Way.SESSION,
        session=person,
    )


def named(caller: Caller) -> Middleware:
    """Return the layer that says who asks."""

    @middleware
    async def name(request: Request, handler: Handler) -> StreamResponse:
        request[CALLER] = caller
        return await handler(request)

    return name
