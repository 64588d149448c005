"""Drafts: entries that nobody has signed yet, one file a Party beside the published folders.

A draft is for people to read and edit (points of contact, profile, a node's state); it is never
served, and publishing it removes it.
"""

from pathlib import Path
from typing import Final

from gateway.directory.files import read_bounded, write_whole
from gateway.directory.layout import is_country
from gateway.errors import DataError, StorageError
from protocol.directory import PartyEntry, encode_entry, parse_entry
from protocol.errors import MalformedError
from protocol.limits import MAX_ENTRY_BYTES

_DRAFTS: Final = "drafts"


class Drafts:
    """The drafts beside one published directory.

    Args:
        folder: The published folder; drafts are in `drafts/CC.json` below it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _DRAFTS

    def parties(self) -> tuple[str, ...]:
        """Return the Parties with a draft, in order."""
        return tuple(
            sorted(path.stem for path in self._folder.glob("*.json") if is_country(path.stem))
        )

    def load(self, country: str) -> PartyEntry | None:
        """Return a Party's draft, None if there is none.

        Raises:
            DataError: The file is no entry of this Party.
            StorageError: The file cannot be read.
        """
        path = self._path(country)
        try:
            entry = parse_entry(read_bounded(path, MAX_ENTRY_BYTES))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError("a draft cannot be read", hint=f"check {path}") from error
        except (MalformedError, ValueError) as error:
            raise DataError(
                f"the draft of {country} is refused: {error}", hint=f"mend {path}"
            ) from error
        if entry.party != country:
            raise DataError(f"the draft of {country} is of another Party", hint=f"mend {path}")
        return entry

    def save(self, entry: PartyEntry) -> None:
        """Put a draft in place of the former one.

        Raises:
            StorageError: The disk refused.
        """
        write_whole(self._path(entry.party), encode_entry(entry))

    def drop(self, country: str) -> None:
        """Remove a draft, if there is one.

        Raises:
            StorageError: The disk refused.
        """
        try:
            self._path(country).unlink(missing_ok=True)
        except OSError as error:
            raise StorageError("a published draft cannot be removed") from error

    def _path(self, country: str) -> Path:
        return self._folder / f"{country}.json"
