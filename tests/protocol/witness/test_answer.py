"""Answers of a witness: as C2SP has them, strict and bounded."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.note import SignatureLine
from protocol.errors import Code, MalformedError
from protocol.limits import MAX_INDEX, MAX_NOTE_BYTES
from protocol.witness.answer import (
    Answer,
    Cosigned,
    Declined,
    RawAnswer,
    Standing,
    decode_answer,
    decode_lines,
    encode_answer,
    encode_lines,
)

LINE = SignatureLine(name="witness.example/w1", key_id=b"kkkk", signature=b"s" * 20)
TEXT = encode_lines((LINE,))


def raw(status: int, body: bytes = b"", content_type: str | None = None) -> RawAnswer:
    """Return an answer as HTTP carried it."""
    return RawAnswer(status=status, content_type=content_type, body=body)


@pytest.mark.parametrize(
    "answer",
    [
        Cosigned(lines=(LINE,)),
        Cosigned(lines=(LINE,) * 16),
        Standing(size=0),
        Standing(size=MAX_INDEX),
        Declined(status=404),
        Declined(status=503),
    ],
)
def test_answer_comes_back(answer: Answer) -> None:
    """Status, type and body are enough."""
    assert decode_answer(encode_answer(answer)) == answer


def test_answers_are_those_of_the_specification() -> None:
    """Signature lines alone; a size and its own content type; nothing."""
    assert encode_answer(Cosigned(lines=(LINE,))).body.decode().startswith("— witness.example/w1 ")
    assert encode_answer(Cosigned(lines=(LINE,))).status == 200
    assert encode_answer(Standing(size=20852014)) == raw(409, b"20852014\n", "text/x.tlog.size")
    assert encode_answer(Declined(status=422)) == raw(422)


@pytest.mark.parametrize("kind", ["text/x.tlog.size", "Text/X.tlog.size ; charset=utf-8"])
def test_size_is_read_under_its_content_type(kind: str) -> None:
    """Case and parameters mean nothing in a content type."""
    assert decode_answer(raw(409, b"7\n", kind)) == Standing(size=7)


@pytest.mark.parametrize("kind", [None, "text/plain", "text/x.tlog.sizes"])
def test_conflict_that_does_not_say_where_is_a_refusal(kind: str | None) -> None:
    """Somebody else on the way may say 409 as well."""
    assert decode_answer(raw(409, b"7\n", kind)) == Declined(status=409)


@pytest.mark.parametrize(
    "body", [b"", b"7", b"7\r\n", b"07\n", b"-7\n", b"7\n7\n", b"%d\n" % (MAX_INDEX + 1), b"x\n"]
)
def test_size_that_is_no_number_is_refused(body: bytes) -> None:
    """A log must not build a proof from it."""
    with pytest.raises(MalformedError):
        decode_answer(raw(409, body, "text/x.tlog.size"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n",
        b"text\n",
        b"text\n\n" + TEXT,
        TEXT[:-1],
        TEXT + b"\n",
        TEXT + b"\n" + TEXT,
        b"\n" + TEXT,
        TEXT * 17,
        b"\xff" + TEXT,
        "— w\n".encode(),
    ],
)
def test_success_without_signature_lines_is_refused(body: bytes) -> None:
    """Lines and nothing else."""
    with pytest.raises(MalformedError):
        decode_answer(raw(200, body))


@pytest.mark.parametrize("status", [0, 100, 201, 204, 299, 600])
def test_status_that_ends_nothing_is_refused(status: int) -> None:
    """Another success is none."""
    with pytest.raises(MalformedError):
        decode_answer(raw(status))


def test_answer_above_the_limit_is_refused_by_its_length() -> None:
    """Whatever its status."""
    with pytest.raises(MalformedError) as caught:
        decode_answer(raw(404, b"x" * (MAX_NOTE_BYTES + 1)))
    assert caught.value.code is Code.SIZE


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_lines_are_read_to_themselves_or_refused(data: bytes) -> None:
    """No other error, no second spelling."""
    for body in (data, TEXT + data):
        try:
            lines = decode_lines(body)
        except MalformedError:
            continue
        assert encode_lines(lines) == body
