"""What the people of a desk note beside its cases: readings, notes, calls, who has a case.

Nothing of it leaves the node or changes a case. Who may do what stands in the table of roles, at
the handlers; here only what depends on whose case it is.

Source: docs/desk.md, "Beside the case".
"""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from gateway.accounts import Person
from gateway.casework import (
    MAX_NOTE_CHARACTERS,
    Access,
    Assignment,
    CaseDesk,
    CaseNote,
    CaseworkStore,
    Filed,
    Hand,
    NoteKind,
    SealedNote,
    Seen,
)
from gateway.errors import AccessDeniedError, DataError, NoInputError
from gateway.people import Caller, Role
from gateway.ports import Clock
from keys.digest import Label, labelled
from protocol.identifiers import MessageId

_MAY_HAVE_CASES: Final = frozenset({Role.OFFICER, Role.SUPERVISOR})


class PersonBook(Protocol):
    """Who belongs to the desk."""

    async def person(self, number: int) -> Person | None:
        """Return a person, None if there is none of this number."""


class CaseworkDesk:
    """Implements casework.Casework.

    Args:
        store: What is noted.
        people: To whom a case may be given.
        clock: Time.
    """

    def __init__(self, store: CaseworkStore, people: PersonBook, clock: Clock) -> None:
        self._store = store
        self._people = people
        self._clock = clock

    async def seen(self, mid: MessageId) -> tuple[Seen, ...]:
        """Return who read a message, in order of the first time."""
        return (await self._store.seen_by([mid])).get(mid, ())

    async def seen_by(self, mids: Sequence[MessageId]) -> Mapping[MessageId, tuple[Seen, ...]]:
        """Return the same for the messages of a list; one that nobody read is left out."""
        return await self._store.seen_by(mids)

    async def read_messages(self) -> frozenset[int]:
        """Return the numbers of the messages that somebody of the desk read."""
        return await self._store.read_messages()

    async def saw(self, mid: MessageId, *, by: Caller) -> None:
        """Note that somebody read a message.

        Raises:
            StorageError: Nothing was noted, so nothing may be shown.
        """
        await self._store.saw(mid, Hand.of(by), now_ms=self._clock.now_ms())

    async def desk_of(self, thread: MessageId) -> CaseDesk:
        """Return what is noted beside a case; all is empty where there is no such case."""
        return CaseDesk(
            thread=thread,
            notes=await self._store.notes(thread),
            assignment=await self._store.assignment(thread),
            filed=await self._store.filed(thread),
            newest=await self._store.newest_of(thread),
        )

    async def notes(self, thread: MessageId) -> tuple[CaseNote, ...]:
        """Return the notes and calls of a case, oldest first."""
        return await self._store.notes(thread)

    async def note(
        self, thread: MessageId, text: str, *, by: Caller, request_key: str | None = None
    ) -> CaseNote:
        """Add a note; the same key of the same person again gives the note that it made.

        Args:
            thread: The case.
            text: What it says.
            by: Who writes it.
            request_key: Of the request, None without one.

        Raises:
            DataError: It is empty or too long.
            NoInputError: There is no such case.
        """
        return await self._add(thread, NoteKind.NOTE, text, by=by, request_key=request_key)

    async def log_call(
        self, thread: MessageId, text: str, *, by: Caller, request_key: str | None = None
    ) -> CaseNote:
        """Add a telephone call; a key means the same as for a note.

        Args:
            thread: The case.
            text: What was said.
            by: Who telephoned.
            request_key: Of the request, None without one.

        Raises:
            DataError: It is empty or too long.
            NoInputError: There is no such case.
        """
        return await self._add(thread, NoteKind.CALL, text, by=by, request_key=request_key)

    async def assign(self, thread: MessageId, person: int | None, *, by: Caller) -> Assignment:
        """Give a case to somebody, or back to the desk.

        Args:
            thread: The case.
            person: To whom; None gives it back.
            by: A supervisor may give it to anybody; another one takes it, or gives back what is
                theirs.

        Raises:
            AccessDeniedError: It is for a supervisor to do.
            NoInputError: There is no such case, or nobody of this number who works on cases.
        """
        if Role.SUPERVISOR not in by.roles:
            await self._check_own(thread, person, by)
        if person is not None:
            found = await self._people.person(person)
            if found is None or found.is_locked or found.roles.isdisjoint(_MAY_HAVE_CASES):
                raise NoInputError("nobody of this number works on cases here")
        return await self._store.assign(thread, person, Hand.of(by), now_ms=self._clock.now_ms())

    async def _check_own(self, thread: MessageId, person: int | None, by: Caller) -> None:
        """Refuse what a supervisor must do.

        Raises:
            AccessDeniedError: It is for a supervisor to do.
        """
        mine = by.person
        if person is None:
            held = await self._store.assignment(thread)
            allowed = held is None or held.person in {None, mine}
        else:
            allowed = person == mine
        if not allowed:
            raise AccessDeniedError(
                "only a supervisor gives a case to somebody else",
                code="forbidden_role",
                hint="take it yourself, or ask a supervisor",
            )

    async def close(
        self, thread: MessageId, *, on: bool = True, shown: int | None = None, by: Caller
    ) -> Filed:
        """Put a case away, or take it up again.

        Args:
            thread: The case.
            on: Whether it is put away.
            shown: The newest message that the asker was shown: what came after it brings the case
                back. None for whatever is there.
            by: Who asks.

        Raises:
            NoInputError: There is no such case.
        """
        now_ms = self._clock.now_ms()
        return await self._store.file_case(thread, Hand.of(by), on=on, shown=shown, now_ms=now_ms)

    async def access_record(self, thread: MessageId) -> tuple[Access, ...]:
        """Return who did what with a case, oldest first."""
        return await self._store.access_record(thread)

    async def _add(
        self,
        thread: MessageId,
        kind: NoteKind,
        text: str,
        *,
        by: Caller,
        request_key: str | None,
    ) -> CaseNote:
        words = checked_text(text, MAX_NOTE_CHARACTERS)
        note = SealedNote(
            thread=thread,
            kind=kind,
            text=words,
            by=Hand.of(by),
            request=None if request_key is None else _keyed(by, thread, kind, request_key),
        )
        return await self._store.add_note(note, now_ms=self._clock.now_ms())


def _keyed(by: Caller, thread: MessageId, kind: NoteKind, request_key: str) -> bytes:
    """Return what a key means: of one person, beside one case, for one kind of note."""
    named = f"{kind.value} {thread} {by.who}\x00{request_key}"
    return labelled(Label.REQUEST_KEY, named.encode())


def checked_text(text: str, most: int) -> str:
    """Return a text without space around it.

    Raises:
        DataError: Nothing is left, or more than allowed.
    """
    words = text.strip()
    if not words or len(words) > most:
        raise DataError(f"a note has 1 to {most} characters", code="invalid_body")
    return words
