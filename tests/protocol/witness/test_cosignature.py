"""Cosignatures are believed of known witnesses alone, and never of another head."""

from dataclasses import replace

import pytest

from keys.note import parse_note
from protocol.errors import (
    Code,
    ExpiredError,
    LogPositionError,
    MalformedError,
    NotProvenError,
    TooLargeError,
)
from protocol.limits import MAX_AHEAD_MS
from protocol.log.checkpoint import Checkpoint, ClaimedCheckpoint, verify_checkpoint
from protocol.witness.cosignature import (
    Cosignature,
    believe_cosignatures,
    cosigned_note,
    lines_of,
    repeat_from,
)
from tests.protocol.log.history import NOW_MS, signer
from tests.protocol.witness.samples import FORKED, HONEST, NOW_S, asked, line_of, signed, witness

COSIGNERS = tuple(witness(number).cosigner for number in (1, 2, 3))


def believed(checkpoint: Checkpoint, *numbers: int) -> tuple[Cosignature, ...]:
    """Return the cosignatures of these witnesses."""
    lines = [line_of(witness(number), checkpoint) for number in numbers]
    return believe_cosignatures(checkpoint, lines, COSIGNERS, now_ms=NOW_MS)


def test_known_witnesses_are_taken_and_others_ignored() -> None:
    """In the order in which the reader names them."""
    found = believed(signed(5), 3, 9, 1)
    assert [each.cosigner for each in found] == [COSIGNERS[0], COSIGNERS[2]]
    assert {each.head for each in found} == {HONEST.head(5)}
    assert {each.timestamp_s for each in found} == {NOW_S}


def test_cosignature_of_another_root_or_size_is_refused() -> None:
    """The witness signed a tree, not a log."""
    for other in (signed(6), signed(6, FORKED)):
        with pytest.raises(NotProvenError):
            believe_cosignatures(signed(5), [line_of(witness(1), other)], COSIGNERS, now_ms=NOW_MS)


def test_line_of_a_known_witness_twice_is_refused() -> None:
    """No rule says which counts."""
    line = line_of(witness(1), signed(5))
    with pytest.raises(NotProvenError):
        believe_cosignatures(signed(5), [line, line], COSIGNERS, now_ms=NOW_MS)


def test_cosignature_ten_minutes_ahead_is_the_most() -> None:
    """A time that has not come bounds nothing."""
    edge = NOW_S + MAX_AHEAD_MS // 1000
    line = line_of(witness(1), signed(5), edge)
    assert believe_cosignatures(signed(5), [line], COSIGNERS, now_ms=NOW_MS)
    with pytest.raises(ExpiredError) as caught:
        believe_cosignatures(signed(5), [line], COSIGNERS, now_ms=NOW_MS - 1)
    assert caught.value.code is Code.CLOCK


def test_cosigned_note_is_still_the_checkpoint_and_shows_its_witnesses() -> None:
    """Readers of the log ignore the lines, readers of the witnesses find them."""
    both = believed(signed(5), 1, 2)
    note = cosigned_note(signed(5), both)
    assert note.startswith(signed(5).note)
    claimed = ClaimedCheckpoint.parse(note)
    again = verify_checkpoint(claimed, (signer().verifier,), now_ms=NOW_MS)
    assert believe_cosignatures(again, lines_of(again), COSIGNERS, now_ms=NOW_MS) == both
    assert cosigned_note(again, both) == note


def test_cosignature_of_another_head_is_not_put_below_a_note() -> None:
    """Readers would refuse the whole note."""
    with pytest.raises(NotProvenError):
        cosigned_note(signed(6), believed(signed(5), 1))


def test_note_takes_no_more_lines_or_bytes_than_readers_do() -> None:
    """Nine ML-DSA-44 lines fit into 32 KiB, the log's own among them."""
    cosigners = tuple(witness(number).cosigner for number in range(1, 16))
    lines = [line_of(witness(number), signed(5)) for number in range(1, 16)]
    all_ = believe_cosignatures(signed(5), lines, cosigners, now_ms=NOW_MS)
    assert len(parse_note(cosigned_note(signed(5), all_[:8])).lines) == 10
    for many in (all_[:9], all_):
        with pytest.raises(TooLargeError):
            cosigned_note(signed(5), many)


def test_log_asks_again_from_where_the_witness_stands() -> None:
    """Smaller, larger, or never seen."""
    assert [repeat_from(size, asked=asked(5, 9)) for size in (0, 3, 7, 9)] == [0, 3, 7, 9]


def test_witness_that_refuses_where_it_stands_is_not_asked_again() -> None:
    """Else two machines would talk for ever."""
    with pytest.raises(MalformedError):
        repeat_from(5, asked=asked(5, 9))


def test_witness_that_holds_more_than_was_offered_is_an_alarm() -> None:
    """The log lost what it signed, or somebody else signs for it."""
    with pytest.raises(LogPositionError) as caught:
        repeat_from(10, asked=asked(5, 9))
    assert caught.value.size == 10


def test_cosignature_keeps_its_line_for_the_evidence() -> None:
    """Only the witness can make it again."""
    (one,) = believed(signed(5), 1)
    assert (one.line.name, one.line.key_id) == (one.cosigner.key.name, one.cosigner.key.key_id)
    assert replace(one) == one
