"""All secrets of a node as one value that shows none of them."""

from dataclasses import replace

import pytest

from keys.certificate import make_identity
from keys.errors import UnknownSuiteError
from keys.nodekeys import NodeKeys, Prekey, new_log_keys, new_prekey
from keys.note import SignedTree, parse_note, verify_pair
from keys.recipient import RecipientKey, RecipientSecret

NOW_MS = 1_800_000_000_000
DAY_MS = 24 * 60 * 60 * 1000
KEYS = NodeKeys.generate("RO/1", generation=1, tls_name="ro-1.example", now_ms=NOW_MS)
PREKEY = new_prekey(not_before_ms=NOW_MS, expires_ms=NOW_MS + 7 * DAY_MS)


def test_generated_keys_are_new_each_time_and_all_different() -> None:
    """One seed used for two purposes would tie them together."""
    again = NodeKeys.generate("RO/1", generation=1, tls_name="ro-1.example", now_ms=NOW_MS)
    secrets = [
        secret
        for keys in (KEYS, again)
        for secret in (
            keys.log_ed25519_seed,
            keys.log_mldsa44_seed,
            keys.store_key,
            keys.last_resort_seed,
            keys.tls.key_pem,
        )
    ]
    assert len(set(secrets)) == len(secrets)
    assert KEYS.prekeys == ()
    assert KEYS.tls.not_after_ms == NOW_MS + 90 * DAY_MS


def test_signer_signs_for_the_origin_of_the_node() -> None:
    """Node and generation make the name of the log."""
    assert KEYS.origin == "a35/RO/1/log/1"
    signer = KEYS.signer()
    note = signer.sign(SignedTree(origin=KEYS.origin, size=1, root=bytes(32)), 5)
    assert verify_pair(parse_note(note), KEYS.signer().verifier) == 5


def test_every_recipients_key_held_opens_its_wraps() -> None:
    """Last resort and prekeys, found by the id in the wrap."""
    keys = KEYS.with_prekey(PREKEY)
    secrets = keys.secrets()
    assert len(secrets) == 2
    for seed in (keys.last_resort_seed, PREKEY.seed):
        key = RecipientKey(RecipientSecret(seed).public)
        assert secrets[key.key_id].unwrap(key.wrap(b"k" * 32, b""), b"") == b"k" * 32


def test_prekeys_are_exactly_those_that_are_to_be_held() -> None:
    """One that is left out is erased with the next write."""
    later = new_prekey(not_before_ms=NOW_MS, expires_ms=NOW_MS + 9 * DAY_MS)
    keys = KEYS.with_prekey(PREKEY).with_prekey(later)
    assert keys.with_prekeys((later,)).prekeys == (later,)
    assert keys.prekeys == (PREKEY, later)


def test_changes_touch_nothing_else() -> None:
    """The store key in particular survives every rotation."""
    tls = make_identity("ro-1.example", now_ms=NOW_MS, days=1)
    assert replace(KEYS.with_tls(tls), tls=KEYS.tls) == KEYS
    later = KEYS.with_generation(5)
    assert later.origin == "a35/RO/1/log/5"
    assert later.log_ed25519_seed != KEYS.log_ed25519_seed
    assert later.log_mldsa44_seed != KEYS.log_mldsa44_seed
    assert (later.tls, later.store_key, later.last_resort_seed) == (
        KEYS.tls,
        KEYS.store_key,
        KEYS.last_resort_seed,
    )


@pytest.mark.parametrize("generation", [0, 1, 1_000_000_000])
def test_generation_only_goes_up(generation: int) -> None:
    """Keys of an old log under its own name again would be a fork waiting to happen."""
    with pytest.raises(UnknownSuiteError):
        KEYS.with_generation(generation)


def test_nothing_secret_shows() -> None:
    """A repr in a trace must not hold any of it."""
    keys = KEYS.with_prekey(PREKEY)
    text = repr(keys)
    assert text == f"NodeKeys(node='RO/1', generation=1, prekeys=({PREKEY!r},))"
    assert repr(PREKEY.seed) not in text
    assert "seed" not in repr(PREKEY)


@pytest.mark.parametrize(
    "change",
    [
        {"node": "RO"},
        {"node": "ro/1"},
        {"node": "RO/01"},
        {"node": "RO/1\n"},
        {"generation": 0},
        {"generation": 1_000_000_000},
        {"log_ed25519_seed": bytes(31)},
        {"log_mldsa44_seed": bytes(33)},
        {"last_resort_seed": b""},
        {"store_key": bytes(31)},
    ],
)
def test_impossible_keys_cannot_be_made(change: dict[str, str | int | bytes]) -> None:
    """Nothing above has to check them again."""
    with pytest.raises(UnknownSuiteError):
        replace(KEYS, **change)  # type: ignore[arg-type]  # one wrong field at a time


@pytest.mark.parametrize(
    ("seed", "not_before_ms", "expires_ms"),
    [(bytes(31), 0, 1), (bytes(32), -1, 1), (bytes(32), 1, 1), (bytes(32), 2, 1)],
)
def test_impossible_prekey_cannot_be_made(seed: bytes, not_before_ms: int, expires_ms: int) -> None:
    """Length, and times in order."""
    with pytest.raises(UnknownSuiteError):
        Prekey(seed=seed, not_before_ms=not_before_ms, expires_ms=expires_ms)


def test_keys_of_another_nodes_log_are_refused() -> None:
    """A spare of the wrong drawer begins no log."""
    with pytest.raises(UnknownSuiteError):
        KEYS.with_log(new_log_keys("FR/1", 9))
    log = new_log_keys("RO/1", 9)
    assert KEYS.with_log(log).origin == log.signer().verifier.name


@pytest.mark.parametrize(
    "change",
    [{"node": "RO"}, {"generation": 0}, {"ed25519_seed": b""}, {"mldsa44_seed": bytes(31)}],
)
def test_log_keys_have_one_form(change: dict[str, object]) -> None:
    """What is written reads back, or is not written."""
    with pytest.raises(UnknownSuiteError):
        replace(new_log_keys("RO/1", 2), **change)  # type: ignore[arg-type]
