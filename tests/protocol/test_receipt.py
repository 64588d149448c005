"""Receipts: one encoding each, a reason exactly where one belongs."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.cases.ladder import MessageState
from protocol.errors import Code, MalformedError
from protocol.limits import MAX_RECEIPT_BYTES, MAX_WHY_BYTES
from protocol.receipt import EXPIRED_DIRECTORY, INTERNAL, Receipt, Stage, schema_why, state_of
from tests.protocol.samples import digests, mids, nodes, sizes, stamps
from tests.protocol.spoiling import refuse_everything_near
from tests.vectors.case_file import Vector, load, shown
from tests.vectors.statement_cases import receipt

reasons = st.sampled_from([*map(str, Code), INTERNAL]) | st.text(max_size=300).map(schema_why)
stages = st.sampled_from([stage for stage in Stage if stage is not Stage.REJECTED])
fates = st.tuples(stages, st.none()) | st.tuples(st.just(Stage.REJECTED), reasons)
receipts = st.builds(
    lambda fate, plain: replace(plain, stage=fate[0], why=fate[1]),
    fates,
    st.builds(
        Receipt,
        stage=st.just(Stage.OPENED),
        mid=mids,
        header_digest=digests,
        envelope_digest=digests,
        by=nodes,
        for_=nodes,
        t_ms=sizes,
        why=st.none(),
        directory=stamps,
    ),
)


def _read(data: bytes) -> bytes:
    return Receipt.decode(data).encode()


@given(receipts)
@settings(max_examples=150, deadline=None)
def test_a_receipt_reads_back_as_written(original: Receipt) -> None:
    """The sender reads exactly what the receiver's log holds."""
    data = original.encode()
    assert Receipt.decode(data) == original
    assert len(data) <= MAX_RECEIPT_BYTES


@pytest.mark.parametrize("case", load("receipt", "receipt"))
def test_the_vectors_of_receipts_hold(case: Vector) -> None:
    """Stages, reasons, and each refusal."""
    if case.expect == "ok":
        read = Receipt.decode(case.bytes("input"))
        assert (read.encode(), shown(read)) == (case.bytes("input"), case.value("shows"))
    else:
        with pytest.raises(MalformedError) as refusal:
            Receipt.decode(case.bytes("input"))
        assert refusal.value.code == case.expect


@pytest.mark.parametrize("stage", [Stage.ACCEPTED, Stage.REJECTED])
def test_every_neighbour_of_a_receipt_is_refused(stage: Stage) -> None:
    """Unknown keys, missing keys, other types and lengths, other bytes."""
    why = "E_OPEN" if stage is Stage.REJECTED else None
    refuse_everything_near(receipt(stage, why).encode(), _read)


def test_a_receipt_above_its_limit_is_refused_by_size() -> None:
    """Before anything is read."""
    with pytest.raises(MalformedError) as refusal:
        Receipt.decode(bytes(MAX_RECEIPT_BYTES + 1))
    assert refusal.value.code is Code.SIZE


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.REJECTED])
def test_only_a_rejection_says_why(stage: Stage) -> None:
    """A reason beside another stage would be a message in disguise; but for one fixed mark."""
    with pytest.raises(MalformedError):
        receipt(stage, "E_OPEN")
    marked = receipt(stage, EXPIRED_DIRECTORY)
    assert Receipt.decode(marked.encode()).why == "E_DIR_STALE"


def test_a_rejection_always_says_why() -> None:
    """The sender's officer must learn what to do."""
    with pytest.raises(MalformedError):
        receipt(Stage.REJECTED, None)


@pytest.mark.parametrize("why", [*map(str, Code), INTERNAL, "E_SCHEMA a/0/b"])
def test_a_reason_is_a_code_or_internal(why: str) -> None:
    """Of E_SCHEMA also the place of the fault, never the value found there."""
    assert receipt(Stage.REJECTED, why).why == why


@pytest.mark.parametrize("why", ["", "no", "E_NONE", "E_OPEN a", "E_SCHEMA " + "a" * 248])
def test_a_reason_in_other_words_cannot_be_given(why: str) -> None:
    """No text of ours or of anybody reaches a peer this way."""
    with pytest.raises(MalformedError):
        receipt(Stage.REJECTED, why)


@pytest.mark.parametrize("path", ["subjects/0/value", "a b", "nom\u00e9", "\n", "x" * 400])
def test_any_path_can_be_told(path: str) -> None:
    """What a receipt cannot carry is replaced or cut off, so that none is ever lost."""
    why = schema_why(path)
    assert len(why) <= MAX_WHY_BYTES
    assert why.split(" ") == ["E_SCHEMA", why.partition(" ")[2]]
    assert Receipt.decode(receipt(Stage.REJECTED, why).encode()).why == why


def test_a_fault_without_a_place_is_told_by_its_code_alone() -> None:
    """The document as a whole is wrong."""
    assert schema_why("") == "E_SCHEMA"


def test_each_stage_is_a_step_of_the_ladder() -> None:
    """Whoever adds a stage must say what state it leads to."""
    assert {stage: state_of(stage) for stage in Stage} == {
        Stage.ACCEPTED: MessageState.ACCEPTED,
        Stage.REJECTED: MessageState.REJECTED,
        Stage.CONSIGNED: MessageState.CONSIGNED,
        Stage.OPENED: MessageState.OPENED,
        Stage.ACKNOWLEDGED: MessageState.ACKNOWLEDGED,
        Stage.DECLINED: MessageState.DECLINED,
        Stage.EXPIRED: MessageState.EXPIRED,
    }
