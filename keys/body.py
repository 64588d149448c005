"""Encrypt and decrypt bodies and blobs: C2SP chunked encryption, Cobblestone-256.

Chunks of 16 KiB under AES-256-GCM, cut off nowhere, in one order, and committed to one key: a
ciphertext opens under one content key only, so two recipients cannot be shown two texts.

The library gives out chunks before it has seen the end. Nothing here does: the forms for bytes
return after the end was checked, and what a stream form has written counts only once it
returned.

Source:
    docs/wire-format.md, rule 13; C2SP chunked-encryption.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Protocol

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from nacl.utils import random as draw

from keys.digest import Hasher
from keys.errors import DecryptionFailedError, UnknownSuiteError
from keys.suite import (
    BODY_CHUNK_BYTES,
    BODY_OVERHEAD_BYTES,
    BODY_TAG_BYTES,
    CONTENT_KEY_BYTES,
)

_READ_BYTES: Final = 64 * 1024


class Source(Protocol):
    """What a stream form reads: a file, or anything that gives bytes until it gives none."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, empty at the end."""


class Target(Protocol):
    """What a stream form writes to: a file, or anything that takes bytes."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes, all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamDigests:
    """Length and digest of what went in and of what came out.

    Attributes:
        plain_bytes: Length of the plaintext.
        plain_digest: Its SHA-256, 32 bytes.
        sealed_bytes: Length of the ciphertext.
        sealed_digest: Its SHA-256, 32 bytes.
    """

    plain_bytes: int
    plain_digest: bytes
    sealed_bytes: int
    sealed_digest: bytes


def new_content_key() -> bytes:
    """Draw a content key from the system: one for one body or one blob, never used again.

    Returns:
        32 bytes; secret.
    """
    return draw(CONTENT_KEY_BYTES)


def body_bytes(plain_bytes: int) -> int:
    """Compute how long a ciphertext is.

    Args:
        plain_bytes: Length of the plaintext, 0 or more.

    Returns:
        Its length, 56, and 16 for each chunk; the last chunk is always shorter than 16 KiB.
    """
    chunks = plain_bytes // BODY_CHUNK_BYTES + 1
    return plain_bytes + BODY_OVERHEAD_BYTES + BODY_TAG_BYTES * chunks


def encrypt_body(content_key: bytes, context: bytes, plain: bytes) -> bytes:
    """Encrypt what fits into memory.

    The caller uses a content key once.

    Args:
        content_key: 32 bytes from `new_content_key`.
        context: What the ciphertext is bound to; not secret, any length.
        plain: The plaintext, already padded.

    Returns:
        `body_bytes(len(plain))` bytes.

    Raises:
        UnknownSuiteError: The content key has another length; nothing was encrypted.
    """
    return _all_of(_encryptor(content_key, context), plain, body_bytes(len(plain)))


def decrypt_body(content_key: bytes, context: bytes, body: bytes) -> bytes:
    """Decrypt what fits into memory, and return it only once its end was checked.

    Args:
        content_key: As it came out of a wrap.
        context: What the ciphertext must be bound to.
        body: As received, any bytes.

    Returns:
        The plaintext.

    Raises:
        DecryptionFailedError: Another key or context, changed, cut short or lengthened.
    """
    decryptor = _decryptor(content_key, context)
    try:
        return _all_of(decryptor, body, len(body))
    except InvalidTag as error:
        raise DecryptionFailedError("the body does not open") from error


def encrypt_stream(
    content_key: bytes, context: bytes, source: Source, target: Target
) -> StreamDigests:
    """Encrypt a file into another in constant memory.

    The caller opens, syncs and closes both, and uses a content key once.

    Args:
        content_key: 32 bytes from `new_content_key`.
        context: What the ciphertext is bound to; not secret, any length.
        source: The plaintext, read from where it stands to its end.
        target: Takes the ciphertext.

    Returns:
        Lengths and digests of both.

    Raises:
        UnknownSuiteError: The content key has another length; nothing was read or written.
    """
    plain, sealed = _pump(_encryptor(content_key, context), source, target)
    return _digests(plain=plain, sealed=sealed)


def decrypt_stream(
    content_key: bytes, context: bytes, source: Source, target: Target
) -> StreamDigests:
    """Decrypt a file into another in constant memory.

    The caller makes the target a temporary file and uses nothing of it before this returns: on
    an error it holds a part of the plaintext, whose end is missing, and is thrown away.

    Args:
        content_key: As it came with the content.
        context: What the ciphertext must be bound to.
        source: The ciphertext, read from where it stands to its end.
        target: Takes the plaintext.

    Returns:
        Lengths and digests of both.

    Raises:
        DecryptionFailedError: Another key or context, changed, cut short or lengthened; the
            target holds a part that must not be used.
    """
    decryptor = _decryptor(content_key, context)
    try:
        sealed, plain = _pump(decryptor, source, target)
    except InvalidTag as error:
        raise DecryptionFailedError("the sealed file does not open") from error
    return _digests(plain=plain, sealed=sealed)


class SealingStream:
    """Encrypts what comes in pieces, where nobody can wait for a file to be read.

    The caller writes down all that it gives, in order, and what `finish` gives behind it.

    Args:
        content_key: 32 bytes from `new_content_key`, for this stream alone.
        context: What the ciphertext is bound to.

    Raises:
        UnknownSuiteError: The content key has another length.
    """

    __slots__ = ("_encryptor",)

    def __init__(self, content_key: bytes, context: bytes) -> None:
        self._encryptor = _encryptor(content_key, context)

    def update(self, plain: bytes) -> bytes:
        """Encrypt the next bytes; return what is ready."""
        return self._encryptor.update(plain)

    def finish(self) -> bytes:
        """Return the end; nothing may follow."""
        return self._encryptor.finalize()


def opened_pieces(content_key: bytes, context: bytes, source: Source) -> Iterator[bytes]:
    """Decrypt a file piece by piece.

    Each piece is genuine and in its place. That nothing is missing behind it is known only once
    the iterator has ended: until then the caller uses the pieces for nothing that outlives them.

    Args:
        content_key: As it was drawn.
        context: What the ciphertext must be bound to.
        source: The ciphertext, read from where it stands to its end.

    Yields:
        The plaintext in order.

    Raises:
        DecryptionFailedError: Another key or context, changed, cut short or lengthened.
    """
    decryptor = _decryptor(content_key, context)
    try:
        while piece := source.read(_READ_BYTES):
            yield decryptor.update(piece)
        yield decryptor.finalize()
    except InvalidTag as error:
        raise DecryptionFailedError("the sealed file does not open") from error


class _Cipher(Protocol):
    """Either direction of the library's streaming cipher."""

    def update(self, data: bytes) -> bytes: ...
    def update_into(self, data: bytes, buf: memoryview) -> int: ...
    def finalize(self) -> bytes: ...


