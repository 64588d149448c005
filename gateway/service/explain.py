"""Says in sentences why a message is where it is: attempts, the lane, stages, what would end it.

Source: docs/delivery.md, "Delivery in rules", rules 7, 10, 14 and 20.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, assert_never

from gateway.lateness import EscalationRow
from gateway.records import Direction
from gateway.rows import AttemptRow, MessageRow
from gateway.service.ways import Way
from protocol.cases.ladder import MessageState, is_over, reached
from protocol.delivery.circuit import Phase
from protocol.delivery.escalation import Budgets, Stage, Step
from protocol.errors import Code

_WORDS: Final[dict[str, str]] = {
    "unreachable": "no connection could be made",
    "time_out": "it did not answer in time",
    "closed": "it closed the connection",
    "refused": "the connection was refused",
    "broken": "the connection broke on the way",
    "wrong_key": "something with another key than the directory's answered",
    "not_ours": "something answered that is not our protocol",
    "not_our_protocol": "something answered that is not our protocol",
    "unknown_node": "the directory does not list it",
    "accepted": "it accepted the message",
    "rejected": "it rejected the message, with proof",
    "delivered": "it took it",
}


def explained(
    row: MessageRow,
    *,
    attempts: Sequence[AttemptRow],
    stages: Sequence[EscalationRow],
    way: Way,
    next_ms: int | None,
    budgets: Budgets,
    now_ms: int,
) -> tuple[str, ...]:
    """Return the explanation of one message of ours, one sentence a line.

    Args:
        row: The message.
        attempts: Every attempt, the oldest first.
        stages: What was told of it, in order.
        way: To its addressee.
        next_ms: When it is tried next, if it waits and that is known.
        budgets: Of this node.
        now_ms: The present time.
    """
    if row.direction is Direction.IN:
        return (f"It was received from {row.sender} and is {row.state.value}.",)
    said = [*_state(row), *_attempts(attempts)]
    if row.state is MessageState.QUEUED:
        said.extend(_waits(way, next_ms=next_ms, now_ms=now_ms))
    said.extend(_stage(each) for each in stages)
    said.extend(_coming(row, stages, budgets, now_ms=now_ms))
    said.append(_end(row))
    return tuple(said)


def _state(row: MessageRow) -> list[str]:
    words = {
        MessageState.QUEUED: f"It waits here for {row.recipient}.",
        MessageState.ACCEPTED: f"{row.recipient} has accepted it and has not opened it yet.",
        MessageState.CONSIGNED: f"It is in the duty inbox of {row.recipient}; nobody opened it.",
        MessageState.OPENED: f"A person at {row.recipient} has opened it.",
        MessageState.ACKNOWLEDGED: f"A person at {row.recipient} has acknowledged it.",
    }
    return [words.get(row.state, f"It is {row.state.value}.")]


def _attempts(attempts: Sequence[AttemptRow]) -> list[str]:
    if not attempts:
        return ["No attempt to deliver it was made yet."]
    last = attempts[-1]
    many = "Once" if len(attempts) == 1 else f"{len(attempts)} times"
    return [f"{many} it was tried; last {_utc(last.at_ms)}: {_why(last.outcome)}."]


def _why(outcome: str) -> str:
    if outcome in set(Code):
        return f"the peer answered {outcome}"
    return _WORDS.get(outcome, outcome)


def _waits(way: Way, *, next_ms: int | None, now_ms: int) -> list[str]:
    said = []
    if way.failures:
        why = "" if way.why is None else f", last: {_why(way.why)}"
        said.append(f"The way to {way.node} failed {way.failures} times in a row{why}.")
    match way.phase:
        case Phase.OPEN:
            said.append("Its circuit is open: one attempt at a time looks whether it is back.")
        case Phase.HALF_OPEN:
            said.append("Its circuit is half open: it was reached again, and gets little at first.")
        case Phase.CLOSED:
            pass
        case _:
            assert_never(way.phase)
    if next_ms is not None and next_ms > now_ms:
        said.append(f"The next attempt is at {_utc(next_ms)}, or at once when it makes contact.")
    else:
        said.append("The next attempt is due.")
    return said


def _stage(each: EscalationRow) -> str:
    what = {
        Stage.HASTEN: "other endpoint, operator told",
        Stage.TELEPHONE: "telephone card shown",
        Stage.SILENCE: "silence stated"
        + ("" if each.index is None else f" in our log, entry {each.index}"),
    }[each.stage]
    return f"{_utc(each.at_ms)}: not {each.step.value} in time, {what}."


def _coming(
    row: MessageRow, stages: Sequence[EscalationRow], budgets: Budgets, *, now_ms: int
) -> list[str]:
    """Say when silence will be stated, of the first step that is missing."""
    budget = budgets.of(row.cls)
    if budget is None or is_over(row.state):
        return []
    silent = {each.step for each in stages if each.stage is Stage.SILENCE}
    for step in Step:
        due_ms = row.t_ms + budget.of(step)
        if not reached(row.state, MessageState(step.value)) and step not in silent:
            if due_ms > now_ms:
                return [f"Due to be {step.value}: {_utc(due_ms)}; silence is stated then."]
            return []
    return []


def _end(row: MessageRow) -> str:
    if row.state is MessageState.QUEUED:
        return (
            f"It ends by a receipt of {row.recipient} with proof (accepted or rejected), by your "
            f"a35 cancel, or by its own time {_utc(row.exp_ms)}; never by a number of attempts."
        )
    if is_over(row.state):
        return "Nothing more is done about it; a late receipt would still count."
    return f"Its delivery has ended. What is open is up to {row.recipient}."


def _utc(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%d %b %H:%M:%SZ")
