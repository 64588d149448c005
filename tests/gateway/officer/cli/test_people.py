"""The commands of people: administration over the socket, and acting as somebody."""

import asyncio
import json
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

import pytest
from aiohttp.web import AppRunner, UnixSite

from gateway.errors import AccessDeniedError, ConfigError
from gateway.officer.cli.session import read_token, write_token
from gateway.officer.server import build_officer_app
from tests.gateway.officer.cli.session import Ended, Shell
from tests.gateway.officer.pages.world import DeskWorld, desk_world

Capture = pytest.CaptureFixture[str]


class Running:
    """A desk in another thread, with its socket."""

    def __init__(self, desk: DeskWorld, loop: asyncio.AbstractEventLoop, home: Path) -> None:
        self.desk = desk
        self.home = home
        self._loop = loop

    def confirm(self, name: str) -> str:
        """Let in whatever program waits, as the person of this name; return its code."""

        async def play() -> str:
            devices = self.desk.door.devices
            async with asyncio.timeout(120):
                while not devices._waiting:  # noqa: ASYNC110  two threads
                    await asyncio.sleep(0)  # the command asks in another thread
            (waiting,) = devices._waiting.values()
            devices.confirm(waiting.code, await self.desk.door.people.named(name))
            return waiting.code

        return asyncio.run_coroutine_threadsafe(play(), self._loop).result(120)


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """Serve a desk, also on a control socket, from another thread."""
    ready, over = Event(), Event()
    made: list[Running] = []

    async def serve(home: Path) -> None:
        async with desk_world(folder) as desk:
            runner = AppRunner(
                build_officer_app(desk.parts.services), access_log=None, shutdown_timeout=0.1
            )
            await runner.setup()
            await UnixSite(runner, str(home / "control")).start()
            made.append(Running(desk, asyncio.get_running_loop(), home))
            ready.set()
            await asyncio.to_thread(over.wait)
            await runner.cleanup()

    with TemporaryDirectory(prefix="a35") as name:
        thread = Thread(target=lambda: asyncio.run(serve(Path(name))))
        thread.start()
        try:
            assert ready.wait(120)
            yield made[0]
        finally:
            over.set()
            thread.join(20)


def last(ended: Ended) -> dict[str, Any]:
    """Return the last document of standard output, on which the journal appears too here."""
    document: dict[str, Any] = json.loads(ended.out.splitlines()[-1])
    return document


def beside(work: Callable[[], object]) -> Thread:
    """Do something while a command waits."""
    thread = Thread(target=work)
    thread.start()
    return thread


def test_socket_is_the_whole_desk_until_somebody_was_added(tmp_path: Path, capsys: Capture) -> None:
    """From the first person on it is the operator, who opens no message."""
    with running(tmp_path) as node:
        shell = Shell(node.home, capsys)
        assert last(shell("whoami", "--json"))["who"] == "RO/1 desk"
        added = shell("user", "add", "duty1", "--role", "officer")
        assert added.code == 0
        assert f"{node.desk.base}/enter#" in added.out
        assert "RO/1 officer 1" in added.out
        assert last(shell("whoami", "--json"))["roles"] == ["operator"]
        assert shell("inbox").code == 0
        assert shell("open", "0" * 32).code == 77
        assert shell("logout").code == 66


def test_login_lets_commands_act_as_a_person_until_logout(tmp_path: Path, capsys: Capture) -> None:
    """By the code that the person confirms; from elsewhere with the token too."""
    with running(tmp_path) as node:
        shell = Shell(node.home, capsys)
        assert shell("user", "add", "duty1", "--role", "officer").code == 0
        waiting = beside(lambda: node.confirm("duty1"))
        logged = shell("login", "--timeout", "120s", "--json")
        waiting.join(20)
        assert logged.code == 0, logged.err
        assert "Code:" in logged.err
        me = last(logged)
        assert (me["name"], me["roles"], me["way"]) == ("duty1", ["officer"], "token")
        login = node.home / "login"
        assert stat.S_IMODE(login.stat().st_mode) == 0o600
        assert "duty1" in shell("whoami").out
        elsewhere = ["--desk", node.desk.base, "--token-file", str(login)]
        assert last(shell.bare(*elsewhere, "whoami", "--json")) == me
        assert shell("user", "add", "x1", "--role", "auditor").code == 0
        assert shell("logout").code == 0
        assert not login.exists()
        alone = shell.bare("--desk", node.desk.base, "--token-file", str(login), "whoami")
        assert alone.code == 77


def test_roles_locks_and_links_by_command(tmp_path: Path, capsys: Capture) -> None:
    """By name or number; a name that nobody has is no input."""
    with running(tmp_path) as node:
        shell = Shell(node.home, capsys)
        robot = shell("user", "add", "robot", "--role", "officer", "--service")
        assert "a35t_" in robot.out
        assert shell("user", "add", "duty1", "--role", "officer", "--json").code == 0
        changed = last(shell("user", "roles", "duty1", "officer", "approver", "--json"))
        assert (changed["roles"], changed["version"]) == (["officer", "approver"], 2)
        assert "locked" in shell("user", "lock", "2").out
        assert shell("user", "link", "duty1").code == 65
        assert shell("user", "unlock", "duty1").code == 0
        assert "/enter#" in shell("user", "link", "duty1").out
        assert shell("user", "lock", "nobody").code == 66
        listed = shell("user", "list")
        assert [line.split("\t")[0] for line in listed.out.splitlines()][-2:] == ["robot", "duty1"]
        assert len(json.loads(shell("user", "list", "--json").out.splitlines()[-1])) == 2
        late = shell("login", "--timeout", "0s")
        assert late.code == 75


def test_token_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """A token that others read is nobody's secret."""
    file = tmp_path / "login"
    assert read_token(file) is None
    write_token(file, "a35t_abc")
    assert read_token(file) == "a35t_abc"
    file.chmod(0o644)
    with pytest.raises(AccessDeniedError):
        read_token(file)
    file.chmod(0o600)
    for wrong in (b"something", b"\xff", b"a" * 300):
        file.write_bytes(wrong)
        with pytest.raises(ConfigError):
            read_token(file)
