"""Days and moments as people enter them: day, month, year, time and zone, each in its own field.

What can be put together becomes the text of a document; what cannot is kept as it was typed, its
fields parted by line ends, which no single-line field holds. So nothing typed is lost, and the
check of the document names it as no date or no moment.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

from protocol.requests.faults import FaultCode

DAY_FIELDS: Final = ("day", "month", "year")
MOMENT_FIELDS: Final = (*DAY_FIELDS, "time", "zone")

_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_NUMBERS: Final = (re.compile(r"[0-9]{1,2}"), re.compile(r"[0-9]{1,2}"), re.compile(r"[0-9]{4}"))
_TIME: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9](?:\.[0-9]{1,6})?))?")
_OFFSET: Final = re.compile(r"[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]")
_INSTANT: Final = re.compile(
    rf"({_DATE.pattern})T([0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]{{1,6}})?)(Z|{_OFFSET.pattern})"
)
_UTC_NAMES: Final = frozenset({"Z", "UTC"})


def day_text(parts: tuple[str, ...]) -> str:
    """Return what a document holds for a day as it was entered.

    Args:
        parts: Day, month and year; a whole date may stand in the first.

    Returns:
        `YYYY-MM-DD` of a real day; else what was typed; empty for nothing.
    """
    day, month, year = (part.strip() for part in parts)
    if all(number.fullmatch(one) for number, one in zip(_NUMBERS, (day, month, year), strict=True)):
        text = f"{year}-{month:0>2}-{day:0>2}"
        if _is_day(text):
            return text
    return _as_typed(parts)


def day_parts(text: str) -> tuple[str, ...]:
    """Return the fields in which a day of a document is shown; the reverse of day_text.

    Args:
        text: Of the document, possibly no day.
    """
    match = _DATE.fullmatch(text)
    if match is not None and _is_day(text):
        return (match[3], match[2], match[1])
    if text.count("\n") == len(DAY_FIELDS) - 1:
        return tuple(text.split("\n"))
    return (text, "", "")


def moment_text(parts: tuple[str, ...], zone: str = "") -> str:
    """Return what a document holds for a moment as it was entered.

    Args:
        parts: Day, month, year, time and zone; a whole moment may stand in the first.
        zone: Whose clock is meant where no zone was entered.

    Returns:
        An RFC 3339 moment with its offset; a day where there is no time and no zone; else what
        was typed. A time that the zone's clocks showed twice or never is left as typed: a wrong
        hour names the wrong subscriber.
    """
    *fields, time, entered = parts
    if not "".join((*fields, time)).strip():
        return "" if entered.strip() in {"", zone.strip()} else _as_typed(parts)
    day = day_text(tuple(fields))
    if not time.strip() and not entered.strip():
        return day
    clock = _TIME.fullmatch(time.strip())
    if clock is not None and _is_day(day):
        local = f"{day}T{clock[1]:0>2}:{clock[2]}:{clock[3] or '00'}"
        offset = _offset(local, entered.strip() or zone.strip())
        if offset is not None:
            return local + offset
    return _as_typed(parts)


def moment_parts(text: str, zone: str = "") -> tuple[str, ...]:
    """Return the fields in which a moment of a document is shown; the reverse of moment_text.

    Args:
        text: Of the document, possibly no moment.
        zone: Whose clock is meant where no zone is shown.
    """
    match = _INSTANT.fullmatch(text)
    if match is None or not _is_day(match[1]):
        if text.count("\n") == len(MOMENT_FIELDS) - 1:
            return tuple(text.split("\n"))
        return (*day_parts(text), "", "")
    time = match[5].removesuffix(":00") if len(match[5]) == len("HH:MM:SS") else match[5]
    shown = (*day_parts(match[1]), time)
    if zone and moment_text((*shown, ""), zone) == text:
        return (*shown, "")
    return (*shown, "UTC" if match[6] == "Z" else match[6])


def in_utc(text: str) -> str:
    """Return a moment on the clock of UTC, to be shown beside what was entered.

    Args:
        text: Of the document.

    Returns:
        Such as `2026-11-20 15:40:00 UTC`; empty for what is no moment.
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        return ""
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return f"{moment.replace(tzinfo=None).isoformat(sep=' ')} UTC"


def fault_of(parts: tuple[str, ...], zone: str = "") -> FaultCode | None:
    """Tell what is wrong with a moment as it was entered.

    Args:
        parts: Day, month, year, time and zone.
        zone: Whose clock is meant where no zone was entered.

    Returns:
        None when nothing is, as far as its fields go.
    """
    *fields, time, entered = parts
    day = day_text(tuple(fields))
    if not _is_day(day):
        return FaultCode.BAD_DATE
    clock = _TIME.fullmatch(time.strip())
    if clock is None:
        return FaultCode.BAD_TIME
    name = entered.strip() or zone.strip()
    if not name:
        return FaultCode.NAIVE_TIME
    if name in zone_names() or name in _UTC_NAMES or _OFFSET.fullmatch(name):
        whole = moment_text(parts, zone)
        return None if _INSTANT.fullmatch(whole) else FaultCode.OFFSET_ZONE_MISMATCH
    return FaultCode.UNKNOWN_ZONE


@cache
def zone_names() -> tuple[str, ...]:
    """Return the names of all zones, to choose from."""
    return tuple(sorted((files("tzdata") / "zones").read_text("utf-8").split()))


def _is_day(text: str) -> bool:
    if _DATE.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _as_typed(parts: tuple[str, ...]) -> str:
    first, *others = (part.replace("\n", " ") for part in parts)
    return "\n".join((first, *others)) if any(others) else first


def _offset(local: str, zone: str) -> str | None:
    """Return the offset of a zone's clocks; None where there is none, or more than one."""
    if zone in _UTC_NAMES:
        return "Z"
    if _OFFSET.fullmatch(zone):
        return zone
    if zone not in zone_names():
        return None
    moment = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
    early, late = moment.utcoffset(), moment.replace(fold=1).utcoffset()
    if early is None or early != late or early % timedelta(minutes=1):
        return None
    minutes = int(early / timedelta(minutes=1))
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
