"""Every state of the directory that was ever in use here, kept for evidence.

A key counts by the directory of its time. The published folder forgets old versions, so each state
that verified is kept: files by their SHA-256, of which states share most, and a list of names for
each state. A node that adopts one state a day of 70 Parties writes 20 MB a year.

What is read is verified by whoever uses it: an archive only has to have it.

Source: docs/wire-format.md, rules 30 and 33; docs/evidence.md, "The bundle".
"""

import re
from collections.abc import Mapping
from datetime import datetime
from json import dumps, loads
from pathlib import Path
from typing import Final

from gateway.directory.chain import VerifiedDirectory
from gateway.directory.files import read_bounded, write_whole
from gateway.directory.layout import (
    MAX_TARGETS_BYTES,
    TARGETS_FOLDER,
    TIMESTAMP_FILE,
    is_published,
)
from gateway.directory.metadata import TIMESTAMP_LIFE
from gateway.errors import StorageError
from keys.digest import sha256

_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")
_MAX_LIST_BYTES: Final = 256 * 1024
"""1,000 names of 150 bytes, and room."""


class DirectoryArchive:
    """The states in one folder.

    Args:
        folder: Made with the first state.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, verified: VerifiedDirectory) -> None:
        """Keep a state; nothing is written if it is held.

        Args:
            verified: As it verified.

        Raises:
            StorageError: The disk refused; what was held is held still.
        """
        place = self._list_of(verified.stamp.digest)
        if place.exists():
            return
        names = {}
        for name, data in verified.files.items():
            digest = sha256(data).hex()
            names[name] = digest
            if not (file := self._file_of(digest)).exists():
                write_whole(file, data, mode=0o600)
        # Last, so that a list never names a file that is not there.
        write_whole(place, dumps(names, sort_keys=True).encode("ascii"), mode=0o600)

    def load(self, digest: bytes) -> Mapping[str, bytes] | None:
        """Return the files of a state by published name, not verified again.

        Args:
            digest: SHA-256 of its timestamp.json.

        Returns:
            The files; None if this state was never in use here.

        Raises:
            StorageError: It was, and cannot be read, or is damaged.
        """
        try:
            names = loads(read_bounded(self._list_of(digest), _MAX_LIST_BYTES))
            return {name: self._read(name, held) for name, held in names.items()}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, AttributeError, TypeError) as error:
            raise StorageError(
                "an archived state of the directory cannot be read",
                hint=f"check the files below {self._folder}",
            ) from error

    def entries(self, country: str) -> tuple[tuple[int, bytes | None], ...]:
        """Return a Party's entries as they followed each other, oldest first.

        Args:
            country: Two letters.

        Returns:
            Each only where it differs from the one before: when the state was made, ms since 1970
            UTC, and its bytes, which verified when they were kept; None where it had none.

        Raises:
            StorageError: A state cannot be read, or is damaged.
        """
        try:
            states = sorted(
                self._made(loads(read_bounded(place, _MAX_LIST_BYTES)), country)
                for place in (self._folder / "states").glob("*.json")
            )
            found: list[tuple[int, bytes | None]] = []
            held: str | None = None
            for made_ms, name, digest in states:
                if digest != held:
                    found.append((made_ms, self._read(name, digest) if digest else None))
                held = digest
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise StorageError(
                "an archived state of the directory cannot be read",
                hint=f"check the files below {self._folder}",
            ) from error
        return tuple(found)

    def _made(self, names: Mapping[str, str], country: str) -> tuple[int, str, str]:
        """Return when a state was made, and the name and digest of an entry; empty for none."""
        signed = loads(self._read(TIMESTAMP_FILE, names[TIMESTAMP_FILE]))["signed"]
        ends = datetime.fromisoformat(signed["expires"])
        made_ms = int((ends - TIMESTAMP_LIFE).timestamp() * 1000)
        folder = f"{TARGETS_FOLDER}/parties/{country}/"
        entries = (item for item in names.items() if item[0].startswith(folder))
        name, digest = next(entries, ("", ""))
        return made_ms, name, digest

    def _read(self, name: str, digest: str) -> bytes:
        if not is_published(name) or not _DIGEST.match(digest):
            raise ValueError("a name that no directory has")
        data = read_bounded(self._file_of(digest), MAX_TARGETS_BYTES)
        if sha256(data).hex() != digest:
            raise ValueError("a file that was changed")
        return data

    def _list_of(self, digest: bytes) -> Path:
        return self._folder / "states" / f"{digest.hex()}.json"

    def _file_of(self, digest: str) -> Path:
        return self._folder / "files" / digest
