"""The benchmark of the desk's pages measures pages that show what was sent."""

import asyncio
from pathlib import Path

from tests.bench.desk import measure


def test_pages_are_measured_with_as_many_messages_as_were_asked_for(tmp_path: Path) -> None:
    """Each page that is timed was answered with 200, and each search found something."""
    said: list[str] = []
    found = asyncio.run(measure(tmp_path, messages=3, tell=said.append))
    assert found["inbox_messages"] == 3
    assert set(found) == {
        "lists_at_start_ms",
        "index_at_start_ms",
        "inbox_messages",
        "inbox_first_ms",
        "inbox",
        "search_in_one",
        "search_in_all",
    }
    assert 0 < found["inbox"]["median_ms"] <= found["inbox"]["p95_ms"] <= found["inbox"]["most_ms"]
    assert said[0] == "3 of 3 messages each way"
