"""From a valid document to the facts on which a thread's state rests, one reader a type.

    >>> len(READERS) == len(TYPES)
    True

Source: docs/domain.md, sections 5 and 6.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from protocol.cases.facts import (
    AccountAsked,
    Asked,
    AskedItem,
    Choice,
    Confirmed,
    Decided,
    DecidedItem,
    Delayed,
    Delivered,
    Determined,
    Executed,
    ExecutedItem,
    Execution,
    Facts,
    FormalKind,
    Inquiry,
    Named,
    Nothing,
    Outcome,
    PathsTold,
    Referral,
    Replied,
    Reported,
    ReportedItem,
    Step,
    Stopped,
    StoppedItem,
    Supplied,
    Taken,
    Terms,
    ToldItem,
    Withdrawn,
)
from protocol.cases.message import CaseMessage
from protocol.errors import NotAllowedError
from protocol.identifiers import MessageId, NodeId
from protocol.requests.answers import Acknowledgement, DataDelivery, InfoNeeded, InfoSupplied
from protocol.requests.catalogue import TYPES
from protocol.requests.decision import Decision
from protocol.requests.determination import ConditionReply, Determination, DeterminationRequest
from protocol.requests.document import Document
from protocol.requests.emergency import EmergencyDisclosureRequest
from protocol.requests.hold import ReleaseNotice
from protocol.requests.information import SpontaneousInformation
from protocol.requests.items import DataItem
from protocol.requests.orders import SubscriberOrderNotice
from protocol.requests.parts import Condition
from protocol.requests.preservation import PreservationExtension, PreservationReport
from protocol.requests.progress import DelayNotice, FormalConfirmation, WithdrawalAck
from protocol.requests.replies import OnItems
from protocol.requests.results import OutcomeReport, PathDisclosure
from protocol.requests.times import instant_of
from protocol.requests.use import UseAccountRequest

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def case_message(
    document: Document, *, mid: MessageId, sender: NodeId, recipient: NodeId, t_ms: int
) -> CaseMessage:
    """Return a document as its thread sees it.

    Args:
        document: Valid; sent or received.
        mid: The content's `mid`.
        sender: The content's `from`.
        recipient: The content's `to`: the node, also where the document names the Party alone.
        t_ms: The content's `t`.

    Raises:
        NotAllowedError: A type of which nobody said what it means for a thread.
    """
    return CaseMessage(
        mid=mid,
        sender=sender,
        recipient=recipient,
        type=document.type,
        re=_message(document.in_reply_to),
        supersedes=_message(document.supersedes),
        t_ms=t_ms,
        urgency=document.urgency,
        facts=facts_of(document),
    )


def facts_of(document: Document) -> Facts:
    """Return the facts of a document.

    Args:
        document: Valid.

    Raises:
        NotAllowedError: A type of which nobody said what it means for a thread.
    """
    reader = READERS.get(document.type)
    if reader is None:
        raise NotAllowedError("a type that no thread knows")
    return reader(document.body)


def milliseconds(instant: str) -> int:
    """Return a checked Instant in milliseconds since 1970 UTC, cut off.

    Args:
        instant: A text that passed as Instant.
    """
    return (instant_of(instant) - _EPOCH) // _MILLISECOND


def _message(text: str | None) -> MessageId | None:
    return None if text is None else MessageId.parse(text)


def _terms(conditions: Iterable[Condition] | None) -> tuple[Terms, ...]:
    return tuple(Terms(kind=each.kind, text=each.text) for each in conditions or ())


def _asked(body: Any) -> Asked:  # noqa: ANN401 - any form of a request, with items or without
    items: tuple[DataItem, ...] = getattr(body, "items", None) or ()
    return Asked(items=_asked_items(items))


def _asked_items(items: Iterable[DataItem]) -> tuple[AskedItem, ...]:
    return tuple(AskedItem(item_id=each.item_id, category=each.data_category) for each in items)


def _extension(body: PreservationExtension) -> Asked:
    return Asked(items=tuple(AskedItem(item_id=name) for name in body.item_ids or ()))


def _emergency(body: EmergencyDisclosureRequest) -> Asked:
    return Asked(items=_asked_items(body.items), oral=body.oral_given_at is not None)


def _spontaneous(body: SpontaneousInformation) -> Asked:
    return Asked(
        items=_asked_items(body.items or ()), step=Step(body.step), terms=_terms(body.conditions)
    )


def _order_notice(body: SubscriberOrderNotice) -> Asked:
    return Asked(issued_on=body.issued_on)


def _acknowledgement(body: Acknowledgement) -> Taken:
    return Taken(expected=body.expected_decision_by, zone=body.duty_contact.time_zone)


def _info_needed(body: InfoNeeded) -> Inquiry:
    return Inquiry(
        questions=frozenset(each.question_id for each in body.questions),
        suspended=body.clock_suspended,
        answer_by=body.answer_by,
    )


def _info_supplied(body: InfoSupplied) -> Supplied:
    return Supplied(questions=frozenset(each.question_id for each in body.answers))


def _determination_request(body: DeterminationRequest) -> Referral:
    return Referral(items=body.item_ids, answer_by=body.answer_by)


def _determination(body: Determination) -> Determined:
    return Determined(choice=Choice(body.answer), items=body.item_ids)


def _decision(body: Decision) -> Decided:
    return Decided(
        answers_type=body.answers_type,
        items=tuple(
            DecidedItem(
                item_id=each.item_id,
                outcome=Outcome(each.outcome),
                terms=_terms(each.conditions),
                review_on=each.postponed_until,
            )
            for each in body.items
        ),
    )


def _condition_reply(body: ConditionReply) -> Replied:
    return Replied(accepted=body.answer == "accepted", items=body.item_ids)


def _preservation_report(body: PreservationReport) -> Reported:
    return Reported(
        items=tuple(
            ReportedItem(
                item_id=each.item_id,
                at_ms=None if each.preserved_at is None else milliseconds(each.preserved_at),
                until_ms=None
                if each.preserved_until is None
                else milliseconds(each.preserved_until),
            )
            for each in body.items
        )
    )


def _path_disclosure(body: PathDisclosure) -> PathsTold:
    return PathsTold(
        items=tuple(ToldItem(item_id=each.item_id, result=each.result) for each in body.items)
    )


def _on_items(body: OnItems) -> Named:
    return Named(items=body.item_ids)


def _data_delivery(body: DataDelivery) -> Delivered:
    return Delivered(
        items=tuple(each.item_id for each in body.items), terms=_terms(body.conditions)
    )


def _outcome_report(body: OutcomeReport) -> Executed:
    return Executed(
        items=tuple(
            ExecutedItem(item_id=each.item_id, outcome=Execution(each.outcome))
            for each in body.items
        )
    )


def _delay_notice(body: DelayNotice) -> Delayed:
    return Delayed(expected=body.new_expected_date)


def _withdrawal_ack(body: WithdrawalAck) -> Withdrawn:
    return Withdrawn(
        items=tuple(
            StoppedItem(item_id=each.item_id, found=Stopped(each.state)) for each in body.items
        )
    )


def _release_notice(body: ReleaseNotice) -> Named:
    return Named(items=tuple(each.item_id for each in body.items))


def _formal_confirmation(body: FormalConfirmation) -> Confirmed:
    return Confirmed(kind=FormalKind(body.kind))


def _account_request(body: UseAccountRequest) -> AccountAsked:
    return AccountAsked(answer_by=body.answer_by)


def _nothing(_body: object) -> Nothing:
    return Nothing()


READERS: Final[dict[str, Callable[[Any], Facts]]] = {
    **{name: _asked for name, kind in TYPES.items() if kind.is_request},
    **dict.fromkeys(
        (
            "advice_answer",
            "referral_notice",
            "closure",
            "use_account",
            "onward_transfer_request",
            "judicial_use_request",
            "onward_transfer_decision",
            "judicial_use_decision",
            "data_incident_notice",
            "data_correction_notice",
            "reminder",
            "correction",
            "note",
        ),
        _nothing,
    ),
    "preservation_extension": _extension,
    "emergency_disclosure_request": _emergency,
    "spontaneous_information": _spontaneous,
    "subscriber_order_notice": _order_notice,
    "acknowledgement": _acknowledgement,
    "info_needed": _info_needed,
    "info_supplied": _info_supplied,
    "determination_request": _determination_request,
    "determination": _determination,
    "decision": _decision,
    "condition_reply": _condition_reply,
    "preservation_report": _preservation_report,
    "path_disclosure": _path_disclosure,
    "mla_followup_notice": _on_items,
    "mla_received_confirmation": _on_items,
    "data_delivery": _data_delivery,
    "outcome_report": _outcome_report,
    "delay_notice": _delay_notice,
    "withdrawal": _on_items,
    "withdrawal_ack": _withdrawal_ack,
    "release_notice": _release_notice,
    "formal_confirmation": _formal_confirmation,
    "use_account_request": _account_request,
}
"""How each type of the catalogue is read."""
