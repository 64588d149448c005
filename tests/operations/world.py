"""A network in which single processes are started, stopped and hindered, and commands are run.

Nodes and the directory are processes. Commands of officers are called in this one, unless their
process is what is looked at: it would load for longer than the command takes.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep
from typing import Final, cast

from gateway.demo.documents import examples_folder
from gateway.demo.network import DemoNetwork, DemoNode, build
from tests.gateway.demo.process import A35, END_S, Ended, call_a35, environment, run_a35

DOCUMENT: Final = "technical_advice_request.json"
_LOOK_EVERY_S: Final = 0.05


class World:
    """Three nodes and a directory that are made and do not run yet.

    Args:
        folder: With a short name, for the sockets of the homes.
        stack: Ends what was started.
    """

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.network: DemoNetwork = build(folder)
        self.here, self.there, self.company = self.network.nodes
        self._stack = stack
        self.processes: list[subprocess.Popen[bytes]] = []

    def a35(self, *arguments: str | Path, home: Path | None = None) -> Ended:
        """Run a command on a home, the first node's unless named."""
        return call_a35(*arguments, "--home", home or self.here.home.path)

    def run_node(self, *more: str | Path, home: Path | None = None) -> Ended:
        """Run a node that is expected to end by itself, as a process."""
        credential = () if more else ("--credential-file", self.network.credential)
        return run_a35(
            *("run", *more, *credential, "--home", home or self.here.home.path), folder=self.folder
        )

    def send(self) -> Ended:
        """Send a document from the first node to the second."""
        document = examples_folder() / DOCUMENT
        return self.a35("send", document, "--to", self.there.country, "--json")

    def serve_directory(self) -> subprocess.Popen[bytes]:
        """Start the directory's server."""
        out, port = self.folder / "directory", str(self.network.directory_port)
        return self._start("directory", "serve", "--out", out, "--port", port)

    def start(self, node: DemoNode, *, until: int | None = 200) -> subprocess.Popen[bytes]:
        """Start a node and wait until its /readyz answers so; None: until it answers at all."""
        home = node.home.path
        process = self._start("run", "--home", home, *self._credential())
        self.await_ready(node, process, until)
        return process

    def start_in_company(self, node: DemoNode) -> subprocess.Popen[bytes]:
        """Start a node beside a third one that takes no part, and wait until it is ready.

        A node that finds nobody to ask what they hold of its log waits half a minute before it
        signs (rule 8); with the first answer it is ready.
        """
        self.start(self.company, until=503)
        return self.start(node)

    def start_shifted(self, node: DemoNode, shift_s: int) -> subprocess.Popen[bytes]:
        """Start a node with a wrong clock."""
        process = self._popen(
            [sys.executable, "-m", "tests.operations.shifted"],
            ["run", "--home", str(node.home.path), *map(str, self._credential())],
            {"SHIFT_S": str(shift_s)},
        )
        self.await_ready(node, process, 200)
        return process

    def await_ready(
        self, node: DemoNode, process: subprocess.Popen[bytes], until: int | None
    ) -> None:
        """Wait until a node's /readyz answers with a status, or at all."""
        end = monotonic() + END_S
        while (status := ready_status(node)) != until and (until is not None or not status):
            assert process.poll() is None, self.journal()
            assert monotonic() < end, f"{status}; {self.journal()}"
            sleep(_LOOK_EVERY_S)

    def journal(self) -> str:
        """Return what all processes said."""
        return (self.folder / "journal").read_text(encoding="utf-8")

    def checks(self) -> dict[str, dict[str, object]]:
        """Return the bad checks of `a35 doctor`, by name."""
        report = self.a35("doctor", "--json").document()
        found = cast("list[dict[str, object]]", report["checks"])
        return {str(check["name"]): check for check in found if not check["ok"]}

    def attempts(self, mid: str) -> list[dict[str, object]]:
        """Return the attempts to deliver a message, once there is one."""
        end = monotonic() + END_S
        while monotonic() < end:
            shown = self.a35("explain", mid, "--json").document()
            if attempts := cast("list[dict[str, object]]", shown["attempts"]):
                return attempts
            sleep(_LOOK_EVERY_S)
        raise AssertionError("no attempt was made")

    def _credential(self) -> tuple[str | Path, ...]:
        return ("--credential-file", self.network.credential)

    def _start(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        return self._popen([str(A35)], [str(each) for each in arguments], {})

    def _popen(
        self, program: list[str], arguments: list[str], more: dict[str, str]
    ) -> subprocess.Popen[bytes]:
        with (self.folder / "journal").open("ab") as journal:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [*program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=journal,
                env=environment(self.folder) | more,
            )
        self._stack.callback(stop, process)
        self.processes.append(process)
        return process


def stop(process: subprocess.Popen[bytes]) -> int:
    """End a process as a supervisor does, and return its exit code."""
    if process.poll() is None:
        process.terminate()
    return process.wait(END_S)


@contextmanager
def world_in(folder: Path) -> Iterator[World]:
    """Make a world; every process of it ends with the block."""
    with ExitStack() as stack:
        world = World(folder, stack)
        try:
            yield world
        finally:
            for process in world.processes:  # none has to wait for another one
                process.terminate()


def ready_status(node: DemoNode) -> int:
    """Return what /readyz answers, 0 while nothing does."""
    with closing(HTTPConnection("127.0.0.1", node.desk_port, timeout=END_S)) as line:
        try:
            line.request("GET", "/readyz", headers={"Host": f"localhost:{node.desk_port}"})
            with line.getresponse() as response:
                return response.status
        except (OSError, HTTPException):
            return 0


def await_check(world: World, name: str) -> dict[str, object]:
    """Return a check of the doctor once it is bad; peers must have been heard for it."""
    end = monotonic() + END_S
    while (found := world.checks().get(name)) is None:
        assert monotonic() < end, f"{name} never turned bad"
        sleep(_LOOK_EVERY_S)
    return found


def await_good(world: World, name: str) -> None:
    """Return once a check of the doctor is not bad any more."""
    end = monotonic() + END_S
    while (found := world.checks().get(name)) is not None:
        assert monotonic() < end, str(found)
        sleep(_LOOK_EVERY_S)


def error_of(ended: Ended) -> dict[str, str]:
    """Return the error that a command with --json printed."""
    return cast("dict[str, str]", ended.document()["error"])


def copy_of(node: DemoNode) -> dict[Path, bytes]:
    """Return the database files of a node that does not run."""
    store = node.home.store
    found = [store, store.with_name(store.name + "-wal"), store.with_name(store.name + "-shm")]
    return {path: path.read_bytes() for path in found if path.exists()}


def put_back(files: dict[Path, bytes], node: DemoNode) -> None:
    """Replace the database files of a node by a copy."""
    for path in copy_of(node):
        path.unlink()
    for path, data in files.items():
        path.write_bytes(data)
        os.chmod(path, 0o600)  # noqa: PTH101 - the same for every file


def mid_of(ended: Ended) -> str:
    """Return the id of the message that a command queued."""
    assert ended.code == 0, ended.err
    first = json.loads(ended.out.splitlines()[0])
    return str(first["mid"])
