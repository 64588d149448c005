"""What a receiver's `have` and `miss` mean for the numbers of its sender.

Queue numbers count the envelopes from one node to another. An answer shows which of them came:
all up to `have`, and none within the ranges of `miss`. For the sender, a number that did not come
still waits, or ended without delivery, or was receipted. The first comes by itself, the second is
named in `void` of the next frames. The third was lost by the receiver, if its receipt was held
before the request left that this answer answers: a receipt is given only after the commit, so an
honest receiver would have counted it. An answer that was overtaken accuses nobody.

A number above everything shown says nothing, unless nothing is missing below it: then the
receiver knows of no number above `have`.

Source: docs/wire-format.md, rules 17 and 20.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from protocol.limits import MAX_INDEX, MAX_VOID

MAX_LEAP: Final = 2**32
"""How far another node's word may move our numbers on: more than anybody ever sent."""

Ranges = tuple[tuple[int, int], ...]
"""First and last number of each, rising and apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What an answer shows of the asker's numbers.

    Args:
        have: Nothing is missing up to here; 0 if 1 is missing.
        miss: Missing ranges above it, rising and apart.
    """

    have: int
    miss: Ranges = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A number of ours that does not wait to be sent any more.

    Args:
        number: The queue number.
        held_at: When its first receipt was held, in a count that only rises within a process;
            None if it ended without one. 0 if that is longer ago than anybody remembers.
        can_go: Whether sending it again can do any good: neither expired nor final.
        again: The newest generation of the receiver's log for which it was sent again; 0: none.
    """

    number: int
    held_at: int | None
    can_go: bool = False
    again: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the sender does about an answer.

    Args:
        void: Numbers that will never come, to be named in the next frames: at most 1,024.
        lost: Numbers that the receiver had and lost: people hear of it, and what can go goes
            again.
    """

    void: tuple[int, ...] = ()
    lost: tuple[int, ...] = ()


def lacking(shown: Shown, *, top: int) -> Ranges:
    """Return which of our numbers the receiver does not have, as far as it shows.

    Args:
        shown: From its answer.
        top: The last number that we gave out: what lies above it is the peer's invention.

    Returns:
        Ranges within 1 to `top`.
    """
    if shown.miss:
        return tuple((first, min(last, top)) for first, last in shown.miss if first <= top)
    return ((shown.have + 1, top),) if shown.have < top else ()


def read(ended: Iterable[Ended], *, asked_at: int, generation: int) -> Reading:
    """Decide what an answer means for the numbers that it shows as lacking.

    Args:
        ended: Those of them that do not wait; the others come by themselves.
        asked_at: The count of `Ended.held_at` when the request left.
        generation: Of the receiver's log that proved the answer.

    Returns:
        What to name in `void`, and what was lost.
    """
    void: list[int] = []
    lost: list[int] = []
    for one in ended:
        if one.held_at is None:
            void.append(one.number)
        elif one.held_at <= asked_at:
            if one.again < generation:
                lost.append(one.number)
            if not one.can_go:
                void.append(one.number)
    return Reading(void=tuple(void[:MAX_VOID]), lost=tuple(lost))


def go_on_from(top: int, shown: Shown) -> int:
    """Return the last number taken as given out, after we lost the end of our own count.

    Args:
        top: The last number that we know to have given out.
        shown: From an answer of the receiver.

    Returns:
        `top`, or the highest number that the answer shows to have come; a leap above MAX_LEAP
        is nobody's count and is passed over.
    """
    highest = max([shown.have, *(last + 1 for _, last in shown.miss)])
    if highest > min(top + MAX_LEAP, MAX_INDEX - MAX_LEAP):
        return top
    return max(top, highest)
