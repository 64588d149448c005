"""A rotation of a node that the directory lists: asked for beside what is listed, then listed."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.config import NodeConfig
from gateway.directory.admission import admit
from gateway.directory.trusted import TrustedDirectory
from gateway.home import Home
from gateway.journal import get_journal
from gateway.main import command_line
from gateway.operator.listing import ROTATE_FILE
from gateway.operator.node import create_node, read_join_request
from gateway.operator.rotation import Kind, rotate
from gateway.sections import DirectorySection
from keys.keyfile import Credential
from protocol.directory import NodeEntry
from protocol.identifiers import NodeId
from protocol.joining import parse_join_request
from tests.gateway.directory.world import Authority

SECRET = Credential(b"l" * 32)
Capture = pytest.CaptureFixture[str]


def publish(authority: Authority, request: bytes, home: Home) -> NodeEntry:
    """Let the authority list a request, and the node fetch that."""
    later = authority.at(int(time.time() * 1000))
    admit(later.folder, request, now_ms=later.now_ms, replace=True)
    later.publish()
    directory = TrustedDirectory(
        home.directory,
        url=authority.url,
        root=authority.root,
        clock=SystemClock(),
        journal=get_journal("test"),
    )

    async def fetch() -> None:
        await directory.start()
        await directory.refresh()

    asyncio.run(fetch())
    entry = directory.node(NodeId("RO", 1))
    assert entry is not None
    return entry


def test_keys_are_added_to_what_is_listed_and_never_fall_out(
    tmp_path: Path, capsys: Capture
) -> None:
    """Also those that were asked for and are not listed yet; and JSON stands alone on stdout."""
    authority = Authority.found(tmp_path / "authority", int(time.time() * 1000))
    config = NodeConfig(
        node="RO/1",
        name="RO",
        url="https://localhost",
        directory=DirectorySection(url=authority.url, root="root.json"),
    )
    home = Home(tmp_path / "ro")
    create_node(home, config, SECRET, clock=SystemClock(), root=authority.root)
    publish(authority, read_join_request(home), home)
    credential = tmp_path / "credential"
    credential.touch(mode=0o600)
    credential.write_bytes(SECRET.key)

    def typed(*words: str) -> dict[str, object]:
        capsys.readouterr()
        place = ("--home", str(home.path), "--credential-file", str(credential), "--json")
        assert command_line(["keys", *words, *place], run=lambda _: 0) == 0
        said: dict[str, object] = json.loads(capsys.readouterr().out)
        return said

    assert typed("rotate", "tls")["kind"] == "tls"
    assert typed("rotate", "kem")["file"] == str(home.path / ROTATE_FILE)
    entry = publish(authority, (home.path / ROTATE_FILE).read_bytes(), home)
    assert (len(entry.tls_spki), len(entry.kem)) == (2, 2)
    assert entry.is_active

    # What is listed whole is the base again: an address that the Party changed is not put back.
    rotate(home, config, SECRET, kind=Kind.LOG, clock=SystemClock())
    asked = parse_join_request((home.path / ROTATE_FILE).read_bytes()).node
    assert asked.is_active
    assert (len(asked.tls_spki), len(asked.kem)) == (2, 2)
    assert typed("revoke", "tls")["kind"] == "tls"
    asked = parse_join_request((home.path / ROTATE_FILE).read_bytes()).node
    assert len(asked.tls_spki) == 1
