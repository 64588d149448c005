"""The ceremony of docs/directory-ceremony.md, by somebody who types only what stands there.

What people add is added here too: a secret where a command asks for a passphrase (a credential
file, which costs no time), `--yes` where it asks, and the files that the Party brings.
"""

import asyncio
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from shlex import split
from typing import Final, NoReturn

import pytest
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Metadata,
    Root,
)

from gateway.clock import SystemClock
from gateway.directory.publish import Summary, show
from gateway.directory.trusted import TrustedDirectory
from gateway.journal import get_journal
from gateway.main import command_line
from protocol.joining import encode_join_request
from tests.protocol.entries import join_request, node_keys

PAGE: Final = Path(__file__).parents[2] / "docs" / "directory-ceremony.md"
_BLOCK: Final = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_ASKING: Final = frozenset({"sign", "draw-party"})


def never(options: object) -> NoReturn:
    """Stand where a node would be run."""
    raise AssertionError(options)


def lines() -> Iterator[str]:
    """Yield what the page tells people to type, in its order."""
    for block in _BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        yield from block.splitlines()


class Typist:
    """Somebody at the table, in the folder of the ceremony."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.states: list[Summary] = []
        (folder / "secret").write_bytes(bytes(range(32)))
        (folder / "secret").chmod(0o600)

    def type(self, line: str) -> None:
        """Do one line."""
        program, *words = split(line)
        match program:
            case "mkdir":
                for name in words:
                    (self.folder / name).mkdir()
            case "cp":
                shutil.copy(words[0], words[1])
            case "a35":
                self._a35(words)
            case _:
                raise AssertionError(line)

    def _a35(self, words: list[str]) -> None:
        given = ["--credential-file", "secret"] if "--keys-dir" in words else []
        asked = ["--yes"] if words[1] in _ASKING else []
        assert command_line([*words, *given, *asked], run=never) == 0, words
        if words[1] == "stamp":
            self.states.append(show(self.folder / "pub", now_ms=now_ms()))
            asyncio.run(self._follow())

    async def _follow(self) -> None:
        """Let a node that was given the first root follow, whatever was changed."""
        published = self.folder / "pub"
        node = TrustedDirectory(
            self.folder / "node",
            url=published.as_uri(),
            root=(published / "metadata" / "1.root.json").read_bytes(),
            clock=SystemClock(),
            journal=get_journal("test"),
        )
        await node.start()
        assert await node.refresh(), node.why
        assert node.stamp() == self.states[-1].verified.stamp


def now_ms() -> int:
    """Return the time; the commands read the machine's own."""
    return int(time.time() * 1000)


def holders(folder: Path, version: int, role: str) -> tuple[int, int]:
    """Return threshold and number of keys of a role in one root."""
    root = Metadata[Root].from_file(str(folder / "pub" / "metadata" / f"{version}.root.json"))
    held = root.signed.roles[role]
    return held.threshold, len(held.keyids)


def test_the_ceremony_works_as_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Root 3 of 5, targets 2 of 3, a Party of two people, and a change at each level."""
    monkeypatch.chdir(tmp_path)
    typist = Typist(tmp_path)
    request = join_request(node_keys("RO/1"), now_ms())
    for line in lines():
        if line.startswith("a35 directory admit"):
            (tmp_path / "table" / "ro-join.json").write_bytes(encode_join_request(request))
        typist.type(line)
    said = capsys.readouterr().out
    assert "1 of 3 signatures by holders of this root: 2 to go" in said
    assert "3 of 3 signatures by holders of this root: enough" in said
    assert holders(tmp_path, 1, "root") == (3, 5)
    assert holders(tmp_path, 4, "targets") == (2, 3)
    founded, *_ = typist.states
    assert founded.verified.entries == {}
    listed = [sorted(state.verified.entries) for state in typist.states]
    assert listed == [[], [], ["RO"], ["RO"], ["RO"], ["RO"], ["RO"], ["RO"], []]
    roots = [state.verified.stamp.root_version for state in typist.states]
    assert roots == [1, 1, 1, 1, 2, 3, 4, 4, 4]
    assert (tmp_path / "table" / "ROOT.json").read_bytes()
    assert list((tmp_path / "inbox").glob("*.sheet")) == []
    assert len({path.parent for path in tmp_path.rglob("*.key")}) == 15
