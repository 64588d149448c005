"""Publishing: only what changed is signed, only what verifies is written, the timestamp last."""

from pathlib import Path

import pytest
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Snapshot,
    Targets,
)

from gateway.directory.draft import Drafts
from gateway.directory.layout import entry_file, party_role
from gateway.directory.publication import publish
from gateway.directory.repository import Repository
from gateway.directory.signers import KeyFolder
from gateway.errors import DataError, NoInputError, ProofError
from keys.digest import sha256
from protocol.directory import NodeState, PartyEntry
from tests.gateway.directory.world import DAY_MS, SECRET, Authority
from tests.protocol.entries import node_keys, part, unnamed_pins

NOW_MS = 1_800_000_000_000


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Return an authority with RO/1 published and FR delegated."""
    made = Authority.found(tmp_path, NOW_MS)
    made.admit("RO/1")
    made.publish()
    return made


def snapshot_of(authority: Authority) -> Snapshot:
    """Return the newest snapshot."""
    newest = Repository(authority.folder).newest(Snapshot, "snapshot")
    assert newest is not None
    return newest[0].signed


def hide_keys(authority: Authority, tmp_path: Path, pattern: str) -> None:
    """Take keys off the machine."""
    del authority
    for path in (tmp_path / "keys").glob(pattern):
        path.unlink()


def test_a_draft_becomes_an_entry_and_is_gone(authority: Authority) -> None:
    """What waits to be signed is always in view."""
    authority.admit("FR/1")
    assert Drafts(authority.folder).parties() == ("FR",)
    published = publish(authority.folder, authority.keys, now_ms=NOW_MS)
    assert published.signed == ("FR",)
    assert sorted(published.verified.entries) == ["FR", "RO"]
    assert Drafts(authority.folder).parties() == ()


def test_a_publication_without_changes_needs_only_the_online_key(
    authority: Authority, tmp_path: Path
) -> None:
    """It runs every day, while all other keys are in the safe."""
    for pattern in ("root-*", "targets-*", "party-*"):
        hide_keys(authority, tmp_path, pattern)
    before = snapshot_of(authority).version
    published = publish(authority.folder, authority.keys, now_ms=NOW_MS + DAY_MS)
    assert published.signed == ()
    assert published.stamp.timestamp_version == 3
    assert snapshot_of(authority).version == before
    assert published.verified.expires_ms == NOW_MS + 8 * DAY_MS


def test_the_snapshot_is_signed_again_at_half_its_life(authority: Authority) -> None:
    """Otherwise it would expire between two changes."""
    before = snapshot_of(authority).version
    authority.at(NOW_MS + 14 * DAY_MS).publish()
    assert snapshot_of(authority).version == before
    authority.at(NOW_MS + 16 * DAY_MS).publish()
    assert snapshot_of(authority).version == before + 1


def test_a_changed_draft_needs_the_partys_keys(authority: Authority, tmp_path: Path) -> None:
    """The authority cannot publish in a Party's name."""
    authority.admit("FR/1")
    hide_keys(authority, tmp_path, "party-FR-*")
    before = authority.digest()
    with pytest.raises(NoInputError):
        authority.publish()
    assert authority.digest() == before
    assert Drafts(authority.folder).parties() == ("FR",)


def test_too_few_of_the_partys_keys_publish_nothing(authority: Authority, tmp_path: Path) -> None:
    """What nodes would refuse is never written."""
    authority.admit("FR/1")
    (tmp_path / "keys" / "party-FR-2.key").unlink()
    before = authority.digest()
    with pytest.raises(ProofError):
        authority.publish()
    assert authority.digest() == before
    assert not (authority.folder / "metadata" / "1.party-FR.json").exists()


def test_a_draft_that_says_nothing_new_signs_nothing(authority: Authority) -> None:
    """The same node admitted twice with the same keys."""
    authority.admit("RO/1")
    published = publish(authority.folder, authority.keys, now_ms=NOW_MS)
    assert published.signed == ()
    assert Drafts(authority.folder).parties() == ()


def test_a_party_changes_its_own_entry_by_a_draft(authority: Authority) -> None:
    """Suspending a node is a change like any other."""
    data = Repository(authority.folder).entry("RO")
    assert data is not None
    entry = publish(authority.folder, authority.keys, now_ms=NOW_MS).verified.entries["RO"]
    node = entry.nodes[0].model_copy(update={"state": NodeState.SUSPENDED})
    Drafts(authority.folder).save(entry.model_copy(update={"nodes": (node,)}))
    published = publish(authority.folder, authority.keys, now_ms=NOW_MS)
    assert published.signed == ("RO",)
    assert published.verified.entries["RO"].nodes[0].state is NodeState.SUSPENDED


