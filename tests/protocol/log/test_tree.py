"""The Merkle tree against published values, the definitions of RFC 6962, and forgery."""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.digest import EMPTY_ROOT, node_hash
from protocol.errors import Code, NotAllowedError, NotProvenError, TooLargeError
from protocol.limits import MAX_INDEX
from protocol.log.tree import (
    Frontier,
    check_consistency,
    check_inclusion,
    consistency_path,
    inclusion_length,
    inclusion_path,
    root_at,
)
from tests.protocol.log.tree_reference import head, leaves, path, proof, subtree_of, vectors

SIZES = 70
LEAVES = leaves(SIZES)
SUBTREE = subtree_of(LEAVES)
REFERENCE = vectors("reference-tree")
SPARSE = st.integers(1, 2**53 - 1)
# Accepted there with roots of 12 bytes, which stand for "any"; here a root has 32.
STRICTER = {"consistency/additional/sizes-are-equal-one-and-proof-is-empty"}


@cache
def root(size: int) -> bytes:
    """Return the root by definition."""
    return head(LEAVES[:size])


def repeated(level: int, _index: int) -> bytes:
    """Answer for a tree of any size whose leaves are all equal."""
    return _level_root(level)


@cache
def _level_root(level: int) -> bytes:
    return LEAVES[0] if level == 0 else node_hash(_level_root(level - 1), _level_root(level - 1))


def refused_inclusion(  # noqa: PLR0917  mirrors the function under test
    index: int, size: int, leaf: bytes, way: list[bytes], goal: bytes
) -> bool:
    """Tell whether an inclusion proof is refused with the one error for it."""
    try:
        check_inclusion(index, size, leaf, way, goal)
    except NotProvenError as error:
        return error.code is Code.PROOF
    return False


def refused_consistency(
    sizes: tuple[int, int], roots: tuple[bytes, bytes], way: list[bytes]
) -> bool:
    """Tell whether a consistency proof is refused with the one error for it."""
    try:
        check_consistency(*sizes, *roots, way)
    except NotProvenError as error:
        return error.code is Code.PROOF
    return False


def flips(way: list[bytes]) -> Iterator[list[bytes]]:
    """Yield the proof with one bit changed, for every bit."""
    for place, one in enumerate(way):
        for bit in range(8 * len(one)):
            changed = (int.from_bytes(one, "big") ^ 1 << bit).to_bytes(len(one), "big")
            yield [*way[:place], changed, *way[place + 1 :]]


def test_published_tree_of_eight_leaves_is_reproduced() -> None:
    """Roots, subtrees and proofs that other implementations publish."""
    hashes = [bytes.fromhex(one) for one in REFERENCE["levels"][0]]
    frontier = Frontier()
    completed: dict[int, list[str]] = {}
    assert [frontier.root().hex()] == REFERENCE["roots"][:1]
    for size, one in enumerate(hashes, 1):
        for level, node in enumerate(frontier.append(one)):
            completed.setdefault(level, []).append(node.hex())
        assert frontier.root().hex() == REFERENCE["roots"][size]
    assert list(completed.values()) == REFERENCE["levels"]
    subtree = subtree_of(hashes)
    for case in REFERENCE["inclusion"]:
        built = inclusion_path(case["index"], case["size"], subtree)
        assert [one.hex() for one in built] == case["path"]
    for case in REFERENCE["consistency"]:
        built = consistency_path(case["old"], case["new"], subtree)
        assert [one.hex() for one in built] == case["path"]


@pytest.mark.parametrize(
    "case", vectors("reference-inclusion")["cases"], ids=lambda case: str(case["name"])
)
def test_published_inclusion_case_gets_its_verdict(case: dict[str, object]) -> None:
    """Most of them are proofs that must be refused."""
    leaf, goal = (bytes.fromhex(str(case[key])) for key in ("leaf_hash", "root"))
    way = [bytes.fromhex(one) for one in case["path"]]  # type: ignore[attr-defined]  # from JSON
    index, size = int(str(case["index"])), int(str(case["size"]))
    assert refused_inclusion(index, size, leaf, way, goal) == (case["expect"] == "E_PROOF")


@pytest.mark.parametrize(
    "case", vectors("reference-consistency")["cases"], ids=lambda case: str(case["name"])
)
def test_published_consistency_case_gets_its_verdict(case: dict[str, object]) -> None:
    """Most of them are proofs that must be refused."""
    roots = bytes.fromhex(str(case["old_root"])), bytes.fromhex(str(case["new_root"]))
    way = [bytes.fromhex(one) for one in case["path"]]  # type: ignore[attr-defined]  # from JSON
    sizes = int(str(case["old"])), int(str(case["new"]))
    stricter = case["name"] in STRICTER
    assert refused_consistency(sizes, roots, way) == (stricter or case["expect"] == "E_PROOF")


