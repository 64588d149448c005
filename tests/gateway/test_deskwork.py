"""What a desk reads ahead by itself: where there are pages, and nowhere else."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import cast

import pytest
from typing_extensions import override

from gateway.casework import Hit, SearchQuery
from gateway.deskwork import begin_deskwork
from gateway.errors import StorageError
from gateway.people import Caller
from gateway.service.bulletin import Bulletin
from gateway.service.operations import Operations
from tests.gateway.officer.world import StillClock, World


class _Searching:
    """Tells when the index of words is built."""

    def __init__(self) -> None:
        self.is_warm = asyncio.Event()

    async def warm(self) -> None:
        """Build it."""
        self.is_warm.set()

    async def search(self, query: SearchQuery, *, viewer: Caller) -> tuple[Hit, ...]:
        """Find nothing."""
        del query, viewer
        return ()


class _Operations:
    """Long work of which an earlier run left some."""

    def __init__(self) -> None:
        self.is_recovered = asyncio.Event()

    async def recover(self) -> None:
        """Say of it that it was cut off."""
        self.is_recovered.set()

    async def close(self) -> None:
        """End."""


@pytest.mark.parametrize("has_pages", [True, False])
def test_words_are_indexed_ahead_only_where_people_search(has_pages: bool) -> None:  # noqa: FBT001  drawn
    """The index of years of work is memory that a node without pages should not spend."""

    async def story() -> None:
        searching, operations = _Searching(), _Operations()
        services = replace(
            World().services(),
            boxes=None,
            searching=searching,
            operations=cast("Operations", operations),
        )
        async with AsyncExitStack() as stack:
            begin_deskwork(services, stack, has_pages=has_pages)
            await operations.is_recovered.wait()
            await asyncio.sleep(0)
            assert searching.is_warm.is_set() is has_pages

    asyncio.run(story())


class _Bulletin:
    """Fails in each way once, then goes on."""

    def __init__(self) -> None:
        self.begun = 0
        self.goes_on = asyncio.Event()

    async def run(self) -> None:
        """Look for ever."""
        self.begun += 1
        await asyncio.sleep(0)
        if self.begun == 1:
            raise StorageError("one write failed")
        if self.begun == 2:
            raise RuntimeError
        self.goes_on.set()
        await asyncio.Event().wait()


class _Hasty(StillClock):
    """A clock of which every wait is over at once."""

    @override
    async def sleep(self, seconds: float) -> None:
        """Let the others go on."""
        await asyncio.sleep(0)


def test_bulletin_goes_on_whatever_one_look_met() -> None:
    """Else no emergency, no deadline and no state would be told any more until a restart."""

    async def story() -> None:
        bulletin = _Bulletin()
        services = replace(
            World().services(), boxes=None, searching=None, operations=None, clock=_Hasty()
        )
        async with AsyncExitStack() as stack:
            begin_deskwork(services, stack, bulletin=cast("Bulletin", bulletin), has_pages=False)
            async with asyncio.timeout(60):
                await bulletin.goes_on.wait()

    asyncio.run(story())
