"""The order inside a lane: class, then what should arrive first, then queue number; and ageing.

Nothing waits for ever behind a stream of what is more urgent: a P2 past its time is as urgent as
a P1 (never a P0), and of a batch that is open to all classes a part is kept for P3 that waited
long. What is kept for P0 and P1 alone stays theirs: an outage must not fill it with old routine.

Source: docs/delivery.md, "Delivery in rules", 3 and 15.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from protocol.delivery.urgency import ACCEPTED_WITHIN_S, Urgency

BULK_WAITS_S: Final = 20 * 60.0
"""A P3 that waited so long gets a part of each batch: it leaves within 30 minutes beside a live
peer, unless more than that part is as old."""

AGED_SHARE: Final = 8
"""One in so many items, and one byte in so many, of a batch goes to P3 that waited long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An item that may go, as far as its order needs it.

    Args:
        item: Its number.
        cls: Its class.
        deliver_by_ms: By when it should be accepted.
        queue_number: As the receiver sees it.
        size_bytes: What it adds to a frame.
    """

    item: int
    cls: Urgency
    deliver_by_ms: int
    queue_number: int
    size_bytes: int


def aged_before_ms(cls: Urgency, now_ms: int) -> int | None:
    """Return below which `deliver_by_ms` an item of a class counts as aged; None if none does.

    Args:
        cls: The class.
        now_ms: Milliseconds since 1970, UTC.
    """
    if cls is Urgency.P2:
        return now_ms
    if cls is Urgency.P3:
        return now_ms + int((ACCEPTED_WITHIN_S[cls] - BULK_WAITS_S) * 1000)
    return None


def rank(candidate: Candidate, *, now_ms: int) -> tuple[Urgency, int, int, int]:
    """Return the key of an item's place in its lane: smaller goes first.

    Args:
        candidate: The item.
        now_ms: Milliseconds since 1970, UTC.
    """
    late = candidate.cls is Urgency.P2 and candidate.deliver_by_ms < now_ms
    cls = Urgency.P1 if late else candidate.cls
    return cls, candidate.deliver_by_ms, candidate.queue_number, candidate.item


def choose(
    ordered: Sequence[Candidate],
    late: Sequence[Candidate] = (),
    aged: Sequence[Candidate] = (),
    *,
    now_ms: int,
    max_items: int,
    max_bytes: int,
) -> tuple[Candidate, ...]:
    """Choose the items of one batch.

    Args:
        ordered: What waits, in order of class, `deliver_by_ms`, queue number; so many at least
            as the batch may hold, if there are.
        late: P2 past their time, in order; may repeat what is in `ordered`.
        aged: P3 that waited long, in order; likewise.
        now_ms: Milliseconds since 1970, UTC.
        max_items: At most so many.
        max_bytes: At most so many, but one item in any case.

    Returns:
        The items in order, those of the part for aged ones last.
    """
    kept = _fill((), aged, max_items=max_items // AGED_SHARE, max_bytes=max_bytes // AGED_SHARE)
    if aged and not kept and max_items > 1:
        kept = (aged[0],)
    reserved = {one.item for one in kept}
    unique = {one.item: one for one in chain(ordered, late) if one.item not in reserved}
    ranked = sorted(unique.values(), key=lambda one: rank(one, now_ms=now_ms))
    if not ranked:
        return kept
    if kept and ranked[0].size_bytes + sum(one.size_bytes for one in kept) > max_bytes:
        # They do not fit side by side: old bulk goes alone, but never before what is urgent.
        if rank(ranked[0], now_ms=now_ms)[0] > Urgency.P1:
            return kept
        kept = ()
    first = _fill(kept, ranked, max_items=max_items, max_bytes=max_bytes)
    return (*(first or ranked[:1]), *kept)


def _fill(
    held: Sequence[Candidate], more: Sequence[Candidate], *, max_items: int, max_bytes: int
) -> tuple[Candidate, ...]:
    """Return what of `more`, in order, fits beside what is held."""
    room, left = max_items - len(held), max_bytes - sum(one.size_bytes for one in held)
    taken: list[Candidate] = []
    for one in more:
        if len(taken) == room or one.size_bytes > left:
            break
        taken.append(one)
        left -= one.size_bytes
    return tuple(taken)
