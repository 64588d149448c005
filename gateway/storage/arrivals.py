"""Which queue numbers of a sender have arrived, as ranges: `have` and `miss` of an answer.

A sender may name any numbers; a number costs one row at the most, and none when it joins a
range. Numbers that cost their sender nothing (of repeats, and those that will never come) make
new rows only while it has few. Source: docs/wire-format.md, rules 17 and 20.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final

from gateway.storage.session import Session
from protocol.limits import MAX_MISS_RANGES

HINTED_ROWS: Final = 4096
"""Ranges of one sender up to which a number without an envelope may begin another one."""


def add_arrivals(session: Session, sender: str, numbers: Iterable[int]) -> None:
    """Count queue numbers as arrived, each of an envelope that was accepted just now.

    Args:
        session: The transaction.
        sender: CC/n.
        numbers: In any order, repeats allowed.
    """
    for first, last in _runs(numbers):
        _add(session, sender, first, last)


def add_hints(session: Session, sender: str, numbers: Iterable[int]) -> None:
    """Count queue numbers of repeats, and those that will never come.

    Where a sender has many ranges already, a number that joins none is passed over; it is named
    again as long as it is missing, and joins when what lies beside it has come.

    Args:
        session: The transaction.
        sender: CC/n.
        numbers: In any order, repeats allowed.
    """
    runs = tuple(_runs(numbers))
    if not runs:
        return
    held = session.execute(
        "SELECT count(*) FROM (SELECT 1 FROM arrived WHERE sender = ? LIMIT ?)",
        (sender, HINTED_ROWS),
    ).fetchone()[0]
    for first, last in runs:
        held += _add(session, sender, first, last, may_begin=held < HINTED_ROWS)


def arrived(
    source: Session | sqlite3.Connection, sender: str
) -> tuple[int, tuple[tuple[int, int], ...]]:
    """Return what an answer says of a sender's queue numbers.

    Args:
        source: The transaction, or a reader.
        sender: CC/n.

    Returns:
        The highest contiguous number from 1 on, 0 if 1 is missing; then the missing ranges
        between there and the highest known number, MAX_MISS_RANGES of them at most.
    """
    rows = source.execute(
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
    for number in sorted({number for number in numbers if number > 0}):
        if first is None or last is None:
            first = last = number
        elif number == last + 1:
            last = number
        else:
            yield first, last
            first = last = number
    if first is not None and last is not None:
        yield first, last


def _add(session: Session, sender: str, first: int, last: int, *, may_begin: bool = True) -> int:
    """Join one run with the ranges that touch it; return how many ranges there are more."""
    rows = session.execute(
        "SELECT first, last FROM arrived WHERE sender = ?1 AND first <= ?3 + 1 AND first >= ("
        "  SELECT coalesce(max(first), 0) FROM arrived WHERE sender = ?1 AND first <= ?2"
        ") ORDER BY first",
        (sender, first, last),
    ).fetchall()
    touching = [row for row in rows if row[1] >= first - 1]
    if not touching:
        if may_begin:
            session.execute("INSERT INTO arrived VALUES (?, ?, ?)", (sender, first, last))
        return int(may_begin)
    low = min(first, touching[0][0])
    high = max(last, touching[-1][1])
    if len(touching) == 1 and low == touching[0][0]:
        session.execute(
            "UPDATE arrived SET last = ? WHERE sender = ? AND first = ?", (high, sender, low)
        )
        return 0
    session.execute(
        "DELETE FROM arrived WHERE sender = ? AND first BETWEEN ? AND ?",
        (sender, touching[0][0], touching[-1][0]),
    )
    session.execute("INSERT INTO arrived VALUES (?, ?, ?)", (sender, low, high))
    return 1 - len(touching)
