"""A desk whose messages a test writes itself, and drafts that keep what they are given."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

from gateway.casework import Searching
from gateway.drafting import DeskDrafts, DraftRow, DraftState
from gateway.officer.desk import DeskParts
from gateway.officer.services import OfficerServices
from gateway.people import Caller
from gateway.service.boxes import Boxes
from protocol.delivery.escalation import Budgets
from tests.gateway.network import Network, Node
from tests.gateway.officer.boxbook import BoxShelf
from tests.gateway.officer.pages.world import DeskWorld, desk_world
from tests.gateway.officer.world import NOW_MS, World


class KeptDrafts:
    """The part of DeskDrafts by which answers become drafts."""

    def __init__(self) -> None:
        self.documents: list[bytes] = []
        self.rows: list[DraftRow] = []

    async def create(self, document: bytes, *, by: Caller) -> DraftRow:
        """Keep a document."""
        self.documents.append(document)
        return draft_row(len(self.documents), by.who)

    async def list(self, viewer: Caller) -> tuple[DraftRow, ...]:
        """Return what the test put in."""
        del viewer
        return tuple(self.rows)


def draft_row(number: int, who: str) -> DraftRow:
    """Return a draft."""
    return DraftRow(
        id=f"{number:032x}",
        version=1,
        state=DraftState.EDITING,
        author=3,
        author_who=who,
        editor_who=who,
        type="decision",
        to="FR/1",
        title="",
        created_ms=NOW_MS,
        saved_ms=NOW_MS,
    )


def with_drafts(drafts: KeptDrafts) -> Callable[[Network, Node, DeskParts], DeskParts]:
    """Return what gives a desk these drafts."""

    def complete(_net: Network, _node: Node, parts: DeskParts) -> DeskParts:
        return replace(parts, drafts=cast("DeskDrafts", drafts))

    return complete


@asynccontextmanager
async def written_desk(
    folder: Path, world: World, *, searching: Searching | None = None
) -> AsyncIterator[DeskWorld]:
    """Open a desk over the messages of a world in memory; its people are real."""

    def change(services: OfficerServices) -> OfficerServices:
        own = world.services()
        shelf = BoxShelf(world.book)
        boxes = Boxes(shelf, shelf, own.consult, world.clock, budgets=Budgets())
        return replace(
            services,
            consult=own.consult,
            act=own.act,
            directory=own.directory,
            peers=own.peers,
            clock=world.clock,
            evidence=world.evidence,
            searching=searching,
            boxes=boxes,
        )

    async with desk_world(folder, change=change) as desk:
        yield desk
