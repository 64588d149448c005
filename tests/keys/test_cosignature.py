"""The bytes of C2SP signature lines, against the specification and another implementation."""

from base64 import b64decode

import pytest

from keys.cosignature import (
    MAX_TIMESTAMP_S,
    SignatureType,
    check_timestamp,
    cosigned_message,
    key_id,
    split_timestamped,
    timestamped,
)
from keys.errors import BadNoteError
from keys.note import LogVerifier, parse_note, parse_tree
from tests.keys.external import own_copy

# The verifier key of the example in C2SP signed-note.
EXAMPLE = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"


def test_key_id_is_that_of_the_example_of_signed_note() -> None:
    """Other verifiers find our lines by it."""
    name, expected, encoded = EXAMPLE.split("+", 2)
    kind, public = b64decode(encoded)[0], b64decode(encoded)[1:]
    assert kind == SignatureType.ED25519
    assert key_id(name, SignatureType.ED25519, public).hex() == expected


def test_key_ids_of_the_two_types_differ() -> None:
    """One key used for two types would else be taken for the wrong one."""
    ids = {key_id("name", kind, bytes(32)) for kind in SignatureType}
    assert len(ids) == 2


def test_message_is_laid_out_as_specified() -> None:
    """Field by field, written out by hand from tlog-cosignature."""
    message = cosigned_message("signer", 0x0102, origin="log", size=0x0304, root=b"r" * 32)
    assert message == (
        b"subtree/v1\n\x00"
        b"\x06signer"
        b"\x00\x00\x00\x00\x00\x00\x01\x02"
        b"\x03log"
        b"\x00\x00\x00\x00\x00\x00\x00\x00"
        b"\x00\x00\x00\x00\x00\x00\x03\x04" + b"r" * 32
    )


def test_line_of_another_implementation_verifies() -> None:
    """Key id, message and line of a checkpoint that torchwood signed (source in the file)."""
    vector = own_copy("torchwood-mldsa44")
    name, expected_id, encoded = vector["verifier_key"].split("+", 2)
    material = b64decode(encoded)
    assert material[0] == SignatureType.MLDSA44
    assert key_id(name, SignatureType.MLDSA44, material[1:]).hex() == expected_id
    note = parse_note(vector["note"].encode())
    tree, (line,) = parse_tree(note.text), note.lines
    assert (line.name, line.key_id.hex()) == (name, expected_id)
    stamp, signature = int.from_bytes(line.signature[:8], "big"), line.signature[8:]
    verifier = LogVerifier(name=name, ed25519=bytes(32), mldsa44=material[1:])
    message = cosigned_message(name, stamp, origin=tree.origin, size=tree.size, root=tree.root)
    verifier._check_mldsa44(message, signature)
    later = cosigned_message(name, stamp + 1, origin=tree.origin, size=tree.size, root=tree.root)
    with pytest.raises(BadNoteError):
        verifier._check_mldsa44(later, signature)


@pytest.mark.parametrize("stamp", [1, 1_800_000_000, MAX_TIMESTAMP_S])
def test_timestamp_comes_back_out_of_the_signature(stamp: int) -> None:
    """Eight bytes, big-endian, in front."""
    assert split_timestamped(timestamped(stamp, b"rest")) == (stamp, b"rest")
    check_timestamp(stamp)


@pytest.mark.parametrize("stamp", [0, MAX_TIMESTAMP_S + 1, 2**64 - 1])
def test_timestamp_that_no_log_writes_is_refused(stamp: int) -> None:
    """Zero would not say that the head is the newest; above 2^63 - 1 C2SP forbids."""
    with pytest.raises(BadNoteError):
        check_timestamp(stamp)
    with pytest.raises(BadNoteError):
        split_timestamped(timestamped(stamp, b""))


def test_signature_without_room_for_a_timestamp_is_refused_or_empty() -> None:
    """Too short a line must not reach the key as if it were whole."""
    with pytest.raises(BadNoteError):
        split_timestamped(b"")
    assert split_timestamped(b"\x01") == (1, b"")
