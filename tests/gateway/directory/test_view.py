"""The view of a state: look-ups that agree with each other."""

from gateway.directory.chain import VerifiedDirectory
from gateway.directory.view import make_view
from protocol.directory import NodeEntry, NodeState, PartyEntry
from protocol.envelope.header import DirectoryStamp
from protocol.identifiers import NodeId
from tests.protocol.entries import node_keys, part, unnamed_pins

NOW_MS = 1_800_000_000_000


def state(*nodes: NodeEntry, left_out: str | None = None) -> VerifiedDirectory:
    """Return a verified state with these nodes."""
    countries = {node.node_id.country for node in nodes}
    return VerifiedDirectory(
        stamp=DirectoryStamp(root_version=1, timestamp_version=1, digest=bytes(32)),
        expires_ms=0,
        entries={
            country: PartyEntry(
                party=country,
                name=country,
                nodes=tuple(node for node in nodes if node.node_id.country == country),
            )
            for country in countries
        },
        left_out={} if left_out is None else {left_out: "why"},
        files={},
    )


def node(name: str, status: NodeState = NodeState.ACTIVE) -> NodeEntry:
    """Return a node's part in some state."""
    return part(node_keys(name), NOW_MS).model_copy(update={"state": status})


def test_active_nodes_come_in_order_of_their_ids() -> None:
    """Numbers count as numbers."""
    view = make_view(state(node("RO/10"), node("RO/2"), node("FR/1")), None)
    assert [each.id for each in view.active] == ["FR/1", "RO/2", "RO/10"]


PIN = bytes.fromhex(unnamed_pins()["tls_spki"][0])


def unnamed(name: str) -> NodeEntry:
    """Return a node whose certificate, always the same, names no node."""
    return node(name).model_copy(update=unnamed_pins())


def test_only_active_nodes_have_a_pin() -> None:
    """A suspended node does not get through TLS; its entry is still there to read."""
    view = make_view(
        state(node("RO/1", NodeState.SUSPENDED), node("FR/1", NodeState.CANDIDATE)), None
    )
    assert view.pins == {}
    assert view.active == ()
    assert set(view.nodes) == {NodeId("RO", 1), NodeId("FR", 1)}


def test_a_pin_with_one_holder_moves_with_it() -> None:
    """A key that a Party gives to its other node is that node's from then on."""
    first = make_view(state(unnamed("RO/1")), None)
    second = make_view(state(unnamed("RO/2")), first)
    assert second.pins == {PIN: NodeId("RO", 2)}
    assert not second.disputed


def test_a_pin_that_two_list_stays_with_its_holder_or_goes_to_nobody() -> None:
    """Copying a public pin must not take a node's name; such certificates name none."""
    both = state(unnamed("RO/1"), unnamed("FR/1"))
    fresh = make_view(both, None)
    assert fresh.pins == {}
    assert fresh.disputed == frozenset({PIN})
    assert make_view(both, fresh).pins == {}
    held = make_view(both, make_view(state(unnamed("RO/1")), None))
    assert held.pins == {PIN: NodeId("RO", 1)}


def test_a_state_differs_also_by_who_is_left_out() -> None:
    """A Party's lapse comes with time, without a new version."""
    view = make_view(state(node("RO/1")), None)
    assert view.says_the_same(state(node("RO/1")))
    assert not view.says_the_same(state(left_out="RO"))
    assert view.party("FR") is None
