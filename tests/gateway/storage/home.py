"""A home folder with a SqliteStore in it, made, opened and closed as tests need it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from gateway.storage.gate import Gate
from gateway.storage.sequence import HeadSigner
from gateway.storage.sqlite import SqliteStore
from protocol.log.recovery import Start, StartDecision
from tests.gateway.storage.material import (
    KEY_SET,
    ORIGIN,
    STORE_KEY,
    TestClock,
    first_statement,
    head_signer,
)

T = TypeVar("T")


def open_gate() -> Gate:
    """Return the gate of a log that begins now."""
    return Gate(StartDecision(start=Start.ORDINARY, why="a test"), is_open=True)


@dataclass
class Home:
    """One node's folder; its anchor lies beside it."""

    folder: Path
    clock: TestClock = field(default_factory=TestClock)
    signer: HeadSigner | None = None

    @property
    def database(self) -> Path:
        """The database file."""
        return self.folder / "store.db"

    @property
    def anchor(self) -> Path:
        """The anchor file."""
        return self.folder.with_name(self.folder.name + ".anchor")

    def create(self) -> SqliteStore:
        """Make the store; not started."""
        self.folder.mkdir(exist_ok=True)
        return SqliteStore.create(
            self.database,
            origin=ORIGIN,
            first=first_statement(),
            key_set=KEY_SET,
            store_key=STORE_KEY,
            head_signer=self.signer or head_signer(self.clock),
            clock=self.clock,
        )

    def open(self, *, store_key: bytes = STORE_KEY) -> SqliteStore:
        """Open the store; not started."""
        return SqliteStore.open(
            self.database,
            origin=ORIGIN,
            store_key=store_key,
            head_signer=self.signer or head_signer(self.clock),
            clock=self.clock,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[SqliteStore]:
        """Make the store, or open the one that is there, and run it."""
        store = self.open() if self.database.exists() else self.create()
        await store.start()
        if not store.may_sign:
            await store.begin_signing(None)
        try:
            yield store
        finally:
            await store.close()

    def play(self, scenario: Callable[[SqliteStore], Awaitable[T]]) -> T:
        """Run one scenario between a start and an orderly end."""

        async def whole() -> T:
            async with self.running() as store:
                return await scenario(store)

        return asyncio.run(whole())