def test_every_root_up_to_seventy_equals_the_definition() -> None:
    """Frontier and stored subtrees both give the root of RFC 6962."""
    frontier = Frontier()
    assert frontier.root() == EMPTY_ROOT == root_at(0, SUBTREE)
    for size in range(1, SIZES + 1):
        before = frontier.copy()
        completed = frontier.append(LEAVES[size - 1])
        for level, node in enumerate(completed):
            assert node == SUBTREE(level, (size - 1) >> level)
        assert (before.size, before.root()) == (size - 1, root(size - 1))
        assert frontier.root() == root(size) == root_at(size, SUBTREE)
        assert Frontier(frontier.size, frontier.hashes).root() == root(size)


def test_every_inclusion_proof_up_to_seventy_is_built_and_believed() -> None:
    """All pairs of index and size, against the definition."""
    for size in range(1, SIZES + 1):
        for index in range(size):
            way = inclusion_path(index, size, SUBTREE)
            assert list(way) == path(index, LEAVES[:size])
            assert len(way) == inclusion_length(index, size)
            check_inclusion(index, size, LEAVES[index], way, root(size))


def test_every_consistency_proof_up_to_seventy_is_built_and_believed() -> None:
    """All pairs of sizes, against the definition."""
    for new in range(SIZES + 1):
        for old in range(new + 1):
            way = consistency_path(old, new, SUBTREE)
            assert list(way) == proof(old, LEAVES[:new])
            check_consistency(old, new, root(old), root(new), way)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 21])
def test_every_flipped_bit_of_an_inclusion_proof_is_refused(size: int) -> None:
    """Path, leaf and root: no bit is free."""
    for index in range(size):
        way = path(index, LEAVES[:size])
        for changed in flips(way):
            assert refused_inclusion(index, size, LEAVES[index], changed, root(size))
        for (leaf,) in flips([LEAVES[index]]):
            assert refused_inclusion(index, size, leaf, way, root(size))
        for (goal,) in flips([root(size)]):
            assert refused_inclusion(index, size, LEAVES[index], way, goal)


@pytest.mark.parametrize("new", [2, 3, 7, 8, 12])
def test_every_flipped_bit_of_a_consistency_proof_is_refused(new: int) -> None:
    """Path and both roots: no bit is free."""
    for old in range(1, new + 1):
        way = proof(old, LEAVES[:new])
        roots = root(old), root(new)
        for changed in flips(way):
            assert refused_consistency((old, new), roots, changed)
        for first, second in flips(list(roots)):
            assert refused_consistency((old, new), (first, second), way)


@pytest.mark.parametrize("size", range(1, 34))
def test_a_proof_of_another_place_size_or_length_is_refused(size: int) -> None:
    """A good proof proves one leaf at one index of one size, and nothing else."""
    for index in range(size):
        way = path(index, LEAVES[:size])
        for other in range(-1, size + 2):
            assert (other == index) != refused_inclusion(
                other, size, LEAVES[index], way, root(size)
            )
        wrong = [[*way, root(size)], [root(size), *way], way[:-1] or [b""], [b"", *way[1:]]]
        for changed in wrong:
            assert refused_inclusion(index, size, LEAVES[index], changed, root(size))
        assert refused_inclusion(index, 0, LEAVES[index], way, root(size))
        assert refused_inclusion(index, MAX_INDEX + 1, LEAVES[index], way, root(size))


@pytest.mark.parametrize("new", range(1, 34))
def test_a_consistency_proof_of_other_sizes_or_length_is_refused(new: int) -> None:
    """Neither an earlier nor a later size can borrow it."""
    for old in range(new + 1):
        way = proof(old, LEAVES[:new])
        roots = root(old), root(new)
        for other in range(-1, new + 2):
            if other not in {old, 0}:
                assert refused_consistency((other, new), roots, way)
        for changed in ([*way, root(new)], [root(new), *way], [*way[:-1], b"x"]):
            assert refused_consistency((old, new), roots, changed)
        if old < new:
            assert refused_consistency((new, old), roots, way)


def test_a_forged_history_is_refused() -> None:
    """A tree with one leaf changed is consistent with the honest one only below that leaf."""
    forged = [*LEAVES[:9], bytes(32), *LEAVES[10:32]]
    for old in range(1, 33):
        way = proof(old, forged)
        roots = root(old), head(forged)
        assert refused_consistency((old, 32), roots, way) == (old > 9)


