"""Examines what was heard of other nodes' logs: two histories shown to two peers come out here.

A head that does not fit leads to a question to its own log; only what the log itself does not
join leads to its note, asked of whoever told it, and only a note with the log's own signatures
leads further: two roots of one size are a fork, every other one stays open until it is joined
(rule 9a). A log that is met for the first time is looked up at two other nodes.

Source: docs/wire-format.md, rules 9a and 9b.
"""

import asyncio
from contextlib import suppress
from typing import Final, assert_never

from gateway.errors import TransportError
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.ports import Clock, Directory, Transport
from gateway.service.guard import passing_over_full
from gateway.service.joined import REFUSED, is_joined
from gateway.service.link import PeerLogs
from gateway.service.unjoined import OpenHeads
from protocol.errors import ForkDetectedError, RemoteProtocolError
from protocol.gossip import Fit, Heard, fit_of, others_to_ask
from protocol.identifiers import LogOrigin, NodeId
from protocol.limits import MAX_NOTE_BYTES
from protocol.log.checkpoint import Checkpoint
from protocol.log.linking import Position
from protocol.standing import ThirdHead

_LOOK_EVERY_S: Final = 60.0
_AT_ONCE: Final = 16
"""Logs asked side by side: a dead one must not delay the others by its time-outs."""

_COMPARED: Final = 8
"""Sizes of ours for which a teller of another history is asked; each asks for one note."""

_HTTP_OK: Final = 200


