"""Copies of the sources with a fault in them."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.crash.planted import Edit, PlantError
from tests.crash.processes import REPOSITORY

_SOURCES: Final = ("gateway", "protocol", "keys", "node.py")
_TESTED: Final = ("tests", "pyproject.toml")
_LEFT_OUT: Final = shutil.ignore_patterns("__pycache__", ".*")


def copy_with(edits: Sequence[Edit], folder: Path, *, tests: bool = False) -> Path:
    """Copy the sources and plant a fault.

    Args:
        edits: What makes it; none for a copy as it is.
        folder: Where the copy is made.
        tests: Whether the tests are copied too.

    Returns:
        The copy.

    Raises:
        PlantError: A text to be changed is not there exactly once.
    """
    tree = folder / "tree"
    tree.mkdir(parents=True)
    for name in (*_SOURCES, *(_TESTED if tests else ())):
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=_LEFT_OUT)
        else:
            shutil.copy(source, tree / name)
    for edit in edits:
        file = tree / edit.file
        text = file.read_text(encoding="utf-8")
        if text.count(edit.old) != 1:
            raise PlantError(f"{edit.file} does not hold this once: {edit.old}")
        file.write_text(text.replace(edit.old, edit.new), encoding="utf-8")
    return tree
