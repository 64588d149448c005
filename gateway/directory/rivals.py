"""Two directories of one version: found when a source serves another timestamp than the one held.

Does: takes note of the timestamp that a source served, holds it against the one that counts, and
keeps both files when whoever has the online key signed two different ones. Leaves the alarm to
gateway.directory.trusted.

Rule kept: a file in another spelling of the same signed content is no second directory, and what
the online key did not sign is nobody's but the server's fault.

Source: docs/wire-format.md, rules 28 and 30.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Metadata,
    Root,
    Timestamp,
)
from tuf.ngclient.fetcher import FetcherInterface
from typing_extensions import override

from gateway.directory.files import write_whole
from gateway.directory.layout import TIMESTAMP, TIMESTAMP_FILE
from gateway.errors import ProofError
from keys.digest import sha256

FOLDER: Final = "equivocation"


class TwoDirectoriesError(ProofError):
    """Somebody with the online key signed two different states of one version."""

    default_code = "directory_equivocation"

    def __init__(self) -> None:
        super().__init__(
            "two directories of one version: the online key was used twice",
            hint="call the directory's authority at once; both copies are kept below directory/",
        )


class Noting(FetcherInterface):
    """A fetcher that keeps the timestamp that came through it.

    Args:
        inner: Fetches.
    """

    def __init__(self, inner: FetcherInterface) -> None:
        self._inner = inner
        self.timestamp: bytes | None = None

    @override
    def _fetch(self, url: str) -> Iterator[bytes]:
        if not url.endswith(f"/{TIMESTAMP_FILE}"):
            yield from self._inner.fetch(url)
            return
        data = bytearray()
        for piece in self._inner.fetch(url):
            data += piece
            yield piece
        self.timestamp = bytes(data)


def check_rival(served: bytes | None, held: bytes, *, root: bytes, folder: Path) -> None:
    """Hold the timestamp that was served against the one that counts now.

    Args:
        served: As it came; None if none did.
        held: As it is kept after the update.
        root: The newest root that verified.
        folder: Where both are kept if they contradict each other.

    Raises:
        TwoDirectoriesError: Two directories of one version, both signed.
        StorageError: They cannot be kept.
    """
    if served is None or served == held:
        return
    mine = Metadata[Timestamp].from_bytes(held)
    try:
        theirs = Metadata[Timestamp].from_bytes(served)
        verified = Metadata[Root].from_bytes(root).signed
        verified.verify_delegate(TIMESTAMP, theirs.signed_bytes, theirs.signatures)
    except RepositoryError:
        return
    if theirs.signed.version != mine.signed.version or theirs.signed_bytes == mine.signed_bytes:
        return
    keep_rivals(folder, mine.signed.version, held, served)
    raise TwoDirectoriesError


def keep_rivals(folder: Path, version: int, *files: bytes) -> None:
    """Keep contradicting timestamps, each under its digest.

    Args:
        folder: The node's folder of the directory.
        version: Theirs.
        files: As they came.

    Raises:
        StorageError: The disk refused.
    """
    for data in files:
        name = f"{version}.{sha256(data).hex()}.timestamp.json"
        write_whole(folder / FOLDER / name, data, mode=0o600)
