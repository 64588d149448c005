"""Vectors of what an envelope is made of: header, content, inner, wraps, padding, contexts."""

from collections.abc import Callable, Iterator
from typing import Any

from protocol.encoding import Encodable, Value, decode, encode
from protocol.envelope.blobs import blob_context
from protocol.envelope.content import Content, decode_inner, encode_inner, officer_digest
from protocol.envelope.header import Header
from protocol.envelope.padding import pad, padded_bytes
from protocol.envelope.seal import body_context
from protocol.envelope.wraps import wrap_info
from tests.protocol.samples import FR, MID, RO, content, file_entry, header, signature
from tests.vectors.case_file import Vector, shown

FOLDER = "envelope"
MIB = 1024 * 1024


def envelope_cases() -> Iterator[Vector]:
    """Yield all cases of this module."""
    yield from _headers()
    yield from _header_encodings()
    yield from _contents()
    yield from _inners()
    yield from _wraps()
    yield from _paddings()
    yield from _derivations()


def changed(data: bytes, **entries: Encodable) -> bytes:
    """Return an encoded map with some entries set anew."""
    value = decode(data, max_bytes=len(data))
    assert isinstance(value, dict)
    return encode({**value, **entries})


def lacking(data: bytes, key: str) -> bytes:
    """Return an encoded map without one entry."""
    value = decode(data, max_bytes=len(data))
    assert isinstance(value, dict)
    return encode({each: part for each, part in value.items() if each != key})


def accepted(
    place: tuple[str, str], name: str, comment: str, *, data: bytes, read: Callable[[bytes], object]
) -> Vector:
    """Return a case that decodes, with what it shows. `place` = folder and `what`."""
    return _case(place, name, comment, {"input": data.hex(), "shows": shown(read(data))})


def refused(
    place: tuple[str, str], name: str, comment: str, *, data: bytes, expect: str = "E_SCHEMA"
) -> Vector:
    """Return a case that a decoder refuses."""
    return _case(place, name, comment, {"input": data.hex()}, expect=expect)


def _case(
    place: tuple[str, str], name: str, comment: str, entries: dict[str, Any], *, expect: str = "ok"
) -> Vector:
    folder, what = place
    return Vector(
        folder=folder,
        name=f"{what}-{name}",
        what=what,
        expect=expect,
        comment=comment,
        content=entries,
    )


def _headers() -> Iterator[Vector]:
    place = (FOLDER, "header")
    good = header().encode()
    bare = changed(good, blobs=[], cls=0)
    yield accepted(place, "full", "Two attachments, class P1.", data=good, read=Header.decode)
    yield accepted(place, "bare", "No attachment, class P0.", data=bare, read=Header.decode)
    small: dict[str, Value] = {"n": 1, "h": bytes(32)}
    entries: list[tuple[str, str, dict[str, Value]]] = [
        ("other-version", "Only version 1 exists.", {"v": 2}),
        ("version-as-bool", "true is not 1.", {"v": True}),
        ("other-type", "A receipt is no header.", {"typ": "rcp"}),
        ("unknown-key", "Rule 5.", {"zz": None}),
        ("short-mid", "A message id has 16 bytes.", {"mid": bytes(15)}),
        ("mid-as-text", "Bytes are bin, never str.", {"mid": "0" * 16}),
        ("lower-case-node", "A node has one spelling.", {"from": "ro/1"}),
        ("node-zero", "Numbers start at 1.", {"to": "FR/0"}),
        ("negative-time", "Times are ms since 1970.", {"t": -1}),
        ("time-above-2-53", "Largest integer of rule 4 and one more.", {"exp": 2**53}),
        ("class-4", "There are four classes, 0 to 3.", {"cls": 4}),
        ("short-stamp", "dir has three items.", {"dir": [1, 2]}),
        ("short-stamp-digest", "dir ends in 32 bytes.", {"dir": [1, 2, bytes(31)]}),
        ("body-digest-nil", "The body always has a digest.", {"body": {"n": 1, "h": None}}),
        ("unknown-key-in-blob", "Rule 5 at every level.", {"blobs": [{**small, "name": "x"}]}),
        ("65-blobs", "At most 64 attachments.", {"blobs": [small] * 65}),
    ]
    for name, comment, entry in entries:
        yield refused(place, name, comment, data=changed(good, **entry))
    yield refused(place, "no-class", "No key may be missing.", data=lacking(good, "cls"))
    large = changed(good, body={"n": 4 * MIB + 1, "h": bytes(32)})
    yield refused(place, "large-body", "A body has at most 4 MiB.", data=large, expect="E_SIZE")


