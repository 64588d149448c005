"""What a statement says: about this message, from the node whose word it is, or refused."""

from dataclasses import replace

import pytest

from keys.digest import sha256
from keys.recipient import RecipientKey, RecipientSecret
from protocol.delivery.urgency import Urgency
from protocol.envelope.header import Header, Part
from protocol.envelope.wraps import wrap
from protocol.errors import MalformedError, NotAllowedError, NotProvenError
from protocol.evidence.ladder import Rung
from protocol.evidence.reading import Matter, Spoken, read_spoken
from protocol.identifiers import MessageId, NodeId
from protocol.log.deed import Act, Silence
from protocol.log.statement import StatementKind
from protocol.receipt import Receipt, Stage
from tests.protocol.samples import MID, STAMP

FR, RO, DE = NodeId("FR", 1), NodeId("RO", 1), NodeId("DE", 1)
OTHER = MessageId(b"o" * 16)
HEADER = Header(
    mid=MID,
    sender=FR,
    recipient=RO,
    t_ms=5,
    exp_ms=9,
    cls=Urgency.P2,
    directory=STAMP,
    body=Part(size_bytes=1, digest=b"b" * 32),
)
MATTER = Matter.of(HEADER.encode())
WRAPS = wrap(HEADER.encode(), b"k" * 32, [RecipientKey(RecipientSecret(b"s" * 32).public)])
SEALING = Spoken(
    kind=StatementKind.ENVELOPE_SENT,
    preimage=MATTER.digest + sha256(WRAPS),
    wraps=WRAPS,
    node=FR,
)
RECEIPT = Receipt(
    stage=Stage.OPENED,
    mid=MID,
    header_digest=MATTER.digest,
    envelope_digest=b"e" * 32,
    by=RO,
    for_=FR,
    t_ms=7,
    why=None,
    directory=STAMP,
)
ACT = Act(act="alerted", who="RO/1", ref=MID, subject=None, why="", t_ms=8)
SILENCE = Silence(mid=MID, header_digest=MATTER.digest, step="accepted", due_ms=1, tries=(), t_ms=9)


def spoken(kind: StatementKind, preimage: bytes, node: NodeId) -> Spoken:
    """Return a statement without wraps."""
    return Spoken(kind=kind, preimage=preimage, wraps=None, node=node)


def of_receipt(receipt: Receipt = RECEIPT, node: NodeId = RO) -> Spoken:
    """Return a receipt in a log."""
    return spoken(StatementKind.RECEIPT_GIVEN, receipt.encode(), node)


def of_act(act: Act = ACT, node: NodeId = RO) -> Spoken:
    """Return an act in a log."""
    return spoken(StatementKind.ACT, act.encode(), node)


def of_silence(silence: Silence = SILENCE, node: NodeId = FR) -> Spoken:
    """Return a silence in a log."""
    return spoken(StatementKind.SILENCE, silence.encode(), node)


def test_each_kind_says_what_it_says() -> None:
    """What, when, and what it rests on."""
    sealing = read_spoken(SEALING, MATTER)
    assert (sealing.rung, sealing.at_ms, sealing.directory) == (Rung.SUBMITTED, 5, STAMP)
    receipt = read_spoken(of_receipt(), MATTER)
    assert (receipt.rung, receipt.at_ms, receipt.sealing) == (Rung.OPENED, 7, b"e" * 32)
    alerted = read_spoken(of_act(), MATTER)
    assert (alerted.what, alerted.rung) == ("officer_alerted", Rung.OFFICER_ALERTED)
    other = read_spoken(of_act(replace(ACT, act="submitted"), FR), MATTER)
    assert (other.what, other.rung, other.at_ms) == ("act:submitted", None, 8)
    silence = read_spoken(of_silence(), MATTER)
    assert (silence.rung, silence.at_ms) == (Rung.NOT_ACCEPTED, 9)
    unknown = read_spoken(of_silence(replace(SILENCE, step="later")), MATTER)
    assert (unknown.what, unknown.rung) == ("silence:later", None)
    obtained = spoken(StatementKind.RECEIPT_OBTAINED, b"r" * 32, FR)
    said = read_spoken(obtained, MATTER, receipts=[b"r" * 32])
    assert (said.what, said.at_ms) == ("receipt_obtained", None)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(SEALING, preimage=bytes(64)),
        replace(SEALING, node=RO),
        of_receipt(replace(RECEIPT, mid=OTHER)),
        of_receipt(replace(RECEIPT, header_digest=bytes(32))),
        of_receipt(replace(RECEIPT, by=DE)),
        of_receipt(replace(RECEIPT, for_=DE)),
        of_receipt(node=FR),
        of_receipt(node=DE),
        of_act(replace(ACT, ref=OTHER)),
        of_act(replace(ACT, ref=None)),
        of_act(replace(ACT, act="seen"), DE),
        of_act(node=FR),
        of_silence(replace(SILENCE, mid=OTHER)),
        of_silence(node=RO),
        of_silence(replace(SILENCE, step="later"), RO),
        spoken(StatementKind.RECEIPT_OBTAINED, b"r" * 32, FR),
    ],
)
def test_statement_about_something_else_or_by_somebody_else_is_refused(wrong: Spoken) -> None:
    """The speaker binds the log, and the header the message."""
    with pytest.raises(NotProvenError):
        read_spoken(wrong, MATTER)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(SEALING, wraps=None),
        replace(SEALING, wraps=b"\x90"),
        replace(of_receipt(), wraps=WRAPS),
        spoken(StatementKind.RECEIPT_GIVEN, b"x", RO),
        spoken(StatementKind.ACT, b"x", RO),
        spoken(StatementKind.SILENCE, b"x", FR),
        spoken(StatementKind.KEY_SET, b"x", FR),
        spoken(StatementKind.COVER, b"", FR),
    ],
)
def test_bytes_of_another_form_are_refused(wrong: Spoken) -> None:
    """Nor is a statement taken that is about no message."""
    with pytest.raises(MalformedError):
        read_spoken(wrong, MATTER)


def test_leaf_of_a_receipt_stands_in_the_senders_log() -> None:
    """Nobody else obtains it."""
    obtained = spoken(StatementKind.RECEIPT_OBTAINED, b"r" * 32, RO)
    with pytest.raises(NotProvenError):
        read_spoken(obtained, MATTER, receipts=[b"r" * 32])


def test_header_of_another_form_is_no_matter() -> None:
    """Nor one from a node to itself."""
    with pytest.raises(MalformedError):
        Matter.of(b"x")
    with pytest.raises(NotAllowedError):
        Matter.of(replace(HEADER, recipient=FR).encode())
