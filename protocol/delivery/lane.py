"""The way to one node: how long it waits after a failure, what ends the wait, what may go.

A lane belongs to a destination node, not to an endpoint: two points of contact of one Party
fail apart. Waits are drawn so that many lanes that failed together do not return together. All
times are monotonic seconds: what a wall clock does must neither hold a lane nor hurry it.

Source: docs/delivery.md, "Delivery in rules", 2, 10, 11, 13, 17, 19;
docs/adr/0006-lanes-and-back-off.md.
"""

from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final, TypeAlias, assert_never

from protocol.delivery.circuit import Circuit, Phase, answered, failed
from protocol.delivery.urgency import BACK_OFF_CAP_S, Urgency

FIRST_BACK_OFF_S: Final = 2.0
GROWTH: Final = 3

HURRY_GAP_S: Final = 1.0
"""Signs of life and new emergencies shorten a wait at most this often: a node that calls and
cannot be called must not make us call in a circle."""

GRAIN_S: Final = 1e-4
"""Moments so near to each other are one: seconds are sums of floating-point numbers."""

GATHER_S: Final = 0.1
"""So long after receipts the next ones to the same node gather; envelopes wait for none of them."""

LONG_OUTAGE_S: Final = 300.0
"""After a longer outage the backlog does not begin at once: others have one too."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An attempt met an answer of the node, whatever it said."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An attempt met none, over all endpoints; `urgency` is the most urgent class that waits."""

    urgency: Urgency


@dataclass(frozen=True, slots=True)
class Contact:
    """The node called us, or its directory entry changed."""


@dataclass(frozen=True, slots=True)
class EmergencyQueued:
    """A new P0 waits in the lane."""


LaneEvent: TypeAlias = Answered | Failed | Contact | EmergencyQueued


