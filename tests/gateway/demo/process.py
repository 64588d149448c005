"""Runs `a35` as a process of its own, with its temporary files where a test can count them.

Loading everything costs a process far more than what it then does. Where the process itself is
not what a test is about, the same command line can be called here.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import IO, Final, NoReturn, cast

from gateway.main import command_line

A35: Final = Path(sys.executable).with_name("a35")
END_S: Final = 300.0
"""Far longer than any command here takes on a busy machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    def document(self) -> dict[str, object]:
        """Return the one JSON document of standard output."""
        (line,) = self.out.splitlines()
        return cast("dict[str, object]", json.loads(line))


def environment(folder: Path) -> dict[str, str]:
    """Return this environment without settings of A35, with temporary files in a folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("A35_")}
    return kept | {"TMPDIR": str(folder), "NO_COLOR": "1"}


def run_a35(*arguments: str | Path, folder: Path) -> Ended:
    """Run a command to its end."""
    done = subprocess.run(  # noqa: S603 - our own command
        [A35, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(folder),
        timeout=END_S,
        check=False,
    )
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)


def call_a35(*arguments: str | Path) -> Ended:
    """Run a command to its end in this process; for every one but `a35 run` and servers."""
    out, err = StringIO(), StringIO()
    line = [str(each) for each in arguments]
    with redirect_stdout(out), redirect_stderr(err):
        code = command_line(line, run=_run_no_node)
    return Ended(code=code, out=out.getvalue(), err=err.getvalue())


def _run_no_node(_options: object) -> NoReturn:
    raise AssertionError("a node is a process of its own")


@contextmanager
def started_a35(*arguments: str | Path, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a command; it is ended with the block if it has not ended by itself."""
    with subprocess.Popen(  # noqa: S603 - our own command
        [A35, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(folder),
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()


def stream(channel: IO[str] | None) -> IO[str]:
    """Return a standard stream that was asked for."""
    assert channel is not None
    return channel


def processes_naming(folder: Path) -> list[int]:
    """Return the processes whose command line names a folder."""
    named = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue  # it has just ended
            if str(folder).encode() in line:
                named.append(int(entry.name))
    return named
