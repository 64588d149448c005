"""The parts of the store that keep what a desk notes beside its cases.

Source: docs/desk.md, "Beside the case".
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.casework import (
    Access,
    Assignment,
    CaseNote,
    Filed,
    Hand,
    HandOver,
    NoteKind,
    SealedNote,
    Seen,
    Shift,
)
from gateway.errors import NoInputError
from gateway.storage.acts import acts_on
from gateway.storage.core import StorePart
from gateway.storage.session import Event, Session
from protocol.identifiers import MessageId

KIND_ASSIGNED: Final = "thread.assigned"
KIND_NOTED: Final = "thread.noted"
_HANDOVERS_KEPT: Final = 10
_NEWEST: Final = "SELECT max(id) FROM message WHERE thread = ?"
_READING_MS: Final = 60_000
"""A second reading within a minute is the same one."""


class CaseworkPart(StorePart):
    """Implements casework.CaseworkStore."""

    async def saw(self, mid: MessageId, by: Hand, *, now_ms: int) -> None:
        """Note a reading; the first and the last are kept, of each person and message.

        Raises:
            StorageError: Nothing was noted.
        """
        row = self._core.reader.execute(
            "SELECT r.last_ms FROM reading r JOIN message m ON m.id = r.message"
            " WHERE m.mid = ? AND r.who = ? ORDER BY r.last_ms DESC LIMIT 1",
            (mid.value, by.who),
        ).fetchone()
        if row is not None and now_ms - row[0] < _READING_MS:
            return

        def note(session: Session) -> None:
            session.execute(
                "INSERT INTO reading (message, who, person, name, first_ms, last_ms)"
                " SELECT id, ?, ?, ?, ?, ? FROM message WHERE mid = ?"
                " ON CONFLICT (message, who) DO UPDATE SET last_ms = excluded.last_ms",
                (by.who, by.person, by.name, now_ms, now_ms, mid.value),
            )

        await self._core.writer.run(note)

    async def seen_by(self, mids: Sequence[MessageId]) -> Mapping[MessageId, tuple[Seen, ...]]:
        """Return who read some messages, in order of the first time."""
        if not mids:
            return {}
        marks = ",".join("?" * len(mids))
        rows = self._core.reader.execute(
            "SELECT m.mid, r.person, r.who, r.name, r.first_ms, r.last_ms FROM reading r"  # noqa: S608  marks only
            f" JOIN message m ON m.id = r.message WHERE m.mid IN ({marks})"
            " ORDER BY r.first_ms, r.who",
            [mid.value for mid in mids],
        )
        found: dict[MessageId, tuple[Seen, ...]] = {}
        for mid, *hand, first_ms, last_ms in rows:
            seen = Seen(by=_hand(hand), at_ms=first_ms, last_ms=last_ms)
            found[MessageId(mid)] = (*found.get(MessageId(mid), ()), seen)
        return found

    async def read_messages(self) -> frozenset[int]:
        """Return the numbers of the messages that somebody of the desk read."""
        rows = self._core.reader.execute("SELECT DISTINCT message FROM reading")
        return frozenset(row[0] for row in rows)

    async def add_note(self, note: SealedNote, *, now_ms: int) -> CaseNote:
        """Add a note.

        Raises:
            NoInputError: There is no such thread.
            StorageError: Nothing was kept.
        """
        core = self._core
        month = await core.month(now_ms)
        place = _place(note.thread, now_ms)
        sealed = core.vault.seal_text("note", place, note.text, month=month)

        def add(session: Session) -> int | None:
            first = _first_of(session, note.thread)
            done = session.execute(
                "INSERT INTO case_note"
                " (thread, kind, month, text, person, who, name, at_ms, request)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    note.thread.value,
                    note.kind.value,
                    month,
                    sealed,
                    *_columns(note.by),
                    now_ms,
                    note.request,
                ),
            )
            if not done.rowcount:
                return None
            session.tell(
                Event(
                    at_ms=now_ms,
                    kind=KIND_NOTED,
                    message=first,
                    what=note.kind.value,
                    by=note.by.who,
                )
            )
            return done.lastrowid

        number = await core.writer.run(add)
        if number is None:
            return self._requested(note)
        return CaseNote(
            number=number,
            thread=note.thread,
            kind=note.kind,
            text=note.text,
            by=note.by,
            at_ms=now_ms,
        )

    def _requested(self, note: SealedNote) -> CaseNote:
        """Return the note that was made under the same key."""
        row = self._core.reader.execute(
            "SELECT id, kind, month, text, person, who, name, at_ms FROM case_note"
            " WHERE request = ?",
            (note.request,),
        ).fetchone()
        return self._note(note.thread, row)

    async def notes(self, thread: MessageId) -> tuple[CaseNote, ...]:
        """Return the notes of a case, oldest first.

        Raises:
            StorageError: One does not open.
        """
        rows = self._core.reader.execute(
            "SELECT id, kind, month, text, person, who, name, at_ms FROM case_note"
            " WHERE thread = ? ORDER BY id",
            (thread.value,),
        )
        return tuple(self._note(thread, row) for row in rows)

    def _note(self, thread: MessageId, row: Sequence[Any]) -> CaseNote:
        number, kind, month, sealed, *hand, at_ms = row
        place = _place(thread, at_ms)
        return CaseNote(
            number=number,
            thread=thread,
            kind=NoteKind(kind),
            text=self._core.vault.open_text("note", place, sealed, month=month),
            by=_hand(hand),
            at_ms=at_ms,
        )

    async def assign(
        self, thread: MessageId, person: int | None, by: Hand, *, now_ms: int
    ) -> Assignment:
        """Give a case to somebody; an event tells it.

        Raises:
            NoInputError: There is no such thread.
            StorageError: Nothing was changed.
        """

        def give(session: Session) -> None:
            first = _first_of(session, thread)
            session.execute(
                "INSERT INTO assignment (thread, assigned, person, who, name, at_ms)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (thread) DO UPDATE SET"
                " assigned = excluded.assigned, person = excluded.person, who = excluded.who,"
                " name = excluded.name, at_ms = excluded.at_ms",
                (thread.value, person, *_columns(by), now_ms),
            )
            what = "assigned" if person is not None else "returned"
            session.tell(
                Event(at_ms=now_ms, kind=KIND_ASSIGNED, message=first, what=what, by=by.who)
            )

        await self._core.writer.run(give)
        return Assignment(thread=thread, person=person, by=by, at_ms=now_ms)

    async def assignment(self, thread: MessageId) -> Assignment | None:
        """Return who has a case."""
        row = self._core.reader.execute(
            "SELECT assigned, person, who, name, at_ms FROM assignment WHERE thread = ?",
            (thread.value,),
        ).fetchone()
        if row is None:
            return None
        return Assignment(thread=thread, person=row[0], by=_hand(row[1:4]), at_ms=row[4])

    async def file_case(
        self, thread: MessageId, by: Hand, *, on: bool, shown: int | None = None, now_ms: int
    ) -> Filed:
        """Put a case away or take it up.

        Args:
            thread: The case.
            by: Who does.
            on: Whether it is put away.
            shown: The newest message that they were shown, None for the newest that is there.
            now_ms: The present time.

        Returns:
            How it stands: not put away if something newer than `shown` is there.

        Raises:
            NoInputError: There is no such thread.
            StorageError: Nothing was changed.
        """

        def put(session: Session) -> bool:
            _first_of(session, thread)
            (newest,) = session.execute(_NEWEST, (thread.value,)).fetchone()
            until = newest if shown is None else min(newest, shown)
            session.execute(
                "INSERT INTO filing (thread, is_closed, newest, person, who, name, at_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (thread) DO UPDATE SET is_closed = excluded.is_closed,"
                " newest = excluded.newest, person = excluded.person, who = excluded.who,"
                " name = excluded.name, at_ms = excluded.at_ms",
                (thread.value, on, until, *_columns(by), now_ms),
            )
            return on and until == newest

        is_closed = await self._core.writer.run(put)
        self._core.filings += 1
        return Filed(thread=thread, is_closed=is_closed, by=by, at_ms=now_ms)

    async def newest_of(self, thread: MessageId) -> int:
        """Return the number of the newest message of a case; 0 if there is no such case."""
        (newest,) = self._core.reader.execute(_NEWEST, (thread.value,)).fetchone()
        return int(newest or 0)

    async def filed(self, thread: MessageId) -> Filed | None:
        """Return whether a case was put away and nothing came after it."""
        row = self._core.reader.execute(
            "SELECT is_closed AND newest >= (SELECT max(id) FROM message WHERE thread = f.thread),"
            " person, who, name, at_ms FROM filing f WHERE thread = ?",
            (thread.value,),
        ).fetchone()
        if row is None:
            return None
        return Filed(thread=thread, is_closed=bool(row[0]), by=_hand(row[1:4]), at_ms=row[4])

    async def access_record(self, thread: MessageId) -> tuple[Access, ...]:
        """Return readings and acts on a case, in order of time."""
        reader = self._core.reader
        rows = reader.execute("SELECT mid FROM message WHERE thread = ?", (thread.value,))
        mids = {bytes(row[0]) for row in rows} | {thread.value}
        readings = reader.execute(
            "SELECT r.first_ms, r.who, m.mid FROM reading r JOIN message m ON m.id = r.message"
            " WHERE m.thread = ?",
            (thread.value,),
        )
        found = [
            Access(at_ms=at, who=who, what="read", mid=MessageId(mid), origin=None, index=None)
            for at, who, mid in readings
        ]
        found += acts_on(reader, mids)
        return tuple(sorted(found, key=lambda one: (one.at_ms, one.index or -1)))


class RosterPart(StorePart):
    """Implements casework.RosterStore."""

    async def shifts(self, *, now_ms: int) -> tuple[Shift, ...]:
        """Return the shifts that have not ended, in order of their beginning."""
        rows = self._core.reader.execute(
            "SELECT id, person, name, from_ms, until_ms FROM shift WHERE until_ms > ?"
            " ORDER BY from_ms, id",
            (now_ms,),
        )
        return tuple(
            Shift(number=number, person=person, name=name, from_ms=begins, until_ms=ends)
            for number, person, name, begins, ends in rows
        )

    async def set_shifts(self, shifts: Sequence[Shift], *, now_ms: int) -> None:
        """Replace the shifts that have not ended.

        Raises:
            StorageError: The roster is as it was.
        """

        def put(session: Session) -> None:
            session.execute("DELETE FROM shift WHERE until_ms > ?", (now_ms,))
            for each in shifts:
                session.execute(
                    "INSERT INTO shift (person, name, from_ms, until_ms) VALUES (?, ?, ?, ?)",
                    (each.person, each.name, each.from_ms, each.until_ms),
                )

        await self._core.writer.run(put)

    async def add_handover(self, text: str, by: Hand, *, now_ms: int) -> HandOver:
        """Keep a hand-over note; the last ten are kept.

        Raises:
            StorageError: Nothing was kept.
        """
        core = self._core
        month = await core.month(now_ms)
        sealed = core.vault.seal_text("handover", str(now_ms), text, month=month)

        def add(session: Session) -> None:
            session.execute(
                "INSERT INTO handover (month, text, person, who, name, at_ms)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (month, sealed, *_columns(by), now_ms),
            )
            session.execute(
                "DELETE FROM handover WHERE id NOT IN"
                " (SELECT id FROM handover ORDER BY id DESC LIMIT ?)",
                (_HANDOVERS_KEPT,),
            )

        await core.writer.run(add)
        return HandOver(text=text, by=by, at_ms=now_ms)

    async def handover(self) -> HandOver | None:
        """Return the newest hand-over note.

        Raises:
            StorageError: It does not open.
        """
        row = self._core.reader.execute(
            "SELECT month, text, person, who, name, at_ms FROM handover ORDER BY id DESC LIMIT 1"
        ).fetchone()
        if row is None:
            return None
        month, sealed, *hand, at_ms = row
        text = self._core.vault.open_text("handover", str(at_ms), sealed, month=month)
        return HandOver(text=text, by=_hand(hand), at_ms=at_ms)


def _first_of(session: Session, thread: MessageId) -> int:
    """Return the row of the first message of a thread.

    Raises:
        NoInputError: There is no such thread.
    """
    row = session.execute(
        "SELECT min(id) FROM message WHERE thread = ?", (thread.value,)
    ).fetchone()
    if row[0] is None:
        raise NoInputError("there is no such thread", hint="see: a35 inbox, a35 outbox")
    return int(row[0])


def _place(thread: MessageId, at_ms: int) -> str:
    return f"{thread}/{at_ms}"


def _columns(by: Hand) -> tuple[int | None, str, str]:
    return by.person, by.who, by.name


def _hand(columns: Sequence[Any]) -> Hand:
    person, who, name = columns
    return Hand(person=person, who=who, name=name)
