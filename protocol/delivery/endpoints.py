"""Which of a node's endpoints is tried when: in the order of its directory entry.

What answered last is tried first for ten minutes; what failed last goes to the end, so that the
next attempt begins elsewhere also when the failure ended the attempt. A P0 does not wait for one
endpoint to fail before it tries the next: the others follow two seconds apart, and the first
answer counts. They all are the same node, so the others' answers are repeats.

Source: docs/delivery.md, "Delivery in rules", 12.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

GOOD_FOR_S: Final = 600.0
"""How long the endpoint that answered last is tried first."""

STAGGER_S: Final = 2.0
"""A P0 tries the next endpoint so long after the one before, or as soon as that one fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """What is known of the endpoints of one node.

    Args:
        good: The one that answered last.
        good_until_s: Until when it is tried first, in monotonic seconds.
        failed: Those that failed since something answered, the one that failed last at the end.
    """

    good: str | None = None
    good_until_s: float = float("-inf")
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Try:
    """One endpoint of an attempt.

    Args:
        endpoint: Its address.
        after_s: How long after the one before it may begin, unless that one fails earlier; None:
            not before it failed.
    """

    endpoint: str
    after_s: float | None


def plan(state: Endpoints, listed: Sequence[str], *, now_s: float, urgent: bool) -> tuple[Try, ...]:
    """Return the endpoints of one attempt, in order.

    Args:
        state: What is known.
        listed: The directory's, in its order; those it does not list any more are not tried.
        now_s: Monotonic seconds.
        urgent: Whether a P0 goes.
    """
    is_good = state.good is not None and now_s < state.good_until_s
    first = [one for one in listed if is_good and one == state.good]
    failed = [one for one in state.failed if one in listed and one not in first]
    order = [*first, *(one for one in listed if one not in failed and one not in first), *failed]
    return tuple(Try(one, STAGGER_S if urgent else None) for one in order)


def answered(state: Endpoints, endpoint: str, *, now_s: float) -> Endpoints:
    """Return what is known after an endpoint answered.

    Args:
        state: Before.
        endpoint: Which.
        now_s: Monotonic seconds.
    """
    del state
    return Endpoints(good=endpoint, good_until_s=now_s + GOOD_FOR_S)


def failed(state: Endpoints, endpoint: str) -> Endpoints:
    """Return what is known after an endpoint failed: it is tried last from now on.

    Args:
        state: Before.
        endpoint: Which.
    """
    after = replace(state, failed=(*(one for one in state.failed if one != endpoint), endpoint))
    return replace(after, good=None) if state.good == endpoint else after
