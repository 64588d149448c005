"""The witness key signs other logs' heads, verifies as C2SP says, and comes back from its file."""

import json
from base64 import b64encode
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.cosignature import SignatureType, key_id
from keys.cosigner import Cosigner
from keys.errors import BadNoteError, KeyFileError, KeyFileReason, UnknownSuiteError
from keys.keyfile import Credential, decode_key_file, encode_key_file
from keys.note import Note, SignatureLine, SignedTree, format_note, note_text, parse_note
from keys.signing import NoteSigner
from keys.vkey import VerifierKey
from keys.witnesskey import (
    WITNESS_KIND,
    WitnessKey,
    WitnessSigner,
    decode_witness_part,
    encode_witness_part,
)

KEY = WitnessKey(node="JP/1", seed=b"w" * 32)
SIGNER = KEY.signer()
TREE = SignedTree(origin="a35/RO/1/log/1", size=7, root=b"r" * 32)
STAMP = 1_900_000_000
LOG = parse_note(NoteSigner(TREE.origin, b"e" * 32, b"m" * 32).sign(TREE, STAMP))
LINE = SIGNER.cosign(TREE, STAMP)


def noted(*lines: SignatureLine, tree: SignedTree = TREE) -> Note:
    """Give the log's note with these lines of witnesses behind its own."""
    return parse_note(format_note(note_text(tree), (*LOG.lines, *lines)))


def test_name_and_id_are_those_of_the_rule() -> None:
    """Others compute both from the directory alone."""
    key = SIGNER.cosigner.key
    assert KEY.name == key.name == "a35/JP/1/witness"
    assert key.kind is SignatureType.MLDSA44
    assert LINE.key_id == key_id(key.name, SignatureType.MLDSA44, key.public)


def test_cosigned_bytes_are_those_of_the_specification() -> None:
    """Written out once by hand: label, names with length bytes, time, start 0, end, root."""
    name, origin = b"a35/JP/1/witness", b"a35/RO/1/log/1"
    message = (
        b"subtree/v1\n\x00"
        + bytes((len(name),))
        + name
        + STAMP.to_bytes(8, "big")
        + bytes((len(origin),))
        + origin
        + bytes(8)
        + (7).to_bytes(8, "big")
        + b"r" * 32
    )
    assert LINE.signature[:8] == STAMP.to_bytes(8, "big")
    assert len(LINE.signature) == 8 + 2420
    SIGNER.cosigner._public.verify(LINE.signature[8:], message)


def test_cosignature_is_found_beside_the_lines_of_the_log() -> None:
    """Those are of unknown keys to the witness's verifier, and ignored."""
    assert SIGNER.cosigner.find(noted(LINE)) == STAMP
    assert SIGNER.cosigner.find(noted()) is None


def test_cosignature_of_another_key_of_the_same_name_is_not_taken() -> None:
    """The id tells them apart; neither spoils the other's line."""
    other = WitnessSigner(KEY.name, b"o" * 32)
    assert other.cosigner.find(noted(LINE)) is None
    assert other.cosigner.find(noted(LINE, other.cosign(TREE, 5))) == 5


@pytest.mark.parametrize(
    "lines",
    [
        (LINE, LINE),
        (replace(LINE, signature=LINE.signature[:-1]),),
        (replace(LINE, signature=LINE.signature + b"x"),),
        (replace(LINE, signature=bytes(8) + LINE.signature[8:]),),
        (replace(LINE, signature=(STAMP + 1).to_bytes(8, "big") + LINE.signature[8:]),),
        (replace(LINE, signature=b"\x01"),),
    ],
)
def test_broken_line_of_a_known_witness_is_refused(lines: tuple[SignatureLine, ...]) -> None:
    """Twice, cut, longer, without time, at another time."""
    with pytest.raises(BadNoteError):
        SIGNER.cosigner.find(noted(*lines))


@given(st.integers(0, 8 * len(LINE.signature) - 1))
@settings(max_examples=60, deadline=None)
def test_any_flipped_bit_of_a_cosignature_is_refused(bit: int) -> None:
    """The time in front as much as the signature."""
    signature = bytearray(LINE.signature)
    signature[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadNoteError):
        SIGNER.cosigner.find(noted(replace(LINE, signature=bytes(signature))))


