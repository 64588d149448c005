"""Days and instants: when a day ends at the requested Party, and how many days are left.

A term in days is a number of days of 24 hours from an instant, whatever clocks do meanwhile; a
date ends when the day ends on the clock of the requested desk. Everything else is UTC.

    >>> from datetime import datetime
    >>> end = end_of_day_ms("2028-02-29", zone_of("Europe/Bucharest"))
    >>> datetime.fromtimestamp(end / 1000, UTC).isoformat()
    '2028-02-29T22:00:00+00:00'

Source: docs/domain.md, sections 4 (`when`, `zone`) and 9.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

DAY_MS: Final = 24 * 60 * 60 * 1000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_ONE_DAY: Final = timedelta(days=1)
_OFFSET: Final = re.compile(r"([+-])([0-9]{2}):([0-9]{2})")


def zone_of(name: str | None) -> tzinfo:
    """Return a time zone.

    Args:
        name: A text that passed as Zone (an IANA name, `UTC`, or an offset); None for UTC.
    """
    if name is None:
        return UTC
    match = _OFFSET.fullmatch(name)
    if match is None:
        return ZoneInfo(name)
    size = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-size if match[1] == "-" else size)


def end_of_day_ms(day: str, zone: tzinfo) -> int:
    """Return when a day is over in a zone, also where clocks change at midnight.

    Args:
        day: `YYYY-MM-DD`.
        zone: Of the requested desk.

    Returns:
        Milliseconds since 1970 UTC: the first instant of the day after.
    """
    begin = datetime.combine(date.fromisoformat(day) + _ONE_DAY, time.min, tzinfo=zone)
    return (begin.astimezone(UTC) - _EPOCH) // _MILLISECOND


def moment_ms(when: str, zone: tzinfo) -> int:
    """Return the instant at which a day or instant is over.

    Args:
        when: A text that passed as When.
        zone: Of the requested desk, for a day.
    """
    if "T" not in when:
        return end_of_day_ms(when, zone)
    return (datetime.fromisoformat(when) - _EPOCH) // _MILLISECOND


def days_left(until_ms: int, now_ms: int) -> int:
    """Return how many days are left, a begun one counted whole.

    Args:
        until_ms: The end.
        now_ms: The present.

    Returns:
        0 when the end has come.
    """
    return max(0, -((now_ms - until_ms) // DAY_MS))
