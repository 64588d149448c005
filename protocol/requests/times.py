"""Days, moments and time zones: their checked types, and the rules on past and future.

Dates and moments stay the text that a person wrote: its offset says what clock was read.

Source: docs/domain.md, section 4 ("Time rules") and 4.1 (`period`); RFC 3339.
"""

import re
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta, timezone
from enum import Enum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Annotated, Final, assert_never
from zoneinfo import ZoneInfo

from protocol.requests.faults import FaultCode
from protocol.requests.text import TextKind, refusal

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_LOCAL: Final = rf"{_DATE.pattern}T{_CLOCK}:[0-5][0-9](?:\.[0-9]{{1,6}})?"
_INSTANT: Final = re.compile(rf"{_LOCAL}(?:Z|[+-]{_CLOCK})")
_NAIVE: Final = re.compile(_LOCAL)
_OFFSET: Final = re.compile(r"([+-])([0-9]{2}):([0-5][0-9])")
_FIRST_YEAR: Final = 1970
_LAST_YEAR: Final = 2100
_EAST: Final = timedelta(hours=14)
_WEST: Final = timedelta(hours=-12)
_ONE_DAY: Final = timedelta(days=1)
_KEPT_ZONES: Final = 64


class TimeRule(Enum):
    """What a date must be, seen from today."""

    NOT_FUTURE = "not later than tomorrow (time zones)"
    NOT_PAST = "today or later"
    AFTER_TODAY = "tomorrow or later"


TIME_RULES: Final[dict[str, TimeRule]] = {
    **dict.fromkeys(
        (
            "request_date", "issued_on", "decided_on", "sent_on", "received_on", "referred_on",
            "released_on", "preserved_at", "collected_at", "oral_given_at", "detected_at",
        ),
        TimeRule.NOT_FUTURE,
    ),
    **dict.fromkeys(
        (
            "mla_planned_date", "response_expected_by", "expected_decision_by", "answer_by",
            "new_expected_date",
        ),
        TimeRule.NOT_PAST,
    ),
    **dict.fromkeys(("requested_until", "postponed_until"), TimeRule.AFTER_TODAY),
}  # fmt: skip
"""The rule of each field, by its name, wherever it stands; periods have their own."""


def _date(value: str) -> str:
    if _DATE.fullmatch(value) is None:
        raise refusal(value, FaultCode.BAD_DATE)
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise refusal(value, FaultCode.BAD_DATE) from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise refusal(value, FaultCode.BAD_DATE)
    return value


def _instant(value: str) -> str:
    if _INSTANT.fullmatch(value) is None:
        naive = _NAIVE.fullmatch(value) is not None and _moment(value) is not None
        raise refusal(value, FaultCode.NAIVE_TIME if naive else FaultCode.BAD_TIME)
    if _moment(value) is None:
        raise refusal(value, FaultCode.BAD_TIME)
    return value


def _moment(value: str) -> datetime | None:
    """Return the moment that a text names, or None for one that never was."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    # In the first and last year of the calendar some zones have no date for a moment.
    return moment if MINYEAR < moment.year < MAXYEAR else None


def _when(value: str) -> str:
    return _instant(value) if "T" in value or ":" in value else _date(value)


@cache
def _zone_names() -> frozenset[str]:
    """Return the IANA names: those of the tzdata package, the same on every machine."""
    return frozenset((files("tzdata") / "zones").read_text("utf-8").split())


@lru_cache(maxsize=_KEPT_ZONES)
def _zone_of(name: str) -> ZoneInfo | timezone | None:
    """Return the zone of a name or offset, or None."""
    match = _OFFSET.fullmatch(name)
    if match is None:
        return ZoneInfo(name) if name in _zone_names() else None
    size = timedelta(hours=int(match[2]), minutes=int(match[3]))
    offset = -size if match[1] == "-" else size
    return timezone(offset) if _WEST <= offset <= _EAST else None


def _zone(value: str) -> str:
    if _zone_of(value) is None:
        raise refusal(value, FaultCode.UNKNOWN_ZONE)
    return value


Date = Annotated[str, TextKind(_date, {"format": "date"})]
"""A day, `YYYY-MM-DD`, 1970 to 2100."""

Instant = Annotated[str, TextKind(_instant, {"format": "date-time"})]
"""A moment with its offset (RFC 3339)."""

When = Annotated[str, TextKind(_when, {"pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.+)?$"})]
"""A day (its end at the requested Party) or a moment."""

Zone = Annotated[str, TextKind(_zone)]
"""An IANA time zone, UTC, or an offset."""


def instant_of(value: str) -> datetime:
    """Return the moment of a checked Instant.

    Args:
        value: A text that passed as Instant.
    """
    return datetime.fromisoformat(value[:])  # the slice lets UNSOUND speak up


def day_of(value: str) -> date:
    """Return the day of a checked Date, or the UTC day of a checked Instant.

    Args:
        value: A text that passed as Date, Instant or When.
    """
    if "T" in value:
        return datetime.fromisoformat(value).astimezone(UTC).date()
    return date.fromisoformat(value)


def breaks(value: str, rule: TimeRule, today: date) -> FaultCode | None:
    """Hold a date against today.

    Args:
        value: A text that passed as Date, Instant or When.
        rule: What it must be.
        today: The day of the check, UTC.

    Returns:
        The code, or None when the rule holds.
    """
    day = day_of(value)
    match rule:
        case TimeRule.NOT_FUTURE:
            return FaultCode.IN_THE_FUTURE if day > today + _ONE_DAY else None
        case TimeRule.NOT_PAST:
            return FaultCode.IN_THE_PAST if day < today else None
        case TimeRule.AFTER_TODAY:
            return FaultCode.IN_THE_PAST if day <= today else None
        case _:
            assert_never(rule)


def has_offset_of(value: str, zone: str) -> bool:
    """Tell whether a moment is written in UTC (`Z`) or as the clocks of a zone showed it.

    Args:
        value: A text that passed as Instant.
        zone: A text that passed as Zone.
    """
    if value.endswith("Z"):
        return True
    moment = datetime.fromisoformat(value)
    place = _zone_of(zone)
    return place is not None and moment.astimezone(place).utcoffset() == moment.utcoffset()
