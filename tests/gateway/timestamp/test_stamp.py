"""A stamp is believed if OpenSSL made it over this note under a configured root, else never."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.x509 import ObjectIdentifier
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import ProofError
from gateway.timestamp.stamp import (
    MAX_ANSWER_BYTES,
    Stamp,
    _is_for_stamps,
    ask,
    read_answer,
    verify_stamp,
)
from tests.gateway.timestamp.local import Kind, LocalAuthority, needs_openssl
from tests.protocol.witness.samples import signed

pytestmark = needs_openssl
NOTE = signed(5).note
MINUTE_MS = 60_000


def now_ms() -> int:
    """Return the time of this machine, which the local authority takes too."""
    return int(datetime.now(UTC).timestamp() * 1000)


@pytest.fixture(scope="module")
def kept(first: LocalAuthority) -> bytes:
    """Return an answer over the note."""
    return first.answer(ask(NOTE).data)


def test_answer_to_a_request_is_a_stamp(first: LocalAuthority) -> None:
    """With its time, accuracy, number and policy."""
    question = ask(NOTE)
    answer = first.answer(question.data)
    stamp = read_answer(question, answer, first.trusted)
    assert (stamp.authority, stamp.answer, stamp.policy) == ("first", answer, "1.2.3.4.1")
    assert abs(stamp.time_ms - now_ms()) < 10 * MINUTE_MS
    assert stamp.accuracy_ms == 1500
    assert stamp.serial >= 1
    assert stamp.latest_s * 1000 >= stamp.time_ms + 1500


def test_kept_stamp_verifies_later_under_any_trusted_authority(
    first: LocalAuthority, second: LocalAuthority, kept: bytes
) -> None:
    """Without the nonce, which nobody keeps."""
    stamp = verify_stamp(NOTE, kept, [second.trusted, first.trusted])
    assert stamp.authority == "first"
    with pytest.raises(ProofError):
        verify_stamp(NOTE, kept, [second.trusted])
    with pytest.raises(ProofError):
        verify_stamp(NOTE, kept, [])


def test_kept_stamp_verifies_with_a_program_that_is_not_ours(
    first: LocalAuthority, second: LocalAuthority, kept: bytes
) -> None:
    """What an expert would type, as docs/evidence.md shows it."""
    assert first.verifies(NOTE, kept)
    assert not first.verifies(NOTE + b"x", kept)
    assert not second.verifies(NOTE, kept)


def test_stamp_over_another_note_is_refused(first: LocalAuthority, kept: bytes) -> None:
    """The digest is over every byte, signatures included."""
    for other in (NOTE[:-1], NOTE + b"\n", signed(6).note):
        with pytest.raises(ProofError):
            verify_stamp(other, kept, [first.trusted])


def test_answer_to_an_older_request_is_refused(first: LocalAuthority, kept: bytes) -> None:
    """An authority, or somebody on the way, that replays."""
    with pytest.raises(ProofError):
        read_answer(ask(NOTE), kept, first.trusted)


def test_stamp_under_another_policy_is_refused(first: LocalAuthority, kept: bytes) -> None:
    """If the operator asks for one."""
    right = replace(first.trusted, policy="1.2.3.4.1")
    assert verify_stamp(NOTE, kept, [right]).policy == "1.2.3.4.1"
    for policy in ("1.2.3.4.2", "not an identifier"):
        with pytest.raises(ProofError):
            verify_stamp(NOTE, kept, [replace(right, policy=policy)])


def test_chain_may_come_with_the_answer_or_from_the_operator(
    first: LocalAuthority,
) -> None:
    """One of the two must hold the certificate between."""
    bare = first.answer(ask(NOTE).data, chain=False)
    full = first.answer(ask(NOTE).data)
    alone = replace(first.trusted, intermediates=())
    assert verify_stamp(NOTE, bare, [first.trusted]).answer == bare
    assert verify_stamp(NOTE, full, [alone]).answer == full
    with pytest.raises(ProofError):
        verify_stamp(NOTE, bare, [alone])


@pytest.mark.parametrize(
    "kind",
    [
        Kind(days=(-60, -30)),
        Kind(days=(1, 30)),
    ],
)
def test_certificate_that_was_not_valid_at_the_time_is_refused(tmp_path: Path, kind: Kind) -> None:
    """Expired before, or not begun; today's date does not matter."""
    authority = LocalAuthority(tmp_path, "odd", kind)
    with pytest.raises(ProofError):
        verify_stamp(NOTE, authority.answer(ask(NOTE).data), [authority.trusted])


