"""The store of one node in one SQLite file: made once, opened under an exclusive lock.

`SqliteStore` implements ports.Store. What is written goes through one thread in group commits
(writer, group); what is read comes from a read-only connection and from a picture in memory.
A log is made by `create` alone, never by opening: a wrong path cannot start a second log.

Source: docs/delivery.md, "Storage"; docs/wire-format.md, rule 8.
"""

from pathlib import Path
from typing import Self

from gateway.errors import StorageError
from gateway.metrics import Metrics
from gateway.ports import Clock
from gateway.storage.alerting import AlertPart
from gateway.storage.anchor import Anchor, machine_name
from gateway.storage.auditing import AuditPart
from gateway.storage.boxes import BoxPart
from gateway.storage.cancelling import CancellingPart
from gateway.storage.casework import CaseworkPart, RosterPart
from gateway.storage.conditions import ConditionPart
from gateway.storage.connection import StoreLock
from gateway.storage.continuity import ContinuityPart
from gateway.storage.core import StoreCore
from gateway.storage.dispatch import OutboxPart
from gateway.storage.drafts import DraftPart
from gateway.storage.exchange import ExchangePart
from gateway.storage.exhibiting import ExhibitPart
from gateway.storage.gate import Gate
from gateway.storage.lanework import LanePart
from gateway.storage.lateness import LatenessPart
from gateway.storage.logbook import LogBookPart
from gateway.storage.lost import LostPart
from gateway.storage.measured import MeasuredCommitter
from gateway.storage.neighbours import NeighboursPart
from gateway.storage.numbering import NumberingPart
from gateway.storage.opening import (
    append_first,
    beside,
    check_start,
    default_anchor,
    make_store,
    migrate_store,
    remove_store,
)
from gateway.storage.operations import OperationPart
from gateway.storage.overview import OverviewPart
from gateway.storage.people import PeoplePart
from gateway.storage.people_entrances import CredentialPart, EntrancePart
from gateway.storage.pinging import CountingPart, PingPart, SteeringPart
from gateway.storage.reading import CasebookPart
from gateway.storage.retention import RetentionPart
from gateway.storage.revocations import RevocationPart
from gateway.storage.sequence import HeadSigner
from gateway.storage.stamping import StampPart
from gateway.storage.successions import SuccessionPart
from gateway.storage.watching import WatchPart
from gateway.storage.witnessing import WitnessingPart
from gateway.storage.writer import Writer, WriterMaker
from protocol.errors import NotAllowedError
from protocol.identifiers import LogOrigin
from protocol.log.recovery import Start, StartDecision
from protocol.log.statement import Statement


