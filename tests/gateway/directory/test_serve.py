"""The server for one machine: published files, nothing else; and a client over loopback."""

import asyncio
import socket
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway.directory.draft import Drafts
from gateway.directory.serve import FolderServer
from gateway.directory.trusted import TrustedDirectory
from gateway.errors import NoInputError, UnavailableError
from gateway.journal import get_journal
from protocol.directory import PartyEntry
from tests.gateway.directory.world import Authority, FakeClock


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Return an authority with RO/1 published today."""
    made = Authority.found(tmp_path, int(time.time() * 1000))
    made.admit("RO/1")
    made.publish()
    return made


def status(url: str) -> int:
    """Return the status of a GET."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=60)
    with closing(connection):
        connection.request("GET", url.removeprefix(f"http://{parts.netloc}"))
        return connection.getresponse().status


def test_a_client_follows_the_directory_over_loopback(authority: Authority, tmp_path: Path) -> None:
    """As the demo's nodes do."""

    async def story(url: str) -> None:
        client = TrustedDirectory(
            tmp_path / "home",
            url=url,
            root=authority.root,
            clock=FakeClock(authority.now_ms),
            journal=get_journal("test"),
        )
        assert await client.refresh()
        assert [node.id for node in client.nodes()] == ["RO/1"]
        authority.admit("FR/1")
        authority.publish()
        assert await client.refresh()
        assert [node.id for node in client.nodes()] == ["FR/1", "RO/1"]
        await client.close()

    server = FolderServer(authority.folder)
    try:
        asyncio.run(story(server.start()))
    finally:
        server.stop()


def test_only_published_files_are_served(authority: Authority) -> None:
    """No draft, no list, no way out of the folder."""
    Drafts(authority.folder).save(PartyEntry(party="RO", name="x"))
    (authority.folder / "metadata" / "2.root.json").symlink_to("/etc/hostname")
    server = FolderServer(authority.folder)
    url = server.start()
    try:
        assert status(url + "metadata/timestamp.json") == 200
        for name in (
            "",
            "metadata/",
            "metadata/9.root.json",
            "drafts/RO.json",
            "../keys/root-1.key",
            "metadata/timestamp.json?x",
        ):
            assert status(url + name) == 404, name
        assert status(url + "metadata/2.root.json") == 500
    finally:
        server.stop()


def test_other_methods_are_refused(authority: Authority) -> None:
    """It is read, never written."""
    server = FolderServer(authority.folder)
    url = server.start()
    try:
        with socket.create_connection(("127.0.0.1", int(url.split(":")[2][:-1]))) as client:
            client.sendall(b"PUT /metadata/timestamp.json HTTP/1.0\r\n\r\n")
            assert client.makefile("rb").readline().split()[1] == b"501"
    finally:
        server.stop()


def test_a_taken_port_is_said(authority: Authority) -> None:
    """Exit code 69."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UnavailableError):
        FolderServer(authority.folder).start(taken.getsockname()[1])


def test_an_empty_folder_is_not_served(tmp_path: Path) -> None:
    """A wrong folder is the usual mistake."""
    with pytest.raises(NoInputError):
        FolderServer(tmp_path).start()
    FolderServer(tmp_path).stop()
