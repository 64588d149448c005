"""Bodies of what a desk notes beside its cases: notes, calls, who has a case, duty."""

from typing import Annotated

from pydantic import Field

from gateway.casework import MAX_HANDOVER_CHARACTERS, MAX_NOTE_CHARACTERS
from gateway.officer.shapes.models import Hex16, LogRef, Shape

Number = Annotated[int, Field(ge=1, lt=2**31)]


class HandView(Shape):
    """Who did something at this desk; `person` is None for the control socket."""

    person: int | None
    who: str
    name: str


class SeenItem(Shape):
    """Somebody read a message, first at `at`, last at `last`."""

    by: HandView
    at: str
    last: str


class SeenList(Shape):
    """GET /messages/{mid}/seen."""

    items: tuple[SeenItem, ...]


class NoteRequest(Shape):
    """POST /threads/{thread}/notes and /oral."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_NOTE_CHARACTERS)]


class NoteItem(Shape):
    """A note, or a telephone call, beside a case."""

    number: int
    kind: str
    text: str
    by: HandView
    at: str


class NoteList(Shape):
    """GET /threads/{thread}/notes."""

    items: tuple[NoteItem, ...]


class AssignRequest(Shape):
    """POST /threads/{thread}/assign: None gives the case back to the desk."""

    person: Number | None


class AssignmentView(Shape):
    """Who has a case."""

    thread: Hex16
    person: int | None
    by: HandView
    at: str


class CloseRequest(Shape):
    """POST /threads/{thread}/close: `on` false takes the case up again.

    `newest`: as GET /threads/{thread}/desk gave it. What came after it brings the case back;
    without it the case is put away with all that is there.
    """

    on: bool = True
    newest: Annotated[int, Field(ge=0, lt=2**53)] | None = None


class FiledView(Shape):
    """Whether this desk put a case away."""

    thread: Hex16
    closed: bool
    by: HandView
    at: str


class CaseDeskView(Shape):
    """GET /threads/{thread}/desk: what is noted beside a case, besides the notes.

    `newest`: the number of its newest message at this node; it rises with each that comes.
    """

    thread: Hex16
    assignment: AssignmentView | None
    filed: FiledView | None
    newest: int


class AccessItem(Shape):
    """One line of an access record; `log` names the leaf that states an act."""

    at: str
    who: str
    what: str
    mid: Hex16 | None
    log: LogRef | None


class AccessList(Shape):
    """GET /threads/{thread}/access-record."""

    items: tuple[AccessItem, ...]


class ShiftRequest(Shape):
    """One shift; times are RFC 3339 with Z."""

    person: Number
    begins: str
    ends: str


class DutyRequest(Shape):
    """PUT /duty: the shifts from now on."""

    shifts: Annotated[tuple[ShiftRequest, ...], Field(max_length=400)]


class ShiftItem(Shape):
    """One row of the roster."""

    person: int
    name: str
    begins: str
    ends: str


class HandOverRequest(Shape):
    """POST /duty/hand-over."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_HANDOVER_CHARACTERS)]


class HandOverView(Shape):
    """What one shift leaves to the next; `text` is None for who may not read content."""

    text: str | None
    by: HandView
    at: str


class DutyView(Shape):
    """GET /duty."""

    now: tuple[ShiftItem, ...]
    coming: tuple[ShiftItem, ...]
    handover: HandOverView | None
