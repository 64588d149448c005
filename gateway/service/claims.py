"""What a peer holds of our own log, asked of it and believed only with our own signatures.

A note counts for or against us only if our keys signed it: anything else is a mistake or a lie,
ignored and counted. "None" is an answer.

Source: docs/wire-format.md, rule 8.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.errors import TransportError
from gateway.ports import Directory, Transport
from gateway.store import LogBook
from keys.note import LogVerifier
from protocol.errors import RemoteProtocolError
from protocol.identifiers import LogOrigin, NodeId
from protocol.limits import MAX_INDEX, MAX_NOTE_BYTES
from protocol.log.checkpoint import ClaimedCheckpoint, verify_checkpoint
from protocol.log.recovery import Claim, weigh

_HTTP_OK: Final = 200
_HTTP_ABSENT: Final = 404
_GENERATIONS_ASKED: Final = 16
_ANY_TIME_MS: Final = MAX_INDEX // 2
"""A signature speaks against us whatever the clock said that made it."""


class Told(StrEnum):
    """What came of asking one peer."""

    NOTHING = "nothing"
    """It holds nothing of our log."""
    HEAD = "head"
    """It holds what we signed and have."""
    LOSS = "loss"
    """It shows a head of ours that we do not have."""
    UNREACHED = "unreached"
    UNPROVEN = "unproven"
    """It answered something that our keys did not sign, or refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What one peer said that it holds; `claim` and `note` only if our keys signed it."""

    told: Told
    size: int = 0
    claim: Claim = Claim.HELD
    note: bytes = b""

    @property
    def is_answer(self) -> bool:
        """Whether it counts among those that have answered."""
        return self.told in {Told.NOTHING, Told.HEAD}


class Claims:
    """Asks peers for what they hold of our log.

    Args:
        node: This node.
        log: Our own log.
        directory: Keys of our log, the later ones included.
        transport: The wire.
        own: Our keys themselves, if they are at hand; the directory may not list them yet.
        now_ms: Gives the time, ms since 1970 UTC.
        unproven: Called for each answer that our keys did not sign.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        log: LogBook,
        directory: Directory,
        transport: Transport,
        own: Sequence[LogVerifier],
        now_ms: Callable[[], int],
        unproven: Callable[[NodeId], None],
    ) -> None:
        self._node = node
        self._log = log
        self._directory = directory
        self._transport = transport
        self._own = tuple(own)
        self._now_ms = now_ms
        self._unproven = unproven

    async def ask(self, peer: NodeId) -> Holding:
        """Ask one peer, for our log and for every later generation that the directory lists.

        Args:
            peer: Any active node but this one.
        """
        holding = Holding(told=Told.NOTHING)
        for origin in (self._log.origin, *self.later()):
            said = await self._ask(peer, origin)
            if said.told is not Told.NOTHING:
                holding = said
            if said.told is not Told.HEAD and said.told is not Told.NOTHING:
                break
        return holding

    async def generations(self, peer: NodeId) -> tuple[LogOrigin, ...]:
        """Return the generations above ours of which a peer says that it holds something.

        Proven or not: a number that anybody may have seen is not used again.

        Args:
            peer: Any active node but this one.
        """
        held: list[LogOrigin] = []
        origin = self._log.origin
        for _ in range(_GENERATIONS_ASKED):
            origin = LogOrigin(origin.node, origin.generation + 1)
            try:
                status, _ = await self._transport.get(
                    peer, f"/v1/logs/{origin}", max_bytes=MAX_NOTE_BYTES
                )
            except TransportError:
                break
            if status != _HTTP_OK:
                break
            held.append(origin)
        return tuple(held)

    def later(self) -> tuple[LogOrigin, ...]:
        """Return the generations of our log that the directory lists above ours."""
        entry = self._directory.node(self._node)
        keys = () if entry is None else entry.logs
        origins = {key.log_origin for key in keys}
        return tuple(sorted(each for each in origins if each > self._log.origin))

    def is_listed(self) -> bool:
        """Tell whether the directory lists the log that we write, with our keys."""
        entry = self._directory.node(self._node)
        return entry is not None and any(
            key.log_origin == self._log.origin and (not self._own or key.verifier in self._own)
            for key in entry.logs
        )

    async def _ask(self, peer: NodeId, origin: LogOrigin) -> Holding:
        try:
            status, body = await self._transport.get(
                peer, f"/v1/logs/{origin}", max_bytes=MAX_NOTE_BYTES
            )
        except TransportError:
            return Holding(told=Told.UNREACHED)
        if status == _HTTP_ABSENT:
            return Holding(told=Told.NOTHING)
        if status != _HTTP_OK:
            return Holding(told=Told.UNPROVEN)
        return self._weighed(peer, origin, body)

    def _weighed(self, peer: NodeId, origin: LogOrigin, note: bytes) -> Holding:
        try:
            # Under the keys of another log than the one asked for nothing verifies.
            claimed = ClaimedCheckpoint.parse(note)
            head = verify_checkpoint(claimed, self._keys(origin), now_ms=_ANY_TIME_MS).head
        except RemoteProtocolError:
            self._unproven(peer)
            return Holding(told=Told.UNPROVEN)
        claim = weigh(
            head,
            generation=self._log.origin.generation,
            size=self._log.size,
            root_of=self._log.root,
        )
        told = Told.HEAD if claim is Claim.HELD else Told.LOSS
        return Holding(told=told, size=head.size, claim=claim, note=note)

    def _keys(self, origin: LogOrigin) -> tuple[LogVerifier, ...]:
        """Return the pairs that count for this log: who stole an ended one proves nothing by it."""
        entry = self._directory.node(self._node)
        listed = [] if entry is None else [key for key in entry.logs if key.log_origin == origin]
        now_ms = self._now_ms()
        counting = [key.verifier for key in listed if key.is_valid(now_ms)]
        ended = {key.verifier for key in listed if key.not_after_ms < now_ms}
        own = [key for key in self._own if key.name == str(origin) and key not in ended]
        return tuple(dict.fromkeys((*counting, *own)))
