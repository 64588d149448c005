"""Canonical msgpack ("cmp"): one value has one encoding, everything else is refused.

Does: writing values of ours, reading bytes of others under every guard of rule 2. Leaves to
protocol.fields: picking typed fields out of a map; to its callers: which bytes may have which
length (`max_bytes`). Only this module knows msgpack.

Rules kept: nil, bool, int in [-2^63, 2^64-1], str, bin, array, map with str keys in bytewise
order of their UTF-8, each in its shortest form; at most MAX_DEPTH levels and MAX_VALUES values;
no float, extension, repeated key or trailing byte. Memory stays within a few MiB whatever 64 KiB
of input claim to hold, and within a small multiple of the input above that.

Example:
    >>> encode({"v": 1, "typ": "ping"}).hex()
    '82a3747970a470696e67a17601'
    >>> decode(bytes.fromhex("82a3747970a470696e67a17601"), max_bytes=64)
    {'typ': 'ping', 'v': 1}

Source: docs/wire-format.md, rules 1, 2 and 5; the msgpack specification.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import NoneType
from typing import Final, TypeAlias, cast

from msgpack import packb, unpackb  # type: ignore[import-untyped]  # ships no types

from protocol.errors import Code, MalformedError, NotAllowedError, TooLargeError
from protocol.limits import MAX_DEPTH, MAX_VALUES

Value: TypeAlias = "bool | int | str | bytes | list[Value] | dict[str, Value] | None"
"""What decode returns."""

Encodable: TypeAlias = (
    "bool | int | str | bytes | Sequence[Encodable] | Mapping[str, Encodable] | None"
)
"""What encode takes: lists or tuples, and dicts; a Value is one."""


_SCALARS: Final = frozenset({NoneType, bool, int, str, bytes})

# msgpack allocates what an array's head claims before it sees one element, at each of up to
# 1,024 open levels: 2 MiB with this limit.
_QUICK_ARRAY: Final = 256
# An input of this length holds at most MAX_VALUES values: no need to count them first.
_QUICK_BYTES: Final = MAX_VALUES

# Length in bytes of a scalar by its first byte; 0 where that is not enough to know.
_SCALAR_BYTES: Final = (
    *(1,) * 0x80,  # positive fixint
    *(0,) * 0x20,  # fixmap, fixarray
    *range(1, 0x21),  # fixstr
    *(1, 0, 1, 1),  # nil, never used, false, true
    *(0,) * 0x08,  # bin, ext, float
    *(0,) * 0x14,  # uint, int, fixext, str, array, map
    *(1,) * 0x20,  # negative fixint
)
# By first byte: bytes of the number that follows; the least and the greatest number, read as
# unsigned, that has no shorter form.
_SIZED: Final = {
    0xC4: (1, 0, 0xFF),  # bin
    0xC5: (2, 0x100, 0xFFFF),
    0xC6: (4, 0x10000, 0xFFFFFFFF),
    0xCC: (1, 0x80, 0xFF),  # uint
    0xCD: (2, 0x100, 0xFFFF),
    0xCE: (4, 0x10000, 0xFFFFFFFF),
    0xCF: (8, 1 << 32, (1 << 64) - 1),
    0xD0: (1, 0x80, 0xDF),  # int: -128 to -33
    0xD1: (2, 0x8000, 0xFF7F),  # to -129
    0xD2: (4, 1 << 31, 0xFFFF7FFF),  # to -32769
    0xD3: (8, 1 << 63, 0xFFFFFFFF7FFFFFFF),  # to -2147483649
    0xD9: (1, 0x20, 0xFF),  # str
    0xDA: (2, 0x100, 0xFFFF),
    0xDB: (4, 0x10000, 0xFFFFFFFF),
    0xDC: (2, 0x10, 0xFFFF),  # array
    0xDD: (4, 0x10000, 0xFFFFFFFF),
    0xDE: (2, 0x10, 0xFFFF),  # map
    0xDF: (4, 0x10000, 0xFFFFFFFF),
}
# Of these the number is a length; of those a count, with the values that each stands for.
_LONG: Final = frozenset({0xC4, 0xC5, 0xC6, 0xD9, 0xDA, 0xDB})
_COUNTED: Final = {0xDC: 1, 0xDD: 1, 0xDE: 2, 0xDF: 2}


def encode(value: Encodable) -> bytes:
    """Write one value in its only encoding.

    Args:
        value: nil, bool, int in [-2^63, 2^64-1], str, bytes, list or tuple, dict with str keys
            in any order; at most MAX_DEPTH levels and MAX_VALUES values.

    Returns:
        Bytes of which `decode` makes an equal value (tuples become lists).

    Raises:
        NotAllowedError: A type, a key, an integer, a text or a depth that the encoding forbids.
        TooLargeError: More than MAX_VALUES values.
    """
    try:
        return cast("bytes", packb(_ordered(value, MAX_DEPTH, [1])))
    except ValueError as error:  # a lone surrogate, or a length above 2^32
        raise NotAllowedError("a text that is not valid Unicode, or too long") from error
    except OverflowError as error:
        raise NotAllowedError("an integer beyond 64 bits") from error
    except TypeError as error:  # keys of several types have no order
        raise NotAllowedError("a key that is not a text") from error


def decode(data: bytes, *, max_bytes: int) -> Value:
    """Read one value of another's making; anything but its canonical encoding is refused.

    Args:
        data: The whole value and nothing after it.
        max_bytes: Most that this route or field allows; checked before anything is read.

    Returns:
        The value. Maps are in canonical order.

    Raises:
        MalformedError: Longer than `max_bytes` (E_SIZE); not the canonical encoding of an
            allowed value (E_CANON).
    """
    if len(data) > max_bytes:
        raise MalformedError("longer than this place allows", code=Code.SIZE)
    try:
        value = _read(data)
        _refuse_forbidden([value], MAX_DEPTH + 1)
    # The one edge of decoding: msgpack raises OverflowError, TypeError and RecursionError too.
    except Exception as error:
        raise MalformedError("not canonical msgpack", code=Code.CANON) from error
    return value


def _ordered(value: Encodable, depth: int, counted: list[int]) -> Encodable:
    """Return the value with its maps in canonical order, all of it allowed.

    Raises:
        NotAllowedError: A type, a key or a depth that the encoding forbids.
        TooLargeError: More than MAX_VALUES values.
    """
    if type(value) in _SCALARS or isinstance(value, (str, bytes, int)):
        return value
    if depth == 0:
        raise NotAllowedError("more levels than one encoding may have")
    if isinstance(value, (list, tuple)):
        _count(len(value), counted)
        return [
            item if type(item) in _SCALARS else _ordered(item, depth - 1, counted) for item in value
        ]
    if isinstance(value, dict):
        return _ordered_map(value, depth, counted)
    raise NotAllowedError("a type that the encoding does not know")


def _ordered_map(
    value: dict[str, Encodable], depth: int, counted: list[int]
) -> dict[str, Encodable]:
    _count(2 * len(value), counted)
    ordered: dict[str, Encodable] = {}
    # Order of code points is the bytewise order of their UTF-8.
    for key in sorted(value):
        if type(key) is not str and not isinstance(key, str):
            raise NotAllowedError("a key that is not a text")
        item = value[key]
        ordered[key] = item if type(item) in _SCALARS else _ordered(item, depth - 1, counted)
    return ordered


def _count(values: int, counted: list[int]) -> None:
    """Count the values of one array or map, keys included.

    Raises:
        TooLargeError: With these there are more than MAX_VALUES.
    """
    counted[0] += values
    if counted[0] > MAX_VALUES:
        raise TooLargeError("more values than one encoding may hold")


def _read(data: bytes) -> Value:
    """Build the value; refuse long forms and repeated keys.

    Raises:
        ValueError: One of them, or a fault; msgpack raises others.
    """
    if len(data) <= _QUICK_BYTES:
        # ValueError: an array beyond the quick limit, or a fault. Measuring tells which.
        with suppress(ValueError):
            value = _unpack(data, _QUICK_ARRAY)
            # Of a repeated key msgpack keeps the last: the map gets shorter.
            return _same(value, data)
    # What is long is not written again to be compared: its contents would be copied twice.
    _measure(data)
    return _unpack(data, len(data), object_pairs_hook=_map_of)


def _same(value: Value, data: bytes) -> Value:
    if packb(value) != data:
        raise TypeError("not the canonical form of its value")
    return value


def _map_of(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _unpack(data: bytes, max_array: int, **hook: Callable[..., Value]) -> Value:
    size = len(data)
    return cast(
        "Value",
        unpackb(
            data,
            raw=False,
            strict_map_key=True,
            max_str_len=size,
            max_bin_len=size,
            max_array_len=max_array,
            max_map_len=size // 2,
            max_ext_len=0,
            **hook,
        ),
    )


def _refuse_forbidden(value: Value, depth: int) -> None:
    """Refuse types, depth and order of keys that a byte comparison would let pass.

    Args:
        value: An array or a map.
        depth: Levels that it may have, itself included.

    Raises:
        ValueError: One of them; a float, or an extension of length 0.
        TypeError: Keys that are texts and byte strings.
    """
    if depth == 0:
        raise ValueError("too many levels")
    if type(value) is dict:
        keys = list(value)
        # Texts and byte strings have no common order: the first key speaks for all.
        if keys and (keys != sorted(keys) or type(keys[0]) is not str):
            raise ValueError("a key that is no text or stands in the wrong place")
        value = list(value.values())
    for each in cast("list[Value]", value):
        kind = type(each)
        if kind is dict or kind is list:
            _refuse_forbidden(each, depth - 1)
        elif kind not in _SCALARS:
            raise ValueError("a forbidden type")


def _measure(data: bytes) -> None:
    """Walk over the heads without building anything; refuse long forms and what costs memory.

    Raises:
        ValueError: A forbidden type, a long form, too deep, more values than bytes or allowed.
        IndexError: The input ends before all values that it claims; a last text or byte string
            that is cut, and bytes that follow, are left to the decoder.
    """
    position = values = 0
    pending = [1]  # values still to come at each open level
    while pending:
        pending[-1] -= 1
        values += 1
        step = _SCALAR_BYTES[data[position]]
        children = 0
        if not step:
            step, children = _head(data, position)
            if children >= 0 and len(pending) > MAX_DEPTH:
                raise ValueError("too many levels")
        position += step
        if children > len(data) - position or values > MAX_VALUES:
            raise ValueError("more values than bytes, or than allowed")
        if children > 0:
            pending.append(children)
        while pending and not pending[-1]:
            pending.pop()


def _head(data: bytes, position: int) -> tuple[int, int]:
    """Return the bytes to step over and the values that follow, -1 where none can.

    Raises:
        ValueError: A float, an extension or an unused byte; a long form.
    """
    lead = data[position]
    if lead < 0xA0:  # noqa: PLR2004  fixmap 0x80-0x8f, fixarray 0x90-0x9f
        count = lead & 0x0F
        return 1, count if lead & 0x10 else 2 * count
    width, least, most = _SIZED.get(lead, (0, 1, 0))
    number = int.from_bytes(data[position + 1 : position + 1 + width], "big")
    if not least <= number <= most:
        raise ValueError("a float, an extension or an unused byte, or a long form")
    if lead in _COUNTED:
        return 1 + width, _COUNTED[lead] * number
    return 1 + width + (number if lead in _LONG else 0), -1
