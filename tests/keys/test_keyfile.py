"""Key files open with their secret, and say which remedy helps when they do not."""

import struct
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.errors import KeyFileError, KeyFileReason, UnknownSuiteError
from keys.keyfile import (
    Costs,
    Credential,
    Passphrase,
    Secret,
    costs_of,
    decode_key_file,
    encode_key_file,
)

OPERATIONS = 1
MEMORY = 8 * 1024
PASSPHRASE = Passphrase("correct horse")
CREDENTIAL = Credential(b"c" * 32)
CONTENT = b"content of the file"
FILE = encode_key_file("node", CONTENT, PASSPHRASE, operations=OPERATIONS, memory_bytes=MEMORY)
FILE_C = encode_key_file("node", CONTENT, CREDENTIAL)
# "A35K", version, lock, length of the kind, kind, operations, memory, salt
KIND_AT, OPERATIONS_AT, MEMORY_AT, SALT_AT = 7, 11, 15, 23


def sound(body: bytes) -> bytes:
    """Give a file with a checksum that is right for it."""
    return body + sha256(body).digest()


def patched(at: int, data: bytes) -> bytes:
    """Give the file with other bytes at one place and a right checksum: not just damage."""
    return sound(FILE[:at] + data + FILE[at + len(data) : -32])


def reason_of(data: bytes, *, kind: str = "node", secret: Secret = PASSPHRASE) -> KeyFileReason:
    """Open what must be refused, and say why it was."""
    with pytest.raises(KeyFileError) as caught:
        decode_key_file(data, kind, secret)
    return caught.value.reason


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([PASSPHRASE, CREDENTIAL]))
def test_content_comes_back(content: bytes, secret: Secret) -> None:
    """Any content, under either secret."""
    file = encode_key_file("content", content, secret, operations=OPERATIONS, memory_bytes=MEMORY)
    assert decode_key_file(file, "content", secret) == content


def test_costs_are_read_from_the_file() -> None:
    """A file written with other costs than today's still opens, and keeps them."""
    assert costs_of(FILE) == Costs(operations=OPERATIONS, memory_bytes=MEMORY)
    assert costs_of(FILE_C) == Costs(operations=0, memory_bytes=0)
    assert Costs() == Costs(operations=3, memory_bytes=256 * 1024 * 1024)


def test_layout_is_as_stated() -> None:
    """The head is in clear and where the module says; the content is not in clear."""
    assert FILE[:KIND_AT] == b"A35K\x01\x00\x04"
    assert FILE[KIND_AT:OPERATIONS_AT] == b"node"
    assert struct.unpack_from(">IQ", FILE, OPERATIONS_AT) == (OPERATIONS, MEMORY)
    assert FILE_C[:KIND_AT] == b"A35K\x01\x01\x04"
    assert FILE_C[SALT_AT : SALT_AT + 16] == bytes(16)
    assert len(FILE) == SALT_AT + 16 + 24 + 16 + 32 + len(CONTENT) + 32
    assert CONTENT not in FILE


def test_two_files_of_one_content_differ() -> None:
    """Salt and nonce are drawn each time."""
    again = encode_key_file("node", CONTENT, PASSPHRASE, operations=1, memory_bytes=MEMORY)
    assert again[SALT_AT : SALT_AT + 16] != FILE[SALT_AT : SALT_AT + 16]
    assert again != FILE
    assert encode_key_file("node", CONTENT, CREDENTIAL) != FILE_C


@pytest.mark.parametrize(
    "data", [b"", b"A35", b"A35K", b"A35K\x01\x00", b"\x00" * 200, b"-----BEGIN"]
)
def test_what_is_no_key_file_is_named_so(data: bytes) -> None:
    """The operator gave the wrong path."""
    assert reason_of(data) is KeyFileReason.NOT_A_KEY_FILE


def test_later_form_is_named_so() -> None:
    """The remedy is a newer program; its checksum may be elsewhere, so it is not looked at."""
    assert reason_of(FILE[:4] + b"\x02" + FILE[5:]) is KeyFileReason.NEWER


def test_every_flipped_bit_behind_the_version_is_damage() -> None:
    """One bit in each byte, and never a wrong passphrase: the remedy is the backup."""
    for place in range(5, len(FILE)):
        changed = bytearray(FILE)
        changed[place] ^= 1 << (place % 7)
        assert reason_of(bytes(changed)) is KeyFileReason.DAMAGED


