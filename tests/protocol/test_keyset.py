"""Key sets: one encoding each, and one choice that all senders make alike."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import Code, MalformedError, NotAllowedError
from protocol.keyset import KeySet, KeySetAnswer, PrekeyEntry
from protocol.limits import (
    MAX_INDEX,
    MAX_KEY_SET_ANSWER_BYTES,
    MAX_KEY_SET_BYTES,
    MAX_NOTE_BYTES,
    MAX_PREKEYS,
    MAX_PROOF_HASHES,
)
from tests.protocol.samples import DAY_MS, FR, NOW_MS, recipients
from tests.protocol.spoiling import refuse_everything_near
from tests.vectors.case_file import Vector, load, shown
from tests.vectors.statement_cases import key_set, key_set_answer, prekey

moments = st.integers(0, 60)
spans = st.tuples(moments, moments).filter(lambda span: span[0] < span[1])


def _entry(number: int, span: tuple[int, int]) -> PrekeyEntry:
    return PrekeyEntry(public=bytes([number]) * 1216, not_before_ms=span[0], expires_ms=span[1])


key_sets = st.builds(
    lambda span, spans: KeySet(
        node=FR,
        version=1,
        not_before_ms=span[0],
        expires_ms=span[1],
        keys=tuple(_entry(number, each) for number, each in enumerate(spans)),
    ),
    spans,
    st.lists(spans, max_size=MAX_PREKEYS),
)


def _read(data: bytes) -> bytes:
    return KeySet.decode(data).encode()


@given(key_sets)
@settings(max_examples=100, deadline=None)
def test_a_key_set_reads_back_as_written(original: KeySet) -> None:
    """What a node published is what its peers use."""
    assert KeySet.decode(original.encode()) == original


@pytest.mark.parametrize("case", load("keyset", "keyset"))
def test_the_vectors_of_key_sets_hold(case: Vector) -> None:
    """Numbers of keys, and each refusal."""
    if case.expect == "ok":
        read = KeySet.decode(case.bytes("input"))
        assert (read.encode(), shown(read)) == (case.bytes("input"), case.value("shows"))
    else:
        with pytest.raises(MalformedError) as refusal:
            KeySet.decode(case.bytes("input"))
        assert refusal.value.code == case.expect


@pytest.mark.parametrize("case", load("keyset", "choice"))
def test_the_vectors_of_choices_hold(case: Vector) -> None:
    """Sealing under an older key would lengthen the life of that key."""
    chosen = KeySet.decode(case.bytes("input")).newest_valid(case.value("now"))
    assert (None if chosen is None else chosen.key_id.hex()) == case.value("output")


@given(key_sets, moments)
@settings(max_examples=200, deadline=None)
def test_the_choice_is_valid_now_and_no_valid_key_is_newer(keys: KeySet, now_ms: int) -> None:
    """Also at the very first and last moment of each key."""
    chosen = keys.newest_valid(now_ms)
    counts = keys.not_before_ms <= now_ms < keys.expires_ms
    valid = [each for each in keys.keys if each.not_before_ms <= now_ms < each.expires_ms]
    assert (chosen is not None) is (counts and bool(valid))
    if chosen is not None:
        assert chosen in valid
        assert chosen.not_before_ms == max(each.not_before_ms for each in valid)


@given(key_sets, moments)
@settings(max_examples=100, deadline=None)
def test_the_choice_does_not_depend_on_the_order_of_keys(keys: KeySet, now_ms: int) -> None:
    """All senders seal under one key, so that the others can be erased."""
    turned = replace(keys, keys=keys.keys[::-1])
    assert keys.newest_valid(now_ms) == turned.newest_valid(now_ms)


def test_every_neighbour_of_a_key_set_is_refused() -> None:
    """A key id that does not follow from its key included."""
    refuse_everything_near(key_set(prekey(1), prekey(2, day=7)).encode(), _read)


def test_the_largest_key_set_stays_within_its_limit() -> None:
    """Eight keys must fit."""
    keys = [
        replace(prekey(1), public=bytes([number]) * 1216, expires_ms=MAX_INDEX)
        for number in range(MAX_PREKEYS)
    ]
    assert len(key_set(*keys).encode()) <= MAX_KEY_SET_BYTES
    with pytest.raises(MalformedError):
        key_set(*keys, prekey(2))


def test_a_key_cannot_stand_twice_in_a_set() -> None:
    """Else it would have two times."""
    with pytest.raises(MalformedError):
        key_set(prekey(1), prekey(1, day=7))


@pytest.mark.parametrize("end_ms", [NOW_MS, NOW_MS - 1, MAX_INDEX + 1])
def test_a_time_ends_after_it_begins(end_ms: int) -> None:
    """For the set as for each key."""
    with pytest.raises(MalformedError):
        replace(key_set(), expires_ms=end_ms)
    with pytest.raises(MalformedError):
        replace(prekey(1), expires_ms=end_ms)


def test_a_prekey_gives_the_key_to_seal_under() -> None:
    """Its id is the one that wraps carry."""
    entry = prekey(1)
    assert (entry.recipient(), entry.key_id) == (recipients(1)[0], recipients(1)[0].key_id)


def test_a_prekey_that_is_no_public_key_is_refused_when_it_is_used() -> None:
    """The sender takes the last-resort key in its place."""
    entry = PrekeyEntry(public=b"\xff" * 1216, not_before_ms=NOW_MS, expires_ms=NOW_MS + DAY_MS)
    with pytest.raises(MalformedError) as refusal:
        entry.recipient()
    assert refusal.value.code is Code.SCHEMA


@pytest.mark.parametrize("case", load("keyset", "keyset-answer"))
def test_the_vectors_of_answers_hold(case: Vector) -> None:
    """GET /v1/keys."""
    if case.expect == "ok":
        read = KeySetAnswer.decode(case.bytes("input"))
        assert (read.encode(), shown(read)) == (case.bytes("input"), case.value("shows"))
    else:
        with pytest.raises(MalformedError) as refusal:
            KeySetAnswer.decode(case.bytes("input"))
        assert refusal.value.code == case.expect


def test_every_neighbour_of_an_answer_is_refused() -> None:
    """The key set in it is bytes there: its own decoder looks into it."""
    refuse_everything_near(
        key_set_answer().encode(), lambda data: KeySetAnswer.decode(data).encode()
    )


def test_the_largest_answer_stays_within_its_limit() -> None:
    """A key set, a path and a note, each at its own limit."""
    largest = KeySetAnswer(
        key_set=bytes(MAX_KEY_SET_BYTES),
        index=MAX_INDEX,
        path=(bytes(32),) * MAX_PROOF_HASHES,
        at=MAX_INDEX,
        note=b"n" * MAX_NOTE_BYTES,
    )
    assert len(largest.encode()) <= MAX_KEY_SET_ANSWER_BYTES
    assert KeySetAnswer.decode(largest.encode()) == largest


def test_an_answer_with_a_part_above_its_limit_cannot_be_built() -> None:
    """Each part has its own limit."""
    good = key_set_answer()
    with pytest.raises(MalformedError):
        replace(good, key_set=bytes(MAX_KEY_SET_BYTES + 1))
    with pytest.raises(MalformedError):
        replace(good, note=bytes(MAX_NOTE_BYTES + 1))
    with pytest.raises(MalformedError):
        replace(good, path=(bytes(32),) * (MAX_PROOF_HASHES + 1))


def test_a_note_that_is_not_text_is_not_sent() -> None:
    """On the wire a note is a str."""
    with pytest.raises(NotAllowedError):
        replace(key_set_answer(), note=b"\xff").encode()
