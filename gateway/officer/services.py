"""What the officers' API needs from the use cases: Protocols, so that a test can bring its own.

Implemented by gateway.service.submit, .act, .prove and .health; the views over the casebook are
gateway.service.consult itself.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, TypeAlias

from gateway.casework import Casework, Counting, Roster, Searching
from gateway.conditions import Mutes
from gateway.config import NodeConfig
from gateway.drafting import ApprovalOptions, Assertion, DeskDrafts
from gateway.evidence.export import Exported, Paper
from gateway.evidence.forks import FoundFork
from gateway.evidence.material import Variant
from gateway.evidence.write import Written
from gateway.people import Caller
from gateway.ports import Clock, Directory
from gateway.records import (
    Submitted,
)
from gateway.retaining import Holds
from gateway.rows import EventRow, MessageRow
from gateway.service.boxes import Boxes
from gateway.service.cancel import Cancelled
from gateway.service.comparing import Comparing
from gateway.service.consult import Consult
from gateway.service.contact import Contact
from gateway.service.continuing import Standpoint
from gateway.service.exporting import Exporting
from gateway.service.frontdoor import FrontDoor
from gateway.service.history import PartyHistory
from gateway.service.keyapproval import Proposal
from gateway.service.leafing import Leafing
from gateway.service.operations import Operations
from gateway.service.peers import PeerState
from gateway.service.prove import LogVerification, LogView
from gateway.service.witnesses import WitnessState
from gateway.store import Casebook
from protocol.identifiers import LogOrigin, MessageId, NodeId


class Draft(Protocol):
    """A document that was checked and has its ids, and waits for its files."""

    @property
    def id(self) -> str:
        """Names the draft on this node."""

    @property
    def mid(self) -> MessageId:
        """The message's id."""

    @property
    def thread(self) -> MessageId:
        """The thread that it opens or continues."""

    @property
    def to(self) -> object:
        """The node that it will be sealed for; its text is CC/n."""

    @property
    def files(self) -> tuple[str, ...]:
        """The attachments' names, in order of their index."""


class SubmitService(Protocol):
    """From a document to a queued message."""

    async def begin(self, document: bytes, *, file_sizes: Mapping[str, int]) -> Draft:
        """Check a document and fix its ids.

        Raises what carries `findings` (path, code, message) when a rule is broken.
        """

    async def attach(self, draft_id: str, index: int, source: BinaryIO) -> None:
        """Seal one file; `source` is read to its end, away from the event loop's thread."""

    async def send(
        self, draft_id: str, *, request_key: str | None, who: str | None = None
    ) -> Submitted:
        """Seal and queue; durable when it returns. `who` stands in the act that says so."""

    async def queue(
        self, document: bytes, *, request_key: str | None, who: str | None = None
    ) -> Submitted:
        """Check, seal and queue a document without attachments in one step; `who` as above."""


class FileView(Protocol):
    """One attachment of an opened message."""

    @property
    def name(self) -> str:
        """As its sender called it."""

    @property
    def media_type(self) -> str:
        """As its sender stated it."""

    @property
    def size_bytes(self) -> int:
        """Length in bytes."""

    @property
    def index(self) -> int:
        """Its place, from 0."""

    @property
    def digest(self) -> bytes:
        """Its SHA-256 as its sender stated it, 32 bytes."""


class OpenedMessage(Protocol):
    """What an officer sees after opening."""

    @property
    def row(self) -> MessageRow:
        """The message after the act."""

    @property
    def document(self) -> Mapping[str, object]:
        """The document as its author wrote it; JSON can hold it."""

    @property
    def files(self) -> tuple[FileView, ...]:
        """Its attachments."""


class ActService(Protocol):
    """Acts on received messages."""

    async def open(self, mid: MessageId, *, who: str) -> OpenedMessage:
        """Open a message for the desk: a receipt tells its sender."""

    async def file(self, mid: MessageId, index: int, target: BinaryIO) -> str:
        """Decrypt an attachment into `target`, which counts once this returns; return its name."""


class ProveService(Protocol):
    """Looking into our own log."""

    async def show(self) -> LogView:
        """Return the log with its newest head."""

    async def verify(
        self,
        progress: Callable[[int, int], None],
        *,
        origin: LogOrigin | None = None,
        against: bytes | None = None,
    ) -> LogVerification:
        """Compute a log anew, ours if none is named; `progress` gets leaves done and in all.

        `against`: a signed note of it that somebody else holds.
        """

    async def proof(self, index: int) -> str:
        """Return a C2SP tlog-proof of one leaf."""


class WitnessesService(Protocol):
    """Who cosigned our log."""

    async def states(self) -> tuple[WitnessState, ...]:
        """Return how it goes with those that are asked, and with those that cosigned before."""

    async def witnessed_size(self) -> int:
        """Return the size of the largest head by which enough witnesses had seen our log."""


class RecoveryService(Protocol):
    """Our own log, whether it may be signed, and logs that were given up."""

    def standpoint(self) -> Standpoint:
        """Return where the node stands."""

    async def keep_log(self, reason: str, *, who: str) -> None:
        """Let our log go on before all have answered; stated in it."""

    async def accept(self, node: NodeId, reason: str, *, who: str) -> int:
        """Let a node with two histories go on above a generation; return which."""


