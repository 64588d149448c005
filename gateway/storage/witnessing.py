"""The part of the store for cosigning: what we cosigned, and what others cosigned of our log."""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from gateway.storage.core import StorePart
from gateway.storage.nodes import LogNodes
from gateway.storage.sequence import committed_size
from gateway.storage.session import Session
from gateway.witnessing import CosignedHead, KeptCosignature
from protocol.identifiers import LogOrigin
from protocol.log.checkpoint import TreeHead
from protocol.log.tree import consistency_path
from protocol.witness.rule import Held

_OF_KEY: Final = " FROM cosignature WHERE generation = ? AND witness = ? AND key_id = ?"
_FIRST_WITH: Final = f"SELECT size{_OF_KEY} AND size > ? ORDER BY size LIMIT 1"
_LAST_WITHOUT: Final = f"SELECT size{_OF_KEY} AND size <= ? ORDER BY size DESC LIMIT 1"
_NEWEST: Final = f"SELECT size, last_s, last{_OF_KEY} ORDER BY size DESC LIMIT 1"
_NEXT_KEY: Final = (
    "SELECT witness, key_id FROM cosignature WHERE generation = ? AND witness = ? AND key_id > ?"
    " ORDER BY key_id LIMIT 1"
)
_NEXT_NAME: Final = (
    "SELECT witness, key_id FROM cosignature WHERE generation = ? AND witness > ?"
    " ORDER BY witness, key_id LIMIT 1"
)


class WitnessingPart(StorePart):
    """Implements witnessing.Witnessing."""

    async def witnessed(self, origin: LogOrigin) -> Held | None:
        """Return what this node cosigned last of a log."""
        row = self._core.reader.execute(
            "SELECT size, root, note, cosigned_s FROM witnessed WHERE origin = ?", (str(origin),)
        ).fetchone()
        if row is None:
            return None
        size, root, note, cosigned_s = row
        head = TreeHead(origin=origin, size=size, root=root)
        return Held(head=head, note=note, cosigned_s=cosigned_s)

    async def keep_witnessed(self, before: Held | None, keep: Held) -> bool:
        """Put `keep` in the place of exactly `before`, durably; return whether that was held.

        Raises:
            StorageError: Nothing was changed.
        """
        return await self._core.writer.run(partial(_hold, before=before, keep=keep))

    async def end_witness_key(self, key_id: bytes, *, now_ms: int) -> None:
        """Note for ever that a witness key must sign no more.

        Raises:
            StorageError: It was not noted.
        """

        def end(session: Session) -> None:
            session.execute(
                "INSERT INTO ended_witness_key (key_id, at_ms) VALUES (?, ?)"
                " ON CONFLICT (key_id) DO NOTHING",
                (key_id, now_ms),
            )

        await self._core.writer.run(end)

    async def has_ended(self, key_id: bytes) -> bool:
        """Tell whether a witness key must sign no more."""
        (found,) = self._core.reader.execute(
            "SELECT EXISTS (SELECT 1 FROM ended_witness_key WHERE key_id = ?)", (key_id,)
        ).fetchone()
        return bool(found)

    async def keep_cosignatures(self, kept: Sequence[KeptCosignature]) -> None:
        """Keep cosignatures; of each head and key the first and the latest.

        Raises:
            StorageError: None was kept.
        """
        await self._core.writer.run(partial(_keep, kept=kept))

    async def newest_cosignatures(self) -> tuple[KeptCosignature, ...]:
        """Return of each witness key the latest over the log that is written, newest first."""
        origin, reader = self._core.log.origin, self._core.reader
        found = []
        for witness, key_id in _keys(reader, origin.generation):
            key = (origin.generation, witness, key_id)
            size, last_s, last = reader.execute(_NEWEST, key).fetchone()
            found.append(
                KeptCosignature(
                    origin=origin,
                    size=size,
                    witness=witness,
                    key_id=key_id,
                    cosigned_s=last_s,
                    line=last,
                )
            )
        return tuple(sorted(found, key=lambda one: (-one.cosigned_s, one.witness, one.key_id)))

    async def cosigned_around(
        self, origin: LogOrigin, size: int, indices: Sequence[int]
    ) -> tuple[CosignedHead, ...]:
        """Return for each place and witness the first head with it and the last without it.

        Raises:
            LogDamagedError: The log of an earlier generation cannot be proven.
        """
        if origin.node != self._core.node:
            return ()
        reader = self._core.reader
        found: dict[int, dict[tuple[str, bytes], bool]] = {}
        for key in _keys(reader, origin.generation):
            for index in indices:
                for query, is_with in ((_LAST_WITHOUT, False), (_FIRST_WITH, True)):
                    for (at,) in reader.execute(query, (origin.generation, *key, index)):
                        found.setdefault(at, {}).setdefault(key, is_with)
        return tuple(self._heads(origin, size, found))

    def _heads(
        self, origin: LogOrigin, size: int, found: dict[int, dict[tuple[str, bytes], bool]]
    ) -> Iterator[CosignedHead]:
        reader = self._core.reader
        nodes = None if origin == self._core.log.origin else _nodes(reader, origin.generation)
        for at, witnesses in sorted(found.items()):
            (note,) = reader.execute(
                "SELECT note FROM checkpoint WHERE generation = ? AND size = ?",
                (origin.generation, at),
            ).fetchone()
            lines = b"".join(
                _line(reader, origin.generation, at, key, is_first=is_with)
                for key, is_with in sorted(witnesses.items())
            )
            joined = None
            if nodes is not None:
                low, high = sorted((at, size))
                joined = consistency_path(low, high, nodes.subtree)
            yield CosignedHead(note=note, lines=lines, joined=joined)


