"""The last verified directory as one file of ours: what a node starts with when nobody answers.

python-tuf refuses to begin with an expired timestamp, and its own files may hold half of an
update. So each state that verified whole is kept here besides, replaced in one step; at start it
is verified again from the trusted root down, whatever its age.

Source: docs/wire-format.md, rule 31.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from json import dumps, loads
from pathlib import Path
from typing import Final

from gateway.directory.files import read_bounded, write_whole
from gateway.directory.layout import is_published
from gateway.errors import ProofError, StorageError

_FORMAT: Final = "a35/1/verified-directory"
_MAX_BYTES: Final = 48 * 1024 * 1024
"""Base64 of the largest directory, and names."""


def save_bundle(path: Path, files: Mapping[str, bytes], *, verified_ms: int) -> None:
    """Replace the kept state.

    Args:
        path: The file.
        files: The files of the state by published name.
        verified_ms: When the update that brought it succeeded, ms since 1970 UTC.

    Raises:
        StorageError: The disk refused; the former state is still there.
    """
    texts = {name: b64encode(data).decode("ascii") for name, data in files.items()}
    document = {"format": _FORMAT, "verified_ms": verified_ms, "files": texts}
    write_whole(path, dumps(document, sort_keys=True).encode("ascii"), mode=0o600)


def load_bundle(path: Path) -> tuple[Mapping[str, bytes], int] | None:
    """Read the kept state; the caller verifies it.

    Returns:
        Its files, and when it was verified (ms since 1970 UTC); None if nothing was ever kept.

    Raises:
        StorageError: The disk refused.
        ProofError: The file is damaged; the next update replaces it.
    """
    try:
        data = read_bounded(path, _MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(
            "the kept copy of the directory cannot be read", hint=f"check {path}"
        ) from error
    except ValueError as error:
        raise ProofError("the kept copy of the directory is too long") from error
    try:
        return _parse(data)
    except Exception as error:  # the one edge at which the file's bytes are parsed
        raise ProofError(
            "the kept copy of the directory is damaged", hint="the next update replaces it"
        ) from error


def _parse(data: bytes) -> tuple[Mapping[str, bytes], int]:
    document = loads(data)
    verified_ms = document["verified_ms"]
    if document["format"] != _FORMAT or not isinstance(verified_ms, int):
        raise ValueError("not a kept directory")
    files = {name: b64decode(text, validate=True) for name, text in document["files"].items()}
    if not all(map(is_published, files)):
        raise ValueError("a name that no directory has")
    return files, verified_ms
