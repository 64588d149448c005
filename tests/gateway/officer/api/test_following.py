"""Who follows the events of a node: each role its own, and nobody longer than their session."""

import json
from pathlib import Path

from aiohttp.test_utils import TestClient, TestServer
from aiohttp.typedefs import Handler
from aiohttp.web import Application, Request, StreamResponse, middleware

from gateway.accounts import Means
from gateway.journal import get_journal
from gateway.officer.access import CALLER, SEAT
from gateway.officer.api.events import EventApi, is_shown, still_seated
from gateway.officer.api.reply import problems
from gateway.people import Role
from gateway.rows import EventRow
from gateway.service.sessions import Sessions
from gateway.service.tokens import Tokens
from tests.gateway.network import Wire, network
from tests.gateway.officer.api.test_casework import people
from tests.gateway.officer.callers import named, somebody
from tests.gateway.officer.office import office, services_of
from tests.gateway.service.world import scenario

STREAM = {"Accept": "text/event-stream"}


def event(kind: str) -> EventRow:
    """Return an event of a kind."""
    return EventRow(
        number=1,
        at_ms=1,
        kind=kind,
        mid=None,
        thread=None,
        what="x",
        by="RO/1",
        origin=None,
        index=None,
    )


def test_drafts_are_told_to_those_who_may_read_them() -> None:
    """An auditor sees a gap in the numbers, which is normal."""
    for kind in ("draft.changed", "approval.needed", "approval.done"):
        for role in Role:
            reads = role not in {Role.AUDITOR, Role.OPERATOR}
            assert is_shown(event(kind), somebody(role)) == reads
    for role in Role:
        assert is_shown(event("message.state"), somebody(role))


@scenario
async def test_role_that_is_told_nothing_goes_on_from_the_newest_event(tmp_path: Path) -> None:
    """Else its next poll would read the same events for ever."""
    async with network(tmp_path, ["RO/1"], Wire()) as net:
        node = net["RO/1"]
        services = services_of(node)
        assert services.operations is not None
        async with office(services, somebody(Role.OFFICER)) as ask:
            await ask("POST", "/log/verifications", Prefer="respond-async")
            _, news = await ask("GET", "/events?after=0")
            assert [one["event"] for one in news["items"]][:1] == ["operation"]
            assert news["next"] >= 1


@scenario
async def test_stream_ends_with_its_session(tmp_path: Path) -> None:
    """A stolen cookie follows nothing once its owner signed out."""
    async with network(tmp_path, ["RO/1"], Wire()) as net:
        node = net["RO/1"]
        [person] = await people(node, Role.OFFICER)
        sessions = Sessions(store=node.store, node=node.id, clock=node.clock)
        _, seat = await sessions.begin(person, Means.LINK, agent="a browser")

        @middleware
        async def seated(request: Request, handler: Handler) -> StreamResponse:
            request[CALLER] = seat.caller
            if "free" not in request.query:
                request[SEAT] = seat
            return await handler(request)

        tokens = Tokens(store=node.store, node=node.id, clock=node.clock)
        api = EventApi(node.store, node.clock, stands=still_seated(sessions, tokens))
        app = Application(middlewares=[problems(get_journal("test")), seated])
        app.add_routes(api.routes())
        async with TestClient(TestServer(app)) as client:
            await sessions.end(seat.session.number, person=person.number)
            async with client.get("/api/v1/events", headers=STREAM) as response:
                whole = (await response.read()).decode()
            assert whole.startswith("retry: 2000\nevent: hello\n")
            assert whole.endswith("\n\n")
            assert "event: session.ending\n" in whole
            async with client.get("/api/v1/events?free=1", headers=STREAM) as response:
                assert b"event: hello" in await response.content.readuntil(b"\n\n")
            async with client.get("/api/v1/events?after=0") as response:
                assert json.loads(await response.read())["reset"] is False


@scenario
async def test_stream_ends_with_its_token(tmp_path: Path) -> None:
    """A program follows nothing once its token was revoked, or its owner has other roles."""
    async with network(tmp_path, ["RO/1"], Wire()) as net:
        node = net["RO/1"]
        [person] = await people(node, Role.OFFICER)
        sessions = Sessions(store=node.store, node=node.id, clock=node.clock)
        tokens = Tokens(store=node.store, node=node.id, clock=node.clock)
        token, row = await tokens.make(person, "follower", by="RO/1 operator")
        shown = await tokens.caller(token)
        assert shown is not None
        api = EventApi(node.store, node.clock, stands=still_seated(sessions, tokens))
        app = Application(middlewares=[problems(get_journal("test")), named(shown)])
        app.add_routes(api.routes())
        async with TestClient(TestServer(app)) as client:
            long = {**STREAM, "Last-Event-ID": "9" * 5000}
            async with client.get("/api/v1/events", headers=long) as response:
                assert b"event: hello" in await response.content.readuntil(b"\n\n")
            await tokens.revoke(row.number, person=person.number, by="RO/1 operator")
            async with client.get("/api/v1/events", headers=STREAM) as response:
                whole = (await response.read()).decode()
            assert "event: session.ending\n" in whole
            assert "event: tick" not in whole