def _header_encodings() -> Iterator[Vector]:
    place = (FOLDER, "header")
    good = changed(header().encode(), blobs=[])
    one, first = bytes.fromhex("a17601"), good[0]
    spoiled = {
        "long-integer": ("1 in two bytes.", good.replace(one, bytes.fromhex("a176cc01"))),
        "float": ("1.0 is no integer.", good.replace(one, bytes.fromhex("a176ca3f800000"))),
        "extension": ("No ext types.", good.replace(one, bytes.fromhex("a176c70001"))),
        "long-key": ("A short str in long form.", good.replace(one, bytes.fromhex("d9017601"))),
        "repeated-key": ("v twice.", bytes([first + 1]) + good[1:] + one),
        "unsorted-keys": ("v in front.", bytes([first]) + one + good[1 : -len(one)]),
        "trailing-byte": ("One value, then nothing.", good + b"\xc0"),
        "cut": ("The last byte is missing.", good[:-1]),
        "empty": ("Nothing at all.", b""),
    }
    assert good.endswith(one)
    for name, (comment, data) in spoiled.items():
        yield refused(place, name, comment, data=data, expect="E_CANON")


def _contents() -> Iterator[Vector]:
    place = (FOLDER, "content")
    good = content(file_entry()).encode()
    file = file_entry().to_value()
    assert isinstance(file, dict)
    yield accepted(place, "with-file", "One attachment.", data=good, read=Content.decode)
    first = changed(good, re=None, files=[])
    yield accepted(place, "first", "First of a thread.", data=first, read=Content.decode)
    later = changed(good, x={"later": {"a": [1, b"\x01"]}})
    yield accepted(place, "extended", "Anything below x.", data=later, read=Content.decode)
    entries: list[tuple[str, str, dict[str, Value]]] = [
        ("unknown-key", "Rule 5: only below x.", {"zz": 1}),
        ("x-nil", "x is a map, also when empty.", {"x": None}),
        ("empty-type", "A document has a type.", {"type": ""}),
        ("long-type", "At most 64 bytes.", {"type": "t" * 65}),
        ("short-thread", "A thread is named by 16 bytes.", {"thread": bytes(15)}),
        ("body-array", "body is a map.", {"body": []}),
        ("long-name", "A name has at most 255 bytes.", {"files": [{**file, "name": "n" * 256}]}),
        ("long-name-in-utf8", "Bytes count.", {"files": [{**file, "name": "\u0103" * 128}]}),
        ("short-file-key", "A blob's key has 32 bytes.", {"files": [{**file, "key": bytes(31)}]}),
        ("65-files", "At most 64 attachments.", {"files": [file] * 65}),
    ]
    for name, comment, entry in entries:
        yield refused(place, name, comment, data=changed(good, **entry))
    yield refused(place, "no-x", "x may be empty, not missing.", data=lacking(good, "x"))
    one = bytes.fromhex("a16101")  # the body's {"a": 1}
    float_body = changed(first, body={"a": 1}).replace(one, bytes.fromhex("a161cb3ff0000000000000"))
    yield refused(place, "float-in-body", "No floats anywhere.", data=float_body, expect="E_CANON")


def _inners() -> Iterator[Vector]:
    place = (FOLDER, "inner")
    signed = encode_inner(content().encode(), [signature()])
    plain = encode_inner(content().encode())
    yield accepted(place, "unsigned", "No officer signed.", data=plain, read=decode_inner)
    yield accepted(place, "signed", "One officer signed.", data=signed, read=decode_inner)
    mark: dict[str, Value] = {"k": b"k", "s": b"s"}
    entries: list[tuple[str, str, dict[str, Value]]] = [
        ("empty-content", "There is always a content.", {"c": b""}),
        ("content-as-map", "The content is bytes, which officers signed.", {"c": {}}),
        ("five-signatures", "At most 4.", {"s": [mark] * 5}),
        ("no-signature-bytes", "A signature is not empty.", {"s": [{**mark, "s": b""}]}),
        ("no-signing-key", "A key id is not empty.", {"s": [{**mark, "k": b""}]}),
        ("long-key-id", "A key id has at most 64 bytes.", {"s": [{**mark, "k": bytes(65)}]}),
        ("long-signature", "A signature has at most 8 KiB.", {"s": [{**mark, "s": bytes(8193)}]}),
        ("unknown-key", "Rule 5.", {"x": {}}),
    ]
    for name, comment, entry in entries:
        yield refused(place, name, comment, data=changed(plain, **entry))


