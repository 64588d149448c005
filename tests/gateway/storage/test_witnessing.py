"""What is asked of cosignatures costs the same however many there are: it runs beside the lanes."""

import sqlite3
from contextlib import closing

from gateway.storage.tables_witness import WITNESS
from gateway.storage.witnessing import _FIRST_WITH, _LAST_WITHOUT, _NEWEST, _keys

KEYS = [("a35/DE/1/witness", b"\1\1\1\1"), ("a35/DE/1/witness", b"\2\2\2\2"), ("b", b"\1\1\1\1")]


def steps(heads: int) -> int:
    """Return how many hundreds of steps of the database all questions take over a long log."""
    taken = []
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in WITNESS:
            connection.execute(statement)
        connection.executemany(
            "INSERT INTO cosignature VALUES (?, ?, ?, ?, 5, x'00', 5, x'00')",
            [(1, size, *key) for key in KEYS for size in range(1, heads + 1)],
        )
        connection.set_progress_handler(lambda: taken.append(1), 100)
        assert list(_keys(connection, 1)) == KEYS
        assert list(_keys(connection, 2)) == []
        for key in KEYS:
            assert connection.execute(_NEWEST, (1, *key)).fetchone()[0] == heads
            assert connection.execute(_FIRST_WITH, (1, *key, 10)).fetchall() == [(11,)]
            assert connection.execute(_LAST_WITHOUT, (1, *key, 10)).fetchall() == [(10,)]
        connection.set_progress_handler(None, 0)
    return len(taken)


def test_questions_cost_no_more_in_a_long_log() -> None:
    """A year of hours with three witnesses has 26,000 rows of seven kilobytes."""
    assert steps(4000) <= steps(20) + 1