class SqliteStore(
    LogBookPart,
    AuditPart,
    LanePart,
    OutboxPart,
    CasebookPart,
    ExchangePart,
    NeighboursPart,
    NumberingPart,
    CancellingPart,
    ContinuityPart,
    SuccessionPart,
    LostPart,
    LatenessPart,
    OverviewPart,
    RetentionPart,
    ExhibitPart,
    WitnessingPart,
    PingPart,
    SteeringPart,
    CountingPart,
    StampPart,
    AlertPart,
    RevocationPart,
    DraftPart,
    CaseworkPart,
    RosterPart,
    OperationPart,
    ConditionPart,
    WatchPart,
    PeoplePart,
    EntrancePart,
    CredentialPart,
    BoxPart,
):
    """Everything durable of one node; made by `create` or `open`, used between start and close.

    All methods belong to the loop that was running at `start`.

    Args:
        core: The open store.
        lock: Held until `close`.
        anchor: Open until `close`.
    """

    def __init__(self, core: StoreCore, *, lock: StoreLock, anchor: Anchor) -> None:
        super().__init__(core)
        self._lock = lock
        self._anchor = anchor

    @classmethod
    def create(
        cls,
        path: Path,
        *,
        origin: LogOrigin,
        first: Statement,
        key_set: bytes,
        store_key: bytes,
        head_signer: HeadSigner,
        clock: Clock,
        anchor: Path | None = None,
    ) -> Self:
        """Make the store of a new node, with its log's first leaf, signed.

        Args:
            path: The database file; it must not exist.
            origin: The log that this node begins.
            first: Leaf 0, the statement of the key set.
            key_set: The key set itself, which `first` states.
            store_key: 32 bytes, secret.
            head_signer: Signs heads of this log.
            clock: Of the node.
            anchor: The anchor file; beside the folder of the database if not given.

        Returns:
            The store, not yet started.

        Raises:
            StorageError: The file exists, or cannot be written; or another process has it.
            NotAllowedError: The statement is not one of this key set; nothing was made.
        """
        if first.preimage != key_set:
            raise NotAllowedError("the first leaf states the key set")
        lock = StoreLock(beside(path, ".lock"))
        lock.take()
        try:
            make_store(path, origin)
        except BaseException:
            lock.drop()
            raise
        try:
            return cls._opened(
                path,
                origin=origin,
                first=first,
                store_key=store_key,
                head_signer=head_signer,
                clock=clock,
                anchor=Anchor(anchor or default_anchor(path), machine=machine_name()),
                lock=lock,
                gate=Gate(
                    StartDecision(start=Start.ORDINARY, why="the log begins now"), is_open=True
                ),
                metrics=Metrics(),
            )
        except BaseException:
            # Nothing was signed that could have left: whoever tries again begins anew.
            remove_store(path)
            lock.drop()
            raise

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        origin: LogOrigin,
        store_key: bytes,
        head_signer: HeadSigner,
        clock: Clock,
        anchor: Path | None = None,
        metrics: Metrics | None = None,
        make_writer: WriterMaker = Writer,
    ) -> Self:
        """Open the store of a node that exists.

        Args:
            path: The database file.
            origin: The log that the node's keys sign.
            store_key: 32 bytes, secret.
            head_signer: Signs heads of this log.
            clock: Of the node.
            anchor: The anchor file; beside the folder of the database if not given.
            metrics: Counts commits; nobody's if not given.
            make_writer: Makes what commits; a thread of its own unless given.

        Returns:
            The store, not yet started. It signs nothing before `begin_signing`; `beginning`
            says how this start is to be taken.

        Raises:
            ConfigError: A newer release wrote it, or it belongs to another log.
            StorageError: It is missing, locked, of an unknown schema, or cannot be read.
            LogDamagedError: The log does not verify.
        """
        if not path.exists():
            raise StorageError(
                "there is no store here", hint="Check the home; `a35 init` creates one."
            )
        lock = StoreLock(beside(path, ".lock"))
        lock.take()
        try:
            migrate_store(path)
            file = Anchor(anchor or default_anchor(path), machine=machine_name())
            gate = check_start(path, origin, file)
            return cls._opened(
                path,
                origin=origin,
                first=None,
                store_key=store_key,
                head_signer=head_signer,
                clock=clock,
                anchor=file,
                lock=lock,
                gate=gate,
                metrics=Metrics() if metrics is None else metrics,
                make_writer=make_writer,
            )
        except BaseException:
            lock.drop()
            raise

    @classmethod
    def _opened(
        cls,
        path: Path,
        *,
        origin: LogOrigin,
        first: Statement | None,
        store_key: bytes,
        head_signer: HeadSigner,
        clock: Clock,
        anchor: Anchor,
        lock: StoreLock,
        gate: Gate,
        metrics: Metrics,
        make_writer: WriterMaker = Writer,
    ) -> Self:
        anchor.open()
        committer = MeasuredCommitter(
            path,
            origin=origin,
            signer=head_signer,
            anchor=anchor,
            gate=gate,
            clock=clock,
            metrics=metrics,
        )
        try:
            if first is not None:
                append_first(committer, first)
            elif committer.head is not None and gate.decision.start is Start.ORDINARY:
                # Else the next start must find what this one found, until peers have answered.
                anchor.write(committer.head)
            core = StoreCore(
                path,
                origin=origin,
                committer=committer,
                anchor=anchor,
                store_key=store_key,
                clock=clock,
                make_writer=make_writer,
            )
        except BaseException:
            committer.close()
            anchor.close()
            raise
        return cls(core, lock=lock, anchor=anchor)

    @property
    def fault(self) -> str | None:
        """Why nothing is written any more, None as long as all is well: then stop the node."""
        return self._core.committer.stopped

    @property
    def backlog(self) -> int:
        """Operations that wait for the writer; above 1,024 a peer is told E_BUSY."""
        return self._core.writer.waiting

    async def start(self) -> None:
        """Start the writer; call it once, on the loop that will use the store."""
        self._core.writer.start()

    async def close(self) -> None:
        """Commit what waits, sign what is unsigned, and let go of every file."""
        await self._core.writer.stop()
        self._core.close()
        self._core.committer.close()
        self._anchor.close()
        self._lock.drop()

    def abandon(self) -> None:
        """Let go of every file as a process does that dies: what was not committed did not happen.

        For simulated deaths; the store must not be used any more.
        """
        self._core.close()
        self._core.committer.close()
        self._anchor.close()
        self._lock.drop()
