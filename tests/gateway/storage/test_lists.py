"""The lists pass over nothing that is over: each question goes by an index made for it."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateway.boxes import Box
from gateway.storage.sqlite import SqliteStore
from protocol.delivery.urgency import Urgency
from tests.gateway.storage.home import Home
from tests.gateway.storage.material import NOW_MS, admission, incoming, submission

Question = Callable[[SqliteStore], Awaitable[object]]

QUESTIONS: dict[str, tuple[Question, str]] = {
    "inbox": (lambda store: store.outlines(Box.INBOX, limit=50), "message_open"),
    "outbox": (lambda store: store.outlines(Box.OUTBOX, limit=50), "message_open"),
    "closed": (lambda store: store.outlines(Box.CLOSED, limit=50), "message_age"),
    "emergencies": (SqliteStore.waiting_emergencies, "message_emergency"),
    "to answer": (lambda store: store.to_answer(Urgency.P2, now_ms=NOW_MS), "message_open"),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_list_is_read_in_its_order_by_its_index(tmp_path: Path, name: str) -> None:
    """Behind a hundred thousand messages that are over it would else take as long as they do."""
    ask, index = QUESTIONS[name]

    async def look(store: SqliteStore) -> None:
        await store.submit(submission(1), now_ms=NOW_MS)
        await store.admit(admission(incoming(2)), now_ms=NOW_MS)
        reader, said = store._core.reader, list[str]()
        reader.set_trace_callback(said.append)
        await ask(store)
        reader.set_trace_callback(None)
        (statement,) = (one for one in said if "FROM message" in one)
        plan = [row[3] for row in reader.execute(f"EXPLAIN QUERY PLAN {statement}")]
        assert f" USING INDEX {index}" in plan[0]
        assert not any("TEMP B-TREE" in step for step in plan)

    Home(tmp_path / "home").play(look)
