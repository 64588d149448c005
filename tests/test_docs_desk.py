"""What docs/desk.md says is shown by tests is shown by tests that there are, and all of it."""

import ast
import re
from pathlib import Path
from typing import Final

from tests.test_docs import DOCS, page, rows, section

TESTS: Final = Path(__file__).parent
CHECKS: Final = 24
_NAMED: Final = re.compile(r"`([a-z0-9_/]+\.py)::(test_[a-z0-9_]+)`")
_PICTURE: Final = re.compile(r"\]\((pictures/[a-z-]+\.png)\)")
_MOST_BYTES: Final = 3_000_000


def named() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return each check with the tests that show it."""
    table = rows(section(page("desk.md"), "What is checked"))
    return [(row[0], _NAMED.findall(row[2])) for row in table]


def test_every_check_is_there_and_shown_by_something() -> None:
    """None is left out, in silence or by a row without a test."""
    assert [check for check, _ in named()] == [f"D{number + 1}" for number in range(CHECKS)]
    assert [check for check, tests in named() if not tests] == []


def test_every_test_that_is_named_exists() -> None:
    """A test that was renamed would show nothing."""
    missing = [
        f"{path}::{name}"
        for path, name in sorted({each for _, tests in named() for each in tests})
        if name not in functions(TESTS / path)
    ]
    assert missing == []


def functions(file: Path) -> set[str]:
    """Return the names of the functions of a file, none if there is no such file."""
    if not file.exists():
        return set()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {each.name for each in tree.body if isinstance(each, kinds)}


def test_every_picture_is_shown_and_they_are_small() -> None:
    """What nobody shows is not kept; a clone stays quick."""
    kept = {path.relative_to(DOCS).as_posix(): path for path in DOCS.glob("pictures/*.png")}
    assert set(_PICTURE.findall(page("desk.md"))) == set(kept)
    assert sum(path.stat().st_size for path in kept.values()) < _MOST_BYTES
