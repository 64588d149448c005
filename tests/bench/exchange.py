"""One acknowledged exchange of ours beside one of AS2 and one of GnuPG, in alternating runs.

Ours is whole: seal, TLS, verify, durable commit, receipt, verify, durable commit. So is that of
pyas2lib, over the same aiohttp, TLS and SQLite. GnuPG signs, encrypts, decrypts, verifies and signs
a receipt, without transport and without a log.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.demo.network import DemoNetwork, DemoNode, build
from tests.bench.peers.keys import make_keys

FROM: Final = "RO/1"
TO: Final = "FR/1"
HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run took.

    Attributes:
        messages: How many were acknowledged.
        seconds: From the first to the last.
        cpu_s: Processor time of both ends.
        times_s: Of each exchange, rising.
        rss_kib: Largest memory of each end so far.
    """

    messages: int
    seconds: float
    cpu_s: float
    times_s: Sequence[float]
    rss_kib: Sequence[float]

    @property
    def cpu_us(self) -> float:
        """Return processor time of one exchange, in microseconds."""
        return self.cpu_s / self.messages * 1e6

    def at(self, share: float) -> float:
        """Return the time that a share of the exchanges does not pass, in milliseconds."""
        return self.times_s[min(int(len(self.times_s) * share), len(self.times_s) - 1)] * 1000

    def as_json(self) -> dict[str, float]:
        """Return it as `--json` prints it."""
        return {
            "messages": self.messages,
            "per_second": round(self.messages / self.seconds, 1),
            "cpu_us": round(self.cpu_us, 1),
            "p50_ms": round(self.at(0.5), 2),
            "p99_ms": round(self.at(0.99), 2),
            "rss_mib": round(max(self.rss_kib) / 1024, 1),
        }


class Ours:
    """Two nodes: one in a process that also sends, one as it always runs."""

    def __init__(self, receiver: DemoNode, sender: asyncio.subprocess.Process) -> None:
        self._receiver = receiver
        self._sender = sender

    async def run(self, *, size: int, count: int, at_once: int) -> Run:
        """Send, and return what both ends took."""
        pid = self._receiver.process.pid if self._receiver.process is not None else 0
        before = cpu_of(pid)
        found = await _ask(self._sender, {"size": size, "count": count, "at_once": at_once})
        return Run(
            messages=found["messages"],
            seconds=found["seconds"],
            cpu_s=found["cpu_s"] + cpu_of(pid) - before,
            times_s=found["times_s"],
            rss_kib=(found["rss_kib"], peak_of(pid)),
        )


class As2:
    """Two ends of pyas2lib in an environment of their own."""

    def __init__(self, python: Path, folder: Path, port: int) -> None:
        self._python = python
        self._folder = folder
        self._port = port

    async def run(self, *, size: int, count: int, at_once: int) -> Run:
        """Send, and return what both ends took."""
        words = map(str, ("send", self._folder, self._port, size, count, at_once))
        process = await asyncio.create_subprocess_exec(
            self._python, HERE / "peers" / "as2.py", *words, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        found = json.loads(out)
        return Run(**{name: found[name] for name in Run.__dataclass_fields__})


@asynccontextmanager
async def ours(folder: Path) -> AsyncIterator[Ours]:
    """Run two nodes for the time of a block."""
    network = await asyncio.to_thread(build, folder)
    sender = next(node for node in network.nodes if node.name == FROM)
    receiver = next(node for node in network.nodes if node.name == TO)
    others = DemoNetwork(
        folder=network.folder,
        credential=network.credential,
        root=network.root,
        nodes=[node for node in network.nodes if node is not sender],
        directory_port=network.directory_port,
    )
    words = ("-m", "tests.bench.driven", str(sender.home.path), str(network.credential), TO)
    try:
        # The others wait for this one before they sign, and it for them.
        with (folder / "driven.journal").open("wb") as journal:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=journal,
                limit=1 << 26,
            )
        await others.start()
        await _line(process)
        yield Ours(receiver, process)
        assert process.stdin is not None
        process.stdin.close()  # it ends with its orders
        await process.wait()
    finally:
        await others.stop()


@asynccontextmanager
async def as2(python: Path, folder: Path) -> AsyncIterator[As2]:
    """Run the receiving end of pyas2lib for the time of a block."""
    make_keys(folder)
    process = await asyncio.create_subprocess_exec(
        python,
        HERE / "peers" / "as2.py",
        *("serve", str(folder)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        port = json.loads(await _line(process))["port"]
        yield As2(python, folder, port)
    finally:
        process.terminate()
        await process.wait()


def cpu_of(pid: int) -> float:
    """Return the processor time of a process so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_of(pid: int) -> float:
    """Return the largest memory of a process so far, in KiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return float(status.partition("VmHWM:")[2].split()[0])


async def _ask(process: asyncio.subprocess.Process, order: dict[str, int]) -> dict[str, Any]:
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
