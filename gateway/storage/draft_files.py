"""The part of the store that keeps the files of drafts by name, and the policy of second persons.

The parts of files lie beside the database: gateway.storage.draft_parts.

Source: docs/desk.md, "Drafts and second persons".
"""

from collections.abc import Mapping
from json import dumps, loads

from gateway.errors import DataError, NoInputError
from gateway.shelving import KeptFile, KeptPolicy, Writer
from gateway.storage.core import StorePart
from gateway.storage.draft_base import EDITABLE, SealedPart, wrote
from gateway.storage.draft_rows import check_state, read_row
from gateway.storage.session import Session
from protocol.log.statement import Statement


class DraftFilePart(SealedPart):
    """Implements what shelving.Shelf says of files."""

    async def add_draft_file(
        self, draft: str, name: str, *, media_type: str, size_bytes: int, now_ms: int
    ) -> KeptFile:
        """Add a file to one that can be edited.

        Raises:
            NoInputError: There is none of this id.
            DataError: It cannot be edited.
            StorageError: Nothing was added.
        """
        seal = await self._seal(draft)

        def add(session: Session) -> int:
            row = read_row(session, draft)
            check_state(row, *EDITABLE)
            n = int(row["next_file"])
            heading = seal.seal(f"file-{n}", dumps([name, media_type]).encode())
            session.execute(
                "UPDATE draft SET next_file = next_file + 1, saved_ms = ? WHERE number = ?",
                (now_ms, row["number"]),
            )
            session.execute(
                "INSERT INTO draft_file (draft, n, heading, size_bytes) VALUES (?, ?, ?, ?)",
                (row["number"], n, heading, size_bytes),
            )
            return n

        n = await self._core.writer.run(add)
        return KeptFile(n=n, name=name, media_type=media_type, size_bytes=size_bytes, sha256=None)

    async def note_draft_writer(self, draft: str, by: Writer) -> None:
        """Note that somebody wrote one that can be edited.

        Raises:
            NoInputError: There is none of this id.
            DataError: It cannot be edited.
            StorageError: Nothing was noted.
        """

        def note(session: Session) -> None:
            row = read_row(session, draft)
            check_state(row, *EDITABLE)
            wrote(session, row["number"], by)

        await self._core.writer.run(note)

    async def complete_draft_file(self, draft: str, n: int, sha256: bytes) -> None:
        """Note that a file is whole.

        Raises:
            NoInputError: There is no such draft or file.
            DataError: It cannot be edited.
            StorageError: Nothing was noted.
        """
        sealed = (await self._seal(draft)).seal(f"sha256-{n}", sha256)

        def complete(session: Session) -> None:
            row = read_row(session, draft)
            check_state(row, *EDITABLE)
            done = session.execute(
                "UPDATE draft_file SET sha256 = ? WHERE draft = ? AND n = ?",
                (sealed, row["number"], n),
            )
            _check_found(done.rowcount)

        await self._core.writer.run(complete)

    async def drop_draft_file(self, draft: str, n: int, *, now_ms: int) -> None:
        """Forget a file of one that can be edited.

        Raises:
            NoInputError: There is no such draft or file.
            DataError: It cannot be edited.
            StorageError: Nothing was forgotten.
        """

        def drop(session: Session) -> None:
            row = read_row(session, draft)
            check_state(row, *EDITABLE)
            done = session.execute(
                "DELETE FROM draft_file WHERE draft = ? AND n = ?", (row["number"], n)
            )
            _check_found(done.rowcount)
            session.execute(
                "UPDATE draft SET saved_ms = ? WHERE number = ?", (now_ms, row["number"])
            )

        await self._core.writer.run(drop)


class SecondPersonPart(StorePart):
    """Implements what shelving.Shelf says of the policy."""

    async def second_person_policy(self) -> KeptPolicy:
        """Return the newest."""
        row = self._core.reader.execute(
            "SELECT version, types FROM second_person_policy ORDER BY version DESC LIMIT 1"
        ).fetchone()
        if row is None:
            return KeptPolicy(version=0, types={})
        return KeptPolicy(version=row[0], types=loads(row[1]))

    async def save_second_person_policy(
        self, types: Mapping[str, bool], act: Statement, *, version: int, by: str, now_ms: int
    ) -> None:
        """Keep the next version with the act that says so.

        Raises:
            DataError: Another version is the newest.
            StorageError: Nothing was kept.
        """

        def save(session: Session) -> None:
            (newest,) = session.execute(
                "SELECT coalesce(max(version), 0) FROM second_person_policy"
            ).fetchone()
            if newest != version:
                raise DataError(
                    f"somebody changed the policy: it is at version {newest}", code="draft_changed"
                )
            session.state(act, must_leave=False)
            session.execute(
                "INSERT INTO second_person_policy (version, at_ms, by, types) VALUES (?, ?, ?, ?)",
                (version + 1, now_ms, by, dumps(dict(sorted(types.items())))),
            )

        await self._core.writer.run(save)


def _check_found(count: int) -> None:
    """Refuse what changed nothing.

    Raises:
        NoInputError: It did.
    """
    if count == 0:
        raise NoInputError("there is no such file in this draft")