def test_the_empty_tree_begins_every_tree_and_no_other_root_has_its_size() -> None:
    """Size 0 needs no proof, but it has one root."""
    check_consistency(0, 5, EMPTY_ROOT, root(5), ())
    check_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, ())
    assert refused_consistency((0, 5), (root(1), root(5)), [])
    assert refused_consistency((0, 0), (EMPTY_ROOT, root(1)), [])


@given(SPARSE, st.data())
@settings(max_examples=100, deadline=None)
def test_proofs_in_huge_trees_hold_and_cost_little(size: int, data: st.DataObject) -> None:
    """Up to 2^53 - 1 leaves, at most two stored subtrees a level."""
    asked: list[tuple[int, int]] = []

    def subtree(level: int, index: int) -> bytes:
        assert (index + 1) << level <= size
        asked.append((level, index))
        return repeated(level, index)

    goal = root_at(size, subtree)
    index = data.draw(st.integers(0, size - 1))
    asked.clear()
    way = inclusion_path(index, size, subtree)
    assert len(asked) <= 2 * size.bit_length()
    check_inclusion(index, size, LEAVES[0], way, goal)
    asked.clear()
    old = data.draw(st.integers(1, size))
    steps = consistency_path(old, size, subtree)
    assert len(asked) <= 2 * size.bit_length()
    check_consistency(old, size, root_at(old, repeated), goal, steps)
    assert len(way) <= 53 >= len(steps) - 1
    if steps:
        assert refused_consistency((old, size), (root_at(old, repeated), goal), [*steps[:-1]])


def test_a_full_tree_takes_no_leaf() -> None:
    """2^53 - 1 leaves is the last size; nothing is changed by the attempt."""
    full = Frontier(MAX_INDEX, tuple(_level_root(level) for level in reversed(range(53))))
    before = full.hashes
    with pytest.raises(TooLargeError):
        full.append(LEAVES[0])
    assert (full.size, full.hashes, full.root()) == (
        MAX_INDEX,
        before,
        root_at(MAX_INDEX, repeated),
    )


@pytest.mark.parametrize(
    ("size", "hashes"),
    [(-1, ()), (1, ()), (0, (bytes(32),)), (3, (bytes(32),)), (1, (b"",)), (MAX_INDEX + 1, ())],
)
def test_a_frontier_that_cannot_be_is_refused(size: int, hashes: tuple[bytes, ...]) -> None:
    """What a damaged file holds must not become a tree."""
    with pytest.raises(NotAllowedError):
        Frontier(size, hashes)


def test_a_leaf_hash_of_another_length_is_refused() -> None:
    """Leaf data instead of their hash is a likely mistake: 33 bytes."""
    frontier = Frontier()
    with pytest.raises(NotAllowedError):
        frontier.append(bytes(33))
    assert (frontier.size, frontier.hashes) == (0, ())


def test_impossible_sizes_are_refused_when_building() -> None:
    """Our own caller's fault, told before any subtree is asked for."""
    for index, size in [(-1, 1), (0, 0), (1, 1), (0, MAX_INDEX + 1), *pairwise([5, 4, 3])]:
        with pytest.raises(NotAllowedError):
            inclusion_path(index, size, SUBTREE)
        with pytest.raises(NotAllowedError):
            inclusion_length(index, size)
    for old, new in [(-1, 1), (2, 1), (0, MAX_INDEX + 1)]:
        with pytest.raises(NotAllowedError):
            consistency_path(old, new, SUBTREE)
    for size in (-1, MAX_INDEX + 1):
        with pytest.raises(NotAllowedError):
            root_at(size, SUBTREE)


@given(size=st.integers(0, 70), level=st.integers(0, 5))
def test_subtree_with_a_known_root_grows_the_tree_like_its_leaves(size: int, level: int) -> None:
    """A damaged block is stood for by its root; the tree above cannot tell."""
    width = 1 << level
    values = [bytes([number]) * 32 for number in range(size + width)]
    by_leaf, by_root, block = Frontier(), Frontier(), Frontier()
    completed: tuple[bytes, ...] = ()
    for value in values[:size]:
        by_leaf.append(value)
        by_root.append(value)
    for value in values[size:]:
        completed = by_leaf.append(value)
        block.append(value)
    if size % width:
        with pytest.raises(NotAllowedError):
            by_root.append_subtree(level, block.root())
        return
    assert by_root.append_subtree(level, block.root()) == completed[level:]
    assert by_root.hashes == by_leaf.hashes
    with pytest.raises(NotAllowedError):
        by_root.append_subtree(0, b"short")
