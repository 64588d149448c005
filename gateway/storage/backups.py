"""A running node's backups: made by the node itself, one at a time, and the folder of the nightly.

The name of a nightly file says whose it is and when it was made: `a35-RO-1-20261122T031500Z.a35b`.
Only files of that form are counted and removed; whatever else lies there is left alone.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gateway.home import Home
from gateway.ports import Clock
from gateway.records import SignedHead
from gateway.storage.backup import BackupReport, Progress, make_backup
from gateway.storage.blob_files import disk
from protocol.identifiers import NodeId

_TIME: Final = "%Y%m%dT%H%M%SZ"
_SUFFIX: Final = ".a35b"


class HomeBackups:
    """Makes backups of one running node.

    Args:
        home: The node's folder.
        store_key: 32 bytes, secret.
        head: Gives the newest signed head.
        clock: Time.
    """

    def __init__(
        self,
        home: Home,
        *,
        store_key: bytes,
        head: Callable[[], SignedHead | None],
        clock: Clock,
    ) -> None:
        self._home = home
        self._store_key = store_key
        self._head = head
        self._clock = clock
        self._lock = asyncio.Lock()

    async def make(self, target: Path, progress: Progress) -> BackupReport:
        """Make one; a second call waits for the first.

        Args:
            target: The file; it must not exist.
            progress: Called from another thread.

        Raises:
            GatewayError: As `make_backup`.
        """
        async with self._lock:
            return await asyncio.to_thread(
                make_backup,
                self._home,
                target,
                store_key=self._store_key,
                since=self._head(),
                now_ms=self._clock.now_ms(),
                progress=progress,
            )


class BackupFolder:
    """The folder of the nightly backups; implements service.nightly.Backups.

    Args:
        backups: Makes them.
        folder: Where; it exists.
        node: Whose.
        keep: How many stay.
    """

    def __init__(self, backups: HomeBackups, folder: Path, *, node: NodeId, keep: int) -> None:
        self._backups = backups
        self._folder = folder
        self._prefix = f"a35-{node.country}-{node.number}-"
        self._keep = keep

    def newest_ms(self, now_ms: int) -> int | None:
        """Return when the newest backup there was made, None if there is none.

        Args:
            now_ms: What is dated later, by a clock that was wrong, counts for nothing.

        Raises:
            StorageError: The folder cannot be read.
        """
        return max((each for each in self._found() if each <= now_ms), default=None)

    async def make(self, now_ms: int) -> int:
        """Make one, then remove the oldest beyond those that stay; return its length.

        Args:
            now_ms: Names it.

        Raises:
            GatewayError: It was not made; no other one was removed.
        """
        name = datetime.fromtimestamp(now_ms / 1000, UTC).strftime(_TIME)
        target = self._folder / f"{self._prefix}{name}{_SUFFIX}"
        report = await self._backups.make(target, lambda _done, _all: None)
        found = self._found()
        with disk("the folder of backups"):
            for made_ms in sorted(found)[: -self._keep]:
                found[made_ms].unlink(missing_ok=True)
        return report.file_bytes

    def _found(self) -> dict[int, Path]:
        """Return the backups of this node by time."""
        form = re.compile(rf"{re.escape(self._prefix)}(\d{{8}}T\d{{6}}Z){re.escape(_SUFFIX)}")
        found = {}
        with disk("the folder of backups"):
            for path in self._folder.iterdir():
                match = form.fullmatch(path.name)
                if match is not None:
                    moment = datetime.strptime(match[1], _TIME).replace(tzinfo=UTC)
                    found[int(moment.timestamp() * 1000)] = path
        return found
