"""Names around witnesses have one spelling."""

from hashlib import sha256

import pytest

from protocol.identifiers import NodeId
from protocol.witness.naming import node_of_witness, origin_hash, witness_name


def test_name_of_a_witness_key_leads_back_to_its_node() -> None:
    """So that a party's own witness is recognised."""
    node = NodeId("RO", 1)
    assert witness_name(node) == "a35/RO/1/witness"
    assert node_of_witness(witness_name(node)) == node


@pytest.mark.parametrize(
    "name",
    [
        "witness.example/w1",
        "a35/RO/1/log/1",
        "a35/RO/0/witness",
        "a35/RO/01/witness",
        "a35/ro/1/witness",
        "a35/RO/1/witness/",
        "a35/RO/1/witness\n",
    ],
)
def test_other_names_are_of_no_node(name: str) -> None:
    """A witness outside the network, or somebody who would look like a node."""
    assert node_of_witness(name) is None


def test_place_of_a_cosigned_head_is_the_hash_of_its_log() -> None:
    """As the monitors of C2SP compute it."""
    assert origin_hash("a35/RO/1/log/1") == sha256(b"a35/RO/1/log/1").hexdigest()
