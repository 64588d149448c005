"""The anchor: the newest signed head, written outside the database and every backup.

A node cannot be sure that its files are new. After each commit of a signed head, before its
note leaves, the head and the machine's id are written here; the file is synced once a second.
At start it says how good the files are (`find`); what that means is protocol.log.recovery. The
file has a fixed length and one checksum, so that it is replaced in one write. While nothing may
be signed it is left as it is: a second start must find what the first one found.

Source: docs/wire-format.md, rule 8.
"""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.errors import StorageError
from gateway.records import SignedHead
from keys.digest import sha256
from protocol.errors import MalformedError
from protocol.identifiers import LogOrigin
from protocol.log.recovery import AnchorFinding

ANCHOR_BYTES: Final = 512
"""One sector: a write of it lands whole or not at all on the disks we know."""

_MAGIC: Final = "a35 anchor 1"
_LINES: Final = 6
_MACHINE_FILES: Final = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorRecord:
    """What the file says: whose head, on which machine."""

    machine: str
    origin: LogOrigin
    size: int
    root: bytes

    def encode(self) -> bytes:
        """Return the file: lines of text, a checksum, padded to its fixed length."""
        lines = (_MAGIC, self.machine, str(self.origin), str(self.size), self.root.hex())
        text = "".join(f"{line}\n" for line in lines)
        whole = text + sha256(text.encode()).hex() + "\n"
        return whole.encode().ljust(ANCHOR_BYTES, b"\n")

    @classmethod
    def decode(cls, data: bytes) -> "AnchorRecord | None":
        """Read the file; None if it is damaged or of another form."""
        lines = data.rstrip(b"\n").split(b"\n")
        if len(lines) != _LINES:
            return None
        text = b"".join(line + b"\n" for line in lines[:-1])
        if lines[-1] != sha256(text).hex().encode() or lines[0] != _MAGIC.encode():
            return None
        try:
            return cls(
                machine=lines[1].decode("ascii"),
                origin=LogOrigin.parse(lines[2].decode("ascii")),
                size=int(lines[3]),
                root=bytes.fromhex(lines[4].decode("ascii")),
            )
        except (ValueError, MalformedError):
            return None


class Anchor:
    """The anchor file of one node.

    Args:
        path: Outside the database and its backups; on a device of its own if there is one.
        machine: What `machine_name` returned.
    """

    def __init__(self, path: Path, *, machine: str) -> None:
        self._path = path
        self._machine = machine
        self._handle: int | None = None
        self._is_dirty = False

    @property
    def machine(self) -> str:
        """This machine, as it is written."""
        return self._machine

    def is_there(self) -> bool:
        """Tell whether there is a file with anything in it."""
        return self._path.is_file() and self._path.stat().st_size > 0

    @property
    def is_dirty(self) -> bool:
        """Whether something was written that is not yet synced."""
        return self._is_dirty

    def read(self) -> AnchorRecord | None:
        """Return what the file says, None if there is none or it cannot be read as one.

        Raises:
            StorageError: The file exists and the system does not let us read it.
        """
        try:
            return AnchorRecord.decode(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise StorageError(
                "the anchor file cannot be read",
                hint="Make the file beside the home readable for the node's user.",
            ) from fault

    def open(self) -> None:
        """Open the file for writing, making it if it is missing.

        Raises:
            StorageError: It cannot be written.
        """
        try:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            sync_folder(self._path.parent)
        except OSError as fault:
            raise StorageError(
                "the anchor file cannot be written",
                hint="Make the folder beside the home writable for the node's user.",
            ) from fault

    def write(self, head: SignedHead) -> None:
        """Write a signed head whose commit has returned; its note has not left yet.

        Raises:
            OSError: The caller must not let the note leave.
        """
        if self._handle is None:
            raise OSError("the anchor is not open")
        record = AnchorRecord(
            machine=self._machine, origin=head.origin, size=head.size, root=head.root
        )
        os.pwrite(self._handle, record.encode(), 0)
        self._is_dirty = True

    def sync(self) -> None:
        """Make what was written durable.

        Raises:
            OSError: Nothing that was written since the last sync can be relied on.
        """
        if self._handle is not None and self._is_dirty:
            os.fsync(self._handle)
            self._is_dirty = False

    def close(self) -> None:
        """Sync and close; nothing happens if it is not open."""
        if self._handle is not None:
            with contextlib.suppress(OSError):
                self.sync()
            os.close(self._handle)
            self._handle = None


def find(
    anchor: Anchor, *, origin: LogOrigin, size: int, root_of: Callable[[int], bytes]
) -> AnchorFinding:
    """Compare the anchor with the database, before anything is signed.

    Args:
        anchor: Not opened for writing yet.
        origin: The generation that the database writes.
        size: Committed leaves.
        root_of: Gives the root of the first n of them.

    Raises:
        StorageError: The anchor exists and cannot be read.
    """
    record = anchor.read()
    if record is None:
        return AnchorFinding.DAMAGED if anchor.is_there() else AnchorFinding.MISSING
    if record.origin != origin:
        is_ours = record.origin.node == origin.node
        is_later = is_ours and record.origin.generation > origin.generation
        return AnchorFinding.LATER_GENERATION if is_later else AnchorFinding.OTHER_LOG
    if record.size > size:
        return AnchorFinding.AHEAD
    if root_of(record.size) != record.root:
        return AnchorFinding.OTHER_HISTORY
    is_here = record.machine == anchor.machine
    return AnchorFinding.PREFIX if is_here else AnchorFinding.OTHER_MACHINE


def machine_name() -> str:
    """Return what names this machine in an anchor: a digest of its id, in hex.

    The id itself is not to be shown to others (machine-id(5)), so only a digest is written.
    """
    for path in _MACHINE_FILES:
        with contextlib.suppress(OSError):
            return sha256(b"a35 anchor" + path.read_bytes().strip()).hex()
    return sha256(b"a35 anchor" + os.uname().nodename.encode()).hex()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, after files were made or renamed there.

    Raises:
        OSError: They may be lost with the power.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
