"""Builds a throw-away network: a signed directory and three nodes, each a process of its own.

Nothing is simplified: real keys, real TUF metadata, real TLS on loopback ports. The homes are
unsealed by a credential file made for them, so that no slow derivation stands in the way; they
hold nothing but examples and are removed at the end, unless they are to be kept.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.clock import SystemClock
from gateway.config import (
    DeskSection,
    DirectorySection,
    DiskSection,
    DutySection,
    NodeConfig,
    PeerSection,
)
from gateway.demo.members import draft_desk, draft_members
from gateway.demo.ports import HeldPorts
from gateway.directory.admission import admit
from gateway.directory.publish import delegate, new_root, publish
from gateway.directory.signers import KeyFolder
from gateway.errors import UnavailableError
from gateway.home import Home
from gateway.officer.cli.session import read_token
from gateway.officer.client import Client
from gateway.operator.node import JOIN_FILE, create_node
from gateway.operator.start import read_credential
from keys.atrest import new_store_key

NODES: Final = (
    ("FR/1", "Example 24/7 desk, France", "Europe/Paris", "+33 1 99 00 12 40"),
    ("RO/1", "Example 24/7 desk, Romania", "Europe/Bucharest", "+40 21 555 0142"),
    ("JP/1", "Example 24/7 desk, Japan", "Asia/Tokyo", "+81 3 5555 0190"),
)
"""The Parties of the demo: fictional desks."""

_START_S: Final = 180.0
_STOP_S: Final = 8.0
_LOOK_EVERY_S: Final = 0.05
CLOCK: Final = SystemClock()


@dataclass(slots=True, kw_only=True)
class DemoNode:
    """One node of the demo, and its process while it runs."""

    name: str
    home: Home
    peer_port: int
    desk_port: int
    page: str | None = None
    process: asyncio.subprocess.Process | None = None

    @property
    def country(self) -> str:
        """The Party's code."""
        return self.name[:2]

    @property
    def api(self) -> str:
        """Where health and metrics are."""
        return f"http://localhost:{self.desk_port}"

    @property
    def peer(self) -> str:
        """Where other nodes reach it."""
        return f"https://localhost:{self.peer_port}"

    @property
    def is_up(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.returncode is None

    def client(self) -> Client:
        """Return a client of its officers' API, to be entered."""
        return Client(self.home.path, token=read_token(self.home.login))


@dataclass(slots=True, kw_only=True)
class DemoNetwork:
    """The folder of a demo network, its credential and its nodes."""

    folder: Path
    credential: Path
    root: Path
    nodes: list[DemoNode]
    directory_port: int
    ports: HeldPorts
    directory: asyncio.subprocess.Process | None = None

    def of(self, country: str) -> DemoNode | None:
        """Return the node of a Party, None if it takes no part.

        Args:
            country: Its code, or CC/n.
        """
        return next((node for node in self.nodes if node.country == country[:2]), None)

    async def start(self) -> None:
        """Start the directory and every node, and wait until all are ready.

        Raises:
            UnavailableError: One did not become ready; its journal is in the folder.
        """
        self.directory = await self._spawn(
            "directory",
            *("directory", "serve", "--out", str(self.folder / "directory")),
            *("--port", str(self.directory_port)),
        )
        for node in self.nodes:
            await self.start_node(node)
        for node in self.nodes:
            await self.wait_ready(node)

    async def start_node(self, node: DemoNode) -> None:
        """Start one node's process.

        Args:
            node: Which.
        """
        node.process = await self._spawn(
            node.country,
            *("run", "--home", str(node.home.path), "--credential-file", str(self.credential)),
        )

    async def wait_ready(self, node: DemoNode) -> None:
        """Return when a node says that it is ready.

        Args:
            node: Which.

        Raises:
            UnavailableError: Its process ended, or it took longer than three minutes.
        """
        end_s = CLOCK.monotonic_s() + _START_S
        while CLOCK.monotonic_s() < end_s:
            if node.process is None or node.process.returncode is not None:
                break
            if await is_ready(node):
                return
            await CLOCK.sleep(_LOOK_EVERY_S)
        raise UnavailableError(
            f"{node.name} did not become ready: {self._last_word(node)}",
            hint=f"run again with --keep DIR and read {node.country}.journal there",
        )

    async def stop(self) -> None:
        """End every process; one that does not end by itself is killed."""
        running = [node.process for node in self.nodes] + [self.directory]
        for process in running:
            if process is not None and process.returncode is None:
                process.terminate()
        for process in running:
            if process is not None:
                await _ended(process)

    async def stop_node(self, node: DemoNode) -> None:
        """End one node's process; it may be started again.

        Args:
            node: Which; one that is down stays so.
        """
        if node.process is not None and node.is_up:
            node.process.terminate()
            await _ended(node.process)

    def _last_word(self, node: DemoNode) -> str:
        journal = self.folder / f"{node.country}.journal"
        lines = journal.read_text(encoding="utf-8", errors="replace").splitlines()
        said = [line.removeprefix("a35: ") for line in lines if line.startswith("a35: ")]
        return (said or [line.strip() for line in lines] or ["it said nothing"])[-1]

    async def _spawn(self, name: str, *arguments: str) -> asyncio.subprocess.Process:
        with (self.folder / f"{name}.journal").open("ab") as journal:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "node"),
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=journal,
                stderr=journal,
            )


