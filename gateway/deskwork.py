"""What a desk does beside its messages, made over the ports of a node: notes, search, numbers.

The search's index is built beside the node's work from its start on.
"""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

from gateway.journal import get_journal
from gateway.officer.services import OfficerServices
from gateway.service.case import Cases
from gateway.service.casework import CaseworkDesk
from gateway.service.exporting import Exporting
from gateway.service.operations import Operations
from gateway.service.roster import DutyRoster
from gateway.service.searching import Search
from gateway.service.statistics import StatisticsDesk
from gateway.storage.wordindex import MemoryIndex
from gateway.store import Store
from protocol.delivery.escalation import Budgets


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
        searching=Search(store, MemoryIndex(), clock),
        exporting=Exporting(store, services.consult, cases, clock),
        operations=Operations(store, clock, get_journal("desk")),
        counting=StatisticsDesk(store, cases, clock, budgets=budgets),
    )


def begin_deskwork(services: OfficerServices, stack: AsyncExitStack) -> None:
    """Begin what such services do by themselves, until the stack ends.

    Args:
        services: Of `with_deskwork`.
        stack: Ends it.
    """
    warming = asyncio.create_task(_warm(services))
    stack.callback(warming.cancel)
    if services.operations is not None:
        stack.push_async_callback(services.operations.close)


async def _warm(services: OfficerServices) -> None:
    """Close what an earlier run left; read what the first list and search would wait for."""
    if services.operations is not None:
        await services.operations.recover()
    if services.boxes is not None:
        await services.boxes.counts()
    if services.searching is not None:
        await services.searching.warm()
