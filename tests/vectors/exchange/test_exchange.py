"""The kept exchange, read by our own code; the second reader reads it beside this module."""

import pytest

from gateway.directory.chain import verify_chain
from keys.digest import EMPTY_ROOT
from protocol.answer import Answer, Receipted, decode_answer, decode_error
from protocol.directory import encode_entry, parse_entry
from protocol.envelope.header import Header
from protocol.envelope.seal import open_envelope
from protocol.errors import Code, LogPositionError, RemoteProtocolError
from protocol.frame import PREFIX_BYTES, FrameHead, FrameKind, decode_head, decode_prefix
from protocol.joining import encode_join_request, parse_join_request, verify_join_request
from protocol.keyset import KeySet, KeySetAnswer
from protocol.log.checkpoint import TreeHead
from protocol.log.linking import link
from protocol.log.proof import InclusionProof, believe, parse_tlog_proof
from protocol.log.statement import (
    Statement,
    StatementKind,
    envelope_sent,
    key_set_published,
    receipt_given,
)
from protocol.log.tree import Frontier, check_consistency
from protocol.receipt import Receipt, Stage
from protocol.requests.wire import from_wire
from protocol.standing import decode_log_proof
from tests.vectors.case_file import FOLDER, Vector, load
from tests.vectors.exchange.generate import deterministic_cases
from tests.vectors.exchange.kept import Linker, digest_of_text, kept, raw, secrets_of
from tests.vectors.exchange.linking_cases import NOW_MS, offered_of, position_of
from tests.vectors.exchange.story import NAMES, story
from tests.vectors.exchange.two_nodes import START_MS


def frame(name: str) -> tuple[FrameHead, bytes]:
    """Return head and bodies of a kept frame."""
    data = raw(name)
    kind = FrameKind.RECEIPTS if kept(name)["route"] == "/v1/receipts" else FrameKind.ENVELOPES
    start = PREFIX_BYTES + decode_prefix(data[:PREFIX_BYTES])
    head = decode_head(kind, data[PREFIX_BYTES:start])
    assert head.frame_bytes(start - PREFIX_BYTES) == len(data)
    return head, data[start:]


def answer(name: str) -> Answer:
    """Return a kept answer."""
    return decode_answer(raw(name))


def proven_receipt(item: object, head: TreeHead) -> Receipt:
    """Return the receipt of a verdict, proven in the answer's log."""
    assert isinstance(item, Receipted)
    assert item.receipt is not None
    assert item.index is not None
    digest = receipt_given(item.receipt).digest
    proof = InclusionProof(index=item.index, path=item.path)
    believe(StatementKind.RECEIPT_GIVEN, digest, proof, head)
    return Receipt.decode(item.receipt)


def test_every_file_of_the_folder_belongs_to_a_case() -> None:
    """A file that no generator knows would be kept for ever and mean nothing."""
    known = {*NAMES, *(case.name for case in deterministic_cases())}
    assert {path.stem for path in (FOLDER / "exchange").glob("*.json")} == known


def test_story_can_be_made_anew_in_the_same_shape() -> None:
    """Fresh signatures and nonces, the same steps: the maker stays alive."""
    made = {case.name: case for case in story()}
    assert set(made) == set(NAMES)
    for name, case in made.items():
        assert set(case.content) == set(kept(name)) - {"what", "expect", "comment"}
        assert case.comment == kept(name)["comment"]


def test_directory_verifies_from_its_root_to_the_stamp_of_the_header() -> None:
    """What TUF protects, and the version that every envelope names."""
    case = kept("directory")
    files = {name: text.encode() for name, text in case["files"].items()}
    verified = verify_chain(case["anchor"].encode(), files, at_ms=START_MS)
    head, _ = frame("frame-1-envelope")
    assert Header.decode(head.envelopes[0].header).directory == verified.stamp
    assert verified.stamp.digest.hex() == digest_of_text(files["metadata/timestamp.json"].decode())
    assert verified.expires_ms == case["expires_ms"]
    assert verified.files == files


def test_entry_has_one_spelling() -> None:
    """Read and written again it is the same file."""
    text = kept("entry-FR")["entry"]
    assert encode_entry(parse_entry(text.encode())).decode() == text


def test_join_request_proves_its_keys() -> None:
    """The key set is in the log that the listed keys signed."""
    text = kept("join-RO")["request"]
    request = parse_join_request(text.encode())
    assert encode_join_request(request).decode() == text
    assert str(verify_join_request(request, now_ms=START_MS).key_set.node) == "RO/1"


def test_key_set_is_proven_at_first_contact() -> None:
    """RO/1 holds nothing of that log, and links it with this answer."""
    given = KeySetAnswer.decode(raw("keys-answer"))
    linker = Linker("FR/1")
    head = linker.verify(given.note).head
    digest = key_set_published(given.key_set).digest
    believe(StatementKind.KEY_SET, digest, InclusionProof(index=given.index, path=given.path), head)
    assert head.size == given.at
    assert str(KeySet.decode(given.key_set).node) == "FR/1"


