"""A store whose disk has no room for some of what is written to it."""

import asyncio

from gateway.errors import StorageError
from gateway.store import Store


class Full:
    """Refuses some writings as the writer does on a full disk, until there is room.

    Args:
        store: Does everything else.
        refused: Names of operations.
    """

    def __init__(self, store: Store, *refused: str) -> None:
        self._store = store
        self._refused = refused
        self.refusals = 0
        self.has_room = False

    def __getattr__(self, name: str) -> object:
        """Return an operation of the store, or one that refuses."""
        if name in self._refused and not self.has_room:
            return self._refuse
        return getattr(self._store, name)

    async def _refuse(self, *_: object, **__: object) -> None:
        self.refusals += 1
        await asyncio.sleep(0)
        raise StorageError("no room", code="disk_full")
