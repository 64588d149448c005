"""Making and checking the files of a store, before anything in it is used."""

import contextlib
import os
import sqlite3
from functools import partial
from pathlib import Path
from typing import Final

from gateway.continuity import Loss
from gateway.errors import ConfigError, StorageError
from gateway.storage.anchor import Anchor, find, sync_folder
from gateway.storage.connection import connect_reader, connect_writer
from gateway.storage.continuity import marker_of, read_loss
from gateway.storage.copy import check_copy, copy_database, fault_of
from gateway.storage.gate import Gate
from gateway.storage.group import Failed, GroupCommitter
from gateway.storage.nodes import LogNodes
from gateway.storage.schema import SCHEMA_VERSION, check_schema
from gateway.storage.sequence import committed_size
from gateway.storage.session import Session
from protocol.identifiers import LogOrigin
from protocol.log.recovery import Start, StartDecision, decide_start
from protocol.log.statement import Statement
from protocol.log.tree import root_at

LOOKED_THROUGH_BYTES: Final = 512 * 1024 * 1024
"""A store up to this size is looked through at each start: about a second. A larger one by each
backup."""


def beside(path: Path, suffix: str) -> Path:
    """Return the file with a suffix more in the same folder."""
    return path.with_name(path.name + suffix)


def default_anchor(path: Path) -> Path:
    """Return the default anchor: beside the home, so that no copy of the home contains it."""
    return beside(path.resolve().parent, ".anchor")


def make_store(path: Path, origin: LogOrigin) -> None:
    """Make the database file with its tables; a failure leaves none.

    Args:
        path: Where; it must not exist.
        origin: The log that the node begins.

    Raises:
        StorageError: It exists, or cannot be written.
    """
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError as fault:
        raise StorageError(
            "there is a store here already", hint="Choose another home; a store is made once."
        ) from fault
    except OSError as fault:
        raise StorageError("the store cannot be made here") from fault
    try:
        connection = connect_writer(path)
        with contextlib.closing(connection):
            _bring_up_to_date(connection)
            connection.execute(
                "INSERT INTO log (generation, origin) VALUES (?, ?)",
                (origin.generation, str(origin)),
            )
        sync_folder(path.parent)
    except BaseException as fault:
        remove_store(path)
        if isinstance(fault, sqlite3.Error | OSError):
            raise StorageError("the store could not be made") from fault
        raise


def remove_store(path: Path) -> None:
    """Remove the files of a store that was never handed out."""
    for suffix in ("", "-wal", "-shm"):
        beside(path, suffix).unlink(missing_ok=True)


def migrate_store(path: Path) -> None:
    """Refuse what we do not understand, then bring the rest to the newest schema.

    A verified copy is taken first and stays beside the store, for an operator who has to go back:
    `store.db.before-NNNN`, named by the schema that the release brings. Those of earlier releases
    are removed then.

    Args:
        path: The database file, locked by this process.

    Raises:
        ConfigError: A newer release wrote it.
        StorageError: It cannot be read, is no store of ours, or there is no room for the copy.
        LogDamagedError: Its log does not verify; it was not changed.
    """
    undo_half_written(path)
    with contextlib.closing(connect_reader(path)) as reader:
        version = _understood(reader)
        if path.stat().st_size <= LOOKED_THROUGH_BYTES:
            _refuse_damaged(reader)
    if version == SCHEMA_VERSION:
        return
    _keep_copy(path)
    with contextlib.closing(connect_writer(path)) as connection:
        try:
            _bring_up_to_date(connection)
        except sqlite3.Error as fault:
            raise StorageError("the schema could not be brought up to date") from fault


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    # Loaded here: most starts find a store of today.
    from gateway.storage.migrating import apply_migrations  # noqa: PLC0415

    apply_migrations(connection)


