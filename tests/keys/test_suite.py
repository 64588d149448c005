"""The sizes of the suite are those of the libraries."""

from doctest import testmod as run_examples
from hashlib import sha256
from importlib import import_module

import pytest

from keys.body import encrypt_body, new_content_key
from keys.digest import Label, new_salt
from keys.nodekeys import NodeKeys
from keys.note import SignedTree, parse_note
from keys.recipient import RecipientKey, RecipientSecret, new_seed
from keys.signing import NoteSigner
from keys.suite import (
    BODY_CHUNK_BYTES,
    BODY_OVERHEAD_BYTES,
    BODY_TAG_BYTES,
    CONTENT_KEY_BYTES,
    DIGEST_BYTES,
    ED25519_PUBLIC_BYTES,
    ED25519_SIGNATURE_BYTES,
    KEY_ID_BYTES,
    MLDSA44_PUBLIC_BYTES,
    MLDSA44_SIGNATURE_BYTES,
    SALT_BYTES,
    SEED_BYTES,
    SUITE,
    WRAP_BYTES,
    XWING_PUBLIC_BYTES,
    XWING_SEED_BYTES,
)


def test_sizes_are_those_that_the_libraries_produce() -> None:
    """A size that is off by one would refuse every honest peer."""
    signer = NoteSigner("log", bytes(SEED_BYTES), bytes(SEED_BYTES))
    note = parse_note(signer.sign(SignedTree(origin="log", size=1, root=bytes(32)), 1))
    secret = RecipientSecret(new_seed())
    key = RecipientKey(secret.public)
    assert len(sha256().digest()) == DIGEST_BYTES
    assert len(new_salt()) == SALT_BYTES
    assert len(new_seed()) == XWING_SEED_BYTES
    assert len(new_content_key()) == CONTENT_KEY_BYTES
    assert len(signer.verifier.ed25519) == ED25519_PUBLIC_BYTES
    assert len(signer.verifier.mldsa44) == MLDSA44_PUBLIC_BYTES
    assert len(note.lines[0].signature) == ED25519_SIGNATURE_BYTES
    assert len(note.lines[1].signature) == 8 + MLDSA44_SIGNATURE_BYTES
    assert len(secret.public) == XWING_PUBLIC_BYTES
    assert len(key.key_id) == KEY_ID_BYTES
    assert len(key.wrap(bytes(CONTENT_KEY_BYTES), b"")) == WRAP_BYTES


def test_body_sizes_are_those_of_the_construction() -> None:
    """Padding and limits are computed from them before anything is encrypted."""
    key = new_content_key()
    assert len(encrypt_body(key, b"", b"")) == BODY_OVERHEAD_BYTES + BODY_TAG_BYTES
    full = len(encrypt_body(key, b"", bytes(BODY_CHUNK_BYTES)))
    assert full == BODY_OVERHEAD_BYTES + BODY_CHUNK_BYTES + 2 * BODY_TAG_BYTES


def test_every_label_and_every_origin_begins_with_the_protocol() -> None:
    """Digests of another version or protocol can never be taken for ours."""
    assert all(label.startswith(f"{SUITE}/") for label in Label)
    keys = NodeKeys.generate("RO/1", generation=1, tls_name="ro-1.example", now_ms=0)
    assert keys.origin.startswith("a35/")


@pytest.mark.parametrize("name", ["keys.digest", "keys.note"])
def test_example_of_the_module_runs(name: str) -> None:
    """An example in a docstring that no longer holds misleads more than none."""
    result = run_examples(import_module(name))
    assert result.attempted
    assert not result.failed
