"""When a head that no proof joins is a second history, and when it is only asked about again."""

from hypothesis import given
from hypothesis import strategies as st

from protocol.log.unjoined import (
    ANSWERS_NEEDED,
    ASK_EVERY_MS,
    OPEN_FOR_MS,
    OpenHead,
    is_due,
    is_second_history,
)

T0 = 1_795_000_000_000


@given(st.lists(st.tuples(st.integers(0, 2 * ASK_EVERY_MS), st.booleans()), max_size=12))
def test_only_answers_over_an_hour_make_a_second_history(steps: list[tuple[int, bool]]) -> None:
    """Silence never does, however long it lasts."""
    head, now_ms, answers = OpenHead(first_ms=T0), T0, 0
    for wait_ms, answered in steps:
        now_ms += wait_ms
        head = head.unproven(now_ms) if answered else head.unanswered(now_ms)
        answers += answered
        expected = answers >= ANSWERS_NEEDED and now_ms - T0 >= OPEN_FOR_MS
        assert is_second_history(head, now_ms=now_ms) == expected


def test_log_is_asked_at_once_and_then_every_twenty_minutes() -> None:
    """Also after a clock that was set back."""
    head = OpenHead(first_ms=T0)
    assert is_due(head, now_ms=T0)
    asked = head.unanswered(T0)
    assert not is_due(asked, now_ms=T0 + ASK_EVERY_MS - 1)
    assert is_due(asked, now_ms=T0 + ASK_EVERY_MS)
    assert is_due(asked, now_ms=T0 - 1)
