"""What a terminal shows: harmless text, times in words, nothing that a sender can bend."""

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import UsageError
from gateway.officer.cli.output import (
    content_lines,
    fault_line,
    foreign,
    in_words,
    lines_of,
    local_time,
    message_rows,
    seconds_of,
)
from gateway.officer.shapes.models import ContentView, FileItem, MessageItem
from gateway.officer.shapes.moments import instant
from gateway.officer.shapes.problems import Fault

NOW_MS = 1_795_269_600_000
MINUTE_MS = 60_000


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2Jgone", "\\u{1b}[2Jgone"),
        ("a\r\nb\tc\x00", "a\\u{d}\\u{a}b\\u{9}c\\u{0}"),
        ("\u202egnp.exe", "\\u{202e}gnp.exe"),
        ("\u2066x\u2069", "\\u{2066}x\\u{2069}"),
        ("\u061c\u200e\u200f\ufeff", "\\u{61c}\\u{200e}\\u{200f}\\u{feff}"),
        ("\u2028\u2029", "\\u{2028}\\u{2029}"),
        ("\x9b31m", "\\u{9b}31m"),
        ("\ud800", "\\u{d800}"),
        ("Crète Ελλάδα ქართული مرحبا", "Crète Ελλάδα ქართული مرحبا"),
    ],
)
def test_what_could_mislead_is_written_out(text: str, shown: str) -> None:
    """A reference must read as it is, in every script, and move no cursor."""
    assert foreign(text) == shown


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_no_control_or_format_character_ever_passes(text: str) -> None:
    """The rule holds for all of Unicode, not for a list of known tricks."""
    assert not {unicodedata.category(sign) for sign in foreign(text)} & {"Cc", "Cf", "Zl", "Zp"}


def test_document_is_shown_as_indented_lines() -> None:
    """Officers read it without JSON's marks; long texts keep their lines."""
    document = {
        "type": "note",
        "keep": True,
        "none": None,
        "count": 3,
        "body": {"text": "one\ntwo\x1b", "items": [{"id": "a"}, "b", []]},
    }
    assert list(lines_of(document)) == [
        "type: note",
        "keep: yes",
        "none: none",
        "count: 3",
        "body:",
        "  text:",
        "    one",
        "    two\\u{1b}",
        "  items:",
        "    -",
        "      id: a",
        "    - b",
        "    -",
    ]
    assert list(lines_of("alone")) == ["alone"]


def test_hostile_file_name_is_shown_escaped() -> None:
    """The sender chose it."""
    files = (
        FileItem(
            index=0, name="a\x1b]0;b\x07", media_type="t\u202e", size_bytes=5, sha256="0" * 64
        ),
    )
    view = ContentView(mid="0" * 32, state="opened", document={}, files=files)
    assert list(content_lines(view)) == ["attachment 0: a\\u{1b}]0;b\\u{7}, 5 bytes, t\\u{202e}"]


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "in 0 min"),
        (59, "in 59 min"),
        (190, "in 3 h 10 min"),
        (3 * 24 * 60 + 125, "in 3 d 2 h"),
        (-40, "40 min late"),
        (-61, "1 h 1 min late"),
    ],
)
def test_due_times_are_told_in_words(minutes: int, words: str) -> None:
    """What an officer plans by is the distance, not the date."""
    assert in_words(instant(NOW_MS + minutes * MINUTE_MS), NOW_MS) == words


def test_nothing_due_is_a_dash() -> None:
    """An empty cell could be a fault."""
    assert in_words(None, NOW_MS) == "-"


def test_time_is_shown_locally_and_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two desks compare times on the telephone."""
    set_zone(monkeypatch, "UTC")
    assert local_time("2026-11-21T14:05:40.123Z") == "21 Nov 2026 14:05:40 UTC (14:05:40Z)"
    set_zone(monkeypatch, "EET-2")
    assert local_time("2026-11-21T23:05:40.123Z") == ("22 Nov 2026 01:05:40 EET (21 Nov 23:05:40Z)")


@pytest.mark.parametrize(
    ("text", "seconds"), [("45s", 45), ("30m", 1800), ("2h", 7200), ("1d", 86_400), ("90", 90)]
)
def test_durations_are_read(text: str, seconds: float) -> None:
    """As people write them."""
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "1.5h", "-3m", "soon", "٣m", "9999999s"])
def test_other_durations_are_refused(text: str) -> None:
    """A wait of a guessed length is worse than none."""
    with pytest.raises(UsageError):
        seconds_of(text)


def test_row_of_an_unread_message_has_dashes() -> None:
    """Before this node has opened it, nothing is known but who sent it."""
    item = MessageItem(
        mid="0" * 32,
        code="0000-0000",
        thread=None,
        type=None,
        party="FR/1",
        party_name="France\x1b",
        state="accepted",
        due=None,
        urgency="urgent",
        reference=None,
        handling=None,
        at=instant(NOW_MS),
        late=None,
    )
    assert message_rows([item], NOW_MS) == [
        [
            *("0" * 32, "accepted", "-"),
            *("FR/1 France\\u{1b}", "-", "-", "urgent", "-", "-", "0000-0000"),
        ]
    ]


def test_fault_of_the_whole_document_names_it() -> None:
    """Its path is empty."""
    fault = Fault(path="", code="bad_json", message="Not readable.")
    assert fault_line(fault) == "document: Not readable. (bad_json)"


def set_zone(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """Let this process live in a zone."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
