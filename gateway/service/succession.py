"""Logs of peers that were given up: how a later generation is met, and what stays refused.

A later generation counts once the directory lists it (its signatures verify) and its leaf 0 is an
epoch that names an earlier log of the same node. From then on the earlier ones are closed: what
is proven in them alone changes nothing. After a fork the operator must have accepted it.

Source: docs/wire-format.md, rules 8, 9a, 22 and 25.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from gateway.continuity import AcceptedGeneration, ClosedLog, Successions
from gateway.errors import StorageError, TransportError
from gateway.ports import Clock, Transport
from gateway.records import Fork
from keys.digest import new_salt
from protocol.envelope.header import DirectoryStamp
from protocol.errors import Code, NotAllowedError, RemoteProtocolError
from protocol.identifiers import LogOrigin, NodeId
from protocol.limits import MAX_BEGINNING_BYTES
from protocol.log.beginning import BeginningAnswer, believe_beginning, is_short_of
from protocol.log.checkpoint import Checkpoint
from protocol.log.deed import Act
from protocol.log.linking import Position
from protocol.log.statement import officer_act

ACCEPT_GENERATION: Final = "accept_generation"
"""The act by which an operator lets a node with two histories go on in a new log."""

_HTTP_OK: Final = 200


class ClosedLogError(RemoteProtocolError):
    """The log was given up for a later generation: what it proves changes nothing any more.

    Attributes:
        checkpoint: Of the closed log, with both signatures verified.
    """

    default_code = Code.KEY_UNKNOWN

    def __init__(self, text: str, *, checkpoint: Checkpoint) -> None:
        super().__init__(text)
        self.checkpoint = checkpoint


class Book(Successions, Protocol):
    """What is needed of the store."""

    async def keep_fork(self, fork: Fork, *, now_ms: int) -> None:
        """Keep both notes of a log with two histories for ever; the first fork of a log counts."""


class Succession:
    """Which logs of peers are closed, and which nodes may go on after a fork.

    Args:
        store: Keeps both, and what shows two histories.
        transport: Asks a log for its beginning.
        clock: Time.
        told: Called with each log that was closed.
        stamp: Gives the directory that is gone by now.

    Attributes:
        forked: Every log that was found to have two histories, for ever.
    """

    def __init__(
        self,
        *,
        store: Book,
        transport: Transport,
        clock: Clock,
        told: Callable[[ClosedLog], None],
        stamp: Callable[[], DirectoryStamp | None],
    ) -> None:
        self._store = store
        self._transport = transport
        self._clock = clock
        self._told = told
        self._stamp = stamp
        self.forked: dict[LogOrigin, Fork] = {}
        self._unkept: list[Fork] = []
        self._closed: dict[LogOrigin, ClosedLog] = {}
        self._accepted: dict[NodeId, int] = {}

    async def load(self, forks: Sequence[Fork]) -> None:
        """Read what is stored.

        Args:
            forks: Logs with two histories.
        """
        self.forked = {fork.origin: fork for fork in forks}
        self._closed = {one.origin: one for one in await self._store.closed_logs()}
        self._accepted = {one.node: one.above for one in await self._store.accepted_generations()}

    def accuse(
        self, origin: LogOrigin, held: bytes, offered: bytes, *, by: NodeId | None = None
    ) -> None:
        """Refuse a log from now on; the caller calls `keep_forks`.

        Args:
            origin: The log.
            held: The note of the history that is held.
            offered: That of the other one, with valid signatures too.
            by: Who showed it, None for the log itself.
        """
        stamp = self._stamp()
        fork = Fork(
            origin=origin,
            held=held,
            offered=offered,
            by=by,
            directory=None if stamp is None else stamp.digest,
            found_ms=self._clock.now_ms(),
        )
        self.forked[origin] = fork
        self._unkept.append(fork)

    async def keep_forks(self) -> None:
        """Commit what was accused since the last call.

        Raises:
            StorageError: The rest is kept with the next call.
        """
        while self._unkept:
            fork = self._unkept.pop()
            try:
                await self._store.keep_fork(fork, now_ms=self._clock.now_ms())
            except StorageError:
                self._unkept.append(fork)
                raise

    def forks(self) -> tuple[Fork, ...]:
        """Return the logs with two histories that nobody has gone on from, for alarms."""
        return tuple(fork for origin, fork in self.forked.items() if not self.is_closed(origin))

    def closed(self) -> tuple[ClosedLog, ...]:
        """Return every log that was given up, in order of its origin."""
        return tuple(self._closed[origin] for origin in sorted(self._closed))

    def is_closed(self, origin: LogOrigin) -> bool:
        """Tell whether a log was given up."""
        return origin in self._closed

    def may_go_on(self, fork: Fork) -> bool:
        """Tell whether the operator accepted that the node goes on above a forked generation."""
        return self._accepted.get(fork.origin.node, 0) >= fork.origin.generation

    async def beginning(self, peer: NodeId) -> BeginningAnswer:
        """Ask a node for the beginning of its log.

        Args:
            peer: Whose log.

        Returns:
            Leaf 0 with its proof, not believed yet.

        Raises:
            TransportError: It did not answer, or has none.
            MalformedError: The answer is none.
        """
        status, body = await self._transport.get(
            peer, "/v1/log/epoch", max_bytes=MAX_BEGINNING_BYTES
        )
        if status != _HTTP_OK:
            raise TransportError("the peer's log shows no beginning", code="no_epoch")
        return BeginningAnswer.decode(body)

    def believe(
        self, answer: BeginningAnswer, checkpoint: Checkpoint, held: Sequence[Position]
    ) -> tuple[ClosedLog, ...]:
        """Check a beginning, and say which logs it closes.

        Args:
            answer: As read.
            checkpoint: Its note, verified.
            held: Where we stand in the earlier logs of this node.

        Returns:
            Those that are not closed yet; nothing is changed.

        Raises:
            NotProvenError: The log does not begin with an epoch of this node.
            MalformedError: Likewise.
        """
        epoch = believe_beginning(answer, checkpoint)
        closing = []
        for place in held:
            if place.head is None or self.is_closed(place.origin):
                continue
            is_short = is_short_of(
                epoch,
                generation=place.origin.generation,
                size=place.head.size,
                root=place.head.root,
            )
            closing.append(
                ClosedLog(
                    origin=place.origin,
                    successor=checkpoint.head.origin,
                    epoch=answer.epoch,
                    held=place.head.note,
                    is_short=is_short,
                )
            )
        return tuple(closing)

    def close(self, closing: Sequence[ClosedLog]) -> None:
        """Take note of logs whose closing was committed."""
        for one in closing:
            if one.origin not in self._closed:  # frames side by side may both have asked
                self._closed[one.origin] = one
                self._told(one)

    async def accept(self, node: NodeId, *, reason: str, who: str) -> int:
        """Let a node with two histories go on in a new generation, by the operator's word.

        Args:
            node: The node.
            reason: Why; stated in our log.
            who: Who decided.

        Returns:
            The generation above which it may go on.

        Raises:
            NotAllowedError: No log of this node has two histories.
            StorageError: Nothing was changed.
        """
        forked = [origin.generation for origin in self.forked if origin.node == node]
        if not forked:
            raise NotAllowedError("no log of this node has two histories")
        above, now_ms = max(forked), self._clock.now_ms()
        act = Act(act=ACCEPT_GENERATION, who=who, ref=None, subject=None, why=reason, t_ms=now_ms)
        await self._store.accept_generation(
            AcceptedGeneration(node=node, above=above),
            officer_act(act.encode(), new_salt()),
            now_ms=now_ms,
        )
        self._accepted[node] = above
        return above
