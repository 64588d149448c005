"""What single settings may be, and what they mean."""

import pytest
from pydantic import ValidationError

from gateway.sections import BackupSection, DirectorySection, DiskSection
from protocol.delivery.currency import DAY_MS, HOUR_MS, AgeLimits
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


def test_the_ages_of_a_directory_are_those_of_the_rule_or_stricter() -> None:
    """A national policy may stop sooner; nobody may go on longer."""
    assert DirectorySection().ages == AgeLimits()
    strict = DirectorySection(warn_hours=1, urgent_only_days=1, stop_days=2)
    assert strict.ages == AgeLimits(warn_ms=HOUR_MS, urgent_only_ms=DAY_MS, stop_ms=2 * DAY_MS)
    for name, value in (("warn_hours", 25), ("urgent_only_days", 8), ("stop_days", 31)):
        with pytest.raises(ValidationError):
            DirectorySection.model_validate({name: value})
    with pytest.raises(ValidationError, match="comes after"):
        DirectorySection(urgent_only_days=5, stop_days=4)


def test_mirrors_are_addresses_as_the_first_one() -> None:
    """A folder on a stick, a server; never plain http over a network."""
    urls = ("https://mirror.example.org/dir/", "file:///media/stick")
    assert DirectorySection(mirrors=urls).mirrors == urls
    with pytest.raises(ValidationError):
        DirectorySection(mirrors=("http://mirror.example.org/",))
