"""The ladder of evidence of one message: which statement shows which step, and who must say it.

Does: one table of rungs, each with its kind of statement, its speaker, and the event of ETSI
EN 319 522 that comes nearest; from receipts, acts and silences to their rung. Leaves proofs to
`protocol.evidence.verdict`.

The events are named for readers who know them. How near each comes is our reading (`Fit`), not
the standard's; nothing here claims a registered or qualified delivery service. Where the names
come from stands in docs/evidence.md.

Source: docs/evidence.md, "The ladder"; docs/wire-format.md, rules 6 and 22.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from protocol.delivery.escalation import Step
from protocol.errors import NotAllowedError
from protocol.identifiers import NodeId
from protocol.log.deed import Act, Silence
from protocol.log.statement import StatementKind
from protocol.receipt import Receipt, Stage

SUBMITTED_ACT: Final = "submitted"
"""Word of the act with which an officer sends."""

ALERTED_ACT: Final = "alerted"
"""Word of the act that states that an officer was alerted to a message."""


class Rung(StrEnum):
    """A step of the ladder, in rising order; the last four are ends without an answer."""

    SUBMITTED = "submitted"
    RELAY_ACCEPTED = "relay_accepted"
    CONSIGNED = "consigned"
    OFFICER_ALERTED = "officer_alerted"
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    DECLINED = "declined"
    ANSWERED = "answered"
    REJECTED = "rejected"
    EXPIRED = "expired"
    NOT_ACCEPTED = "not_accepted"
    NOT_ACKNOWLEDGED = "not_acknowledged"


class Speaker(StrEnum):
    """Whose log the statement stands in."""

    SENDER = "sender"
    RECEIVER = "receiver"


class EtsiEvent(StrEnum):
    """Events of ETSI EN 319 522 by name; only those that a rung comes near."""

    SUBMISSION_ACCEPTANCE = "SubmissionAcceptance"
    RELAY_ACCEPTANCE = "RelayAcceptance"
    RELAY_FAILURE = "RelayFailure"
    CONTENT_CONSIGNMENT = "ContentConsignment"
    CONTENT_CONSIGNMENT_FAILURE = "ContentConsignmentFailure"
    CONSIGNMENT_NOTIFICATION = "ConsignmentNotification"
    CONTENT_HANDOVER = "ContentHandover"
    CONTENT_HANDOVER_FAILURE = "ContentHandoverFailure"
    CONSIGNMENT_ACCEPTANCE = "ConsignmentAcceptance"
    CONSIGNMENT_REJECTION = "ConsignmentRejection"
    ACCEPTANCE_REJECTION_EXPIRY = "AcceptanceRejectionExpiry"


class Fit(StrEnum):
    """How near the event comes to the rung, by our reading."""

    SAME = "same"
    """The same moment between the same two sides."""
    NEAR = "near"
    """The nearest event there is; docs/evidence.md says what differs."""
    NONE = "none"
    """No event; the rung is none of a delivery service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One rung of the table.

    Attributes:
        rung: The step.
        speaker: Whose word it is; nobody else's counts for it.
        kind: Of the statement that shows it.
        event: The nearest event, None if there is none.
        fit: How near.
    """

    rung: Rung
    speaker: Speaker
    kind: StatementKind
    event: EtsiEvent | None
    fit: Fit


_ROWS: Final = (
    Row(
        rung=Rung.SUBMITTED,
        speaker=Speaker.SENDER,
        kind=StatementKind.ENVELOPE_SENT,
        event=EtsiEvent.SUBMISSION_ACCEPTANCE,
        fit=Fit.SAME,
    ),
    Row(
        rung=Rung.RELAY_ACCEPTED,
        speaker=Speaker.RECEIVER,
        kind=StatementKind.RECEIPT_GIVEN,
        event=EtsiEvent.RELAY_ACCEPTANCE,
        fit=Fit.SAME,
    ),
    Row(
        rung=Rung.CONSIGNED,
        speaker=Speaker.RECEIVER,
        kind=StatementKind.RECEIPT_GIVEN,
        event=EtsiEvent.CONTENT_CONSIGNMENT,
        fit=Fit.SAME,
    ),
    Row(
        rung=Rung.OFFICER_ALERTED,
        speaker=Speaker.RECEIVER,
        kind=StatementKind.ACT,
        event=EtsiEvent.CONSIGNMENT_NOTIFICATION,
        fit=Fit.NEAR,
    ),
    Row(
        rung=Rung.OPENED,
        speaker=Speaker.RECEIVER,
        kind=StatementKind.RECEIPT_GIVEN,
        event=EtsiEvent.CONTENT_HANDOVER,
        fit=Fit.NEAR,
    ),
    Row(
        rung=Rung.ACKNOWLEDGED,
        speaker=Speaker.RECEIVER,
        kind=StatementKind.RECEIPT_GIVEN,
        event=EtsiEvent.CONSIGNMENT_ACCEPTANCE,
        fit=Fit.NEAR,
    ),
    Row(
        rung=Rung.DECLINED,
        speaker=Speaker.RECEIVER,
        kind=StatementKind.RECEIPT_GIVEN,
        event=EtsiEvent.CONSIGNMENT_REJECTION,
        fit=Fit.NEAR,
    ),
    Row(
        rung=Rung.ANSWERED,
        speaker=Speaker.RECEIVER,
        kind=StatementKind.ENVELOPE_SENT,
        event=None,
        fit=Fit.NONE,
    ),
    Row(
        rung=Rung.REJECTED,
        speaker=Speaker.RECEIVER,
        kind=StatementKind.RECEIPT_GIVEN,
        event=EtsiEvent.CONTENT_CONSIGNMENT_FAILURE,
        fit=Fit.NEAR,
    ),
    Row(
        rung=Rung.EXPIRED,
        speaker=Speaker.RECEIVER,
        kind=StatementKind.RECEIPT_GIVEN,
        event=EtsiEvent.CONTENT_HANDOVER_FAILURE,
        fit=Fit.NEAR,
    ),
    Row(
        rung=Rung.NOT_ACCEPTED,
        speaker=Speaker.SENDER,
        kind=StatementKind.SILENCE,
        event=EtsiEvent.RELAY_FAILURE,
        fit=Fit.NEAR,
    ),
    Row(
        rung=Rung.NOT_ACKNOWLEDGED,
        speaker=Speaker.SENDER,
        kind=StatementKind.SILENCE,
        event=EtsiEvent.ACCEPTANCE_REJECTION_EXPIRY,
        fit=Fit.NEAR,
    ),
)

ROWS: Final[Mapping[Rung, Row]] = MappingProxyType({row.rung: row for row in _ROWS})
"""The whole ladder by rung, in order."""

_STAGES: Final = MappingProxyType({
    Stage.ACCEPTED: Rung.RELAY_ACCEPTED,
    Stage.REJECTED: Rung.REJECTED,
    Stage.CONSIGNED: Rung.CONSIGNED,
    Stage.OPENED: Rung.OPENED,
    Stage.ACKNOWLEDGED: Rung.ACKNOWLEDGED,
    Stage.DECLINED: Rung.DECLINED,
    Stage.EXPIRED: Rung.EXPIRED,
})  # fmt: skip
_ACTS: Final = MappingProxyType(
    {
        SUBMITTED_ACT: Rung.SUBMITTED,
        ALERTED_ACT: Rung.OFFICER_ALERTED,
    }
)
_STEPS: Final = MappingProxyType(
    {
        Step.ACCEPTED.value: Rung.NOT_ACCEPTED,
        Step.ACKNOWLEDGED.value: Rung.NOT_ACKNOWLEDGED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Between whom a message went.

    Args:
        sender: `from` of its header.
        receiver: `to` of its header.

    Raises:
        NotAllowedError: The same node twice.
    """

    sender: NodeId
    receiver: NodeId

    def __post_init__(self) -> None:
        if self.sender == self.receiver:
            raise NotAllowedError("a message goes from one node to another")

    def node(self, speaker: Speaker) -> NodeId:
        """Return the node on one side."""
        return self.sender if speaker is Speaker.SENDER else self.receiver

    def is_party(self, node: NodeId) -> bool:
        """Tell whether a node is of one of the two Parties, whichever of its nodes it is.

        Two nodes of one State are one word: neither is a third that has no part in the matter.
        """
        return node.country in {self.sender.country, self.receiver.country}


def rung_of_receipt(receipt: Receipt) -> Rung:
    """Return the rung that a receipt of the receiver shows."""
    return _STAGES[receipt.stage]


def rung_of_act(act: Act) -> Rung | None:
    """Return the rung that an officer's act shows; None for an act that is none."""
    return _ACTS.get(act.act)


def rung_of_silence(silence: Silence) -> Rung | None:
    """Return the rung that evidence of silence shows; None for a step that is not known here."""
    return _STEPS.get(silence.step)


def may_say(rung: Rung, node: NodeId, exchange: Exchange) -> bool:
    """Tell whether a rung counts as the word of this node.

    Args:
        rung: The step.
        node: Of the log in which the statement is proven.
        exchange: Sender and receiver of the message in question (for `answered`: not of the
            answer).
    """
    return exchange.node(ROWS[rung].speaker) == node
