"""A desk in the browser's own loop: its time, wire, disk and directory lie in the test's hand.

The nodes are real, with stores, keys and services of their own; what stands in for the network
and the clock is that of the services' tests. So a month passes in no time, and a peer is away
when a test says so.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from gateway.deskwork import make_bulletin, with_deskwork
from gateway.evidence.export import Export
from gateway.officer.desk import DeskParts
from gateway.people import Role
from gateway.service.bulletin import Bulletin
from gateway.service.draft_desk import DraftPorts
from gateway.service.drafting import Drafting
from gateway.storage.draft_parts import FolderParts
from protocol.delivery.escalation import Budgets
from tests.browser.engine import Engine, Person
from tests.browser.house import come_in
from tests.gateway.evidence.world import Book
from tests.gateway.network import Network, Node
from tests.gateway.officer.pages.world import NAMES, DeskWorld, desk_world


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """The desk of RO/1 and whoever sits there.

    Attributes:
        world: Its nodes, people, and time.
        bulletin: What tells pages how node, peers and directory stand.
    """

    world: DeskWorld
    bulletin: Bulletin
    engine: Engine
    stack: AsyncExitStack

    @property
    def url(self) -> str:
        """Where the desk is, without a slash at the end."""
        return self.world.base

    async def sits(self, *roles: Role, name: str = "", **options: Any) -> Page:  # noqa: ANN401
        """Let somebody come in by a link, as on a first day; return their page."""
        _, page = await self.comes(*roles, name=name, **options)
        return page

    async def comes(
        self,
        *roles: Role,
        name: str = "",
        **options: Any,  # noqa: ANN401  of playwright
    ) -> tuple[Person, Page]:
        """Do the same; return their browser as well."""
        person = await self.world.person(*roles, name=name)
        link = await self.world.door.people.link(person.number, by=self.world.operator)
        browser = await self.stack.enter_async_context(self.engine.person(**options))
        return browser, await come_in(browser, self.world.parts.address.enter(link.code))

    def cut_lines(self) -> None:
        """Cut every connection of a browser to the desk, event streams among them."""
        runner = self.world.server.runner
        assert runner is not None
        assert runner.server is not None
        for connection in runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()

    async def pass_time(self, ms: int) -> None:
        """Let time pass; let every node look at its work, and the desk tell what changed."""
        await self.world.net.advance(ms)
        await self.bulletin.look()


@asynccontextmanager
async def open_night(
    engine: Engine,
    folder: Path,
    *,
    names: Sequence[str] = NAMES,
    run: Sequence[str] | None = None,
    is_proving: bool = False,
) -> AsyncIterator[Night]:
    """Open the nodes, and the desk of RO/1 with all that it has; called in the browser's thread.

    Args:
        engine: The browser.
        folder: Where homes are made.
        names: Of all nodes, RO/1 and FR/1 among them.
        run: Whose workers run; all if not given.
        is_proving: Whether the desk holds a directory that was verified, and so takes evidence.
    """

    def complete(net: Network, node: Node, parts: DeskParts) -> DeskParts:
        drafts = Drafting(
            DraftPorts(
                node=node.id,
                store=node.store,
                parts=FolderParts(folder / "parts"),
                blobs=node.blobs,
                submit=node.runtime.submit,
                people=parts.door.signatories,
                clock=node.clock,
                randomness=node.runtime._ports.randomness,
                origins=lambda: parts.address.origins,
            )
        )
        node.runtime.health.serving(now=True)
        services = replace(
            with_deskwork(parts.services, node.store, node.runtime.cases, budgets=Budgets()),
            drafts=drafts,
            health=node.runtime.health,
            directory_made_ms=lambda: net.made_ms.get(node.id),
        )
        if is_proving:
            book = Book.of(net, folder / "authority")
            export = Export(store=node.store, blobs=node.blobs, states=book, clock=node.clock)
            services = replace(services, evidence=export, paper=export)
        return replace(parts, services=services, drafts=drafts)

    async with desk_world(folder, complete=complete, names=names, run=run) as world:
        node = world.node
        bulletin = make_bulletin(world.parts.services, node.store, node.runtime, budgets=Budgets())
        await bulletin.look()
        async with AsyncExitStack() as stack:
            yield Night(world=world, bulletin=bulletin, engine=engine, stack=stack)