def test_a_draft_without_a_delegation_is_refused(authority: Authority) -> None:
    """Nobody could verify it."""
    jp = PartyEntry(party="JP", name="Japan", nodes=(part(node_keys("JP/1"), NOW_MS),))
    Drafts(authority.folder).save(jp)
    with pytest.raises(DataError) as caught:
        authority.publish()
    assert "delegate JP" in caught.value.hint


@pytest.mark.parametrize("text", ["", "{}", '{"party":"RO","name":"x"}', "[" * 9999])
def test_a_damaged_draft_is_refused(authority: Authority, text: str) -> None:
    """People edit drafts; the error says which file to mend."""
    Drafts(authority.folder).save(PartyEntry(party="FR", name="France"))
    path = authority.folder / "drafts" / "FR.json"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        authority.publish()
    assert str(path) in caught.value.hint


def test_two_nodes_with_one_tls_key_are_not_published(authority: Authority) -> None:
    """The second would take the first one's name, or its connections."""
    pins = {**unnamed_pins(), "state": NodeState.ACTIVE}
    theirs, mine = (
        part(node_keys(name), NOW_MS).model_copy(update=pins) for name in ("RO/1", "FR/1")
    )
    Drafts(authority.folder).save(PartyEntry(party="RO", name="Romania", nodes=(theirs,)))
    authority.publish()
    Drafts(authority.folder).save(PartyEntry(party="FR", name="France", nodes=(mine,)))
    before = authority.digest()
    with pytest.raises(DataError):
        authority.publish()
    assert authority.digest() == before


def test_a_publication_that_was_cut_short_is_finished_by_the_next(authority: Authority) -> None:
    """The timestamp is written last: until then nodes see the former state."""
    timestamp = (authority.folder / "metadata" / "timestamp.json").read_bytes()
    authority.admit("FR/1")
    draft = (authority.folder / "drafts" / "FR.json").read_bytes()
    authority.publish()
    (authority.folder / "metadata" / "timestamp.json").write_bytes(timestamp)
    (authority.folder / "drafts" / "FR.json").write_bytes(draft)
    published = publish(authority.folder, authority.keys, now_ms=NOW_MS)
    assert published.signed == ()
    assert sorted(published.verified.entries) == ["FR", "RO"]
    assert Drafts(authority.folder).parties() == ()


def test_renewing_signs_all_that_there_are_keys_for(authority: Authority, tmp_path: Path) -> None:
    """Once a year the offline keys come out of the safe."""
    authority.admit("FR/1")
    authority.publish()
    hide_keys(authority, tmp_path, "party-FR-*")
    later = NOW_MS + 300 * DAY_MS
    published = publish(authority.folder, authority.keys, now_ms=later, renew=True)
    assert published.signed == ("RO",)
    repository = Repository(authority.folder)
    ends = {}
    for role in ("targets", party_role("RO"), party_role("FR")):
        newest = repository.newest(Targets, role)
        assert newest is not None
        ends[role] = int(newest[0].signed.expires.timestamp() * 1000)
    assert ends["targets"] == ends["party-RO"] == later + 365 * DAY_MS
    assert ends["party-FR"] == NOW_MS + 365 * DAY_MS


def test_renewing_without_the_targets_keys_renews_the_parties(
    authority: Authority, tmp_path: Path
) -> None:
    """Each signs with the keys at hand."""
    hide_keys(authority, tmp_path, "targets-*")
    assert publish(authority.folder, authority.keys, now_ms=NOW_MS, renew=True).signed == ("RO",)


def test_an_entry_is_stored_under_its_digest(authority: Authority) -> None:
    """So that a reader in the middle of an update still finds the old one."""
    data = Repository(authority.folder).entry("RO")
    assert data is not None
    assert (authority.folder / entry_file("RO", sha256(data).hex())).read_bytes() == data


def test_there_must_be_a_directory_to_publish(tmp_path: Path) -> None:
    """A wrong folder is the usual mistake."""
    with pytest.raises(NoInputError):
        publish(tmp_path, KeyFolder(tmp_path, SECRET), now_ms=NOW_MS)
