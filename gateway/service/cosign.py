"""Answers `add-checkpoint`: cosigns other nodes' logs by the rule, after it is on the disk.

What is cosigned last of each log is committed in the place of exactly what the rule looked at, and
only then the signature is made: a crash loses a signature, never a memory. A key that was in use
when these files may have been put back to an earlier state signs no more, since nobody knows what
it cosigned meanwhile.

Source: docs/evidence.md, "Witnesses"; C2SP tlog-witness, section add-checkpoint.
"""

from collections.abc import Callable
from typing import Final, Protocol

from gateway.journal import Journal, Seldom
from gateway.metrics import Metrics
from gateway.ports import Clock, Directory
from gateway.service.health import Check
from gateway.service.link import PeerLogs
from keys.note import LogVerifier, SignatureLine
from protocol.directory import log_verifiers
from protocol.errors import MalformedError
from protocol.identifiers import LogOrigin, NodeId
from protocol.log.recovery import Start, StartDecision
from protocol.witness.answer import Answer, Cosigned, Declined, RawAnswer, Standing, encode_answer
from protocol.witness.request import AddCheckpoint
from protocol.witness.rule import Grant, Held, Refusal, Refuse, View, judge

_TRIES: Final = 3
"""Requests for one log that overtake each other: the last is told where the witness stands."""

_MALFORMED: Final = Declined(status=400)
_NOT_NOW: Final = Declined(status=503)
_TWO_HISTORIES: Final = Declined(status=422)


class Book(Protocol):
    """What is needed of the store."""

    @property
    def beginning(self) -> StartDecision:
        """How this start is to be taken."""

    async def witnessed(self, origin: LogOrigin) -> Held | None:
        """Return what this node cosigned last of a log."""

    async def keep_witnessed(self, before: Held | None, keep: Held) -> bool:
        """Put `keep` in the place of exactly `before`, durably; return whether that was held."""

    async def end_witness_key(self, key_id: bytes, *, now_ms: int) -> None:
        """Note for ever that a witness key must sign no more."""

    async def has_ended(self, key_id: bytes) -> bool:
        """Tell whether a witness key must sign no more."""


class Cosign:
    """The witness that one node is.

    Args:
        node: This node, whose own logs it does not cosign.
        key_id: Of its witness key.
        sign: Makes the signature for a grant that was committed.
        book: What was cosigned.
        directory: Whose logs there are, and their keys.
        logs: What was linked of them on other ways.
        clock: Time.
        journal: For the operator.
        metrics: Counts outcomes.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        key_id: bytes,
        sign: Callable[[Grant], SignatureLine],
        book: Book,
        directory: Directory,
        logs: PeerLogs,
        clock: Clock,
        journal: Journal,
        metrics: Metrics,
    ) -> None:
        self._node = node
        self._key_id = key_id
        self._sign = sign
        self._book = book
        self._directory = directory
        self._logs = logs
        self._clock = clock
        self._journal = journal
        self._metrics = metrics
        self._seldom = Seldom(clock.monotonic_s)
        self._has_ended = True

    async def begin(self) -> None:
        """Decide whether this key may sign; nothing is signed before.

        Raises:
            StorageError: That it may not could not be noted; nothing may be signed.
        """
        if self._book.beginning.start is not Start.ORDINARY:
            await self._book.end_witness_key(self._key_id, now_ms=self._clock.now_ms())
        self._has_ended = await self._book.has_ended(self._key_id)
        if self._has_ended:
            self._journal.warning("witness_key_ended")

    def check(self) -> Check:
        """Return what the doctor shows."""
        return Check(
            name="witness",
            ok=not self._has_ended,
            detail="its key must sign no more: these files were put back, or copied"
            if self._has_ended
            else "cosigns what it sees of other nodes' logs",
            fix="stop the node, make a new key with: a35 keys witness, and have it listed",
        )

    async def add_checkpoint(self, peer: NodeId, body: bytes) -> RawAnswer:
        """Answer one request.

        Args:
            peer: Who asks; any active node may, for any log.
            body: Of the POST, bounded by the port.

        Returns:
            Status, content type and body.

        Raises:
            StorageError: Nothing was cosigned.
        """
        try:
            request = AddCheckpoint.decode(body)
        except MalformedError:
            self._metrics.cosigned("malformed")
            return encode_answer(_MALFORMED)
        return encode_answer(await self._answer(peer, request))

    async def _answer(self, peer: NodeId, request: AddCheckpoint) -> Answer:
        if self._has_ended:
            self._metrics.cosigned("ended")
            return _NOT_NOW
        origin = request.origin
        if origin is not None and origin in self._logs.succession.forked:
            await self._logs.keep_forks()  # one that found no room is kept by a later request
            self._metrics.cosigned("forked")
            return _TWO_HISTORIES
        held: Held | None = None
        for _ in range(_TRIES):
            held = None if origin is None else await self._book.witnessed(origin)
            decided = judge(request, self._view(origin, held), now_ms=self._clock.now_ms())
            if isinstance(decided, Refuse):
                return await self._refused(peer, origin, decided)
            if await self._book.keep_witnessed(decided.before, decided.keep):
                self._metrics.cosigned("granted")
                return Cosigned(lines=(self._sign(decided),))
        self._metrics.cosigned(Refusal.POSITION)
        return Standing(size=0 if held is None else held.head.size)

    def _view(self, origin: LogOrigin | None, held: Held | None) -> View:
        return View(
            node=self._node,
            held=held,
            linked=None if origin is None else self._logs.place(origin),
            verifiers=() if origin is None else self._verifiers(origin),
        )

    def _verifiers(self, origin: LogOrigin) -> tuple[LogVerifier, ...]:
        """Return the pairs of keys of a log; none of a node that is not active."""
        entry = self._directory.node(origin.node)
        if entry is None or not entry.is_active or self._logs.succession.is_closed(origin):
            return ()
        return log_verifiers(entry, origin, at_ms=self._clock.now_ms())

    async def _refused(self, peer: NodeId, origin: LogOrigin | None, refused: Refuse) -> Answer:
        self._metrics.cosigned(refused.why)
        if origin is not None and refused.fork is not None:
            self._logs.succession.accuse(origin, refused.fork.held, refused.fork.offered, by=peer)
            self._metrics.alarms("log_forked")
            self._journal.alarm("log_forked", log=str(origin), by=str(peer))
            await self._logs.keep_forks()
        elif refused.why is not Refusal.POSITION:
            left_out = self._seldom.due(f"{peer} {refused.why}")
            if left_out is not None:
                self._journal.warning(
                    "cosigning_refused", peer=str(peer), why=refused.why.value, left_out=left_out
                )
        return refused.answer
