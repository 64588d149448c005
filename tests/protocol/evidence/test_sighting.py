"""Sightings exist only of what was proven, and only of other nodes' logs."""

from dataclasses import replace

import pytest

from protocol.errors import NotAllowedError, NotProvenError
from protocol.evidence.sighting import SeenLeaf, Way, by_cosignature, by_leaf, join
from protocol.log.statement import checkpoint_seen
from protocol.witness.cosignature import believe_cosignatures
from tests.protocol.evidence.samples import (
    FR,
    RO,
    SALT,
    START_S,
    THIRDS,
    Log,
    cosigned,
    cosigner,
    noise,
    of_node,
    seen,
)
from tests.protocol.log.history import NOW_MS
from tests.protocol.witness.samples import NOW_S, line_of, signed, witness

LOG = Log(FR, noise(9))
POINT = LOG.checkpoint(5)


def test_real_cosignature_becomes_a_sighting() -> None:
    """Signed, believed, taken."""
    checkpoint = signed(5)
    line = line_of(witness(1), checkpoint)
    (one,) = believe_cosignatures(checkpoint, [line], [witness(1).cosigner], now_ms=NOW_MS)
    sighting = by_cosignature(checkpoint, one)
    assert (sighting.way, sighting.name) == (Way.COSIGNED, "a35/JP/1/witness")
    assert (sighting.by_s, sighting.newest_s, sighting.node) == (NOW_S, NOW_S, THIRDS[0])
    with pytest.raises(NotProvenError):
        by_cosignature(signed(6), one)


def test_witness_outside_the_network_is_no_node() -> None:
    """Its key is all that is known of it."""
    sighting = cosigned(POINT, cosigner("witness.example/w1"), START_S)
    assert sighting.node is None
    assert sighting.key == cosigner("witness.example/w1").key


def test_leaf_of_a_third_log_becomes_a_sighting_without_saying_newest() -> None:
    """Its time is that of the log in which it is proven."""
    sighting = seen(POINT, THIRDS[1], START_S + 7)
    assert (sighting.way, sighting.node, sighting.key) == (Way.SEEN, THIRDS[1], None)
    assert sighting.name == of_node(THIRDS[1]).key.name
    assert (sighting.by_s, sighting.newest_s) == (START_S + 7, None)


def test_leaf_of_another_note_shows_nothing() -> None:
    """The note in the leaf is the very one, signatures included."""
    log = Log(RO, [checkpoint_seen(POINT.note, SALT)])
    leaf = SeenLeaf(salt=SALT, proof=log.proof(0, 1), log=log.checkpoint(1))
    assert by_leaf(POINT, leaf).node == RO
    for wrong in (LOG.checkpoint(6), replace(POINT, note=POINT.note + b"x")):
        with pytest.raises(NotProvenError):
            by_leaf(wrong, leaf)
    with pytest.raises(NotProvenError):
        by_leaf(POINT, replace(leaf, salt=b"t" * 16))


def test_node_that_saw_itself_shows_nothing() -> None:
    """Its own log is its own word."""
    log = Log(FR, [checkpoint_seen(POINT.note, SALT)])
    with pytest.raises(NotAllowedError):
        by_leaf(POINT, SeenLeaf(salt=SALT, proof=log.proof(0, 1), log=log.checkpoint(1)))


def test_heads_are_joined_by_their_proof_alone() -> None:
    """In the right order, of one log, with the right hashes."""
    joined = LOG.joined(3, 8)
    assert (joined.smaller, joined.larger) == (LOG.head(3), LOG.head(8))
    other = Log(FR, noise(9, 1))
    with pytest.raises(NotProvenError):
        join(LOG.head(3), other.head(8), ())
    with pytest.raises(NotProvenError):
        join(LOG.head(8), LOG.head(3), ())
    with pytest.raises(NotProvenError):
        join(LOG.head(5), other.head(5), ())
    with pytest.raises(NotAllowedError):
        join(LOG.head(3), Log(RO, noise(9)).head(8), ())
