"""python-tuf's client as this project uses it: its limits, and its errors as ours.

Does: one place that sets the client up, for the node's own updates and for the conformance
suite's command form, so that what the suite tries is what a node runs. Leaves to its callers:
what is fetched, and where it is kept.

Source: docs/wire-format.md, rule 28; TUF specification, section 5.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tuf.api.exceptions import (
    DownloadError,
    DownloadHTTPError,
    ExpiredMetadataError,
    RepositoryError,
)
from tuf.ngclient.config import UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from gateway.directory.layout import (
    MAX_ROOT_BYTES,
    MAX_ROOT_ROTATIONS,
    MAX_SNAPSHOT_BYTES,
    MAX_TARGETS_BYTES,
    MAX_TIMESTAMP_BYTES,
)
from gateway.errors import GatewayError, ProofError, StorageError, UnavailableError

_ABSENT: Final = frozenset({403, 404})
"""Both mean that there is no such file, as for python-tuf (S3 answers 403)."""


def make_updater(
    metadata: Path,
    *,
    anchor: bytes,
    metadata_url: str,
    fetcher: FetcherInterface,
    targets: Path | None = None,
    targets_url: str | None = None,
) -> Updater:
    """Return python-tuf's client under our limits; nothing is fetched yet.

    Args:
        metadata: The folder of its state; must exist.
        anchor: The trusted root, given each time: no file beside the state is trusted instead.
        metadata_url: Where metadata are, ending in a slash.
        fetcher: What fetches.
        targets: The folder of targets, if any are fetched; must exist.
        targets_url: Where targets are, ending in a slash.

    Raises:
        OSError: The folder cannot be written.
        RepositoryError: The anchor is no root, or not signed by itself.
    """
    config = UpdaterConfig(
        max_root_rotations=MAX_ROOT_ROTATIONS,
        root_max_length=MAX_ROOT_BYTES,
        timestamp_max_length=MAX_TIMESTAMP_BYTES,
        snapshot_max_length=MAX_SNAPSHOT_BYTES,
        targets_max_length=MAX_TARGETS_BYTES,
    )
    return Updater(
        str(metadata),
        metadata_url,
        None if targets is None else str(targets),
        targets_url,
        fetcher,
        config,
        bootstrap=anchor,
    )


@contextmanager
def refusing(folder: Path) -> Iterator[None]:
    """Turn what an update ends with into the family of the shell.

    Args:
        folder: Where the state is kept, for the hint.

    Raises:
        UnavailableError: Not reached, too slow, or a file too long; try again later.
        ProofError: Old, expired or wrongly signed; code `directory_expired` if only too old.
        StorageError: The folder cannot be read or written.
        GatewayError: No other member of the family.
    """
    try:
        yield
    except GatewayError:
        raise
    except DownloadHTTPError as error:
        what = "has no such file" if error.status_code in _ABSENT else "refused"
        raise UnavailableError(
            f"the directory's server {what} (status {error.status_code})",
            hint="check directory.url, or use another mirror",
        ) from error
    except DownloadError as error:
        raise UnavailableError(
            f"the directory was not fetched: {error}", hint="check the network and directory.url"
        ) from error
    except ExpiredMetadataError as error:
        raise ProofError(
            "the directory that was offered has expired",
            code="directory_expired",
            hint="use another mirror; if all say the same, call the directory's authority",
        ) from error
    except RepositoryError as error:
        raise ProofError(
            f"the directory that was offered is refused: {_kind(error)}",
            hint="use another mirror, and call the directory's authority",
        ) from error
    except OSError as error:
        raise StorageError(
            "the copy of the directory cannot be kept", hint=f"check {folder}"
        ) from error
    except Exception as error:  # the one edge at which foreign bytes are parsed
        raise ProofError("the directory that was offered is not well formed") from error


def _kind(error: RepositoryError) -> str:
    """Name the fault without a word of what was offered."""
    return type(error).__name__.removesuffix("Error").lower()
