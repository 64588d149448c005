"""The parts of the store that keep a desk's notes, in memory: as much of them as tests ask for."""

from collections.abc import Mapping, Sequence

from gateway.accounts import Person
from gateway.casework import Access, Assignment, CaseNote, Filed, Hand, SealedNote, Seen
from protocol.identifiers import MessageId


class Filings:
    """Puts nothing away."""

    async def file_case(
        self, thread: MessageId, by: Hand, *, on: bool, shown: int | None = None, now_ms: int
    ) -> Filed:
        """Put a case away, unkept."""
        del shown
        return Filed(thread=thread, is_closed=on, by=by, at_ms=now_ms)

    async def filed(self, thread: MessageId) -> Filed | None:
        """Return nothing."""
        del thread
        return None

    async def newest_of(self, thread: MessageId) -> int:
        """Return that there is nothing."""
        del thread
        return 0


class Notebook(Filings):
    """Keeps readings; nothing else is noted, and nobody belongs to the desk."""

    def __init__(self) -> None:
        self.read: dict[MessageId, tuple[Seen, ...]] = {}

    async def person(self, number: int) -> Person | None:
        """Return nobody."""
        del number
        return None

    async def saw(self, mid: MessageId, by: Hand, *, now_ms: int) -> None:
        """Note a reading."""
        self.read[mid] = (Seen(by=by, at_ms=now_ms, last_ms=now_ms),)

    async def seen_by(self, mids: Sequence[MessageId]) -> Mapping[MessageId, tuple[Seen, ...]]:
        """Return the readings of some messages."""
        return {mid: self.read[mid] for mid in mids if mid in self.read}

    async def read_messages(self) -> frozenset[int]:
        """Return numbers that are those of the ids."""
        return frozenset(int.from_bytes(mid.value, "big") - 1 for mid in self.read)

    async def add_note(self, note: SealedNote, *, now_ms: int) -> CaseNote:
        """Give a note back, unkept."""
        return CaseNote(
            number=1, thread=note.thread, kind=note.kind, text=note.text, by=note.by, at_ms=now_ms
        )

    async def notes(self, thread: MessageId) -> tuple[CaseNote, ...]:
        """Return nothing."""
        del thread
        return ()

    async def assign(
        self, thread: MessageId, person: int | None, by: Hand, *, now_ms: int
    ) -> Assignment:
        """Give a case to somebody, unkept."""
        return Assignment(thread=thread, person=person, by=by, at_ms=now_ms)

    async def assignment(self, thread: MessageId) -> Assignment | None:
        """Return nothing."""
        del thread
        return None

    async def access_record(self, thread: MessageId) -> tuple[Access, ...]:
        """Return nothing."""
        del thread
        return ()
