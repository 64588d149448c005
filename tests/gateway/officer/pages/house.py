"""A desk with all that the house needs: roster, numbers, case notes, and, if asked for, paper."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from json import dumps
from pathlib import Path
from typing import Any

from gateway.deskwork import with_deskwork
from gateway.evidence.export import Export
from gateway.officer.desk import DeskParts
from gateway.service.comparing import Comparing
from gateway.service.history import PartyHistory
from protocol.delivery.escalation import Budgets
from tests.gateway.evidence.world import Book
from tests.gateway.network import Network, Node
from tests.gateway.officer.pages.world import DeskWorld, desk_world

Scenario = Callable[[DeskWorld], Coroutine[Any, Any, None]]


def house_test(test: Scenario) -> Callable[[Path], None]:
    """Make a scenario at a desk with roster and numbers a test that pytest runs."""
    return _made(test, lambda _folder: _furnished)


def paper_test(test: Scenario) -> Callable[[Path], None]:
    """The same at a desk that also prints: it holds a directory that was really verified."""
    return _made(test, _printing)


def _furnished(_net: Network, node: Node, parts: DeskParts) -> DeskParts:
    services = with_deskwork(parts.services, node.store, node.runtime.cases, budgets=Budgets())
    services = replace(
        services,
        comparing=Comparing(node.runtime.engine, node.runtime.peers, lambda: ()),
        history=PartyHistory(_states),
    )
    return replace(parts, services=services)


async def _states(country: str) -> Sequence[tuple[int, bytes | None]]:
    """Return two entries of Romania, the second with a hostile name."""
    await asyncio.sleep(0)
    names = ("Romania", "<b>Romania\u202e") if country == "RO" else ()
    return [(1000 * at, dumps({"name": name}).encode()) for at, name in enumerate(names)]


def _printing(folder: Path) -> Callable[[Network, Node, DeskParts], DeskParts]:
    def complete(net: Network, node: Node, parts: DeskParts) -> DeskParts:
        book = Book.of(net, folder / "authority")
        export = Export(store=node.store, blobs=node.blobs, states=book, clock=node.clock)
        furnished = _furnished(net, node, parts)
        services = replace(furnished.services, paper=export, evidence=export)
        return replace(furnished, services=services)

    return complete


def _made(
    test: Scenario, furnish: Callable[[Path], Callable[[Network, Node, DeskParts], DeskParts]]
) -> Callable[[Path], None]:
    def run(tmp_path: Path) -> None:
        async def play() -> None:
            async with desk_world(tmp_path, complete=furnish(tmp_path)) as desk:
                await test(desk)

        asyncio.run(play())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    run.__module__, run.__qualname__ = test.__module__, test.__qualname__
    return run
