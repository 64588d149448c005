"""Days and moments in their fields and back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.officer.pages.forms.moments import (
    day_parts,
    day_text,
    fault_of,
    in_utc,
    moment_parts,
    moment_text,
    zone_names,
)
from protocol.requests.faults import FaultCode


def test_a_day_is_put_together_from_its_fields() -> None:
    """As people write it."""
    assert day_text(("3", "2", "2026")) == "2026-02-03"
    assert day_text((" 2026-02-03 ", "", "")) == " 2026-02-03 "
    assert day_parts("2026-02-03") == ("03", "02", "2026")


@pytest.mark.parametrize(
    "typed", [("31", "2", "2026"), ("x", "", ""), ("", "", "2026"), ("1", "1", "26"), ("", "", "")]
)
def test_what_is_no_day_is_kept_as_it_was_typed(typed: tuple[str, ...]) -> None:
    """To be mended, not typed again."""
    assert day_parts(day_text(typed)) == typed


@pytest.mark.parametrize(
    ("parts", "zone", "text"),
    [
        (("20", "11", "2026", "17:40", "Europe/Bucharest"), "", "2026-11-20T17:40:00+02:00"),
        (("20", "11", "2026", "7:05:09.5", "UTC"), "", "2026-11-20T07:05:09.5Z"),
        (("20", "11", "2026", "17:40", ""), "America/St_Johns", "2026-11-20T17:40:00-03:30"),
        (("20", "11", "2026", "17:40", "-12:00"), "UTC", "2026-11-20T17:40:00-12:00"),
        (("20", "11", "2026", "", ""), "", "2026-11-20"),
        (("2026-11-20T17:40:00Z", "", "", "", ""), "", "2026-11-20T17:40:00Z"),
        (("", "", "", "", ""), "", ""),
        (("", "", "", "", "UTC"), "UTC", ""),
    ],
)
def test_a_moment_is_put_together_from_its_fields(
    parts: tuple[str, ...], zone: str, text: str
) -> None:
    """With the offset that clocks there had."""
    assert moment_text(parts, zone) == text


@pytest.mark.parametrize(
    ("parts", "zone", "code"),
    [
        (("31", "2", "2026", "10:00", "UTC"), "", FaultCode.BAD_DATE),
        (("20", "11", "2026", "25:00", "UTC"), "", FaultCode.BAD_TIME),
        (("20", "11", "2026", "10:00", ""), "", FaultCode.NAIVE_TIME),
        (("20", "11", "2026", "10:00", "Moon/Base"), "", FaultCode.UNKNOWN_ZONE),
        (("25", "10", "2026", "02:30", "Europe/Paris"), "", FaultCode.OFFSET_ZONE_MISMATCH),
        (("29", "3", "2026", "02:30", ""), "Europe/Paris", FaultCode.OFFSET_ZONE_MISMATCH),
        (("1", "1", "1850", "02:30", "Europe/Paris"), "", FaultCode.OFFSET_ZONE_MISMATCH),
        (("20", "11", "2026", "10:00", "+02:00"), "", None),
    ],
)
def test_the_field_at_fault_is_named(
    parts: tuple[str, ...], zone: str, code: FaultCode | None
) -> None:
    """An hour that the clocks showed twice or never is not guessed."""
    assert fault_of(parts, zone) is code
    if code is not None:
        assert moment_parts(moment_text(parts, zone), zone) == parts


def test_the_zone_is_shown_only_where_it_is_another() -> None:
    """A period has one zone for both ends."""
    text = "2026-11-20T17:40:00+02:00"
    assert moment_parts(text, "Europe/Bucharest") == ("20", "11", "2026", "17:40", "")
    assert moment_parts(text, "Europe/Paris") == ("20", "11", "2026", "17:40", "+02:00")
    assert moment_parts(text) == ("20", "11", "2026", "17:40", "+02:00")


@settings(max_examples=60, deadline=None)
@given(
    st.datetimes(timezones=st.just(None)),
    st.sampled_from(["Z", "+00:00", "-00:00", "+13:45", "-09:30"]),
    st.sampled_from(["", "UTC", "Asia/Tokyo"]),
)
def test_every_moment_comes_back_as_it_was(moment: object, offset: str, zone: str) -> None:
    """Its offset and the digits of its seconds included."""
    text = f"{moment}".replace(" ", "T") + offset
    assert moment_text(moment_parts(text, zone), zone) == text


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.sampled_from("0123 :/ab"), max_size=6), min_size=5, max_size=5))
def test_whatever_was_typed_is_shown_again(typed: list[str]) -> None:
    """Or it was a moment, and is shown as one."""
    text = moment_text(tuple(typed))
    assert moment_text(moment_parts(text)) == text
    if "T" not in text and "".join(typed).strip() and text.count("-") != 2:
        shown = [part.strip() for part in moment_parts(text)]
        assert shown == [part.strip() for part in typed]


def test_a_moment_is_echoed_in_utc() -> None:
    """So that a wrong zone is seen at once."""
    assert in_utc("2026-11-20T17:40:00+02:00") == "2026-11-20 15:40:00 UTC"
    assert in_utc("2026-13-20T17:40:00+02:00") == ""
    assert in_utc("0001-01-01T00:00:00+02:00") == ""
    assert in_utc("soon") == ""
    assert "Europe/Paris" in zone_names()
