"""Signs that steer a display are shown, everything else is left as it was written."""

import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.officer.shapes import visible as module
from gateway.officer.shapes.visible import pieces, visible

STEERING = (
    "\x00\x07\x1b\x7f\x85\r\u061c\u200e\u200f\u202a\u202e\u2066\u2069\u2028\u2029\ufeff\ud800"
)


@pytest.mark.parametrize("sign", STEERING)
def test_sign_that_steers_is_written_out(sign: str) -> None:
    """Bidi controls, C0 and C1, separators, lone surrogates."""
    assert visible(f"a{sign}b") == f"a[U+{ord(sign):04X}]b"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "two\nlines\tand a tab",
        "γειά שלום مرحبا",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "👨\u200d👩\u200d👧",
    ],
)
def test_other_text_is_left_as_it_is(text: str) -> None:
    """Persian and emoji are written with joiners, which move nothing."""
    assert visible(text) == text


def test_lines_that_end_as_on_windows_are_lines() -> None:
    """A carriage return alone overwrites a line on a terminal; before a line feed it does not."""
    assert visible("a\r\nb\rc") == "a\nb[U+000D]c"


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec=None)))
def test_what_is_shown_can_be_written_and_holds_no_steering(text: str) -> None:
    """Whatever came in, UTF-8 goes out, and a second look changes nothing."""
    shown = visible(text)
    assert visible(shown) == shown
    shown.encode()
    assert "".join(part for part, is_mark in pieces(text) if not is_mark) in shown or "[U+" in shown


def test_example_holds() -> None:
    """As the module says."""
    assert doctest.testmod(module).failed == 0
