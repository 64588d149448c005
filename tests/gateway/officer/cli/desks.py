"""Two desks of a real network, each with its commands, for tests of what officers do together."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

import pytest
from aiohttp.web import AppRunner, UnixSite

from gateway.demo.members import members
from gateway.officer.server import build_officer_app
from protocol.identifiers import NodeId
from tests.gateway.network import Network, Node, Wire, network
from tests.gateway.officer.cli.session import Ended, Shell
from tests.gateway.officer.office import services_of
from tests.gateway.officer.world import World

Capture = pytest.CaptureFixture[str]
RO = NodeId("RO", 1)
DE = NodeId("DE", 1)


async def serve(node: Node, folder: Path) -> AppRunner:
    """Open the officers' side of one node in a folder."""
    world = World()
    services = replace(
        world.services(),
        contact=node.runtime.contact,
        directory=node.directory,
        clock=node.clock,
        config=world.config.model_copy(update={"node": str(node.id)}),
        exporting=services_of(node).exporting,
    )
    runner = AppRunner(build_officer_app(services), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await UnixSite(runner, str(folder / "control")).start()
    return runner


@contextmanager
def desks(folder: Path, capture: Capture) -> Iterator[tuple[Shell, Shell, Network]]:
    """Run FR/1 and RO/1, and DE/1 which nobody reaches; yield the desks of the first two."""
    ready, over = Event(), Event()
    made: list[Network] = []
    with TemporaryDirectory(prefix="a35") as name:
        places = [Path(name) / "fr", Path(name) / "ro"]
        for place in places:
            place.mkdir()

        async def play() -> None:
            wire = Wire(cut={(NodeId("FR", 1), DE), (RO, DE)})
            names = ["FR/1", "RO/1", "DE/1"]
            async with network(folder, names, wire, run=names[:2]) as net:
                party = next(each for each in members() if each.party == "RO")
                net.parties["RO"] = party.entry()
                runners = [
                    await serve(net[each], place)
                    for each, place in zip(names[:2], places, strict=True)
                ]
                made.append(net)
                ready.set()
                await asyncio.to_thread(over.wait)
                for runner in runners:
                    await runner.cleanup()

        thread = Thread(target=lambda: asyncio.run(play()))
        thread.start()
        try:
            assert ready.wait(120)
            yield Shell(places[0], capture), Shell(places[1], capture), made[0]
        finally:
            over.set()
            thread.join(20)


def printed(ended: Ended) -> list[Any]:
    """Return the documents of standard output, on which the network's journal appears too here."""
    return [json.loads(line) for line in ended.out.splitlines() if line[:1] in "[{"]
