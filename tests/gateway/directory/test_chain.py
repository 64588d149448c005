"""Verifying a directory offline: every file is needed, every byte counts."""

import json
from pathlib import Path

import pytest
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Root,
    Snapshot,
    Targets,
    Timestamp,
)

from gateway.directory.chain import delegations, verify_chain
from gateway.directory.layout import (
    MAX_PARTIES,
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP_FILE,
    party_role,
    role_file,
)
from gateway.directory.metadata import keys_by_id, sign
from gateway.errors import ProofError
from tests.gateway.directory.forge import Forger
from tests.gateway.directory.world import DAY_MS, Authority

NOW_MS = 1_800_000_000_000


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Return an authority with RO/1 and FR/1 published."""
    made = Authority.found(tmp_path, NOW_MS)
    made.admit("RO/1", "FR/1")
    made.publish()
    return made


def files_of(authority: Authority) -> dict[str, bytes]:
    """Return all published files."""
    return dict(Forger(authority.folder, authority.keys).repository.files)


def refused(authority: Authority, files: dict[str, bytes], *, root: bytes | None = None) -> None:
    """Check that a set of files does not verify."""
    with pytest.raises(ProofError):
        verify_chain(authority.root if root is None else root, files, at_ms=NOW_MS)


def test_a_whole_directory_verifies_and_names_the_files_it_is_made_of(
    authority: Authority,
) -> None:
    """Old versions do not belong to it."""
    files = files_of(authority)
    verified = verify_chain(authority.root, files, at_ms=NOW_MS)
    assert sorted(verified.entries) == ["FR", "RO"]
    assert verified.left_out == {}
    assert verified.expires_ms == NOW_MS + 7 * DAY_MS
    assert len(verified.files) == 8
    assert role_file(SNAPSHOT, 1) in files
    assert role_file(SNAPSHOT, 1) not in verified.files
    again = verify_chain(authority.root, verified.files, at_ms=NOW_MS)
    assert again == verified


def test_it_verifies_at_any_time_later(authority: Authority) -> None:
    """Evidence is looked at years after; only freshness is a matter of time."""
    files = files_of(authority)
    verified = verify_chain(authority.root, files, at_ms=NOW_MS + 300 * DAY_MS)
    assert sorted(verified.entries) == ["FR", "RO"]


def test_every_file_of_it_is_needed(authority: Authority) -> None:
    """But for the root, which the node holds itself."""
    files = dict(verify_chain(authority.root, files_of(authority), at_ms=NOW_MS).files)
    for name in set(files) - {role_file(ROOT, 1)}:
        refused(authority, {each: data for each, data in files.items() if each != name})


def test_no_byte_of_it_can_be_changed(authority: Authority) -> None:
    """One digit in each file, wherever it stands."""
    files = dict(verify_chain(authority.root, files_of(authority), at_ms=NOW_MS).files)
    for name in set(files) - {role_file(ROOT, 1)}:
        data = files[name]
        for place in range(10, len(data), max(1, len(data) // 7)):
            changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            refused(authority, files | {name: changed})


def test_another_root_verifies_nothing(authority: Authority, tmp_path: Path) -> None:
    """The anchor decides."""
    other = Authority.found(tmp_path / "other", NOW_MS)
    refused(authority, files_of(authority), root=other.root)


@pytest.mark.parametrize("root", [b"", b"{}", b"[" * 50_000, b"\xff", b'{"signed": {}}'])
def test_a_root_that_is_none_is_refused(authority: Authority, root: bytes) -> None:
    """With our own error."""
    refused(authority, files_of(authority), root=root)


def test_a_root_of_another_kind_is_refused(authority: Authority) -> None:
    """Timestamp metadata is well formed, and no root."""
    refused(authority, files_of(authority), root=files_of(authority)[TIMESTAMP_FILE])


def test_a_file_under_the_name_of_another_kind_is_refused(authority: Authority) -> None:
    """A snapshot is no timestamp, though the same key signs both."""
    files = files_of(authority)
    refused(authority, files | {TIMESTAMP_FILE: files[role_file(SNAPSHOT, 2)]})


def test_one_public_key_under_two_ids_counts_once(authority: Authority) -> None:
    """CVE-2020-6174: a threshold of two must mean two keys."""
    forger = Forger(authority.folder, authority.keys)
    root = forger.newest(Root, ROOT)
    online = root.roles["timestamp"]
    key = root.keys[online.keyids[0]]
    twin = key.from_dict("twin", key.to_dict())
    root.keys["twin"] = twin
    online.keyids.append("twin")
    data = sign(root, authority.keys.load(ROOT))
    refused(authority, files_of(authority), root=data)


def test_a_role_that_names_a_key_that_is_not_there_is_refused(authority: Authority) -> None:
    """Python-tuf passes over it; a threshold must not rest on nothing."""
    root = Forger(authority.folder, authority.keys).newest(Root, ROOT)
    root.roles["timestamp"].keyids.append("missing")
    refused(authority, files_of(authority), root=sign(root, authority.keys.load(ROOT)))


def test_a_root_without_numbered_files_is_refused(authority: Authority) -> None:
    """Without consistent snapshots a reader could meet half a state."""
    root = Forger(authority.folder, authority.keys).newest(Root, ROOT)
    root.consistent_snapshot = False
    refused(authority, files_of(authority), root=sign(root, authority.keys.load(ROOT)))


def test_roots_must_follow_each_other(authority: Authority) -> None:
    """Number 2 says that it is number 3."""
    root = Forger(authority.folder, authority.keys).newest(Root, ROOT)
    root.version = 3
    data = sign(root, authority.keys.load(ROOT))
    refused(authority, files_of(authority) | {role_file(ROOT, 2): data})


def test_a_new_root_must_be_signed_by_the_old_one(authority: Authority) -> None:
    """Whoever has the new keys only, founds another network."""
    root = Forger(authority.folder, authority.keys).newest(Root, ROOT)
    root.version = 2
    fresh = authority.keys.create("fresh", 2)
    root.keys.update(keys_by_id(*fresh))
    root.roles[ROOT].keyids = list(keys_by_id(*fresh))
    refused(authority, files_of(authority) | {role_file(ROOT, 2): sign(root, fresh)})
    both = sign(root, (*fresh, *authority.keys.load(ROOT)))
    verified = verify_chain(
        authority.root, files_of(authority) | {role_file(ROOT, 2): both}, at_ms=NOW_MS
    )
    assert verified.stamp.root_version == 2


def test_files_that_are_not_pinned_by_digest_are_refused(authority: Authority) -> None:
    """The digest of the timestamp must stand for everything."""
    forger = Forger(authority.folder, authority.keys)

    def unpin(timestamp: Timestamp) -> None:
        timestamp.snapshot_meta.hashes = None

    forger.timestamp(unpin)
    refused(authority, files_of(authority))


def test_a_snapshot_without_the_targets_role_is_refused(authority: Authority) -> None:
    """Hiding everybody at once."""
    forger = Forger(authority.folder, authority.keys)

    def hide(snapshot: Snapshot) -> None:
        del snapshot.meta["targets.json"]

    forger.online(change=hide)
    refused(authority, files_of(authority))


def test_a_version_that_is_not_the_one_pinned_is_refused(authority: Authority) -> None:
    """Name and content must agree."""
    forger = Forger(authority.folder, authority.keys)
    data = files_of(authority)[role_file(TARGETS, 3)]
    forger.write(role_file(TARGETS, 4), data)

    def lift(snapshot: Snapshot) -> None:
        snapshot.meta["targets.json"].version = 4

    forger.online(change=lift)
    refused(authority, files_of(authority))


def test_a_party_without_a_published_role_is_left_out(authority: Authority) -> None:
    """Delegated today, published tomorrow."""
    authority.delegate("JP")
    authority.publish()
    verified = verify_chain(authority.root, files_of(authority), at_ms=NOW_MS)
    assert "JP" in verified.left_out
    assert sorted(verified.entries) == ["FR", "RO"]


def test_a_party_that_took_its_entry_back_is_left_out(authority: Authority) -> None:
    """It signs that it lists nothing."""
    forger = Forger(authority.folder, authority.keys)
    forger.party("RO", lambda targets: targets.targets.clear())
    forger.online(party_role("RO"))
    verified = verify_chain(authority.root, files_of(authority), at_ms=NOW_MS)
    assert list(verified.entries) == ["FR"]
    assert verified.left_out == {"RO": "the Party lists no entry"}


def test_a_targets_role_without_delegations_lists_no_party() -> None:
    """An empty directory is a directory."""
    assert delegations(Targets()) == ()


def test_more_parties_than_countries_are_refused(authority: Authority) -> None:
    """Nobody has to verify a million roles."""
    targets = Forger(authority.folder, authority.keys).newest(Targets, TARGETS)
    assert targets.delegations is not None
    roles = targets.delegations.roles
    assert roles is not None
    form = json.dumps(roles["party-RO"].to_dict())
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for country in [a + b for a in letters for b in letters][: MAX_PARTIES + 1]:
        made = json.loads(form.replace("RO", country))
        roles[f"party-{country}"] = roles["party-FR"].from_dict(made)
    with pytest.raises(ProofError):
        delegations(targets)
