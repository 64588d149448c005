"""The signer makes notes that verify, and only of its own log."""

import pytest

from keys.errors import BadNoteError, UnknownSuiteError
from keys.note import LogVerifier, SignedTree, note_text, parse_note, parse_tree, verify_pair
from keys.signing import NoteSigner
from tests.keys.external import ed25519_signatures, mldsa44_keys

ORIGIN = "a35/RO/1/log/1"
SIGNER = NoteSigner(ORIGIN, b"e" * 32, b"m" * 32)


def tree(size: int = 1, origin: str = ORIGIN) -> SignedTree:
    """Give a head."""
    return SignedTree(origin=origin, size=size, root=b"r" * 32)


def test_note_has_the_text_of_the_head_and_two_lines_in_order() -> None:
    """Text, blank line, Ed25519, ML-DSA-44; nothing else."""
    note = SIGNER.sign(tree(5), 9)
    parsed = parse_note(note)
    assert note.startswith(note_text(tree(5)) + b"\n")
    assert parse_tree(parsed.text) == tree(5)
    assert [(line.name, len(line.signature)) for line in parsed.lines] == [
        (ORIGIN, 64),
        (ORIGIN, 2428),
    ]
    assert verify_pair(parsed, SIGNER.verifier) == 9


def test_ed25519_line_is_always_the_same_and_the_other_one_never() -> None:
    """ML-DSA is randomised: two notes of one head are equal heads, not equal bytes."""
    first, second = (parse_note(SIGNER.sign(tree(), 9)).lines for _ in range(2))
    assert first[0] == second[0]
    assert first[1] != second[1]


@pytest.mark.parametrize(
    ("head", "stamp"),
    [
        (tree(0), 1),
        (tree(1, "a35/RO/1/log/2"), 1),
        (tree(), 0),
        (tree(), -1),
        (tree(), 2**63),
    ],
)
def test_head_that_would_be_refused_is_not_signed(head: SignedTree, stamp: int) -> None:
    """What no peer accepts must not exist under our signature."""
    with pytest.raises(BadNoteError):
        SIGNER.sign(head, stamp)


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [(ORIGIN, bytes(31), bytes(32)), (ORIGIN, bytes(32), bytes(33)), ("a b", bytes(32), bytes(32))],
)
def test_signer_of_impossible_keys_is_refused(name: str, first: bytes, second: bytes) -> None:
    """Length and name are checked before the libraries see them."""
    with pytest.raises(UnknownSuiteError):
        NoteSigner(name, first, second)


def test_published_ed25519_keys_and_signatures_come_out_of_the_seed() -> None:
    """All 1024 original vectors of Ed25519 (cryptography-vectors): key and signature."""
    count = 0
    for seed, public, message, signature in ed25519_signatures():
        signer = NoteSigner("n", seed, bytes(32))
        assert signer.verifier.ed25519 == public
        assert signer._ed25519.sign(message).signature == signature
        count += 1
    assert count == 1024


def test_published_mldsa44_keys_come_out_of_the_seed() -> None:
    """All 100 known answers of ML-DSA-44 (cryptography-vectors): key generation."""
    count = 0
    for seed, public in mldsa44_keys():
        assert NoteSigner("n", bytes(32), seed).verifier.mldsa44 == public
        count += 1
    assert count == 100


def test_verifier_is_what_the_directory_lists() -> None:
    """Built again from its bytes alone, it accepts the notes."""
    verifier = SIGNER.verifier
    listed = LogVerifier(name=ORIGIN, ed25519=verifier.ed25519, mldsa44=verifier.mldsa44)
    assert verify_pair(parse_note(SIGNER.sign(tree(), 3)), listed) == 3


def test_signer_shows_nothing_secret() -> None:
    """A repr in a trace must not hold a seed."""
    text = repr(SIGNER) + str(SIGNER)
    assert (b"e" * 32).decode() not in text
    assert (b"m" * 32).decode() not in text
