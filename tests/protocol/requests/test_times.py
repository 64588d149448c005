"""Days, moments, zones, and what lies on the wrong side of today."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.requests.faults import FaultCode
from protocol.requests.times import (
    Date,
    Instant,
    TimeRule,
    When,
    Zone,
    breaks,
    day_of,
    has_offset_of,
    instant_of,
)
from tests.protocol.requests.test_text import verdict

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Date, "1970-01-01"),
        (Date, "2100-12-31"),
        (Date, "2028-02-29"),
        (Instant, "2026-11-20T17:40:00Z"),
        (Instant, "2026-11-20T17:40:00.5+02:00"),
        (Instant, "2026-11-20T17:40:00.123456-11:30"),
        (When, "2026-11-20"),
        (When, "2026-11-20T17:40:00Z"),
        (Zone, "Europe/Bucharest"),
        (Zone, "America/Argentina/Buenos_Aires"),
        (Zone, "UTC"),
        (Zone, "-12:00"),
        (Zone, "+14:00"),
        (Zone, "+05:45"),
    ],
)
def test_dates_moments_and_zones_stay_as_written(kind: object, value: str) -> None:
    """The offset says which clock was read, so nothing is rewritten."""
    assert verdict(kind, value) == value


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        (Date, "2026-02-30", "bad_date"),
        (Date, "2026-2-3", "bad_date"),
        (Date, "20260203", "bad_date"),
        (Date, "1969-12-31", "bad_date"),
        (Date, "2101-01-01", "bad_date"),
        (Date, "2026-11-20T00:00:00Z", "bad_date"),
        (Date, "٢٠٢٦-11-20", "bad_date"),
        (Date, " ", "empty"),
        (Instant, "2026-11-20T17:40:00", "naive_time"),
        (Instant, "2026-11-20T17:40:00.25", "naive_time"),
        (Instant, "2026-02-30T17:40:00", "bad_time"),
        (Instant, "2026-02-30T17:40:00Z", "bad_time"),
        (Instant, "2026-11-20", "bad_time"),
        (Instant, "2026-11-20 17:40:00Z", "bad_time"),
        (Instant, "2026-11-20t17:40:00Z", "bad_time"),
        (Instant, "2026-11-20T17:40:00z", "bad_time"),
        (Instant, "2026-11-20T17:40Z", "bad_time"),
        (Instant, "2026-11-20T17:40:60Z", "bad_time"),
        (Instant, "2026-11-20T24:00:00Z", "bad_time"),
        (Instant, "2026-11-20T17:40:00.1234567Z", "bad_time"),
        (Instant, "2026-11-20T17:40:00+0200", "bad_time"),
        (Instant, "2026-11-20T17:40:00+24:00", "bad_time"),
        (Instant, "0001-01-01T00:00:00+14:00", "bad_time"),
        (Instant, "9999-12-31T23:00:00-14:00", "bad_time"),
        (When, "tomorrow", "bad_date"),
        (When, "2026-13-01", "bad_date"),
        (When, "2026-11-20T17:40:00", "naive_time"),
        (When, "17:40", "bad_time"),
        (Zone, "Europe", "unknown_zone"),
        (Zone, "Europe/Paris\n", "unknown_zone"),
        (Zone, "../etc/passwd", "unknown_zone"),
        (Zone, "CEST", "unknown_zone"),
        (Zone, "posix/Europe/Paris", "unknown_zone"),
        (Zone, "-12:01", "unknown_zone"),
        (Zone, "+14:30", "unknown_zone"),
        (Zone, "+99:00", "unknown_zone"),
    ],
)
def test_what_is_no_date_moment_or_zone_is_refused(kind: object, value: str, code: str) -> None:
    """A wrong hour names the wrong subscriber."""
    assert verdict(kind, value) == [code]


@pytest.mark.parametrize(
    ("value", "time_rule", "code"),
    [
        ("2026-11-22", TimeRule.NOT_FUTURE, None),
        ("2026-11-23", TimeRule.NOT_FUTURE, FaultCode.IN_THE_FUTURE),
        ("2026-11-22T23:59:59Z", TimeRule.NOT_FUTURE, None),
        ("2026-11-23T00:30:00+01:00", TimeRule.NOT_FUTURE, None),
        ("2026-11-23T00:00:00Z", TimeRule.NOT_FUTURE, FaultCode.IN_THE_FUTURE),
        ("2026-11-21", TimeRule.NOT_PAST, None),
        ("2026-11-20", TimeRule.NOT_PAST, FaultCode.IN_THE_PAST),
        ("2026-11-21T00:30:00+01:00", TimeRule.NOT_PAST, FaultCode.IN_THE_PAST),
        ("2026-11-22", TimeRule.AFTER_TODAY, None),
        ("2026-11-21", TimeRule.AFTER_TODAY, FaultCode.IN_THE_PAST),
    ],
)
def test_dates_lie_on_their_side_of_today(
    value: str, time_rule: TimeRule, code: FaultCode | None
) -> None:
    """Past means before today, future after tomorrow; moments count by their UTC day."""
    assert breaks(value, time_rule, TODAY) is code


@pytest.mark.parametrize(
    ("moment", "zone", "fits"),
    [
        ("2026-07-01T12:00:00Z", "Europe/Paris", True),
        ("2026-07-01T12:00:00+02:00", "Europe/Paris", True),
        ("2026-07-01T12:00:00+01:00", "Europe/Paris", False),
        ("2026-12-01T12:00:00+01:00", "Europe/Paris", True),
        ("2026-10-25T02:30:00+02:00", "Europe/Paris", True),
        ("2026-10-25T02:30:00+01:00", "Europe/Paris", True),
        ("2026-07-01T12:00:00+00:00", "Europe/Paris", False),
        ("2026-07-01T12:00:00+00:00", "UTC", True),
        ("2026-07-01T12:00:00+05:30", "+05:30", True),
        ("2026-07-01T12:00:00-05:30", "+05:30", False),
        ("2026-07-01T12:00:00-05:30", "-05:30", True),
    ],
)
def test_a_moment_is_in_utc_or_on_the_clock_of_its_zone(
    moment: str, zone: str, *, fits: bool
) -> None:
    """In the hour that comes twice a year both offsets were on the clocks."""
    assert has_offset_of(moment, zone) is fits


@settings(max_examples=100, deadline=None)
@given(st.datetimes(timezones=st.timezones()))
def test_every_moment_of_the_calendar_has_a_utc_day(moment: object) -> None:
    """What passes as Instant never fails later, on a sum or a change of zone."""
    value = str(moment).replace(" ", "T")
    if verdict(Instant, value) == value:
        assert isinstance(day_of(value), date)
        assert instant_of(value).isoformat()
        assert has_offset_of(value, "+14:00") in {True, False}