def undo_half_written(path: Path) -> None:
    """Let SQLite take back a change that a kill left half done outside the write-ahead log.

    A copy that was put in place has a rollback journal until its first start turns the
    write-ahead log on. Killed in that moment it leaves a journal that only a connection that may
    write can apply; until then nobody can read the store at all.

    Args:
        path: The database file, locked by this process.

    Raises:
        StorageError: The disk refused, or the journal does not belong to the store.
    """
    if not beside(path, "-journal").exists():
        return
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)
        with contextlib.closing(connection):
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error as fault:
        raise StorageError(
            "the store cannot be read", hint="Run `a35 doctor`; restore it from a backup."
        ) from fault


def _refuse_damaged(reader: sqlite3.Connection) -> None:
    """Refuse a file in which SQLite finds a fault, before anything is written to it.

    Raises:
        StorageError: It names the page; the file stays as it is.
    """
    fault = fault_of(reader)
    if fault is not None:
        raise StorageError(
            f"the store is damaged: {fault}",
            code="store_damaged",
            hint="Keep the file as it is, check the disk, and restore the newest backup.",
        )


def _keep_copy(path: Path) -> None:
    """Take a copy that is believed, before anything is changed; one that was begun counts not.

    Raises:
        StorageError: The disk refused.
    """
    target, part = beside(path, f".before-{SCHEMA_VERSION:04}"), beside(path, ".before.part")
    try:
        part.unlink(missing_ok=True)
        copy_database(path, part)
        check_copy(part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)
        for earlier in path.parent.glob(f"{path.name}.before-*"):
            if earlier != target:
                earlier.unlink()
        sync_folder(path.parent)
    except OSError as fault:
        raise StorageError("the copy before the migration could not be kept") from fault
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _understood(reader: sqlite3.Connection) -> int:
    try:
        return check_schema(reader)
    except sqlite3.Error as fault:
        if fault.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CORRUPT:
            _refuse_damaged(reader)
        raise StorageError(
            "the store cannot be read", hint="Run `a35 doctor`; restore it from a backup."
        ) from fault


def check_start(path: Path, origin: LogOrigin, anchor: Anchor) -> Gate:
    """Compare database, keys and anchor before anything can be signed.

    Args:
        path: The database file, locked by this process.
        origin: The log that the node's keys sign.
        anchor: Not opened yet.

    Returns:
        The gate before the signature, closed.

    Raises:
        ConfigError: The store belongs to another log.
        LogDamagedError: A leaf is missing.
    """
    with contextlib.closing(connect_reader(path)) as reader:
        row = reader.execute("SELECT origin FROM log ORDER BY generation DESC LIMIT 1").fetchone()
        if row is None or row[0] != str(origin):
            refused = _other_log(None if row is None else LogOrigin.parse(row[0]), origin)
            raise refused
        size = committed_size(reader, origin.generation)
        nodes = LogNodes(reader, generation=origin.generation, size=size)
        root_of = partial(root_at, subtree=nodes.subtree)
        finding = find(anchor, origin=origin, size=size, root_of=root_of)
        loss = read_loss(reader, origin)
    decision = decide_start(finding, size=size, restored=marker_of(path).exists())
    return Gate(decision if loss is None else _ended(loss), loss=loss)


def _other_log(held: LogOrigin | None, origin: LogOrigin) -> ConfigError:
    if held is not None and held.node == origin.node and held.generation < origin.generation:
        return ConfigError(
            "a new generation of the log was begun and not finished",
            code="generation_unfinished",
            hint="Say once more: a35 recover --new-generation REASON",
        )
    return ConfigError(
        "the store belongs to another log than the keys",
        hint="Put keys and store of the same node into one home.",
    )


def _ended(loss: Loss) -> StartDecision:
    return StartDecision(
        start=Start.NEVER, why=f"{loss.by} showed a head of this log that the store does not have"
    )


def append_first(committer: GroupCommitter, first: Statement) -> None:
    """Append and sign leaf 0 of a new log.

    Raises:
        StorageError: It was not committed.
    """

    def append(session: Session) -> int:
        return session.state(first, must_leave=True)

    result = committer.commit([append]).results[0]
    if isinstance(result, Failed):
        raise StorageError("the first leaf could not be committed") from result.fault
