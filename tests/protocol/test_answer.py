"""Answers and errors: one verdict an item, codes and numbers, never a text."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.answer import (
    AnswerItem,
    ErrorAnswer,
    Receipted,
    Refused,
    decode_answer,
    decode_error,
    encode_answer,
    encode_error,
)
from protocol.errors import Code, MalformedError
from protocol.limits import (
    MAX_ANSWER_BYTES,
    MAX_BLOBS,
    MAX_CONSISTENCY_HASHES,
    MAX_ENVELOPES,
    MAX_ERROR_BYTES,
    MAX_INDEX,
    MAX_MISS_RANGES,
    MAX_NOTE_BYTES,
    MAX_PROOF_HASHES,
    MAX_RECEIPT_BYTES,
)
from tests.protocol.samples import MID, NOW_MS, digests, mids, sizes
from tests.protocol.spoiling import refuse_everything_near
from tests.vectors.case_file import Vector, load, shown
from tests.vectors.exchange_cases import answer

codes = st.sampled_from(Code)
verdicts: st.SearchStrategy[AnswerItem] = st.one_of(
    st.just(Receipted(receipt=None, index=None, path=())),
    st.builds(
        Receipted,
        receipt=st.binary(max_size=400),
        index=sizes,
        path=st.lists(digests, max_size=4).map(tuple),
    ),
    st.builds(
        Refused,
        code=codes,
        mid=st.none() | mids,
        retry_ms=st.none() | sizes,
        blobs=st.lists(digests, max_size=4).map(tuple),
    ),
)
errors = st.builds(
    ErrorAnswer,
    code=codes,
    mid=st.none() | mids,
    t_ms=sizes,
    retry_ms=st.none() | sizes,
    size=sizes,
)


@given(st.lists(verdicts, max_size=6), st.lists(st.integers(41, 90), unique=True, max_size=9))
@settings(max_examples=100, deadline=None)
def test_an_answer_reads_back_as_written(items: list[AnswerItem], missing: list[int]) -> None:
    """In the order asked."""
    numbers = sorted(missing)
    ranges = tuple(zip(numbers[::2], numbers[1::2], strict=False))
    sent = replace(answer(), items=tuple(items), miss=ranges)
    assert decode_answer(encode_answer(sent)) == sent


@pytest.mark.parametrize("case", load("frame", "answer"))
def test_the_vectors_of_answers_hold(case: Vector) -> None:
    """Every form of verdict, and each refusal."""
    if case.expect == "ok":
        read = decode_answer(case.bytes("input"))
        assert (encode_answer(read), shown(read)) == (case.bytes("input"), case.value("shows"))
    else:
        with pytest.raises(MalformedError) as refusal:
            decode_answer(case.bytes("input"))
        assert refusal.value.code == case.expect


def test_every_neighbour_of_an_answer_is_refused() -> None:
    """Verdicts included."""
    refuse_everything_near(encode_answer(answer()), lambda data: encode_answer(decode_answer(data)))


def test_a_pushed_receipt_is_answered_with_nothing() -> None:
    """No receipt for a receipt: {ok: nil} and no more."""
    nothing = Receipted(receipt=None, index=None, path=())
    assert nothing.to_value() == {"ok": None}
    with pytest.raises(MalformedError):
        Receipted(receipt=None, index=1, path=())
    with pytest.raises(MalformedError):
        Receipted(receipt=None, index=None, path=(bytes(32),))


def test_a_receipt_comes_with_its_leaf() -> None:
    """Without an index nobody could check the proof."""
    with pytest.raises(MalformedError):
        Receipted(receipt=b"r", index=None, path=())


@pytest.mark.parametrize("miss", [((40, 41),), ((43, 42),), ((42, 44), (44, 45)), ((-1, 50),)])
def test_missing_ranges_rise_above_have(miss: tuple[tuple[int, int], ...]) -> None:
    """`have` = 40 says that nothing is missing up to there."""
    with pytest.raises(MalformedError):
        replace(answer(), miss=miss)


def test_each_part_of_an_answer_has_its_limit() -> None:
    """Also when our own code builds it."""
    spans = tuple((n, n) for n in range(50, 50 + 2 * MAX_MISS_RANGES + 2, 2))
    with pytest.raises(MalformedError):
        replace(answer(), miss=spans)
    with pytest.raises(MalformedError):
        replace(answer(), items=answer().items[:1] * (MAX_ENVELOPES + 1))
    with pytest.raises(MalformedError):
        Receipted(receipt=bytes(MAX_RECEIPT_BYTES + 1), index=0, path=())
    with pytest.raises(MalformedError):
        Refused(code=Code.BLOBS, mid=MID, retry_ms=0, blobs=(bytes(32),) * (MAX_BLOBS + 1))
    with pytest.raises(MalformedError):
        Refused(code=Code.BUSY, mid=MID, retry_ms=-1)


@pytest.mark.parametrize(
    "verdict",
    [
        Receipted(
            receipt=bytes(MAX_RECEIPT_BYTES), index=MAX_INDEX, path=(bytes(32),) * MAX_PROOF_HASHES
        ),
        Refused(
            code=Code.LOG_POSITION, mid=MID, retry_ms=MAX_INDEX, blobs=(bytes(32),) * MAX_BLOBS
        ),
    ],
)
def test_the_largest_answer_stays_within_its_limit(verdict: AnswerItem) -> None:
    """What we may send must be what a peer may read."""
    largest = replace(
        answer(),
        checkpoint=b"n" * MAX_NOTE_BYTES,
        consistency=(bytes(32),) * MAX_CONSISTENCY_HASHES,
        items=(verdict,) * MAX_ENVELOPES,
    )
    assert len(encode_answer(largest)) <= MAX_ANSWER_BYTES
    assert decode_answer(encode_answer(largest)) == largest


def test_an_answer_above_its_limit_is_refused_by_size() -> None:
    """Before anything is read."""
    with pytest.raises(MalformedError) as refusal:
        decode_answer(bytes(MAX_ANSWER_BYTES + 1))
    assert refusal.value.code is Code.SIZE


@given(errors)
@settings(max_examples=100, deadline=None)
def test_an_error_reads_back_as_written_and_is_small(error: ErrorAnswer) -> None:
    """Codes and numbers only."""
    data = encode_error(error)
    assert decode_error(data) == error
    assert len(data) <= MAX_ERROR_BYTES


@pytest.mark.parametrize("case", load("frame", "error"))
def test_the_vectors_of_errors_hold(case: Vector) -> None:
    """What a sender may act upon."""
    if case.expect == "ok":
        read = decode_error(case.bytes("input"))
        assert (encode_error(read), shown(read)) == (case.bytes("input"), case.value("shows"))
    else:
        with pytest.raises(MalformedError) as refusal:
            decode_error(case.bytes("input"))
        assert refusal.value.code == case.expect


def test_every_neighbour_of_an_error_is_refused() -> None:
    """A middlebox's page is never taken for one."""
    error = ErrorAnswer(code=Code.LOG_POSITION, mid=MID, t_ms=NOW_MS, retry_ms=1, size=2)
    refuse_everything_near(encode_error(error), lambda data: encode_error(decode_error(data)))


def test_a_refused_log_position_says_where_to_go_on() -> None:
    """Else the sender would have to ask once more."""
    with pytest.raises(MalformedError):
        ErrorAnswer(code=Code.LOG_POSITION, mid=None, t_ms=NOW_MS, retry_ms=None, size=None)
    other = ErrorAnswer(code=Code.BUSY, mid=None, t_ms=NOW_MS, retry_ms=None, size=None)
    assert decode_error(encode_error(other)) == other
