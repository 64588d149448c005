"""Makes a sealed backup of a home, and reads one back: the only writer and reader of its file.

Made in this order: a copy of the database that is believed, the list of everything else, one
sealed file beside its final place, synced, read back to its last byte, and only then given its
name, which nothing had before. What is left of a crash is a hidden file that nobody takes for a
backup.

Never in it: the anchor (a copy that brought its own would vouch for itself), the witness key (a
copy forgets what was cosigned since, and could cosign against it), a key that is not sealed, what
is of one run alone (socket, ports, lock).
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage, rmtree
from tempfile import mkdtemp, mkstemp
from typing import BinaryIO, Final

from gateway.errors import ConfigError, DataError, NoInputError, StorageError
from gateway.home import Home
from gateway.records import SignedHead
from gateway.storage.anchor import sync_folder
from gateway.storage.blob_files import PART, disk
from gateway.storage.copy import CopyHead, check_copy, copy_database
from gateway.storage.manifest import STORE, DamagedBackupError, Entry, Manifest
from gateway.storage.pack import Packed, PackedStream, Unpacker, packed_bytes, packed_file
from keys.backupfile import Front, KeyFiles, open_backup, read_front, seal_backup
from keys.errors import DecryptionFailedError, KeyFileError, KeyFileReason

_SMALL: Final = ("node.toml", "root.json", "join.json")
_MAX_SMALL_BYTES: Final = 64 * 1024 * 1024
_SLACK_BYTES: Final = 16 * 1024 * 1024
_WHAT: Final = "the backup"

Progress = Callable[[int, int], None]
"""Told bytes done and bytes in all; may be called from another thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """A backup that was made and read back, or checked.

    Attributes:
        manifest: What it holds.
        file_bytes: Length of the sealed file.
    """

    manifest: Manifest
    file_bytes: int

    @property
    def origin(self) -> str:
        """The name of its log."""
        return self.manifest.origin

    @property
    def size(self) -> int:
        """Leaves that its newest signed head covers."""
        return self.manifest.size

    @property
    def root(self) -> bytes:
        """Root of that head."""
        return self.manifest.root

    @property
    def attachments(self) -> int:
        """Attachments in it."""
        return sum(one.name.startswith("blobs/") for one in self.manifest.entries)


def make_backup(
    home: Home,
    target: Path,
    *,
    store_key: bytes,
    since: SignedHead | None,
    now_ms: int,
    progress: Progress,
) -> BackupReport:
    """Make a sealed backup. Slow, and not for the event loop.

    The caller is the node itself, or holds the home's lock: nothing else reads the database.

    Args:
        home: The node's folder.
        target: The file to make; it must not exist.
        store_key: Of this node, 32 bytes.
        since: The newest signed head before the call; the copy must contain it.
        now_ms: Milliseconds since 1970, UTC.
        progress: Told how far it is: written, then read back.

    Raises:
        ConfigError: The file exists, or its folder does not.
        StorageError: The disk refused, or has no room.
        LogDamagedError: The store does not verify: no backup of it is made.
    """
    _refuse_taken(target)
    with disk(_WHAT):
        _check_room(home, target.parent)
        folder = Path(mkdtemp(prefix=".backup-", dir=home.path))
        try:
            copy = folder / STORE
            copy_database(home.store, copy)
            found = check_copy(copy, since=since)
            files = list(_files(home, copy))
            return _write(
                target,
                _manifest(found, files, now_ms),
                files,
                store_key=store_key,
                key_files=_key_files(home),
                progress=progress,
            )
        finally:
            rmtree(folder, ignore_errors=True)


def front_of(file: Path) -> Front:
    """Read what stands in front of a backup.

    Args:
        file: Any file.

    Raises:
        NoInputError: It cannot be read.
        DataError: It is no backup.
        ConfigError: A newer release wrote it.
        DamagedBackupError: It is cut short.
    """
    try:
        with file.open("rb") as source:
            return read_front(source)
    except OSError as error:
        raise NoInputError(f"the file {file.name} cannot be read") from error
    except KeyFileError as error:
        refused = _refused(error)
        raise refused from error


def read_backup(
    file: Path,
    store_key: bytes,
    *,
    opened: Callable[[Entry], BinaryIO | None],
    progress: Progress,
) -> BackupReport:
    """Open a backup from its first byte to its last. Slow, and not for the event loop.

    What `opened` gave is to be used only once this returns.

    Args:
        file: A backup.
        store_key: From its own key files.
        opened: Gives the file that an entry is written to, None to check it alone.
        progress: Told how far it is.

    Raises:
        NoInputError: It cannot be read.
        DataError, ConfigError: As `front_of`.
        DamagedBackupError: It was changed, cut short or lengthened.
        StorageError: A file of it could not be written.
    """
    front = front_of(file)
    size = file.stat().st_size
    unpacker = Unpacker(limit_bytes=size, opened=opened)
    with disk(_WHAT), file.open("rb") as source:
        source.seek(len(front.encode()))
        try:
            open_backup(store_key, front, _Watched(source, size, progress), unpacker)
            return BackupReport(manifest=unpacker.finish(), file_bytes=size)
        except DecryptionFailedError as error:
            raise DamagedBackupError("it was changed, or did not arrive whole") from error
        finally:
            unpacker.close()


