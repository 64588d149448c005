"""Signed notes: strict parsing, and no acceptance without both signatures."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from keys.cosignature import SignatureType, key_id
from keys.errors import BadNoteError, UnknownSuiteError
from keys.note import (
    MAX_NOTE_BYTES,
    MAX_TREE_SIZE,
    LogVerifier,
    Note,
    SignatureLine,
    SignedTree,
    format_note,
    note_text,
    parse_note,
    parse_tree,
    verify_pair,
)
from keys.signing import NoteSigner
from tests.keys.external import ed25519_signatures, own_copy

ORIGIN = "a35/RO/1/log/1"
TIME_S = 1_800_000_000
SEEDS = (b"e" * 32, b"m" * 32)
SIGNER = NoteSigner(ORIGIN, *SEEDS)
TREE = SignedTree(origin=ORIGIN, size=7, root=b"r" * 32)
NOTE = SIGNER.sign(TREE, TIME_S)
DASH = "\N{EM DASH}"

# C2SP signed-note and tlog-checkpoint, their examples.
SIGNED_NOTE_EXAMPLE = (
    "This is an example message.\n"
    "\n"
    f"{DASH} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYj"
    "OBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
EXAMPLE_KEY = "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
POEM = (
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\n"
    "ed \N{LATIN SMALL LETTER E WITH GRAVE} subito sera.\n\n"
    f"{DASH} quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9o"
    "JKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"
)
CHECKPOINT_TEXT = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
)

names = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Z"), exclude_characters="+"),
    min_size=1,
    max_size=20,
).filter(lambda name: not any(c.isspace() for c in name))
trees = st.builds(
    SignedTree,
    origin=names,
    size=st.integers(0, MAX_TREE_SIZE),
    root=st.binary(min_size=32, max_size=32),
)
lines = st.builds(
    SignatureLine,
    name=names,
    key_id=st.binary(min_size=4, max_size=4),
    signature=st.binary(min_size=1, max_size=80),
)


def signed_by_hand(tree: SignedTree, stamp: int, *, seeds: tuple[bytes, bytes] = SEEDS) -> bytes:
    """Sign what no signer signs, straight from the two libraries and the C2SP texts."""
    short, long = SigningKey(seeds[0]), MLDSA44PrivateKey.from_seed_bytes(seeds[1])
    text, name = note_text(tree), ORIGIN.encode()
    log = tree.origin.encode()
    message = b"subtree/v1\n\x00" + bytes([len(name)]) + name + stamp.to_bytes(8, "big")
    message += bytes([len(log)]) + log + bytes(8) + tree.size.to_bytes(8, "big") + tree.root
    publics = (bytes(short.verify_key), long.public_key().public_bytes_raw())
    return format_note(
        text,
        (
            SignatureLine(
                name=ORIGIN,
                key_id=key_id(ORIGIN, SignatureType.ED25519, publics[0]),
                signature=short.sign(text).signature,
            ),
            SignatureLine(
                name=ORIGIN,
                key_id=key_id(ORIGIN, SignatureType.MLDSA44, publics[1]),
                signature=stamp.to_bytes(8, "big") + long.sign(message),
            ),
        ),
    )


def with_lines(change: Callable[[SignatureLine, SignatureLine], tuple[SignatureLine, ...]]) -> Note:
    """Give the good note with other lines."""
    note = parse_note(NOTE)
    return replace(note, lines=change(*note.lines))


def test_pair_verifies_and_gives_the_timestamp() -> None:
    """The good case, and the same note built by hand from the specification."""
    assert verify_pair(parse_note(NOTE), SIGNER.verifier) == TIME_S
    assert verify_pair(parse_note(signed_by_hand(TREE, TIME_S)), SIGNER.verifier) == TIME_S


def test_example_of_signed_note_verifies() -> None:
    """Interoperation: text, key id and Ed25519 signature of the C2SP example."""
    note = parse_note(SIGNED_NOTE_EXAMPLE.encode())
    public = b64decode(EXAMPLE_KEY)[1:]
    verifier = LogVerifier(name="example.com/foo", ed25519=public, mldsa44=bytes(1312))
    assert note.lines[0].key_id == verifier._ed25519_id
    verifier._check_ed25519(note.text, note.lines[0].signature)


def test_text_ends_at_the_last_blank_line() -> None:
    """A text may hold blank lines of its own (second C2SP example)."""
    note = parse_note(POEM.encode())
    assert note.text.decode().endswith("subito sera.\n")
    assert note.text.count(b"\n\n") == 1
    assert note.lines[0].name == "quasimodo.example/salvatore"


def test_example_of_tlog_checkpoint_is_read_and_written() -> None:
    """The text form is C2SP's, byte for byte."""
    tree = parse_tree(CHECKPOINT_TEXT.encode())
    assert (tree.origin, tree.size) == ("example.com/behind-the-sofa", 20852163)
    assert note_text(tree) == CHECKPOINT_TEXT.encode()


