"""The part of the store that keeps pings, and how often nodes answered."""

from collections.abc import Mapping, Sequence
from functools import partial

from gateway.pinging import DayCount, PingRow, ReplyRow, RoundRow
from gateway.rows import MessageRow
from gateway.storage.core import StorePart
from gateway.storage.pings import (
    begin_round,
    close_round,
    count_calls,
    end_round,
    note_answered,
    note_called,
    note_mid,
    pause_round,
    read_availability,
    read_pings,
    read_replies,
    read_rounds,
)
from protocol.delivery.urgency import Urgency
from protocol.identifiers import MessageId, NodeId
from protocol.limits import MAX_LIFE_MS
from protocol.log.statement import Statement


class PingPart(StorePart):
    """Implements pinging.Pinging; each writing raises StorageError when nothing was changed."""

    async def begin_round(
        self, name: str | None, nodes: Sequence[NodeId], *, now_ms: int, expires_ms: int
    ) -> RoundRow:
        """Keep a new round; the one that has this name already, unchanged, if there is one."""
        return await self._core.writer.run(
            partial(begin_round, name=name, nodes=nodes, now_ms=now_ms, expires_ms=expires_ms)
        )

    async def rounds(self, *, limit: int) -> tuple[RoundRow, ...]:
        """Return rounds, newest first."""
        return read_rounds(self._core.reader, "ORDER BY id DESC LIMIT ?", (limit,))

    async def round_of(self, which: str | int) -> RoundRow | None:
        """Return the round of this name or number."""
        where = "WHERE name = ?" if isinstance(which, str) else "WHERE id = ?"
        found = read_rounds(self._core.reader, where, (which,))
        return found[0] if found else None

    async def open_rounds(self) -> tuple[RoundRow, ...]:
        """Return the rounds that were not closed, oldest first."""
        return read_rounds(self._core.reader, "WHERE closed_ms IS NULL ORDER BY id")

    async def pings(self, round_number: int) -> tuple[PingRow, ...]:
        """Return what is known of each node of a round, in order of the nodes."""
        return read_pings(self._core.reader, round_number, own=self._core.own)

    async def note_asked_person(self, ping: int, mid: MessageId) -> None:
        """Keep by which message a desk was asked."""
        await self._core.writer.run(partial(note_mid, ping=ping, mid=mid, now_ms=self._now_ms()))

    async def note_called(
        self, ping: int, *, ok: bool, took_ms: int | None, why: str | None
    ) -> None:
        """Keep how the machine leg ended; the first outcome counts."""
        await self._core.writer.run(
            partial(note_called, ping=ping, ok=ok, took_ms=took_ms, why=why, now_ms=self._now_ms())
        )

    async def ping_replies(self) -> tuple[ReplyRow, ...]:
        """Return the replies to pings of open rounds that were not taken yet."""
        return read_replies(self._core.reader)

    async def note_answered(self, ping: int, *, details_valid: bool, at_ms: int) -> None:
        """Keep the answer of a desk; the first one counts."""
        await self._core.writer.run(
            partial(
                note_answered,
                ping=ping,
                details_valid=details_valid,
                at_ms=at_ms,
                now_ms=self._now_ms(),
            )
        )

    async def close_round(self, number: int, act: Statement, *, now_ms: int) -> None:
        """State the outcome of a round and close it, once."""
        await self._core.writer.run(partial(close_round, number=number, act=act, now_ms=now_ms))

    async def to_answer(self, cls: Urgency, *, now_ms: int) -> tuple[MessageRow, ...]:
        """Return received messages of a class that nobody answered and that are not expired."""
        since_ms = now_ms - 2 * MAX_LIFE_MS  # none lives longer; the list is ordered by this time
        return self._core.casebook.to_answer(cls, now_ms=now_ms, since_ms=since_ms)

    def _now_ms(self) -> int:
        return self._core.clock.now_ms()


class SteeringPart(StorePart):
    """Implements pinging.Steering; each raises StorageError when nothing was changed."""

    async def pause_round(self, number: int, *, on: bool, now_ms: int) -> None:
        """Ask nobody further in a round that is open, or go on; again changes nothing."""
        await self._core.writer.run(partial(pause_round, number=number, on=on, now_ms=now_ms))

    async def end_round(self, number: int, *, now_ms: int) -> None:
        """Let a round that is open end now: nobody is waited for any more."""
        await self._core.writer.run(partial(end_round, number=number, now_ms=now_ms))


class CountingPart(StorePart):
    """Implements pinging.Counting."""

    async def count_calls(self, counts: Sequence[DayCount]) -> None:
        """Add calls and answers to what was counted."""
        await self._core.writer.run(partial(count_calls, counts=counts))

    async def last_answers(self) -> Mapping[NodeId, int]:
        """Return when the desk of each node answered a ping last, ms since 1970 UTC."""
        rows = self._core.reader.execute(
            "SELECT node, max(answered_ms) FROM ping WHERE answered_ms IS NOT NULL GROUP BY node"
        )
        return {NodeId.parse(node): at_ms for node, at_ms in rows}

    async def availability(self, *, since_day: int) -> Mapping[NodeId, tuple[DayCount, ...]]:
        """Return what was counted since a day, for each node in order of days."""
        return read_availability(self._core.reader, since_day=since_day)
