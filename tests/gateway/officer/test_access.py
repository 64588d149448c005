"""The table of roles, and the mark that refuses whoever it does not name."""

import asyncio

import pytest
from aiohttp.test_utils import make_mocked_request
from aiohttp.web import Request, Response

from gateway.errors import AccessDeniedError
from gateway.officer.access import ALLOWED, CALLER, May, allows, may, need_of
from gateway.people import Caller, Role, Way


def caller(*roles: Role) -> Caller:
    """Somebody with these roles."""
    return Caller(
        person=1, name="somebody", who="RO/1 officer 1", roles=frozenset(roles), way=Way.SESSION
    )


class Handlers:
    """One marked handler, one without a mark, one for everybody."""

    @may(May.COMPOSE)
    async def compose(self, request: Request) -> Response:
        """Answer."""
        return Response(text=request.path)

    @may(May.ANYBODY)
    async def enter(self, request: Request) -> Response:
        """Answer."""
        return Response(text=request.path)

    async def bare(self, request: Request) -> Response:
        """Answer."""
        return Response(text=request.path)


def asked(who: Caller | None) -> Request:
    """A request of somebody."""
    request = make_mocked_request("GET", "/drafts")
    if who is not None:
        request[CALLER] = who
    return request


def test_role_that_the_table_names_passes_and_another_one_does_not() -> None:
    """The mark is what protects a handler."""
    handlers = Handlers()
    answered = asyncio.run(handlers.compose(asked(caller(Role.OFFICER))))
    assert answered.text == "/drafts"
    with pytest.raises(AccessDeniedError) as refused:
        asyncio.run(handlers.compose(asked(caller(Role.AUDITOR, Role.APPROVER))))
    assert refused.value.code == "forbidden_role"
    with pytest.raises(AccessDeniedError) as unknown:
        asyncio.run(handlers.compose(asked(None)))
    assert unknown.value.code == "not_signed_in"


def test_what_is_for_anybody_asks_for_no_sign_in() -> None:
    """Sign-in itself must be reachable."""
    assert asyncio.run(Handlers().enter(asked(None))).text == "/drafts"
    assert allows(caller(), May.ANYBODY)


def test_every_need_has_a_row_and_a_handler_without_a_mark_is_told_apart() -> None:
    """A new word cannot be forgotten in the table, a new handler not without its mark."""
    assert set(ALLOWED) == set(May)
    assert need_of(Handlers.compose) is May.COMPOSE
    assert need_of(Handlers.bare) is None


def test_content_is_for_neither_operator_nor_auditor() -> None:
    """docs/desk.md: the two who see how the house works never read what is in it."""
    for need in (May.READ_CONTENT, May.COMPOSE, May.APPROVE):
        assert not ALLOWED[need] & {Role.OPERATOR, Role.AUDITOR}