def test_every_cut_is_damage_or_no_key_file() -> None:
    """A disk that filled up, or a copy that broke off."""
    for end in range(len(FILE)):
        expected = KeyFileReason.DAMAGED if end >= 7 else KeyFileReason.NOT_A_KEY_FILE
        assert reason_of(FILE[:end]) is expected
    assert reason_of(FILE + b"\x00") is KeyFileReason.DAMAGED


def test_file_of_another_kind_is_named_so() -> None:
    """Files exchanged by hand, before any passphrase is tried."""
    assert reason_of(FILE, kind="content") is KeyFileReason.OTHER_KIND


def test_kind_cannot_be_changed_by_somebody_without_the_secret() -> None:
    """The head is bound inside: another kind under a right checksum does not open."""
    assert reason_of(patched(KIND_AT, b"mode"), kind="mode") is KeyFileReason.DAMAGED


def test_wrong_kind_of_secret_is_named_so() -> None:
    """The unit file of the service names a credential, but the file wants a passphrase."""
    assert reason_of(FILE, secret=CREDENTIAL) is KeyFileReason.OTHER_SECRET
    assert reason_of(FILE_C) is KeyFileReason.OTHER_SECRET


def test_wrong_secret_is_named_so() -> None:
    """Type it again."""
    assert reason_of(FILE, secret=Passphrase("correct hors")) is KeyFileReason.WRONG_SECRET
    assert reason_of(FILE_C, secret=Credential(b"d" * 32)) is KeyFileReason.WRONG_SECRET
    assert reason_of(patched(SALT_AT, b"other salt 16 by")) is KeyFileReason.WRONG_SECRET


@pytest.mark.parametrize(
    ("operations", "memory_bytes"),
    [
        (0, MEMORY),
        (17, MEMORY),
        (2**32 - 1, MEMORY),
        (1, 0),
        (1, MEMORY - 1),
        (1, 2**30 + 1),
        (1, 2**64 - 1),
    ],
)
def test_file_that_asks_for_absurd_costs_is_refused(operations: int, memory_bytes: int) -> None:
    """With a right checksum: somebody wrote it so, to hang the node or take its memory."""
    costs = struct.pack(">IQ", operations, memory_bytes)
    assert reason_of(patched(OPERATIONS_AT, costs)) is KeyFileReason.COSTS


@pytest.mark.parametrize(
    "data",
    [
        patched(5, b"\x02"),
        patched(6, b"\x00"),
        patched(6, b"\xff"),
        patched(KIND_AT, b"NODE"),
        patched(KIND_AT, b"n\xffde"),
        sound(FILE[: SALT_AT + 16]),
        sound(FILE[: SALT_AT + 16 + 71]),
    ],
    ids=["lock", "no kind", "long kind", "upper case", "not ASCII", "no box", "short box"],
)
def test_impossible_head_under_a_right_checksum_is_damage(data: bytes) -> None:
    """What this program never writes."""
    assert reason_of(data) is KeyFileReason.DAMAGED


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_refused_with_a_reason(data: bytes, with_head: bool) -> None:  # noqa: FBT001
    """No other error leaves the decoder."""
    reason_of(sound(FILE[:7] + data) if with_head else data)


@pytest.mark.parametrize("kind", ["", "Node", "no de", "a" * 33, "-a", "n\u00f3de", "node\n"])
def test_impossible_kind_is_refused(kind: str) -> None:
    """A bug of ours."""
    with pytest.raises(UnknownSuiteError):
        encode_key_file(kind, CONTENT, CREDENTIAL)


def test_absurd_costs_are_refused_when_writing() -> None:
    """No file may be made that cannot be opened."""
    with pytest.raises(KeyFileError) as caught:
        encode_key_file("node", CONTENT, PASSPHRASE, operations=0, memory_bytes=MEMORY)
    assert caught.value.reason is KeyFileReason.COSTS


@pytest.mark.parametrize("text", ["", "a\ud800"])
def test_impossible_passphrase_cannot_be_made(text: str) -> None:
    """Empty is always a slip; half a character comes from a broken terminal."""
    with pytest.raises(UnknownSuiteError):
        Passphrase(text)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_credential_of_another_length_cannot_be_made(length: int) -> None:
    """Text in place of the 32 bytes, or a newline behind them."""
    with pytest.raises(UnknownSuiteError):
        Credential(bytes(length))


def test_secrets_show_nothing() -> None:
    """A repr in a trace must not hold them."""
    assert repr(PASSPHRASE) == "Passphrase()"
    assert repr(CREDENTIAL) == "Credential()"
