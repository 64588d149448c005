"""A copy of the database: how it is made beside a running writer, and when it is believed.

Made by SQLite itself from a connection that only reads, so that it is one moment of the store
and the writer goes on. Believed when SQLite finds no fault in it, the schema is one that we know,
its newest signed head is that of its own leaves, and the last leaves are those of what they
state.
"""

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.errors import LogDamagedError, StorageError
from gateway.records import SignedHead
from gateway.storage.connection import connect_reader
from gateway.storage.nodes import LogNodes
from gateway.storage.schema import check_schema
from gateway.storage.sequence import committed_size, newest_head
from protocol.errors import MalformedError, NotAllowedError
from protocol.identifiers import LogOrigin
from protocol.log.statement import StatementKind, digest_of
from protocol.log.tree import root_at

TAIL: Final = 4096
"""Newest leaves that are computed again from what they state; `a35 log verify` does all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyHead:
    """What a believed copy holds.

    Attributes:
        head: Its newest signed head.
        leaves: Committed leaves, signed or not.
        schema: Its version.
    """

    head: SignedHead
    leaves: int
    schema: int


def copy_database(path: Path, target: Path) -> None:
    """Copy the database as it is at one moment.

    Args:
        path: The database; its writer may be at work.
        target: Must not exist; readable by its owner alone.

    Raises:
        StorageError: It cannot be read, or there is no room.
    """
    target.touch(mode=0o600, exist_ok=False)
    with contextlib.closing(connect_reader(path)) as reader:
        # The file itself is opened read-only all the same; the pragma would refuse the copy too.
        reader.execute("PRAGMA query_only = OFF").fetchall()
        try:
            reader.execute("VACUUM INTO ?", (str(target),))
        except sqlite3.Error as fault:
            is_full = fault.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL
            raise StorageError(
                "the store could not be copied",
                code="disk_full" if is_full else None,
                hint="a copy needs as much room again as the store" if is_full else "",
            ) from fault


def check_copy(path: Path, *, since: SignedHead | None = None) -> CopyHead:
    """Decide whether a copy is believed.

    Args:
        path: A database that nobody writes.
        since: A head of the log it was copied from, taken before: the copy must contain it.

    Raises:
        StorageError: SQLite finds a fault in it, or the schema is none of ours.
        ConfigError: A newer release wrote it.
        LogDamagedError: Its log does not verify, or is another one.
    """
    with contextlib.closing(connect_reader(path)) as reader:
        try:
            return _checked(reader, since)
        except sqlite3.Error as fault:
            raise StorageError("the copy of the store cannot be read") from fault
        except MalformedError as fault:
            raise LogDamagedError("the copy names no log of ours") from fault


def fault_of(reader: sqlite3.Connection) -> str | None:
    """Let SQLite look through every page; about two seconds a gigabyte.

    Args:
        reader: Any connection.

    Returns:
        The first fault it names, with the page; None if there is none.
    """
    try:
        found = reader.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.DatabaseError as fault:
        return str(fault)
    return None if found == [("ok",)] else " ".join(str(found[0][0]).split())


def _checked(reader: sqlite3.Connection, since: SignedHead | None) -> CopyHead:
    schema = check_schema(reader)
    fault = fault_of(reader)
    if fault is not None:
        raise StorageError(f"the copy of the store is damaged: {fault}")
    row = reader.execute("SELECT origin FROM log ORDER BY generation DESC LIMIT 1").fetchone()
    if row is None:
        raise LogDamagedError("the copy holds no log")
    origin = LogOrigin.parse(row[0])
    head = newest_head(reader, origin)
    size = committed_size(reader, origin.generation)
    if head is None or head.size > size:
        raise LogDamagedError("the copy lacks a signed head, or leaves below it")
    nodes = LogNodes(reader, generation=origin.generation, size=size)
    for signed in (head, since):
        if signed is not None and not _contains(signed, origin, size, nodes):
            raise LogDamagedError("the copy holds another history than was signed")
    _check_tail(reader, origin.generation, size)
    return CopyHead(head=head, leaves=size, schema=schema)


def _contains(signed: SignedHead, origin: LogOrigin, size: int, nodes: LogNodes) -> bool:
    if signed.origin != origin or signed.size > size:
        return False
    return root_at(signed.size, nodes.subtree) == signed.root


def _check_tail(reader: sqlite3.Connection, generation: int, size: int) -> None:
    """Compute the last leaves from what they state.

    Raises:
        LogDamagedError: One is another than it states.
    """
    rows = reader.execute(
        "SELECT leaf.i, kind, digest, bytes, salt FROM leaf"
        " JOIN preimage USING (generation, i) WHERE generation = ? AND i >= ?",
        (generation, size - TAIL),
    )
    for index, kind, digest, preimage, salt in rows:
        if kind == StatementKind.COVER:
            continue
        try:
            is_right = digest_of(StatementKind(kind), preimage, salt) == digest
        except (ValueError, NotAllowedError):
            is_right = False
        if not is_right:
            raise LogDamagedError(f"leaf {index} of the copy is not of what it states")