class LaneAction(Enum):
    """What its owner does after a step."""

    SAVE = auto()
    """Keep failures and back-off, as a hint for the next start."""
    WAIT = auto()
    """Tell of the failure; the next attempt is at `due_s`."""
    HEAL = auto()
    """Tell that the node is reached again."""
    OPEN = auto()
    """Tell that the circuit opened."""
    CLOSE = auto()
    """Tell that it is closed again."""
    WAKE = auto()
    """Look at the lane now: it may be due earlier than it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneState:
    """Health of a lane.

    Args:
        circuit: How many attempts may be under way.
        back_off_s: The last wait drawn, 0 when healthy.
        due_s: No attempt begins before, save for what is more urgent than `waits_for`.
        waits_for: The most urgent class that waited when the wait was drawn.
        down_since_s: When the first of the failures in a row was.
        hurried_s: For when a sign of life or an emergency shortened the wait last.
        was_heard: The node made contact since the first failure.
        held_s: Until when P2 and P3 wait although the node is back.
    """

    circuit: Circuit = field(default_factory=Circuit)
    back_off_s: float = 0.0
    due_s: float = float("-inf")
    waits_for: Urgency = Urgency.P3
    down_since_s: float | None = None
    hurried_s: float = float("-inf")
    was_heard: bool = False
    held_s: tuple[float, float] = (float("-inf"), float("-inf"))

    def is_due(self, now_s: float, urgency: Urgency) -> bool:
        """Tell whether an attempt may begin.

        Args:
            now_s: Monotonic seconds.
            urgency: The most urgent class that waits.
        """
        return self.due_s <= now_s + GRAIN_S or urgency < self.waits_for

    def down_to(self, now_s: float) -> Urgency:
        """Return the least urgent class that may go now.

        Args:
            now_s: Monotonic seconds.
        """
        routine_s, bulk_s = self.held_s
        if now_s + GRAIN_S < routine_s:
            return Urgency.P1
        return Urgency.P2 if now_s + GRAIN_S < bulk_s else Urgency.P3

    def changes_s(self, now_s: float) -> float | None:
        """Return the next moment at which time alone lets more through, None if there is none.

        Args:
            now_s: Monotonic seconds.
        """
        return min((at for at in (self.due_s, *self.held_s) if at > now_s + GRAIN_S), default=None)


def at_start(*, failures: int, back_off_ms: int) -> LaneState:
    """Return the state of a lane that an earlier run of the node left behind.

    The wait goes on growing from where it was; the first attempt is at once, because what was
    broken may be mended.

    Args:
        failures: In a row, as stored.
        back_off_ms: The last wait, as stored.
    """
    if failures <= 0:
        return LaneState()
    return LaneState(
        circuit=Circuit(failures=failures, slots=1), back_off_s=max(0, back_off_ms) / 1000
    )


def step(
    state: LaneState, event: LaneEvent, *, now_s: float, draw: float
) -> tuple[LaneState, frozenset[LaneAction]]:
    """Return the state after an event, and what its owner does.

    Args:
        state: Before the event.
        event: What happened.
        now_s: Monotonic seconds.
        draw: A number from 0 (included) to 1 (excluded), drawn by the caller.
    """
    match event:
        case Answered():
            return _answered(state, now_s=now_s, draw=draw)
        case Failed():
            return _failed(state, event.urgency, now_s=now_s, draw=draw)
        case Contact():
            return _contacted(state, now_s=now_s)
        case EmergencyQueued():
            return _hurried(state, now_s=now_s)
        case _:
            assert_never(event)


def _answered(
    state: LaneState, *, now_s: float, draw: float
) -> tuple[LaneState, frozenset[LaneAction]]:
    circuit = answered(state.circuit)
    if state.circuit.failures == 0:
        if circuit == state.circuit:
            return state, frozenset()
        return replace(state, circuit=circuit), _closing(circuit)
    held_s = state.held_s
    outage_s = 0.0 if state.down_since_s is None else now_s - state.down_since_s
    if outage_s > LONG_OUTAGE_S and not state.was_heard:
        held_s = (_held_until(Urgency.P2, now_s, draw), _held_until(Urgency.P3, now_s, draw))
    actions = {LaneAction.SAVE, LaneAction.HEAL, LaneAction.WAKE}
    return LaneState(circuit=circuit, held_s=held_s), frozenset(actions) | _closing(circuit)


def _closing(circuit: Circuit) -> frozenset[LaneAction]:
    closed = circuit.phase is Phase.CLOSED
    return frozenset({LaneAction.CLOSE, LaneAction.WAKE} if closed else {LaneAction.WAKE})


def _held_until(urgency: Urgency, now_s: float, draw: float) -> float:
    """Draw evenly from nothing to half the cap: receivers that return are not all met at once."""
    return now_s + draw * BACK_OFF_CAP_S[urgency] / 2


def _failed(
    state: LaneState, urgency: Urgency, *, now_s: float, draw: float
) -> tuple[LaneState, frozenset[LaneAction]]:
    """Wait longer; attempts that fail side by side count as one failure."""
    if not state.is_due(now_s, urgency):
        return state, frozenset()
    high = GROWTH * max(FIRST_BACK_OFF_S, state.back_off_s)
    drawn = min(BACK_OFF_CAP_S[urgency], FIRST_BACK_OFF_S + draw * (high - FIRST_BACK_OFF_S))
    wait = int(drawn * 1000) / 1000
    circuit = failed(state.circuit)
    actions = {LaneAction.SAVE, LaneAction.WAIT}
    if circuit.phase is Phase.OPEN and state.circuit.phase is not Phase.OPEN:
        actions.add(LaneAction.OPEN)
    return (
        LaneState(
            circuit=circuit,
            back_off_s=wait,
            due_s=now_s + wait,
            waits_for=urgency,
            down_since_s=now_s if state.down_since_s is None else state.down_since_s,
            hurried_s=state.hurried_s,
            was_heard=state.was_heard,
        ),
        frozenset(actions),
    )


def _contacted(state: LaneState, *, now_s: float) -> tuple[LaneState, frozenset[LaneAction]]:
    is_held = max(state.held_s) > now_s
    if state.circuit.failures == 0 and not is_held:
        return state, frozenset()
    after = replace(
        _sooner(state, now_s),
        back_off_s=0.0,
        was_heard=state.circuit.failures > 0,
        held_s=(float("-inf"), float("-inf")),
    )
    is_changed = is_held or after.due_s != state.due_s
    return after, frozenset({LaneAction.WAKE} if is_changed else ())


def _hurried(state: LaneState, *, now_s: float) -> tuple[LaneState, frozenset[LaneAction]]:
    after = _sooner(state, now_s)
    return after, frozenset({LaneAction.WAKE} if after != state else ())


def _sooner(state: LaneState, now_s: float) -> LaneState:
    """Let the next attempt be now, or as soon as the last hurry lets it be."""
    at_s = max(now_s, state.hurried_s + HURRY_GAP_S)
    if state.due_s <= at_s:
        return state
    return replace(state, due_s=at_s, hurried_s=at_s)
