"""Puts a backup into an empty home, or looks whether that could be done.

Everything is unpacked beside the home, in a folder of its own that nobody else may enter, and
held against what the backup says of itself; the keys must open, the log must verify and be that
of the keys. Only then the folder gets the home's name, in one step. A file that was damaged or
made by an enemy leaves nothing behind.

A restored home carries a mark: its node signs nothing before it has asked its peers what they
hold of its log (docs/operations.md, "Restore"). The anchor beside the home is never touched: if
one is there, it knows more than the backup.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from json import dumps
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import BinaryIO, Final

from gateway.errors import ConfigError, StorageError
from gateway.home import Home
from gateway.operator.start import unlock
from gateway.storage.anchor import sync_folder
from gateway.storage.backup import BackupReport, Progress, front_of, read_backup
from gateway.storage.blob_files import disk
from gateway.storage.continuity import marker_of
from gateway.storage.copy import CopyHead, check_copy
from gateway.storage.manifest import CONFIG, STORE, DamagedBackupError, Entry, Manifest
from gateway.storage.people_restored import end_entrances
from keys.backupfile import KeyFiles
from keys.keyfile import Secret
from keys.nodekeys import NodeKeys

_WHAT: Final = "the folder to restore into"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A backup that was believed.

    Attributes:
        node: CC/n.
        report: What the file holds.
        copy: What its database holds.
    """

    node: str
    report: BackupReport
    copy: CopyHead


def restore(
    file: Path,
    home: Home,
    secret: Callable[[], Secret],
    *,
    now_ms: int,
    progress: Progress,
) -> Restored:
    """Put a backup into a home that does not exist, or is an empty folder.

    Args:
        file: The backup.
        home: Where.
        secret: Gives the passphrase or credential that the node had when it was made.
        now_ms: Milliseconds since 1970, UTC.
        progress: Told how far it is.

    Returns:
        What was put there; every byte of it was verified.

    Raises:
        ConfigError: The home is not empty; or a newer release made the backup.
        AccessDeniedError: The secret does not open its keys.
        DataError: The file is no backup.
        DamagedBackupError: It is damaged. Whatever is raised, nothing is left.
        StorageError: The disk refused.
    """
    _refuse_used(home)
    with _folder(home.path.parent) as staged:
        found = _unpack(file, staged, secret, keep=lambda _entry: True, progress=progress)
        if not staged.config_file.is_file():
            raise DamagedBackupError(f"it has no {CONFIG}")
        end_entrances(staged.store)
        with disk(_WHAT):
            _mark(staged, found.copy, now_ms)
            _sync(staged.path)
            _refuse_used(home)
            staged.path.replace(home.path)
            sync_folder(home.path.parent)
    return found


def check(file: Path, secret: Callable[[], Secret], *, progress: Progress) -> Restored:
    """Do what `restore` does, in a temporary folder, keeping nothing.

    Args:
        file: The backup.
        secret: As for `restore`.
        progress: Told how far it is.

    Raises:
        GatewayError: As `restore`.
    """
    with _folder(None) as staged:
        return _unpack(
            file, staged, secret, keep=lambda entry: entry.name == STORE, progress=progress
        )


def _unpack(
    file: Path,
    staged: Home,
    secret: Callable[[], Secret],
    *,
    keep: Callable[[Entry], bool],
    progress: Progress,
) -> Restored:
    front = front_of(file)  # before a passphrase is asked for: it may be no backup at all
    keys = _keys(front.key_files, staged, secret())
    report = read_backup(
        file, keys.store_key, opened=partial(_opened, staged.path, keep), progress=progress
    )
    copy = check_copy(staged.store)
    _compare(report.manifest, copy, keys)
    return Restored(node=keys.node, report=report, copy=copy)


def _keys(files: KeyFiles, staged: Home, secret: Secret) -> NodeKeys:
    """Put the key files where they belong, and open them as a start does."""
    with disk(_WHAT):
        staged.keys.mkdir(mode=0o700)
        for name, data in (("node.key", files.node), ("content.key", files.content)):
            with _create(staged.keys / name) as target:
                target.write(data)
    return unlock(staged, secret)


def _opened(folder: Path, keep: Callable[[Entry], bool], entry: Entry) -> BinaryIO | None:
    """Open what an entry is written to; its name was held against those that a home has."""
    if not keep(entry):
        return None
    target = folder / entry.name
    for parent in reversed(target.relative_to(folder).parents):
        (folder / parent).mkdir(mode=0o700, exist_ok=True)
    return _create(target)


def _create(path: Path) -> BinaryIO:
    """Create a file that was not there; nothing is followed and nothing replaced."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def _compare(manifest: Manifest, copy: CopyHead, keys: NodeKeys) -> None:
    """Hold list, database and keys against each other.

    Raises:
        DamagedBackupError: They are not of one node, or not of one moment.
    """
    head = copy.head
    if (manifest.origin, manifest.size, manifest.root) != (str(head.origin), head.size, head.root):
        raise DamagedBackupError("its store is not the one that its list names")
    if keys.origin != str(head.origin):
        raise DamagedBackupError("its keys are not those of its log")


def _mark(staged: Home, copy: CopyHead, now_ms: int) -> None:
    """Write the mark that makes the next start ask before it signs."""
    moment = datetime.fromtimestamp(now_ms // 1000, UTC).isoformat()
    text = dumps(
        {
            "restored_at": moment.replace("+00:00", "Z"),
            "origin": str(copy.head.origin),
            "size": copy.head.size,
            "root": copy.head.root.hex(),
        }
    )
    with _create(marker_of(staged.store)) as target:
        target.write(text.encode() + b"\n")


def _sync(folder: Path) -> None:
    """Make a whole tree durable, files before the folders that name them."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            sync_folder(path)
        else:
            with path.open("rb") as file:
                os.fsync(file.fileno())
    sync_folder(folder)


def _refuse_used(home: Home) -> None:
    """Refuse a home with anything in it.

    Raises:
        ConfigError: There is something.
    """
    if home.path.exists() and (not home.path.is_dir() or any(home.path.iterdir())):
        raise ConfigError(
            "there is something in this home already",
            code="home_exists",
            hint="a backup goes into an empty folder; move what is there away, and keep it",
        )


@contextmanager
def _folder(parent: Path | None) -> Iterator[Home]:
    """Make a folder for this user alone, gone with the block unless it got another name.

    Raises:
        StorageError: It cannot be made.
    """
    try:
        if parent is not None:
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = Path(mkdtemp(prefix=".restore-", dir=parent))
    except OSError as error:
        raise StorageError(f"the disk refused {_WHAT}") from error
    try:
        yield Home(path)
    finally:
        rmtree(path, ignore_errors=True)