def _all_of(cipher: _Cipher, data: bytes, most: int) -> bytes:
    """Pass all through; what is large, into the very memory that is returned."""
    if len(data) <= _READ_BYTES:
        return cipher.update(data) + cipher.finalize()
    result = BytesIO()
    result.seek(most)
    result.write(b"\0")  # a byte more than needed: makes the room
    with result.getbuffer() as room:
        done = cipher.update_into(data, room)
        last = cipher.finalize()
        end = done + len(last)
        room[done:end] = last
    result.truncate(end)
    return result.getvalue()


class _Meter:
    """Counts and hashes what passes."""

    __slots__ = ("hasher", "size_bytes")

    def __init__(self) -> None:
        self.hasher = Hasher()
        self.size_bytes = 0

    def pass_on(self, data: bytes) -> bytes:
        self.hasher.update(data)
        self.size_bytes += len(data)
        return data


def _pump(cipher: _Cipher, source: Source, target: Target) -> tuple[_Meter, _Meter]:
    read, written = _Meter(), _Meter()
    while piece := source.read(_READ_BYTES):
        target.write(written.pass_on(cipher.update(read.pass_on(piece))))
    target.write(written.pass_on(cipher.finalize()))
    return read, written


def _digests(*, plain: _Meter, sealed: _Meter) -> StreamDigests:
    return StreamDigests(
        plain_bytes=plain.size_bytes,
        plain_digest=plain.hasher.digest(),
        sealed_bytes=sealed.size_bytes,
        sealed_digest=sealed.hasher.digest(),
    )


def _encryptor(content_key: bytes, context: bytes) -> Cobblestone256Encryptor:
    if len(content_key) != CONTENT_KEY_BYTES:
        raise UnknownSuiteError("a content key has 32 bytes")
    return Cobblestone256Encryptor(content_key, context)


def _decryptor(content_key: bytes, context: bytes) -> Cobblestone256Decryptor:
    # The key comes from the other side: a wrong length is its fault, like a wrong key.
    if len(content_key) != CONTENT_KEY_BYTES:
        raise DecryptionFailedError("a content key has 32 bytes")
    return Cobblestone256Decryptor(content_key, context)
