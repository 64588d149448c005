"""Where the directory comes from: a mirror when the server is dead, a peer when all are."""

import asyncio
from pathlib import Path

import pytest
from tuf.api.exceptions import DownloadError, DownloadHTTPError

from gateway.directory.metadata import TIMESTAMP_LIFE
from gateway.directory.rivals import FOLDER, TwoDirectoriesError, check_rival
from gateway.directory.rumours import OF_ONE_PEER, REMEMBERED
from gateway.directory.sources import (
    PeerAccess,
    PeerFetcher,
    peer_source,
    served_by,
    some_peers,
)
from gateway.directory.trusted import TrustedDirectory, file_of, made_ms_of
from gateway.errors import TransportError
from gateway.journal import get_journal
from protocol.envelope.header import DirectoryStamp
from protocol.identifiers import NodeId
from tests.gateway.directory.setting import RO, Setting
from tests.gateway.directory.test_trusted import run
from tests.gateway.directory.world import DAY_MS, FakeClock

FR = NodeId("FR", 1)
JP = NodeId("JP", 1)


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    """Return a fresh setting."""
    return Setting(tmp_path)


class Peers:
    """Peers that are asked, each with a directory of its own; others are not reached."""

    def __init__(self, **held: TrustedDirectory) -> None:
        self.held = held
        self.asked: list[tuple[str, str]] = []

    def access(self) -> PeerAccess:
        """Return how RO/1 asks them."""
        return PeerAccess(me=RO, ask=self.ask)

    async def ask(self, node: NodeId, name: str) -> bytes | None:
        """Answer from what the peer holds."""
        self.asked.append((str(node), name))
        if node.country not in self.held:
            raise TransportError("silent")
        return file_of(self.held[node.country], name)


def node(setting: Setting, name: str, *mirrors: str, url: str | None = None) -> TrustedDirectory:
    """Return the directory of a node in a folder of its own."""
    return TrustedDirectory(
        setting.base / name,
        url=setting.authority.url if url is None else url,
        root=setting.authority.root,
        clock=FakeClock(setting.now_ms),
        journal=get_journal("test"),
        mirrors=mirrors,
    )


def dead(setting: Setting, name: str = "dead") -> str:
    """Return the address of a server that is gone."""
    return (setting.base / name).as_uri()


def test_a_mirror_takes_the_place_of_a_dead_server(setting: Setting) -> None:
    """In the order of the settings; nothing is wrong with that."""

    async def story() -> None:
        client = node(
            setting, "home", dead(setting, "too"), setting.authority.url, url=dead(setting)
        )
        assert await client.refresh()
        assert client.why is None
        assert client.node(RO) is not None

    run(story())


def test_with_server_and_mirrors_dead_a_peer_brings_it_up_to_date(setting: Setting) -> None:
    """The must of issue 6: what is signed may come from anybody."""

    async def story() -> None:
        client, peer = node(setting, "home"), node(setting, "peer")
        assert await client.refresh()
        setting.authority.delegate("JP")
        setting.authority.admit("JP/1")
        setting.authority.publish()
        assert await peer.refresh()
        setting.authority.folder.rename(setting.base / "burnt")
        peers = Peers(FR=peer)
        client.peers = peers.access()
        assert await client.refresh()
        assert client.node(JP) is not None
        assert client.stamp() == peer.stamp()
        assert client.why is not None
        assert client.why.endswith("brought up to date by peer FR/1 instead")
        assert {name for name, _ in peers.asked} == {"FR/1"}
        assert not await client.refresh()

    run(story())


def test_peers_that_are_silent_or_behind_change_nothing(setting: Setting) -> None:
    """And are no alarm: to be behind is no fault."""

    async def story() -> None:
        client, peer = node(setting, "home"), node(setting, "peer")
        assert await peer.refresh()
        setting.authority.publish()
        assert await client.refresh()
        held = client.stamp()
        setting.authority.folder.rename(setting.base / "burnt")
        client.peers = Peers(FR=peer).access()
        assert not await client.refresh()
        client.peers = Peers().access()
        assert not await client.refresh()
        assert client.stamp() == held
        assert client.why is not None
        assert "no such file" in client.why
        assert not await client.refresh_from(FR)

    run(story())


