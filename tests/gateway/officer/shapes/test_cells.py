"""Cells of CSV files: nothing in them is ever a formula."""

import csv
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.officer.shapes.cells import BOM, cell, line, table


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff20x",
        "\u22121",
        " =1",
        "\u00a0=1",
    ],
)
def test_formula_begins_with_an_apostrophe(text: str) -> None:
    """A spreadsheet shows it and computes nothing, whatever way the sign is written."""
    assert cell(text).startswith("'")


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("text", ["x{}=1+1", 'x{}"=1+1', "{} -1", "a{}b{}@SUM(A1)", "x{}\uff1d1"])
def test_reader_with_another_separator_meets_no_formula(separator: str, text: str) -> None:
    """A spreadsheet of another country splits there, and takes our quotes for signs of the text."""
    row = line(["first", text.format(*[separator] * text.count("{}"))]).decode()
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
        (cells,) = csv.reader(StringIO(row), delimiter=separator, quoting=quoting)
        for each in cells[1:]:
            assert each.lstrip(' "')[:1] not in set("=-@\uff1d"), cells


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("RO-1", "RO-1"),
        ("a; b", "a; b"),
        ("a;-b", "a;'-b"),
        ("", ""),
        (" ", " "),
        (None, ""),
        (-5, "-5"),
        (True, "yes"),
        (False, "no"),
    ],
)
def test_harmless_value_stays_as_it_is(value: str | int | None, shown: str) -> None:
    """An apostrophe in front of everything would spoil what people compute with."""
    assert cell(value) == shown


def test_signs_that_steer_a_display_are_written_out() -> None:
    """A reference that is turned around would be read aloud wrongly."""
    assert cell("FR\u202e11\x1b[2J\x00") == "FR[U+202E]11[U+001B][2J[U+0000]"


def test_file_begins_with_a_bom_and_quotes_every_cell() -> None:
    """Without the BOM a spreadsheet reads UTF-8 as something else."""
    assert b"".join(table(["a", "b"], [['say "x"', 2]])) == (
        BOM + b'"a","b"\r\n' + b'"say ""x""","2"\r\n'
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(), min_size=1))
def test_reader_gets_the_same_cells_and_no_formula(texts: list[str]) -> None:
    """Whatever is written, the number of cells stays, and none begins as a formula."""
    [row] = csv.reader(StringIO(line(texts).decode(), newline=""))
    assert row == [cell(each) for each in texts]
    assert not any(each.startswith(("=", "+", "-", "@", "\t", "\r")) for each in row)
