"""The bodies of the local API: one model for server and client, strict, nothing unknown allowed.

Times are RFC 3339 in UTC; ids are hexadecimal text; a node is CC/n. What a peer wrote appears in
`document`, `type`, `why` and names of files only, and whoever shows it makes it harmless.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from gateway.officer.shapes.problems import Fault, Problem

Json: TypeAlias = dict[str, object]
Box: TypeAlias = Literal["in", "out"]
Hex16: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Size: TypeAlias = Annotated[int, Field(ge=0, lt=2**53)]


class Shape(BaseModel):
    """Root of all bodies: frozen, strict, unknown fields refused."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)


class CheckRequest(Shape):
    """POST /checks: a document, and what `a35 check` takes as options."""

    document: Json
    today: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    request: Json | None = None
    profiles: tuple[Json, ...] = ()


class CheckAnswer(Shape):
    """What `a35 check --json` prints."""

    valid: bool
    type: str | None
    errors: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


class UploadRequest(Shape):
    """POST /uploads: a document and the sizes of its attachments by path."""

    document: Json
    files: dict[str, Size] = {}


class UploadAnswer(Shape):
    """A document with its ids; `files` are names in order of their index."""

    id: str
    mid: Hex16
    thread: Hex16
    to: str
    files: tuple[str, ...]


class SentAnswer(Shape):
    """POST /uploads/{id}/send: queued for good; its leaf in our log."""

    mid: Hex16
    thread: Hex16
    state: str
    index: int
    repeated: bool


class AcknowledgeRequest(Shape):
    """POST /messages/{mid}/acknowledge: what the desk proposes unless given."""

    reference: str | None = None
    decision_by: str | None = None
    officer: str | None = None
    note: str | None = None


class LogRef(Shape):
    """A leaf of a log."""

    origin: str
    index: int


class TimelineEntry(Shape):
    """One thing that happened to a message."""

    at: str
    what: str
    by: str
    log: LogRef | None


class ClockView(Shape):
    """When a step of the ladder is due, and how that stands."""

    name: str
    due: str
    state: str


class LateView(Shape):
    """How late a message is: which step is missing, and the stage of its escalation."""

    missing: str
    stage: str
    due: str
    since: str


class MessageItem(Shape):
    """A message as lists show it; `code` is what is read out on the telephone."""

    mid: Hex16
    code: str
    thread: Hex16 | None
    type: str | None
    party: str
    party_name: str
    state: str
    due: str | None
    urgency: str
    reference: str | None
    handling: str | None
    at: str
    late: LateView | None


class MessageList(Shape):
    """GET /messages: `next` is what to give as `before` for the next page."""

    items: tuple[MessageItem, ...]
    next: int | None


class StageView(Shape):
    """A stage that was told of a late message; `log` names the leaf that states a silence."""

    at: str
    missing: str
    stage: str
    due: str
    log: LogRef | None


class TelephoneView(Shape):
    """One number of a telephone card."""

    number: str
    remark: str | None


class CardView(Shape):
    """The telephone card of a point of contact, as its Party wrote it in the directory."""

    node: str
    name: str
    remit: str
    hours: str
    time_zone: str
    languages: tuple[str, ...]
    telephones: tuple[TelephoneView, ...]
    email: str | None
    is_other: bool


class CopyView(Shape):
    """A message and its copy for the second point of contact; one may have been withdrawn."""

    original: Hex16
    original_to: str
    copied: Hex16
    copied_to: str
    withdrawal: Hex16 | None


class MessageView(MessageItem):
    """GET /messages/{mid}: one message with clocks and timeline.

    `event` is the number of its newest event: whoever waits for more begins there. `advice` says
    what to do about a late message, `card` whom to call about one of ours, `spoken` the code as
    it is read aloud.
    """

    box: Box
    sender: str
    recipient: str
    re: Hex16 | None
    expires: str
    why: str | None
    clocks: tuple[ClockView, ...]
    timeline: tuple[TimelineEntry, ...]
    event: int
    spoken: str
    stages: tuple[StageView, ...]
    advice: tuple[str, ...]
    card: CardView | None
    copies: tuple[CopyView, ...]
    copy_of: Hex16 | None


class ItemView(Shape):
    """One item of a request, and what became of it."""

    item_id: str
    category: str | None
    status: str
    desired: str
    preserved_until: str | None


class RequestView(Shape):
    """One request of a case."""

    mid: Hex16
    type: str
    state: str
    items: tuple[ItemView, ...]


class CaseClock(Shape):
    """A clock of a case that runs or has run out."""

    what: str
    request: Hex16
    item_id: str | None
    due: str | None
    state: str
    acts: str | None
    article: str | None


class CaseEntry(MessageItem):
    """A message in its place in the case; `out_of_order` says why it has no effect."""

    out_of_order: str | None


class ThreadView(Shape):
    """A case: its messages in order, where it stands, what may be sent now.

    `side` is Q for the requesting and A for the requested node, None where this node is neither
    or the first message is not here; `state` is None likewise.
    """

    thread: Hex16
    state: str | None
    ending: str | None
    side: str | None
    requests: tuple[RequestView, ...]
    clocks: tuple[CaseClock, ...]
    sendable: tuple[str, ...]
    items: tuple[CaseEntry, ...]


class FileItem(Shape):
    """One attachment; what is fetched has this SHA-256."""

    index: int
    name: str
    media_type: str
    size_bytes: int
    sha256: str


class ContentView(Shape):
    """The document of a message, and its attachments."""

    mid: Hex16
    state: str
    document: Json
    files: tuple[FileItem, ...]


class LogView(Shape):
    """GET /log: our newest signed head."""

    origin: str
    size: int
    root: str


class LogFault(Shape):
    """What does not hold, and at which entry; None if it concerns none alone."""

    index: int | None
    what: str
    remedy: str = ""


class LogVerification(LogView):
    """POST /log/verifications, the last object: the log computed anew.

    `lost` leaves are known to be lost: the next log says so in its leaf 0.
    """

    checked: int
    erased: int
    checkpoints: int = 0
    lost: int = 0
    faults: tuple[LogFault, ...]


class VerificationStep(Shape):
    """One object of the stream of POST /log/verifications: exactly one field is set."""

    progress: tuple[int, int] | None = None
    result: LogVerification | None = None
    problem: Problem | None = None


class Event(Shape):
    """One event of the node. Ids and states only, never content."""

    id: int
    event: str
    at: str
    mid: Hex16 | None = None
    thread: Hex16 | None = None
    what: str = ""
    by: str = ""
    log: LogRef | None = None


class EventList(Shape):
    """GET /events by long poll; `reset` says that older events than these are gone."""

    items: tuple[Event, ...]
    next: int
    reset: bool


class TypeItem(Shape):
    """One message type."""

    type: str
    direction: str
    family: str
    line: str


class TypeList(Shape):
    """GET /types."""

    items: tuple[TypeItem, ...]


class NodeItem(Shape):
    """One node of the directory."""

    node: str
    party_name: str
    state: str
    endpoints: tuple[str, ...]


class DirectoryView(Shape):
    """GET /directory: the version in use; None while there is none."""

    root_version: int | None
    version: int | None
    items: tuple[NodeItem, ...]


class HealthItem(Shape):
    """One check of the node's health."""

    name: str
    ok: bool
    detail: str
    fix: str


class HealthView(Shape):
    """GET /readyz and /health."""

    ok: bool
    checks: tuple[HealthItem, ...]
