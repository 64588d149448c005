"""What is open, young, held or still waits is never erased, however the rest looks."""

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.cases.ladder import MessageState, is_over, reached
from protocol.cases.phases import FINISHED, Phase
from protocol.cases.retention import Keep, RetainedMessage, RetainedThread, may_erase
from protocol.identifiers import MessageId, NodeId

NOW_MS = 1_000_000
TIMES = st.integers(min_value=0, max_value=2 * NOW_MS)

MESSAGES = st.builds(
    RetainedMessage,
    sender=st.just(NodeId("RO", 1)),
    mid=st.binary(min_size=16, max_size=16).map(MessageId),
    state=st.sampled_from(MessageState),
    changed_ms=TIMES,
    exp_ms=TIMES,
    waits=st.booleans(),
)
THREADS = st.builds(
    RetainedThread,
    messages=st.lists(MESSAGES, max_size=4).map(tuple),
    is_held=st.booleans(),
)


@settings(max_examples=500, deadline=None)
@given(thread=THREADS, phase=st.none() | st.sampled_from(Phase), before_ms=TIMES)
def test_nothing_open_young_held_or_waiting_is_erased(
    thread: RetainedThread, phase: Phase | None, before_ms: int
) -> None:
    """One message that must stay keeps its whole thread."""
    may = may_erase(thread, phase, before_ms=before_ms, now_ms=NOW_MS)
    if not may:
        return
    assert not thread.is_held
    assert phase is None or phase in FINISHED
    for one in thread.messages:
        assert one.changed_ms < before_ms
        assert one.exp_ms < NOW_MS
        assert not one.waits
        assert is_over(one.state) or reached(one.state, MessageState.OPENED)


def test_old_answered_thread_is_erased() -> None:
    """The rule does let go of what it should."""
    message = RetainedMessage(
        sender=NodeId("RO", 1),
        mid=MessageId(bytes(16)),
        state=MessageState.ANSWERED,
        changed_ms=10,
        exp_ms=20,
        waits=False,
    )
    thread = RetainedThread(messages=(message,), is_held=False)
    assert may_erase(thread, Phase.EXECUTED, before_ms=11, now_ms=NOW_MS)
    assert may_erase(thread, None, before_ms=11, now_ms=NOW_MS)
    assert not may_erase(thread, Phase.DECIDED, before_ms=11, now_ms=NOW_MS)
    assert not may_erase(
        RetainedThread(messages=(), is_held=False), None, before_ms=11, now_ms=NOW_MS
    )


def test_nothing_is_erased_unless_it_is_set() -> None:
    """A node keeps everything by default."""
    assert not Keep().is_set
    assert Keep(statements_days=3650).is_set
