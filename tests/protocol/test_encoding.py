"""Canonical msgpack: one encoding a value, every other refused, memory bounded."""

import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgpack import packb  # type: ignore[import-untyped]  # ships no types

from protocol.encoding import Encodable, Value, _measure, decode, encode
from protocol.errors import Code, MalformedError, NotAllowedError, TooLargeError
from protocol.fields import Fields, items_of, raw_of, raws_of, text_of, uint_of
from protocol.limits import MAX_DEPTH, MAX_INDEX, MAX_VALUES
from tests.vectors.encoding.generate import CASES, FOLDER, document

ROOT = Path(__file__).parents[2]
KIB = 1024

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.text(max_size=40),
    st.binary(max_size=300),
)
values: st.SearchStrategy[Value] = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=20), st.dictionaries(st.text(max_size=8), inner, max_size=20)
    ),
    max_leaves=40,
)


def verdict(data: bytes, max_bytes: int = 1024 * KIB) -> str:
    """Return what decode says of some bytes."""
    try:
        decode(data, max_bytes=max_bytes)
    except MalformedError as error:
        return error.code.value
    return "accepted"


def depth_of(value: Value) -> int:
    """Return the levels of arrays and maps in a value."""
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


def nested(levels: int) -> Value:
    """Return arrays in arrays."""
    value: Value = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_vector_gets_its_verdict(name: str) -> None:
    """The files are what another implementation reads; ours must agree with each."""
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert text == document(name)
    vector = json.loads(text)
    data = bytes.fromhex(vector["bytes"])
    assert verdict(data, vector["max_bytes"]) == vector["expect"]
    if vector["expect"] == "accepted":
        assert encode(decode(data, max_bytes=len(data))) == data


def test_no_vector_lies_beside_the_table() -> None:
    """A case dropped from the table must not live on as a file."""
    assert {path.stem for path in FOLDER.glob("*.json")} == set(CASES)


def test_both_decoders_of_msgpack_give_the_same_verdicts() -> None:
    """A node without the C extension must not accept what others refuse, nor the reverse."""
    program = (
        "import json, sys, msgpack\n"
        "from tests.protocol.test_encoding import verdict\n"
        "assert msgpack.Unpacker.__module__ == 'msgpack.fallback'\n"
        "print(json.dumps([verdict(bytes.fromhex(line.strip()), 1024) for line in sys.stdin]))\n"
    )
    lines = "".join(f"{data}\n" for _, data, _ in CASES.values())
    done = subprocess.run(  # noqa: S603  our own interpreter and program
        [sys.executable, "-c", program],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "MSGPACK_PUREPYTHON": "1"},
    )
    assert json.loads(done.stdout) == [expect for expect, _, _ in CASES.values()]


@given(values)
@settings(max_examples=150, deadline=None)
def test_decode_returns_what_was_encoded(value: Value) -> None:
    """The one property that everything else stands on."""
    if depth_of(value) > MAX_DEPTH:
        with pytest.raises(NotAllowedError):
            encode(value)
    else:
        data = encode(value)
        again = decode(data, max_bytes=len(data))
        assert again == value
        assert encode(again) == data


@given(values.filter(lambda value: depth_of(value) <= MAX_DEPTH), st.data())
@settings(max_examples=150, deadline=None)
def test_changed_bytes_are_refused_or_mean_something_else(
    value: Value, data: st.DataObject
) -> None:
    """No second spelling: whatever else decodes, encodes to itself and is another value."""
    good = bytearray(encode(value))
    position = data.draw(st.integers(0, len(good) - 1))
    good[position] ^= data.draw(st.integers(1, 255))
    changed = bytes(good)
    if verdict(changed) == "accepted":
        other = decode(changed, max_bytes=len(changed))
        assert encode(other) == changed
        assert encode(other) != encode(value)


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_arbitrary_bytes_are_refused_with_our_error_only(data: bytes) -> None:
    """No ValueError, OverflowError or RecursionError of the library leaks."""
    assert verdict(data) in {"accepted", Code.CANON.value}


