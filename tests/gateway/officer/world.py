"""A desk in memory: ports and use cases that the officers' API is tested over.

Deterministic: ids count up, the clock stands still unless a test moves it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event as ThreadEvent
from threading import Thread
from typing import BinaryIO, cast

from aiohttp.web import AppRunner, UnixSite

from gateway.config import DeskSection, DutySection, NodeConfig
from gateway.errors import NoInputError
from gateway.officer.server import build_officer_app
from gateway.officer.services import EvidenceService, OfficerServices, Told, WitnessesService
from gateway.records import (
    Direction,
    OutboxKind,
    SignedHead,
    Submitted,
)
from gateway.rows import (
    AttemptRow,
    EventRow,
    MessageRow,
)
from gateway.service.act import FileView, OpenedMessage
from gateway.service.case import Cases
from gateway.service.consult import Consult
from gateway.service.draft import DocumentRefusedError
from gateway.service.health import Check
from gateway.service.prove import LogFault, LogVerification, LogView
from gateway.service.summary import Summary, document_of
from protocol.cases.ladder import MessageState, advance
from protocol.delivery.escalation import Budgets
from protocol.delivery.urgency import Urgency
from protocol.directory import NodeEntry, PartyEntry
from protocol.encoding import Value
from protocol.envelope.content import Content, FileEntry, decode_inner, encode_inner
from protocol.envelope.header import DirectoryStamp
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.requests.faults import FaultCode, Finding
from tests.gateway.officer.late import Held, LateNotes, Others, TakingBack

NOW_MS = 1_795_269_600_000
"""2026-11-21T14:00:00Z."""

RO = NodeId("RO", 1)
FR = NodeId("FR", 1)
OUR_LOG = LogOrigin(RO, 1)
THEIR_LOG = LogOrigin(FR, 1)
ROOT = bytes(range(32))
DAY_MS = 24 * 60 * 60 * 1000


def mid(number: int) -> MessageId:
    """Return the id that counts as this number."""
    return MessageId(number.to_bytes(16, "big"))


class StillClock:
    """A clock that a test moves; whoever sleeps moves it too."""

    def __init__(self) -> None:
        self.ms = NOW_MS

    def now_ms(self) -> int:
        """Return the test's time."""
        return self.ms

    def monotonic_s(self) -> float:
        """Return the test's time."""
        return self.ms / 1000

    async def sleep(self, seconds: float) -> None:
        """Move on and yield."""
        self.ms += int(seconds * 1000)
        await asyncio.sleep(0)


class Book:  # noqa: PLR0904  the port has so many
    """The casebook port over lists."""

    def __init__(self) -> None:
        self.rows: list[MessageRow] = []
        self.inners: dict[MessageId, bytes] = {}
        self.log: list[EventRow] = []
        self.tried: list[AttemptRow] = []
        self.first_event = 1
        self._news = asyncio.Event()

    def put(self, row: MessageRow, content: Content | None = None) -> None:
        """Keep a message."""
        self.rows.append(row)
        if content is not None:
            self.inners[row.mid] = encode_inner(content.encode())

    def happen(self, row: MessageRow, what: str, *, kind: str = "message.state") -> MessageRow:
        """Let something happen to a message; return it as it is then."""
        number = self.first_event + len(self.log)
        self.log.append(
            EventRow(
                number=number,
                at_ms=NOW_MS + 1000 * number,
                kind=kind,
                mid=row.mid,
                thread=row.thread,
                what=what,
                by=str(FR),
                origin=str(THEIR_LOG),
                index=8800 + number,
            )
        )
        changed = replace(row, state=advance(row.state, MessageState(what)))
        self.rows[self.rows.index(row)] = changed
        self._news.set()
        self._news = asyncio.Event()
        return changed

    async def messages(
        self, direction: Direction, *, limit: int, before: int | None = None
    ) -> tuple[MessageRow, ...]:
        """Return one box, newest first."""
        rows = [row for row in self.rows if row.direction is direction]
        rows = [row for row in rows if before is None or row.t_ms < before]
        return tuple(sorted(rows, key=lambda row: -row.t_ms)[:limit])

    async def message(self, wanted: MessageId) -> tuple[MessageRow, ...]:
        """Return what bears this id."""
        return tuple(row for row in self.rows if row.mid == wanted)

    async def thread(self, thread: MessageId) -> tuple[MessageRow, ...]:
        """Return a thread in order of time."""
        return tuple(row for row in self.rows if row.thread == thread)

    async def inner(self, sender: NodeId, wanted: MessageId) -> bytes | None:
        """Return the opened content."""
        del sender
        return self.inners.get(wanted)

    async def statement(self, sender: NodeId, wanted: MessageId) -> tuple[bytes, bytes] | None:
        """Return nothing: no receipt is made here."""
        del sender, wanted
        return None

    async def timeline(self, sender: NodeId, wanted: MessageId) -> tuple[EventRow, ...]:
        """Return what happened to a message."""
        del sender
        return tuple(row for row in self.log if row.mid == wanted)

    async def attempts(self, wanted: MessageId) -> tuple[AttemptRow, ...]:
        """Return the attempts of the test."""
        del wanted
        return tuple(self.tried)

    async def receipts(self, for_: NodeId, wanted: MessageId) -> tuple[tuple[bytes, int], ...]:
        """Return nothing."""
        del for_, wanted
        return ()

    @property
    def newest_event(self) -> int:
        """The number of the newest event."""
        return max((event.number for event in self.log), default=0)

    async def events(self, *, after: int, limit: int) -> tuple[EventRow, ...]:
        """Return events above a number."""
        return tuple([row for row in self.log if row.number > after][:limit])

    async def wait_for_events(self, after: int, timeout_s: float) -> None:
        """Return at the next event, at the latest after the time-out."""
        if not self.log or self.log[-1].number <= after:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._news.wait()


