"""Verifying the log of a node that does not run, from its home alone: no secret is asked for.

Nothing is changed. The store's lock keeps a node from being started meanwhile.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path

from gateway.clock import SystemClock
from gateway.config import NodeConfig, load_config
from gateway.directory.trusted import TrustedDirectory
from gateway.errors import ConfigError, NoInputError
from gateway.home import Home
from gateway.journal import configure_journal, get_journal
from gateway.service.prove import listed_keys, note_held
from gateway.storage.auditing import audit_file
from keys.note import LogVerifier
from protocol.errors import MalformedError
from protocol.identifiers import LogOrigin
from protocol.log.audited import KnownHead, LogVerification


def verify_stopped(
    place: Path,
    origin: str | None,
    *,
    against: bytes | None = None,
    progress: Callable[[int, int], None],
) -> LogVerification:
    """Compute a log anew from the files of a home on which no node runs.

    Args:
        place: The home.
        origin: Which log; that of `against`, or the newest, if not given.
        against: A signed note of it that somebody else holds.
        progress: Told (leaves done, leaves in all).

    Raises:
        ConfigError: No settings, or the directory held there lists no keys of this log.
        NoInputError: The home keeps no such log.
        DataError: The note is not one of that log.
        StorageError: A node runs on it, or the store cannot be read.
    """
    # Standard output is the result's alone, and what the directory tells is none of it.
    configure_journal(StringIO(), json=False)
    home = Home(place)
    config = load_config(place, environ=os.environ).config
    directory = asyncio.run(_directory(home, config))

    def keys(log: LogOrigin) -> Sequence[LogVerifier]:
        found = listed_keys(directory, log)
        if not found:
            raise ConfigError(
                f"the directory held in this home lists no keys of {log}",
                hint="start the node, and have it verify its log",
            )
        return found

    wanted = _origin(origin)
    known: list[KnownHead] = []
    if against is not None:
        wanted, head = note_held(against, wanted, keys)
        known.append(head)
    return audit_file(
        home.store, keys, origin=wanted, anchor=home.anchor, known=known, progress=progress
    )


async def _directory(home: Home, config: NodeConfig) -> TrustedDirectory:
    """Return the directory as it is held; nobody is asked.

    Raises:
        ConfigError: None is held.
    """
    section = config.directory
    if section.url is None or section.root is None:
        raise ConfigError(
            "no directory is named in node.toml", hint="set directory.url and directory.root"
        )
    try:
        root = home.path_of(section.root).read_bytes()
    except OSError as error:
        raise ConfigError(
            "the directory's root cannot be read", hint="check directory.root in node.toml"
        ) from error
    directory = TrustedDirectory(
        home.directory,
        url=section.url,
        root=root,
        clock=SystemClock(),
        journal=get_journal("directory"),
    )
    await directory.start()
    await directory.close()
    return directory


def _origin(text: str | None) -> LogOrigin | None:
    try:
        return None if text is None else LogOrigin.parse(text)
    except MalformedError as error:
        raise NoInputError(
            "no log is called so", hint="a log is named as a35/RO/1/log/1; see: a35 log show"
        ) from error
