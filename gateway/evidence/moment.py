"""Times as people and programs read them: RFC 3339 in UTC."""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


def moment(at_ms: int) -> str:
    """Write milliseconds since 1970 as `2026-11-21T14:05:40.123Z`.

    Args:
        at_ms: Any number: a speaker may state one that no calendar has.
    """
    try:
        text = (_EPOCH + at_ms * _MS).isoformat(timespec="milliseconds")
    except OverflowError:
        return "9999-12-31T23:59:59.999Z"
    return text.replace("+00:00", "Z")


def moment_or_none(at_ms: int | None) -> str | None:
    """Write a time that may be unknown."""
    return None if at_ms is None else moment(at_ms)
