"""A bar on a terminal alone; after Ctrl-C what goes on, and by what; files whole or not at all."""

import asyncio
import io
import sys
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest
from typing_extensions import override

from gateway.errors import DataError, NoInputError, UnavailableError
from gateway.officer.cli import attachment
from gateway.officer.cli.attachment import Fetching
from gateway.officer.cli.transfer import Bar, paused
from gateway.officer.resources import Target
from gateway.officer.shapes.models import FileItem
from gateway.terminal import Terminal

WHOLE = bytes(range(256)) * 100
NAME = "a\x1b]0;b\x07.pdf"


class Screen(io.StringIO):
    """A terminal."""

    @override
    def isatty(self) -> bool:
        """Say so."""
        return True


def shown(monkeypatch: pytest.MonkeyPatch, screen: io.StringIO, *, json: bool) -> str:
    """Return what a bar draws."""
    monkeypatch.setattr(sys, "stderr", screen)
    with Bar(Terminal(json=json)) as bar:
        bar.told(NAME, 0, 10)
        bar.told(NAME, 10, 10)
        bar.told("b", 1, 2)
    return screen.getvalue()


def test_bar_is_drawn_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Foreign signs do no harm to it."""
    drawn = shown(monkeypatch, Screen(), json=False)
    assert "100%" in drawn or "10/10 bytes" in drawn
    assert "a\\u{1b}]0;b\\u{7}.pdf" in drawn
    assert shown(monkeypatch, Screen(), json=True) == ""
    assert shown(monkeypatch, io.StringIO(), json=False) == ""


@pytest.mark.parametrize("total", [0, 10])
def test_pause_says_how_far_it_is_and_how_to_go_on(total: int) -> None:
    """And the command ends as one that was interrupted."""
    err = io.StringIO()
    terminal = Terminal(json=True, err=err)
    with suppress(asyncio.CancelledError):
        with Bar(terminal) as bar, paused(terminal, bar, "x"):
            bar.told("a", 4, total)
            raise asyncio.CancelledError
        pytest.fail("it went on")
    told = "paused: a, 4 of 10 bytes are there\n" if total else ""
    assert err.getvalue() == f"{told}go on with: x\n"


class Node:
    """Gives an attachment, or what a test says."""

    def __init__(self, *answers: object) -> None:
        self._answers: Iterator[object] = iter(answers)
        self.starts: list[int] = []

    async def __call__(self, target: Target, start: int) -> int:
        """Answer once."""
        self.starts.append(start)
        await asyncio.sleep(0)
        answer = next(self._answers)
        if isinstance(answer, tuple):
            data, error = answer
            target.write(data)
            raise error
        assert isinstance(answer, bytes)
        return target.write(answer)


def fetch(node: Node, part: Path, data: bytes = WHOLE) -> None:
    """Fetch a file of this content."""
    file = FileItem(
        index=0, name="a", media_type="b", size_bytes=len(data), sha256=sha256(data).hexdigest()
    )
    asyncio.run(Fetching(node, file, part, Bar(Terminal(json=True))).run())


def test_fetching_goes_on_where_it_was_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By Ctrl-C, and by a node that stopped meanwhile."""
    monkeypatch.setattr(attachment, "AGAIN_S", 0.0)
    part = tmp_path / "part"
    with pytest.raises(asyncio.CancelledError):
        fetch(Node((WHOLE[:1000], asyncio.CancelledError())), part)
    assert part.read_bytes() == WHOLE[:1000]
    node = Node((WHOLE[1000:3000], UnavailableError("away")), WHOLE[3000:])
    fetch(node, part)
    assert node.starts == [1000, 3000]
    assert part.read_bytes() == WHOLE
    fetch(Node(), part)  # it was whole already: nothing is asked for


def test_empty_file_is_asked_for(tmp_path: Path) -> None:
    """That it can be read is noted by the node."""
    node = Node(b"")
    fetch(node, tmp_path / "part", b"")
    assert node.starts == [0]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (WHOLE[::-1], DataError),
        (WHOLE + b"x", DataError),
        ((WHOLE[:9], NoInputError("gone")), NoInputError),
    ],
)
def test_nothing_is_left_of_what_is_not_the_file(
    answer: object, error: type[Exception], tmp_path: Path
) -> None:
    """Of another content, too long, or refused."""
    part = tmp_path / "part"
    with pytest.raises(error):
        fetch(Node(answer), part)
    assert not part.exists()


def test_node_that_stays_away_is_given_up_and_what_came_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command goes on later."""
    monkeypatch.setattr(attachment, "MOST_S", -1.0)
    part = tmp_path / "part"
    with pytest.raises(UnavailableError):
        fetch(Node((WHOLE[:5], UnavailableError("away"))), part)
    assert part.read_bytes() == WHOLE[:5]