@pytest.mark.parametrize(
    ("usages", "fit"),
    [
        ((Usage.TIME_STAMPING,), True),
        ((Usage.TIME_STAMPING, Usage.CODE_SIGNING), False),
        ((Usage.CODE_SIGNING,), False),
        ((Usage.TIME_STAMPING, Usage.TIME_STAMPING), False),
    ],
)
def test_signer_is_certified_for_stamps_and_nothing_else(
    tmp_path: Path,
    usages: tuple[ObjectIdentifier, ...],
    fit: bool,  # noqa: FBT001 - a table
) -> None:
    """RFC 3161 section 2.3; a key that signs programs too signs what others bring."""
    authority = LocalAuthority(tmp_path, "odd", Kind(usages=usages))
    assert _is_for_stamps(authority.signer) is fit


def test_authority_that_states_no_accuracy_is_taken_at_its_word(tmp_path: Path) -> None:
    """It is optional in RFC 3161."""
    authority = LocalAuthority(tmp_path, "plain", Kind(accuracy=""))
    stamp = verify_stamp(NOTE, authority.answer(ask(NOTE).data), [authority.trusted])
    assert stamp.accuracy_ms == 0


def test_fractions_of_accuracy_are_rounded_up(tmp_path: Path) -> None:
    """A bound must not be tighter than what was said."""
    authority = LocalAuthority(tmp_path, "fine", Kind(accuracy="accuracy = microsecs:1"))
    stamp = verify_stamp(NOTE, authority.answer(ask(NOTE).data), [authority.trusted])
    assert stamp.accuracy_ms == 1


@pytest.mark.parametrize(
    "answer", [b"", b"\x30", b"\x30\x00", b"text", b"\x30\x03\x02\x01\x02", b"x" * 70_000]
)
def test_bytes_that_are_no_answer_are_refused(first: LocalAuthority, answer: bytes) -> None:
    """Whatever comes over the wire."""
    assert MAX_ANSWER_BYTES < 70_000
    with pytest.raises(ProofError):
        verify_stamp(NOTE, answer, [first.trusted])


def test_request_that_was_not_granted_is_refused(first: LocalAuthority) -> None:
    """The authority answers, with a status and no stamp."""
    odd = ask(NOTE).data.replace(
        bytes.fromhex("608648016503040201"), bytes.fromhex("608648016503040204")
    )
    answer = first.answer(odd)
    with pytest.raises(ProofError):
        verify_stamp(NOTE, answer, [first.trusted])


def test_trailing_bytes_are_refused(first: LocalAuthority, kept: bytes) -> None:
    """A file has one form."""
    with pytest.raises(ProofError):
        verify_stamp(NOTE, kept + b"\x00", [first.trusted])


def test_empty_note_is_not_stamped() -> None:
    """There is nothing to say of it."""
    with pytest.raises(ProofError):
        ask(b"")


@given(st.data())
@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_flipped_bit_is_refused_or_changes_nothing_that_is_said(
    first: LocalAuthority, kept: bytes, data: st.DataObject
) -> None:
    """No other error; and what is taken says the same."""
    bit = data.draw(st.integers(0, 8 * len(kept) - 1))
    changed = bytearray(kept)
    changed[bit // 8] ^= 1 << bit % 8
    honest = verify_stamp(NOTE, kept, [first.trusted])
    try:
        stamp = verify_stamp(NOTE, bytes(changed), [first.trusted])
    except ProofError:
        return
    assert replace(stamp, answer=kept) == honest


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_refused_with_our_error(first: LocalAuthority, data: bytes) -> None:
    """A decoder of another language must not end the program."""
    with pytest.raises(ProofError):
        verify_stamp(NOTE, data, [first.trusted])


def test_latest_moment_is_rounded_up() -> None:
    """What existed within the second existed at its end."""
    stamp = Stamp(authority="a", answer=b"", time_ms=1001, accuracy_ms=0, serial=1, policy="1.2")
    assert [replace(stamp, accuracy_ms=each).latest_s for each in (0, 998, 999, 1000)] == [
        2,
        2,
        2,
        3,
    ]
    assert timedelta(seconds=stamp.latest_s) > timedelta(milliseconds=stamp.time_ms)
