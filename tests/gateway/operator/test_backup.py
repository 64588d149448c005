"""Backup, check and restore as scripts call them, on a node that does not run."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import GatewayError
from gateway.home import Home
from gateway.main import command_line
from gateway.operator.backup import _error, _followed
from gateway.storage.connection import StoreLock

Capture = pytest.CaptureFixture[str]
NODE = ("--country", "RO", "--number", "1", "--name", "24/7 desk", "--url", "https://localhost")


class Place:
    """A folder with a node in it, and the commands."""

    def __init__(self, folder: Path, capture: Capture) -> None:
        self.folder = folder
        self.home = folder / "ro"
        self.secret = ("--credential-file", folder / "key")
        self._capture = capture

    def __call__(self, *arguments: str | Path) -> tuple[int, Any]:
        """Run a command with --json; return exit code and document."""
        self._capture.readouterr()
        code = command_line([*map(str, arguments), "--json"], run=lambda _options: 0)
        out = self._capture.readouterr().out
        return code, json.loads(out) if out else None


@pytest.fixture
def place(tmp_path: Path, capsys: Capture) -> Place:
    """Return a place with a node."""
    made = Place(tmp_path, capsys)
    key = tmp_path / "key"
    assert made("init", *NODE, "--make-credential", key, "--home", made.home)[0] == 0
    return made


def test_backup_is_made_checked_and_put_back(place: Place) -> None:
    """Figures agree, and the file is where it was asked for."""
    file = place.folder / "ro.a35b"
    code, made = place("backup", "-o", file, "--home", place.home)
    assert code == 0
    assert made["file"] == str(file)
    assert (made["bytes"], made["size"], made["attachments"]) == (file.stat().st_size, 1, 0)
    code, checked = place("backup", "check", file, *place.secret)
    assert (code, checked["node"], checked["root"]) == (0, "RO/1", made["root"])
    code, restored = place("restore", file, "--home", place.folder / "back", *place.secret)
    assert (code, restored["leaves"], restored["root"]) == (0, 1, made["root"])
    assert Home(place.folder / "back").store.is_file()


def test_missing_option_is_told(place: Place) -> None:
    """A backup needs a name and a node."""
    for options in ((), ("-o", "x"), ("--home", place.home)):
        code, said = place("backup", *options)
        assert (code, said["error"]["code"]) == (64, "usage")
    assert place("backup", "-o", "x", "--home", place.folder / "none")[0] == 78


def test_home_that_a_starting_node_holds_is_left_alone(place: Place) -> None:
    """It holds the lock before it opens its socket."""
    lock = StoreLock(Home(place.home).lock)
    lock.take()
    code, said = place("backup", "-o", place.folder / "ro.a35b", "--home", place.home)
    lock.drop()
    assert (code, said["error"]["code"]) == (74, "store_locked")


def test_damaged_file_ends_with_76_and_a_wrong_secret_with_77(place: Place) -> None:
    """Scripts tell the two apart."""
    file, other = place.folder / "ro.a35b", place.folder / "other"
    assert place("backup", "-o", file, "--home", place.home)[0] == 0
    other.write_bytes(bytes(32))
    other.chmod(0o600)
    assert place("backup", "check", file, "--credential-file", other)[0] == 77
    file.write_bytes(file.read_bytes()[:-1])
    code, said = place("backup", "check", file, *place.secret)
    assert (code, said["error"]["code"]) == (76, "backup_damaged")


class Line:
    """A connection on which a node has answered."""

    def __init__(self, *lines: dict[str, object]) -> None:
        self._lines = [json.dumps(line).encode() + b"\n" for line in lines]
        self.asked: tuple[object, ...] = ()

    def request(self, *asked: object, **more: object) -> None:
        """Note what was asked."""
        self.asked = (*asked, more)

    def getresponse(self) -> "Line":
        """Return what reads the lines."""
        return self

    def readline(self, _most: int) -> bytes:
        """Return the next line, empty at the end."""
        return self._lines.pop(0) if self._lines else b""

    def close(self) -> None:
        """End the answer."""
        self._lines.clear()


def test_running_node_is_followed_to_its_result(tmp_path: Path) -> None:
    """Progress goes to the bar; an end without a result is none."""
    shown: list[tuple[int, int]] = []
    line = Line({"progress": [1, 2]}, {"progress": [2, 2]}, {"result": {"bytes": 7}})

    def bar(done: int, total: int) -> None:
        shown.append((done, total))

    assert _followed(line, tmp_path / "x", bar) == {"bytes": 7}  # type: ignore[arg-type]  # as used
    assert shown == [(1, 2), (2, 2)]
    with pytest.raises(ValueError, match="no result"):
        _followed(Line({"progress": [1, 2]}), tmp_path / "x", bar)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "exit_code"), [("disk_full", 74), ("configuration", 78), ("storage", 74)]
)
def test_problem_of_the_node_becomes_the_commands_exit_code(
    tmp_path: Path, code: str, exit_code: int
) -> None:
    """In the stream, or in place of it."""
    problem = {"code": code, "detail": "d", "hint": "h", "status": 500}
    assert (_error(problem).exit_code, _error(problem).code) == (exit_code, code)
    for answer in (problem, {"problem": problem}):
        with pytest.raises(GatewayError, match="d"):
            _followed(Line(answer), tmp_path / "x", lambda _done, _all: None)  # type: ignore[arg-type]
