"""The way to one node: how long it waits after a failure, and what ends the wait.

A lane belongs to a destination node, not to an endpoint: two points of contact of one Party
fail apart. Time-outs are drawn so that many lanes that failed together do not return together.

Source: docs/delivery.md, "Delivery in rules"; docs/adr/0006-lanes-and-back-off.md.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, assert_never

from protocol.delivery.urgency import BACK_OFF_CAP_S, Urgency

FIRST_BACK_OFF_MS: Final = 2_000
GROWTH: Final = 3


class LaneEvent(Enum):
    """What happened on the way to a node."""

    ANSWERED = auto()
    FAILED = auto()
    CONTACT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneState:
    """Health of a lane: failures in a row, and the last wait drawn (0 when healthy)."""

    failures: int = 0
    back_off_ms: int = 0


def step(state: LaneState, event: LaneEvent, *, urgency: Urgency, draw: float) -> LaneState:
    """Return the state after an event.

    Args:
        state: Before the event.
        event: An answer or any authenticated contact heals the lane at once; a failure makes
            it wait longer.
        urgency: The most urgent class that waits in the lane; caps the wait.
        draw: A number from 0 (included) to 1 (excluded), drawn by the caller.

    Returns:
        The new state; `back_off_ms` is how long to wait before the next attempt: drawn evenly
        between 2 s and three times the last one, at most the cap of the class.
    """
    match event:
        case LaneEvent.ANSWERED | LaneEvent.CONTACT:
            return LaneState()
        case LaneEvent.FAILED:
            high = max(FIRST_BACK_OFF_MS * GROWTH, state.back_off_ms * GROWTH)
            drawn = FIRST_BACK_OFF_MS + draw * (high - FIRST_BACK_OFF_MS)
            cap = BACK_OFF_CAP_S[urgency] * 1000
            return LaneState(failures=state.failures + 1, back_off_ms=int(min(cap, drawn)))
        case _:
            assert_never(event)
