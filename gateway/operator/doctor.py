"""Looks for what keeps a node from working, without needing it to run.

Every check says what it found and what to do. What only the running node knows (its log, its
peers, its directory's age) is asked of it through the control socket by the command on top.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from ctypes.util import find_library
from dataclasses import dataclass
from errno import EADDRINUSE
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from json import loads
from pathlib import Path
from shutil import disk_usage
from socket import AF_INET, AF_INET6, AF_UNIX, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket
from typing import Final

from gateway.config import NodeConfig, load_config
from gateway.errors import GatewayError
from gateway.home import Home
from protocol.delivery.room import Floor, Room, step

WITNESS_FILE: Final = "witness.key"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_MAX_REPORT_BYTES: Final = 64 * 1024
_MEBIBYTE: Final = 1024 * 1024
_FONTS: Final = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
ANSWER_S: Final = 5.0
"""How long a running node may take to answer."""

SILENT: Final = "not running, or not for this account to ask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What.
        ok: Whether it is well.
        detail: What was found.
        fix: What to do; empty if it is well.
    """

    name: str
    ok: bool
    detail: str
    fix: str = ""


def examine(home: Home, *, file: Path | None, environ: Mapping[str, str]) -> tuple[Check, ...]:
    """Check a home and its settings.

    Args:
        home: The node's folder.
        file: Another settings file than the home's.
        environ: The environment, for A35_ options.
    """
    if not home.path.is_dir():
        return (_bad("home", "there is no such folder", "make a node with: a35 init"),)
    settings, config = check_settings(home, file=file, environ=environ)
    floor = Floor() if config is None else config.disk.floor
    checks = [_private(home), *_files(home), _room(home, floor), _open_files()]
    checks += [check_paper(_FONTS), settings]
    if config is not None:
        checks.extend(_configured(home, config))
    return tuple(checks)


def check_settings(
    home: Home, *, file: Path | None, environ: Mapping[str, str]
) -> tuple[Check, NodeConfig | None]:
    """Check that the settings can be read and make sense.

    Args:
        home: The node's folder.
        file: Another settings file than the home's.
        environ: The environment, for A35_ options.

    Returns:
        The check, and the settings if they can be used.
    """
    try:
        config = load_config(home.path, file=file, environ=environ).config
    except GatewayError as error:
        return _bad("settings", str(error), error.hint), None
    return _good("settings", f"{config.node}, {config.url}"), config


def ask_node(home: Home) -> tuple[Check, ...]:
    """Ask the running node how it is, through its control socket.

    Args:
        home: The node's folder.

    Returns:
        Its own checks; one that says so if it does not run, which is no fault.
    """
    try:
        with socket(AF_UNIX, SOCK_STREAM) as line:
            line.settimeout(ANSWER_S)
            line.connect(str(home.control))
            return _report(line)
    except (OSError, ValueError, LookupError, TypeError, HTTPException):
        # Whatever else may answer there is not our node.
        return (_good("node", SILENT),)


def check_ports(config: NodeConfig) -> Iterator[Check]:
    """Yield the ports of a node that does not answer and that somebody listens on.

    Args:
        config: Its settings; a port that the system chooses is always free.
    """
    places = (
        ("peer.listen", config.peer.host, config.peer.port),
        ("desk.port", "127.0.0.1", config.desk.port),
    )
    for setting, host, port in places:
        if port and _is_taken(host, port):
            yield _bad(
                setting,
                f"something listens on port {port}, so that the node cannot start",
                f"stop it, or set another {setting} in node.toml; or is it this node, run by"
                " another account?",
            )


def _is_taken(host: str, port: int) -> bool:
    family = AF_INET6 if ":" in host else AF_INET
    with socket(family, SOCK_STREAM) as line:
        line.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)  # one that was just closed is free
        try:
            line.bind((host, port))
        except OSError as error:
            return error.errno == EADDRINUSE
    return False


def _report(line: socket) -> tuple[Check, ...]:
    connection = HTTPConnection("localhost")
    connection.sock = line
    connection.request("GET", "/readyz")
    with closing(connection.getresponse()) as response:
        report = loads(response.read(_MAX_REPORT_BYTES))
    ready = _good("node", "ready") if report["ok"] else _bad("node", "not ready", "see below")
    return (
        ready,
        *(
            Check(name=each["name"], ok=each["ok"], detail=each["detail"], fix=each["fix"])
            for each in report["checks"]
        ),
    )


