"""What a round of pings comes to for each node, and the report of it.

Both legs are told apart: a machine that answers says nothing about people, and a person who
answers has a machine that works.

Source: docs/delivery.md, "Pings"; docs/domain.md, section 12.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gateway.pinging import PingRow, RoundRow
from protocol.cases.ladder import MessageState, is_over, reached
from protocol.identifiers import MessageId, NodeId

NO_ANSWER: Final = "the desk did not answer"
NOT_VALID: Final = "the desk says that its details have changed"
NOT_SEALED: Final = "no key to write to this node under"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is known of one node in one round; None is not known yet.

    Attributes:
        node: Which.
        node_ok: Whether its machine answered.
        node_ms: How long the answer to the empty frame took, milliseconds.
        human_ok: Whether a person at its desk answered in time.
        human_seconds: From the question to the answer, seconds.
        details_valid: What that person said of the directory's entry.
        why: What is missing, a sentence; empty if nothing is.
        reply: The message that the desk answered with; in no report.
    """

    node: NodeId
    node_ok: bool | None
    node_ms: int | None
    human_ok: bool | None
    human_seconds: int | None
    details_valid: bool | None
    why: str
    reply: MessageId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A round, and what it came to so far."""

    round: RoundRow
    outcomes: tuple[Outcome, ...]

    @property
    def is_over(self) -> bool:
        """Whether nothing more can change."""
        return all(one.node_ok is not None and one.human_ok is not None for one in self.outcomes)


def board_of(begun: RoundRow, pings: Iterable[PingRow], *, now_ms: int) -> Board:
    """Return what a round came to.

    Args:
        begun: The round.
        pings: What is known of its nodes.
        now_ms: Milliseconds since 1970, UTC.
    """
    is_over = begun.closed_ms is not None or now_ms >= begun.expires_ms
    outcomes = tuple(_outcome(begun, row, is_over=is_over) for row in pings)
    return Board(round=begun, outcomes=outcomes)


def report_json(outcomes: Iterable[Outcome]) -> bytes:
    """Return the report in the bytes whose SHA-256 the node states when a round is closed.

    Args:
        outcomes: Of one round, in order of the nodes.
    """
    fields = [
        {
            "node": str(one.node),
            "node_ok": one.node_ok,
            "node_ms": one.node_ms,
            "human_ok": one.human_ok,
            "human_seconds": one.human_seconds,
            "details_valid": one.details_valid,
            "why": one.why,
        }
        for one in outcomes
    ]
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def _outcome(begun: RoundRow, row: PingRow, *, is_over: bool) -> Outcome:
    in_time = row.answered_ms is not None and row.answered_ms <= begun.expires_ms
    human_ok = True if in_time else (False if is_over else None)
    seconds = None
    if in_time and row.answered_ms is not None:
        seconds = max(0, row.answered_ms - begun.began_ms) // 1000
    # A receipt is an answer of the machine, even if the call before it failed.
    answered = row.node_ok or in_time or _has_it(row.state)
    node_ok = True if answered else (False if is_over else row.node_ok)
    return Outcome(
        node=row.node,
        node_ok=node_ok,
        node_ms=row.node_ms,
        human_ok=human_ok,
        human_seconds=seconds,
        details_valid=row.details_valid if in_time else None,
        why=_why(row, node_ok=node_ok, human_ok=human_ok),
        reply=row.reply,
    )


def _has_it(state: MessageState | None) -> bool:
    """Tell whether a receipt shows that the node took the ping."""
    if state is None or is_over(state):
        return state is MessageState.REJECTED
    return reached(state, MessageState.ACCEPTED)


def _why(row: PingRow, *, node_ok: bool | None, human_ok: bool | None) -> str:
    if node_ok is False:
        return row.why or NO_ANSWER
    if human_ok is False:
        return NOT_SEALED if row.mid is None else NO_ANSWER
    if human_ok and row.details_valid is False:
        return NOT_VALID
    return ""
