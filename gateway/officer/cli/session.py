"""How a command speaks to its node: one client, one event loop, one exit code."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from json import loads
from os import environ
from pathlib import Path
from typing import Final, TypeVar

from gateway.errors import AccessDeniedError, ConfigError, DataError, NoInputError, UnavailableError
from gateway.home import Home
from gateway.officer.client import Client
from gateway.terminal import DESK_VARIABLE, TOKEN_VARIABLE
from keys.bearer import TOKEN_PREFIX
from protocol.delivery.reference import bounds_of
from protocol.errors import MalformedError
from protocol.identifiers import MessageId

_MOST_BYTES: Final = 256
_OTHERS: Final = 0o077
_AGAIN: Final = "sign in again: a35 login"

Result = TypeVar("Result")


def at_desk(
    home: Path, work: Callable[[Client], Awaitable[Result]], *, as_operator: bool = False
) -> Result:
    """Open a client on a home's control socket, do the work, close it.

    Who acts is whom the home's file `login` names, if `a35 login` wrote one. With `a35 --desk`
    it is the desk at that address, and its token.

    Args:
        home: The node's folder.
        work: What the command does; returns its exit code or what it fetched.
        as_operator: Whether the socket itself acts, whoever has signed in.

    Raises:
        ConfigError: There is no such home.
        AccessDeniedError: The file with the token is open to others.
        GatewayError: What the node refused with.
    """
    address = environ.get(DESK_VARIABLE)
    if address is None and not home.is_dir():
        raise ConfigError(
            "there is no node in this home", hint="name another folder with --home, or: a35 init"
        )

    async def run() -> Result:
        file = token_file(home)
        token = None if as_operator and address is None else read_token(file)
        async with Client(home if address is None else address, token=token) as desk:
            return await work(desk)

    return asyncio.run(run())


def page_at(home: Path, path: str) -> str:
    """Return the address of a page of the desk, for people.

    Args:
        home: The node's folder.
        path: Of the page.

    Raises:
        UnavailableError: No node runs in this home.
    """
    address = environ.get(DESK_VARIABLE)
    if address is not None:
        return address.rstrip("/") + path
    try:
        ports = loads(Home(home).ports_file.read_text(encoding="ascii"))
        return f"http://localhost:{int(ports['desk'])}{path}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnavailableError(
            "no node runs in this home", code="node_not_running", hint="start it with: a35 run"
        ) from error


def token_file(home: Path) -> Path:
    """Return where the token of whoever acts lies.

    Args:
        home: The node's folder.
    """
    named = environ.get(TOKEN_VARIABLE)
    return Home(home).login if named is None else Path(named)


def read_token(file: Path) -> str | None:
    """Read a bearer token; None if there is no such file.

    Raises:
        AccessDeniedError: Others than its owner may read it.
        ConfigError: It is no file of a token.
    """
    try:
        found = file.lstat()
        text = file.read_text(encoding="ascii") if found.st_size <= _MOST_BYTES else ""
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("the file of the token cannot be read", hint=_AGAIN) from error
    if found.st_mode & _OTHERS:
        raise AccessDeniedError(
            "the file of the token is open to others", hint=f"chmod 600 {file.name}"
        )
    token = text.strip()
    if not token.startswith(TOKEN_PREFIX):
        raise ConfigError("the file holds no token", hint=_AGAIN)
    return token


def write_token(file: Path, token: str) -> None:
    """Keep a bearer token where nobody but its owner reads it.

    Raises:
        OSError: The system refused.
    """
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as target:
        target.write(token + "\n")
    part.replace(file)


async def mid_at(desk: Client, text: str) -> str:
    """Return the id of a message that is named by its id or by its short code.

    Args:
        desk: The node.
        text: 32 hex digits, or eight signs as they were read out: `9F0K-WW2T`.

    Raises:
        NoInputError: No message is called so.
        DataError: Several messages have this code; the error names them.
    """
    if not _is_code(text):
        return mid_text(text)
    found = (await desk.coded(text)).items
    if len(found) > 1:
        raise DataError(
            "several messages have this code: " + ", ".join(item.mid for item in found),
            code="ambiguous_code",
            hint="name one of them by its whole id",
        )
    return found[0].mid


def _is_code(text: str) -> bool:
    try:
        bounds_of(text)
    except MalformedError:
        return False
    return True


def mid_text(text: str) -> str:
    """Read a message or thread id, in either case of letters.

    Raises:
        NoInputError: Not 32 hex digits, so no message is called so.
    """
    try:
        return str(MessageId.parse(text.lower()))
    except MalformedError as error:
        raise NoInputError(
            "no message is called so: an id has 32 hex digits", hint="see: a35 inbox, a35 outbox"
        ) from error
