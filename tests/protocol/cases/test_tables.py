"""docs/cases.md says what the code does."""

from tests.protocol.cases.tables import DOCUMENT, TABLES, places, with_tables


def test_the_tables_are_those_of_the_code() -> None:
    """Run `python -m tests.protocol.cases.tables` after a change."""
    text = DOCUMENT.read_text("utf-8")
    assert with_tables(text) == text


def test_no_table_is_left_out() -> None:
    """Each of them once."""
    assert sorted(places(DOCUMENT.read_text("utf-8"))) == sorted(TABLES)