def test_a_higher_version_in_traffic_is_fetched_from_who_named_it(setting: Setting) -> None:
    """Once for each peer and version, however often it is named; lower ones are left."""

    async def story() -> None:
        client, peer = node(setting, "home"), node(setting, "peer")
        assert await client.refresh()
        older = client.stamp()
        setting.authority.publish()
        assert await peer.refresh()
        newer = peer.stamp()
        assert older is not None
        assert newer is not None
        peers = Peers(FR=peer)
        client.peers = peers.access()
        adopted = asyncio.Event()

        async def adopt() -> None:
            adopted.set()
            await asyncio.sleep(0)

        asking = asyncio.create_task(client.rumours.run(adopt))
        for _ in range(3):
            client.rumours.hear(FR, newer)
        client.rumours.hear(FR, older)
        await asyncio.wait_for(adopted.wait(), 30)
        assert client.stamp() == newer
        assert len([name for _, name in peers.asked if "timestamp" in name]) == 1
        asking.cancel()

    run(story())


def test_rumours_are_bounded(setting: Setting) -> None:
    """A peer that names a thousand versions costs as little as one."""
    client = node(setting, "home")
    stamp = DirectoryStamp(root_version=9, timestamp_version=9, digest=bytes(32))
    client.rumours.hear(FR, stamp)
    assert client.rumours._waiting.empty()

    async def story() -> None:
        assert await client.refresh()
        questions = 0
        for number in range(1000):
            client.rumours.hear(
                FR, DirectoryStamp(root_version=9, timestamp_version=number, digest=bytes(32))
            )
            while not client.rumours._waiting.empty():
                client.rumours._waiting.get_nowait()
                questions += 1
        assert questions == OF_ONE_PEER
        for number in range(1, 900):
            client.rumours.hear(NodeId("JP", number), stamp)
            if number % 3 == 0:
                client.rumours._waiting.get_nowait()
        assert client.rumours._waiting.full()
        assert len(client.rumours._asked) == REMEMBERED
        setting.authority.publish()
        assert await client.refresh()
        while not client.rumours._waiting.empty():
            client.rumours._waiting.get_nowait()
        client.rumours.hear(FR, stamp)
        assert not client.rumours._waiting.empty()

    run(story())


class Slow:
    """A peer that answers when it is let, and then has nothing."""

    def __init__(self) -> None:
        self.begun, self.ended = asyncio.Event(), asyncio.Event()

    async def ask(self, _node: NodeId, _name: str) -> bytes | None:
        """Keep whoever asks waiting."""
        self.begun.set()
        await self.ended.wait()
        return None


def test_a_peer_that_keeps_us_waiting_keeps_nobody_from_the_server(setting: Setting) -> None:
    """Who names new versions and answers none would else stop the node's own refresh for good."""

    async def story() -> None:
        client, slow = node(setting, "home"), Slow()
        assert await client.refresh()
        older = client.stamp()
        setting.authority.publish()
        client.peers = PeerAccess(me=RO, ask=slow.ask)
        hearing = asyncio.create_task(client.refresh_from(FR))
        await slow.begun.wait()
        own = asyncio.create_task(client.refresh())
        await asyncio.sleep(0)
        another = asyncio.create_task(client.refresh_from(FR))
        await asyncio.sleep(0)
        slow.ended.set()
        assert await own
        assert client.stamp() != older
        assert client.why is None
        assert not await hearing
        assert not await another

    run(story())


def test_a_refresh_that_waits_for_a_peer_ends_with_the_node(setting: Setting) -> None:
    """And begins nothing more."""

    async def story() -> None:
        client, slow = node(setting, "home"), Slow()
        assert await client.refresh()
        setting.authority.publish()
        client.peers = PeerAccess(me=RO, ask=slow.ask)
        hearing = asyncio.create_task(client.refresh_from(FR))
        await slow.begun.wait()
        own = asyncio.create_task(client.refresh())
        await asyncio.sleep(0)
        await client.close()
        assert not await own
        assert not await hearing

    run(story())


def test_two_directories_of_one_version_are_kept_both(setting: Setting) -> None:
    """Evidence against whoever holds the online key; what was in use stays in use."""

    async def story() -> None:
        client, other = node(setting, "home"), node(setting, "other")
        before = {path: path.read_bytes() for path in setting.authority.folder.rglob("*.json")}
        setting.authority.publish()
        assert await client.refresh()
        held = client.stamp()
        for path in setting.authority.folder.rglob("*.json"):
            path.unlink()
        for path, data in before.items():
            path.write_bytes(data)
        setting.authority.delegate("JP")
        setting.authority.admit("JP/1")
        setting.authority.publish()
        assert await other.refresh()
        offered = other.stamp()
        assert held is not None
        assert offered is not None
        assert held.timestamp_version == offered.timestamp_version
        client.peers = Peers(FR=other).access()
        assert not await client.refresh_from(FR)
        assert client.stamp() == held
        assert client.why is not None
        assert "two directories" in client.why
        kept = sorted(path.name for path in (setting.base / "home" / FOLDER).iterdir())
        digests = sorted((held.digest.hex(), offered.digest.hex()))
        assert kept == [f"{held.timestamp_version}.{digest}.timestamp.json" for digest in digests]
        assert not await client.refresh()
        assert "two directories" in client.why

    run(story())