class OneDirectory:
    """The directory port over the entries of a test."""

    def __init__(self) -> None:
        self.entries: dict[NodeId, NodeEntry] = {}
        self.parties: dict[str, PartyEntry] = {}
        self.version: DirectoryStamp | None = None

    def node(self, node: NodeId) -> NodeEntry | None:
        """Return an entry."""
        return self.entries.get(node)

    def node_of_spki(self, spki: bytes) -> NodeId | None:
        """Return nothing: nobody connects here."""
        del spki
        return None

    def party(self, country: str) -> PartyEntry | None:
        """Return a Party."""
        return self.parties.get(country)

    def nodes(self) -> tuple[NodeEntry, ...]:
        """Return every node."""
        return tuple(self.entries.values())

    def stamp(self) -> DirectoryStamp | None:
        """Return the version of the test."""
        return self.version

    async def refresh(self) -> bool:
        """Change nothing."""
        return False


@dataclass(slots=True, kw_only=True)
class DraftOnly:
    """A draft as the API sees it."""

    id: str
    mid: MessageId
    thread: MessageId
    to: NodeId
    files: tuple[str, ...]
    document: dict[str, Value]
    uploaded: dict[int, bytes] = field(default_factory=dict)


class Submitting:
    """The use case Submit: keeps what it was given."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.drafts: dict[str, DraftOnly] = {}
        self.keys: dict[str, Submitted] = {}
        self.senders: list[str | None] = []
        self.failure: Exception | None = None
        self.then: list[str] = []

    async def begin(self, document: bytes, *, file_sizes: Mapping[str, int]) -> DraftOnly:
        """Refuse a document without a type, keep any other."""
        read = json.loads(document)
        if self.failure is not None:
            raise self.failure
        if "type" not in read:
            raise DocumentRefusedError(
                (Finding(path="type", code=FaultCode.MISSING, message="`type` is required."),)
            )
        number = 100 + len(self.drafts)
        thread = mid(number)
        if "in_reply_to" in read:
            thread = MessageId.parse(read["in_reply_to"])
        draft = DraftOnly(
            id=f"d{number}",
            mid=mid(number),
            thread=thread,
            to=FR,
            files=tuple(file_sizes),
            document=read,
        )
        self.drafts[draft.id] = draft
        return draft

    async def attach(self, draft_id: str, index: int, source: BinaryIO) -> None:
        """Read a file away from the loop, as sealing does."""
        data = await asyncio.to_thread(_read_all, source)
        self.drafts[draft_id].uploaded[index] = data

    async def send(
        self, draft_id: str, *, request_key: str | None, who: str | None = None
    ) -> Submitted:
        """Queue a draft; the same key queues once."""
        self.senders.append(who)
        if draft_id not in self.drafts:
            raise NoInputError("there is no such draft (any more)")
        if request_key is not None and request_key in self.keys:
            return replace(self.keys[request_key], repeated=True)
        draft = self.drafts[draft_id]
        row = row_of(draft.mid, Direction.OUT, thread=draft.thread)
        self.book.put(row)
        for what in self.then:
            row = self.book.happen(row, what)
        submitted = Submitted(
            mid=draft.mid, thread=draft.thread, index=7, queue_number=1, repeated=False
        )
        if request_key is not None:
            self.keys[request_key] = submitted
        return submitted

    async def queue(
        self, document: bytes, *, request_key: str | None, who: str | None = None
    ) -> Submitted:
        """Queue a document in one step; the same key queues once."""
        if request_key is not None and request_key in self.keys:
            return replace(self.keys[request_key], repeated=True)
        draft = await self.begin(document, file_sizes={})
        return await self.send(draft.id, request_key=request_key, who=who)


class Acting:
    """The use case Act: opens what the book holds."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.who: list[str] = []
        self.stored = {0: b"order"}
        self.name = "court order.txt"

    async def open(self, wanted: MessageId, *, who: str) -> OpenedMessage:
        """Open a message."""
        rows = await self.book.message(wanted)
        if not rows:
            raise NoInputError("there is no such message")
        self.who.append(who)
        row = self.book.happen(rows[0], "opened")
        content = Content.decode(decode_inner(self.book.inners[wanted]).content)
        return OpenedMessage(
            row=row,
            document=document_of(content),
            files=tuple(
                FileView(
                    name=one.name,
                    media_type=one.media_type,
                    size_bytes=one.size_bytes,
                    index=at,
                    digest=one.digest,
                )
                for at, one in enumerate(content.files)
            ),
        )

    async def file(self, wanted: MessageId, index: int, target: BinaryIO) -> str:
        """Write a file."""
        del wanted
        if index not in self.stored:
            raise NoInputError("the message has no such attachment")
        target.write(self.stored[index])
        return self.name


