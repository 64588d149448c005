"""Checkpoints: both signatures of one pair of keys, or nothing."""

from dataclasses import replace

import pytest

from keys.note import LogVerifier, SignatureLine, format_note, parse_note
from protocol.errors import (
    Code,
    ExpiredError,
    MalformedError,
    NotAllowedError,
    NotProvenError,
    RemoteProtocolError,
    UnknownSenderError,
)
from protocol.identifiers import LogOrigin
from protocol.limits import MAX_AHEAD_MS, MAX_INDEX, MAX_NOTE_BYTES
from protocol.log.checkpoint import (
    Checkpoint,
    ClaimedCheckpoint,
    TreeHead,
    read_checkpoint,
    verify_checkpoint,
)
from protocol.log.signing import sign_head
from tests.protocol.log.history import NOW_MS, ORIGIN, signer

HEAD = TreeHead(origin=ORIGIN, size=20, root=bytes(range(32)))
NOW_S = NOW_MS // 1000
OLD, NEW, STRANGE = signer(0), signer(1), signer(2)
SIGNED = sign_head(OLD, HEAD, timestamp_s=NOW_S).note


def lines(note: bytes) -> list[SignatureLine]:
    """Return the Ed25519 and the ML-DSA-44 line."""
    return list(parse_note(note).lines)


def note_of(*parts: SignatureLine) -> bytes:
    """Put lines under the text of HEAD."""
    return format_note(parse_note(SIGNED).text, parts)


def spoiled(line: SignatureLine) -> SignatureLine:
    """Return the line with its last bit changed."""
    changed = line.signature[:-1] + bytes((line.signature[-1] ^ 1,))
    return replace(line, signature=changed)


def verify(note: bytes, *verifiers: LogVerifier, now_ms: int = NOW_MS) -> Checkpoint:
    """Read and verify a note."""
    return verify_checkpoint(ClaimedCheckpoint.parse(note), verifiers, now_ms=now_ms)


def code_of(note: bytes, *verifiers: LogVerifier, now_ms: int = NOW_MS) -> Code | None:
    """Return the code with which a note is refused, None if it is accepted, in either way."""
    codes: list[Code | None] = []
    for way in (verify, read):
        try:
            way(note, *verifiers, now_ms=now_ms)
        except RemoteProtocolError as error:
            codes.append(error.code)
        else:
            codes.append(None)
    assert codes[0] is codes[1]
    return codes[0]


def read(note: bytes, *verifiers: LogVerifier, now_ms: int = NOW_MS) -> Checkpoint:
    """Read and verify a note in one go."""
    return read_checkpoint(note, verifiers, now_ms=now_ms)


def test_what_the_log_signed_is_verified() -> None:
    """The ordinary case: claim, keys, checkpoint with the time of its signer."""
    claimed = ClaimedCheckpoint.parse(SIGNED)
    assert (claimed.head, claimed.note) == (HEAD, SIGNED)
    checkpoint = verify_checkpoint(claimed, [OLD.verifier], now_ms=NOW_MS)
    assert checkpoint == Checkpoint(head=HEAD, timestamp_s=NOW_S, note=SIGNED)


def test_lines_of_unknown_keys_are_kept_and_ignored() -> None:
    """Witnesses and the next pair of keys sign the same text."""
    stranger = sign_head(STRANGE, HEAD, timestamp_s=NOW_S).note
    note = note_of(*lines(stranger), *lines(SIGNED))
    assert verify(note, OLD.verifier).note == note


def test_without_a_valid_key_the_log_is_unknown() -> None:
    """The remedy is a refresh of the directory, not an alarm."""
    with pytest.raises(UnknownSenderError) as caught:
        verify(SIGNED)
    assert caught.value.code is Code.KEY_UNKNOWN


@pytest.mark.parametrize("missing", [0, 1])
def test_half_a_signature_pair_is_refused(missing: int) -> None:
    """Neither Ed25519 nor ML-DSA-44 alone is enough: the hybrid is the point."""
    kept = lines(SIGNED)[1 - missing]
    assert code_of(note_of(kept), OLD.verifier) is Code.PROOF


@pytest.mark.parametrize("bad", [0, 1])
def test_a_spoiled_line_is_refused(bad: int) -> None:
    """One bit of either signature."""
    both = lines(SIGNED)
    both[bad] = spoiled(both[bad])
    assert code_of(note_of(*both), OLD.verifier) is Code.PROOF


@pytest.mark.parametrize("twice", [0, 1])
def test_a_repeated_line_of_a_known_key_is_refused(twice: int) -> None:
    """No rule says which one counts."""
    both = lines(SIGNED)
    assert code_of(note_of(*both, both[twice]), OLD.verifier) is Code.PROOF


def test_halves_of_two_pairs_are_not_a_pair() -> None:
    """Both lines of one directory entry verify, or nothing does."""
    mixed = note_of(lines(SIGNED)[0], lines(sign_head(NEW, HEAD, timestamp_s=NOW_S).note)[1])
    assert code_of(mixed, OLD.verifier, NEW.verifier) is Code.PROOF


