"""How much of its disk a node may still write."""

import os
from pathlib import Path

from gateway.ports import Space


class DiskSpace:
    """Implements ports.Measure on the file system that a folder lies on.

    Args:
        folder: The node's home; its database and attachments lie there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self) -> Space | None:
        """Measure; None where the system does not say, and then nothing is concluded."""
        try:
            found = os.statvfs(self._folder)
        except OSError:
            return None
        # Not f_bfree: what the system keeps for root is not for this user.
        return Space(
            free_bytes=found.f_bavail * found.f_frsize, total_bytes=found.f_blocks * found.f_frsize
        )