class _Watched:
    """Reads a file and tells how far it is."""

    def __init__(self, source: BinaryIO, size_bytes: int, progress: Progress) -> None:
        self._source = source
        self._size_bytes = size_bytes
        self._progress = progress

    def read(self, size: int, /) -> bytes:
        piece = self._source.read(size)
        self._progress(self._source.tell(), self._size_bytes)
        return piece


def _write(
    target: Path,
    manifest: Manifest,
    files: list[Packed],
    *,
    store_key: bytes,
    key_files: KeyFiles,
    progress: Progress,
) -> BackupReport:
    total = 2 * manifest.file_bytes
    handle, name = mkstemp(prefix=f".{target.name}.", suffix=PART, dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            stream = PackedStream(
                manifest, files, lambda done: progress(min(done, total // 2), total)
            )
            seal_backup(store_key, key_files, stream, file)
            file.flush()
            os.fsync(file.fileno())
        report = read_backup(
            part,
            store_key,
            opened=lambda _entry: None,
            progress=lambda done, _all: progress(min(total // 2 + done, total), total),
        )
        if report.manifest != manifest:
            raise StorageError("the backup reads otherwise than it was written")
        _name(part, target)
    finally:
        part.unlink(missing_ok=True)
    return report


def _name(part: Path, target: Path) -> None:
    """Give a whole file its name; one that somebody made meanwhile stays.

    Raises:
        ConfigError: There is one.
    """
    try:
        os.link(part, target)  # unlike a rename, never replaces
    except FileExistsError:
        _refuse_taken(target)
    except OSError:
        # A disk without links, as USB sticks have it.
        _refuse_taken(target)
        part.replace(target)
    sync_folder(target.parent)


def _refuse_taken(target: Path) -> None:
    if target.exists():
        raise ConfigError(
            f"{target.name} is there already",
            code="exists",
            hint="give another name: a backup is never written over",
        )
    if not target.parent.is_dir():
        raise ConfigError("there is no such folder for the backup", hint="make it first")


def _check_room(home: Home, folder: Path) -> None:
    """Refuse before anything is copied if it cannot fit.

    Raises:
        StorageError: There is no room.
    """
    parts = (home.store, home.store.with_name(f"{home.store.name}-wal"))
    copy = sum(part.stat().st_size for part in parts if part.exists())
    attachments = sum(path.stat().st_size for path in _blobs(home))
    needed = {home.path: copy, folder: copy + attachments}
    if home.path.stat().st_dev == folder.stat().st_dev:
        needed = {folder: 2 * copy + attachments}
    for place, size in needed.items():
        if disk_usage(place).free < size + _SLACK_BYTES:
            raise StorageError(
                f"the backup needs {(size + _SLACK_BYTES) >> 20} MiB that are not free",
                code="disk_full",
                hint="make room, or name a file on another disk",
            )


def _files(home: Home, copy: Path) -> Iterator[Packed]:
    """Yield everything that goes in, the copy first."""
    yield packed_file(STORE, copy)
    for name in _SMALL:
        path = home.path / name
        if path.is_file():
            yield packed_bytes(name, _small(path))
    if home.directory.is_dir():
        for path in sorted(home.directory.rglob("*")):
            # Half written files begin with a dot; they are nobody's state.
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                name = path.relative_to(home.path).as_posix()
                yield packed_bytes(name, _small(path))
    for path in _blobs(home):
        yield packed_file(
            path.relative_to(home.path).as_posix(), path, digest=bytes.fromhex(path.name)
        )


def _blobs(home: Home) -> list[Path]:
    """Return the attachments that are whole; one on its way is not, and comes again."""
    return sorted(path for path in home.blobs.glob("*/*") if path.suffix != PART)


def _small(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_MAX_SMALL_BYTES + 1)
    if len(data) > _MAX_SMALL_BYTES:
        raise StorageError(f"{path.name} is too large for a backup")
    return data


def _key_files(home: Home) -> KeyFiles:
    return KeyFiles(
        node=(home.keys / "node.key").read_bytes(), content=(home.keys / "content.key").read_bytes()
    )


def _manifest(found: CopyHead, files: list[Packed], now_ms: int) -> Manifest:
    return Manifest(
        made_ms=now_ms,
        origin=str(found.head.origin),
        size=found.head.size,
        root=found.head.root,
        entries=tuple(file.entry for file in files),
    )


def _refused(error: KeyFileError) -> DataError | ConfigError | DamagedBackupError:
    match error.reason:
        case KeyFileReason.NOT_A_KEY_FILE:
            return DataError("the file is no backup of a node", code="not_a_backup")
        case KeyFileReason.NEWER:
            return ConfigError(
                "a newer release made this backup", code="backup_newer", hint="use that release"
            )
        case _:
            return DamagedBackupError("it is cut short")
