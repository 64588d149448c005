"""Logs with two histories: the evidence, kept for ever.

Source: docs/wire-format.md, rule 9a.
"""

import sqlite3

from gateway.records import Fork
from gateway.storage.session import Session
from protocol.identifiers import LogOrigin, NodeId


def keep_fork(session: Session, fork: Fork, *, now_ms: int) -> None:
    """Keep both notes of a log; the first fork that was found of it counts.

    Args:
        session: The transaction.
        fork: Both notes carry valid signatures of that log.
        now_ms: Milliseconds since 1970, UTC.
    """
    session.execute(
        "INSERT INTO fork (origin, held, offered, at_ms, by_node, directory)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (origin) DO NOTHING",
        (
            str(fork.origin),
            fork.held,
            fork.offered,
            now_ms,
            None if fork.by is None else str(fork.by),
            fork.directory,
        ),
    )


def read_forks(connection: sqlite3.Connection) -> tuple[Fork, ...]:
    """Return what was kept, in order of the origin.

    Args:
        connection: A reader.
    """
    rows = connection.execute(
        "SELECT origin, held, offered, at_ms, by_node, directory FROM fork ORDER BY origin"
    ).fetchall()
    return tuple(
        Fork(
            origin=LogOrigin.parse(origin),
            held=held,
            offered=offered,
            by=None if by is None else NodeId.parse(by),
            directory=directory,
            found_ms=at_ms,
        )
        for origin, held, offered, at_ms, by, directory in rows
    )
