"""Both ends of an exchange, ours and those of AS2, started for the time of a block.

Ours is whole: seal, TLS, verify, durable commit, receipt, verify, durable commit; and, beyond
what is compared, opening into the duty inbox and the receipt for that. That of pyas2lib has the
same aiohttp, TLS 1.3, kept-alive connections and SQLite settings.
"""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from gateway.demo.network import DemoNode, build
from gateway.storage.connection import connect_reader
from tests.bench.peers.keys import make_keys
from tests.bench.process import forget_peak, peak_of
from tests.bench.run import Run

FROM: Final = "RO/1"
TO: Final = "FR/1"
ROOT: Final = Path(__file__).parents[2]
_POSTS: Final = re.compile(rb'^a35_frames_total\{direction="out"\} ([0-9.e+]+)$', re.MULTILINE)
_LINE_MOST: Final = 1 << 27
"""Bytes of one answer of a process: a minute of single times."""


class Ours:
    """Two nodes: one in a process that also sends, one as it always runs."""

    def __init__(
        self, sender: DemoNode, receiver: DemoNode, process: asyncio.subprocess.Process
    ) -> None:
        self.sender = sender
        self.receiver = receiver
        self._process = process

    @property
    def pids(self) -> tuple[int, int]:
        """The sending node's process and the receiving one's."""
        assert self.receiver.process is not None
        return self._process.pid, self.receiver.process.pid

    async def run(self, *, size: int, at_once: int, count: int = 0, seconds: float = 0.0) -> Run:
        """Send so many, or for so long, and return what both ends took."""
        nodes = (self.sender, self.receiver)
        posts, heads = await _posts(nodes), _heads(nodes)
        order = {"size": size, "count": count, "seconds": seconds, "at_once": at_once}
        found = await _ask(self._process, order | {"other": self.pids[1]})
        after = zip(_heads(nodes), heads, strict=True)
        return Run(
            **found,
            posts=await _posts(nodes) - posts,
            heads=[late - early for late, early in after],
        )


class As2:
    """Two ends of pyas2lib in an environment of their own."""

    def __init__(self, python: Path, folder: Path, port: int, pid: int) -> None:
        self._python = python
        self._folder = folder
        self._port = port
        self._pid = pid

    async def run(self, *, size: int, count: int, at_once: int) -> Run:
        """Send, and return what both ends took."""
        forget_peak(self._pid)
        words = map(str, ("send", self._folder, self._port, size, count, at_once))
        process = await _spawn_as2(self._python, *words)
        out, _ = await process.communicate()
        if process.returncode:
            raise ChildProcessError("the sending end of AS2 failed")
        found = json.loads(out)
        found["rss_kib"] = [found["rss_kib"], peak_of(self._pid)]
        return Run(**found, posts=count)


@asynccontextmanager
async def ours(folder: Path) -> AsyncIterator[Ours]:
    """Run two nodes for the time of a block."""
    network = await asyncio.to_thread(build, folder)
    sender = next(node for node in network.nodes if node.name == FROM)
    receiver = next(node for node in network.nodes if node.name == TO)
    others = replace(network, nodes=[node for node in network.nodes if node is not sender])
    words = ("-m", "tests.bench.host", str(sender.home.path), str(network.credential), TO)
    process: asyncio.subprocess.Process | None = None
    try:
        # The others wait for this one before they sign, and it for them.
        with (folder / "host.journal").open("wb") as journal:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=journal,
                limit=_LINE_MOST,
            )
        await others.start()
        await _line(process)
        yield Ours(sender, receiver, process)
        assert process.stdin is not None
        process.stdin.close()  # it ends with its orders
        await process.wait()
    finally:
        if process is not None and process.returncode is None:
            process.kill()  # something failed: its home is thrown away
            await process.wait()
        await others.stop()


@asynccontextmanager
async def as2(python: Path, folder: Path) -> AsyncIterator[As2]:
    """Run the receiving end of pyas2lib for the time of a block."""
    make_keys(folder)
    process = await _spawn_as2(python, "serve", str(folder))
    try:
        port = json.loads(await _line(process))["port"]
        yield As2(python, folder, port, process.pid)
    finally:
        process.terminate()
        await process.wait()


async def _spawn_as2(python: Path, *words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        python,
        *("-m", "tests.bench.peers.as2", *words),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )


async def _posts(nodes: tuple[DemoNode, ...]) -> int:
    """Return how many POSTs nodes sent to any other so far."""
    total = 0
    for node in nodes:
        reader, writer = await asyncio.open_connection("127.0.0.1", node.desk_port)
        host = f"Host: localhost:{node.desk_port}"
        writer.write(f"GET /metrics HTTP/1.1\r\n{host}\r\nConnection: close\r\n\r\n".encode())
        found = _POSTS.search(await reader.read())
        writer.close()
        total += int(float(found.group(1))) if found else 0
    return total


def _heads(nodes: tuple[DemoNode, ...]) -> list[int]:
    """Return how many heads each node signed so far."""
    signed = []
    for node in nodes:
        with closing(connect_reader(node.home.store)) as reader:
            row = reader.execute("SELECT count(*) FROM checkpoint").fetchone()
            signed.append(int(row[0]))
    return signed


async def _ask(process: asyncio.subprocess.Process, order: dict[str, Any]) -> dict[str, Any]:
    assert process.stdin is not None
    process.stdin.write(json.dumps(order).encode() + b"\n")
    found: dict[str, Any] = json.loads(await _line(process))
    return found


async def _line(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line:
        raise ChildProcessError("the other process ended")
    return line
