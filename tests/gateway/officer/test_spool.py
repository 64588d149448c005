"""What waits for an officer outside of memory: the same bytes, and never in clear."""

from errno import EIO, ENOSPC
from io import BytesIO
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from gateway.errors import StorageError
from gateway.officer.spool import BLOCK_BYTES, Spool, open_spool
from keys.errors import DecryptionFailedError

SECRET = b"no word of this lies on a disk, "
steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 3 * BLOCK_BYTES)),
        st.tuples(st.just("read"), st.integers(0, 3 * BLOCK_BYTES)),
        st.tuples(st.just("seek"), st.integers(0, 100)),
    ),
    max_size=12,
)


class Kept(BytesIO):
    """A file whose bytes a test reads."""

    def as_file(self) -> BinaryIO:
        """Return it as what makes files returns it."""
        return cast("BinaryIO", self)


class Refusing(Kept):
    """A disk that refuses."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    @override
    def write(self, data: object, /) -> int:
        raise OSError(self._number, "no")

    @override
    def close(self) -> None:
        """Fail once more, as a file does that has something left to write."""
        super().close()
        raise OSError(self._number, "no")


@given(steps, st.sampled_from([0, BLOCK_BYTES, 4 * BLOCK_BYTES]))
def test_it_holds_what_any_file_holds(done: list[tuple[str, int]], in_memory: int) -> None:
    """Written and read at any place, across blocks, in memory and out of it."""
    plain, count = BytesIO(), 0
    with Spool(in_memory, make_file=Kept().as_file) as spool:
        for step, number in done:
            if step == "write":
                count += 1
                data = bytes([count]) * number
                assert spool.write(data) == plain.write(data) == number
            elif step == "read":
                assert spool.read(number) == plain.read(number)
            else:
                place = len(plain.getvalue()) * number // 100
                assert spool.seek(place) == plain.seek(place)
            assert spool.tell() == plain.tell()
        assert spool.seek(0, 2) == len(plain.getvalue())
        spool.seek(0)
        assert spool.read() == plain.getvalue()


def test_nothing_of_it_is_on_the_disk_in_clear() -> None:
    """What a crash leaves there is opened by nobody."""
    kept = Kept()
    spool = Spool(BLOCK_BYTES, make_file=kept.as_file)
    data = SECRET * (4 * BLOCK_BYTES // len(SECRET))
    spool.write(data)
    spool.seek(0)
    assert spool.read() == data
    on_disk = kept.getvalue()
    assert len(on_disk) > 2 * BLOCK_BYTES
    assert SECRET[:8] not in on_disk
    spool.close()
    assert kept.closed


def test_what_is_small_never_leaves_the_memory() -> None:
    """No file is made for it."""
    made: list[int] = []

    def make() -> BinaryIO:
        made.append(1)
        return Kept().as_file()

    with Spool(2 * BLOCK_BYTES, make_file=make) as spool:
        spool.write(bytes(2 * BLOCK_BYTES))
        spool.seek(0)
        assert len(spool.read()) == 2 * BLOCK_BYTES
    assert made == []


@pytest.mark.parametrize("place", [0, 30, BLOCK_BYTES + 40])
def test_a_disk_that_gives_back_other_bytes_is_not_believed(place: int) -> None:
    """An officer gets the file, or an error."""
    kept = Kept()
    spool = Spool(0, make_file=kept.as_file)
    spool.write(SECRET * (3 * BLOCK_BYTES // len(SECRET)))
    kept.seek(place)
    (byte,) = kept.read(1)
    kept.seek(place)
    kept.write(bytes([byte ^ 1]))
    spool.seek(0)
    with pytest.raises(DecryptionFailedError):
        spool.read()


def test_blocks_do_not_change_places() -> None:
    """Each is sealed for its own."""
    kept = Kept()
    spool = Spool(0, make_file=kept.as_file)
    spool.write(SECRET * (3 * BLOCK_BYTES // len(SECRET)))
    half = len(kept.getvalue()) // 2
    first, second = kept.getvalue()[:half], kept.getvalue()[half:]
    kept.seek(0)
    kept.write(second + first)
    spool.seek(0)
    with pytest.raises(DecryptionFailedError):
        spool.read()


@pytest.mark.parametrize(("number", "code"), [(ENOSPC, "disk_full"), (EIO, "storage")])
def test_a_disk_that_refuses_is_named(number: int, code: str) -> None:
    """With what to do; nothing of it came to the officer yet."""
    with Spool(0, make_file=Refusing(number).as_file) as spool:
        with pytest.raises(StorageError) as caught:
            spool.write(bytes(2 * BLOCK_BYTES))
        assert caught.value.code == code
        assert "TMPDIR" in caught.value.hint


def test_places_outside_are_refused() -> None:
    """There are no holes that would read as zeros."""
    with open_spool() as spool:
        spool.write(b"abc")
        for offset, whence in ((4, 0), (-1, 0), (1, 2)):
            with pytest.raises(ValueError, match="outside"):
                spool.seek(offset, whence)
        assert spool.seek(-1, 1) == 2
        assert spool.read() == b"c"