def test_during_a_rotation_either_pair_is_enough() -> None:
    """The reader may know both pairs while the writer uses one of them, or both."""
    new = sign_head(NEW, HEAD, timestamp_s=NOW_S + 5).note
    both = note_of(*lines(SIGNED), *lines(new))
    for verifiers in ((OLD.verifier, NEW.verifier), (NEW.verifier, OLD.verifier)):
        assert verify(SIGNED, *verifiers).timestamp_s == NOW_S
        assert verify(new, *verifiers).timestamp_s == NOW_S + 5
        assert verify(both, *verifiers).timestamp_s == NOW_S + 5


@pytest.mark.parametrize("bad", [0, 1])
def test_a_bad_line_of_a_second_known_pair_spoils_the_note(bad: int) -> None:
    """C2SP: a known key's line that does not verify refuses the note, whatever else is good."""
    second = lines(sign_head(NEW, HEAD, timestamp_s=NOW_S).note)
    second[bad] = spoiled(second[bad])
    note = note_of(*lines(SIGNED), *second)
    assert code_of(note, OLD.verifier, NEW.verifier) is Code.PROOF
    assert code_of(note, OLD.verifier) is None


def test_two_pairs_may_share_a_key() -> None:
    """An Ed25519 key in a token outlives the ML-DSA-44 key beside it."""
    shared = LogVerifier(
        name=str(ORIGIN), ed25519=OLD.verifier.ed25519, mldsa44=NEW.verifier.mldsa44
    )
    assert code_of(SIGNED, shared, OLD.verifier) is None
    assert code_of(SIGNED, OLD.verifier, OLD.verifier) is None


def test_keys_of_another_log_do_not_verify() -> None:
    """The origin is the name of the keys."""
    other = signer(0, LogOrigin.parse("a35/FR/1/log/1"))
    assert code_of(SIGNED, other.verifier) is Code.PROOF


def test_a_clock_ten_minutes_ahead_is_the_most() -> None:
    """Its owner signs the same head again once its clock is right."""
    edge_ms = NOW_S * 1000 - MAX_AHEAD_MS
    assert code_of(SIGNED, OLD.verifier, now_ms=edge_ms) is None
    with pytest.raises(ExpiredError) as caught:
        verify(SIGNED, OLD.verifier, now_ms=edge_ms - 1)
    assert caught.value.code is Code.CLOCK


def test_an_old_checkpoint_is_still_one() -> None:
    """Signed at least daily is its owner's duty; age alone refutes nothing."""
    assert code_of(SIGNED, OLD.verifier, now_ms=NOW_MS * 2) is None


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\xff",
        b"a35/RO/1/log/1\n20\n",
        SIGNED.replace(b"a35/RO/1/log/1\n", b"example.com/log\n", 1),
        SIGNED.replace(b"a35/RO/1/log/1\n", b"a35/RO/1/log/0\n", 1),
        SIGNED.replace(b"\n20\n", b"\n020\n", 1),
        SIGNED.replace(b"\n20\n", b"\n0\n", 1),
        SIGNED.replace(b"\n20\n", f"\n{MAX_INDEX + 1}\n".encode(), 1),
        SIGNED.replace(b"Hh8=\n", b"Hh9=\n", 1),
        SIGNED.replace(b"=\n\n", b"=\nextension\n\n", 1),
    ],
)
def test_what_is_not_a_checkpoint_is_refused_before_any_signature(note: bytes) -> None:
    """Origin, size, root, base64: one spelling each."""
    with pytest.raises(MalformedError) as caught:
        ClaimedCheckpoint.parse(note)
    assert caught.value.code is Code.PROOF


def test_a_note_beyond_its_limit_is_not_read() -> None:
    """The length comes first."""
    with pytest.raises(MalformedError) as caught:
        ClaimedCheckpoint.parse(SIGNED + b"x" * MAX_NOTE_BYTES)
    assert caught.value.code is Code.SIZE


def test_a_claim_of_our_own_making_is_checked_too() -> None:
    """A claim need not come from parse; a note that is none proves nothing."""
    with pytest.raises(NotProvenError):
        verify_checkpoint(
            ClaimedCheckpoint(head=HEAD, note=b"no note"), [OLD.verifier], now_ms=NOW_MS
        )


def test_a_claim_of_another_head_than_its_note_is_refused() -> None:
    """The head that counts is the one that was signed."""
    claimed = ClaimedCheckpoint(head=replace(HEAD, size=21), note=SIGNED)
    with pytest.raises(NotProvenError):
        verify_checkpoint(claimed, [OLD.verifier], now_ms=NOW_MS)


def test_every_changed_byte_of_text_and_lines_is_refused() -> None:
    """Nothing of a note is free, as far as its log's own lines go."""
    for place in range(0, len(SIGNED), 7):
        changed = bytearray(SIGNED)
        changed[place] ^= 1
        assert code_of(bytes(changed), OLD.verifier) is not None


@pytest.mark.parametrize(
    ("size", "root"), [(-1, bytes(32)), (MAX_INDEX + 1, bytes(32)), (1, bytes(31))]
)
def test_a_head_out_of_range_is_our_mistake(size: int, root: bytes) -> None:
    """Values are checked when they are made."""
    with pytest.raises(NotAllowedError):
        TreeHead(origin=ORIGIN, size=size, root=root)
