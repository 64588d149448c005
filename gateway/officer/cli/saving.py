"""Files that commands write: whole under their name, or not at all."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, TypeVar, cast

from gateway.errors import DataError, StorageError
from gateway.officer.cli.session import at_desk
from gateway.officer.client import Client

Result = TypeVar("Result")


def fetch_to(
    home: Path, output: Path, get: Callable[[Client, BinaryIO], Awaitable[Result]]
) -> Result:
    """Write beside the target first, so that half a file never bears its name.

    Args:
        home: The node's folder.
        output: The target.
        get: Fetches into the file that it is given.

    Returns:
        What `get` returned.

    Raises:
        StorageError: The folder cannot be written to.
    """
    try:
        with NamedTemporaryFile(dir=output.parent, prefix=".a35-", delete=False) as held:
            part = Path(held.name)
            try:
                got = at_desk(home, lambda desk: get(desk, cast("BinaryIO", held)))
                held.flush()
                os.fsync(held.fileno())
                part.replace(output)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise StorageError(f"{output.name} cannot be written") from error
    return got


def must_be_free(output: Path, *, force: bool) -> None:
    """Refuse to replace a file unasked.

    Args:
        output: The target.
        force: Whether it was asked for.

    Raises:
        DataError: It exists.
    """
    if output.exists() and not force:
        raise DataError(
            f"{output.name} exists already", code="exists", hint="add --force to replace it"
        )
