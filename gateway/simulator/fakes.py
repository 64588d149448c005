"""The small ports of a simulated node: chance, directory, journal, attachments.

All they do is decided by the seed. The directory is the newest of the world, unless this node
was kept from fetching it; the journal keeps alarms and bugs, so that a run can judge by them.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final, ParamSpec, TypeVar

from typing_extensions import override

from gateway.journal import Journal
from gateway.ports import Clock
from gateway.simulator.material import CANARY
from gateway.storage.blobs import FileBlobs
from keys.digest import sha256
from protocol.directory import NodeEntry, NodeState, PartyEntry, spki_digests
from protocol.envelope.header import DirectoryStamp
from protocol.identifiers import MESSAGE_ID_BYTES, MessageId, NodeId

P = ParamSpec("P")
T = TypeVar("T")

_NS_PER_MS: Final = 1_000_000


class SeededRandomness:
    """Implements gateway.ports.Randomness.

    Args:
        seed: Of this node in this world.
    """

    def __init__(self, seed: str) -> None:
        self._draw = Random(seed)

    def message_id(self) -> MessageId:
        """Return 16 bytes drawn from the seed."""
        return MessageId(self._draw.randbytes(MESSAGE_ID_BYTES))

    def between(self, low: float, high: float) -> float:
        """Return a number drawn evenly between the two."""
        return self._draw.uniform(low, high)


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryVersion:
    """One signed state of the directory: who there is, and its stamp."""

    entries: Mapping[NodeId, NodeEntry]
    version: int

    @property
    def stamp(self) -> DirectoryStamp:
        """What headers and receipts name."""
        return DirectoryStamp(
            root_version=1,
            timestamp_version=self.version,
            digest=sha256(f"directory {self.version}".encode()),
        )


class SimulatedDirectory:
    """Implements gateway.ports.Directory over the versions of the world.

    Args:
        held: The version on this node's disk.
        offered: Returns what a source answers now, None if none is reached.
    """

    def __init__(
        self, held: DirectoryVersion, offered: Callable[[], DirectoryVersion | None]
    ) -> None:
        self.held = held
        self._offered = offered
        self.why: str | None = None

    def node(self, node: NodeId) -> NodeEntry | None:
        """Return an entry."""
        return self.held.entries.get(node)

    def node_of_spki(self, spki: bytes) -> NodeId | None:
        """Return whose TLS key it is."""
        for node, entry in sorted(self.held.entries.items()):
            if spki in spki_digests(entry):
                return node
        return None

    def party(self, country: str) -> PartyEntry | None:
        """Return nothing: officers of a world address nodes."""
        del country
        return None

    def nodes(self) -> tuple[NodeEntry, ...]:
        """Return every active node, in order of its id."""
        entries = (entry for _, entry in sorted(self.held.entries.items()))
        return tuple(entry for entry in entries if entry.state is NodeState.ACTIVE)

    def stamp(self) -> DirectoryStamp | None:
        """Return the version in use."""
        return self.held.stamp

    async def refresh(self) -> bool:
        """Take the version that is offered if it is newer; an older one is refused."""
        offered = self._offered()
        if offered is None:
            self.why = "the source was not reached"
            return False
        if offered.version < self.held.version:
            self.why = "an older directory was offered"
            return False
        self.why = None
        changed = offered.version > self.held.version
        self.held = offered
        return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One alarm or bug that a node wrote into its journal."""

    event: str
    is_bug: bool
    fields: Mapping[str, str]


class KeptJournal(Journal):
    """A journal that keeps alarms and bugs, and drops the rest; content in any line is a bug (I7).

    Args:
        tell: Called with each.
    """

    def __init__(self, tell: Callable[[Told], None]) -> None:
        super().__init__("simulated")
        self._tell = tell

    @override
    def info(self, event: str, **fields: object) -> None:
        """Look at it, and drop it."""
        self._search(event, fields)

    @override
    def warning(self, event: str, **fields: object) -> None:
        """Look at it, and drop it."""
        self._search(event, fields)

    @override
    def alarm(self, event: str, **fields: object) -> None:
        """Keep it."""
        self._search(event, fields)
        shown = {name: str(value) for name, value in fields.items()}
        self._tell(Told(event=event, is_bug=False, fields=shown))

    @override
    def bug(self, event: str, error: BaseException, **fields: object) -> None:
        """Keep it with its error: a bug fails the run."""
        self._search(event, fields)
        self._tell(Told(event=event, is_bug=True, fields={"error": repr(error)}))

    def _search(self, event: str, fields: Mapping[str, object]) -> None:
        if any(CANARY in str(value) for value in fields.values()):
            self._tell(Told(event="content_in_journal", is_bug=True, fields={"event": event}))


class InlineBlobs(FileBlobs):
    """The real attachments, on the loop; files get the node's time.

    Args:
        folder: Of this node.
        node: This node.
        clock: Its clock.
    """

    def __init__(self, folder: Path, *, node: NodeId, clock: Clock) -> None:
        super().__init__(folder, node=node, offload=_here)
        self._parts = folder
        self._clock = clock

    @override
    async def put(
        self, owner: NodeId, digest: bytes, *, offset: int, total: int, piece: bytes
    ) -> int:
        """Append a piece; see FileBlobs.put."""
        held = await super().put(owner, digest, offset=offset, total=total, piece=piece)
        part = self._parts / f"{owner.country}-{owner.number}" / f"{digest.hex()}.part"
        at_ns = self._clock.now_ms() * _NS_PER_MS
        with suppress(FileNotFoundError):
            os.utime(part, ns=(at_ns, at_ns))
        return held


async def _here(work: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> T:  # noqa: RUF029 - stands for asyncio.to_thread
    return work(*arguments, **named)
