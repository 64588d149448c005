"""Files of a draft and the entries of its document that name them, kept together."""

from collections.abc import Sequence
from typing import Any, Final

from gateway.drafting import DraftFile
from gateway.officer.pages.forms.keys import Json

_ATTACHMENTS: Final = "attachments"
_PATH: Final = "path"


def with_files(document: Json, files: Sequence[DraftFile]) -> dict[str, Any]:
    """Return a document in which every file has its entry, so that its role can be chosen.

    Args:
        document: As it was entered.
        files: Of the draft.
    """
    entries = document.get(_ATTACHMENTS)
    if entries is not None and not isinstance(entries, list):
        return dict(document)
    named = {path_in(entry) for entry in entries or ()}
    missing = [{_PATH: file.name} for file in files if file.name not in named]
    if not missing:
        return dict(document)
    return {**document, _ATTACHMENTS: [*(entries or ()), *missing]}


def without_file(document: Json, name: str) -> dict[str, Any]:
    """Return a document in which nothing names a file any more.

    Args:
        document: As it was entered.
        name: Of the file.
    """
    entries = document.get(_ATTACHMENTS)
    if not isinstance(entries, list):
        return dict(document)
    left = [entry for entry in entries if path_in(entry) != name]
    rest = {key: value for key, value in document.items() if key != _ATTACHMENTS}
    return {**rest, _ATTACHMENTS: left} if left else rest


def path_in(entry: object) -> object:
    """Return the file that an entry names; None if it names none."""
    return entry.get(_PATH) if isinstance(entry, dict) else None