@given(st.dictionaries(st.text(max_size=4), st.integers(0, 5), min_size=2, max_size=6))
@settings(max_examples=100, deadline=None)
def test_order_of_keys_is_the_order_of_their_utf8(value: dict[str, Value]) -> None:
    """Python compares code points; the rule speaks of bytes."""
    data = encode(value)
    ordered = dict(sorted(value.items(), key=lambda pair: pair[0].encode()))
    assert data == packb(ordered)
    assert data == encode(dict(reversed(ordered.items())))
    assert verdict(cast("bytes", packb(dict(reversed(ordered.items()))))) == Code.CANON.value


class _Colour(IntEnum):
    RED = 3


class _Word(StrEnum):
    ONE = "one"


def test_enums_and_tuples_are_written_as_what_they_stand_for() -> None:
    """Callers hold closed sets and tuples; the wire knows integers, texts and arrays."""
    data = encode({"c": _Colour.RED, "w": _Word.ONE, "t": (1, (2,))})
    assert decode(data, max_bytes=64) == {"c": 3, "w": "one", "t": [1, [2]]}


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        [1.5],
        {1: 2},
        {"a": 1, 2: 3},
        {b"k": 1},
        {"k": {None: 1}},
        2**64,
        -(2**63) - 1,
        bytearray(b"x"),
        {1, 2},
        object(),
        "\ud800",
        {"\ud800": 1},
        nested(MAX_DEPTH + 1),
    ],
)
def test_what_the_encoding_forbids_is_not_written(value: object) -> None:
    """A wrong value of ours stops here, not at a peer."""
    with pytest.raises(NotAllowedError):
        encode(cast("Encodable", value))


def test_eight_levels_are_written_and_read() -> None:
    """The limit itself is allowed."""
    data = encode(nested(MAX_DEPTH))
    assert decode(data, max_bytes=64) == nested(MAX_DEPTH)


