"""What the other side says of a statement: its receipt of an envelope, its leaf of a receipt.

Does: the steps that make an `Answer`, each bound to the very statement that it answers. Leaves
to its caller that both checkpoints verify, and to `protocol.evidence.verdict` what follows.

Source: docs/wire-format.md, rules 6, 22 and 33.
"""

from dataclasses import dataclass

from protocol.errors import Code, NotProvenError
from protocol.identifiers import NodeId
from protocol.log.proof import ProvenStatement
from protocol.log.statement import StatementKind, receipt_given, receipt_obtained
from protocol.receipt import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """That another node stated that it has a statement; made by the functions below alone.

    Attributes:
        about: Digest of the statement that is answered.
        by: Who answers: the node of the log that holds the answer.
        said_ms: When, by its own word, milliseconds since 1970; None if it does not say.
    """

    about: bytes
    by: NodeId
    said_ms: int | None


def by_receipt(envelope: ProvenStatement, receipt: bytes, given: ProvenStatement) -> Answer:
    """Take a receipt for an answer to the statement of an envelope.

    Args:
        envelope: Leaf 0x01 of the sender.
        receipt: The receipt, as carried.
        given: Leaf 0x02 of the receiver.

    Returns:
        The answer.

    Raises:
        NotProvenError: Not these kinds of leaves, another receipt than the leaf's, or a receipt
            of another envelope, giver or receiver than the logs' (E_RECEIPT).
        MalformedError: Not a receipt.
    """
    kinds = (envelope.kind, given.kind)
    if kinds != (StatementKind.ENVELOPE_SENT, StatementKind.RECEIPT_GIVEN):
        raise NotProvenError("a receipt answers an envelope", code=Code.RECEIPT)
    if receipt_given(receipt).digest != given.digest:
        raise NotProvenError("another receipt than the leaf's", code=Code.RECEIPT)
    said = Receipt.decode(receipt)
    if (
        said.envelope_digest != envelope.digest
        or said.by != given.head.origin.node
        or said.for_ != envelope.head.origin.node
        or said.by == said.for_
    ):
        raise NotProvenError("a receipt of something else", code=Code.RECEIPT)
    return Answer(about=envelope.digest, by=said.by, said_ms=said.t_ms)


def by_obtained(given: ProvenStatement, salt: bytes, obtained: ProvenStatement) -> Answer:
    """Take the leaf of a receipt obtained for an answer to the statement of that receipt.

    Args:
        given: Leaf 0x02 of the receiver.
        salt: Of the sender's leaf, 16 bytes.
        obtained: Leaf 0x03 of the sender.

    Returns:
        The answer.

    Raises:
        NotProvenError: Not these kinds of leaves, a leaf of another receipt, or of the giver's own
            node (E_RECEIPT).
        NotAllowedError: A salt of another length.
    """
    kinds = (given.kind, obtained.kind)
    if kinds != (StatementKind.RECEIPT_GIVEN, StatementKind.RECEIPT_OBTAINED):
        raise NotProvenError("a leaf 0x03 answers a receipt", code=Code.RECEIPT)
    if receipt_obtained(given.digest, salt).digest != obtained.digest:
        raise NotProvenError("a leaf of another receipt", code=Code.RECEIPT)
    by = obtained.head.origin.node
    if by == given.head.origin.node:
        raise NotProvenError("a node does not answer itself", code=Code.RECEIPT)
    return Answer(about=given.digest, by=by, said_ms=None)