def test_published_ed25519_signatures_verify() -> None:
    """The 1024 original vectors of Ed25519 (cryptography-vectors), and one changed bit each."""
    for _, public, message, signature in ed25519_signatures():
        verifier = LogVerifier(name="n", ed25519=public, mldsa44=bytes(1312))
        verifier._check_ed25519(message, signature)
        with pytest.raises(BadNoteError):
            verifier._check_ed25519(message + b"\x00", signature)


@pytest.mark.parametrize("case", own_copy("wycheproof-ed25519")["cases"], ids=lambda c: c["id"])
def test_ed25519_edge_cases_are_judged_as_published(case: dict[str, str]) -> None:
    """Malleable, cut and odd signatures (Wycheproof): refused where the authors say so."""
    verifier = LogVerifier(name="n", ed25519=bytes.fromhex(case["public"]), mldsa44=bytes(1312))
    message, signature = bytes.fromhex(case["message"]), bytes.fromhex(case["signature"])
    if case["valid"]:
        verifier._check_ed25519(message, signature)
    else:
        with pytest.raises(BadNoteError):
            verifier._check_ed25519(message, signature)


@pytest.mark.parametrize("case", own_copy("wycheproof-mldsa44")["cases"], ids=lambda c: c["id"])
def test_mldsa44_edge_cases_are_judged_as_published(case: dict[str, str]) -> None:
    """Odd hints, norms, lengths and keys (Wycheproof): refused where the authors say so."""
    public, message = bytes.fromhex(case["public"]), bytes.fromhex(case["message"])

    def judge() -> None:
        verifier = LogVerifier(name="n", ed25519=bytes(32), mldsa44=public)
        verifier._check_mldsa44(message, bytes.fromhex(case["signature"]))

    if case["valid"]:
        judge()
    else:
        with pytest.raises((BadNoteError, UnknownSuiteError)):
            judge()


def test_every_flipped_bit_of_a_note_is_refused() -> None:
    """One bit in each byte: text, names, key ids, timestamp and both signatures are covered."""
    for place in range(len(NOTE)):
        changed = bytearray(NOTE)
        changed[place] ^= 1 << (place % 7)
        with pytest.raises(BadNoteError):
            verify_pair(parse_note(bytes(changed)), SIGNER.verifier)


@pytest.mark.parametrize("kept", [0, 1])
def test_half_a_pair_is_refused(kept: int) -> None:
    """An attacker who broke one of the two algorithms gains nothing."""
    with pytest.raises(BadNoteError):
        verify_pair(with_lines(lambda *both: (both[kept],)), SIGNER.verifier)


@pytest.mark.parametrize("spoiled", [0, 1])
def test_one_bad_line_beside_a_good_one_is_refused(spoiled: int) -> None:
    """Each half alone must hold; the other one does not make up for it."""
    stranger = parse_note(NoteSigner(ORIGIN, b"x" * 32, b"y" * 32).sign(TREE, TIME_S))

    def swap(*both: SignatureLine) -> tuple[SignatureLine, ...]:
        bad = replace(both[spoiled], signature=stranger.lines[spoiled].signature)
        return (bad, both[1]) if spoiled == 0 else (both[0], bad)

    with pytest.raises(BadNoteError):
        verify_pair(with_lines(swap), SIGNER.verifier)


@pytest.mark.parametrize("repeated", [0, 1])
@pytest.mark.parametrize("is_good", [True, False])
def test_repeated_line_of_a_known_key_is_refused(*, repeated: int, is_good: bool) -> None:
    """Two lines under one name and id: no rule says which counts, so none does."""

    def repeat(*both: SignatureLine) -> tuple[SignatureLine, ...]:
        line = both[repeated]
        again = line if is_good else replace(line, signature=bytes(len(line.signature)))
        return (*both, again)

    with pytest.raises(BadNoteError):
        verify_pair(with_lines(repeat), SIGNER.verifier)


def test_lines_of_unknown_keys_are_ignored() -> None:
    """Witnesses and the next pair of keys sign the same note."""

    def add(*both: SignatureLine) -> tuple[SignatureLine, ...]:
        next_pair = parse_note(NoteSigner(ORIGIN, b"x" * 32, b"y" * 32).sign(TREE, TIME_S)).lines
        same_id = replace(both[0], name="a35/JP/1/witness")
        same_name = replace(both[1], key_id=b"none", signature=b"?")
        return (same_id, *next_pair, *both, same_name)

    assert verify_pair(with_lines(add), SIGNER.verifier) == TIME_S


