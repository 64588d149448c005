"""Hashes with labels, tree hashes and key ids are those of the rules."""

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.digest import (
    EMPTY_ROOT,
    Hasher,
    Label,
    kem_key_id,
    labelled,
    leaf_hash,
    new_salt,
    node_hash,
    same,
    sha256,
)

# RFC 6962 tree over the leaves of the Certificate Transparency test vectors ("", 00, 10, 2021).
LEAVES = [b"", b"\x00", b"\x10", b"\x20\x21"]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
}


def test_empty_root_is_the_digest_of_nothing() -> None:
    """The constant is written out; it must be what RFC 6962 says."""
    assert hashlib.sha256(b"").digest() == EMPTY_ROOT == sha256(b"")


def test_leaf_and_node_hashes_give_the_published_roots() -> None:
    """Roots from the reference tests of Certificate Transparency (RFC 6962)."""
    hashes = [leaf_hash(leaf) for leaf in LEAVES]
    assert hashes[0].hex() == ROOTS[1]
    assert node_hash(hashes[0], hashes[1]).hex() == ROOTS[2]
    left, right = (node_hash(a, b) for a, b in list(pairwise(hashes))[::2])
    assert node_hash(left, right).hex() == ROOTS[4]


def test_a_leaf_is_never_a_node() -> None:
    """Without the prefix bytes a proof could pass a node off as a leaf."""
    left, right = sha256(b"left"), sha256(b"right")
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize("label", list(Label))
def test_label_stands_before_a_zero_byte(label: Label) -> None:
    """The zero byte ends the label, so no label and part can be read as another pair."""
    expected = hashlib.sha256(label.value.encode("ascii") + b"\x00" + b"ab").digest()
    assert labelled(label, b"a", b"b") == expected == labelled(label, b"ab")


def test_no_label_is_the_beginning_of_another_one_with_its_end() -> None:
    """Two labels never give one digest for the same parts."""
    digests = {labelled(label, b"part") for label in Label}
    assert len(digests) == len(Label)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=6))
def test_hasher_equals_one_piece(pieces: list[bytes]) -> None:
    """Streams and values must have the same digest."""
    hasher = Hasher()
    for piece in pieces:
        hasher.update(piece)
        hasher.digest()
    assert hasher.digest() == sha256(b"".join(pieces))


def test_key_id_is_the_cut_digest_under_its_label() -> None:
    """Rule 15; the label keeps it apart from every other digest of the key."""
    public = bytes(range(64)) * 19
    assert kem_key_id(public) == hashlib.sha256(b"a35/1/kem\x00" + public).digest()[:16]


def test_same_compares_content_and_length() -> None:
    """It replaces == where time could tell where the difference lies."""
    assert same(b"abc", b"abc")
    assert not same(b"abc", b"abd")
    assert not same(b"abc", b"ab")


def test_salts_never_repeat() -> None:
    """They come from the system, not from a seed."""
    salts = {new_salt() for _ in range(100)}
    assert len(salts) == 100
    assert {len(salt) for salt in salts} == {16}


def test_copy_of_a_hasher_goes_on_apart() -> None:
    """What is tried with the copy does not change the one that it was made of."""
    hasher = Hasher()
    hasher.update(b"a")
    other = hasher.copy()
    other.update(b"b")
    assert (hasher.digest(), other.digest()) == (sha256(b"a"), sha256(b"ab"))
