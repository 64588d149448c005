"""What a desk does beside its messages, made over the ports of a node: notes, search, numbers.

The search's index is built beside the node's work from its start on.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Final

from gateway.errors import StorageError
from gateway.indexing import WordIndex
from gateway.journal import get_journal
from gateway.officer.services import OfficerServices
from gateway.ports import Clock
from gateway.runtime import Runtime
from gateway.service.bulletin import Bulletin, logs_source, node_source, peers_source
from gateway.service.case import Cases
from gateway.service.casework import CaseworkDesk
from gateway.service.deadlines import Deadlines, Emergencies
from gateway.service.deeds import Deed
from gateway.service.exporting import Exporting
from gateway.service.leafing import MOST, Leafing
from gateway.service.operations import Operations
from gateway.service.roster import DutyRoster
from gateway.service.searching import Search
from gateway.service.signin import BrokenGlass
from gateway.service.statistics import StatisticsDesk
from gateway.store import Store
from protocol.delivery.currency import DAY_MS, AgeLimits
from protocol.delivery.escalation import Budgets
from protocol.identifiers import NodeId

_PAGES: Final = 3
"""Of acts, each of at most 20,000 leaves, that a start looks through."""

_AGAIN_S: Final = 5.0
"""How long the bulletin rests after a look that failed."""


def with_deskwork(
    services: OfficerServices, store: Store, cases: Cases, *, budgets: Budgets
) -> OfficerServices:
    """Return the services of a desk with these beside them.

    Args:
        services: The others.
        store: Of the node.
        cases: Folds them.
        budgets: How long a step may take at this node.
    """
    clock = services.clock
    return replace(
        services,
        casework=CaseworkDesk(store, store, clock),
        roster=DutyRoster(store, store, clock),
        searching=Search(store, _new_index, clock),
        exporting=Exporting(store, services.consult, cases, clock),
        operations=Operations(store, clock, get_journal("desk")),
        counting=StatisticsDesk(store, cases, clock, budgets=budgets),
    )


def _new_index() -> WordIndex:
    # Loaded here: a node at which nobody searches holds neither sqlite-utils nor an index.
    from gateway.storage.wordindex import MemoryIndex  # noqa: PLC0415

    return MemoryIndex()


def make_bulletin(
    services: OfficerServices,
    store: Store,
    runtime: Runtime,
    *,
    budgets: Budgets,
    ages: AgeLimits | None = None,
) -> Bulletin:
    """Return what tells how this node and the others stand, and what is due.

    Args:
        services: Of the desk; the lists of messages among them, if it has any.
        store: Of the node.
        runtime: Its services.
        budgets: How long a step may take at this node.
        ages: From which ages on a directory is old; the rule's own unless given.
    """

    def unjoined() -> Iterator[NodeId]:
        return (each.origin.node for each in runtime.open_heads.all())

    clock, directory, node = services.clock, services.directory, services.config.node_id
    looks = [Emergencies(store, clock, budgets=budgets).look]
    if services.boxes is not None:
        looks.append(Deadlines(store, services.boxes, clock).look)
    return Bulletin(
        store,
        clock,
        ways=runtime.ways.all,
        sources=(
            peers_source(directory, clock, node),
            logs_source(directory, runtime.logs, unjoined, node),
            node_source(
                directory,
                runtime.health,
                services.directory_made_ms,
                clock,
                us=node,
                limits=ages or AgeLimits(),
            ),
        ),
        looks=looks,
    )


def begin_deskwork(
    services: OfficerServices,
    stack: AsyncExitStack,
    *,
    bulletin: Bulletin | None = None,
    has_pages: bool = True,
) -> None:
    """Begin what such services do by themselves, until the stack ends.

    Args:
        services: Of `with_deskwork`.
        stack: Ends it.
        bulletin: Tells how things stand, if anything does.
        has_pages: Whether people look at lists and search here; else both are read when a program
            first asks, and a node at which none does holds no index of words.
    """
    warming = asyncio.create_task(_warm(services, has_pages=has_pages))
    stack.callback(warming.cancel)
    if bulletin is not None:
        telling = asyncio.create_task(_tell(bulletin, services.clock))
        stack.callback(telling.cancel)
    if services.operations is not None:
        stack.push_async_callback(services.operations.close)


async def broken_glass(leafing: Leafing, clock: Clock) -> tuple[BrokenGlass, ...]:
    """Return who came in by break-glass in the last day, as our log states it; oldest first.

    Args:
        leafing: Reads our log.
        clock: Time.
    """
    since_ms = clock.now_ms() - DAY_MS
    found: list[BrokenGlass] = []
    before: int | None = None
    for _ in range(_PAGES):
        page = await leafing.acts(before=before, limit=MOST)
        for leaf in page.items:
            if leaf.at_ms is not None and leaf.at_ms < since_ms:
                return tuple(reversed(found))
            if leaf.what == Deed.BREAK_GLASS and leaf.at_ms is not None:
                found.append(BrokenGlass(who=leaf.who, at_ms=leaf.at_ms))
        before = page.before
        if before is None:
            break
    return tuple(reversed(found))


async def _tell(bulletin: Bulletin, clock: Clock) -> None:
    """Tell for ever, whatever one look met; a store that has failed ends the node elsewhere."""
    journal = get_journal("desk")
    while True:
        try:
            await bulletin.run()
        except StorageError as error:
            journal.warning("bulletin_failed", code=error.code)
        except Exception as error:  # noqa: BLE001  the outermost loop of this work
            journal.bug("bulletin_failed", error)
        await clock.sleep(_AGAIN_S)


async def _warm(services: OfficerServices, *, has_pages: bool) -> None:
    """Close what an earlier run left; read what the first list and search would wait for."""
    if services.door is not None and services.leafing is not None:
        services.door.signin.remember(await broken_glass(services.leafing, services.clock))
    if services.operations is not None:
        await services.operations.recover()
    if not has_pages:
        return
    if services.boxes is not None:
        await services.boxes.counts()
    if services.searching is not None:
        await services.searching.warm()
