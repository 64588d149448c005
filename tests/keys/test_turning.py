"""Second keys: in a file of their own, beside the first, and in their place in the end."""

from dataclasses import replace
from pathlib import Path

import pytest

from keys.certificate import make_identity
from keys.errors import KeyFileError, KeyFileReason, UnknownSuiteError
from keys.keyfile import Credential
from keys.keystore import TURNING_FILE, KeyStore
from keys.nodekeys import NodeKeys, new_log_keys, new_prekey
from keys.note import SignedTree, parse_note, verify_pair
from keys.recipient import RecipientSecret, new_seed
from keys.signing import NoteSigner
from keys.turning import LogPair, TurningKeys, decode_turning_part, encode_turning_part

NOW_MS = 1_800_000_000_000
SECRET = Credential(b"c" * 32)
KEYS = NodeKeys.generate("RO/1", generation=1, tls_name="ro-1.example", now_ms=NOW_MS)
SECOND = TurningKeys(
    log=LogPair.generate(),
    tls=make_identity("ro-1.example", now_ms=NOW_MS, days=90),
    last_resort_seed=new_seed(),
)
BOTH = replace(KEYS, turning=SECOND)


def written(turning: TurningKeys = SECOND) -> bytes:
    """Return the content of a file."""
    return encode_turning_part(turning, node="RO/1", generation=1)


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    """Give a store that holds KEYS."""
    made = KeyStore(tmp_path / "keys")
    made.create(KEYS, SECRET)
    return made


def reason(store: KeyStore, held: NodeKeys, keys: NodeKeys) -> KeyFileReason:
    """Return why a change was refused."""
    with pytest.raises(KeyFileError) as refused:
        store.turn(held, keys, SECRET)
    return refused.value.reason


def test_second_keys_come_and_become_the_first(store: KeyStore, tmp_path: Path) -> None:
    """A crash at any point leaves a node that can go on."""
    assert not (tmp_path / "keys" / TURNING_FILE).exists()
    store.turn(KEYS, BOTH, SECRET)
    assert store.load(SECRET) == BOTH
    log, tls, seed = SECOND.log, SECOND.tls, SECOND.last_resort_seed
    assert log is not None
    assert tls is not None
    assert seed is not None
    firsts = replace(
        KEYS,
        log_ed25519_seed=log.ed25519_seed,
        log_mldsa44_seed=log.mldsa44_seed,
        tls=tls,
        last_resort_seed=seed,
    )
    # As a crash leaves them that came between two files: first and second at once.
    store.turn(BOTH, replace(firsts, turning=SECOND), SECRET)
    assert store.load(SECRET) == firsts
    store.turn(firsts, replace(KEYS, turning=SECOND), SECRET)
    assert store.load(SECRET) == BOTH


def test_only_what_the_caller_knows_is_replaced(store: KeyStore) -> None:
    """Two programs that change keys at once would lose what one of them wrote."""
    assert reason(store, BOTH, KEYS) is KeyFileReason.MISMATCH
    other = replace(KEYS, store_key=b"s" * 32)
    assert reason(store, KEYS, other) is KeyFileReason.MISMATCH
    assert reason(store, KEYS, KEYS.with_generation(2)) is KeyFileReason.MISMATCH
    assert store.load(SECRET) == KEYS


def test_prekeys_are_renewed_beside_second_keys(store: KeyStore) -> None:
    """The running node writes content.key whatever turns."""
    store.turn(KEYS, BOTH, SECRET)
    prekey = new_prekey(not_before_ms=1, expires_ms=2)
    store.update_prekeys(BOTH.with_prekey(prekey), SECRET)
    assert store.load(SECRET) == BOTH.with_prekey(prekey)


def test_a_second_pair_is_that_of_one_log_and_a_new_log_has_one_pair() -> None:
    """Keys of a log that was given up sign nothing more."""
    assert decode_turning_part(written(), node="RO/1", generation=1) == SECOND
    later = decode_turning_part(written(), node="RO/1", generation=2)
    assert later == replace(SECOND, log=None)
    assert BOTH.with_log(new_log_keys("RO/1", 2)).turning == replace(SECOND, log=None)


def test_both_pairs_sign_each_head_and_either_proves_it() -> None:
    """A peer that knows only the old pair reads the same note as one that knows only the new."""
    signer = BOTH.signer()
    new, old = signer.verifiers
    note = parse_note(signer.sign(SignedTree(origin=KEYS.origin, size=7, root=b"r" * 32), 5))
    assert len(note.lines) == 4
    assert (verify_pair(note, old), verify_pair(note, new)) == (5, 5)
    assert new == KEYS.signer().verifier == signer.verifier
    with pytest.raises(UnknownSuiteError):
        NoteSigner("a35/RO/1/log/2", b"e" * 32, b"m" * 32, along=signer)


def test_both_last_resort_keys_open() -> None:
    """Senders go by directories of different age."""
    assert SECOND.last_resort_seed is not None
    assert RecipientSecret(SECOND.last_resort_seed).key_id in BOTH.secrets()
    assert BOTH.secrets().keys() > KEYS.secrets().keys()
    assert "turning" not in repr(BOTH)


def test_no_second_keys_is_written_as_such() -> None:
    """After a rotation the file says that there are none."""
    assert decode_turning_part(written(TurningKeys()), node="RO/1", generation=1) == TurningKeys()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b'"v":1', b'"v":2', KeyFileReason.NEWER),
        (b'"v":1', b'"v":0', KeyFileReason.CONTENT),
        (b"RO/1", b"FR/1", KeyFileReason.MISMATCH),
        (b'"ed25519"', b'"ed448"', KeyFileReason.CONTENT),
        (b'"certificate"', b'"cert"', KeyFileReason.CONTENT),
        (b'"last_resort":"', b'"last_resort":"00', KeyFileReason.CONTENT),
        (b"{", b"[", KeyFileReason.CONTENT),
    ],
)
def test_what_was_not_written_is_refused(old: bytes, new: bytes, why: KeyFileReason) -> None:
    """A file of another node or release must not pass for one of this node."""
    with pytest.raises(KeyFileError) as refused:
        decode_turning_part(written().replace(old, new, 1), node="RO/1", generation=1)
    assert refused.value.reason is why


def test_a_list_and_short_seeds_are_no_second_keys() -> None:
    """Bounds hold wherever a value comes from."""
    with pytest.raises(KeyFileError):
        decode_turning_part(b"[]", node="RO/1", generation=1)
    with pytest.raises(UnknownSuiteError):
        LogPair(ed25519_seed=b"e", mldsa44_seed=b"m" * 32)
    with pytest.raises(UnknownSuiteError):
        TurningKeys(last_resort_seed=b"s")