@pytest.mark.parametrize(
    "tree",
    [
        SignedTree(origin="a35/RO/1/log/2", size=7, root=b"r" * 32),
        SignedTree(origin=TREE.origin, size=8, root=b"r" * 32),
        SignedTree(origin=TREE.origin, size=7, root=b"s" * 32),
    ],
)
def test_cosignature_of_another_head_is_refused(tree: SignedTree) -> None:
    """Origin, size and root are all below the signature."""
    with pytest.raises(BadNoteError):
        SIGNER.cosigner.find(noted(LINE, tree=tree))


def test_note_that_is_no_tree_head_is_refused() -> None:
    """A witness says something of trees only."""
    with pytest.raises(BadNoteError):
        SIGNER.cosigner.find(Note(text=b"text\n", lines=(LINE,)))


@pytest.mark.parametrize(
    ("tree", "stamp"),
    [
        (SignedTree(origin=TREE.origin, size=0, root=bytes(32)), 1),
        (SignedTree(origin=KEY.name, size=1, root=bytes(32)), 1),
        (TREE, 0),
        (TREE, 2**63),
    ],
)
def test_head_that_nobody_may_cosign_is_not_signed(tree: SignedTree, stamp: int) -> None:
    """An empty tree, a log under the witness's own name, a time that C2SP forbids."""
    with pytest.raises(BadNoteError):
        SIGNER.cosign(tree, stamp)


def test_key_shows_nothing_secret_and_two_draws_differ() -> None:
    """A key in a traceback must not be the key."""
    assert KEY.seed.hex() not in repr(KEY)
    assert "w" * 8 not in repr(KEY)
    assert WitnessKey.generate("JP/1").seed != WitnessKey.generate("JP/1").seed


@pytest.mark.parametrize(("node", "seed"), [("JP", bytes(32)), ("JP/1", bytes(31))])
def test_impossible_key_is_refused(node: str, seed: bytes) -> None:
    """Checked before the library sees it."""
    with pytest.raises(UnknownSuiteError):
        WitnessKey(node=node, seed=seed)


def test_signer_of_an_impossible_seed_and_cosigner_of_another_type_are_refused() -> None:
    """Ed25519 cosignatures are not of the suite."""
    with pytest.raises(UnknownSuiteError):
        WitnessSigner("w", bytes(31))
    with pytest.raises(UnknownSuiteError):
        Cosigner(key=VerifierKey(name="w", kind=SignatureType.ED25519, public=bytes(32)))


def test_key_comes_back_from_its_file() -> None:
    """As the other key files do, under a kind of its own."""
    secret = Credential(b"c" * 32)
    data = encode_key_file(WITNESS_KIND, encode_witness_part(KEY), secret)
    assert decode_witness_part(decode_key_file(data, WITNESS_KIND, secret)) == KEY
    with pytest.raises(KeyFileError) as caught:
        decode_key_file(data, "node", secret)
    assert caught.value.reason is KeyFileReason.OTHER_KIND


PART = json.loads(encode_witness_part(KEY))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        b64encode(b"x"),
        json.dumps({**PART, "v": 0}).encode(),
        json.dumps({**PART, "v": True}, separators=(",", ":"), sort_keys=True).encode(),
        json.dumps({**PART, "more": 1}).encode(),
        json.dumps({**PART, "node": 1}).encode(),
        json.dumps({**PART, "node": "jp/1"}).encode(),
        json.dumps({**PART, "witness_mldsa44": None}).encode(),
        json.dumps({**PART, "witness_mldsa44": "zz"}).encode(),
        json.dumps({**PART, "witness_mldsa44": "00"}).encode(),
        json.dumps(PART, indent=1).encode(),
    ],
)
def test_content_that_was_not_written_is_refused_without_its_cause(data: bytes) -> None:
    """The cause of a JSON error carries the document, which is secret."""
    with pytest.raises(KeyFileError) as caught:
        decode_witness_part(data)
    assert caught.value.reason is KeyFileReason.CONTENT
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_content_of_a_later_version_says_so() -> None:
    """The remedy is a newer program, not the backup."""
    with pytest.raises(KeyFileError) as caught:
        decode_witness_part(json.dumps({"v": 2}).encode())
    assert caught.value.reason is KeyFileReason.NEWER
