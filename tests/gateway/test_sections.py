"""What single settings may be, and what they mean."""

import pytest
from pydantic import ValidationError

from gateway.sections import BackupSection, DiskSection
from protocol.delivery.room import Floor


def test_disk_settings_are_the_floor_of_the_rule() -> None:
    """MiB in the file, bytes in the rule."""
    assert DiskSection().floor == Floor()
    assert DiskSection(least_free_mib=2, least_free_percent=3).floor == Floor(
        least_bytes=2 * 1024 * 1024, percent=3
    )


def test_time_of_a_backup_is_a_minute_of_the_day() -> None:
    """In UTC, so that no change of the clocks skips a night."""
    assert BackupSection().at_minute == 3 * 60 + 15
    assert BackupSection(at="00:00").at_minute == 0
    assert BackupSection(at="23:59").at_minute == 24 * 60 - 1


@pytest.mark.parametrize("text", ["24:00", "3:15", "03:60", "03-15", "03:15 ", ""])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    """A typing mistake must not become a night without a backup."""
    with pytest.raises(ValidationError):
        BackupSection(at=text)