def test_order_of_the_lines_does_not_matter() -> None:
    """C2SP gives them no order."""
    assert verify_pair(with_lines(lambda first, second: (second, first)), SIGNER.verifier) == TIME_S


@pytest.mark.parametrize(
    ("tree", "stamp"),
    [
        (replace(TREE, size=0), TIME_S),
        (TREE, 0),
        (TREE, 2**63),
        (replace(TREE, origin="a35/RO/1/log/2"), TIME_S),
    ],
    ids=["size 0", "timestamp 0", "timestamp 2^63", "origin of another log"],
)
def test_well_signed_note_that_no_log_signs_is_refused(tree: SignedTree, stamp: int) -> None:
    """Both signatures hold; rule 7 refuses what they say."""
    with pytest.raises(BadNoteError):
        verify_pair(parse_note(signed_by_hand(tree, stamp)), SIGNER.verifier)


def test_text_with_an_extension_line_is_refused() -> None:
    """ML-DSA-44 lines do not cover extension lines, so there are none."""
    text = note_text(TREE) + b"extension\n"
    line = replace(parse_note(NOTE).lines[0], signature=SigningKey(SEEDS[0]).sign(text).signature)
    with pytest.raises(BadNoteError):
        verify_pair(Note(text=text, lines=(line, parse_note(NOTE).lines[1])), SIGNER.verifier)


@pytest.mark.parametrize("which", [0, 1])
def test_signature_of_another_length_is_refused(which: int) -> None:
    """Before a library sees it."""
    for cut in (slice(1), slice(8), slice(-1)):

        def shorten(*both: SignatureLine, cut: slice = cut) -> tuple[SignatureLine, ...]:
            short = replace(both[which], signature=both[which].signature[cut])
            return (short, both[1]) if which == 0 else (both[0], short)

        with pytest.raises(BadNoteError):
            verify_pair(with_lines(shorten), SIGNER.verifier)


@pytest.mark.parametrize(
    ("name", "ed25519", "mldsa44"),
    [
        ("", bytes(32), bytes(1312)),
        ("a b", bytes(32), bytes(1312)),
        ("a+b", bytes(32), bytes(1312)),
        ("a\tb", bytes(32), bytes(1312)),
        ("a\x01b", bytes(32), bytes(1312)),
        ("\ud800", bytes(32), bytes(1312)),
        ("n" * 256, bytes(32), bytes(1312)),
        ("n", bytes(31), bytes(1312)),
        ("n", bytes(32), bytes(1313)),
    ],
)
def test_verifier_of_keys_that_cannot_be_is_refused(
    name: str, ed25519: bytes, mldsa44: bytes
) -> None:
    """A directory entry is checked when it is read, not at the first note."""
    with pytest.raises(UnknownSuiteError):
        LogVerifier(name=name, ed25519=ed25519, mldsa44=mldsa44)


def test_verifiers_are_equal_when_their_keys_are() -> None:
    """What is cached inside does not count, nor does it show."""
    verifier = SIGNER.verifier
    again = LogVerifier(name=ORIGIN, ed25519=verifier.ed25519, mldsa44=verifier.mldsa44)
    assert again == verifier
    assert hash(again) == hash(verifier)
    assert "_key" not in repr(verifier)


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [
        ("", 1, bytes(32)),
        ("a b", 1, bytes(32)),
        ("o" * 256, 1, bytes(32)),
        ("o", -1, bytes(32)),
        ("o", 2**53, bytes(32)),
        ("o", 1, bytes(31)),
    ],
)
def test_tree_head_out_of_bounds_is_refused(origin: str, size: int, root: bytes) -> None:
    """The value cannot exist, so nothing above has to ask."""
    with pytest.raises(BadNoteError):
        SignedTree(origin=origin, size=size, root=root)


ROOT = b64encode(b"r" * 32).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"o\n1\n{ROOT}",
        f"o\n1\n{ROOT}\n\n",
        f"o\n1\n{ROOT}\nextension\n",
        f"o\n{ROOT}\n",
        f"\n1\n{ROOT}\n",
        f"o o\n1\n{ROOT}\n",
        f"o\n\n{ROOT}\n",
        f"o\n01\n{ROOT}\n",
        f"o\n+1\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n 1\n{ROOT}\n",
        f"o\n1_0\n{ROOT}\n",
        f"o\n\N{ARABIC-INDIC DIGIT ONE}\n{ROOT}\n",
        f"o\n9007199254740992\n{ROOT}\n",
        f"o\n{'9' * 5000}\n{ROOT}\n",
        f"o\n1\n{ROOT.removesuffix('=')}\n",
        f"o\n1\n{ROOT}=\n",
        f"o\n1\n {ROOT}\n",
        f"o\n1\n{ROOT[:-2]}J=\n",
        f"o\n1\n{ROOT[:-2]}\N{LATIN SMALL LETTER E WITH ACUTE}=\n",
        f"o\n1\n{b64encode(bytes(31)).decode()}\n",
        f"o\r\n1\n{ROOT}\n",
    ],
)
def test_second_spelling_of_a_tree_head_is_refused(text: str) -> None:
    """One head has one text: else a fork could hide in a spelling."""
    with pytest.raises(BadNoteError):
        parse_tree(text.encode())


