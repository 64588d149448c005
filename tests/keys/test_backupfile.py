"""A sealed backup: opened whole with the right store key, or not at all."""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.atrest import seal_at_rest
from keys.backupfile import Front, KeyFiles, open_backup, read_front, seal_backup
from keys.errors import DecryptionFailedError, KeyFileError, KeyFileReason

KEY = b"s" * 32
FILES = KeyFiles(node=b"sealed node keys", content=b"sealed content keys")


def sealed(contents: bytes) -> bytes:
    """Return a whole backup."""
    target = BytesIO()
    seal_backup(KEY, FILES, BytesIO(contents), target)
    return target.getvalue()


def opened(data: bytes, key: bytes = KEY) -> bytes:
    """Open a whole backup."""
    source, target = BytesIO(data), BytesIO()
    open_backup(key, read_front(source), source, target)
    return target.getvalue()


@given(contents=st.binary(max_size=40_000))
@settings(max_examples=30, deadline=None)
def test_backup_opens_to_what_was_put_in(contents: bytes) -> None:
    """And its front gives the key files back as they lay on the disk."""
    data = sealed(contents)
    assert opened(data) == contents
    assert read_front(BytesIO(data)).key_files == FILES


def test_nothing_of_the_contents_stands_open_and_no_two_backups_are_alike() -> None:
    """A drawn key for each file."""
    first, second = sealed(b"canary" * 100), sealed(b"canary" * 100)
    assert b"canary" not in first
    assert first != second


def test_every_flipped_bit_is_refused() -> None:
    """Front, key files, wrapped key and contents are bound together."""
    data = sealed(b"contents")
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises((DecryptionFailedError, KeyFileError)):
            opened(bytes(changed))


def test_backup_cut_short_anywhere_is_refused() -> None:
    """A copy that did not end must not be taken for one."""
    data = sealed(b"contents")
    for length in range(len(data)):
        with pytest.raises((DecryptionFailedError, KeyFileError)):
            opened(data[:length])


def test_another_store_key_opens_nothing() -> None:
    """It is another node's."""
    with pytest.raises(DecryptionFailedError):
        opened(sealed(b"contents"), b"t" * 32)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", KeyFileReason.NOT_A_KEY_FILE),
        (b"A35K" + bytes(100), KeyFileReason.NOT_A_KEY_FILE),
        (b"A35B", KeyFileReason.DAMAGED),
        (b"A35B\x02" + bytes(100), KeyFileReason.NEWER),
        (b"A35B\x01" + b"\xff" * 8, KeyFileReason.DAMAGED),
    ],
)
def test_what_is_no_backup_is_told_apart(data: bytes, reason: KeyFileReason) -> None:
    """The remedies differ: another file, another release, another copy."""
    with pytest.raises(KeyFileError) as caught:
        read_front(BytesIO(data))
    assert caught.value.reason is reason


def test_wrapped_key_of_another_length_is_refused() -> None:
    """Whoever has the store key could write one; it must not become a bug."""
    short = seal_at_rest(KEY, b"short", b"a35/backup/1/key")
    front = Front(key_files=FILES, wrapped=short)
    with pytest.raises(DecryptionFailedError, match="32 bytes"):
        open_backup(KEY, front, BytesIO(b""), BytesIO())


def test_keys_do_not_show_in_a_repr() -> None:
    """Even sealed ones have no place in a journal."""
    assert "sealed" not in repr(read_front(BytesIO(sealed(b""))))
