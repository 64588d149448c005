"""Days: when they end where clocks change, and how many are left."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.cases.days import DAY_MS, days_left, end_of_day_ms, moment_ms, zone_of
from tests.protocol.cases.instants import ms, shown

ZONES = ("UTC", "Europe/Bucharest", "Asia/Tokyo", "America/Sao_Paulo", "Africa/Cairo", "+05:45")


@pytest.mark.parametrize(
    ("day", "zone", "end"),
    [
        ("2026-11-25", None, "2026-11-26T00:00:00Z"),
        ("2026-11-25", "UTC", "2026-11-26T00:00:00Z"),
        ("2026-11-25", "Asia/Tokyo", "2026-11-25T15:00:00Z"),
        ("2026-11-25", "America/New_York", "2026-11-26T05:00:00Z"),
        ("2026-11-25", "-09:30", "2026-11-26T09:30:00Z"),
        ("2026-11-25", "+14:00", "2026-11-25T10:00:00Z"),
        # The day on which clocks go forward has 23 hours, the other one 25.
        ("2027-03-28", "Europe/Bucharest", "2027-03-28T21:00:00Z"),
        ("2027-10-31", "Europe/Bucharest", "2027-10-31T22:00:00Z"),
        # Clocks go forward at midnight: the day after begins at one o'clock.
        ("2018-11-03", "America/Sao_Paulo", "2018-11-04T03:00:00Z"),
        # Clocks go back at one o'clock: midnight comes twice, and the first one ends the day.
        ("2024-11-02", "America/Havana", "2024-11-03T04:00:00Z"),
        ("2028-02-28", "Europe/Paris", "2028-02-28T23:00:00Z"),
        ("2028-02-29", "Europe/Paris", "2028-02-29T23:00:00Z"),
        ("2027-02-28", "Europe/Paris", "2027-02-28T23:00:00Z"),
        ("2026-12-31", "Pacific/Auckland", "2026-12-31T11:00:00Z"),
    ],
)
def test_a_day_ends_on_the_clock_of_its_zone(day: str, zone: str | None, end: str) -> None:
    """`when` as a date means the end of that day at the requested Party."""
    assert shown(end_of_day_ms(day, zone_of(zone))) == end
    assert shown(moment_ms(day, zone_of(zone))) == end


def test_an_instant_is_what_it_says() -> None:
    """Its offset says what clock was read; the zone of the desk plays no part."""
    assert shown(moment_ms("2026-11-25T08:30:00+02:00", zone_of("Asia/Tokyo"))) == (
        "2026-11-25T06:30:00Z"
    )


@given(st.dates(date(1990, 1, 1), date(2099, 12, 30)), st.sampled_from(ZONES))
@settings(max_examples=200, deadline=None)
def test_days_follow_each_other_without_gap(day: date, name: str) -> None:
    """The end of one day is the beginning of the next, also where clocks change."""
    zone = zone_of(name)
    end = datetime.fromtimestamp(end_of_day_ms(day.isoformat(), zone) / 1000, UTC)
    assert end.astimezone(zone).date() == day + timedelta(days=1)
    assert (end - timedelta(milliseconds=1)).astimezone(zone).date() == day


@pytest.mark.parametrize(
    ("now", "left"),
    [
        ("2026-11-21T10:00:00Z", 1),
        ("2026-11-21T09:59:59Z", 2),
        ("2026-11-22T09:59:59.999Z", 1),
        ("2026-11-22T10:00:00Z", 0),
        ("2026-12-22T10:00:00Z", 0),
    ],
)
def test_a_begun_day_is_still_left(now: str, left: int) -> None:
    """Nobody is told that no day is left while hours are."""
    assert days_left(ms("2026-11-22T10:00:00Z"), ms(now)) == left


def test_a_day_has_24_hours() -> None:
    """Terms in days are counted in hours, whatever clocks do."""
    assert timedelta(milliseconds=DAY_MS) == timedelta(days=1)