def _configured(home: Home, config: NodeConfig) -> Iterable[Check]:
    """Check what the settings point at."""
    yield _directory(home, config)
    yield _duty(config)
    if config.desk.combined_roles:
        yield _good("roles", "one person may be operator and see content (desk.combined_roles)")
    if config.desk.demo:
        yield _bad("demo", "the pages say that this is a demo", "take desk.demo out of node.toml")
    if config.credential_file is not None:
        yield _secret_file("credential", home.path_of(config.credential_file))


def _directory(home: Home, config: NodeConfig) -> Check:
    if config.directory.url is None or config.directory.root is None:
        return _bad(
            "directory",
            "no directory is named: the node can reach nobody",
            "set url and root below [directory] in node.toml",
        )
    if not home.path_of(config.directory.root).is_file():
        return _bad(
            "directory",
            "the root file that the settings name is not there",
            "put the root.json that you got from the authority where directory.root says",
        )
    return _good("directory", config.directory.url)


def _duty(config: NodeConfig) -> Check:
    duty = config.duty
    if duty.telephone or duty.cell_phone or duty.email:
        return _good("duty contact", "a35 ack says whom to call")
    return _good("duty contact", "not in node.toml: a35 ack takes it from the directory")


def _private(home: Home) -> Check:
    mode = stat.S_IMODE(home.path.stat().st_mode)
    if mode & _OTHERS:
        return _bad("home", f"other users may enter it (mode {mode:04o})", f"chmod 700 {home.path}")
    return _good("home", str(home.path))


def _files(home: Home) -> Iterable[Check]:
    """Check the files that every node has."""
    yield _secret_file("keys", home.keys)
    yield from (_secret_file(f"keys/{each.name}", each) for each in _inside(home.keys))
    if home.keys.is_dir() and not (home.keys / WITNESS_FILE).exists():
        yield _bad(
            "witness key",
            "this node has none: it cosigns no other log",
            "it was made before there were such keys, or restored; stop it, then: a35 keys witness",
        )
    yield _present("store", home.store, "restore it from the backup; never make a new one")
    yield _present(
        "anchor", home.anchor, "a restored home has none: see the operator's guide before starting"
    )


def _inside(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _secret_file(name: str, place: Path) -> Check:
    try:
        found = place.stat()
    except OSError:
        return _bad(name, "not there", "restore it from the backup, or make a node: a35 init")
    if stat.S_IMODE(found.st_mode) & _OTHERS:
        return _bad(name, "open to other users", f"chmod go= {place}")
    if found.st_uid != os.geteuid():
        return _bad(name, "belongs to another user", "run as the user that runs the node")
    return _good(name, "private")


def _present(name: str, place: Path, fix: str) -> Check:
    if not place.is_file():
        return _bad(name, "not there", fix)
    return _good(name, f"{place.stat().st_size} bytes")


def _room(home: Home, floor: Floor) -> Check:
    found = disk_usage(home.path)
    kept = floor.bytes_of(found.total)
    detail = f"{found.free // _MEBIBYTE} MiB free, {kept // _MEBIBYTE} are kept for the urgent"
    match step(Room.AMPLE, free_bytes=found.free, floor_bytes=kept):
        case Room.AMPLE:
            return _good("disk", detail)
        case Room.SHORT:
            return _bad("disk", detail, "make room: the node takes urgent messages alone")
        case Room.SPENT:
            return _bad("disk", detail, "make room now: the node takes nothing new")


def _open_files() -> Check:
    limit = os.sysconf("SC_OPEN_MAX")
    if limit < 1024:  # noqa: PLR2004  connections to 80 nodes, both ways, and files
        return _bad("open files", f"{limit} allowed", "raise the limit: ulimit -n 4096")
    return _good("open files", f"{limit} allowed")


def check_paper(
    folders: Iterable[Path],
    find: Callable[[str], object | None] = find_spec,
    library: Callable[[str], str | None] = find_library,
) -> Check:
    """Say whether the desk can make PDF, and what to install; pages print without it as well.

    Args:
        folders: Where the system keeps its fonts.
        find: Finds a package by its name.
        library: Finds a library of the system by its name.
    """
    if find("weasyprint") is None:
        return _good("paper", 'no PDF here: pip install "a35-gateway[pdf]" if it is wanted')
    if library("pangoft2-1.0") is None:
        return _good("paper", "no PDF without Pango: apt-get install libpango-1.0-0")
    if not any(next(folder.rglob("Noto*"), None) for folder in folders if folder.is_dir()):
        return _good("paper", "PDF without some scripts: apt-get install fonts-noto-core")
    return _good("paper", "PDF can be made")


def _good(name: str, detail: str) -> Check:
    return Check(name=name, ok=True, detail=detail)


def _bad(name: str, detail: str, fix: str) -> Check:
    return Check(name=name, ok=False, detail=detail, fix=fix)
