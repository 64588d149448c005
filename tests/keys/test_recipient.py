"""Wraps open for their recipient under their info, and for nobody and nothing else."""

from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.errors import DecryptionFailedError, UnknownSuiteError
from keys.recipient import RecipientKey, RecipientSecret, new_seed
from tests.keys.external import Case, xwing_exchanges

SECRET = RecipientSecret(b"s" * 32)
KEY = RecipientKey(SECRET.public)
OTHER = RecipientSecret(b"o" * 32)
CONTENT_KEY = b"k" * 32
INFO = b"a35/1/cek\x00" + bytes(32)
SEALED = KEY.wrap(CONTENT_KEY, INFO)

AES_256_GCM = 2
CHACHA20_POLY1305 = 3


def hpke_key_and_nonce(shared_secret: bytes, info: bytes, aead_id: int) -> tuple[bytes, bytes]:
    """Run the key schedule of RFC 9180 (base mode, HKDF-SHA256), written from its section 5.1."""
    suite = b"HPKE" + (0x647A).to_bytes(2, "big") + b"\x00\x01" + aead_id.to_bytes(2, "big")

    def extract(salt: bytes, label: bytes, material: bytes) -> bytes:
        mac = HMAC(salt or bytes(32), SHA256())
        mac.update(b"HPKE-v1" + suite + label + material)
        return mac.finalize()

    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared_secret, b"secret", b"")

    def expand(label: bytes, length: int) -> bytes:
        full = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context
        return HKDFExpand(SHA256(), length, full).derive(secret)

    return expand(b"key", 32), expand(b"base_nonce", 12)


@pytest.mark.parametrize("case", xwing_exchanges())
def test_published_seed_gives_the_published_key(case: Case) -> None:
    """The expansion with SHAKE256, against the HPKE vectors (cryptography-vectors)."""
    secret = RecipientSecret(bytes.fromhex(case["skRm"]))
    assert secret.public.hex() == case["pkRm"]


@pytest.mark.parametrize("case", xwing_exchanges())
def test_published_exchange_opens(case: Case) -> None:
    """X-Wing decapsulation and key schedule through `unwrap`, from published values.

    The published vectors use ChaCha20-Poly1305, this suite AES-256-GCM. The key schedule below
    is first held against the published key and nonce, then seals for AES-256-GCM under the
    published shared secret: only the right decapsulation opens that.
    """
    shared, info = bytes.fromhex(case["shared_secret"]), bytes.fromhex(case["info"])
    published = hpke_key_and_nonce(shared, info, CHACHA20_POLY1305)
    assert [part.hex() for part in published] == [case["key"], case["base_nonce"]]
    key, nonce = hpke_key_and_nonce(shared, info, AES_256_GCM)
    wrap = bytes.fromhex(case["enc"]) + AESGCM(key).encrypt(nonce, CONTENT_KEY, b"")
    secret = RecipientSecret(bytes.fromhex(case["skRm"]))
    assert secret.unwrap(wrap, info) == CONTENT_KEY


def test_published_exchanges_are_there() -> None:
    """An empty list would let the two tests above pass unseen."""
    assert len(xwing_exchanges()) >= 1


@settings(max_examples=20, deadline=None)
@given(
    st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), st.binary(max_size=80)
)
def test_wrap_opens_for_its_recipient(seed: bytes, content_key: bytes, info: bytes) -> None:
    """Whatever seed, content key and info."""
    secret = RecipientSecret(seed)
    wrap = RecipientKey(secret.public).wrap(content_key, info)
    assert len(wrap) == 1168
    assert secret.unwrap(wrap, info) == content_key


def test_two_wraps_of_one_key_differ() -> None:
    """Each has its own encapsulation; equal ones would show that the content is the same."""
    assert KEY.wrap(CONTENT_KEY, INFO) != KEY.wrap(CONTENT_KEY, INFO)


def test_wrap_does_not_open_for_another_recipient() -> None:
    """The very point."""
    with pytest.raises(DecryptionFailedError):
        OTHER.unwrap(SEALED, INFO)


def test_wrap_does_not_open_under_another_info() -> None:
    """Through info the header of an envelope is bound."""
    for info in (b"", INFO + b"\x00", INFO[:-1] + b"\x01"):
        with pytest.raises(DecryptionFailedError):
            SECRET.unwrap(SEALED, info)


def test_every_flipped_bit_of_a_wrap_is_refused() -> None:
    """One bit in each byte: both encapsulations, ciphertext and tag."""
    for place in range(len(SEALED)):
        changed = bytearray(SEALED)
        changed[place] ^= 1 << (place % 7)
        with pytest.raises(DecryptionFailedError):
            SECRET.unwrap(bytes(changed), INFO)


@pytest.mark.parametrize("wrap", [b"", SEALED[:-1], SEALED + b"\x00", bytes(1168)])
def test_wrap_of_another_length_or_of_nothing_is_refused(wrap: bytes) -> None:
    """Including the X25519 point of small order inside the zeros."""
    with pytest.raises(DecryptionFailedError):
        SECRET.unwrap(wrap, INFO)


@pytest.mark.parametrize(
    "public",
    [
        b"",
        SECRET.public[:-1],
        SECRET.public + b"\x00",
        b"\xff" * 1216,
        SECRET.public[:1184] + bytes(32),
        SECRET.public[:1184] + b"\x01" + bytes(31),
    ],
    ids=["empty", "short", "long", "out of the field", "point 0", "point 1"],
)
def test_impossible_public_key_is_refused(public: bytes) -> None:
    """When it is read, not when the first envelope is sealed."""
    with pytest.raises(UnknownSuiteError):
        RecipientKey(public)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_keys_of_another_length_are_refused(length: int) -> None:
    """A seed or content key cut short is a bug of ours and must not go out."""
    with pytest.raises(UnknownSuiteError):
        RecipientSecret(bytes(length))
    with pytest.raises(UnknownSuiteError):
        KEY.wrap(bytes(length), INFO)


def test_key_id_is_the_same_on_both_sides() -> None:
    """The recipient finds its wrap by it; it is rule 15's."""
    expected = sha256(b"a35/1/kem\x00" + SECRET.public).digest()[:16]
    assert SECRET.key_id == KEY.key_id == expected


def test_public_keys_are_values() -> None:
    """Equal bytes are equal keys; what is cached does not count."""
    assert RecipientKey(SECRET.public) == KEY
    assert hash(RecipientKey(SECRET.public)) == hash(KEY)
    assert RecipientKey(OTHER.public) != KEY


def test_seeds_never_repeat() -> None:
    """They come from the system."""
    assert len({new_seed() for _ in range(50)}) == 50


def test_secret_shows_nothing_secret() -> None:
    """A repr in a trace must not hold the seed."""
    assert (b"s" * 32).decode() not in repr(SECRET)
