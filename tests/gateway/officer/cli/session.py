"""Runs commands in this process, against a desk that another thread serves."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.main import command_line
from tests.gateway.officer.world import World, served_beside


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def document(self) -> object:
        """Return the one JSON document of standard output."""
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)


class Shell:
    """Calls commands of one home."""

    def __init__(self, home: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._capture = capture

    def __call__(self, *arguments: str | Path) -> Ended:
        """Run one command with the home behind it."""
        return self.bare(*arguments, "--home", self.home)

    def bare(self, *arguments: str | Path) -> Ended:
        """Run one command as it stands."""
        self._capture.readouterr()
        code = command_line([str(each) for each in arguments], run=lambda _options: 0)
        shown = self._capture.readouterr()
        return Ended(code, shown.out, shown.err)


@contextmanager
def shell_of(world: World, capture: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    """Serve a desk and return what calls commands on it."""
    with served_beside(world) as home:
        yield Shell(home, capture)
