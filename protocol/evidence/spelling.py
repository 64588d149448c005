"""What every manifest has: its files with digest and size, and one spelling, canonical JSON.

Source: docs/evidence.md, "The bundle".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json import dumps, loads
from typing import Any, Final, Protocol, TypeVar

from protocol.errors import Code, MalformedError

MAX_MANIFEST_BYTES: Final = 1024 * 1024

_DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")
_FILE_KEYS: Final = frozenset({"name", "sha256", "size"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMark:
    """What is stated of one file.

    Attributes:
        digest: SHA-256, 32 bytes.
        size: In bytes.
    """

    digest: bytes
    size: int


class Spelled(Protocol):
    """A value with one spelling."""

    def encode(self) -> bytes:
        """Return it."""


_Spelled = TypeVar("_Spelled", bound=Spelled)


def spell(fields: Mapping[str, object], files: Mapping[str, FileMark]) -> bytes:
    """Return the one spelling: keys and files in order, ASCII, no blanks, a newline.

    Args:
        fields: Of JSON; all but the files.
        files: By name.
    """
    listed = [
        {"name": name, "sha256": mark.digest.hex(), "size": mark.size}
        for name, mark in sorted(files.items())
    ]
    value = {**fields, "files": listed}
    return dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def read_spelled(
    data: bytes, read: Callable[[dict[str, Any]], _Spelled], *, otherwise: str
) -> _Spelled:
    """Read a manifest; what it comes to spells `data` again.

    Args:
        data: Any bytes.
        read: Makes the value of what JSON gave; may fail in any way.
        otherwise: Why it is refused where `read` does not say.

    Raises:
        MalformedError: Too long (E_SIZE), not of this form, or in another spelling (E_CANON).
    """
    if len(data) > MAX_MANIFEST_BYTES:
        raise MalformedError("a manifest longer than any", code=Code.SIZE)
    try:
        manifest = read(loads(data))
    except MalformedError:
        raise
    except Exception as error:  # the one edge at which foreign JSON is read
        raise MalformedError(otherwise) from error
    if manifest.encode() != data:
        raise MalformedError("a manifest in a second spelling", code=Code.CANON)
    return manifest


def read_files(listed: list[dict[str, Any]]) -> dict[str, FileMark]:
    """Read the files of a manifest, by name.

    Args:
        listed: What JSON gave.

    Raises:
        MalformedError: Not of this form, or a file twice.
    """
    files: dict[str, FileMark] = {}
    for each in listed:
        if set(each) != _FILE_KEYS or not _DIGEST.match(each["sha256"]):
            raise MalformedError("not a file of a manifest")
        if type(each["size"]) is not int or each["name"] in files:
            raise MalformedError("a file twice, or of no size")
        files[each["name"]] = FileMark(digest=bytes.fromhex(each["sha256"]), size=each["size"])
    return files
