"""The digest of a file is known when its last part is kept, if they came one after the other."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.drafting import PART_BYTES
from gateway.service.draft_hashed import _KEPT, Hashed
from gateway.shelving import KeptFile
from keys.digest import sha256

DRAFT = "d"


def file_of(parts: int, n: int = 0) -> KeptFile:
    """Return a file of so many parts."""
    size = parts * PART_BYTES
    return KeptFile(n=n, name="a", media_type="b", size_bytes=size, sha256=None)


def give(hashed: Hashed, file: KeptFile, k: int, data: bytes) -> None:
    """Give one part."""
    following = hashed.follow(DRAFT, file, k)
    following.update(data)
    following.keep()


@given(order=st.lists(st.integers(0, 3), max_size=8))
@settings(max_examples=200, deadline=None)
def test_digest_is_that_of_the_parts_or_none(order: list[int]) -> None:
    """Parts may come in any order and again with other bytes: never a digest of something else."""
    hashed, file, held = Hashed(), file_of(4), {}
    for number, k in enumerate(order):
        held[k] = b"%d %d" % (number, k)
        give(hashed, file, k, held[k])
    whole = b"".join(held.get(k, b"") for k in range(4))
    if order == [0, 1, 2, 3]:
        assert hashed.whole(DRAFT, file) == sha256(whole)
    assert hashed.whole(DRAFT, file) in {None, sha256(whole)}


def test_part_that_was_not_kept_does_not_count() -> None:
    """Its connection broke in the middle."""
    hashed, file = Hashed(), file_of(2)
    give(hashed, file, 0, b"a")
    hashed.follow(DRAFT, file, 1).update(b"half")
    give(hashed, file, 1, b"b")
    assert hashed.whole(DRAFT, file) == sha256(b"ab")
    assert hashed.whole(DRAFT, file) is None


def test_two_who_send_the_same_part_at_once_are_not_mixed() -> None:
    """What lies on the disk then decides."""
    hashed, file = Hashed(), file_of(1)
    first, second = hashed.follow(DRAFT, file, 0), hashed.follow(DRAFT, file, 0)
    first.update(b"a")
    second.update(b"b")
    first.keep()
    second.keep()
    assert hashed.whole(DRAFT, file) is None


def test_files_beyond_a_number_and_removed_ones_are_forgotten() -> None:
    """Memory stays small, and another file of the same number begins anew."""
    hashed = Hashed()
    for n in range(_KEPT + 1):
        give(hashed, file_of(1, n), 0, b"x")
    assert hashed.whole(DRAFT, file_of(1, 0)) is None
    hashed.forget(DRAFT, 1)
    assert hashed.whole(DRAFT, file_of(1, 1)) is None
    assert hashed.whole(DRAFT, file_of(1, 2)) == sha256(b"x")