def _hold(session: Session, *, before: Held | None, keep: Held) -> bool:
    """Compare and swap within one transaction: of two grants over the same one, one fails here."""
    values = (keep.head.size, keep.head.root, keep.note, keep.cosigned_s, str(keep.head.origin))
    if before is None:
        done = session.execute(
            "INSERT INTO witnessed (size, root, note, cosigned_s, origin) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (origin) DO NOTHING",
            values,
        )
    else:
        done = session.execute(
            "UPDATE witnessed SET size = ?, root = ?, note = ?, cosigned_s = ?"
            " WHERE origin = ? AND size = ? AND root = ? AND note = ? AND cosigned_s = ?",
            (*values, before.head.size, before.head.root, before.note, before.cosigned_s),
        )
    return done.rowcount == 1


def _keep(session: Session, *, kept: Sequence[KeptCosignature]) -> None:
    for one in kept:
        session.execute(
            "INSERT INTO cosignature"
            " (generation, size, witness, key_id, first_s, first, last_s, last)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (generation, witness, key_id, size) DO UPDATE"
            " SET last_s = excluded.last_s, last = excluded.last WHERE excluded.last_s > last_s",
            (
                one.origin.generation,
                one.size,
                one.witness,
                one.key_id,
                one.cosigned_s,
                one.line,
                one.cosigned_s,
                one.line,
            ),
        )


def _keys(connection: sqlite3.Connection, generation: int) -> Iterator[tuple[str, bytes]]:
    """Yield every key that cosigned a log, step by step: the table is long, and the keys are few.

    To group the rows by key would read all of them, on the loop that serves the lanes.
    """
    witness, key_id = "", b""
    while True:
        row = (
            connection.execute(_NEXT_KEY, (generation, witness, key_id)).fetchone()
            or connection.execute(_NEXT_NAME, (generation, witness)).fetchone()
        )
        if row is None:
            return
        witness, key_id = row
        yield witness, key_id


def _line(
    connection: sqlite3.Connection,
    generation: int,
    size: int,
    key: tuple[str, bytes],
    *,
    is_first: bool,
) -> bytes:
    """Return one line of a witness: a reader refuses two of one key."""
    first, last = connection.execute(
        "SELECT first, last FROM cosignature"
        " WHERE generation = ? AND size = ? AND witness = ? AND key_id = ?",
        (generation, size, *key),
    ).fetchone()
    return bytes(first if is_first else last)


def _nodes(connection: sqlite3.Connection, generation: int) -> LogNodes:
    size = committed_size(connection, generation)
    return LogNodes(connection, generation=generation, size=size)
