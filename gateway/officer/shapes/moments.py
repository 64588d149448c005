"""Times on the local API: RFC 3339 in UTC with milliseconds, and back."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def instant(at_ms: int) -> str:
    """Write milliseconds since 1970 as `2026-11-21T14:05:40.123Z`.

    Args:
        at_ms: 0 to the end of the year 9999.
    """
    text = (_EPOCH + at_ms * _MILLISECOND).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def instant_or_none(at_ms: int | None) -> str | None:
    """Write a time that may be absent."""
    return None if at_ms is None else instant(at_ms)


def milliseconds(text: str) -> int:
    """Read what `instant` wrote.

    Raises:
        ValueError: Not a time with an offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without an offset")
    return (moment - _EPOCH) // _MILLISECOND