class Proving:
    """The use case Prove."""

    def __init__(self) -> None:
        self.head: SignedHead | None = SignedHead(origin=OUR_LOG, size=9, root=ROOT, note=b"note")
        self.faults: tuple[LogFault, ...] = ()
        self.failure: Exception | None = None
        self.against: bytes | None = None

    async def show(self) -> LogView:
        """Return the head."""
        return LogView(origin=OUR_LOG, size=9, head=self.head)

    async def verify(
        self,
        progress: Callable[[int, int], None],
        *,
        origin: LogOrigin | None = None,
        against: bytes | None = None,
    ) -> LogVerification:
        """Tell of two steps, then of the result."""
        self.against = against
        if origin not in {None, OUR_LOG}:
            raise NoInputError(f"this node keeps no log of the name {origin}")
        progress(4, 9)
        progress(9, 9)
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        return LogVerification(
            origin=OUR_LOG,
            size=9,
            root=ROOT,
            checked=8,
            erased=1,
            checkpoints=2,
            faults=self.faults,
        )

    async def proof(self, index: int) -> str:
        """Return a text with the index."""
        if index > 8:
            raise NoInputError("no signed checkpoint covers this leaf")
        return f"c2sp.org/tlog-proof@v1\nindex {index}\n"


class Healthy:
    """The use case Health and the counters."""

    def __init__(self) -> None:
        self.ready = True

    def is_live(self) -> bool:
        """Live always."""
        return True

    def is_ready(self) -> bool:
        """Ready as the test says."""
        return self.ready

    def report(self) -> tuple[Check, ...]:
        """Return one check."""
        return (Check(name="log", ok=self.ready, detail="9 leaves", fix="wait"),)

    def render(self) -> bytes:
        """Return one counter."""
        return b"a35_leaves_total 9\n"


