"""Bring one state of the directory here: python-tuf's update, then every Party's entry.

Does: one whole run of the TUF client workflow against one address, in the calling thread, and
collects the files of the state it arrived at. python-tuf decides what is fresh and what is a
rollback, and keeps in `folder` what it needs for that. Leaves to gateway.directory.chain: what
the files say; to gateway.directory.trusted: which state is in use.

Source: docs/wire-format.md, rule 28; TUF specification, section 5.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tuf.api.exceptions import ExpiredMetadataError
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Metadata,
    Root,
    Snapshot,
    TargetFile,
    Targets,
)
from tuf.ngclient.fetcher import FetcherInterface

from gateway.directory.chain import delegations, entry_digest
from gateway.directory.files import read_bounded
from gateway.directory.layout import (
    MAX_ROOT_BYTES,
    MAX_ROOT_ROTATIONS,
    MAX_SNAPSHOT_BYTES,
    MAX_TARGETS_BYTES,
    MAX_TIMESTAMP_BYTES,
    METADATA,
    ROOT,
    SNAPSHOT,
    TARGETS,
    TARGETS_FOLDER,
    TIMESTAMP,
    TIMESTAMP_FILE,
    entry_file,
    entry_target,
    party_role,
    role_file,
)
from gateway.directory.rivals import Noting, check_rival
from gateway.directory.updating import make_updater, refusing
from gateway.errors import ProofError, UnavailableError
from protocol.limits import MAX_ENTRY_BYTES

MAX_DIRECTORY_BYTES: Final = 32 * 1024 * 1024
"""All files of one state: 250 Parties with entries of 64 KiB are half of it."""

_LIMITS: Final = {
    ROOT: MAX_ROOT_BYTES,
    TIMESTAMP: MAX_TIMESTAMP_BYTES,
    SNAPSHOT: MAX_SNAPSHOT_BYTES,
}


def download(
    folder: Path, *, url: str, anchor: bytes, fetcher: FetcherInterface
) -> Mapping[str, bytes]:
    """Run one update and return the files of the state it arrived at.

    The caller runs it in a thread, one at a time for a folder.

    Args:
        folder: Where python-tuf keeps its state; made if missing.
        url: The directory's address, ending in a slash (gateway.directory.fetch.check_url).
        anchor: The trusted root.
        fetcher: What fetches below the address.

    Returns:
        Published names (gateway.directory.layout) with their bytes.

    Raises:
        UnavailableError: Not reached, too slow, or a file too long; try again later.
        ProofError: Old, expired or wrongly signed; code `directory_expired` if only too old,
            `directory_equivocation` if it contradicts the one held, of which both are kept.
        StorageError: The folder cannot be read or written.
        GatewayError: No other member of the family.
    """
    with refusing(folder):
        return _Download(folder, url=url, anchor=anchor, fetcher=fetcher).run()


class _Download:
    """One run; `files` collects what it comes by."""

    def __init__(self, folder: Path, *, url: str, anchor: bytes, fetcher: FetcherInterface) -> None:
        self._metadata = folder / METADATA
        self._targets = folder / TARGETS_FOLDER
        self._metadata.mkdir(parents=True, exist_ok=True)
        self._targets.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._url = url
        self._fetcher = fetcher
        self._noting = Noting(fetcher)
        self._files: dict[str, bytes] = {}
        self._size_bytes = 0
        self._updater = make_updater(
            self._metadata,
            anchor=anchor,
            metadata_url=f"{url}{METADATA}/",
            fetcher=self._noting,
            targets=self._targets,
            targets_url=f"{url}{TARGETS_FOLDER}/",
        )

    def run(self) -> Mapping[str, bytes]:
        self._updater.refresh()
        check_rival(
            self._noting.timestamp,
            self._read(TIMESTAMP),
            root=self._read(ROOT),
            folder=self._folder,
        )
        self._add_roots()
        self._add(TIMESTAMP_FILE, self._read(TIMESTAMP))
        snapshot = Metadata[Snapshot].from_bytes(self._read(SNAPSHOT)).signed
        self._add(role_file(SNAPSHOT, snapshot.version), self._read(SNAPSHOT))
        targets = Metadata[Targets].from_bytes(self._read(TARGETS)).signed
        self._add(role_file(TARGETS, targets.version), self._read(TARGETS))
        for delegation in delegations(targets):
            self._add_party(snapshot, delegation.country)
        return self._files

    def _add_roots(self) -> None:
        newest = Metadata[Root].from_bytes(self._read(ROOT)).signed.version
        for version in range(max(1, newest - MAX_ROOT_ROTATIONS), newest + 1):
            path = self._metadata / "root_history" / f"{version}.{ROOT}.json"
            if path.exists():
                self._add(role_file(ROOT, version), read_bounded(path, MAX_ROOT_BYTES))

    def _add_party(self, snapshot: Snapshot, country: str) -> None:
        """Add what a Party signed; nothing at all if it has published nothing yet.

        Raises:
            ProofError: Another role stands before the Party's own.
        """
        role = party_role(country)
        meta = snapshot.meta.get(f"{role}.json")
        if meta is None:
            return
        try:
            info = self._updater.get_targetinfo(entry_target(country))
        except ExpiredMetadataError:
            # One Party's lapse must not stop the others: the chain will say why it is left out.
            published = role_file(role, meta.version)
            self._add(published, self._fetch(published))
            return
        if not (self._metadata / f"{role}.json").exists():
            raise ProofError("another role than the Party's own is given its entry")
        self._add(role_file(role, meta.version), self._read(role))
        if info is not None:
            self._add_entry(country, info)

    def _add_entry(self, country: str, info: TargetFile) -> None:
        # The name under which the entry is fetched holds its digest: it is checked before.
        signed = Metadata[Targets].from_bytes(self._read(party_role(country))).signed
        digest = entry_digest(signed, country)
        if digest is None or info.hashes != signed.targets[entry_target(country)].hashes:
            raise ProofError("another role than the Party's own lists its entry")
        if info.length > MAX_ENTRY_BYTES:
            raise UnavailableError("the entry of a Party is too long")
        path = self._targets / f"{country}.json"
        if self._updater.find_cached_target(info, str(path)) is None:
            self._updater.download_target(info, str(path))
        self._add(entry_file(country, digest), read_bounded(path, MAX_ENTRY_BYTES))

    def _fetch(self, published: str) -> bytes:
        return self._fetcher.download_bytes(self._url + published, MAX_TARGETS_BYTES)

    def _read(self, role: str) -> bytes:
        """Read what python-tuf verified and kept; its root.json is a link that it made."""
        path = (self._metadata / f"{role}.json").resolve()
        return read_bounded(path, _LIMITS.get(role, MAX_TARGETS_BYTES))

    def _add(self, name: str, data: bytes) -> None:
        self._size_bytes += len(data)
        if self._size_bytes > MAX_DIRECTORY_BYTES:
            raise ProofError("the directory is larger than it may be")
        self._files[name] = data
