"""One command line: every command loads, explains itself, and ends by one rule."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from gateway.errors import ConfigError, NotYetError
from gateway.main import COMMANDS, command_line, load
from protocol.errors import MalformedError, TooLargeError

Capture = pytest.CaptureFixture[str]


def test_help_lists_every_command_without_loading_it(capsys: Capture) -> None:
    """It must start at once."""
    assert run("--help") == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself_with_an_example(capsys: Capture, name: str) -> None:
    """The first thing that anybody types."""
    assert run(name, "--help") == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"Usage: a35 {name}")
    if not COMMANDS[name].is_group:
        assert "Example: a35 " in shown


@pytest.mark.parametrize("name", sorted(name for name, entry in COMMANDS.items() if entry.is_group))
def test_every_command_of_a_group_has_an_example(capsys: Capture, name: str) -> None:
    """Also the second word of a command."""
    commands = getattr(load(name, COMMANDS[name]), "commands")  # noqa: B009  not all have it
    assert commands
    for each in commands:
        run(name, each, "--help")
        assert "Example: a35 " in capsys.readouterr().out, each


def test_version_is_that_of_the_distribution(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a report of a fault begins with."""
    monkeypatch.setattr("importlib.metadata.version", lambda name: f"{name} 9")
    assert run("--version") == 0
    assert capsys.readouterr().out == "a35-gateway 9\n"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ([], "see: a35 --help"),
        (["inbx"], "the nearest command is: a35 inbox"),
        (["zzzzzz"], "see: a35 --help"),
        (["inbox"], "see: a35 inbox --help"),
        (["inbox", "--hom", "x"], "see: a35 inbox --help"),
        (["log"], "see: a35 log --help"),
        (["wait", "x"], "see: a35 wait --help"),
    ],
)
def test_wrong_usage_is_64_and_says_where_to_look(
    capsys: Capture, arguments: list[str], hint: str
) -> None:
    """Scripts tell a typing mistake from a refusal by it."""
    assert run(*arguments) == 64
    assert hint in capsys.readouterr().err


def test_wrong_usage_with_json_is_json(capsys: Capture) -> None:
    """Also an error before any option was read."""
    assert run("inbox", "--json") == 64
    error = json.loads(capsys.readouterr().out)["error"]
    assert set(error) == {"code", "message", "hint"}
    assert error["code"] == "usage"


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [
        (ConfigError("no", hint="do"), "configuration", 78),
        (NotYetError("no", code="late"), "late", 75),
        (TooLargeError("no"), "not_allowed", 65),
        (MalformedError("no"), "proof", 76),
        (OSError(28, "No space left"), "io", 74),
        (typer.Abort(), "interrupted", 130),
        (RuntimeError("canary-4711"), "bug", 70),
    ],
)
def test_errors_end_with_their_code(
    *, capsys: Capture, tmp_path: Path, error: Exception, code: str, exit_code: int
) -> None:
    """The one rule: family, exit code, sentence, remedy."""

    def fail(_options: object) -> int:
        raise error

    home = ready_home(tmp_path)
    capsys.readouterr()
    assert run("run", "--home", str(home), "--json", start=fail) == exit_code
    shown = capsys.readouterr()
    assert json.loads(shown.out)["error"]["code"] == code
    assert "canary" not in shown.out + shown.err


def test_home_may_come_from_the_environment(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A desk has one home; nobody wants to type it each time."""
    monkeypatch.setenv("A35_HOME", str(tmp_path))
    assert run("inbox") == 69
    assert "no node answers" in capsys.readouterr().err


def test_what_starts_the_node_reaches_the_command(tmp_path: Path) -> None:
    """node.py alone knows the real ports."""
    home = ready_home(tmp_path)
    given: list[object] = []

    def start(options: object) -> int:
        given.append(options)
        return 5

    assert run("run", "--home", str(home), start=start) == 5
    assert type(given[0]).__name__ == "RunOptions"


def test_entry_keeps_foreign_plug_ins_out_and_lets_the_collector_rest() -> None:
    """A process of its own: both are settings of the whole process."""
    look = (
        "import gc, os, sys, node\n"
        "sys.argv = ['a35', '--version']\n"
        "try:\n    node.main()\nfinally:\n"
        "    print(gc.get_threshold()[0] > 10_000, os.environ['PYDANTIC_DISABLE_PLUGINS'])"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.splitlines()[1:] == ["True __all__"]


def test_interruption_ends_with_130(tmp_path: Path) -> None:
    """Ctrl-C is no error."""

    def interrupt(_options: object) -> int:
        raise KeyboardInterrupt

    assert run("run", "--home", str(ready_home(tmp_path)), start=interrupt) == 130


def run(*arguments: str, start: Callable[[object], int] = lambda _options: 0) -> int:
    """Run one command."""
    return command_line(list(arguments), run=start)


def ready_home(folder: Path) -> Path:
    """Make a node and return its home."""
    home = folder / "ro"
    code = run(
        *("init", "--country", "RO", "--number", "1", "--name", "RO", "--url", "https://localhost"),
        *("--home", str(home), "--make-credential", str(folder / "credential")),
    )
    assert code == 0
    return home
