"""How a command speaks to its node: one client, one event loop, one exit code."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from gateway.errors import ConfigError, DataError, NoInputError
from gateway.officer.client import Client
from protocol.delivery.reference import bounds_of
from protocol.errors import MalformedError
from protocol.identifiers import MessageId

Result = TypeVar("Result")


def at_desk(home: Path, work: Callable[[Client], Awaitable[Result]]) -> Result:
    """Open a client on a home's control socket, do the work, close it.

    Args:
        home: The node's folder.
        work: What the command does; returns its exit code or what it fetched.

    Raises:
        ConfigError: There is no such home.
        GatewayError: What the node refused with.
    """
    if not home.is_dir():
        raise ConfigError(
            "there is no node in this home", hint="name another folder with --home, or: a35 init"
        )

    async def run() -> Result:
        async with Client(home) as desk:
            return await work(desk)

    return asyncio.run(run())


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
