"""What a desk reads ahead by itself: where there are pages, and nowhere else."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import cast

import pytest

from gateway.casework import Hit, SearchQuery
from gateway.deskwork import begin_deskwork
from gateway.people import Caller
from gateway.service.operations import Operations
from tests.gateway.officer.world import World


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
