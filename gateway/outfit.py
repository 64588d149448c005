"""What one node is given: its six ports, where it tells of itself, what it may fill and wait."""

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.ports import Blobs, Clock, Directory, Measure, Randomness, Transport
from gateway.store import Store
from protocol.cases.retention import Keep
from protocol.delivery.currency import AgeLimits
from protocol.delivery.escalation import Budgets
from protocol.delivery.lane import GATHER_S
from protocol.delivery.room import Floor
from protocol.delivery.slots import WORKERS
from protocol.envelope.header import DirectoryStamp
from protocol.identifiers import NodeId


def _unmeasured() -> None:
    """Be a disk that nobody measures, or a directory of no age."""


def unheard(_node: NodeId, _stamp: DirectoryStamp) -> None:
    """Take no note of which directory a peer holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The six ports of one node, where it tells of itself, and what it may fill and wait."""

    clock: Clock
    randomness: Randomness
    transport: Transport
    store: Store
    blobs: Blobs
    directory: Directory
    metrics: Metrics
    journal: Journal
    measure: Measure = _unmeasured
    floor: Floor = field(default_factory=Floor)
    budgets: Budgets = field(default_factory=Budgets)
    copies: bool = True
    workers: int = WORKERS
    gather_s: float = GATHER_S
    keep: Keep = field(default_factory=Keep)
    directory_made_ms: Callable[[], int | None] = _unmeasured
    directory_heard: Callable[[NodeId, DirectoryStamp], None] = unheard
    ages: AgeLimits = field(default_factory=AgeLimits)
