"""The node's TUF client by itself, in the command form of the TUF project's conformance suite.

Does: init, refresh and download against any TUF repository, with the client, the fetcher and the
limits that a node uses (gateway.directory.updating). Leaves out what only our directory has: the
Parties' roles and entries are gateway.directory.client's.

Rules kept: a target's name never becomes a path: its file is named by the SHA-256 of the name; the
root that was given at first is kept apart and read each time, so that no file which an update wrote
becomes the anchor.

Source: tuf-conformance, CLIENT-CLI.md; TUF specification, section 5.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater
from typing_extensions import override

from gateway.directory.fetch import DirectoryFetcher, check_url
from gateway.directory.files import read_bounded, write_whole
from gateway.directory.layout import MAX_ROOT_BYTES
from gateway.directory.updating import make_updater, refusing
from gateway.errors import ConfigError, NoInputError
from keys.digest import sha256

_ANCHOR: Final = "anchor"
_ROOT: Final = "root.json"


class BareClient:
    """A client over one folder of metadata.

    Args:
        metadata: The folder of the metadata that it trusts.
        monotonic_s: The clock's monotonic seconds.
    """

    def __init__(self, metadata: Path, monotonic_s: Callable[[], float]) -> None:
        self._metadata = metadata
        self._monotonic_s = monotonic_s

    def init(self, root: Path) -> None:
        """Trust a root; nobody is asked.

        Args:
            root: The file that was brought on a trusted way.

        Raises:
            NoInputError: It cannot be read, or is longer than a root may be.
            StorageError: The folder cannot be written.
        """
        try:
            data = read_bounded(root.resolve(), MAX_ROOT_BYTES)
        except (OSError, ValueError) as error:
            raise NoInputError("the root cannot be read", hint=f"check {root}") from error
        write_whole(self._metadata / _ANCHOR, data)
        write_whole(self._metadata / _ROOT, data)

    def refresh(self, metadata_url: str) -> None:
        """Bring the top-level roles up to date.

        Args:
            metadata_url: Where metadata are.

        Raises:
            ConfigError: The address is of no allowed kind.
            NoInputError: No root was ever trusted here.
            UnavailableError: Not reached.
            ProofError: What was offered is refused; what was trusted before still is.
            StorageError: The folder cannot be read or written.
        """
        with refusing(self._metadata):
            self._updater(check_url(metadata_url)).refresh()

    def download(
        self, names: Sequence[str], *, metadata_url: str, targets_url: str, folder: Path
    ) -> tuple[Path, ...]:
        """Bring targets here, each verified; what is here already is not fetched again.

        Args:
            names: The targets, in order; the first that fails ends it.
            metadata_url: Where metadata are.
            targets_url: Where targets are.
            folder: Where they are put, each under the SHA-256 of its name.

        Returns:
            Their files, in order.

        Raises:
            ConfigError: An address is of no allowed kind.
            NoInputError: No root was ever trusted here, or nobody signed for a target.
            UnavailableError: Not reached.
            ProofError: What was offered is refused.
            StorageError: A folder cannot be read or written.
        """
        with refusing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            updater = self._updater(
                check_url(metadata_url), targets=folder, targets_url=check_url(targets_url)
            )
            updater.refresh()
            return tuple(_fetch(updater, name, folder) for name in names)

    def _updater(
        self, metadata_url: str, *, targets: Path | None = None, targets_url: str | None = None
    ) -> Updater:
        try:
            anchor = read_bounded(self._metadata / _ANCHOR, MAX_ROOT_BYTES)
        except FileNotFoundError as error:
            raise NoInputError("no root is trusted here", hint="begin with: init ROOT") from error
        urls = [metadata_url] if targets_url is None else [metadata_url, targets_url]
        return make_updater(
            self._metadata,
            anchor=anchor,
            metadata_url=metadata_url,
            fetcher=_Several([DirectoryFetcher(url, self._monotonic_s) for url in urls], urls),
            targets=targets,
            targets_url=targets_url,
        )


def _fetch(updater: Updater, name: str, folder: Path) -> Path:
    """Bring one target here.

    Raises:
        NoInputError: Nobody whom the repository trusts for this name signed for it.
    """
    info = updater.get_targetinfo(name)
    if info is None:
        raise NoInputError("there is no such target")
    path = folder / sha256(name.encode()).hex()
    if updater.find_cached_target(info, str(path)) is None:
        updater.download_target(info, str(path))
    return path


class _Several(FetcherInterface):
    """Fetches below several base addresses, each by its own fetcher."""

    def __init__(self, fetchers: Sequence[DirectoryFetcher], urls: Sequence[str]) -> None:
        self._fetchers = tuple(zip(urls, fetchers, strict=True))

    @override
    def _fetch(self, url: str) -> Iterator[bytes]:
        """Yield a file's bytes.

        Raises:
            ConfigError: The address is below none of the bases.
        """
        for base, fetcher in self._fetchers:
            if url.startswith(base):
                yield from fetcher.fetch(url)
                return
        raise ConfigError("the address is of another server")
