"""The kept requests of witnesses are answered as stated."""

from base64 import b64decode

import pytest

from keys.cosignature import SignatureType, split_timestamped
from keys.note import LogVerifier
from keys.vkey import VerifierKey
from keys.witnesskey import WitnessKey
from protocol.identifiers import NodeId
from protocol.log.checkpoint import ClaimedCheckpoint as Claimed
from protocol.log.checkpoint import TreeHead, verify_checkpoint
from protocol.witness.answer import decode_lines, encode_answer
from protocol.witness.cosignature import believe_cosignatures
from protocol.witness.request import AddCheckpoint
from protocol.witness.rule import Grant, Held, View, judge
from tests.vectors.case_file import Vector, load
from tests.vectors.witness.generate import WHAT, key_vector, paths


def view_of(case: Vector, request: AddCheckpoint) -> View:
    """Return what the witness of a case knows."""
    origin = request.origin
    assert origin is not None
    held = case.value("held")
    verifier = LogVerifier(
        name=str(origin),
        ed25519=b64decode(case.value("log_ed25519")),
        mldsa44=b64decode(case.value("log_mldsa44")),
    )
    last = None
    if held is not None:
        head = TreeHead(origin=origin, size=held["size"], root=bytes.fromhex(held["root"]))
        last = Held(head=head, note=b"", cosigned_s=held["cosigned_s"])
    return View(node=NodeId("JP", 1), held=last, linked=None, verifiers=[verifier])


@pytest.mark.parametrize("case", load("witness", WHAT))
def test_request_is_answered_as_kept(case: Vector) -> None:
    """Status and body; of a cosignature whatever verifies, since signatures are random."""
    data = case.value("request").encode()
    request = AddCheckpoint.decode(data)
    assert request.encode() == data
    view = view_of(case, request)
    decided = judge(request, view, now_ms=case.value("now_s") * 1000)
    if not isinstance(decided, Grant):
        answer = encode_answer(decided.answer)
        assert (str(answer.status), answer.content_type) == (
            case.expect,
            case.value("content_type"),
        )
        assert answer.body.decode() == case.value("answer")
        return
    assert case.expect == "200"
    key = WitnessKey(node="JP/1", seed=case.bytes("witness_seed")).signer().cosigner
    assert str(key.key) == case.value("witness_key")
    lines = decode_lines(case.value("answer").encode())
    now_ms = case.value("now_s") * 1000
    checkpoint = verify_checkpoint(Claimed.parse(request.note), view.verifiers, now_ms=now_ms)
    (found,) = believe_cosignatures(checkpoint, lines, [key], now_ms=now_ms)
    timestamp_s, _ = split_timestamped(found.line.signature)
    message = case.bytes("signed_message")
    assert message.startswith(b"subtree/v1\n\x00")
    assert timestamp_s.to_bytes(8, "big") in message


def test_key_follows_from_its_seed() -> None:
    """And the file is that of the generator."""
    case = key_vector()
    assert case.path.read_text() == case.text()
    key = VerifierKey.parse(case.value("vkey"))
    assert (key.kind, key.key_id.hex()) == (SignatureType.MLDSA44, case.value("key_id"))


def test_every_case_is_kept() -> None:
    """None is made anew by accident."""
    assert all(path.exists() for path in paths())
