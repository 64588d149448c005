"""Founding: offline keys by threshold, one delegation a Party, nothing made over anything."""

from pathlib import Path

import pytest
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Metadata,
    Root,
    Targets,
)

from gateway.directory.chain import delegations, verify_chain
from gateway.directory.founding import delegate, new_root
from gateway.directory.repository import Repository
from gateway.directory.signers import KeyFolder
from gateway.errors import ConfigError, NoInputError, UsageError
from keys.digest import sha256
from tests.gateway.directory.world import DAY_MS, SECRET, Authority

NOW_MS = 1_800_000_000_000


def test_a_new_root_is_held_by_offline_keys_and_one_online_key(tmp_path: Path) -> None:
    """Root and targets by threshold; snapshot and timestamp by the key that stays."""
    keys = KeyFolder(tmp_path / "keys", SECRET)
    made = new_root(tmp_path / "out", keys, threshold=2, count=3, now_ms=NOW_MS)
    data = made.path.read_bytes()
    assert made.path == tmp_path / "out" / "metadata" / "1.root.json"
    assert made.fingerprint == sha256(data).hex()
    root = Metadata[Root].from_bytes(data).signed
    counts = {name: (len(role.keyids), role.threshold) for name, role in root.roles.items()}
    assert counts == {
        "root": (3, 2),
        "targets": (3, 2),
        "snapshot": (1, 1),
        "timestamp": (1, 1),
    }
    assert root.roles["snapshot"].keyids == root.roles["timestamp"].keyids
    assert len(root.keys) == 7
    verified = verify_chain(data, Repository(tmp_path / "out").files, at_ms=NOW_MS)
    assert verified.stamp == made.stamp
    assert verified.entries == {}


def test_the_same_keys_and_times_give_the_same_files(tmp_path: Path) -> None:
    """Nothing is drawn but keys, so a publication can be made again and compared."""
    one = Authority.found(tmp_path, NOW_MS)
    root = Repository(one.folder).files["metadata/1.root.json"]
    timestamp = Repository(one.folder).files["metadata/timestamp.json"]
    (one.folder / "metadata" / "timestamp.json").unlink()
    for path in (one.folder / "metadata").glob("*.snapshot.json"):
        path.unlink()
    for path in (one.folder / "metadata").glob("[23].targets.json"):
        path.unlink()
    one.publish()
    assert Repository(one.folder).files["metadata/1.root.json"] == root
    assert Repository(one.folder).files["metadata/timestamp.json"] == timestamp


def test_a_directory_is_never_made_over_another(tmp_path: Path) -> None:
    """Nor are keys of one."""
    authority = Authority.found(tmp_path, NOW_MS)
    before = authority.root
    for out, keys in ((tmp_path / "out", tmp_path / "k2"), (tmp_path / "o2", tmp_path / "keys")):
        with pytest.raises(ConfigError):
            new_root(out, KeyFolder(keys, SECRET), now_ms=NOW_MS)
    assert authority.root == before
    assert not (tmp_path / "k2").exists()
    assert not (tmp_path / "o2").exists()


@pytest.mark.parametrize(("threshold", "count"), [(0, 1), (3, 2), (1, 10), (-1, 3)])
def test_a_threshold_that_makes_no_sense_makes_nothing(
    tmp_path: Path, threshold: int, count: int
) -> None:
    """Neither none of the keys nor more than there are."""
    keys = KeyFolder(tmp_path / "keys", SECRET)
    with pytest.raises(ConfigError):
        new_root(tmp_path / "out", keys, threshold=threshold, count=count, now_ms=NOW_MS)
    assert not list(tmp_path.iterdir())


def test_a_delegation_gives_a_party_its_own_path_and_ends_there(tmp_path: Path) -> None:
    """Terminating: nobody is asked after the Party itself."""
    authority = Authority.found(tmp_path, NOW_MS, parties=())
    assert delegate(authority.folder, authority.keys, "RO", now_ms=NOW_MS)
    targets = Repository(authority.folder).targets()
    assert targets.version == 2
    assert targets.delegations is not None
    assert targets.delegations.roles is not None
    role = targets.delegations.roles["party-RO"]
    assert (role.paths, role.terminating, role.threshold) == (["parties/RO/*"], True, 2)
    assert len(role.keyids) == 2


def test_a_delegation_counts_with_the_next_publication(tmp_path: Path) -> None:
    """Until then nodes see the directory as it was."""
    authority = Authority.found(tmp_path, NOW_MS, parties=())
    authority.delegate("RO")
    files = Repository(authority.folder).files
    assert verify_chain(authority.root, files, at_ms=NOW_MS).left_out == {}
    authority.publish()
    assert "RO" in verify_chain(authority.root, files, at_ms=NOW_MS).left_out


def test_parties_are_delegated_in_order_and_only_once(tmp_path: Path) -> None:
    """Asking again changes nothing, not even a version."""
    authority = Authority.found(tmp_path, NOW_MS, parties=("RO", "FR"))
    before = Repository(authority.folder).targets()
    assert [each.country for each in delegations(before)] == ["FR", "RO"]
    assert not delegate(authority.folder, authority.keys, "RO", threshold=1, now_ms=NOW_MS)
    assert Repository(authority.folder).targets().version == before.version


def test_keys_that_a_party_brings_are_used(tmp_path: Path) -> None:
    """It may have made them itself."""
    authority = Authority.found(tmp_path, NOW_MS, parties=())
    brought = authority.keys.create("party-RO", 3)
    delegate(authority.folder, authority.keys, "RO", threshold=2, count=2, now_ms=NOW_MS)
    found = delegations(Repository(authority.folder).targets())[0]
    assert found.key_ids == tuple(key.public_key.keyid for key in brought)
    authority.keys.create("party-FR", 1)
    with pytest.raises(ConfigError):
        delegate(authority.folder, authority.keys, "FR", threshold=2, now_ms=NOW_MS)


@pytest.mark.parametrize("country", ["", "ro", "../RO", "ROM"])
def test_a_country_is_named_by_its_code(tmp_path: Path, country: str) -> None:
    """The code becomes part of names."""
    authority = Authority.found(tmp_path, NOW_MS, parties=())
    with pytest.raises(UsageError):
        delegate(authority.folder, authority.keys, country, now_ms=NOW_MS)


def test_a_delegation_needs_a_directory_and_the_targets_keys(tmp_path: Path) -> None:
    """With the online key alone nobody gets in."""
    with pytest.raises(NoInputError):
        delegate(tmp_path / "none", KeyFolder(tmp_path, SECRET), "RO", now_ms=NOW_MS)
    authority = Authority.found(tmp_path, NOW_MS, parties=())
    for path in (tmp_path / "keys").glob("targets-*"):
        path.unlink()
    with pytest.raises(NoInputError):
        delegate(authority.folder, authority.keys, "RO", now_ms=NOW_MS)


def test_a_delegation_begins_a_new_year(tmp_path: Path) -> None:
    """Signing is the moment at which the authority says that it still means it."""
    authority = Authority.found(tmp_path, NOW_MS, parties=("RO",))
    authority.at(NOW_MS + 100 * DAY_MS).delegate("FR")
    newest = Repository(authority.folder).newest(Targets, "targets")
    assert newest is not None
    assert newest[0].signed.expires.timestamp() * 1000 == NOW_MS + 465 * DAY_MS
