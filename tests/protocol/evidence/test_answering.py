"""An answer is bound to the very statement, the very giver and the very receiver."""

from dataclasses import replace

import pytest

from protocol.errors import Code, MalformedError, NotProvenError
from protocol.evidence.answering import Answer, by_obtained, by_receipt
from protocol.identifiers import NodeId
from protocol.log.statement import envelope_sent, receipt_given, receipt_obtained
from protocol.receipt import Receipt
from tests.protocol.evidence.samples import ENVELOPE, FR, RO, SALT, START_S, Log, noise, receipt

RECEIPT = receipt()
BYTES = RECEIPT.encode()
SENT = Log(FR, [*noise(2), ENVELOPE]).proven(2, 3)
GIVEN = Log(RO, [receipt_given(BYTES), *noise(2)]).proven(0, 3)
OBTAINED = Log(FR, [receipt_obtained(GIVEN.digest, SALT)]).proven(0, 1)


def given(other: Receipt, node: NodeId = RO) -> tuple[bytes, Log]:
    """Return a receipt and a log that holds it."""
    data = other.encode()
    return data, Log(node, [receipt_given(data)])


def test_receipt_answers_its_envelope() -> None:
    """With the time that its giver states."""
    answer = by_receipt(SENT, BYTES, GIVEN)
    assert answer == Answer(about=ENVELOPE.digest, by=RO, said_ms=START_S * 1000)


def test_leaf_of_a_receipt_obtained_answers_that_receipt() -> None:
    """The sender states that it has it; when, it does not say."""
    assert by_obtained(GIVEN, SALT, OBTAINED) == Answer(about=GIVEN.digest, by=FR, said_ms=None)


@pytest.mark.parametrize(
    "other",
    [
        replace(RECEIPT, envelope_digest=envelope_sent(b"header", b"other wraps").digest),
        replace(RECEIPT, by=NodeId("JP", 1)),
        replace(RECEIPT, for_=NodeId("JP", 1)),
    ],
)
def test_receipt_of_something_else_answers_nothing(other: Receipt) -> None:
    """Another sealing, another giver than the log's, another receiver than the sender."""
    data, log = given(other)
    with pytest.raises(NotProvenError) as caught:
        by_receipt(SENT, data, log.proven(0, 1))
    assert caught.value.code is Code.RECEIPT


def test_receipt_of_oneself_answers_nothing() -> None:
    """A node that receipts its own envelope."""
    data, log = given(replace(RECEIPT, by=FR), FR)
    with pytest.raises(NotProvenError):
        by_receipt(SENT, data, log.proven(0, 1))


def test_other_bytes_than_the_leafs_answer_nothing() -> None:
    """The leaf decides which receipt was given."""
    with pytest.raises(NotProvenError):
        by_receipt(SENT, replace(RECEIPT, t_ms=1).encode(), GIVEN)


def test_bytes_that_are_no_receipt_are_refused() -> None:
    """A leaf may hold anything; its reader must not trust the form."""
    leaf = Log(RO, [receipt_given(b"noise")]).proven(0, 1)
    with pytest.raises(MalformedError):
        by_receipt(SENT, b"noise", leaf)


def test_leaves_of_other_kinds_answer_nothing() -> None:
    """The kind is what the reader expects."""
    with pytest.raises(NotProvenError):
        by_receipt(GIVEN, BYTES, GIVEN)
    with pytest.raises(NotProvenError):
        by_obtained(SENT, SALT, OBTAINED)


def test_leaf_of_another_receipt_or_of_its_giver_answers_nothing() -> None:
    """Another digest or salt; the giver's own log."""
    with pytest.raises(NotProvenError):
        by_obtained(GIVEN, b"t" * 16, OBTAINED)
    own = Log(RO, [receipt_obtained(GIVEN.digest, SALT)]).proven(0, 1)
    with pytest.raises(NotProvenError):
        by_obtained(GIVEN, SALT, own)