class HealthCheck(Protocol):
    """One thing that was looked at."""

    @property
    def name(self) -> str:
        """What."""

    @property
    def ok(self) -> bool:
        """Whether it is well."""

    @property
    def detail(self) -> str:
        """How it is."""

    @property
    def fix(self) -> str:
        """What to do if it is not well."""


class HealthService(Protocol):
    """Whether the node lives and works."""

    def is_live(self) -> bool:
        """Tell whether the process is worth keeping."""

    def is_ready(self) -> bool:
        """Tell whether the node takes and gives messages."""

    def report(self) -> tuple[HealthCheck, ...]:
        """Return every check."""


class PeersService(Protocol):
    """The other nodes."""

    async def table(self) -> tuple[PeerState, ...]:
        """Return every other active node, in order of its id."""


class MetricsService(Protocol):
    """The node's counters."""

    def render(self) -> bytes:
        """Return them as Prometheus text."""


Told: TypeAlias = Callable[[Sequence[EventRow], str], Awaitable[None]]
"""Hears of events that somebody outside was told of, and how."""


class BackupView(Protocol):
    """A backup that was made."""

    @property
    def file_bytes(self) -> int:
        """Length of the file."""

    @property
    def origin(self) -> str:
        """The name of its log."""

    @property
    def size(self) -> int:
        """Leaves that its newest signed head covers."""

    @property
    def root(self) -> bytes:
        """Root of that head."""

    @property
    def attachments(self) -> int:
        """Attachments in it."""


class BackupService(Protocol):
    """Makes backups of this node."""

    async def make(self, target: Path, progress: Callable[[int, int], None]) -> BackupView:
        """Make one; `progress` is called from another thread."""


class CancelService(Protocol):
    """Takes messages back."""

    async def cancel(self, mid: MessageId, reason: str, *, who: str) -> Cancelled:
        """Take one back; the same again for every repeat."""


class ForkService(Protocol):
    """Second histories that are known or feared."""

    async def found(self) -> tuple[FoundFork, ...]:
        """Return every log with two histories, then every one in doubt."""

    async def export(self, origin: LogOrigin, target: BinaryIO, *, who: str) -> Written:
        """Write the exhibit of one log; the act is committed before the first byte."""


class EvidenceService(Protocol):
    """Makes bundles."""

    @property
    def forks(self) -> ForkService | None:
        """Second histories of other nodes' logs; None if nobody looks for them."""

    async def export(
        self, mid: MessageId, variant: Variant, target: BinaryIO, *, who: str
    ) -> Exported:
        """Write the evidence of one message; the act is committed before the first byte."""


class PaperService(Protocol):
    """What goes with a message onto paper."""

    async def paper(self, mid: MessageId, *, who: str, why: str) -> Paper:
        """Return it; the act is committed before."""


class KeyChangeService(Protocol):
    """Keys that wait, and the two persons that it takes to let them count."""

    def waiting(self) -> Mapping[str, tuple[str, ...]]:
        """Return the names of the keys that wait, by Party: node, kind, fingerprint."""

    def proposed(self) -> Mapping[str, Proposal]:
        """Return what waits for a second person, by Party."""

    async def must_confirm(self) -> bool:
        """Tell whether a second person must confirm by themselves."""

    async def accept(
        self, country: str, *, by: Caller, people: tuple[str, str], reason: str
    ) -> int:
        """Let the keys of a Party count, or propose it; return how many count now."""

    async def options(self, country: str, *, by: Caller, shown: bytes) -> ApprovalOptions:
        """Begin a confirmation with a passkey."""

    async def confirm(
        self,
        country: str,
        *,
        by: Caller,
        shown: bytes,
        assertion: Assertion | None = None,
        password: str | None = None,
    ) -> int:
        """Confirm what somebody else proposed; return how many keys count now."""


class RevocationService(Protocol):
    """Takes revocations."""

    async def take(self, body: bytes, *, by: NodeId | None) -> bytes:
        """Take one; raises RemoteProtocolError if it proves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerServices:
    """Everything that the officers' side is built of."""

    submit: SubmitService
    act: ActService
    consult: Consult
    prove: ProveService
    health: HealthService
    peers: PeersService
    store: Casebook
    directory: Directory
    config: NodeConfig
    clock: Clock
    metrics: MetricsService
    backups: BackupService | None = None
    recovery: RecoveryService | None = None
    cancel: CancelService | None = None
    evidence: EvidenceService | None = None
    paper: PaperService | None = None
    leafing: Leafing | None = None
    directory_made_ms: Callable[[], int | None] = lambda: None
    holds: Holds | None = None
    contact: Contact | None = None
    told: Told | None = None
    witnesses: WitnessesService | None = None
    keychange: KeyChangeService | None = None
    revocations: RevocationService | None = None
    casework: Casework | None = None
    roster: Roster | None = None
    searching: Searching | None = None
    counting: Counting | None = None
    exporting: Exporting | None = None
    operations: Operations | None = None
    boxes: Boxes | None = None
    mutes: Mutes | None = None
    history: PartyHistory | None = None
    comparing: Comparing | None = None
    door: FrontDoor | None = None
    enter: Callable[[str], str] | None = None
    drafts: DeskDrafts | None = None