def _wraps() -> Iterator[Vector]:
    place = (FOLDER, "wraps")

    def wrap(key: int, size: int = 1168) -> dict[str, Value]:
        return {"k": bytes([key]) * 16, "c": bytes([key]) * size}

    def read(data: bytes) -> list[str]:
        value = decode(data, max_bytes=len(data))
        assert isinstance(value, list)
        return [str(item["k"].hex()) for item in value]  # type: ignore[call-overload,index,union-attr]

    yield accepted(place, "one", "One key.", data=encode([wrap(1)]), read=read)
    four = encode([wrap(key) for key in (1, 2, 3, 4)])
    yield accepted(place, "four", "Four keys in order.", data=four, read=read)
    values: list[tuple[str, str, Value]] = [
        ("none", "Somebody must be able to open it.", []),
        ("five", "At most 4 keys.", [wrap(key) for key in (1, 2, 3, 4, 5)]),
        ("falling", "Sorted by key id.", [wrap(2), wrap(1)]),
        ("one-key-twice", "Each key once.", [wrap(1), wrap(1)]),
        ("short-wrap", "A wrap has 1168 bytes.", [wrap(1, 1167)]),
        ("long-wrap", "A wrap has 1168 bytes.", [wrap(1, 1169)]),
        ("short-key-id", "A key id has 16 bytes.", [{**wrap(1), "k": bytes(15)}]),
        ("unknown-key", "Rule 5.", [{**wrap(1), "alg": 1}]),
        ("map", "An array of wraps.", {"k": bytes(16)}),
    ]
    for name, comment, value in values:
        data = encode(value)
        expect = "E_SIZE" if len(data) > 5 * 1024 else "E_SCHEMA"
        yield refused(place, name, comment, data=data, expect=expect)


def _paddings() -> Iterator[Vector]:
    lengths = [0, 1, 251, 252, 253, 1000, 1020, 4096, 20_000, MIB, 3 * MIB, 2**32 - 1]
    table = [[size, padded_bytes(size)] for size in lengths]
    place = (FOLDER, "padded-bytes")
    yield _case(place, "table", "Length of inner, length of plain.", {"table": table})
    place = (FOLDER, "padding")
    for size in (1, 252, 253, 1000):
        inner = bytes([size % 251 + 1]) * size
        entries = {"inner": inner.hex(), "plain": pad(inner).hex()}
        yield _case(place, f"{size}-bytes", "Zeros up to the Padme length.", entries)
    good = pad(b"inner")
    full = pad(bytes(253))
    spoiled = {
        "not-zero": ("The last byte is not zero.", good[:-1] + b"\x01"),
        "not-zero-in-front": ("The first padding byte.", good[:9] + b"\x01" + good[10:]),
        "one-more": ("Longer than the Padme length.", good + b"\0"),
        "one-less": ("Shorter than the Padme length.", good[:-1]),
        "next-length": ("A Padme length, but not this one's.", good.ljust(len(full), b"\0")),
        "length-beyond": ("The length field points outside.", bytes.fromhex("ffffffff") + good[4:]),
        "no-length": ("Not even a length field.", b"\0\0\0"),
        "empty": ("Nothing.", b""),
    }
    for name, (comment, plain) in spoiled.items():
        yield _case(place, name, comment, {"plain": plain.hex()}, expect="E_PAD")


def _derivations() -> Iterator[Vector]:
    ids = {"mid": str(MID), "from": str(RO), "to": str(FR)}
    context = body_context(MID, RO, FR).hex()
    yield _case((FOLDER, "body-context"), "1", "Rule 13.", {**ids, "output": context})
    for index in (0, 63):
        entries = {"mid": str(MID), "index": index, "output": blob_context(MID, index).hex()}
        yield _case((FOLDER, "blob-context"), str(index), "Rule 13.", entries)
    head = header().encode()
    entries = {"input": head.hex(), "output": wrap_info(head).hex()}
    yield _case((FOLDER, "wrap-info"), "1", "Rule 15.", entries)
    inside = content().encode()
    entries = {"input": inside.hex(), "output": officer_digest(inside).hex()}
    yield _case((FOLDER, "officer-digest"), "1", "Rule 11.", entries)
