"""Bodies and blobs: whole or not at all, under one key and one context."""

import zlib
from hashlib import sha256, sha512
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.body import (
    SealingStream,
    StreamDigests,
    body_bytes,
    decrypt_body,
    decrypt_stream,
    encrypt_body,
    encrypt_stream,
    new_content_key,
    opened_pieces,
)
from keys.errors import DecryptionFailedError, UnknownSuiteError
from tests.keys.external import Case, own_copy

KEY = b"k" * 32
CONTEXT = b"context"
CHUNK = 16 * 1024
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 200_000]


CASES = own_copy("wycheproof-cobblestone256")["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_published_vectors_are_judged_as_stated(case: Case) -> None:
    """Cobblestone-256 (Wycheproof), as bytes and as a stream: opened whole, or refused."""
    key, context = bytes.fromhex(case["key"]), bytes.fromhex(case["context"])
    sealed = zlib.decompress(bytes.fromhex(case["compressed"]))
    target = BytesIO()
    if case["valid"]:
        plain = decrypt_body(key, context, sealed)
        assert len(plain) == case["plain_bytes"]
        assert sha512(plain).hexdigest() == case["plain_sha512"]
        assert decrypt_stream(key, context, BytesIO(sealed), target).plain_bytes == len(plain)
        assert target.getvalue() == plain
    else:
        with pytest.raises(DecryptionFailedError):
            decrypt_body(key, context, sealed)
        with pytest.raises(DecryptionFailedError):
            decrypt_stream(key, context, BytesIO(sealed), target)


@pytest.mark.parametrize("size", SIZES)
def test_body_comes_back_and_has_the_computed_length(size: int) -> None:
    """At each side of a chunk's edge: padding is computed before sealing."""
    plain = bytes(range(256)) * (size // 256) + bytes(size % 256)
    body = encrypt_body(KEY, CONTEXT, plain)
    assert len(body) == body_bytes(size)
    assert decrypt_body(KEY, CONTEXT, body) == plain


@pytest.mark.parametrize("size", SIZES)
def test_stream_and_bytes_are_one_form(size: int) -> None:
    """What one writes the other reads, and the digests are those of what passed."""
    plain = b"p" * size
    target = BytesIO()
    digests = encrypt_stream(KEY, CONTEXT, BytesIO(plain), target)
    sealed = target.getvalue()
    assert digests == StreamDigests(
        plain_bytes=size,
        plain_digest=sha256(plain).digest(),
        sealed_bytes=len(sealed),
        sealed_digest=sha256(sealed).digest(),
    )
    assert len(sealed) == body_bytes(size)
    assert decrypt_body(KEY, CONTEXT, sealed) == plain
    back = BytesIO()
    again = encrypt_body(KEY, CONTEXT, plain)
    opened = decrypt_stream(KEY, CONTEXT, BytesIO(again), back)
    assert back.getvalue() == plain
    assert opened.sealed_digest == sha256(again).digest()
    assert opened.plain_digest == digests.plain_digest


def test_same_plaintext_is_never_sealed_the_same_way() -> None:
    """The salt is random, even if a caller used a key twice."""
    assert encrypt_body(KEY, CONTEXT, b"x") != encrypt_body(KEY, CONTEXT, b"x")


def test_other_key_or_context_is_refused() -> None:
    """The context holds message id, sender and receiver."""
    body = encrypt_body(KEY, CONTEXT, b"plain")
    for key, context in ((b"l" * 32, CONTEXT), (KEY, b"contexu"), (KEY, b"")):
        with pytest.raises(DecryptionFailedError):
            decrypt_body(key, context, body)


def test_every_flipped_bit_of_a_body_is_refused() -> None:
    """One bit in each byte: salt, commitment, ciphertext, tag."""
    body = encrypt_body(KEY, CONTEXT, b"plain" * 50)
    for place in range(len(body)):
        changed = bytearray(body)
        changed[place] ^= 1 << (place % 7)
        with pytest.raises(DecryptionFailedError):
            decrypt_body(KEY, CONTEXT, bytes(changed))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 6 * CHUNK), st.integers(0, 2**32))
def test_body_cut_anywhere_is_refused(size: int, cut: int) -> None:
    """Also at the edge of a chunk, where what came before is authentic."""
    body = encrypt_body(KEY, CONTEXT, bytes(size))
    with pytest.raises(DecryptionFailedError):
        decrypt_body(KEY, CONTEXT, body[: cut % len(body)])


@pytest.mark.parametrize("tail", [b"\x00", bytes(16), bytes(CHUNK + 16)])
def test_body_with_a_tail_is_refused(tail: bytes) -> None:
    """Nothing may follow the last chunk."""
    for size in (5, CHUNK, 5 * CHUNK):
        with pytest.raises(DecryptionFailedError):
            decrypt_body(KEY, CONTEXT, encrypt_body(KEY, CONTEXT, bytes(size)) + tail)


def test_stream_without_its_end_raises_although_chunks_were_written() -> None:
    """The library has given out authentic chunks by then: only the return says they count."""
    sealed = encrypt_body(KEY, CONTEXT, b"p" * (10 * CHUNK))
    target = BytesIO()
    with pytest.raises(DecryptionFailedError):
        decrypt_stream(KEY, CONTEXT, BytesIO(sealed[:-1]), target)
    assert target.getvalue()


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_content_key_of_another_length_is_refused(length: int) -> None:
    """On our side a bug; from the other side just a key that does not open."""
    with pytest.raises(UnknownSuiteError):
        encrypt_body(bytes(length), CONTEXT, b"")
    with pytest.raises(UnknownSuiteError):
        encrypt_stream(bytes(length), CONTEXT, BytesIO(), BytesIO())
    with pytest.raises(DecryptionFailedError):
        decrypt_body(bytes(length), CONTEXT, bytes(72))
    with pytest.raises(DecryptionFailedError):
        decrypt_stream(bytes(length), CONTEXT, BytesIO(bytes(72)), BytesIO())


def test_content_keys_never_repeat() -> None:
    """They come from the system."""
    keys = {new_content_key() for _ in range(50)}
    assert len(keys) == 50
    assert {len(key) for key in keys} == {32}


@pytest.mark.parametrize("size", SIZES)
def test_pieces_that_come_and_go_are_the_same_form(size: int) -> None:
    """What is sealed as it comes opens as bytes, and piece by piece."""
    plain = bytes(index % 251 for index in range(size))
    stream = SealingStream(KEY, CONTEXT)
    sealed = b"".join(stream.update(plain[at : at + 999]) for at in range(0, size, 999))
    sealed += stream.finish()
    assert decrypt_body(KEY, CONTEXT, sealed) == plain
    assert b"".join(opened_pieces(KEY, CONTEXT, BytesIO(sealed))) == plain
    for wrong in (sealed[:-1], sealed + b"x"):
        with pytest.raises(DecryptionFailedError):
            list(opened_pieces(KEY, CONTEXT, BytesIO(wrong)))
