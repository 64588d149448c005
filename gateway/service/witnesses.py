"""Asks this node's witnesses to cosign its newest signed head, in turn, and keeps what they say.

Nothing waits for it: a witness that is away is asked again, and messages go their way. What an
answer is believed of is decided in protocol.witness.

Source: docs/evidence.md, "Witnesses"; C2SP tlog-witness, section add-checkpoint.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, assert_never

from gateway.errors import TransportError
from gateway.journal import Journal, Seldom
from gateway.metrics import Metrics
from gateway.ports import Clock, Randomness
from gateway.records import Proofs, SignedHead
from gateway.service.abreast import abreast
from gateway.service.assigned import Assigned, Roster
from gateway.service.health import Check
from gateway.service.repeating import repeat
from gateway.witnessing import KeptCosignature, WitnessLine
from keys.cosigner import Cosigner
from keys.note import LogVerifier
from protocol.errors import LogPositionError, NotProvenError, ProtocolError
from protocol.identifiers import LogOrigin
from protocol.log.checkpoint import ClaimedCheckpoint, verify_checkpoint
from protocol.witness.answer import Cosigned, Declined, Standing, decode_answer, encode_lines
from protocol.witness.cosignature import Cosignature, believe_cosignatures, repeat_from
from protocol.witness.request import AddCheckpoint

AGAIN_S: Final = 300.0
"""After a witness that did not cosign, unless its turn comes sooner."""

LATE_S: Final = 26 * 3600.0
"""Without a cosignature for so long, the operator hears of it."""

_LOOK_S: Final = 15.0
_FIRST_S: Final = 60.0
_AT_ONCE: Final = 4
_TRIES: Final = 3
_TELL_EVERY_S: Final = 6 * 3600.0
_UNREACHED: Final = "unreached"
_BAD_ANSWER: Final = "bad_answer"
_AHEAD: Final = "ahead"
_MOVING: Final = "moving"
_CONTRADICTED: Final = frozenset({_AHEAD, "status_422"})
"""The witness holds more of our log, or another one: who else signs for us?"""


class Book(Protocol):
    """What is needed of the store."""

    @property
    def origin(self) -> LogOrigin:
        """The generation that is written now."""

    @property
    def may_sign(self) -> bool:
        """Whether heads of our log are signed."""

    def head(self) -> SignedHead | None:
        """Return the newest signed and committed checkpoint."""

    async def prove(self, size: int, indices: Sequence[int], *, old: int) -> Proofs:
        """Prove an older size at `size`."""

    async def keep_cosignatures(self, kept: Sequence[KeptCosignature]) -> None:
        """Keep cosignatures."""

    async def newest_cosignatures(self) -> tuple[KeptCosignature, ...]:
        """Return of each witness key the latest over the log that is written, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessState:
    """How it goes with one witness.

    Attributes:
        witness: Name of its key.
        is_asked: Whether it is one of those that are asked now.
        size: Of our head that it cosigned last, 0 if none.
        cosigned_s: When, by its clock: seconds since 1970; None if never.
        failed: Why it did not cosign when it was asked last; None if it did, or was not asked.
    """

    witness: str
    is_asked: bool
    size: int
    cosigned_s: int | None
    failed: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """When a witness is asked next, and what came of the last time."""

    next_s: float
    failed: str | None = None


