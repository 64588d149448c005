"""The summary: what a folder holds, verified before it is shown."""

from pathlib import Path

import pytest

from gateway.directory.summary import show
from gateway.errors import NoInputError, ProofError
from tests.gateway.directory.world import DAY_MS, Authority

NOW_MS = 1_800_000_000_000


def test_the_summary_tells_roles_parties_and_what_waits(tmp_path: Path) -> None:
    """One look says what to do next."""
    authority = Authority.found(tmp_path, NOW_MS)
    authority.admit("RO/1")
    authority.publish()
    authority.admit("FR/1")
    summary = show(authority.folder, now_ms=NOW_MS)
    assert summary.verified.stamp.timestamp_version == 2
    assert list(summary.roles) == ["root", "targets", "snapshot", "timestamp"]
    root = summary.roles["root"]
    assert (root.version, root.keys, root.threshold, root.signatures) == (1, 3, 2, 3)
    assert summary.roles["timestamp"].expires_ms == NOW_MS + 7 * DAY_MS
    france, romania = summary.parties
    assert (france.country, france.role, france.entry, france.has_draft) == ("FR", None, None, True)
    assert france.left_out is not None
    assert romania.entry is not None
    assert romania.role is not None
    assert (romania.role.keys, romania.role.threshold, romania.role.signatures) == (2, 2, 2)
    assert not romania.has_draft


def test_an_expired_directory_is_still_shown(tmp_path: Path) -> None:
    """Its owner must see how old it is."""
    authority = Authority.found(tmp_path, NOW_MS)
    summary = show(authority.folder, now_ms=NOW_MS + 900 * DAY_MS)
    assert summary.roles["root"].expires_ms < NOW_MS + 900 * DAY_MS


def test_a_folder_that_does_not_verify_is_not_shown(tmp_path: Path) -> None:
    """Nor is one without a directory."""
    with pytest.raises(NoInputError):
        show(tmp_path, now_ms=NOW_MS)
    authority = Authority.found(tmp_path, NOW_MS)
    path = authority.folder / "metadata" / "timestamp.json"
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    with pytest.raises(ProofError):
        show(authority.folder, now_ms=NOW_MS)