def test_another_spelling_is_no_second_directory(setting: Setting) -> None:
    """Only what the online key signed counts, and only if it says something else."""
    authority = setting.authority
    held = (authority.folder / "metadata" / "timestamp.json").read_bytes()
    root = authority.root
    folder = setting.base / "kept"
    check_rival(None, held, root=root, folder=folder)
    check_rival(held, held, root=root, folder=folder)
    check_rival(held + b"\n", held, root=root, folder=folder)
    check_rival(b"{}", held, root=root, folder=folder)
    check_rival(held.replace(b'"version": 2', b'"version": 2 '), held, root=root, folder=folder)
    forged = held.replace(b"2026", b"2027").replace(b"2025", b"2026")
    check_rival(forged, held, root=root, folder=folder)
    assert not folder.exists()
    authority.at(setting.now_ms + 5000).publish()
    newer = (authority.folder / "metadata" / "timestamp.json").read_bytes()
    check_rival(newer, held, root=root, folder=folder)
    assert TwoDirectoriesError().code == "directory_equivocation"


def test_every_peer_gets_its_turn() -> None:
    """Three at a time, around and around."""
    nodes = [NodeId("RO", number) for number in range(1, 6)]
    turns = [[str(each.peer)[3:] for each in some_peers(nodes, turn)] for turn in range(3)]
    assert turns == [["1", "2", "3"], ["4", "5", "1"], ["2", "3", "4"]]
    assert some_peers([], 7) == ()
    assert [each.name for each in served_by(["a", "b"])] == ["the directory's server", "mirror 1"]


URL = f"{peer_source(FR).url}metadata/timestamp.json"


async def silent(_node: NodeId, _name: str) -> bytes | None:
    """Be a peer that never answers."""
    await asyncio.Event().wait()
    return None


def test_a_fetch_from_a_peer_ends_with_the_node() -> None:
    """Who stops must not wait for a silent peer, at whatever moment it stops."""

    async def story() -> None:
        begun = asyncio.Event()

        async def asked(node: NodeId, name: str) -> bytes | None:
            begun.set()
            return await silent(node, name)

        fetcher = PeerFetcher(peer_source(FR), asked, asyncio.get_running_loop())
        fetching = asyncio.create_task(asyncio.to_thread(fetcher.download_bytes, URL, 10))
        await begun.wait()
        fetcher.close()
        with pytest.raises(DownloadError):
            await fetching
        with pytest.raises(DownloadError):
            await asyncio.to_thread(fetcher.download_bytes, URL, 10)
        late = PeerFetcher(peer_source(FR), silent, asyncio.get_running_loop())
        late._is_closed = True
        with pytest.raises(DownloadError):
            await asyncio.to_thread(late._wait, silent, FR, "metadata/timestamp.json")

    run(story())


def test_a_peer_that_is_slow_or_has_nothing_is_left(setting: Setting) -> None:
    """The next one may be quicker; where nobody can be asked, that is said at once."""

    async def story() -> None:
        loop = asyncio.get_running_loop()
        slow = PeerFetcher(peer_source(FR), silent, loop)
        slow._end_s = loop.time()
        nobody = PeerFetcher(peer_source(FR), None, loop)
        for fetcher in (slow, nobody):
            with pytest.raises(DownloadError):
                await asyncio.to_thread(fetcher.download_bytes, URL, 10)
        nobody.close()
        empty = PeerFetcher(peer_source(FR), Peers(FR=node(setting, "x")).ask, loop)
        with pytest.raises(DownloadHTTPError):
            await asyncio.to_thread(empty.download_bytes, URL, 10)

    run(story())


def test_the_age_counts_from_when_the_timestamp_was_made(setting: Setting) -> None:
    """Not from when it was fetched: a mirror may be days behind."""

    async def story() -> None:
        client = node(setting, "home")
        assert made_ms_of(client) is None
        assert file_of(client, "metadata/timestamp.json") is None
        assert await client.refresh()
        made_ms = made_ms_of(client)
        assert made_ms is not None
        assert abs(made_ms - setting.now_ms) < 2000
        assert TIMESTAMP_LIFE.days * DAY_MS == 7 * DAY_MS
        assert file_of(client, "metadata/timestamp.json") is not None
        assert file_of(client, "../verified.json") is None

    run(story())
