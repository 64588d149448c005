"""What a disk has left, as the system says it."""

import os
from pathlib import Path

from gateway.storage.space import DiskSpace


def test_space_is_what_this_user_may_still_write(tmp_path: Path) -> None:
    """Not what the system keeps for root."""
    space = DiskSpace(tmp_path)()
    found = os.statvfs(tmp_path)
    assert space is not None
    assert space.total_bytes == found.f_blocks * found.f_frsize
    assert 0 < space.free_bytes <= found.f_bfree * found.f_frsize


def test_folder_that_is_gone_says_nothing(tmp_path: Path) -> None:
    """A guard concludes nothing from it."""
    assert DiskSpace(tmp_path / "gone")() is None
