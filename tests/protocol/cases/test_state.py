"""The state of a thread: which request it stands at, and how it ended."""

from protocol.cases.facts import Outcome
from tests.protocol.cases.story import JP, Story, mid_of
from tests.protocol.cases.words import decided, delivered, items, named, taken

DATA = "stored_data_request"


def test_a_thread_stands_at_its_newest_request_that_is_not_finished() -> None:
    """Else at the newest that was executed, else at the newest."""
    told = Story(DATA, items("one"))
    first = told.opener
    second = told.q("technical_advice_request", items())
    assert told.thread().current == told.request(second)
    told.a("advice_answer", re=second)
    assert told.thread().current == told.request(first)
    told.a("decision", decided(DATA, one=Outcome.REFUSED))
    assert told.thread().current == told.request(second)
    assert (told.phase(), told.thread().ending) == ("executed", None)
    told.q("closure")
    assert (told.phase(), str(told.thread().ending)) == ("closed", "executed")


def test_a_message_is_about_the_nearest_request_before_it() -> None:
    """Up the chain of replies."""
    told = Story(DATA, items("one"))
    acknowledged = told.a("acknowledgement", taken())
    note = told.q("note", re=acknowledged)
    second = told.q("technical_advice_request", items(), re=note)
    remark = told.q("note", re=second)
    thread = told.thread()
    owners = [thread.request_of(mid) for mid in (acknowledged, note, second, remark)]
    assert [owner and owner.mid for owner in owners] == [told.opener] * 2 + [second] * 2
    assert thread.request_of(None) is None
    assert thread.request_of(mid_of(99)) is None


def test_an_ending_looks_at_all_requests() -> None:
    """Something was executed in the case, though not by its last request."""
    told = Story(DATA, items("one"))
    told.a("decision", decided(DATA, one=Outcome.ACCEPTED))
    told.a("data_delivery", delivered("one"))
    second = told.q(DATA, items("two"))
    told.q("withdrawal", named(), re=second)
    assert told.phase() == "executed"
    told.q("closure")
    assert str(told.thread().ending) == "executed"
    assert told.thread().side_of(JP) is None
