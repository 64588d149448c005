"""Two nodes and their directory, put back into the same state before every kill point.

The network is the demo's: real keys, TUF metadata, TLS on loopback ports. Its third node is never
started. Homes are copies of a template: of nodes as `a35 init` left them, or of nodes that have
met and have exchanged a message.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Final

from gateway.demo.network import DemoNetwork, DemoNode, build, is_ready
from gateway.home import Home
from tests.crash.processes import Child, ForkServer
from tests.crash.shim import Control, Mode

LOOK_EVERY_S: Final = 0.01
READY_S: Final = 60.0
STOP_S: Final = 30.0


class Side(StrEnum):
    """Who dies: the node that sends the message of a script, or the one that receives it."""

    SENDER = "sender"
    RECEIVER = "receiver"

    @property
    def other(self) -> "Side":
        """Who lives."""
        return Side.RECEIVER if self is Side.SENDER else Side.SENDER


class Template(StrEnum):
    """What a home is put back to."""

    NEW = "new"
    MET = "met"


class NotReadyError(Exception):
    """A node did not become ready; the text is its last word."""


class World:
    """One network; `open_world` opens and closes it.

    Args:
        server: Starts every process.
        folder: Of the network, with a short name for the sockets of the homes.
        network: Built there and never started.
    """

    def __init__(self, server: ForkServer, folder: Path, network: DemoNetwork) -> None:
        self.server = server
        self.folder = folder
        self.network = network
        self.nodes: dict[Side, DemoNode] = dict(zip(Side, self.network.nodes, strict=False))
        self.children: dict[Side, Child] = {}
        self.next_by: dict[Side, ForkServer] = {}
        self.mended = asyncio.Lock()
        self.homes: dict[Side, Home] = {side: node.home for side, node in self.nodes.items()}
        self.controls = {side: Control(folder / f"{side}.control") for side in Side}
        self.journals = {side: folder / f"{side}.journal" for side in Side}
        self.keep(Template.NEW)

    def is_running(self, side: Side) -> bool:
        """Tell whether a side's process runs."""
        child = self.children.get(side)
        return child is not None and child.is_running

    async def start(self, side: Side) -> Child:
        """Start a node; its control counts from its first line on if it is armed.

        Who stands in `next_by` starts it this once, and counts in its own way.
        """
        arguments = (
            *("run", "--home", self.homes[side].path),
            *("--credential-file", self.network.credential),
        )
        other = self.next_by.pop(side, None)
        child = await (other or self.server).start(
            arguments,
            journal=self.journals[side],
            control=self.controls[side] if other is None or other.counts else None,
        )
        self.children[side] = child
        return child

    async def ready(self, side: Side) -> None:
        """Return when a node says that it is ready.

        Raises:
            NotReadyError: Its process ended, or it took too long.
        """
        end = asyncio.get_running_loop().time() + READY_S
        while not await is_ready(self.nodes[side]):
            if not self.is_running(side):
                raise NotReadyError(self.last_word(side))
            if asyncio.get_running_loop().time() > end:
                raise NotReadyError(f"not ready after {READY_S:.0f} s: {self.last_word(side)}")
            await asyncio.sleep(LOOK_EVERY_S)

    async def stop(self, side: Side) -> int:
        """Stop a node as an operator does, kill it if it does not; return its exit code."""
        child = self.children[side]
        try:
            async with asyncio.timeout(STOP_S):
                return await child.stop()
        except TimeoutError:
            return await child.stop(signal.SIGKILL)

    async def kill(self, side: Side) -> None:
        """Kill a node at whatever moment this is."""
        await self.children[side].stop(signal.SIGKILL)

    def ask_to_stop(self, side: Side) -> None:
        """Ask a node to stop, if it runs; it ends when it is done."""
        if self.is_running(side):
            with suppress(ProcessLookupError):
                os.kill(self.children[side].pid, signal.SIGTERM)

    async def run(self, *arguments: str | Path, control: Control | None = None) -> tuple[int, str]:
        """Run a command to its end; return exit code and standard output."""
        child = await self.server.start(
            arguments, journal=self.folder / "commands.journal", control=control
        )
        code = await child.wait()
        said = child.out.read_text(encoding="utf-8")
        child.out.unlink()
        return code, said

    def last_word(self, side: Side) -> str:
        """Return the last line that a side's process wrote."""
        lines = self.journals[side].read_text(encoding="utf-8", errors="replace").splitlines()
        said = [line for line in lines if line.startswith("a35: ")]
        return (said or lines or ["it said nothing"])[-1]

    def keep(self, template: Template) -> None:
        """Keep both homes as they are; no node may run."""
        kept = self.folder / "templates" / template
        for side in Side:
            home = self.homes[side]
            shutil.copytree(home.path, kept / side, ignore=shutil.ignore_patterns("control"))
            shutil.copy(home.anchor, kept / f"{side}.anchor")

    def put_back(self, template: Template) -> None:
        """Put both homes back to a template; no node may run."""
        kept = self.folder / "templates" / template
        for side in Side:
            home = self.homes[side]
            shutil.rmtree(home.path)
            shutil.copytree(kept / side, home.path)
            shutil.copy(kept / f"{side}.anchor", home.anchor)
            self.journals[side].unlink(missing_ok=True)
            self.controls[side].arm(mode=Mode.COUNT_ONLY)
        self.children.clear()

    async def close(self) -> None:
        """End every process of this network."""
        for child in self.children.values():
            await child.stop(signal.SIGKILL)
        for control in self.controls.values():
            control.close()


async def start_both(world: World) -> None:
    """Start both nodes and wait until they are ready.

    Args:
        world: No node running.

    Raises:
        NotReadyError: One is not.
    """
    for side in Side:
        await world.start(side)
    for side in Side:
        await world.ready(side)


@asynccontextmanager
async def open_world(server: ForkServer, folder: Path) -> AsyncIterator[World]:
    """Build a network and serve its directory for the time of a block.

    Args:
        server: Starts every process.
        folder: Empty, with a short name.

    Yields:
        The network, no node running.
    """
    await asyncio.to_thread(folder.mkdir, parents=True)
    world = World(server, folder, await asyncio.to_thread(build, folder))
    out, port = folder / "directory", str(world.network.directory_port)
    directory = await server.start(
        ("directory", "serve", "--out", out, "--port", port),
        journal=folder / "directory.journal",
    )
    try:
        yield world
    finally:
        await world.close()
        await directory.stop()
