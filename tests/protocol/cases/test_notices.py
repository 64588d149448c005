"""What a node tells its officers by itself: warnings, lapses, reminders; and when to look again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.cases.facts import Outcome
from protocol.cases.fold import History, fold
from protocol.cases.message import CaseMessage, Side
from protocol.cases.notices import (
    SETS_A_CLOCK,
    Action,
    Notice,
    NoticeKind,
    next_notice_ms,
    notices_of,
    reminder,
)
from protocol.cases.terms import WARNING_DAYS
from protocol.requests.catalogue import RESERVED
from tests.protocol.cases.histories import histories
from tests.protocol.cases.instants import DAY_MS, START, later, ms, shown
from tests.protocol.cases.story import Story
from tests.protocol.cases.words import decided, items, named, reported, taken

KEPT = "preservation_request"
LONGER = "preservation_extension"
UNTIL = "2027-01-20T10:00:00Z"
Q, A = Side.REQUESTING, Side.REQUESTED


def preserved() -> Story:
    """Return two items that are preserved until 20 January 2027."""
    told = Story()
    told.a("decision", decided(KEPT, whole=Outcome.ACCEPTED))
    told.a("preservation_report", reported(START, UNTIL, "one"))
    told.a("preservation_report", reported(START, "2028-01-01T00:00:00Z", "two"))
    return told


def notice(told: Story, side: Side, now: str) -> Notice | None:
    """Return the one notice of a moment, if there is one."""
    found = notices_of(told.thread(), side, now_ms=ms(now))
    assert len(found) <= 1
    return found[0] if found else None


def action(told: Story, side: Side, now: str = later(UNTIL, days=-5)) -> Action | None:
    """Return what an officer should do."""
    found = notice(told, side, now)
    return None if found is None else found.action


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("days", WARNING_DAYS)
def test_both_sides_are_warned_on_each_day(side: Side, days: int) -> None:
    """21, 14, 7, 3 and 1 days before the end; not a millisecond earlier."""
    told = preserved()
    at = later(UNTIL, days=-days)
    found = notice(told, side, at)
    assert found is not None
    assert (found.kind, found.days_left, found.item_id) == (
        NoticeKind.EXPIRY_WARNING,
        days,
        "one",
    )
    assert shown(found.until_ms) == UNTIL
    before = notices_of(told.thread(), side, now_ms=ms(at) - 1)
    assert found.key not in {each.key for each in before}


@pytest.mark.parametrize("side", list(Side))
def test_a_lapse_is_always_told_at_both_ends(side: Side) -> None:
    """Also in a closed case, in which nobody is warned."""
    told = preserved()
    found = notice(told, side, UNTIL)
    assert found is not None
    assert (found.kind, found.days_left) == (NoticeKind.LAPSE_NOTICE, 0)
    told.q("closure")
    assert notice(told, side, later(UNTIL, days=-1)) is None
    assert notice(told, side, UNTIL) == found


def test_a_notice_is_known_by_its_key() -> None:
    """The same until there is something new to say; a node that restarts tells nothing twice."""
    told = preserved()
    keys = [
        found.key
        for hours in range(24 * 25)
        if (found := notice(told, Q, later(UNTIL, days=-24, hours=hours))) is not None
    ]
    assert len(set(keys)) == len(WARNING_DAYS) + 1
    assert keys == sorted(keys, key=keys.index)


def test_an_extension_starts_the_warnings_anew() -> None:
    """Another end is something new to say."""
    told = preserved()
    first = notice(told, Q, later(UNTIL, days=-3))
    told.a("preservation_report", reported(START, later(UNTIL, days=60), "one"))
    assert notice(told, Q, later(UNTIL, days=-3)) is None
    second = notice(told, Q, later(UNTIL, days=57))
    assert first is not None
    assert second is not None
    assert first.key != second.key


def test_a_node_that_was_off_tells_the_latest_only() -> None:
    """One notice for each item, not all that it missed."""
    found = notice(preserved(), A, later(UNTIL, days=-2))
    assert found is not None
    assert found.days_left == 2
    assert found.key.endswith("/3")


def test_the_officer_is_told_what_to_do() -> None:
    """Each side its own part; it changes with what was asked."""
    told = preserved()
    assert (action(told, Q), action(told, A)) == (
        Action.EXTEND_OR_FOLLOW_UP,
        Action.EXPECT_EXTENSION,
    )
    other = told.q(LONGER, items("two"))
    assert action(told, A) is Action.EXPECT_EXTENSION
    told.a("decision", decided(LONGER, two=Outcome.REFUSED), re=other)
    asked = told.q(LONGER, items("one", "two"))
    assert (action(told, Q), action(told, A)) == (Action.AWAIT_EXTENSION, Action.DECIDE_EXTENSION)
    told.a("decision", decided(LONGER, one=Outcome.REFUSED), re=asked)
    assert action(told, Q) is Action.EXTEND_OR_FOLLOW_UP
    told.a("decision", decided(LONGER, two=Outcome.REFUSED), re=asked)
    assert action(told, Q) is Action.EXTEND_OR_FOLLOW_UP
    told.q("mla_followup_notice", named("one"))
    assert (action(told, Q), action(told, A)) == (Action.AWAIT_HOLD, Action.CONFIRM_HOLD)
    told.a("mla_received_confirmation", named("one"))
    assert action(told, A) is None
    lapsed = preserved()
    assert (action(lapsed, Q, UNTIL), action(lapsed, A, UNTIL)) == (
        Action.ASK_ANEW,
        Action.RELEASE_OR_REPORT,
    )


def test_the_names_are_those_that_no_officer_sends() -> None:
    """Section 6.4."""
    assert {str(kind) for kind in NoticeKind} <= RESERVED


def test_a_node_knows_when_to_look_again() -> None:
    """Each warning and the lapse; no other clock has anything to tell."""
    told = Story(KEPT, items("one"))
    moments = list[str | None]()
    told.a("acknowledgement", taken("2026-11-25"))
    told.a("decision", decided(KEPT, one=Outcome.ACCEPTED))
    assert next_notice_ms(told.thread(), now_ms=ms(START)) is None
    told.a("preservation_report", reported(START, UNTIL, "one"))
    now_ms: int | None = ms(START)
    while now_ms is not None:
        now_ms = next_notice_ms(told.thread(), now_ms=now_ms)
        moments.append(shown(now_ms))
    assert moments == [
        *(later(UNTIL, days=-days) for days in WARNING_DAYS),
        UNTIL,
        None,
    ]


def test_a_clock_that_tells_nothing_wakes_nobody() -> None:
    """Of a decision that is due the lists tell; nothing has to be preserved for it."""
    told = Story("stored_data_request")
    assert next_notice_ms(told.thread(), now_ms=ms(START)) is None


@given(histories(), st.integers(0, 400))
@settings(max_examples=60, deadline=None)
def test_without_a_report_of_preservation_there_is_never_anything_to_tell(
    messages: list[CaseMessage], days: int
) -> None:
    """A node looks for that type before it folds a case."""
    kept = tuple(each for each in messages if each.type != SETS_A_CLOCK)
    thread = fold(History(thread=messages[0].mid, messages=kept))
    now_ms = ms(START) + days * DAY_MS
    assert next_notice_ms(thread, now_ms=now_ms) is None
    assert [notices_of(thread, side, now_ms=now_ms) for side in Side] == [(), ()]


@given(histories(), st.integers(0, 400))
@settings(max_examples=60, deadline=None)
def test_whatever_happened_nothing_new_is_told_before_the_next_moment(
    messages: list[CaseMessage], hours: int
) -> None:
    """A node that sleeps until then, or for ever if there is none, misses nothing."""
    thread = fold(History(thread=messages[0].mid, messages=tuple(messages)))
    now_ms = ms(START) + hours * DAY_MS // 4
    next_ms = next_notice_ms(thread, now_ms=now_ms) or now_ms + 4000 * DAY_MS
    for side in Side:
        told = {each.key for each in notices_of(thread, side, now_ms=now_ms)}
        assert {each.key for each in notices_of(thread, side, now_ms=next_ms - 1)} <= told


@given(st.integers(0, 100 * 24))
@settings(max_examples=60, deadline=None)
def test_nothing_new_is_told_before_the_next_event(hours: int) -> None:
    """A node that sleeps until then misses nothing."""
    thread = preserved().thread()
    now_ms = ms(START) + hours * DAY_MS // 24
    next_ms = next_notice_ms(thread, now_ms=now_ms)
    assert next_ms is not None
    told = {each.key for each in notices_of(thread, Q, now_ms=now_ms)}
    assert {each.key for each in notices_of(thread, Q, now_ms=next_ms - 1)} == told


def test_the_next_reminder_has_its_number() -> None:
    """Prefilled; the officer adds the words. After the 99th there is none."""
    told = Story(urgency="urgent")
    told.q("reminder")
    first, second = (reminder(told.request(), side) for side in (A, Q))
    assert first is not None
    assert second is not None
    assert (first.body, second.body) == ({"ordinal": 1}, {"ordinal": 2})
    assert (first.type, first.in_reply_to, first.urgency) == ("reminder", told.opener, "urgent")
    for _ in range(98):
        told.q("reminder")
    assert reminder(told.request(), Q) is None
