"""Instants as text and as milliseconds, for the tests of the cases."""

from datetime import UTC, datetime, timedelta
from typing import Final

START: Final = "2026-11-21T10:00:00Z"
MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000


def ms(instant: str) -> int:
    """Return an instant in milliseconds since 1970."""
    return round(datetime.fromisoformat(instant).timestamp() * 1000)


def shown(instant_ms: int | None) -> str | None:
    """Return milliseconds as an instant in UTC, to compare days by reading."""
    if instant_ms is None:
        return None
    moment = datetime.fromtimestamp(instant_ms / 1000, UTC)
    return moment.isoformat().replace("+00:00", "Z")


def later(instant: str, **by: int) -> str:
    """Return an instant some time later."""
    moment = datetime.fromisoformat(instant) + timedelta(**by)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
