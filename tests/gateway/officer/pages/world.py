"""A desk of pages in one process: real store, real services of nodes, people who have signed in.

    @desk_test
    async def test_inbox_is_shown(desk: DeskWorld) -> None:
        officer = await desk.visitor(Role.OFFICER)
        answer = await officer.get("/inbox")
        assert answer.status == 200

`desk.node` is RO/1 and `desk.peer` FR/1: with `tests.gateway.service.world` requests are sent
between them (`await desk.received()` sends one to RO and waits until it lies in its inbox).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, DummyCookieJar
from aiohttp.test_utils import TestServer
from aiohttp.web import Application

from gateway.accounts import Means, Person
from gateway.config import DeskSection, DutySection, NodeConfig
from gateway.demo.members import members
from gateway.officer.adapters.passkeys import WebAuthn
from gateway.officer.desk import DeskParts, build_desk_app
from gateway.officer.guards import Address
from gateway.officer.services import OfficerServices
from gateway.people import Caller, Role, Way
from gateway.service.boxes import Boxes
from gateway.service.cancel import Cancel
from gateway.service.casework import CaseworkDesk
from gateway.service.consult import Consult
from gateway.service.frontdoor import FrontDoor, make_front_door
from gateway.service.leafing import Leafing
from gateway.service.prove import Prove, listed_keys
from gateway.service.signin import Passwords
from keys.password import Cost
from protocol.cases.ladder import MessageState
from protocol.delivery.escalation import Budgets
from protocol.identifiers import MessageId
from tests.gateway.network import Network, Node, Wire, network
from tests.gateway.officer.world import Healthy
from tests.gateway.service.world import request, send, until_state

NAMES = ("RO/1", "FR/1")
CHEAP = Cost(ops=1, memory_bytes=8 * 1024)
"""The least that argon2id takes: no test waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, read to its end."""

    status: int
    text: str
    headers: Mapping[str, str]

    def json(self) -> Any:  # noqa: ANN401  as json.loads
        """Return the body as JSON."""
        return json.loads(self.text)


@dataclass(slots=True, kw_only=True)
class Visitor:
    """A browser, or a program, in front of a desk; redirects are not followed."""

    http: ClientSession
    base: str
    person: Person | None = None
    csrf: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Fetch a page or an address of the API."""
        return await self.ask("GET", path, headers=headers)

    async def post(
        self, path: str, form: Mapping[str, str] | None = None, *, csrf: str | None = None
    ) -> Answer:
        """Send a form of a page, with its token and as a browser does."""
        token = self.csrf if csrf is None else csrf
        return await self.ask(
            "POST", path, data={"csrf": token, **(form or {})}, headers=self.own()
        )

    async def send(self, method: str, path: str, body: object = None) -> Answer:
        """Call the API with JSON, as a script of a page does."""
        data = None if body is None else json.dumps(body).encode()
        headers = {**self.own(), "X-CSRF-Token": self.csrf, "Content-Type": "application/json"}
        return await self.ask(method, path, data=data, headers=headers)

    def own(self) -> dict[str, str]:
        """Return what a browser says of a page of the desk itself."""
        return {"Origin": self.base, "Sec-Fetch-Site": "same-origin"}

    async def ask(
        self,
        method: str,
        path: str,
        *,
        data: bytes | Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make any request."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        own = {**self.headers, **(headers or {}), **({"Cookie": cookie} if cookie else {})}
        async with self.http.request(
            method, self.base + path, data=data, headers=own, allow_redirects=False
        ) as response:
            for name, morsel in response.cookies.items():
                self.cookies[name] = morsel.value
            return Answer(
                status=response.status, text=await response.text(), headers=response.headers
            )


@dataclass(slots=True, kw_only=True)
class DeskWorld:
    """A node with its desk, another node, and whoever comes in.

    Attributes:
        net: Both nodes; `net.clock.ms` is their time.
        node: RO/1, whose desk it is.
        peer: FR/1.
        parts: What the desk was built of.
        app: The desk itself.
        http: For visitors.
        base: Where the desk is reached.
        server: Listens there.
    """

    net: Network
    node: Node
    peer: Node
    parts: DeskParts
    app: Application
    http: ClientSession
    base: str
    server: TestServer

    @property
    def door(self) -> FrontDoor:
        """People, and by what they come in."""
        return self.parts.door

    @property
    def operator(self) -> Caller:
        """Whoever holds the control socket."""
        roles = frozenset({Role.OPERATOR})
        return Caller(
            person=None, name="operator", who="RO/1 operator", roles=roles, way=Way.SOCKET
        )

    async def person(self, *roles: Role, name: str = "") -> Person:
        """Add somebody."""
        count = len(await self.door.people.all()) + 1
        shown = name or f"{roles[0].value} {count} Ş."
        return await self.door.people.add(shown, frozenset(roles), by=self.operator)

    async def visitor(self, *roles: Role, person: Person | None = None) -> Visitor:
        """Return a browser in which somebody has signed in; a stranger's if no role is named."""
        visitor = Visitor(http=self.http, base=self.base)
        if roles or person:
            visitor.person = await self.person(*roles) if person is None else person
            secret, seat = await self.door.sessions.begin(
                visitor.person, Means.PASSKEY, agent="a test"
            )
            visitor.cookies[self.parts.address.cookie] = secret
            visitor.csrf = seat.caller.csrf or ""
        return visitor

    async def program(self, *roles: Role, person: Person | None = None) -> Visitor:
        """Return a program with a bearer token."""
        owner = await self.person(*roles) if person is None else person
        token, _ = await self.door.tokens.make(owner, "test", by="RO/1 operator")
        headers = {"Authorization": f"Bearer {token}"}
        return Visitor(http=self.http, base=self.base, person=owner, headers=headers)

    async def received(self, *, urgency: str = "routine", number: int = 1) -> MessageId:
        """Let FR/1 send a request to this desk; return its id once it is in the inbox."""
        sent = await send(self.peer, request(number, to="RO", urgency=urgency))
        await until_state(self.node, sent.mid, MessageState.CONSIGNED)
        return sent.mid


@asynccontextmanager
async def desk_world(
    folder: Path,
    *,
    change: Callable[[OfficerServices], OfficerServices] = lambda services: services,
    complete: Callable[[Network, Node, DeskParts], DeskParts] = lambda _net, _node, parts: parts,
    desk: DeskSection | None = None,
    names: Sequence[str] = NAMES,
    run: Sequence[str] | None = None,
) -> AsyncIterator[DeskWorld]:
    """Open two nodes and the desk of the first.

    Args:
        folder: Where their homes are made.
        change: Makes other services of the usual ones.
        complete: Adds parts that a test needs.
        desk: Settings.
        names: Of all nodes, RO/1 and FR/1 among them.
        run: Whose workers run; all if not given.
    """
    async with network(folder, names, Wire(), run=run) as net:
        for party in members():
            if {party.party} & {name[:2] for name in names}:
                net.parties[party.party] = party.entry()
        node, peer = net["RO/1"], net["FR/1"]
        section = desk or DeskSection(name="night desk")
        address = Address(section.origins)
        door = make_front_door(
            node.store,
            node.id,
            node.clock,
            may_combine=section.combined_roles,
            rules=WebAuthn(),
            passwords=Passwords(cost=CHEAP),
        )
        services = replace(services_of(node, desk=section), door=door, enter=address.enter)
        services = change(services)
        parts = complete(net, node, DeskParts(services=services, door=door, address=address))
        app = build_desk_app(parts)
        server = TestServer(app, host="127.0.0.1")
        await server.start_server(shutdown_timeout=0.1)
        address.port = server.port or 0
        http = ClientSession(cookie_jar=DummyCookieJar())
        try:
            yield DeskWorld(
                net=net,
                node=node,
                peer=peer,
                parts=parts,
                app=app,
                http=http,
                base=f"http://localhost:{address.port}",
                server=server,
            )
        finally:
            await http.close()
            await server.close()


def desk_test(
    test: Callable[[DeskWorld], Coroutine[Any, Any, None]],
) -> Callable[[Path], None]:
    """Make a scenario at a desk a test that pytest runs."""

    def run(tmp_path: Path) -> None:
        async def play() -> None:
            async with desk_world(tmp_path) as desk:
                await test(desk)

        asyncio.run(play())

    # Not `wraps`: pytest would look for the arguments of the scenario.
    run.__name__, run.__doc__ = test.__name__, test.__doc__
    run.__module__, run.__qualname__ = test.__module__, test.__qualname__
    return run


def services_of(node: Node, *, desk: DeskSection) -> OfficerServices:
    """Return the services of a node, as the assembly makes them."""
    healthy = Healthy()
    runtime, store = node.runtime, node.store
    config = NodeConfig(
        node=str(node.id),
        name="Example service",
        url="https://localhost",
        desk=desk,
        duty=DutySection(name="Officer 3", telephone="+40215550142", languages=("ro",)),
    )
    consult = Consult(
        store,
        node.directory,
        node.clock,
        cases=runtime.cases,
        late=store,
        ways=runtime.ways,
        budgets=Budgets(),
    )
    return OfficerServices(
        submit=runtime.submit,
        act=runtime.act,
        cancel=Cancel(store=store, clock=node.clock),
        consult=consult,
        boxes=Boxes(store, store, consult, node.clock, budgets=Budgets()),
        mutes=store,
        casework=CaseworkDesk(store, store, node.clock),
        prove=Prove(
            store,
            *node.keys.signer().verifiers,
            listed=partial(listed_keys, node.directory),
            held=runtime.peers.held,
        ),
        health=healthy,
        peers=runtime.peers,
        store=store,
        directory=node.directory,
        config=config,
        clock=node.clock,
        metrics=healthy,
        holds=store,
        contact=runtime.contact,
        leafing=Leafing(store),
    )