class Gossip:
    """Asks about what was heard.

    Args:
        node: This node.
        logs: Where we stand, and what was heard.
        open_heads: Takes what a log does not join.
        directory: Who may be asked.
        transport: Asks.
        clock: Time.
        journal: Diagnostics and alarms.
        metrics: Counts alarms.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        logs: PeerLogs,
        open_heads: OpenHeads,
        directory: Directory,
        transport: Transport,
        clock: Clock,
        journal: Journal,
        metrics: Metrics,
    ) -> None:
        self._node = node
        self._logs = logs
        self._open_heads = open_heads
        self._directory = directory
        self._transport = transport
        self._clock = clock
        self._journal = journal
        self._metrics = metrics
        self._met: set[LogOrigin] = set()

    def load(self) -> None:
        """Take the logs that are known at the start as met before."""
        self._met = set(self._logs.hearsay.places())

    async def run(self) -> None:
        """Examine until cancelled; one owner awaits it.

        Raises:
            StorageError: What came of it could not be committed.
        """
        while True:
            with passing_over_full():  # what could not be kept is heard again
                await self.once()
            with passing_over_full():  # a fork that found no room, whoever found it
                await self._logs.keep_forks()
            await self._clock.sleep(_LOOK_EVERY_S)

    async def once(self) -> None:
        """Look up the logs that are new, and examine what was heard since the last round.

        Raises:
            StorageError: What came of it could not be committed.
        """
        for origin in sorted(set(self._logs.hearsay.places()) - self._met):
            self._met.add(origin)
            await self._look_up(origin)
        by_log: dict[LogOrigin, list[Heard]] = {}
        for heard in self._logs.hearsay.rumours.due(self._clock.now_ms()):
            by_log.setdefault(heard.head.origin, []).append(heard)
        places = asyncio.Semaphore(_AT_ONCE)
        calls = [asyncio.ensure_future(self._one_log(each, places)) for each in by_log.values()]
        if not calls:
            return
        try:
            await asyncio.gather(*calls)
        finally:
            for call in calls:
                call.cancel()

    async def _look_up(self, origin: LogOrigin) -> None:
        """Ask two others what they hold of a log, at the first contact with it."""
        names = [entry.node_id for entry in self._directory.nodes()]
        others = [name for name in names if name not in {self._node, origin.node}]
        for other in others_to_ask(others, draw=self._logs.hearsay.draw):
            checkpoint = await self._note(other, origin, f"/v1/logs/{origin}")
            if checkpoint is not None:
                self._logs.hearsay.rumours.add(
                    Heard(
                        teller=other,
                        head=_told(checkpoint),
                        first_ms=self._clock.now_ms(),
                        note=checkpoint.note,
                    )
                )

    async def _one_log(self, heard: list[Heard], places: asyncio.Semaphore) -> None:
        async with places:
            for one in heard:
                await self._examine(one)

    async def _examine(self, heard: Heard) -> None:
        rumours, origin = self._logs.hearsay.rumours, heard.head.origin
        place = self._logs.hearsay.places().get(origin)
        if place is None or origin in self._logs.succession.forked:
            rumours.drop(heard)
            return
        fit = fit_of(place, heard.head)
        match fit:
            case Fit.KNOWN:
                rumours.drop(heard)
            case Fit.CONTRADICTED:
                await self._accuse(heard)
            case Fit.OPEN:
                await self._ask(heard, place)
            case _:
                assert_never(fit)

    async def _ask(self, heard: Heard, place: Position) -> None:
        rumours, now_ms = self._logs.hearsay.rumours, self._clock.now_ms()
        head = heard.head
        try:
            joined = await is_joined(self._transport, place, head.size, head.root)
        except TransportError as error:
            waits = rumours.unanswered(heard, now_ms, refused=error.code == REFUSED)
            if waits.is_overdue(now_ms):
                await self._accuse(waits)
            return
        if joined:
            rumours.joined(heard)
        else:
            await self._accuse(heard)

    async def _accuse(self, heard: Heard) -> None:
        """Hold the log's own signed word against the log, if there is one."""
        self._logs.hearsay.rumours.drop(heard)
        origin = heard.head.origin
        checkpoint = await self._signed(heard)
        if checkpoint is None or _told(checkpoint) != heard.head:
            return  # an unsigned head never accuses
        if not await self._prove(checkpoint, by=heard.teller):
            await self._open_heads.open(checkpoint)
            await self._compare(origin, heard.teller)

    async def _prove(self, checkpoint: Checkpoint, *, by: NodeId) -> bool:
        """Tell whether a signed head is of a size that is linked; with another root it is a fork.

        Raises:
            StorageError: It could not be kept.
        """
        place = self._logs.hearsay.places().get(checkpoint.head.origin)
        fit = Fit.OPEN if place is None else fit_of(place, _told(checkpoint))
        if fit is Fit.CONTRADICTED:
            with suppress(ForkDetectedError):
                self._logs.take(checkpoint, old=0, proof=(), by=by)
            self._metrics.alarms("log_forked")
            self._journal.alarm("log_forked", log=str(checkpoint.head.origin), by=str(by))
            await self._logs.keep_forks()
        return fit is not Fit.OPEN

    async def _compare(self, origin: LogOrigin, teller: NodeId) -> None:
        """Ask who holds another history for a head of a size of ours: two of them are proof."""
        place = self._logs.hearsay.places().get(origin)
        if place is None or teller == origin.node:
            return
        for one in reversed(place.linked[-_COMPARED:]):
            checkpoint = await self._note(teller, origin, f"/v1/logs/{origin}?size={one.size}")
            if checkpoint is None or checkpoint.head.size != one.size:
                continue
            if checkpoint.head.root == one.root:
                return  # what lies below is one history
            await self._prove(checkpoint, by=teller)
            return

    async def _signed(self, heard: Heard) -> Checkpoint | None:
        origin = heard.head.origin
        if heard.note is None:
            path = f"/v1/logs/{origin}?size={heard.head.size}"
            return await self._note(heard.teller, origin, path)
        with suppress(RemoteProtocolError):
            return self._logs.verify(origin.node, heard.note)
        return None

    async def _note(self, peer: NodeId, origin: LogOrigin, path: str) -> Checkpoint | None:
        """Fetch a note of a log from anybody; None if there is none with its own signatures."""
        with suppress(TransportError, RemoteProtocolError):
            status, body = await self._transport.get(peer, path, max_bytes=MAX_NOTE_BYTES)
            if status == _HTTP_OK:
                checkpoint = self._logs.verify(origin.node, body)
                return checkpoint if checkpoint.head.origin == origin else None
        return None


def _told(checkpoint: Checkpoint) -> ThirdHead:
    head = checkpoint.head
    return ThirdHead(origin=head.origin, size=head.size, root=head.root)