def test_text_that_is_not_utf8_is_refused() -> None:
    """Decoding is part of the one edge."""
    with pytest.raises(BadNoteError):
        parse_tree(b"\xff\n1\n" + ROOT.encode() + b"\n")


@settings(max_examples=60, deadline=None)
@given(trees)
def test_tree_head_comes_back_from_its_text(tree: SignedTree) -> None:
    """Formatting and parsing are inverse."""
    assert parse_tree(note_text(tree)) == tree


GOOD_LINE = f"{DASH} name {b64encode(b'idid' + b's').decode()}\n"


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\n\n",
        b"text\n",
        b"text\n\n",
        b"text\n" + GOOD_LINE.encode(),
        b"text\n\n" + GOOD_LINE.encode()[:-1],
        b"text\n\n" + GOOD_LINE.encode() + b"more",
        b"text\n\n" + GOOD_LINE.encode() * 17,
        b"te\x01xt\n\n" + GOOD_LINE.encode(),
        b"te\rxt\n\n" + GOOD_LINE.encode(),
        b"te\txt\n\n" + GOOD_LINE.encode(),
        b"te\xffxt\n\n" + GOOD_LINE.encode(),
        b"text\n\n- name " + b64encode(b"idids") + b"\n",
        f"text\n\n{DASH}name {b64encode(b'idids').decode()}\n".encode(),
        f"text\n\n{DASH}  {b64encode(b'idids').decode()}\n".encode(),
        f"text\n\n{DASH} name\n".encode(),
        f"text\n\n{DASH} na+me {b64encode(b'idids').decode()}\n".encode(),
        f"text\n\n{DASH} na me {b64encode(b'idids').decode()}\n".encode(),
        f"text\n\n{DASH} na\N{NO-BREAK SPACE}me {b64encode(b'idids').decode()}\n".encode(),
        f"text\n\n{DASH} na\N{LINE SEPARATOR}me {b64encode(b'idids').decode()}\n".encode(),
        f"text\n\n{DASH} name {b64encode(b'idid').decode()}\n".encode(),
        f"text\n\n{DASH} name {b64encode(b'idids').decode()} \n".encode(),
        f"text\n\n{DASH} name aWRpZHN=\n".encode(),
        f"text\n\n{DASH} name aWRpZHM\n".encode(),
        f"text\n\n{DASH} name \n".encode(),
    ],
)
def test_malformed_note_is_refused(note: bytes) -> None:
    """Every refusal of the form, one by one."""
    with pytest.raises(BadNoteError):
        parse_note(note)


def test_sixteen_lines_and_32_kib_are_read_and_no_more() -> None:
    """C2SP asks readers to accept 16 lines; longer notes would only cost memory."""
    assert len(parse_note(b"text\n\n" + GOOD_LINE.encode() * 16).lines) == 16
    frame = len(b"\n\n" + GOOD_LINE.encode())
    longest = parse_note(b"t" * (MAX_NOTE_BYTES - frame) + b"\n\n" + GOOD_LINE.encode())
    assert len(longest.text) == MAX_NOTE_BYTES - frame + 1
    with pytest.raises(BadNoteError):
        parse_note(b"t" * (MAX_NOTE_BYTES - frame + 1) + b"\n\n" + GOOD_LINE.encode())


@settings(max_examples=60, deadline=None)
@given(trees, st.lists(lines, min_size=1, max_size=16))
def test_note_comes_back_from_its_bytes(tree: SignedTree, found: list[SignatureLine]) -> None:
    """What was parsed is stored and passed on; it must be the same bytes."""
    note = format_note(note_text(tree), found)
    parsed = parse_note(note)
    assert parsed == Note(text=note_text(tree), lines=tuple(found))
    assert format_note(parsed.text, parsed.lines) == note


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=120), st.text(max_size=80).map(lambda t: t.encode(errors="replace"))
    )
)
@example(b"o\n0\n\n\xe2\x80\x94 a AAAAAAA=\n")
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    """No other error leaves the parser, and what it accepts it writes back."""
    try:
        note = parse_note(data)
    except BadNoteError:
        return
    assert format_note(note.text, note.lines) == data
