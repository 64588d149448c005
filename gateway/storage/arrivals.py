"""Which queue numbers of a sender have arrived, as ranges: `have` and `miss` of an answer.

A sender may name any numbers; a number costs one row at the most, and none when it joins a
range. Source: docs/wire-format.md, rules 17 and 20.
"""

from collections.abc import Iterable, Iterator

from gateway.storage.session import Session
from protocol.limits import MAX_MISS_RANGES


def add_arrivals(session: Session, sender: str, numbers: Iterable[int]) -> None:
    """Count queue numbers as arrived, or as never to come.

    Args:
        session: The transaction.
        sender: CC/n.
        numbers: In any order, repeats allowed.
    """
    for first, last in _runs(numbers):
        _add(session, sender, first, last)


def arrived(session: Session, sender: str) -> tuple[int, tuple[tuple[int, int], ...]]:
    """Return what an answer says of a sender's queue numbers.

    Returns:
        The highest contiguous number from 1 on, 0 if 1 is missing; then the missing ranges
        between there and the highest known number, MAX_MISS_RANGES of them at most.
    """
    rows = session.execute(
        "SELECT first, last FROM arrived WHERE sender = ? ORDER BY first LIMIT ?",
        (sender, MAX_MISS_RANGES + 1),
    ).fetchall()
    have = rows[0][1] if rows and rows[0][0] == 1 else 0
    ends = [0, *(last for _, last in rows)]
    missing = [
        (end + 1, first - 1) for end, (first, _) in zip(ends, rows, strict=False) if first > end + 1
    ]
    return have, tuple(missing[:MAX_MISS_RANGES])


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the contiguous runs of some numbers."""
    first = last = None
    for number in sorted(set(numbers)):
        if first is None or last is None:
            first = last = number
        elif number == last + 1:
            last = number
        else:
            yield first, last
            first = last = number
    if first is not None and last is not None:
        yield first, last


def _add(session: Session, sender: str, first: int, last: int) -> None:
    """Join one run with the ranges that touch it."""
    rows = session.execute(
        "SELECT first, last FROM arrived WHERE sender = ?1 AND first <= ?3 + 1 AND first >= ("
        "  SELECT coalesce(max(first), 0) FROM arrived WHERE sender = ?1 AND first <= ?2"
        ") ORDER BY first",
        (sender, first, last),
    ).fetchall()
    touching = [row for row in rows if row[1] >= first - 1]
    if not touching:
        session.execute("INSERT INTO arrived VALUES (?, ?, ?)", (sender, first, last))
        return
    low = min(first, touching[0][0])
    high = max(last, touching[-1][1])
    if len(touching) == 1 and low == touching[0][0]:
        session.execute(
            "UPDATE arrived SET last = ? WHERE sender = ? AND first = ?", (high, sender, low)
        )
        return
    session.execute(
        "DELETE FROM arrived WHERE sender = ? AND first BETWEEN ? AND ?",
        (sender, touching[0][0], touching[-1][0]),
    )
    session.execute("INSERT INTO arrived VALUES (?, ?, ?)", (sender, low, high))
