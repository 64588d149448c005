"""What a backup holds: the list of its files, with lengths and digests, and whose log it is.

Held to its form although it was authenticated: names are those that a home has and never become
other paths, none stands twice, lengths are bounded. Sealing is the business of keys.backupfile.
"""

import re
import struct
from dataclasses import dataclass
from json import dumps, loads
from typing import Final

from gateway.errors import ProofError

STORE: Final = "store.db"
CONFIG: Final = "node.toml"
MAX_MANIFEST_BYTES: Final = 64 * 1024 * 1024
"""Half a million attachments."""

LENGTH: Final = struct.Struct(">I")
"""The manifest's length stands in front of it."""

DAMAGED_HINT: Final = "take another copy"
_FORMAT: Final = "a35/backup/1"
_KEYS: Final = frozenset({"format", "made_ms", "origin", "size", "root", "files"})
_MAX_ENTRIES: Final = 1_000_000
_DIGEST_BYTES: Final = 32
_MAX_NUMBER: Final = 1 << 53

_WORD: Final = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}"
_NAME: Final = re.compile(
    r"store\.db|node\.toml|root\.json|join\.json"
    rf"|directory(?:/{_WORD}){{1,4}}"
    r"|blobs/[A-Z]{2}-[1-9][0-9]{0,2}/[0-9a-f]{64}"
)
"""Everything that a backup may hold besides the key files, which stand in its front."""


class DamagedBackupError(ProofError):
    """The backup is not what was made; nothing of it is used."""

    default_code = "backup_damaged"

    def __init__(self, what: str) -> None:
        super().__init__(f"the backup is damaged: {what}", hint=DAMAGED_HINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file: its name below the home, its length, the SHA-256 of its bytes."""

    name: str
    size_bytes: int
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds.

    Attributes:
        made_ms: When, milliseconds since 1970, UTC.
        origin: The log's name.
        size: Leaves that the newest signed head in the copy covers.
        root: Its root, 32 bytes.
        entries: Every file, in order.
    """

    made_ms: int
    origin: str
    size: int
    root: bytes
    entries: tuple[Entry, ...]

    @property
    def file_bytes(self) -> int:
        """Length of all files together."""
        return sum(entry.size_bytes for entry in self.entries)

    def encode(self) -> bytes:
        """Return it with its length in front."""
        text = dumps(
            {
                "format": _FORMAT,
                "made_ms": self.made_ms,
                "origin": self.origin,
                "size": self.size,
                "root": self.root.hex(),
                "files": [[one.name, one.size_bytes, one.digest.hex()] for one in self.entries],
            },
            separators=(",", ":"),
        ).encode()
        return LENGTH.pack(len(text)) + text

    @classmethod
    def decode(cls, text: bytes) -> "Manifest":
        """Read one, without its length.

        Raises:
            DamagedBackupError: Not a manifest, or it names what no home has.
        """
        try:
            found = _manifest(loads(text))
        except Exception as error:  # the one edge where these bytes are parsed
            raise DamagedBackupError("its list of files has not the expected form") from error
        names = [entry.name for entry in found.entries]
        if len(set(names)) != len(names) or STORE not in names:
            raise DamagedBackupError("it names a file twice, or has no store")
        return found


def _manifest(value: dict[str, object]) -> Manifest:
    """Read what JSON gave.

    Raises:
        ValueError: Not a manifest.
    """
    files = value["files"]
    if set(value) != _KEYS or value["format"] != _FORMAT or not isinstance(files, list):
        raise ValueError("not a manifest")
    if len(files) > _MAX_ENTRIES:
        raise ValueError("too many files")
    return Manifest(
        made_ms=_number(value["made_ms"]),
        origin=str(value["origin"]),
        size=_number(value["size"]),
        root=_digest(value["root"]),
        entries=tuple(_entry(*file) for file in files),
    )


def _entry(name: object, size: object, digest: object) -> Entry:
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise ValueError("no name of a home")
    return Entry(name=name, size_bytes=_number(size), digest=_digest(digest))


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value <= _MAX_NUMBER:
        raise ValueError("not a number")
    return value


def _digest(value: object) -> bytes:
    if not isinstance(value, str) or len(value) != 2 * _DIGEST_BYTES:
        raise ValueError("not a digest")
    return bytes.fromhex(value)
