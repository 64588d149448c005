"""Every peer's log as far as we have linked it.

Positions move in memory the moment a checkpoint is linked, so that frames handled side by side
see one truth, and on disk in the commit before the answer leaves. A checkpoint that does not
start at our head is no fault: frames and answers overtake each other, and the log itself is
asked for the proof that joins the two (docs/wire-format.md, rules 9a and 21). The rules are those
of protocol.log.linking; where peers stand in our log is gateway.service.standings.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final, TypeAlias

from gateway.continuity import ClosedLog
from gateway.errors import TransportError
from gateway.ports import Clock, Directory, Transport
from gateway.service.hearsay import Chance, Hearsay
from gateway.service.joined import ask_proof
from gateway.service.succession import ClosedLogError, Succession
from gateway.service.unwritten import Unwritten
from gateway.store import Store
from keys.note import LogVerifier
from protocol.directory import NodeEntry, log_verifiers
from protocol.errors import (
    Code,
    ForkDetectedError,
    LogPositionError,
    NotProvenError,
    RemoteProtocolError,
    UnknownSenderError,
)
from protocol.identifiers import LogOrigin, NodeId
from protocol.limits import UNJOINED_MOST
from protocol.log.checkpoint import Checkpoint, ClaimedCheckpoint, TreeHead, verify_checkpoint
from protocol.log.linking import Linked, LinkedHead, Position, link

_VERIFIED_KEPT: Final = 512
_JOIN_TRIES: Final = 8

_Verified: TypeAlias = tuple[bytes, tuple[LogVerifier, ...]]

_claimed: Final = lru_cache(maxsize=_VERIFIED_KEPT)(ClaimedCheckpoint.parse)
"""Reads a note; that of a linked checkpoint is asked for with each envelope."""


class PeerLogs:
    """The one place that knows which checkpoints of which log are linked.

    One instance serves frames that arrive and answers that return. `load` is called once,
    before the first frame.

    Args:
        store: Positions held.
        directory: Keys of the logs.
        transport: Asks a log for a proof.
        clock: Time.
        closed: Called with each log of a peer that was given up for a later one.
        chance: Chooses which heads others are told of.

    Attributes:
        hearsay: What others are told of third logs, and what they tell.
        unwritten: What was linked and is in memory only.
        succession: Logs that were given up.
        unproven: Checkpoints whose proof failed, for gateway.service.unjoined to take.
    """

    def __init__(
        self,
        *,
        store: Store,
        directory: Directory,
        transport: Transport,
        clock: Clock,
        closed: Callable[[ClosedLog], None] = lambda _: None,
        chance: Chance = lambda low, _: low,
    ) -> None:
        self._store = store
        self._directory = directory
        self._transport = transport
        self._clock = clock
        self._positions: dict[LogOrigin, Position] = {}
        self._verified: OrderedDict[_Verified, Checkpoint] = OrderedDict()
        self.unwritten = Unwritten(clock, self._is_held)
        self.unproven: list[Checkpoint] = []
        self.succession = Succession(
            store=store, transport=transport, clock=clock, told=closed, stamp=directory.stamp
        )
        self.hearsay = Hearsay(clock, chance, self._places)

    async def load(self) -> None:
        """Read what is stored; what was linked but not committed is linked again later."""
        self._positions = dict(await self._store.positions())
        await self.succession.load(await self._store.forks())

    async def keep_forks(self) -> None:
        """Commit the forks found since the last call; whoever meets one calls this.

        Raises:
            StorageError: They are kept with the next call.
        """
        await self.succession.keep_forks()

    def newest(self, peer: NodeId) -> Position | None:
        """Return our position in the peer's newest log, None before first contact.

        Args:
            peer: Whose log.
        """
        mine = [place for origin, place in self._positions.items() if origin.node == peer]
        return max(mine, key=lambda place: place.origin.generation, default=None)

    def place(self, origin: LogOrigin) -> Position | None:
        """Return our position in one log, None if nothing of it was linked.

        Args:
            origin: Which log.
        """
        return self._positions.get(origin)

    def head_size(self, peer: NodeId) -> int:
        """Return the size of our head of the peer's newest log, 0 if none.

        Args:
            peer: Whose log.
        """
        place = self.newest(peer)
        return 0 if place is None or place.head is None else place.head.size

    def is_forked(self, peer: NodeId) -> bool:
        """Tell whether the peer's newest log has two histories: nothing rests on it any more.

        Args:
            peer: Whose log.
        """
        place = self.newest(peer)
        fork = None if place is None else self.succession.forked.get(place.origin)
        return fork is not None and not self.succession.may_go_on(fork)

    async def meet(self, peer: NodeId, checkpoint: Checkpoint) -> None:
        """Adopt a later generation of a peer's log before anything of it is linked.

        Nothing happens for a log that is known, or for the first one of a node. The old ones are
        closed in the commit that holds the first checkpoint of the new one.

        Args:
            peer: Whose log; it is asked how the log begins.
            checkpoint: From `verify`.

        Raises:
            ClosedLogError: The log was given up (E_KEY_UNKNOWN).
            ForkDetectedError: An earlier log has two histories, and nobody accepted a new one.
            NotProvenError: The log does not begin with an epoch of this node (E_PROOF).
            MalformedError: Likewise.
            RemoteProtocolError: It could not be asked now (E_BUSY).
            StorageError: Nothing was adopted.
        """
        origin = checkpoint.head.origin
        newest = self.newest(peer)
        is_older = newest is not None and origin.generation < newest.origin.generation
        if self.succession.is_closed(origin) or is_older:
            raise ClosedLogError("this log was given up", checkpoint=checkpoint)
        held = self._open_before(origin)
        if origin.generation == 1 or (origin in self._positions and not held):
            return
        for place in held:
            fork = self.succession.forked.get(place.origin)
            if fork is not None and not self.succession.may_go_on(fork):
                self._refuse_forked(place.origin)
        try:
            answer = await self.succession.beginning(peer)
        except TransportError as error:
            raise RemoteProtocolError(
                "how this log begins could not be asked", code=Code.BUSY
            ) from error
        first = self.verify(peer, answer.note)
        closing = self.succession.believe(answer, first, held)
        if first.head.origin != origin:
            return  # the log has moved on again: its next frame says so
        known = self._positions.get(origin)
        head = None if known is None else known.head
        if head is None:
            head = self.take(first, old=0, proof=()).head
        evidence = self.unwritten.evidence(origin, head, proved=True)
        await self._store.close_logs(closing, evidence, now_ms=self._clock.now_ms())
        self.unwritten.committed(evidence)
        self.succession.close(closing)

    def _open_before(self, origin: LogOrigin) -> list[Position]:
        """Return where we stand in earlier logs of a node that are not closed."""
        return [
            place
            for each, place in self._positions.items()
            if each.node == origin.node and each < origin and not self.succession.is_closed(each)
        ]

    def verify(self, peer: NodeId, note: bytes) -> Checkpoint:
        """Check a note's origin and both signatures under the keys valid now.

        Args:
            peer: The node that may speak through this log.
            note: C2SP signed note, at most 32 KiB.

        Returns:
            The verified checkpoint, not yet linked.

        Raises:
            UnknownSenderError: The directory has no such node or log key (E_KEY_UNKNOWN).
            NotProvenError: Another node's log, or a signature does not hold (E_PROOF).
            ExpiredError: Dated over ten minutes ahead (E_CLOCK).
            MalformedError: Not a checkpoint (E_PROOF).

        Source:
            docs/wire-format.md, rules 6 and 7.
        """
        claimed = _claimed(note)
        origin = claimed.head.origin
        if origin.node != peer:
            raise NotProvenError("a node speaks through its own log only")
        now_ms = self._clock.now_ms()
        verifiers = log_verifiers(self._entry(peer), origin, at_ms=now_ms)
        # Signatures are checked once; whether their keys are valid now, every time.
        known = self._verified.get((note, verifiers))
        if known is not None:
            return known
        checkpoint = verify_checkpoint(claimed, verifiers, now_ms=now_ms)
        self._verified[note, verifiers] = checkpoint
        if len(self._verified) > _VERIFIED_KEPT:
            self._verified.popitem(last=False)
        return checkpoint

    def take(
        self,
        checkpoint: Checkpoint,
        *,
        old: int,
        proof: tuple[bytes, ...],
        by: NodeId | None = None,
    ) -> Linked:
        """Link a verified checkpoint; our position moves at once, in memory.

        The caller must commit `unwritten.evidence(...)` of it before it answers.

        Args:
            checkpoint: From `verify`.
            old: The size that the proof starts from.
            proof: Consistency proof from `old`.
            by: Who showed it, None for the log itself.

        Returns:
            The linked head.

        Raises:
            LogPositionError: It does not start at our head; see `join`.
            NotProvenError: The consistency proof fails.
            ForkDetectedError: Two histories; this log is refused from now on. The caller calls
                `keep_forks`.
        """
        origin = checkpoint.head.origin
        self._refuse_forked(origin)
        place = self._positions.get(origin, Position.empty(origin))
        try:
            linked = link(place, checkpoint, old=old, proof=proof, now_ms=self._clock.now_ms())
        except ForkDetectedError as fork:
            self.succession.accuse(origin, fork.held, fork.offered, by=by)
            raise
        except NotProvenError:
            if len(self.unproven) < UNJOINED_MOST:
                self.unproven.append(checkpoint)
            raise
        except LogPositionError:
            self.hearsay.unplaced(checkpoint)
            raise
        self._positions[origin] = linked.position
        if linked.fresh:
            self.unwritten.add(origin, linked.head.size)
        return linked

    def ride(self, peer: NodeId, size: int) -> tuple[TreeHead, LinkedHead] | None:
        """Return a checkpoint of the peer's newest log that is linked already.

        Args:
            peer: Whose log.
            size: Its size.

        Returns:
            The tree that proofs must lead to, and the checkpoint; None if none of this size is
            remembered.

        Raises:
            ForkDetectedError: That log has two histories.
        """
        place = self.newest(peer)
        if place is None:
            return None
        self._refuse_forked(place.origin)
        tree, held = place.tree_head(size), place.find(size)
        return None if tree is None or held is None else (tree, held)

    async def join(
        self, peer: NodeId, checkpoint: Checkpoint, *, old: int, proof: tuple[bytes, ...]
    ) -> Linked:
        """Link a verified checkpoint, asking the log for the proof where ours does not fit.

        Args:
            peer: Whose log; it is asked.
            checkpoint: From `verify`.
            old: The size that the proof at hand starts from.
            proof: The proof at hand.

        Returns:
            The linked head.

        Raises:
            ClosedLogError: The log was given up.
            NotProvenError: A proof fails (E_PROOF).
            LogPositionError: The log moved on each time that it was asked: try again later.
            ForkDetectedError: Two histories; kept for ever.
            StorageError: Two histories, which could not be kept.
            MalformedError: The answer is no log proof.
            TransportError: The peer did not answer.
        """
        await self.meet(peer, checkpoint)
        for _ in range(_JOIN_TRIES):
            try:
                return self._joined(checkpoint, old=old, proof=proof)
            except LogPositionError as elsewhere:
                old = elsewhere.size
            except ForkDetectedError:
                await self.keep_forks()
                raise
            low, high = sorted((old, checkpoint.head.size))
            # Before the first contact everything is an extension: there is nothing to prove.
            proof = await ask_proof(self._transport, peer, low, high) if low else ()
        raise LogPositionError(
            "the log moved faster than it could prove itself", size=self.head_size(peer)
        )

    def _joined(self, checkpoint: Checkpoint, *, old: int, proof: tuple[bytes, ...]) -> Linked:
        """Link a checkpoint to our head, or below one that was our head when the log was asked.

        That one is linked, so it begins the present head; what begins it, does too.

        Raises:
            LogPositionError: The proof starts at neither.
            NotProvenError: It fails.
            ForkDetectedError: Two histories.
        """
        try:
            return self.take(checkpoint, old=old, proof=proof)
        except LogPositionError:
            place = self._positions.get(checkpoint.head.origin)
            anchor = None if place is None else place.find(old)
            if place is None or anchor is None or checkpoint.head.size > old:
                raise
        then = Position(
            origin=place.origin,
            head=anchor,
            linked=tuple(one for one in place.linked if one.size <= old),
        )
        linked = link(then, checkpoint, old=old, proof=proof, now_ms=self._clock.now_ms())
        position = replace(place, linked=(*place.linked, linked.head))
        self._positions[place.origin] = position
        self.unwritten.add(place.origin, linked.head.size)
        return replace(linked, position=position)

    def _places(self) -> Mapping[LogOrigin, Position]:
        closed = self.succession.is_closed
        return {origin: each for origin, each in self._positions.items() if not closed(origin)}

    def _is_held(self, origin: LogOrigin, size: int) -> bool:
        return self._positions[origin].find(size) is not None

    def _refuse_forked(self, origin: LogOrigin) -> None:
        """Refuse a log with two histories.

        Raises:
            ForkDetectedError: It has; a new error each time, because one that is raised again
                keeps hold of every frame that it passed through.
        """
        fork = self.succession.forked.get(origin)
        if fork is not None:
            raise ForkDetectedError(
                "a log with two histories", held=fork.held, offered=fork.offered
            )

    def _entry(self, peer: NodeId) -> NodeEntry:
        entry = self._directory.node(peer)
        if entry is None:
            raise UnknownSenderError("the directory has no such node")
        return entry
