"""The keys of a running node, wired: another certificate is shown on both sides."""

import asyncio
from pathlib import Path

from gateway.config import NodeConfig
from gateway.directory.trusted import TrustedDirectory
from gateway.home import Home
from gateway.journal import get_journal
from gateway.locksmith import Locksmith, make_keychange
from gateway.metrics import Metrics
from gateway.operator.keyroom import KeyRoom
from gateway.operator.start import RunOptions
from gateway.peer.server import PeerServer, PeerServices
from gateway.peer.transport import HttpTransport
from keys.certificate import make_identity
from keys.keyfile import Credential
from tests.gateway.network import Node, Wire, network
from tests.gateway.peer.port import FakeReception, FixedDirectory, MemoryBlobs

SECRET = Credential(b"c" * 32)


def locksmith(node: Node, transport: HttpTransport, folder: Path) -> Locksmith:
    """Return what changes the keys of a node."""
    options = RunOptions(
        home=Home(folder),
        config=NodeConfig(node="RO/1", name="RO", url="https://localhost"),
        keys=node.keys,
        secret=SECRET,
        json_journal=False,
    )
    room = KeyRoom(options.home.keys, node.keys, SECRET)
    return Locksmith(options, node.runtime._ports, room, transport)


def test_another_certificate_is_shown_to_callers_and_to_the_called(tmp_path: Path) -> None:
    """On one side alone, half of the peers' pins would be refused later."""

    async def story() -> None:
        async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
            node = net["RO/1"]
            held = FixedDirectory()
            journal, metrics = get_journal("test"), Metrics()
            transport = HttpTransport(
                node.keys.tls, held, clock=node.clock, metrics=metrics, journal=journal
            )
            works = locksmith(node, transport, tmp_path / "h")
            following = make_identity("localhost", now_ms=node.clock.ms, days=90)
            await works.show(following)
            assert transport._identity == following
            services = PeerServices(
                reception=FakeReception(),
                directory=held,
                blobs=MemoryBlobs(),
                clock=node.clock,
                metrics=metrics,
                journal=journal,
            )
            server = PeerServer(services, node.keys.tls, trusted_certificates=held.certificates)
            works.server = server
            await works.show(following)
            assert server._identity == following

            working = asyncio.create_task(works.run())
            await asyncio.sleep(0)
            working.cancel()
            await asyncio.wait([working])

    asyncio.run(story())


def test_keys_that_wait_are_those_of_the_directory_in_use(tmp_path: Path) -> None:
    """None waits in one that nobody has fetched yet."""

    async def story() -> None:
        async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
            node = net["RO/1"]
            directory = TrustedDirectory(
                tmp_path / "directory",
                url=(tmp_path / "none").as_uri(),
                root=b"",
                clock=node.clock,
                journal=get_journal("test"),
            )
            change = make_keychange(directory, node.runtime._ports, node.runtime)
            assert change.waiting() == {}

    asyncio.run(story())
