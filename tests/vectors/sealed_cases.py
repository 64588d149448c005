"""Sealed envelopes with the seeds that open them: sound ones, and every kind of forgery.

Content keys, nonces and encapsulations are fresh at each run, so that the files are made once
and kept. Forgeries are built from the parts, as a malicious sender would build them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from keys.body import body_bytes, encrypt_body, new_content_key
from keys.digest import sha256
from protocol.encoding import Value, decode, encode
from protocol.envelope.content import Content, FileEntry, encode_inner
from protocol.envelope.header import Header, Part
from protocol.envelope.padding import pad
from protocol.envelope.seal import SealedEnvelope, body_context, open_envelope, seal, seal_again
from protocol.envelope.wraps import decode_wraps, wrap
from protocol.identifiers import NodeId
from tests.protocol.samples import (
    DE,
    FR,
    MID,
    OTHER_MID,
    RO,
    address,
    content,
    file_entry,
    header,
    held,
    recipients,
    seed,
    signature,
)
from tests.vectors.case_file import FOLDER, Vector
from tests.vectors.envelope_cases import changed

Make = Callable[[], SealedEnvelope]


@dataclass(frozen=True, kw_only=True)
class _Case:
    """One sealed case: how it is made, which keys the reader holds, what must come out."""

    name: str
    comment: str
    make: Make
    expect: str = "ok"
    holds: tuple[int, ...] = (1,)

    def vector(self) -> Vector:
        """Make it anew."""
        made = self.make()
        entries: dict[str, Any] = {
            "seeds": [seed(number).hex() for number in self.holds],
            "header": made.header.hex(),
            "wraps": made.wraps.hex(),
            "body": made.body.hex(),
        }
        if self.expect == "ok":
            opened = open_envelope(made.header, made.wraps, made.body, held(*self.holds))
            entries |= {"content_key": made.content_key.hex(), "inner": opened.inner.hex()}
        return Vector(
            folder="envelope",
            name=f"sealed-{self.name}",
            what="sealed",
            expect=self.expect,
            comment=self.comment,
            content=entries,
        )


def sealed_cases() -> dict[Path, Callable[[], Vector]]:
    """Return for each file the function that makes its case anew."""
    cases = [*_sound(), *_foreign_keys(), *_spoiled(), *_malformed(), *_unbound()]
    return {FOLDER / "envelope" / f"sealed-{case.name}.json": case.vector for case in cases}


def sealed(*numbers: int, inside: Content | None = None) -> SealedEnvelope:
    """Return a sound envelope for these keys."""
    inside = content() if inside is None else inside
    blobs = tuple(_part(entry) for entry in inside.files)
    return seal(encode_inner(inside.encode()), address(blobs=blobs), recipients(*numbers))


def forged(
    plain: bytes, *, reader: NodeId = FR, content_key: bytes | None = None, blobs: int = 0
) -> SealedEnvelope:
    """Return an envelope from RO/1 to FR/2 around any plaintext, bound to any reader."""
    body_key = new_content_key()
    body = encrypt_body(body_key, body_context(MID, RO, reader), plain)
    outside = replace(
        header(),
        body=Part(size_bytes=len(body), digest=sha256(body)),
        blobs=tuple(_part(file_entry(number)) for number in range(blobs)),
    ).encode()
    wrapped = body_key if content_key is None else content_key
    wraps = wrap(outside, wrapped, recipients(1))
    return SealedEnvelope(header=outside, wraps=wraps, body=body, content_key=body_key)


def _sound() -> Iterator[_Case]:
    long = content(body={"text": "x" * 40_000})
    yield _Case(name="one-key", comment="For one key.", make=lambda: sealed(1))
    yield _Case(
        name="two-keys", comment="The second is not the reader's.", make=lambda: sealed(1, 3)
    )
    yield _Case(
        name="four-keys",
        comment="The reader holds all four.",
        make=lambda: sealed(1, 2, 3, 4),
        holds=(1, 2, 3, 4),
    )
    yield _Case(name="chunks", comment="Several chunks.", make=lambda: sealed(1, inside=long))
    yield _Case(
        name="files",
        comment="Two attachments.",
        make=lambda: sealed(1, inside=content(file_entry(0), file_entry(1))),
    )
    yield _Case(name="signed", comment="One officer signed.", make=_signed)
    yield _Case(
        name="wrapped-again", comment="After E_KEM_EXPIRED.", make=_wrapped_again, holds=(2,)
    )


def _foreign_keys() -> Iterator[_Case]:
    yield _Case(
        name="no-key",
        comment="The reader no longer holds the key.",
        make=lambda: sealed(1),
        expect="E_KEM_EXPIRED",
        holds=(2,),
    )
    yield _Case(
        name="other-content-key",
        comment="The wrap holds a key that the body does not commit to.",
        make=lambda: forged(pad(_inner()), content_key=new_content_key()),
        expect="E_OPEN",
    )
    yield _Case(
        name="two-content-keys",
        comment="Two readers would have been shown two texts.",
        make=_two_content_keys,
        expect="E_OPEN",
        holds=(1, 2),
    )
    yield _Case(
        name="other-header",
        comment="The wraps of another header: somebody claims a foreign ciphertext.",
        make=_other_header,
        expect="E_OPEN",
    )
    yield _Case(
        name="other-reader",
        comment="A body that was bound to another node.",
        make=lambda: forged(pad(_inner()), reader=DE),
        expect="E_OPEN",
    )


def _spoiled() -> Iterator[_Case]:
    yield _Case(
        name="body-cut",
        comment="The last byte of the body is missing.",
        make=lambda: _with(body=lambda body: body[:-1]),
        expect="E_LENGTH",
    )
    yield _Case(
        name="body-changed",
        comment="One bit of the body changed.",
        make=lambda: _with(body=lambda body: body[:-1] + bytes([body[-1] ^ 1])),
        expect="E_HASH",
    )
    yield _Case(
        name="wrap-changed",
        comment="One bit of the wrap changed.",
        make=lambda: _with(wraps=lambda wraps: wraps[:9] + bytes([wraps[9] ^ 1]) + wraps[10:]),
        expect="E_OPEN",
    )
    yield _Case(
        name="wraps-falling",
        comment="Sorted by key id.",
        make=_falling,
        expect="E_SCHEMA",
    )
    yield _Case(
        name="padding-not-zero",
        comment="Something hidden in the padding.",
        make=lambda: forged(pad(_inner())[:-1] + b"\x01"),
        expect="E_PAD",
    )
    yield _Case(
        name="padding-short",
        comment="Not padded at all.",
        make=lambda: forged(len(_inner()).to_bytes(4, "big") + _inner()),
        expect="E_PAD",
    )


def _malformed() -> Iterator[_Case]:
    inside = content().encode()
    for name, comment, inner, expect in (
        ("inner-no-msgpack", "Not msgpack.", b"\xc1", "E_CANON"),
        ("inner-unknown-key", "Rule 5.", changed(_inner(), x={}), "E_SCHEMA"),
        ("content-unsorted", "A second encoding.", encode_inner(_unsorted(inside)), "E_CANON"),
        ("content-unknown-key", "Rule 5.", encode_inner(changed(inside, zz=1)), "E_SCHEMA"),
    ):
        yield _Case(name=name, comment=comment, make=_forger(inner), expect=expect)


def _unbound() -> Iterator[_Case]:
    file = file_entry(0)
    for name, comment, inside, blobs in (
        ("other-mid", "The id inside is another.", replace(content(), mid=OTHER_MID), 0),
        ("other-sender", "Somebody else's content.", replace(content(), sender=DE), 0),
        ("other-recipient", "A content passed on.", replace(content(), recipient=DE), 0),
        ("file-missing", "A blob that no file names.", content(), 1),
        ("file-surplus", "A file without blob.", content(file), 0),
        ("file-other-blob", "Another blob.", content(file_entry(5)), 1),
        ("file-other-size", "Another length.", content(replace(file, size_bytes=11)), 1),
        ("files-crossed", "Each in its place.", content(file_entry(1), file), 2),
    ):
        inner = encode_inner(inside.encode())
        yield _Case(name=name, comment=comment, make=_forger(inner, blobs), expect="E_BIND")


def _inner() -> bytes:
    return encode_inner(content().encode())


def _forger(inner: bytes, blobs: int = 0) -> Make:
    return lambda: forged(pad(inner), blobs=blobs)


def _part(entry: FileEntry) -> Part:
    return Part(size_bytes=body_bytes(entry.size_bytes), digest=entry.blob)


def _signed() -> SealedEnvelope:
    return seal(encode_inner(content().encode(), [signature()]), address(), recipients(1))


def _wrapped_again() -> SealedEnvelope:
    first = sealed(1)
    return replace(first, wraps=seal_again(first.header, first.content_key, recipients(2)))


def _with(
    *,
    wraps: Callable[[bytes], bytes] = bytes,
    body: Callable[[bytes], bytes] = bytes,
) -> SealedEnvelope:
    sound = sealed(1)
    return replace(sound, wraps=wraps(sound.wraps), body=body(sound.body))


def _other_header() -> SealedEnvelope:
    sound = sealed(1)
    other = replace(Header.decode(sound.header), t_ms=Header.decode(sound.header).t_ms + 1)
    return replace(sound, header=other.encode())


def _two_content_keys() -> SealedEnvelope:
    sound = sealed(1)
    other = wrap(sound.header, new_content_key(), recipients(2))
    both = {**decode_wraps(sound.wraps), **decode_wraps(other)}
    return replace(sound, wraps=encode([{"k": key, "c": both[key]} for key in sorted(both)]))


def _falling() -> SealedEnvelope:
    sound = sealed(1, 2)
    wraps = decode_wraps(sound.wraps)
    return replace(sound, wraps=encode([{"k": key, "c": wraps[key]} for key in reversed(wraps)]))


def _unsorted(data: bytes) -> bytes:
    value: Value = decode(data, max_bytes=len(data))
    assert isinstance(value, dict)
    first, *_ = value
    key = encode(first)
    part = encode(value[first])
    rest = data[1 + len(key) + len(part) :]
    return data[:1] + rest + key + part
