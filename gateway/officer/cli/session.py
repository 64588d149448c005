"""How a command speaks to its node: one client, one event loop, one exit code."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from gateway.errors import ConfigError, NoInputError
from gateway.officer.client import Client
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
