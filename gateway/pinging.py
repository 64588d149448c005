"""The part of the store port that keeps pings, and its values: rounds, their legs, availability.

A round asks some nodes at the same time; a campaign is a round with a name. gateway.store has the
port as a whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.rows import MessageRow
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency
from protocol.identifiers import MessageId, NodeId
from protocol.log.statement import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRow:
    """One round: when it began and ends; `name` if it is a campaign.

    `closed_ms`, `origin`, `index`: when its outcome was stated, and the leaf that states it.
    `paused_ms`: since when nobody further is asked, None if it goes on.
    """

    number: int
    name: str | None
    began_ms: int
    expires_ms: int
    closed_ms: int | None
    origin: str | None
    index: int | None
    paused_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PingRow:
    """What is known of one node in one round.

    `mid`: the ping's message, None as long as it could not be sealed. `node_ok` is None until the
    machine leg ended; `why` is how it failed. `state` is that of the message; `reply` the
    message that the desk answered with, None before it did or once retention took it.
    """

    number: int
    round: int
    node: NodeId
    mid: MessageId | None
    node_ok: bool | None
    node_ms: int | None
    why: str | None
    answered_ms: int | None
    details_valid: bool | None
    state: MessageState | None
    reply: MessageId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRow:
    """A message that replies to an open ping of ours, from the node that was asked."""

    ping: int
    asked: MessageId
    sender: NodeId
    mid: MessageId
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """How often a node was called on one day (days since 1970, UTC), and how often it answered."""

    day: int
    node: NodeId
    called: int
    answered: int


class Pinging(Protocol):
    """Rounds of pings, and how often nodes answered."""

    async def begin_round(
        self, name: str | None, nodes: Sequence[NodeId], *, now_ms: int, expires_ms: int
    ) -> RoundRow:
        """Keep a new round; the one that has this name already, unchanged, if there is one."""

    async def rounds(self, *, limit: int) -> tuple[RoundRow, ...]:
        """Return rounds, newest first."""

    async def round_of(self, which: str | int) -> RoundRow | None:
        """Return the round of this name or number."""

    async def open_rounds(self) -> tuple[RoundRow, ...]:
        """Return the rounds that were not closed, oldest first."""

    async def pings(self, round_number: int) -> tuple[PingRow, ...]:
        """Return what is known of each node of a round, in order of the nodes."""

    async def note_asked_person(self, ping: int, mid: MessageId) -> None:
        """Keep by which message a desk was asked."""

    async def note_called(
        self, ping: int, *, ok: bool, took_ms: int | None, why: str | None
    ) -> None:
        """Keep how the machine leg ended; the first outcome counts."""

    async def ping_replies(self) -> tuple[ReplyRow, ...]:
        """Return the replies to pings of open rounds that were not taken yet."""

    async def note_answered(self, ping: int, *, details_valid: bool, at_ms: int) -> None:
        """Keep the answer of a desk; the first one counts."""

    async def close_round(self, number: int, act: Statement, *, now_ms: int) -> None:
        """State the outcome of a round and close it, once."""

    async def to_answer(self, cls: Urgency, *, now_ms: int) -> tuple[MessageRow, ...]:
        """Return received messages of a class that nobody answered and that are not expired."""


class Steering(Protocol):
    """Pausing rounds, and ending them early."""

    async def pause_round(self, number: int, *, on: bool, now_ms: int) -> None:
        """Ask nobody further in a round that is open, or go on; again changes nothing."""

    async def end_round(self, number: int, *, now_ms: int) -> None:
        """Let a round that is open end now: nobody is waited for any more."""


class Counting(Protocol):
    """How often nodes were called, and how often they answered, by day."""

    async def count_calls(self, counts: Sequence[DayCount]) -> None:
        """Add calls and answers to what was counted."""

    async def last_answers(self) -> Mapping[NodeId, int]:
        """Return when the desk of each node answered a ping last, ms since 1970 UTC."""

    async def availability(self, *, since_day: int) -> Mapping[NodeId, tuple[DayCount, ...]]:
        """Return what was counted since a day, for each node in order of days."""
