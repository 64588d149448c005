"""Bytes that are almost right: what every decoder must refuse, made from what it accepts."""

from collections.abc import Callable, Iterator

import pytest

from protocol.encoding import Value, decode, encode
from protocol.errors import Code, MalformedError

_STRANGERS: tuple[Value, ...] = (
    None,
    True,
    0,
    -1,
    4,
    2**53,
    "",
    "zz",
    "\u0661",
    "x" * 70_000,
    b"",
    b"zz",
    bytes(70_000),
    [],
    [0],
    [None] * 300,
    {},
    {"zz": 0},
)


def refuse_everything_near(
    data: bytes, read: Callable[[bytes], bytes], *, free: tuple[str, ...] = ()
) -> None:
    """Check that a decoder takes `data` alone: no neighbour of it in form or in bytes.

    Args:
        data: Bytes that the decoder accepts.
        read: Decodes, and returns what the value encodes to.
        free: Keys below which anything may stand.
    """
    assert read(data) == data
    _refuse_other_keys(data, read, free)
    _refuse_other_values(data, read, free)
    _refuse_other_bytes(data, read)


def _refuse_other_keys(data: bytes, read: Callable[[bytes], bytes], free: tuple[str, ...]) -> None:
    """A key less or more is refused as such, at every level (rule 5)."""
    value = decode(data, max_bytes=len(data))
    for path, part in list(_walk(value, free)):
        if isinstance(part, dict):
            for spoiled in ({**part, "zz": None}, *_without_one(part)):
                with pytest.raises(MalformedError) as refusal:
                    read(encode(_replaced(value, path, spoiled)))
                assert refusal.value.code is Code.SCHEMA


def _refuse_other_values(
    data: bytes, read: Callable[[bytes], bytes], free: tuple[str, ...]
) -> None:
    """A field of another type or length is refused, or it is a value of its own."""
    value = decode(data, max_bytes=len(data))
    refused = 0
    for path, _ in list(_walk(value, free)):
        for stranger in _STRANGERS:
            spoiled = encode(_replaced(value, path, stranger))
            try:
                assert read(spoiled) == spoiled
            except MalformedError:
                refused += 1
    assert refused > len(_STRANGERS)


def _refuse_other_bytes(data: bytes, read: Callable[[bytes], bytes]) -> None:
    """Cut short, lengthened, or one bit changed: our error, or another value altogether."""
    for spoiled in (b"", data[:-1], data[: len(data) // 2], data + b"\0", data + data):
        with pytest.raises(MalformedError):
            read(spoiled)
    for position in range(min(len(data), 600)):
        flipped = bytearray(data)
        flipped[position] ^= 1 << position % 8
        try:
            assert read(bytes(flipped)) == flipped
        except MalformedError:
            continue


def _walk(value: Value, free: tuple[str, ...]) -> Iterator[tuple[tuple[str | int, ...], Value]]:
    yield (), value
    children: list[tuple[str | int, Value]] = []
    if isinstance(value, dict):
        children = [(key, part) for key, part in value.items() if key not in free]
    elif isinstance(value, list):
        children = list(enumerate(value))
    for step, child in children:
        for path, part in _walk(child, free):
            yield (step, *path), part


def _without_one(part: dict[str, Value]) -> list[dict[str, Value]]:
    return [{key: part[key] for key in part if key != left_out} for left_out in part]


def _replaced(value: Value, path: tuple[str | int, ...], part: Value) -> Value:
    """Return the value with another part at this place."""
    if not path:
        return part
    step, *rest = path
    if isinstance(value, dict):
        return {
            key: _replaced(child, tuple(rest), part) if key == step else child
            for key, child in value.items()
        }
    assert isinstance(value, list)
    return [
        _replaced(child, tuple(rest), part) if place == step else child
        for place, child in enumerate(value)
    ]
