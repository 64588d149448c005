"""The doctor finds each fault that stops a node, and says how to mend it."""

import asyncio
from pathlib import Path
from shutil import disk_usage
from socket import AF_INET, SOCK_STREAM, socket
from threading import Event, Thread

import pytest
from aiohttp.web import AppRunner, UnixSite

from gateway.config import DeskSection, DirectorySection, DiskSection, NodeConfig, PeerSection
from gateway.home import Home
from gateway.officer.server import build_health_app
from gateway.operator.doctor import Check, ask_node, check_paper, check_ports, examine
from gateway.operator.node import create_node
from keys.keyfile import Credential
from tests.gateway.officer.world import Healthy, StillClock

ANY_DISK = DiskSection(least_free_mib=0, least_free_percent=0)
"""So that the verdict does not hang on the machine that the tests run on."""


def test_new_node_lacks_its_directory_only(tmp_path: Path) -> None:
    """What the operator's guide promises after init."""
    config = NodeConfig(node="RO/1", name="RO", url="https://localhost", disk=ANY_DISK)
    home = made(tmp_path, config)
    bad = [check.name for check in checks(home) if not check.ok]
    assert bad == ["directory"]


def test_listed_node_is_well(tmp_path: Path) -> None:
    """All good, in a fixed order."""
    home = listed(tmp_path)
    assert all(check.ok for check in checks(home))
    assert [check.name for check in checks(home)] == [
        "home",
        "keys",
        "keys/content.key",
        "keys/node.key",
        "keys/witness.key",
        "store",
        "anchor",
        "disk",
        "open files",
        "paper",
        "settings",
        "directory",
        "duty contact",
    ]


def test_what_a_desk_permits_itself_is_said(tmp_path: Path) -> None:
    """Combined roles are no fault, but nobody should forget them; a demo is one."""
    desk = DeskSection(combined_roles=True, demo=True)
    config = NodeConfig(node="RO/1", name="RO", url="https://localhost", disk=ANY_DISK, desk=desk)
    found = {check.name: check.ok for check in checks(made(tmp_path, config))}
    assert (found["roles"], found["demo"]) == (True, False)


@pytest.mark.parametrize(
    ("name", "break_it"),
    [
        ("home", lambda home: home.path.chmod(0o755)),
        ("keys", lambda home: home.keys.chmod(0o750)),
        ("keys/node.key", lambda home: (home.keys / "node.key").chmod(0o604)),
        ("store", lambda home: home.store.unlink()),
        ("anchor", lambda home: home.anchor.unlink()),
        ("settings", lambda home: home.config_file.write_text("nod = 1")),
        ("directory", lambda home: (home.path / "root.json").unlink()),
    ],
)
def test_each_fault_is_found(tmp_path: Path, name: str, break_it: object) -> None:
    """One fault, one line, one remedy."""
    home = listed(tmp_path)
    assert callable(break_it)
    break_it(home)
    bad = [check for check in checks(home) if not check.ok]
    assert [check.name for check in bad] == [name]
    assert bad[0].fix


def test_missing_keys_are_found(tmp_path: Path) -> None:
    """A backup without them is worth little."""
    home = listed(tmp_path)
    for file in home.keys.iterdir():
        file.unlink()
    home.keys.rmdir()
    assert [check.name for check in checks(home) if not check.ok] == ["keys"]


def test_credential_file_of_the_settings_is_looked_at(tmp_path: Path) -> None:
    """Without it the node does not start by itself."""
    home = listed(tmp_path, credential_file="none")
    bad = [check.name for check in checks(home) if not check.ok]
    assert bad == ["credential"]


def test_no_home_is_one_line(tmp_path: Path) -> None:
    """Nothing else can be said of it."""
    assert [check.name for check in checks(Home(tmp_path / "none"))] == ["home"]


def test_node_that_does_not_run_is_no_fault(tmp_path: Path) -> None:
    """The doctor is called before the first start."""
    (only,) = ask_node(Home(tmp_path))
    assert only.ok
    assert "not running" in only.detail


