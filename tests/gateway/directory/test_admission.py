"""Admission: proofs first, then the draft; nothing takes the place of anything in silence."""

from pathlib import Path

import pytest

from gateway.directory.admission import admit
from gateway.directory.draft import Drafts
from gateway.errors import ConfigError, DataError, NoInputError, ProofError
from protocol.directory import MAX_NODES, NodeState, PartyEntry, encode_entry, fingerprints
from protocol.joining import encode_join_request
from tests.gateway.directory.setting import Setting, publish_entry
from tests.gateway.directory.world import Authority
from tests.protocol.entries import DAY_MS, join_request, node_keys, part, unnamed_pins

NOW_MS = 1_800_000_000_000


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Return an authority with two delegations and nothing published."""
    return Authority.found(tmp_path, NOW_MS)


def test_an_admitted_node_stands_in_the_draft_as_active(authority: Authority) -> None:
    """And its fingerprints are there to be compared."""
    request = encode_join_request(join_request(node_keys("RO/1"), NOW_MS))
    admitted = admit(authority.folder, request, now_ms=NOW_MS)
    assert admitted.is_new
    assert admitted.node.state is NodeState.ACTIVE
    assert admitted.entry.name == "Desk of RO/1"
    assert admitted.fingerprints == fingerprints(part(node_keys("RO/1"), NOW_MS))
    assert Drafts(authority.folder).load("RO") == admitted.entry


def test_a_node_may_be_listed_without_being_active(authority: Authority) -> None:
    """Others see its keys before they use them."""
    request = join_request(node_keys("RO/1"), NOW_MS)
    admitted = admit(authority.folder, request, now_ms=NOW_MS, state=NodeState.CANDIDATE)
    assert admitted.entry.nodes[0].state is NodeState.CANDIDATE


def test_a_suspended_node_that_renews_a_key_stays_suspended(authority: Authority) -> None:
    """Who suspended it brings it back, by a word of its own: `a35 directory state`."""
    first = admit(authority.folder, join_request(node_keys("RO/1"), NOW_MS), now_ms=NOW_MS)
    suspended = first.node.model_copy(update={"state": NodeState.SUSPENDED})
    Drafts(authority.folder).save(first.entry.model_copy(update={"nodes": (suspended,)}))
    other = join_request(node_keys("RO/1", 1), NOW_MS)
    admitted = admit(authority.folder, other, now_ms=NOW_MS, replace=True)
    assert admitted.node.state is NodeState.SUSPENDED
    assert admitted.entry.nodes == (admitted.node,)


def test_a_second_node_joins_the_first(authority: Authority) -> None:
    """In the draft as in the published entry, in order of their numbers."""
    authority.admit("RO/2")
    authority.publish()
    authority.admit("RO/10", "RO/1")
    draft = Drafts(authority.folder).load("RO")
    assert draft is not None
    assert [node.id for node in draft.nodes] == ["RO/1", "RO/2", "RO/10"]


def test_a_request_without_a_delegation_is_refused(authority: Authority) -> None:
    """The hint says which command comes first."""
    with pytest.raises(DataError) as caught:
        admit(authority.folder, join_request(node_keys("JP/1"), NOW_MS), now_ms=NOW_MS)
    assert "delegate JP" in caught.value.hint
    assert Drafts(authority.folder).parties() == ()


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b" " * 300_000])
def test_a_file_that_is_no_request_is_refused(authority: Authority, data: bytes) -> None:
    """Exit code 65."""
    with pytest.raises(DataError):
        admit(authority.folder, data, now_ms=NOW_MS)


def test_a_request_that_proves_nothing_is_refused(authority: Authority) -> None:
    """Exit code 76: somebody lists keys that they do not hold."""
    request = join_request(node_keys("RO/1"), NOW_MS, node=part(node_keys("RO/1", 1), NOW_MS))
    with pytest.raises(ProofError):
        admit(authority.folder, request, now_ms=NOW_MS)
    assert Drafts(authority.folder).parties() == ()


def test_a_listed_node_is_replaced_only_when_that_is_meant(authority: Authority) -> None:
    """Somebody who writes RO/1 into a request is not RO/1."""
    authority.admit("RO/1")
    authority.publish()
    stranger = join_request(node_keys("RO/1", 1), NOW_MS)
    with pytest.raises(ConfigError):
        admit(authority.folder, stranger, now_ms=NOW_MS)
    admitted = admit(authority.folder, stranger, now_ms=NOW_MS, replace=True)
    assert not admitted.is_new
    assert len(admitted.entry.nodes) == 1
    assert admitted.entry.nodes[0].logs == stranger.node.logs


def test_the_same_node_may_come_again_with_the_same_keys(authority: Authority) -> None:
    """To change its address."""
    authority.admit("RO/1")
    moved = part(node_keys("RO/1"), NOW_MS, port=9443)
    request = join_request(node_keys("RO/1"), NOW_MS, node=moved)
    admitted = admit(authority.folder, request, now_ms=NOW_MS)
    assert not admitted.is_new
    assert admitted.entry.nodes[0].endpoints == ("https://localhost:9443",)


def test_the_tls_key_of_another_node_is_refused(authority: Authority) -> None:
    """Whether that one is published or waits in a draft."""
    theirs, request = (
        join_request(
            node_keys(name),
            NOW_MS,
            node=part(node_keys(name), NOW_MS).model_copy(update=unnamed_pins()),
        )
        for name in ("RO/1", "FR/1")
    )
    admit(authority.folder, theirs, now_ms=NOW_MS)
    for _ in range(2):
        with pytest.raises(DataError, match="RO/1"):
            admit(authority.folder, request, now_ms=NOW_MS)
        authority.publish()


def test_a_party_has_no_more_nodes_than_an_entry_holds(authority: Authority) -> None:
    """The draft stays as it was."""
    numbers = range(1, MAX_NODES + 1)
    nodes = tuple(part(node_keys(f"RO/{number}"), NOW_MS) for number in numbers)
    Drafts(authority.folder).save(PartyEntry(party="RO", name="x", nodes=nodes))
    request = join_request(node_keys("RO/999"), NOW_MS)
    with pytest.raises(DataError):
        admit(authority.folder, request, now_ms=NOW_MS)
    draft = Drafts(authority.folder).load("RO")
    assert draft is not None
    assert len(draft.nodes) == MAX_NODES


def test_a_published_entry_that_cannot_be_read_stops_the_admission(tmp_path: Path) -> None:
    """It was signed elsewhere, with another tool."""
    setting = Setting(tmp_path)
    forged = encode_entry(setting.entry("RO")).replace(b'"party":"RO"', b'"party":"FR"')
    publish_entry(setting, "FR", forged)
    request = join_request(node_keys("FR/2"), setting.now_ms)
    with pytest.raises(DataError):
        admit(setting.authority.folder, request, now_ms=setting.now_ms)


def test_there_must_be_a_directory_to_join(tmp_path: Path) -> None:
    """A wrong folder is the usual mistake."""
    with pytest.raises(NoInputError):
        admit(tmp_path, join_request(node_keys("RO/1"), NOW_MS), now_ms=NOW_MS)


def test_an_old_request_is_refused(authority: Authority) -> None:
    """Its keys have run out."""
    request = join_request(node_keys("RO/1"), NOW_MS)
    with pytest.raises(ProofError):
        admit(authority.folder, request, now_ms=NOW_MS + 400 * DAY_MS)
