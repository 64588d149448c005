"""Sealing at rest and keys of passphrases."""

import resource

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.atrest import (
    AT_REST_OVERHEAD_BYTES,
    MAX_MEMORY_BYTES,
    MAX_OPERATIONS,
    MIN_MEMORY_BYTES,
    derive_key,
    new_store_key,
    open_at_rest,
    seal_at_rest,
)
from keys.errors import DecryptionFailedError, KeyFileError, KeyFileReason, UnknownSuiteError
from tests.keys.external import Case, own_copy

KEY = b"k" * 32
SALT = b"salt" * 4


@pytest.mark.parametrize(
    "case", own_copy("wycheproof-xchacha20-poly1305")["cases"], ids=lambda c: c["id"]
)
def test_published_values_are_judged_as_stated(case: Case) -> None:
    """XChaCha20-Poly1305 (Wycheproof), nonce in front: opened or refused as published."""
    key, sealed = bytes.fromhex(case["key"]), bytes.fromhex(case["sealed"])
    context = bytes.fromhex(case["context"])
    if case["valid"]:
        assert open_at_rest(key, sealed, context).hex() == case["plain"]
    else:
        with pytest.raises(DecryptionFailedError):
            open_at_rest(key, sealed, context)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=60))
def test_value_comes_back(plain: bytes, context: bytes) -> None:
    """Any value under any context, and 40 bytes longer on the disk."""
    sealed = seal_at_rest(KEY, plain, context)
    assert len(sealed) == len(plain) + AT_REST_OVERHEAD_BYTES
    assert open_at_rest(KEY, sealed, context) == plain


def test_one_value_is_never_sealed_the_same_way() -> None:
    """The nonce is random: equal rows do not look equal."""
    assert seal_at_rest(KEY, b"x", b"c") != seal_at_rest(KEY, b"x", b"c")


def test_value_in_the_place_of_another_is_refused() -> None:
    """The context names the place, so rows cannot be exchanged."""
    sealed = seal_at_rest(KEY, b"plain", b"inbox:1")
    for key, context in ((KEY, b"inbox:2"), (KEY, b""), (b"l" * 32, b"inbox:1")):
        with pytest.raises(DecryptionFailedError):
            open_at_rest(key, sealed, context)


def test_every_flipped_bit_and_every_cut_is_refused() -> None:
    """Nonce, ciphertext and tag."""
    sealed = seal_at_rest(KEY, b"plain" * 10, b"c")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1 << (place % 7)
        with pytest.raises(DecryptionFailedError):
            open_at_rest(KEY, bytes(changed), b"c")
        with pytest.raises(DecryptionFailedError):
            open_at_rest(KEY, sealed[:place], b"c")


@pytest.mark.parametrize("length", [0, 31, 33])
def test_store_key_of_another_length_is_refused(length: int) -> None:
    """A bug of ours, not damage on the disk: told apart."""
    with pytest.raises(UnknownSuiteError):
        seal_at_rest(bytes(length), b"", b"")
    with pytest.raises(UnknownSuiteError):
        open_at_rest(bytes(length), bytes(80), b"")


def test_store_keys_never_repeat() -> None:
    """They come from the system."""
    assert len({new_store_key() for _ in range(50)}) == 50


@pytest.mark.parametrize(("operations", "memory_kib"), [(1, 8), (2, 64), (3, 256), (4, 1024)])
def test_derived_key_is_that_of_a_second_implementation(operations: int, memory_kib: int) -> None:
    """No published value has our sizes of salt and key: OpenSSL's argon2id must agree."""
    other = Argon2id(
        salt=SALT, length=32, iterations=operations, lanes=1, memory_cost=memory_kib
    ).derive("p\u00e4ss".encode())
    ours = derive_key("p\u00e4ss", SALT, operations=operations, memory_bytes=memory_kib * 1024)
    assert ours == other


def test_passphrase_is_the_same_however_its_letters_are_composed() -> None:
    """One keyboard sends one character for e with acute, another two."""
    keys = {
        derive_key(text, SALT, operations=1, memory_bytes=MIN_MEMORY_BYTES)
        for text in ("caf\u00e9", "cafe\u0301")
    }
    assert len(keys) == 1


def test_everything_counts_in_the_derivation() -> None:
    """Passphrase, salt, operations and memory."""
    keys = {
        derive_key("a", SALT, operations=1, memory_bytes=8192),
        derive_key("b", SALT, operations=1, memory_bytes=8192),
        derive_key("a", bytes(16), operations=1, memory_bytes=8192),
        derive_key("a", SALT, operations=2, memory_bytes=8192),
        derive_key("a", SALT, operations=1, memory_bytes=16384),
    }
    assert len(keys) == 5


@pytest.mark.parametrize(
    ("operations", "memory_bytes"),
    [
        (0, MIN_MEMORY_BYTES),
        (MAX_OPERATIONS + 1, MIN_MEMORY_BYTES),
        (1, MIN_MEMORY_BYTES - 1),
        (1, MAX_MEMORY_BYTES + 1),
        (2**32 - 1, 2**64 - 1),
    ],
)
def test_absurd_costs_are_refused_before_anything_is_computed(
    operations: int, memory_bytes: int
) -> None:
    """A file must not be able to hang the start of a node or take its memory."""
    with pytest.raises(KeyFileError) as caught:
        derive_key("a", SALT, operations=operations, memory_bytes=memory_bytes)
    assert caught.value.reason is KeyFileReason.COSTS


def test_machine_without_the_memory_says_so() -> None:
    """A small machine with a file from a large one: not a wrong passphrase."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - not a path of ours
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 32 * 1024**2, hard))
    try:
        with pytest.raises(KeyFileError) as caught:
            derive_key("a", SALT, operations=1, memory_bytes=512 * 1024**2)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    assert caught.value.reason is KeyFileReason.COSTS


def test_impossible_salt_or_passphrase_is_refused_without_showing_it() -> None:
    """The error must not carry the passphrase, not even as its cause."""
    with pytest.raises(UnknownSuiteError):
        derive_key("a", bytes(15), operations=1, memory_bytes=8192)
    with pytest.raises(UnknownSuiteError) as caught:
        derive_key("hunter\ud800", SALT, operations=1, memory_bytes=8192)
    assert "hunter" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None