@pytest.mark.parametrize("ready", [True, False])
def test_running_node_is_asked(tmp_path: Path, *, ready: bool) -> None:
    """It alone knows its log and its peers."""
    health = Healthy()
    health.ready = ready
    home = Home(tmp_path)
    up, over = Event(), Event()

    async def serve() -> None:
        runner = AppRunner(build_health_app(health, health), access_log=None)
        await runner.setup()
        await UnixSite(runner, str(home.control)).start()
        up.set()
        await asyncio.to_thread(over.wait)
        await runner.cleanup()

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert up.wait(10)
        found = ask_node(home)
    finally:
        over.set()
        thread.join(10)
    assert [(check.name, check.ok) for check in found] == [("node", ready), ("log", ready)]


def test_something_else_on_the_socket_is_not_believed(tmp_path: Path) -> None:
    """A stale socket of another program."""
    home = Home(tmp_path)
    up, over = Event(), Event()

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
        await writer.drain()
        writer.close()

    async def serve() -> None:
        server = await asyncio.start_unix_server(reply, home.control)
        async with server:
            up.set()
            await asyncio.to_thread(over.wait)

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert up.wait(10)
        (only,) = ask_node(home)
    finally:
        over.set()
        thread.join(10)
    assert only.name == "node"


@pytest.mark.parametrize(
    ("has_extra", "has_pango", "font", "told"),
    [
        (False, False, None, "a35-gateway[pdf]"),
        (True, False, None, "libpango"),
        (True, True, None, "fonts-noto-core"),
        (True, True, "NotoSans-Regular.ttf", "PDF can be made"),
    ],
)
def test_paper_is_no_fault_and_says_what_to_install(
    *, has_extra: bool, has_pango: bool, font: str | None, told: str, tmp_path: Path
) -> None:
    """Pages print with the browser all the same."""
    if font is not None:
        (tmp_path / "truetype").mkdir()
        (tmp_path / "truetype" / font).touch()
    check = check_paper(
        (tmp_path, tmp_path / "none"),
        find=lambda _name: has_extra or None,
        library=lambda name: name if has_pango else None,
    )
    assert check.ok
    assert told in check.detail


def checks(home: Home) -> tuple[Check, ...]:
    """Examine a home."""
    return examine(home, file=None, environ={})


@pytest.mark.parametrize(("more_kept", "told"), [(2, "urgent messages alone"), (4, "nothing new")])
def test_disk_is_held_against_what_stays_free(tmp_path: Path, more_kept: int, told: str) -> None:
    """The sentence says what the node takes; the figures are this machine's."""
    home = listed(tmp_path)
    free_mib = disk_usage(tmp_path).free // (1024 * 1024)
    kept = free_mib * more_kept * 2 // 3
    text = home.config_file.read_text(encoding="utf-8")
    home.config_file.write_text(text.replace("least_free_mib = 0", f"least_free_mib = {kept}"))
    (bad,) = [check for check in checks(home) if not check.ok]
    assert bad.name == "disk"
    assert told in bad.fix


def listed(folder: Path, credential_file: str | None = None) -> Home:
    """Make a node that has everything."""
    config = NodeConfig(
        node="RO/1",
        name="RO",
        url="https://localhost",
        credential_file=credential_file,
        directory=DirectorySection(url="https://directory.example", root="root.json"),
        disk=ANY_DISK,
    )
    return made(folder, config, root=b"{}")


def made(folder: Path, config: NodeConfig, root: bytes | None = None) -> Home:
    """Make a node."""
    secret = Credential(bytes(range(32)))
    return create_node(Home(folder / "ro"), config, secret, clock=StillClock(), root=root).home


def test_port_that_somebody_else_holds_is_named() -> None:
    """The node cannot start, and its log has scrolled away."""
    with socket(AF_INET, SOCK_STREAM) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = NodeConfig(
            node="RO/1",
            name="Example",
            url="https://localhost",
            peer=PeerSection(listen="127.0.0.1:0"),
            desk=DeskSection(port=port),
        )
        (found,) = check_ports(config)
        assert (found.name, found.ok) == ("desk.port", False)
        assert str(port) in found.detail
    assert list(check_ports(config)) == []
    elsewhere = config.model_copy(update={"peer": PeerSection(listen="[::1]:0")})
    assert list(check_ports(elsewhere)) == []