class World:
    """Everything behind one desk."""

    def __init__(self) -> None:
        self.clock = StillClock()
        self.book = Book()
        self.late = LateNotes(self.book)
        self.others = Others()
        self.taking_back = TakingBack()
        self.held = Held()
        self.evidence: EvidenceService | None = None
        self.told: Told | None = None
        self.witnesses: WitnessesService | None = None
        self.beside: Callable[[OfficerServices], OfficerServices] | None = None
        self.directory = OneDirectory()
        self.submit = Submitting(self.book)
        self.act = Acting(self.book)
        self.prove = Proving()
        self.health = Healthy()
        self.config = NodeConfig(
            node="RO/1",
            name="Example service",
            url="https://localhost",
            desk=DeskSection(name="night desk"),
            duty=DutySection(name="Officer 3", telephone="+40215550142", languages=("ro",)),
        )

    def services(self) -> OfficerServices:
        """Return what the API is built of."""
        services = OfficerServices(
            submit=self.submit,
            act=self.act,
            cancel=self.taking_back,
            holds=self.held,
            evidence=self.evidence,
            told=self.told,
            witnesses=self.witnesses,
            consult=Consult(
                self.book,
                self.directory,
                self.clock,
                cases=Cases(node=RO, casebook=self.book, clock=self.clock),
                late=self.late,
                ways=self.late,
                budgets=Budgets(),
            ),
            prove=self.prove,
            health=self.health,
            peers=self.others,
            store=self.book,
            directory=self.directory,
            config=self.config,
            clock=self.clock,
            metrics=self.health,
        )
        return services if self.beside is None else self.beside(services)


@asynccontextmanager
async def served(world: World) -> AsyncIterator[Path]:
    """Serve a desk on a socket in a folder of its own; yield the folder."""
    with TemporaryDirectory(prefix="a35") as name:
        runner = AppRunner(build_officer_app(world.services()), access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await UnixSite(runner, str(Path(name) / "control")).start()
            yield Path(name)
        finally:
            await runner.cleanup()


@contextmanager
def served_beside(world: World) -> Iterator[Path]:
    """Serve a desk from another thread, for commands that bring their own loop."""
    ready, over = ThreadEvent(), ThreadEvent()
    place: list[Path] = []

    async def serve() -> None:
        async with served(world) as folder:
            place.append(folder)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(120)
        yield place[0]
    finally:
        over.set()
        thread.join(10)


def row_of(
    name: MessageId,
    direction: Direction,
    *,
    state: MessageState = MessageState.QUEUED,
    thread: MessageId | None = None,
    content: Content | None = None,
) -> MessageRow:
    """Return a message between RO/1 and FR/1."""
    ours = direction is Direction.OUT
    return MessageRow(
        direction=direction,
        sender=RO if ours else FR,
        recipient=FR if ours else RO,
        mid=name,
        thread=name if thread is None else thread,
        re=None,
        cls=Urgency.P1,
        state=state,
        t_ms=NOW_MS + int.from_bytes(name.value, "big"),
        exp_ms=NOW_MS + 30 * DAY_MS,
        changed_ms=NOW_MS,
        summary=None if content is None else Summary.of(content).encode(),
        why=None,
    )


def content_of(
    name: MessageId,
    *,
    kind: str = "subscriber_information_request",
    reference: str = "FR-26-1102",
    body: Mapping[str, Value] | None = None,
    files: int = 0,
) -> Content:
    """Return a request of FR/1 to RO/1."""
    whole = {"case_reference": reference} if body is None else dict(body)
    return Content(
        mid=name,
        sender=FR,
        recipient=RO,
        t_ms=NOW_MS,
        type=kind,
        thread=name,
        re=None,
        body={
            "urgency": "urgent",
            "handling_code": "H1",
            "language": "en",
            "body": cast("Value", whole),
        },
        files=tuple(file_named(f"order {at}.txt") for at in range(files)),
    )


def file_named(name: str) -> FileEntry:
    """Return an attachment: the word "order"."""
    return FileEntry(
        name=name,
        media_type="text/plain",
        size_bytes=5,
        digest=sha256(b"order").digest(),
        blob=bytes(32),
        key=bytes(32),
    )


def received(world: World, number: int, *, files: int = 0) -> MessageRow:
    """Put a request of FR/1 into the duty inbox."""
    content = content_of(mid(number), files=files)
    row = row_of(mid(number), Direction.IN, state=MessageState.CONSIGNED, content=content)
    world.book.put(row, content)
    return row


def attempt(outcome: str) -> AttemptRow:
    """Return one attempt to deliver."""
    return AttemptRow(
        at_ms=NOW_MS,
        kind=OutboxKind.ENVELOPE,
        what="frame",
        outcome=outcome,
        next_ms=NOW_MS + 15_000,
    )


def _read_all(source: BinaryIO) -> bytes:
    pieces = []
    while piece := source.read(3):
        pieces.append(piece)
    return b"".join(pieces)
