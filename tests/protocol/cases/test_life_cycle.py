"""A whole preservation, to the day: asked for, extended, held, disclosed, released; or lapsed."""

from dataclasses import dataclass

import pytest

from protocol.cases.deadlines import Due, Standing, deadlines_of
from protocol.cases.facts import Outcome
from protocol.cases.fold import History, fold
from protocol.cases.message import Side
from protocol.cases.notices import NoticeKind, next_notice_ms, notices_of
from protocol.cases.state import Thread
from tests.protocol.cases.instants import ms, shown
from tests.protocol.cases.story import Story
from tests.protocol.cases.words import decided, delivered, items, named, reported, taken

KEPT = "preservation_request"
LONGER = "preservation_extension"
DATA = "stored_data_request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """One case: what is stated with local offsets, and the days that follow in UTC.

    Args:
        preserved_at: As the requested desk writes it.
        preserved_until: 60 days of 24 hours later, or more.
        warned: The days of the five warnings, UTC.
        lapses: The instant of the lapse, UTC.
    """

    preserved_at: str
    preserved_until: str
    warned: tuple[str, ...]
    lapses: str


CALENDARS = {
    "winter in Bucharest": Calendar(
        preserved_at="2026-11-21T12:00:00+02:00",
        preserved_until="2027-01-20T12:00:00+02:00",
        warned=("2026-12-30", "2027-01-06", "2027-01-13", "2027-01-17", "2027-01-19"),
        lapses="2027-01-20T10:00:00Z",
    ),
    "clocks go forward in Bucharest": Calendar(
        preserved_at="2027-03-01T12:00:00+02:00",
        preserved_until="2027-04-30T13:00:00+03:00",
        warned=("2027-04-09", "2027-04-16", "2027-04-23", "2027-04-27", "2027-04-29"),
        lapses="2027-04-30T10:00:00Z",
    ),
    "clocks go back in New York": Calendar(
        preserved_at="2027-10-01T20:00:00-04:00",
        preserved_until="2027-11-30T19:00:00-05:00",
        warned=("2027-11-10", "2027-11-17", "2027-11-24", "2027-11-28", "2027-11-30"),
        lapses="2027-12-01T00:00:00Z",
    ),
    "leap day": Calendar(
        preserved_at="2028-01-01T00:00:00Z",
        preserved_until="2028-03-01T00:00:00Z",
        warned=("2028-02-09", "2028-02-16", "2028-02-23", "2028-02-27", "2028-02-29"),
        lapses="2028-03-01T00:00:00Z",
    ),
    "no leap day": Calendar(
        preserved_at="2027-01-01T00:00:00Z",
        preserved_until="2027-03-02T00:00:00Z",
        warned=("2027-02-09", "2027-02-16", "2027-02-23", "2027-02-27", "2027-03-01"),
        lapses="2027-03-02T00:00:00Z",
    ),
    "from a leap day in Tokyo": Calendar(
        preserved_at="2028-02-29T09:00:00+09:00",
        preserved_until="2028-04-29T09:00:00+09:00",
        warned=("2028-04-08", "2028-04-15", "2028-04-22", "2028-04-26", "2028-04-28"),
        lapses="2028-04-29T00:00:00Z",
    ),
    "over the date line": Calendar(
        preserved_at="2026-12-31T23:30:00-10:00",
        preserved_until="2027-03-01T23:30:00-10:00",
        warned=("2027-02-09", "2027-02-16", "2027-02-23", "2027-02-27", "2027-03-01"),
        lapses="2027-03-02T09:30:00Z",
    ),
}
every_calendar = pytest.mark.parametrize("calendar", CALENDARS.values(), ids=CALENDARS)


def both(told: Story) -> tuple[Thread, Thread]:
    """Return the state at both nodes: the requested one got everything, the other way round."""
    requested = History(thread=told.opener, messages=tuple(reversed(told.messages)) * 2)
    return told.thread(), fold(requested)


def watched(told: Story, side: Side, until: str) -> list[tuple[str, str]]:
    """Let one node sleep from event to event, and return what it tells on which UTC day."""
    thread, found, keys = both(told)[side is Side.REQUESTED], [], set()
    now_ms: int | None = told.now_ms
    while now_ms is not None and now_ms <= ms(until):
        for notice in notices_of(thread, side, now_ms=now_ms):
            if notice.key not in keys:
                keys.add(notice.key)
                found.append((str(notice.kind), (shown(now_ms) or "")[:10]))
        now_ms = next_notice_ms(thread, now_ms=now_ms)
    return found


def preserved(calendar: Calendar) -> Story:
    """Return a request whose item is preserved."""
    told = Story(KEPT, items("one"), start=calendar.preserved_at)
    told.a("acknowledgement", taken(calendar.preserved_at))
    told.a("decision", decided(KEPT, one=Outcome.ACCEPTED))
    told.a("preservation_report", reported(calendar.preserved_at, calendar.preserved_until, "one"))
    return told


@every_calendar
def test_what_nobody_extends_lapses_to_the_day(calendar: Calendar) -> None:
    """Five warnings and the lapse, at both nodes alike, whatever clocks do in between."""
    told = preserved(calendar)
    expected = [(str(NoticeKind.EXPIRY_WARNING), day) for day in calendar.warned]
    lapse = (str(NoticeKind.LAPSE_NOTICE), calendar.lapses[:10])
    for side in Side:
        assert watched(told, side, "2099-01-01T00:00:00Z") == [*expected, lapse]
    for thread in both(told):
        (item,) = thread.at(ms(calendar.lapses) - 1).requests[told.opener].items
        assert item.status == "preserved"
        (item,) = thread.at(ms(calendar.lapses)).requests[told.opener].items
        assert item.status == "lapsed"


@every_calendar
def test_a_preservation_lives_from_request_to_release(calendar: Calendar) -> None:
    """Request, accept, report, extend, follow-up, hold, disclose, release; no warning after it."""
    told = preserved(calendar)
    assert told.phase() == "executed"

    told.at(calendar.warned[0] + "T12:00:00Z")
    asked = told.q(LONGER, items())
    told.a("decision", decided(LONGER, one=Outcome.ACCEPTED), re=asked)
    longer = "2029-02-28T23:59:59+05:30"
    told.a("preservation_report", reported(calendar.preserved_at, longer, "one"), re=asked)
    assert told.states() == ["extended"]
    (until,) = (
        deadline
        for deadline in deadlines_of(told.thread(), now_ms=told.now_ms)
        if deadline.due is Due.PRESERVATION
    )
    assert shown(until.due_ms) == "2029-02-28T18:29:59Z"

    told.at("2029-02-20T00:00:00Z")
    follow_up = told.q(DATA, items("one"), re=asked)
    notice = told.q("mla_followup_notice", named("one"), re=asked)
    told.a("mla_received_confirmation", named("one"), re=notice)
    assert told.states() == ["held_pending_decision"]
    told.at("2029-06-01T00:00:00Z")
    assert watched(told, Side.REQUESTED, "2035-01-01T00:00:00Z") == []
    (held,) = (
        deadline
        for deadline in deadlines_of(told.thread(), now_ms=told.now_ms)
        if deadline.due is Due.PRESERVATION
    )
    assert (held.standing, held.due_ms) == (Standing.HELD, None)

    told.a("decision", decided(DATA, one=Outcome.ACCEPTED), re=follow_up)
    told.a("data_delivery", delivered("one"), re=follow_up)
    assert told.states() == ["disclosed"]
    told.a("release_notice", named("one"))
    assert told.states() == ["released"]
    told.q("closure")
    for thread in both(told):
        assert thread.phase is not None
        assert (str(thread.phase), str(thread.ending)) == ("closed", "executed")
        assert all(entry.is_in_order for entry in thread.entries)
    assert both(told)[0] == both(told)[1]


@every_calendar
def test_a_lapse_is_mended_by_a_new_report_alone(calendar: Calendar) -> None:
    """Not by an extension, a hold or a follow-up that came too late."""
    told = preserved(calendar)
    told.at(calendar.lapses)
    late = told.q("mla_followup_notice", named("one"))
    assert told.objection(late) == "not_preserved"
    late = told.a("mla_received_confirmation", named("one"))
    assert told.objection(late) == "not_preserved"
    asked = told.q(LONGER, items())
    told.a("decision", decided(LONGER, one=Outcome.ACCEPTED), re=asked)
    assert told.thread(calendar.lapses).requests[told.opener].items[0].status == "lapsed"
    told.a(
        "preservation_report", reported(calendar.lapses, "2030-01-01T00:00:00Z", "one"), re=asked
    )
    assert (told.objection(), told.states()) == (None, ["preserved"])


@pytest.mark.parametrize(("seconds", "status"), [(-1, "held_pending_decision"), (0, "lapsed")])
def test_a_hold_counts_by_the_time_at_which_it_was_written(seconds: int, status: str) -> None:
    """One second before the end it holds for ever; at the end it is too late, at both nodes."""
    told = preserved(CALENDARS["leap day"])
    told.now_ms = ms(CALENDARS["leap day"].lapses) + seconds * 1000
    told.a("mla_received_confirmation", named("one"))
    for thread in both(told):
        (item,) = thread.at(ms("2035-01-01T00:00:00Z")).requests[told.opener].items
        assert item.status == status
