"""What durability costs: statements committed one by one, and many at once.

A real store in a temporary folder: sync of the disk, signature of the head, anchor. Wall time,
since waiting for the disk is what is measured; it depends on the disk more than on anything else.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from gateway.clock import SystemClock
from gateway.storage.sqlite import SqliteStore
from keys.atrest import new_store_key
from keys.nodekeys import NodeKeys
from protocol.identifiers import LogOrigin
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.signing import sign_head
from protocol.log.statement import cover, key_set_published
from tests.bench.measure import Figure, figure_of, ratio

CALLERS: Final = 64
_CLOCK: Final = SystemClock()


def measure(*, rounds: int) -> tuple[dict[str, Figure], dict[str, float]]:
    """Measure commits.

    Args:
        rounds: Turns of one caller and of 64 at once.

    Returns:
        Figures of one statement, and how much a group saves.
    """
    with TemporaryDirectory(prefix="a35-bench-") as folder:
        alone, together = asyncio.run(_play(Path(folder), rounds))
    figures = {"commit_alone": figure_of(alone), "commit_of_64": figure_of(together)}
    return figures, {
        "group_commit_gain": ratio(figures["commit_alone"], figures["commit_of_64"]),
    }


async def _play(folder: Path, rounds: int) -> tuple[list[float], list[float]]:
    store = _made(folder)
    await store.start()
    alone: list[float] = []
    together: list[float] = []
    try:
        for number in range(rounds):
            alone.append(await _timed(store, 1, number))
            together.append(await _timed(store, CALLERS, number) / CALLERS)
    finally:
        await store.close()
    return alone, together


async def _timed(store: SqliteStore, callers: int, number: int) -> float:
    statements = [
        cover((number * CALLERS + caller).to_bytes(32, "big")) for caller in range(callers)
    ]
    began = perf_counter()
    async with asyncio.TaskGroup() as group:
        for statement in statements:
            group.create_task(store.state((statement,), must_leave=True))
    return perf_counter() - began


def _made(folder: Path) -> SqliteStore:
    keys = NodeKeys.generate("RO/1", generation=1, tls_name="localhost", now_ms=_CLOCK.now_ms())
    signer = keys.signer()

    def sign(head: TreeHead) -> Checkpoint:
        return sign_head(signer, head, timestamp_s=_CLOCK.now_ms() // 1000)

    home = folder / "home"
    home.mkdir()
    return SqliteStore.create(
        home / "store.db",
        origin=LogOrigin.parse(keys.origin),
        first=key_set_published(b"key set"),
        key_set=b"key set",
        store_key=new_store_key(),
        head_signer=sign,
        clock=_CLOCK,
    )
