"""The kept vectors of keys/ are still read, or refused, as they state."""

import json
from pathlib import Path
from typing import Any

import pytest

from keys.body import decrypt_body
from keys.errors import BadNoteError, DecryptionFailedError, KeyFileError
from keys.keyfile import Credential, Passphrase, Secret, decode_key_file
from keys.note import LogVerifier, parse_note, verify_pair
from keys.recipient import RecipientKey, RecipientSecret
from keys.signing import NoteSigner
from tests.vectors.keys.generate import ACCEPTED, FOLDER, LOG_SEEDS, vectors

Case = dict[str, Any]


def read(path: Path) -> Case:
    """Read one file."""
    found: Case = json.loads(path.read_text(encoding="utf-8"))
    return found


def cases(area: str) -> list[Any]:
    """Give the cases of one area."""
    return [pytest.param(read(p), id=p.stem) for p in sorted(FOLDER.glob(f"{area}-*.json"))]


def judge_note(case: Case) -> str:
    """Verify, and say what came of it."""
    verifier = LogVerifier(
        name=case["origin"],
        ed25519=bytes.fromhex(case["ed25519"]),
        mldsa44=bytes.fromhex(case["mldsa44"]),
    )
    try:
        stamp = verify_pair(parse_note(case["note"].encode()), verifier)
    except BadNoteError:
        return "refused"
    return ACCEPTED if stamp == case["timestamp_s"] else "another timestamp"


def judge_wrap(case: Case) -> str:
    """Unwrap, and say what came of it."""
    secret = RecipientSecret(bytes.fromhex(case["seed"]))
    try:
        found = secret.unwrap(bytes.fromhex(case["wrap"]), bytes.fromhex(case["info"]))
    except DecryptionFailedError:
        return "refused"
    return ACCEPTED if found.hex() == case["content_key"] else "another key"


def judge_body(case: Case) -> str:
    """Decrypt, and say what came of it."""
    key, context = bytes.fromhex(case["content_key"]), bytes.fromhex(case["context"])
    try:
        found = decrypt_body(key, context, bytes.fromhex(case["body"]))
    except DecryptionFailedError:
        return "refused"
    return ACCEPTED if found == bytes(case["plain_zeros"]) else "another text"


def judge_key_file(case: Case) -> str:
    """Open, and say what came of it."""
    secret: Secret
    if case["passphrase"] is not None:
        secret = Passphrase(case["passphrase"])
    else:
        secret = Credential(bytes.fromhex(case["credential"]))
    try:
        found = decode_key_file(bytes.fromhex(case["file"]), case["kind"], secret)
    except KeyFileError as error:
        return error.reason.value
    return ACCEPTED if found.hex() == case["content"] else "another content"


@pytest.mark.parametrize("case", cases("note"))
def test_kept_note_is_judged_as_stated(case: Case) -> None:
    """Notes are kept for ever; a later version must read them the same."""
    assert judge_note(case) == case["expect"]


@pytest.mark.parametrize("case", cases("wrap"))
def test_kept_wrap_is_judged_as_stated(case: Case) -> None:
    """Likewise, with the key id and public key of the seed."""
    secret = RecipientSecret(bytes.fromhex(case["seed"]))
    assert secret.public.hex() == case["public"]
    assert RecipientKey(secret.public).key_id.hex() == case["key_id"]
    assert judge_wrap(case) == case["expect"]


@pytest.mark.parametrize("case", cases("body"))
def test_kept_body_is_judged_as_stated(case: Case) -> None:
    """Likewise."""
    assert judge_body(case) == case["expect"]


@pytest.mark.parametrize("case", cases("keyfile"))
def test_kept_key_file_is_judged_as_stated(case: Case) -> None:
    """A key file of today opens with every later version, or says why not."""
    assert judge_key_file(case) == case["expect"]


def test_log_seeds_still_give_the_keys_and_the_ed25519_line_kept() -> None:
    """The deterministic part of signing, byte for byte."""
    case = read(FOLDER / "note-pair.json")
    signer = NoteSigner(case["origin"], *LOG_SEEDS)
    assert signer.verifier.ed25519.hex() == case["ed25519"]
    assert signer.verifier.mldsa44.hex() == case["mldsa44"]
    note = parse_note(case["note"].encode())
    assert signer._ed25519.sign(note.text).signature == note.lines[0].signature


def test_every_case_has_its_file_and_every_file_its_case() -> None:
    """A new generation of the vectors is judged before it is kept."""
    made = dict(vectors())
    assert {path.stem for path in FOLDER.glob("*.json")} == set(made)
    judges = {
        "note": judge_note,
        "wrap": judge_wrap,
        "body": judge_body,
        "keyfile": judge_key_file,
    }
    for name, case in made.items():
        assert judges[name.partition("-")[0]](case) == case["expect"], name