def test_envelope_is_proven_opens_and_has_the_form_of_its_type() -> None:
    """Frame 1, by the order of rule 19."""
    head, body = frame("frame-1-envelope")
    (item,) = head.envelopes
    tree = Linker("RO/1").reach(head)
    stated = envelope_sent(item.header, item.wraps)
    proof = InclusionProof(index=item.index, path=item.path)
    believe(StatementKind.ENVELOPE_SENT, stated.digest, proof, tree)
    content = open_envelope(item.header, item.wraps, body, secrets_of("FR/1")).content
    document = from_wire(
        content.type, str(content.recipient), str(content.re), body=content.body, file_names=()
    )
    assert document.type == "acknowledgement"


def test_answers_link_in_order_and_prove_their_receipts() -> None:
    """What RO/1 does with answers 1 and 4, and FR/1 with answer 3."""
    of_fr, of_ro = Linker("FR/1"), Linker("RO/1")
    keys = KeySetAnswer.decode(raw("keys-answer"))
    of_fr.position = link(
        of_fr.position, of_fr.verify(keys.note), old=0, proof=(), now_ms=NOW_MS
    ).position
    of_ro.reach(frame("frame-1-envelope")[0])
    first, third, last = map(
        answer, ("answer-1-accepted", "answer-3-taken", "answer-4-same-receipt")
    )
    accepted = proven_receipt(first.items[0], of_fr.reach(first))
    with pytest.raises(LogPositionError) as behind:
        of_fr.reach(frame("frame-2-receipt-behind")[0])
    error = decode_error(raw("error-2-position"))
    assert (error.code, error.size) == (Code.LOG_POSITION, behind.value.size)
    again, _ = frame("frame-3-receipt")
    tree, (pushed,) = of_fr.reach(again), again.receipts
    item = Receipted(receipt=pushed.receipt, index=pushed.index, path=pushed.path)
    assert proven_receipt(item, tree).stage is Stage.CONSIGNED
    of_ro.reach(third)
    assert [entry.to_value() for entry in third.items] == [{"ok": None}]
    repeat, _ = frame("frame-4-repeat")
    assert of_ro.reach(repeat).size == third.at
    assert proven_receipt(last.items[0], of_fr.reach(last)) == accepted
    assert accepted.stage is Stage.ACCEPTED


def test_repeat_carries_the_same_envelope_and_gets_the_same_receipt() -> None:
    """Byte for byte, but for the proof."""
    (first, body), (repeat, again) = frame("frame-1-envelope"), frame("frame-4-repeat")
    assert body == again
    assert first.envelopes[0].header == repeat.envelopes[0].header
    assert first.envelopes[0].wraps == repeat.envelopes[0].wraps
    assert repeat.checkpoint is None
    assert raw("answer-1-accepted", "receipt") == raw("answer-4-same-receipt", "receipt")


@pytest.mark.parametrize("name", ["log-RO", "log-FR"])
def test_leaves_lead_to_the_roots(name: str) -> None:
    """Preimage and salt give the digest, the digest the leaf, the leaves the roots."""
    frontier, roots = Frontier(), [EMPTY_ROOT.hex()]
    for leaf in kept(name)["leaves"]:
        data = bytes.fromhex(leaf["leaf_data"])
        statement = Statement(
            kind=StatementKind(leaf["kind"]),
            digest=data[1:],
            preimage=bytes.fromhex(leaf["preimage"]),
            salt=None if leaf["salt"] is None else bytes.fromhex(leaf["salt"]),
        )
        assert statement.leaf_data == data
        assert statement.leaf_hash.hex() == leaf["leaf_hash"]
        frontier.append(statement.leaf_hash)
        roots.append(frontier.root().hex())
    assert roots == kept(name)["roots"]


def test_log_proof_joins_two_sizes() -> None:
    """What an overtaken answer is joined with."""
    proof = decode_log_proof(raw("log-proof"))
    roots = [bytes.fromhex(root) for root in kept("log-FR")["roots"]]
    check_consistency(proof.old, proof.new, roots[proof.old], roots[proof.new], proof.path)


def test_receipt_can_be_proven_to_a_third_party() -> None:
    """The tlog-proof alone, with the keys of the directory."""
    case = kept("proof-of-receipt")
    index, path, note = parse_tlog_proof(case["proof"])
    head = Linker("FR/1").verify(note).head
    digest = bytes.fromhex(case["leaf_data"])[1:]
    proof = InclusionProof(index=index, path=path)
    assert believe(StatementKind.RECEIPT_GIVEN, digest, proof, head).head.size == head.size


@pytest.mark.parametrize("case", load("exchange", "linking"))
def test_linking_ends_as_the_table_says(case: Vector) -> None:
    """Rule 9a, with everything that overtakes."""
    position, offered = position_of(case), offered_of(case)
    proof = tuple(bytes.fromhex(one) for one in case.value("con"))
    got, size = "ok", position.size
    try:
        linked = link(position, offered, old=case.value("old"), proof=proof, now_ms=NOW_MS)
        size = linked.position.size
    except LogPositionError as elsewhere:
        got, size = elsewhere.code.value, elsewhere.size
    except RemoteProtocolError as error:
        got = error.code.value
    assert (got, size) == (case.expect, case.value("head"))


def test_tables_follow_from_their_inputs() -> None:
    """The kept files are what the generator writes."""
    for case in deterministic_cases():
        assert (case.name, case.path.read_text()) == (case.name, case.text())
