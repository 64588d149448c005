"""What the key files hold comes back, and nothing else is taken for it."""

import json
from typing import Any

import pytest

from keys.errors import KeyFileError, KeyFileReason
from keys.keycontent import (
    decode_keys,
    decode_spare,
    encode_content_part,
    encode_node_part,
    encode_spare,
)
from keys.nodekeys import NodeKeys, new_log_keys, new_prekey

KEYS = (
    NodeKeys.generate("RO/1", generation=3, tls_name="ro-1.example", now_ms=1_800_000_000_000)
    .with_prekey(new_prekey(not_before_ms=1, expires_ms=2))
    .with_prekey(new_prekey(not_before_ms=2, expires_ms=3))
)
NODE_PART = encode_node_part(KEYS)
CONTENT_PART = encode_content_part(KEYS)


def changed(part: bytes, **fields: Any) -> bytes:  # noqa: ANN401 - any wrong value
    """Give a part with other values."""
    return json.dumps({**json.loads(part), **fields}).encode()


def without(part: bytes, name: str) -> bytes:
    """Give a part without one value."""
    return json.dumps({k: v for k, v in json.loads(part).items() if k != name}).encode()


def reason_of(node_part: bytes, content_part: bytes) -> KeyFileReason:
    """Decode what must be refused, and say why it was."""
    with pytest.raises(KeyFileError) as caught:
        decode_keys(node_part, content_part)
    assert caught.value.__cause__ is caught.value.__context__ is None
    return caught.value.reason


def test_keys_come_back_from_their_parts() -> None:
    """All of them, prekeys in order."""
    assert decode_keys(NODE_PART, CONTENT_PART) == KEYS


def test_each_part_holds_only_its_own_secrets() -> None:
    """What opens contents may stay locked while the node already speaks."""
    assert KEYS.store_key.hex().encode() not in NODE_PART
    assert KEYS.last_resort_seed.hex().encode() not in NODE_PART
    assert KEYS.log_ed25519_seed.hex().encode() not in CONTENT_PART
    assert b"PRIVATE KEY" not in CONTENT_PART


def test_files_of_two_nodes_do_not_mix() -> None:
    """A restore that takes one file from another node's backup is noticed."""
    assert reason_of(changed(NODE_PART, node="JP/1"), CONTENT_PART) is KeyFileReason.MISMATCH


@pytest.mark.parametrize("part", [NODE_PART, CONTENT_PART])
def test_part_of_a_later_version_says_so(part: bytes) -> None:
    """The remedy is a newer program, not the backup."""
    later = changed(part, v=2)
    parts = (later, CONTENT_PART) if part is NODE_PART else (NODE_PART, later)
    assert reason_of(*parts) is KeyFileReason.NEWER


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        without(NODE_PART, "generation"),
        without(NODE_PART, "v"),
        changed(NODE_PART, v=0),
        changed(NODE_PART, v="1"),
        changed(NODE_PART, more=1),
        changed(NODE_PART, generation="3"),
        changed(NODE_PART, generation=True),
        changed(NODE_PART, generation=0),
        changed(NODE_PART, log_ed25519=5),
        changed(NODE_PART, log_ed25519="zz"),
        changed(NODE_PART, log_mldsa44="00"),
        changed(NODE_PART, tls_key=None),
        changed(NODE_PART, tls_key="no key"),
        changed(NODE_PART, tls_key="\ud800"),
    ],
)
def test_wrong_node_part_is_refused(part: bytes) -> None:
    """It opened, so it is ours: a bug or a file from elsewhere."""
    assert reason_of(part, CONTENT_PART) is KeyFileReason.CONTENT


PREKEY = {"seed": "00" * 32, "not_before_ms": 1, "expires_ms": 2}


@pytest.mark.parametrize(
    "part",
    [
        without(CONTENT_PART, "store_key"),
        changed(CONTENT_PART, store_key="00"),
        changed(CONTENT_PART, last_resort=None),
        changed(CONTENT_PART, prekeys={}),
        changed(CONTENT_PART, prekeys=[5]),
        changed(CONTENT_PART, prekeys=[{**PREKEY, "more": 1}]),
        changed(CONTENT_PART, prekeys=[{**PREKEY, "seed": "00"}]),
        changed(CONTENT_PART, prekeys=[{**PREKEY, "expires_ms": 1.5}]),
        changed(CONTENT_PART, prekeys=[{**PREKEY, "expires_ms": 1}]),
    ],
)
def test_wrong_content_part_is_refused(part: bytes) -> None:
    """Likewise."""
    assert reason_of(NODE_PART, part) is KeyFileReason.CONTENT


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": 0},
        {"node": "RO"},
        {"generation": 0},
        {"generation": "2"},
        {"log_ed25519": "ab"},
        {"log_mldsa44": "zz" * 32},
        {"more": 1},
    ],
)
def test_spare_that_is_not_what_was_written_is_refused(change: dict[str, object]) -> None:
    """It begins a log: nothing is guessed."""
    data = json.loads(encode_spare(new_log_keys("RO/1", 2)))
    with pytest.raises(KeyFileError):
        decode_spare(json.dumps(data | change).encode())


def test_spare_reads_back() -> None:
    """Node, generation and both seeds."""
    log = new_log_keys("RO/1", 2)
    assert decode_spare(encode_spare(log)) == log
    assert log.signer().verifier.name == "a35/RO/1/log/2"