async def _ended(process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(_STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def is_ready(node: DemoNode) -> bool:
    """Ask a node's probe.

    Args:
        node: Which.
    """
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", node.desk_port)
    except OSError:
        return False
    try:
        host = f"Host: localhost:{node.desk_port}"
        writer.write(f"GET /readyz HTTP/1.1\r\n{host}\r\nConnection: close\r\n\r\n".encode())
        status = await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()
    return b" 200 " in status


def build(folder: Path, *, members: bool = False, four_eyes: bool = False) -> DemoNetwork:
    """Make keys, homes and a published directory; nothing runs yet.

    Args:
        folder: An empty folder.
        members: Whether the directory lists the example network beside the demo's own nodes.
        four_eyes: Whether second persons must approve.

    Returns:
        The network, to be started.

    Raises:
        GatewayError: The folder is not empty, or the disk refused.
    """
    credential = folder / "credential"
    descriptor = os.open(credential, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(new_store_key())
    secret = read_credential(credential)
    authority = KeyFolder(folder / "authority", secret)
    published = folder / "directory"
    made = new_root(published, authority, now_ms=CLOCK.now_ms())
    if members:
        draft_members(published, authority, now_ms=CLOCK.now_ms())
    held = HeldPorts(1 + 2 * len(NODES))
    directory_port, *ports = held.numbers
    nodes: list[DemoNode] = []
    for number, described in enumerate(NODES):
        config = _config(
            described,
            (ports[2 * number], ports[2 * number + 1], directory_port),
            four_eyes=four_eyes,
        )
        home = Home(folder / config.node.replace("/", "-"))
        create_node(home, config, secret, clock=CLOCK, root=made.path.read_bytes())
        delegate(published, authority, config.node_id.country, now_ms=CLOCK.now_ms())
        draft_desk(published, config)
        request = (home.path / JOIN_FILE).read_bytes()
        admit(published, request, now_ms=CLOCK.now_ms())
        nodes.append(
            DemoNode(
                name=config.node,
                home=home,
                peer_port=config.peer.port,
                desk_port=config.desk.port,
            )
        )
    publish(published, authority, now_ms=CLOCK.now_ms())
    return DemoNetwork(
        folder=folder,
        credential=credential,
        root=made.path,
        nodes=nodes,
        directory_port=directory_port,
        ports=held,
    )


@asynccontextmanager
async def running(
    folder: Path, *, members: bool = False, four_eyes: bool = False
) -> AsyncIterator[DemoNetwork]:
    """Build and run a network for the time of a block.

    Args:
        folder: An empty folder.
        members: Whether the directory lists the example network too.
        four_eyes: Whether second persons must approve.

    Yields:
        The network, every node ready.
    """
    network = await asyncio.to_thread(build, folder, members=members, four_eyes=four_eyes)
    try:
        await network.start()
        yield network
    finally:
        await network.stop()


def described(network: DemoNetwork) -> str:
    """Return the first line of `a35 demo --json`.

    Args:
        network: A running network.
    """
    nodes = [
        {
            "node": node.name,
            "home": str(node.home.path),
            "pid": None if node.process is None else node.process.pid,
            "api": node.api,
            "peer": node.peer,
            "page": node.page,
        }
        for node in network.nodes
    ]
    return json.dumps({"ready": True, "root": str(network.root), "nodes": nodes})


def _config(
    described: tuple[str, str, str, str], ports: tuple[int, int, int], *, four_eyes: bool
) -> NodeConfig:
    name, title, zone, telephone = described
    peer_port, desk_port, directory_port = ports
    return NodeConfig(
        node=name,
        name=title,
        url=f"https://localhost:{peer_port}",
        peer=PeerSection(listen=f"127.0.0.1:{peer_port}"),
        desk=DeskSection(
            port=desk_port, name=f"{name} night desk", demo=True, one_person=not four_eyes
        ),
        duty=DutySection(
            name="Duty officer",
            telephone=telephone,
            email="desk247@police.example",
            time_zone=zone,
            languages=("en",),
        ),
        directory=DirectorySection(url=f"http://localhost:{directory_port}", root="root.json"),
        # A demo must run on a laptop whose disk is nearly full.
        disk=DiskSection(least_free_mib=1, least_free_percent=0),
    )
