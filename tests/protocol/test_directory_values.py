"""The values of an entry: each has one spelling, and shows to people as what it is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from protocol.directory_values import (
    CountryCode,
    Email,
    Endpoint,
    HexDigest,
    Line,
    NodeName,
    OriginName,
    Phone,
    Version,
    ZoneName,
    distinct,
    key_bytes,
    key_text,
    time_ms,
    time_text,
)

YEAR_9999_MS = 253_402_300_799_000


@settings(max_examples=100, deadline=None)
@given(st.integers(0, YEAR_9999_MS // 1000))
def test_a_time_reads_back_as_the_same_second(second: int) -> None:
    """Times travel as text and count as numbers."""
    assert time_ms(time_text(second * 1000)) == second * 1000


def test_fractions_of_a_second_are_cut_off() -> None:
    """A key never counts before the moment that its text says."""
    assert time_text(1_999) == "1970-01-01T00:00:01Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-21",
        "2026-11-21T08:00:00",
        "2026-11-21T08:00:00+00:00",
        "2026-11-21T08:00:00.5Z",
        "2026-11-21t08:00:00z",
        "2026-02-30T08:00:00Z",
        "2026-11-21T24:00:00Z",
        "2026-11-21T08:00:60Z",
        "2026-11-21T08:00:00Z\n",
        "\u0662026-11-21T08:00:00Z",
    ],
)
def test_other_spellings_of_a_time_are_refused(text: str) -> None:
    """Two readers must never disagree on when a key ends."""
    with pytest.raises(ValueError, match=r"."):
        time_ms(text)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=64))
def test_key_text_reads_back(data: bytes) -> None:
    """Keys travel as base64."""
    assert key_bytes(key_text(data)) == data


@pytest.mark.parametrize("text", ["A", "QQ", "QQ=", "QR==", "Q Q=", "QQ==\n", "-_==", "é"])
def test_other_spellings_of_base64_are_refused(text: str) -> None:
    """One key has one text."""
    with pytest.raises(ValueError, match=r"base64"):
        key_bytes(text)


def test_a_repeated_value_is_refused_without_being_named() -> None:
    """Errors quote nothing that a stranger wrote."""
    distinct(("a", "b"), "a letter")
    with pytest.raises(ValueError, match=r"^a letter is listed twice$"):
        distinct(("a", "b", "a"), "a letter")


@pytest.mark.parametrize(
    ("kind", "good"),
    [
        (Line, "Serviciul de combatere a criminalității informatice"),
        (Line, "サイバー犯罪対策"),
        (Phone, "+40211234567"),
        (Email, "desk@police.example"),
        (ZoneName, "Europe/Bucharest"),
        (ZoneName, "UTC"),
        (Endpoint, "https://localhost:8443"),
        (Endpoint, "https://a35.example.ro:443"),
        (Endpoint, "https://[::1]:8443"),
        (Version, "a35/1"),
        (CountryCode, "RO"),
        (NodeName, "RO/1"),
        (OriginName, "a35/RO/1/log/1"),
        (HexDigest, "0a" * 32),
    ],
)
def test_a_sound_value_is_kept_as_it_is(kind: type[str], good: str) -> None:
    """Nothing is corrected in silence."""
    assert TypeAdapter(kind).validate_python(good) == good


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        (Line, ""),
        (Line, "  "),
        (Line, "a\nb"),
        (Line, "a\x1b[2J"),
        (Line, "a\u202eb"),
        (Line, "a\u2028b"),
        (Line, "e\u0301"),
        (Line, "\ue000"),
        (Line, "x" * 201),
        (Phone, "0211234567"),
        (Phone, "+40 21 123"),
        (Email, "desk"),
        (Email, "a b@c.example"),
        (ZoneName, "../../etc/passwd"),
        (Endpoint, "http://localhost:8443"),
        (Endpoint, "https://localhost"),
        (Endpoint, "https://localhost:0"),
        (Endpoint, "https://localhost:99999"),
        (Endpoint, "https://LOCALHOST:8443"),
        (Endpoint, "https://localhost:08443"),
        (Endpoint, "https://user@localhost:8443"),
        (Endpoint, "https://localhost:8443/"),
        (Endpoint, "https://localhost:8443?x"),
        (Endpoint, "https://[::1:8443"),
        (Endpoint, "https://local host:8443"),
        (Version, "a35/0"),
        (CountryCode, "ro"),
        (NodeName, "RO/0"),
        (OriginName, "a35/RO/1/log/0"),
        (HexDigest, "0A" * 32),
    ],
)
def test_every_other_value_is_refused(kind: type[str], bad: str) -> None:
    """Names are shown to officers, and addresses are connected to."""
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(bad)
