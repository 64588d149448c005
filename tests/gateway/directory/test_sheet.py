"""The file that is carried: what is one, and who may sign it."""

import json
from pathlib import Path

import pytest

from gateway.directory.sheet import (
    MAX_SHEET_BYTES,
    encode_sheet,
    parse_sheet,
    sign_sheet,
    standing,
)
from gateway.errors import DataError, NoInputError
from tests.gateway.directory.ceremony import Table, entry_of


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Return a founded directory with one Party."""
    table = Table(tmp_path)
    table.found("RO")
    return table


def test_a_sheet_reads_back_as_it_was_written(table: Table) -> None:
    """With its signatures and who must sign."""
    sheet = table.party(entry_of("RO/1"))
    assert parse_sheet(encode_sheet(sheet)) == sheet
    (group,) = standing(sheet)
    assert (group.have, group.missing, group.need.threshold) == (1, 0, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "a35/2/signing-sheet"},
        {"role": "snapshot"},
        {"role": "root"},
        {"role": "targets"},
        {"metadata": "{}"},
        {"metadata": 7},
        {"needs": [{"what": "x"}]},
        {"needs": [{"what": "\x1b[2Jholders", "keys": [], "threshold": 0}]},
        {"entry": None},
    ],
)
def test_what_is_no_sheet_is_refused(table: Table, change: dict[str, object]) -> None:
    """At the one place where carried files are read."""
    document = json.loads(encode_sheet(table.party(entry_of("RO/1"))))
    with pytest.raises(DataError):
        parse_sheet(json.dumps(document | change).encode())


def test_a_sheet_above_its_limit_is_not_read() -> None:
    """Whoever made it."""
    with pytest.raises(DataError):
        parse_sheet(b" " * (MAX_SHEET_BYTES + 1))


def test_only_who_is_asked_signs(table: Table) -> None:
    """A wrong stick is said at once, an empty one too."""
    sheet = table.party(entry_of("RO/1"))
    with pytest.raises(DataError, match="none of the keys here is asked"):
        sign_sheet(sheet, table.medium("root-1").all())
    with pytest.raises(NoInputError, match="no key here"):
        table.medium("empty").all()
