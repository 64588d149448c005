"""The published folder as its owner sees it: the newest version of each role, and new files.

Does: reads what lies in the folder, and writes new files in an order in which a reader, or a
crash, never meets half a state: numbered files first, the timestamp last. Leaves signing and
the rules to gateway.directory.publish. Old versions stay where they are: clients that are in
the middle of an update still need them.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TypeVar

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Metadata,
    Root,
    Snapshot,
    Targets,
    Timestamp,
)
from typing_extensions import override

from gateway.directory.chain import entry_digest
from gateway.directory.files import read_bounded, write_whole
from gateway.directory.layout import (
    MAX_TARGETS_BYTES,
    METADATA,
    ROOT,
    TARGETS,
    TARGETS_FOLDER,
    TIMESTAMP_FILE,
    entry_file,
    is_published,
    party_role,
    role_file,
)
from gateway.errors import DataError, NoInputError, StorageError

_Signed = TypeVar("_Signed", Root, Timestamp, Snapshot, Targets)
_VERSION: Final = re.compile(r"/([1-9][0-9]{0,9})\.")
_NO_DIRECTORY: Final = "there is no directory in this folder"
_MAKE_ONE: Final = "name it with --out, or make one with: a35 directory new-root"


class FolderFiles(Mapping[str, bytes]):
    """The published files of a folder, read when asked for; other names do not exist.

    Args:
        folder: Holds metadata/ and targets/.
        over: Files that count as if they had been written already.
    """

    def __init__(self, folder: Path, *, over: Mapping[str, bytes] | None = None) -> None:
        self._folder = folder
        self._over = {} if over is None else over

    @override
    def __getitem__(self, name: str) -> bytes:
        if not is_published(name):
            raise KeyError(name)
        if name in self._over:
            return self._over[name]
        try:
            return read_bounded(self._folder / name, MAX_TARGETS_BYTES)
        except FileNotFoundError as error:
            raise KeyError(name) from error
        except OSError as error:
            raise StorageError("a file of the directory cannot be read") from error

    @override
    def __iter__(self) -> Iterator[str]:
        found = {path.relative_to(self._folder).as_posix() for path in self._folder.rglob("*.json")}
        yield from sorted(filter(is_published, found | set(self._over)))

    def versions(self, role: str) -> list[str]:
        """Return the names of all versions of a role's metadata, in no order."""
        found = (self._folder / METADATA).glob(f"*.{role}.json")
        names = {f"{METADATA}/{path.name}" for path in found} | set(self._over)
        return [name for name in names if is_published(name) and name.endswith(f".{role}.json")]

    @override
    def __len__(self) -> int:
        return sum(1 for _ in self)


class Repository:
    """One published folder.

    Args:
        folder: Holds metadata/ and targets/; need not exist yet.
        over: Files that count as if they had been written already.
    """

    def __init__(self, folder: Path, *, over: Mapping[str, bytes] | None = None) -> None:
        self.folder = folder
        self.files = FolderFiles(folder, over=over)

    def exists(self) -> bool:
        """Tell whether a root was ever written here."""
        return self._version(ROOT) is not None

    def anchor(self) -> bytes:
        """Return the first root: what nodes are given as ROOT.json.

        Raises:
            NoInputError: There is no directory here.
        """
        try:
            return self.files[role_file(ROOT, 1)]
        except KeyError as error:
            raise NoInputError(_NO_DIRECTORY, hint=_MAKE_ONE) from error

    def targets(self) -> Targets:
        """Return the newest version of the authority's targets role.

        Raises:
            NoInputError: There is no directory here.
            DataError: The file cannot be read as such a role.
        """
        newest = self.newest(Targets, TARGETS)
        if newest is None:
            raise NoInputError(_NO_DIRECTORY, hint=_MAKE_ONE)
        return newest[0].signed

    def newest(self, kind: type[_Signed], role: str) -> tuple[Metadata[_Signed], bytes] | None:
        """Return the newest version of a role with its bytes, None if there is none.

        Raises:
            DataError: The file cannot be read as such a role.
        """
        version = self._version(role)
        return None if version is None else self._parse(kind, role_file(role, version))

    def timestamp(self) -> Timestamp | None:
        """Return the timestamp, None if there is none."""
        if TIMESTAMP_FILE not in self.files:
            return None
        return self._parse(Timestamp, TIMESTAMP_FILE)[0].signed

    def entry(self, country: str) -> bytes | None:
        """Return the entry that the newest version of a Party's role lists, None if none."""
        role = self.newest(Targets, party_role(country))
        digest = None if role is None else entry_digest(role[0].signed, country)
        return None if digest is None else self.files[entry_file(country, digest)]

    def write(self, new: Mapping[str, bytes]) -> None:
        """Write new published files: what is listed before what lists it, the timestamp last.

        If the disk refuses one, no role is left that lists an entry which is not there.

        Raises:
            StorageError: The disk refused; what was published before still is.
        """
        for name in sorted(new, key=_place):
            write_whole(self.folder / name, new[name])

    def _version(self, role: str) -> int | None:
        names = self.files.versions(role)
        return max(
            (int(match[1]) for name in names if (match := _VERSION.search(name))), default=None
        )

    def _parse(self, kind: type[_Signed], name: str) -> tuple[Metadata[_Signed], bytes]:
        data = self.files[name]
        try:
            metadata = Metadata[_Signed].from_bytes(data)
        except RepositoryError as error:
            raise DataError(f"{name} is not well formed", hint="restore it") from error
        if not isinstance(metadata.signed, kind):
            raise DataError(f"{name} is of another kind than its name", hint="restore it")
        return metadata, data


def _place(name: str) -> tuple[bool, bool, str]:
    """Return what a file is sorted by: entries first, the timestamp last."""
    return name == TIMESTAMP_FILE, not name.startswith(f"{TARGETS_FOLDER}/"), name
