"""What the people of a desk note beside its cases: who saw what, notes, calls, who has it, duty.

Nothing of it leaves the node, and none of it changes a case: that is folded from messages alone
(`gateway.service.case`). Values, the parts of the store that keep them, and what pages and API
call. Texts lie sealed in the store; ids, names of our own people and times in the open.

Source: docs/desk.md, "Beside the case".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from gateway.people import Caller
from protocol.identifiers import LogOrigin, MessageId, NodeId

MAX_NOTE_CHARACTERS: Final = 5_000
MAX_HANDOVER_CHARACTERS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Who did something at this desk.

    Args:
        person: Their number on this node; None for the control socket.
        who: As logs and peers see them: "RO/1 officer 3".
        name: As the desk calls them; never leaves this node.
    """

    person: int | None
    who: str
    name: str

    @classmethod
    def of(cls, caller: Caller) -> "Hand":
        """Return who a caller is."""
        return cls(person=caller.person, who=caller.who, name=caller.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Somebody of the desk read the content of a message; `at_ms` is the first time."""

    by: Hand
    at_ms: int
    last_ms: int


class NoteKind(StrEnum):
    """What a note says."""

    NOTE = "note"
    CALL = "call"
    """A telephone call: whom, when, what was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNote:
    """A note beside a case. `number` rises with each note of the node."""

    number: int
    thread: MessageId
    kind: NoteKind
    text: str
    by: Hand
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who has a case; `person` is None where it was given back to the desk as a whole."""

    thread: MessageId
    person: int | None
    by: Hand
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """Whether this desk put a case away; a new message of it brings it back."""

    thread: MessageId
    is_closed: bool
    by: Hand
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDesk:
    """All that is noted beside one case; `newest` is the number of its newest message."""

    thread: MessageId
    notes: tuple[CaseNote, ...]
    assignment: Assignment | None
    filed: Filed | None
    newest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One line of the access record of a case.

    Args:
        at_ms: When.
        who: As the log names them.
        what: The act: `opened`, `exported`, ...; `read` for a reading that is no act.
        mid: The message, None for the case as a whole.
        origin: The log whose leaf states it, None for a reading.
        index: That leaf.
    """

    at_ms: int
    who: str
    what: str
    mid: MessageId | None
    origin: LogOrigin | None
    index: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One row of the duty roster, from and until in ms since 1970 UTC; `until_ms` is not in it."""

    number: int
    person: int
    name: str
    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """What one shift leaves to the next."""

    text: str
    by: Hand
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Who is on duty now, whose shift comes next, and the newest hand-over note."""

    now: tuple[Shift, ...]
    coming: tuple[Shift, ...]
    handover: HandOver | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """What is looked for: words, all of which must occur, and narrower bounds.

    Args:
        words: 1 to 200 characters; a last word of three letters or more also finds longer ones.
        box: `in` or `out`; None for both.
        party: Two letters, or a node CC/n.
        type: A document's type.
        limit: At most so many, up to 200.
    """

    words: str
    box: str | None = None
    party: str | None = None
    type: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One place where the words occur.

    Args:
        mid: The message.
        thread: Its case.
        sender: Who wrote it.
        where: `text`, `files` or `reference`.
        snippet: Around the place; the words found stand between U+2039 and U+203A.
        t_ms: When it was written.
    """

    mid: MessageId
    thread: MessageId | None
    sender: NodeId
    where: str
    snippet: str
    t_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsRow:
    """One row of the statistics: one article, type or Party.

    Times are milliseconds: the median and the ninth decile of what was measured, None where
    nothing was. `overdue` are requests received and not acknowledged or answered in time.
    """

    key: str
    sent: int
    received: int
    acknowledge_p50_ms: int | None
    acknowledge_p90_ms: int | None
    answer_p50_ms: int | None
    answer_p90_ms: int | None
    overdue: int
    refused: int
    lapsed: int


class By(StrEnum):
    """By what the rows of the statistics are told apart."""

    ARTICLE = "article"
    TYPE = "type"
    PARTY = "party"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Numbers of a span of time, `from_ms` in it, `to_ms` not.

    `total` has the key `all`; `grounds` counts refusals by ground, over all rows.
    """

    from_ms: int
    to_ms: int
    by: By
    rows: tuple[StatisticsRow, ...]
    total: StatisticsRow
    grounds: Mapping[str, int]


class Casework(Protocol):
    """What pages and API call (gateway.service.casework)."""

    async def seen(self, mid: MessageId) -> tuple[Seen, ...]:
        """Return who read a message, in order of the first time."""

    async def seen_by(self, mids: Sequence[MessageId]) -> Mapping[MessageId, tuple[Seen, ...]]:
        """Return the same for the messages of a list; one that nobody read is left out."""

    async def read_messages(self) -> frozenset[int]:
        """Return the store's numbers of the messages that somebody of the desk read."""

    async def saw(self, mid: MessageId, *, by: Caller) -> None:
        """Note that somebody read a message: call it where content is shown."""

    async def desk_of(self, thread: MessageId) -> CaseDesk:
        """Return what is noted beside a case; NoInputError if there is no such case."""

    async def notes(self, thread: MessageId) -> tuple[CaseNote, ...]:
        """Return the notes and calls of a case, oldest first."""

    async def note(
        self, thread: MessageId, text: str, *, by: Caller, request_key: str | None = None
    ) -> CaseNote:
        """Add a note; the same key of the same person again gives the note that it made."""

    async def log_call(
        self, thread: MessageId, text: str, *, by: Caller, request_key: str | None = None
    ) -> CaseNote:
        """Add a telephone call; a key means the same."""

    async def assign(self, thread: MessageId, person: int | None, *, by: Caller) -> Assignment:
        """Give a case to somebody, or back to the desk.

        A supervisor may give it to anybody, an officer only take it (AccessDeniedError).
        """

    async def close(
        self, thread: MessageId, *, on: bool = True, shown: int | None = None, by: Caller
    ) -> Filed:
        """Put a case away up to the message numbered `shown`, or take it up again."""

    async def access_record(self, thread: MessageId) -> tuple[Access, ...]:
        """Return who did what with a case, oldest first."""


class Roster(Protocol):
    """Who is on duty, and what one shift leaves to the next (gateway.service.roster)."""

    async def duty(self) -> Duty:
        """Return who is on duty."""

    async def set_duty(self, shifts: Sequence[Shift], *, by: Caller) -> Duty:
        """Replace the shifts that have not ended; `number` of a shift given is ignored."""

    async def hand_over(self, text: str, *, by: Caller) -> HandOver:
        """Leave a hand-over note; the newest one is shown."""


class Searching(Protocol):
    """Looking for words in what this desk may read (gateway.service.searching)."""

    async def warm(self) -> None:
        """Get ready; whoever searches meanwhile waits."""

    async def search(self, query: SearchQuery, *, viewer: Caller) -> tuple[Hit, ...]:
        """Return hits, best first; AccessDeniedError for whoever may not read content."""


class Counting(Protocol):
    """Numbers over cases (gateway.service.statistics)."""

    async def statistics(self, *, from_ms: int, to_ms: int, by: By) -> Statistics:
        """Return the numbers of requests that were sent or received in a span of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedNote:
    """A note as the store takes it; it seals text and name.

    `request`: the digest of the key under which it was asked for, None without one; what comes
    again under it is the note that is there.
    """

    thread: MessageId
    kind: NoteKind
    text: str
    by: Hand
    request: bytes | None = None


class CaseworkStore(Protocol):
    """The part of the store port that keeps what is noted beside cases."""

    async def saw(self, mid: MessageId, by: Hand, *, now_ms: int) -> None:
        """Note a reading; the first and the last are kept, of each person and message."""

    async def seen_by(self, mids: Sequence[MessageId]) -> Mapping[MessageId, tuple[Seen, ...]]:
        """Return who read some messages, in order of the first time."""

    async def read_messages(self) -> frozenset[int]:
        """Return the numbers of the messages that somebody of the desk read."""

    async def add_note(self, note: SealedNote, *, now_ms: int) -> CaseNote:
        """Add a note; NoInputError if there is no such thread."""

    async def notes(self, thread: MessageId) -> tuple[CaseNote, ...]:
        """Return the notes of a case, oldest first."""

    async def assign(
        self, thread: MessageId, person: int | None, by: Hand, *, now_ms: int
    ) -> Assignment:
        """Give a case to somebody; an event tells it. NoInputError if there is no such thread."""

    async def assignment(self, thread: MessageId) -> Assignment | None:
        """Return who has a case."""

    async def file_case(
        self, thread: MessageId, by: Hand, *, on: bool, shown: int | None = None, now_ms: int
    ) -> Filed:
        """Put a case away or take it up; NoInputError if there is no such thread.

        `shown` is the newest message that was seen: what is newer brings the case back at once.
        """

    async def filed(self, thread: MessageId) -> Filed | None:
        """Return whether a case was put away and nothing came after it."""

    async def newest_of(self, thread: MessageId) -> int:
        """Return the number of the newest message of a case; 0 if there is no such case."""

    async def access_record(self, thread: MessageId) -> tuple[Access, ...]:
        """Return readings and acts on a case, in order of time."""


class RosterStore(Protocol):
    """The part of the store port that keeps the duty roster and hand-over notes."""

    async def shifts(self, *, now_ms: int) -> tuple[Shift, ...]:
        """Return the shifts that have not ended, in order of their beginning."""

    async def set_shifts(self, shifts: Sequence[Shift], *, now_ms: int) -> None:
        """Replace the shifts that have not ended."""

    async def add_handover(self, text: str, by: Hand, *, now_ms: int) -> HandOver:
        """Keep a hand-over note; the last ten are kept."""

    async def handover(self) -> HandOver | None:
        """Return the newest hand-over note."""