@pytest.mark.parametrize("value", [[0] * MAX_VALUES, {str(i): 0 for i in range(MAX_VALUES // 2)}])
def test_more_values_than_one_encoding_holds_are_not_written(value: Encodable) -> None:
    """Our own mistake is told before a peer refuses it."""
    with pytest.raises(TooLargeError):
        encode(value)


def test_as_many_values_as_allowed_are_read_whatever_their_length() -> None:
    """Arrays and inputs beyond the quick path take the measured one, with the same result."""
    long_array: Value = [i % 7 for i in range(MAX_VALUES - 1)]
    mixed: Value = {
        "a": ["text" * 30] * 600,
        "b": [b"bytes" * 30] * 300,
        "c": [{"x": [], "y": {}}] * 200,
        "d": [-1, -40, -200, 2**16, 2**32, -(2**31), -(2**40), None, True, False, ""],
        "e": {f"{i:05}": i for i in range(20)},
        "f": ["x" * 300, b"y" * 300, b"", "z" * 70_000, b"z" * 70_000],
    }
    for value in (long_array, mixed, [b"x" * 40] * 2000, {f"{i:06}": i for i in range(9000)}):
        data = encode(value)
        assert decode(data, max_bytes=len(data)) == value


@pytest.mark.parametrize(
    "data",
    [
        b"\xdd" + (MAX_VALUES + 10).to_bytes(4, "big") + b"\xc0" * (MAX_VALUES + 10),
        b"\xdf" + MAX_VALUES.to_bytes(4, "big") + b"\xa0\xc0" * MAX_VALUES,
        b"\x91" * MAX_DEPTH + b"\xc6\x00\x02\x00\x00" + b"x" * 0x20000,
        b"\x91" * MAX_DEPTH + b"\x91\xc6\x00\x02\x00\x00" + b"x" * 0x20000,
        b"\xc6\x00\x02\x00\x00" + b"x" * 0x20000 + b"\xc0",
        b"\xc6\x00\x02\x00\x01" + b"x" * 0x20000,
        b"\xca" + b"x" * 0x20000,
        b"\xdc\x04\x00" + b"\xca\x00\x00\x00\x00" * 1024,
        b"\xdc\x02\x00" + b"\xc0" * 511 + b"\xcb",
    ],
)
def test_what_the_measured_path_must_refuse_is_refused(data: bytes) -> None:
    """Long inputs get every guard that short ones get."""
    expected = "accepted" if data[:9] == b"\x91" * 8 + b"\xc6" else Code.CANON.value
    assert verdict(data) == expected


_EDGES = sorted(
    {
        sign * (1 << power) + step
        for power in (5, 7, 8, 15, 16, 31, 32, 63)
        for sign in (1, -1)
        for step in (-1, 0, 1)
    }
    - {-(1 << 63) - 1}
)


def _in_company(data: bytes) -> bytes:
    """Return the encoding of two values: so many bytes that nothing is quick, and this one."""
    return b"\x92\xc6\x00\x01\x00\x00" + bytes(0x10000) + data


@pytest.mark.parametrize("number", _EDGES)
def test_every_form_of_an_integer_is_judged_alike_in_long_and_short_inputs(number: int) -> None:
    """The measured path knows by tables what the quick one sees by writing the value again."""
    forms = [
        bytes((lead,)) + number.to_bytes(width, "big", signed=lead >= 0xD0)
        for lead, width in zip(range(0xCC, 0xD4), (1, 2, 4, 8) * 2, strict=True)
        if 0 <= number + (lead >= 0xD0) * (1 << 8 * width - 1) < 1 << 8 * width
    ]
    assert [verdict(_in_company(form)) for form in forms] == [verdict(form) for form in forms]
    assert [verdict(form) for form in forms].count("accepted") == (not -33 < number < 128)


@given(values.filter(lambda value: depth_of(value) < MAX_DEPTH), st.data())
@settings(max_examples=150, deadline=None)
def test_long_inputs_are_judged_as_short_ones(value: Value, data: st.DataObject) -> None:
    """One spelling, however a decoder finds out."""
    good = bytearray(cast("bytes", packb(value)))
    for _ in range(data.draw(st.integers(0, 2))):
        position = data.draw(st.integers(0, len(good) - 1))
        good[position] = data.draw(st.integers(0, 255))
    assert verdict(_in_company(bytes(good))) == verdict(b"\x91" + bytes(good))


@pytest.mark.parametrize(
    "data",
    [
        b"\xd9\x1f" + b"x" * 0x1F,
        b"\xda\x00\xff" + b"x" * 0xFF,
        b"\xdb\x00\x00\xff\xff" + b"x" * 0xFFFF,
        b"\xc5\x00\xff" + b"x" * 0xFF,
        b"\xc6\x00\x00\xff\xff" + b"x" * 0xFFFF,
        b"\xdc\x00\x0f" + b"\xc0" * 0xF,
        b"\xdd\x00\x00\xff\xff" + b"\xc0" * 0xFFFF,
        b"\xde\x00\x01\xa1x\xc0",
        b"\xdf\x00\x00\x00\x01\xa1x\xc0",
        b"\x82\xa1x\xc0\xa1x\xc0",
        b"\x82\xa1y\xc0\xa1x\xc0",
        b"\x81\xc4\x01x\xc0",
    ],
)
def test_a_second_spelling_is_refused_in_long_inputs(data: bytes) -> None:
    """Long forms, keys twice, keys out of order, keys that are no texts."""
    assert verdict(_in_company(data)) == verdict(data) == Code.CANON.value


@pytest.mark.parametrize(
    "data",
    [
        b"\xdc\xff\xff" * 21_845,
        b"\xdd\x00\x00\xff\xff" * 13_107,
        b"\xdc\x01\x00" * 21_845,
        b"\xde\xff\xff\xa0" * 16_384,
        b"\xdd\x00\x00\xff\xf0" + b"\x80" * 65_520,
        b"\xdd\x00\x3f\xff\xf0" + b"\x80" * 4_194_288,
        b"\xdf\x00\x1f\xff\xf0" + b"\xa0\x80" * 2_097_136,
    ],
)
def test_a_decoding_bomb_takes_little_memory(data: bytes) -> None:
    """Without the guards these take from 78 MiB to 600 MiB."""
    tracemalloc.start()
    try:
        verdict(data, 8 * KIB * KIB)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * KIB * KIB


def test_depth_is_refused_before_anything_is_built() -> None:
    """Levels multiply what a lying head can make the decoder allocate."""
    _measure(b"\x91" * (MAX_DEPTH - 1) + b"\x90")
    with pytest.raises(ValueError, match="levels"):
        _measure(b"\x91" * MAX_DEPTH + b"\x90")


def test_too_long_an_input_is_refused_before_it_is_read() -> None:
    """The limit of the place comes first: nothing is allocated for what is too long."""
    assert verdict(b"\xc1" * 100, 99) == Code.SIZE.value
    assert verdict(b"\xc0", 1) == "accepted"


def test_fields_are_taken_typed() -> None:
    """The one way from a map to values of known type and size."""
    fields = Fields.of(
        decode(
            encode({"v": 1, "typ": "t", "b": b"12", "n": None, "l": [1], "m": {"a": 1}}),
            max_bytes=64,
        ),
        ("v", "typ", "b", "n", "l", "m"),
        ("o",),
    )
    fields.literal("v", 1)
    fields.literal("typ", "t")
    assert (fields.uint("v"), fields.uint_or_none("v"), fields.uint_or_none("n")) == (1, 1, None)
    assert (fields.text("typ"), fields.text_or_none("typ"), fields.text_or_none("n")) == (
        "t",
        "t",
        None,
    )
    assert (fields.raw("b"), fields.raw("b", 2), fields.raw("b", max_bytes=2)) == (b"12",) * 3
    assert (fields.raw_or_none("b", 2), fields.raw_or_none("o")) == (b"12", None)
    assert (fields.items("l", 1), fields.map("m"), fields.value("n")) == ([1], {"a": 1}, None)


@pytest.mark.parametrize(
    "take",
    [
        lambda fields: fields.literal("v", 2),
        lambda fields: fields.literal("t", 1),
        lambda fields: fields.literal("v", "1"),
        lambda fields: fields.uint("v", 0),
        lambda fields: fields.uint("t"),
        lambda fields: fields.uint("neg"),
        lambda fields: fields.uint("big"),
        lambda fields: fields.uint("absent"),
        lambda fields: fields.uint_or_none("s"),
        lambda fields: fields.text("b"),
        lambda fields: fields.text("s", 2),
        lambda fields: fields.text_or_none("v"),
        lambda fields: fields.raw("s"),
        lambda fields: fields.raw("b", 3),
        lambda fields: fields.raw("b", max_bytes=1),
        lambda fields: fields.raw_or_none("v"),
        lambda fields: fields.items("l", 1),
        lambda fields: fields.items("b", 9),
        lambda fields: fields.map("l"),
    ],
)
def test_a_field_of_another_type_or_size_is_refused(take: Callable[[Fields], Any]) -> None:
    """True is not 1, a text is counted in bytes, nil is not absent by accident."""
    fields = Fields(
        {"v": 1, "t": True, "neg": -1, "big": MAX_INDEX + 1, "s": "é€", "b": b"12", "l": [1, 2]}
    )
    with pytest.raises(MalformedError) as caught:
        take(fields)
    assert caught.value.code is Code.SCHEMA


@pytest.mark.parametrize(
    "value",
    [None, [], 7, {}, {"a": 1}, {"a": 1, "b": 2, "z": 3}, {"a": 1, "b": 2, "c": 3, "z": 4}],
)
def test_another_set_of_keys_is_refused(value: Value) -> None:
    """Rule 5: an unknown key is an error, not something to skip."""
    with pytest.raises(MalformedError) as caught:
        Fields.of(value, frozenset({"a", "b"}), frozenset({"c"}))
    assert caught.value.code is Code.SCHEMA


@pytest.mark.parametrize("value", [{"a": 1, "b": 2}, {"a": 1, "b": 2, "c": 3}])
def test_optional_keys_may_be_there_or_not(value: Value) -> None:
    """Optional is said by the caller alone."""
    fields = Fields.of(value, ("a", "b"), ("c",))
    assert fields.uint_or_none("c") in {None, 3}


def test_values_outside_maps_are_taken_typed() -> None:
    """Arrays on the wire hold hashes and numbers without names."""
    assert (raw_of(b"12", 2), uint_of(3), text_of("x"), items_of([1], 1)) == (b"12", 3, "x", [1])
    assert raws_of([b"12", b"34"], 2, 2) == (b"12", b"34")
    refusals: list[Callable[[], object]] = [
        lambda: raw_of(b"1", 2),
        lambda: raw_of("12", 2),
        lambda: uint_of(True),
        lambda: uint_of(-1),
        lambda: text_of(b"x"),
        lambda: items_of([1, 2], 1),
        lambda: raws_of([b"12", b"3"], 2, 2),
        lambda: raws_of([b"12", b"34"], 2, 1),
        lambda: raws_of(b"12", 2, 2),
    ]
    for refusal in refusals:
        with pytest.raises(MalformedError):
            refusal()