class Witnesses:
    """The witnesses of one node's log.

    Args:
        own: Verifies our log.
        book: Our log, and what others cosigned of it.
        line: The way to witnesses.
        roster: Who they are.
        every_s: From one asking to the next.
        clock: Time.
        randomness: Spreads the askings of many nodes.
        journal: For the operator.
        metrics: Counts outcomes.
    """

    def __init__(
        self,
        *,
        own: LogVerifier,
        book: Book,
        line: WitnessLine,
        roster: Roster,
        every_s: float,
        clock: Clock,
        randomness: Randomness,
        journal: Journal,
        metrics: Metrics,
    ) -> None:
        self._own = own
        self._book = book
        self._line = line
        self._roster = roster
        self._every_s = every_s
        self._clock = clock
        self._randomness = randomness
        self._journal = journal
        self._metrics = metrics
        self._seldom = Seldom(clock.monotonic_s, interval_s=_TELL_EVERY_S)
        self._turns: dict[Cosigner, _Turn] = {}
        self._good_s = clock.monotonic_s()

    async def run(self) -> None:
        """Ask until cancelled; one owner awaits it.

        Raises:
            StorageError: The store failed; a full disk only delays what is kept.
            LogDamagedError: A proof of our own log does not hold.
        """
        first_s = min(_FIRST_S, self._every_s)
        await self._clock.sleep(self._randomness.between(0.0, first_s))
        await repeat(self.once, every_s=_LOOK_S, clock=self._clock)

    async def once(self) -> None:
        """Ask every witness whose turn it is.

        Raises:
            StorageError: The store failed; those whose word could not be kept are asked again.
            LogDamagedError: A proof of our own log does not hold.
        """
        if not self._book.may_sign or self._book.head() is None:
            return
        now_s = self._clock.monotonic_s()
        assigned = self._roster.of(self._book.origin)
        due = [each for each in assigned if self._is_due(each.cosigner, now_s)]
        places = asyncio.Semaphore(_AT_ONCE)
        await abreast(self._turn(each, places) for each in due)
        if not self.check().ok and self._seldom.due("late") is not None:
            self._metrics.alarms("cosignatures")
            self._journal.alarm("cosignatures_late")

    async def states(self) -> tuple[WitnessState, ...]:
        """Return how it goes with those that are asked, and with those that cosigned before."""
        kept = {(one.witness, one.key_id): one for one in await self._book.newest_cosignatures()}
        found = []
        for each in self._roster.of(self._book.origin):
            key, turn = each.cosigner.key, self._turns.get(each.cosigner)
            failed = None if turn is None else turn.failed
            found.append(_state(key.name, kept.pop((key.name, key.key_id), None), failed=failed))
        return (*found, *(_state(one.witness, one, is_asked=False) for one in kept.values()))

    async def witnessed_size(self) -> int:
        """Return the size of the largest head by which enough witnesses had seen our log."""
        kept = {(one.witness, one.key_id): one for one in await self._book.newest_cosignatures()}
        sizes: list[tuple[int, Cosigner]] = []
        for each in self._roster.of(self._book.origin):
            key = each.cosigner.key
            if (one := kept.get((key.name, key.key_id))) is not None:
                sizes.append((one.size, each.cosigner))
        for size in sorted({size for size, _ in sizes}, reverse=True):
            if self._roster.is_enough(tuple(by for at, by in sizes if at >= size)):
                return size
        return 0

    def check(self) -> Check:
        """Return what the doctor shows."""
        count = len(self._roster.of(self._book.origin))
        since_s = self._clock.monotonic_s() - self._good_s
        detail = f"{count} are asked to cosign this log" if count else "nobody can be asked"
        if count and since_s > LATE_S:
            detail = f"none cosigned this log for {since_s // 3600:.0f} hours"
        return Check(
            name="witnesses",
            ok=not count or since_s <= LATE_S,
            detail=detail,
            fix="see why with: a35 log witnesses; messages go their way all the same",
        )

    def _is_due(self, cosigner: Cosigner, now_s: float) -> bool:
        turn = self._turns.get(cosigner)
        return turn is None or turn.next_s <= now_s

    async def _turn(self, assigned: Assigned, places: asyncio.Semaphore) -> None:
        async with places:
            failed = await self._asked(assigned)
        wait_s = self._every_s if failed is None else min(AGAIN_S, self._every_s)
        next_s = self._clock.monotonic_s() + wait_s * self._randomness.between(0.9, 1.1)
        self._turns[assigned.cosigner] = _Turn(next_s=next_s, failed=failed)
        self._metrics.cosignatures("obtained" if failed is None else "failed")
        if failed is None:
            self._good_s = self._clock.monotonic_s()
            return
        name = assigned.cosigner.key.name
        left_out = self._seldom.due(f"{name} {failed}")
        if failed in _CONTRADICTED:
            self._metrics.alarms("not_cosigned")
        if left_out is None:
            return
        if failed in _CONTRADICTED:
            self._journal.alarm("not_cosigned", witness=name, why=failed, left_out=left_out)
        else:
            self._journal.warning("not_cosigned", witness=name, why=failed, left_out=left_out)

    async def _asked(self, assigned: Assigned) -> str | None:
        """Ask one witness; return why it did not cosign, None if it did."""
        key = assigned.cosigner.key
        held = [
            one
            for one in await self._book.newest_cosignatures()
            if (one.witness, one.key_id) == (key.name, key.key_id)
        ]
        old = held[0].size if held else 0
        for _ in range(_TRIES):
            head = self._book.head()
            if head is None or old > head.size:
                return _AHEAD
            try:
                again = await self._request(assigned, head, old)
            except TransportError:
                return _UNREACHED
            except LogPositionError as ahead:
                # Our log may have been signed again since; else it signs for somebody else too.
                newest = self._book.head()
                if newest is None or ahead.size > newest.size:
                    return _AHEAD
                again = ahead.size
            except ProtocolError:
                return _BAD_ANSWER
            if not isinstance(again, int):
                return again
            old = again
        return _MOVING

    async def _request(self, assigned: Assigned, head: SignedHead, old: int) -> int | str | None:
        """Send one request.

        Returns:
            None if it was cosigned; from which size to ask again; or why it was declined.

        Raises:
            TransportError: The witness was not reached.
            LogPositionError: It holds more than it was offered.
            ProtocolError: Its answer is none, or does not hold.
        """
        proof: tuple[bytes, ...] = ()
        if 0 < old < head.size:
            proof = (await self._book.prove(head.size, [], old=old)).consistency
        request = AddCheckpoint(old=old, proof=proof, note=head.note)
        answer = decode_answer(await self._line.add_checkpoint(assigned.place, request.encode()))
        match answer:
            case Cosigned():
                await self._keep(assigned.cosigner, head, answer)
                return None
            case Standing(size=size):
                return repeat_from(size, asked=request)
            case Declined(status=status):
                return f"status_{status}"
            case _:
                assert_never(answer)

    async def _keep(self, cosigner: Cosigner, head: SignedHead, answer: Cosigned) -> None:
        """Keep what holds of an answer.

        Raises:
            NotProvenError: The witness's line is not there, or does not hold.
            ProtocolError: It is of a clock far ahead.
        """
        now_ms = self._clock.now_ms()
        claimed = ClaimedCheckpoint.parse(head.note)
        checkpoint = verify_checkpoint(claimed, [self._own], now_ms=now_ms)
        found = believe_cosignatures(checkpoint, answer.lines, [cosigner], now_ms=now_ms)
        if not found:
            raise NotProvenError("the answer has no line of the witness that was asked")
        await self._book.keep_cosignatures([_kept(one) for one in found])


def _kept(one: Cosignature) -> KeptCosignature:
    return KeptCosignature(
        origin=one.head.origin,
        size=one.head.size,
        witness=one.cosigner.key.name,
        key_id=one.cosigner.key.key_id,
        cosigned_s=one.timestamp_s,
        line=encode_lines([one.line]),
    )


def _state(
    name: str,
    kept: KeptCosignature | None,
    *,
    is_asked: bool = True,
    failed: str | None = None,
) -> WitnessState:
    return WitnessState(
        witness=name,
        is_asked=is_asked,
        size=0 if kept is None else kept.size,
        cosigned_s=None if kept is None else kept.cosigned_s,
        failed=failed,
    )
