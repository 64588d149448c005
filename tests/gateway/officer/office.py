"""The whole API over a real node of a test's network, asked by somebody of a chosen role."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from json import loads
from typing import Any

from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from gateway.config import DutySection, NodeConfig
from gateway.deskwork import with_deskwork
from gateway.journal import get_journal
from gateway.officer.api.reply import problems
from gateway.officer.server import api_routes
from gateway.officer.services import OfficerServices
from gateway.people import Caller
from gateway.randomness import SystemRandomness
from gateway.service.boxes import Boxes
from gateway.service.cancel import Cancel
from gateway.service.consult import Consult
from gateway.service.draft_desk import DraftPorts
from gateway.service.drafting import Drafting
from gateway.service.frontdoor import make_front_door
from gateway.service.leafing import Leafing
from gateway.service.prove import Prove
from gateway.service.unapproved import Unapproved
from gateway.storage.draft_parts import FolderParts
from protocol.delivery.escalation import Budgets
from tests.gateway.network import Node
from tests.gateway.officer.callers import named

Answer = tuple[int, Any]


def services_of(node: Node) -> OfficerServices:
    """Return what the API of a node is built of; what needs a real directory is left out."""
    store, budgets = node.store, Budgets()
    consult = Consult(
        store,
        node.directory,
        node.clock,
        cases=node.runtime.cases,
        late=store,
        ways=node.runtime.ways,
        budgets=budgets,
    )
    services = OfficerServices(
        submit=node.runtime.submit,
        act=node.runtime.act,
        consult=consult,
        prove=Prove(store, *node.keys.signer().verifiers),
        health=node.runtime.health,
        peers=node.runtime.peers,
        store=store,
        directory=node.directory,
        config=NodeConfig(
            node=str(node.id),
            name="Example service",
            url="https://localhost",
            duty=DutySection(name="Officer 3", telephone="+40215550142", languages=("ro",)),
        ),
        clock=node.clock,
        metrics=node.metrics,
        recovery=node.runtime.continuing,
        cancel=Cancel(store=store, clock=node.clock),
        holds=store,
        contact=node.runtime.contact,
        leafing=Leafing(store),
        door=make_front_door(store, node.id, node.clock, may_combine=False),
        enter=lambda code: f"http://localhost:8351/enter#{code}",
        boxes=Boxes(store, store, consult, node.clock, budgets=budgets),
        mutes=store,
    )
    return with_deskwork(services, store, node.runtime.cases, budgets=budgets)


async def with_drafts(services: OfficerServices, node: Node) -> OfficerServices:
    """Return the same with drafts, as a running node has them."""
    assert services.door is not None
    signatories = services.door.signatories
    drafts = Drafting(
        DraftPorts(
            node=node.id,
            store=node.store,
            parts=FolderParts(node.home / "drafts"),
            blobs=node.blobs,
            submit=node.runtime.submit,
            people=signatories,
            clock=node.clock,
            randomness=SystemRandomness(),
            origins=lambda: frozenset({"http://localhost:8351"}),
        )
    )
    await drafts.open()
    submit = Unapproved(node.runtime.submit, drafts, signatories)
    return replace(services, drafts=drafts, submit=submit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Calls the API in the name of one caller."""

    client: TestClient[Request, Application]

    async def __call__(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Make one call; return the status and what JSON says, else the text."""
        async with self.client.request(
            method, f"/api/v1{path}", json=body, headers=headers
        ) as response:
            raw = await response.read()
            is_json = response.content_type.endswith("json")
            return response.status, loads(raw) if is_json else raw.decode()


@asynccontextmanager
async def office(services: OfficerServices, caller: Caller) -> AsyncIterator[Office]:
    """Serve the API to one caller."""
    app = Application(middlewares=[problems(get_journal("test")), named(caller)])
    app.add_routes(api_routes(services))
    async with TestClient(TestServer(app)) as client:
        yield Office(client=client)
