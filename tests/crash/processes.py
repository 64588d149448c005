"""`a35` commands as processes that are forked from one that has loaded everything (forkserver)."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

from tests.crash.forkserver import ENDED, STARTED
from tests.crash.shim import Control

REPOSITORY: Final = Path(__file__).parents[2]
_LOAD_S: Final = 120.0


@dataclass(slots=True)
class Child:
    """One running or ended command."""

    pid: int
    control: Control | None
    out: Path
    ended: asyncio.Future[int] = field(repr=False)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return not self.ended.done()

    async def wait(self) -> int:
        """Return the exit code, negative for a signal."""
        return await asyncio.shield(self.ended)

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, return the exit code."""
        if self.is_running:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)
        return await self.wait()


class ForkServer:
    """Starts commands; see `fork_server`.

    Args:
        process: Which has loaded everything.
        counts: Whether the calls of its children can be counted.
    """

    def __init__(self, process: asyncio.subprocess.Process, *, counts: bool) -> None:
        self.counts = counts
        self._process = process
        self._numbers = count(1)
        self._starting: dict[int, asyncio.Future[int]] = {}
        self._ended: dict[int, asyncio.Future[int]] = {}

    async def start(
        self, arguments: Sequence[str | Path], *, journal: Path, control: Control | None = None
    ) -> Child:
        """Start `a35 ARGUMENTS`.

        Args:
            arguments: What stands behind `a35`.
            journal: Standard error is appended to it; standard output goes beside it.
            control: Counts its calls, from before its first line on.
        """
        number = next(self._numbers)
        out = journal.with_name(f"{journal.name}.{number}.out")
        order = {
            "id": number,
            "arguments": [str(each) for each in arguments],
            "journal": str(journal),
            "out": str(out),
            "control": None if control is None else str(control.path),
        }
        starting = asyncio.get_running_loop().create_future()
        self._starting[number] = starting
        orders = self._process.stdin
        assert orders is not None
        orders.write(json.dumps(order).encode() + b"\n")
        pid = await starting
        return Child(pid=pid, control=control, out=out, ended=self._end_of(pid))

    async def listen(self) -> None:
        """Take news until the server ends; what still ran by then counts as killed."""
        news = self._process.stdout
        assert news is not None
        async for line in news:
            told = json.loads(line)
            if STARTED in told:
                # A pid can come again: whoever had it before was told of the end already.
                self._ended[told["pid"]] = asyncio.get_running_loop().create_future()
                self._starting.pop(told[STARTED]).set_result(told["pid"])
            elif ENDED in told:
                self._end_of(told[ENDED]).set_result(told["code"])
        for ended in self._ended.values():
            if not ended.done():
                ended.set_result(-signal.SIGKILL)

    def _end_of(self, pid: int) -> asyncio.Future[int]:
        return self._ended[pid]


@asynccontextmanager
async def fork_server(
    library: Path | None, *, tree: Path = REPOSITORY, under: Sequence[str] = ()
) -> AsyncIterator[ForkServer]:
    """Run a fork server for the time of a block; its children end with it.

    Args:
        library: What `compile_shim` made; None where nothing is counted.
        tree: Where gateway, protocol, keys and node.py are taken from.
        under: A command, with its options, under which the server runs.

    Yields:
        The server, everything loaded.
    """
    preload = {} if library is None else {"LD_PRELOAD": str(library)}
    process = await asyncio.create_subprocess_exec(
        *under,
        *(sys.executable, "-P", "-m", "tests.crash.forkserver"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=_environment()
        | preload
        | {"PYTHONPATH": os.pathsep.join(map(str, (tree, REPOSITORY)))},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_LOAD_S):
            assert b"ready" in await process.stdout.readline(), "the fork server did not load"
        server = ForkServer(process, counts=library is not None)
        listening = asyncio.create_task(server.listen())
        try:
            yield server
        finally:
            process.stdin.close()
            await listening
    finally:
        process.stdin.close()
        await process.wait()


def _environment() -> dict[str, str]:
    """Return this environment without settings of A35, and without what measures coverage."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("A35_", "COVERAGE_", "COV_"))
    } | {"NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
