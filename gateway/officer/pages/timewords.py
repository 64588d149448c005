"""The words by which a timeline says what happened, by the words of events and of acts.

Source: docs/desk.md, "Inbox and cases" and "Events".
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from gateway.officer.adapters.languages import message
from gateway.records import Direction
from gateway.rows import EventRow
from protocol.cases.ladder import MessageState


class LineKind(StrEnum):
    """What a line is, for its mark beside the time."""

    STEP = "step"
    """A step of a message, told by a receipt or an act."""
    EVIDENCE = "evidence"
    """Silence that was stated in our log."""
    WARNING = "warning"
    """Somebody should do something."""
    OURS = "ours"
    """What this desk noted for itself: no other Party hears of it."""


_S: Final = MessageState
_STEP: Final = LineKind.STEP
_WARNING: Final = LineKind.WARNING

_SENT: Final[Mapping[str, str]] = {
    _S.QUEUED: message("Sealed, stated in our log, waits to be sent"),
    _S.ACCEPTED: message("Accepted by their node"),
    _S.CONSIGNED: message("In their duty inbox"),
    _S.OPENED: message("Opened by a person there"),
    _S.ACKNOWLEDGED: message("Acknowledged by a person there"),
    _S.DECLINED: message("Declined"),
    _S.ANSWERED: message("Answered"),
    _S.REJECTED: message("Refused by their node, with proof"),
    _S.EXPIRED: message("Expired: its time ran out before it arrived"),
    _S.CANCELLED: message("Cancelled by this desk"),
}
_RECEIVED: Final[Mapping[str, str]] = {
    _S.ACCEPTED: message("Received by this node"),
    _S.CONSIGNED: message("In the duty inbox"),
    _S.OPENED: message("Opened here; they were told"),
    _S.ACKNOWLEDGED: message("Acknowledged; they were told"),
    _S.DECLINED: message("Declined; they were told"),
    _S.ANSWERED: message("Answered"),
    _S.REJECTED: message("Refused by this node, with proof"),
    _S.EXPIRED: message("Expired"),
    _S.CANCELLED: message("Taken back by its sender"),
}
_SAID: Final[Mapping[tuple[str, str], tuple[str, LineKind]]] = {
    ("message.escalated", "hasten_accepted"): (
        message("Not accepted in time: tried by every way, the operator was told"),
        _WARNING,
    ),
    ("message.escalated", "telephone_accepted"): (
        message("Not accepted in time: time to telephone"),
        _WARNING,
    ),
    ("message.escalated", "hasten_acknowledged"): (
        message("Not acknowledged in time: the operator was told"),
        _WARNING,
    ),
    ("message.escalated", "telephone_acknowledged"): (
        message("Not acknowledged in time: time to telephone"),
        _WARNING,
    ),
    ("non_delivery_notice", "silence_accepted"): (
        message("Silence: their node had not accepted it when it was due"),
        LineKind.EVIDENCE,
    ),
    ("silence_notice", "silence_acknowledged"): (
        message("Silence: no person had acknowledged it when it was due"),
        LineKind.EVIDENCE,
    ),
    ("message.escalated", "copied"): (
        message("A copy went to their second point of contact"),
        _WARNING,
    ),
    ("message.escalated", "withdrawn"): (
        message("Taken back: the other point of contact has the case"),
        _STEP,
    ),
    ("message.lost", "sent_again"): (
        message("Their node lost it; it is sent again"),
        _WARNING,
    ),
    ("message.lost", "gone"): (
        message("Their node lost it, and its time is over"),
        _WARNING,
    ),
    ("message.lost", "taken_back"): (
        message("Their node lost it; it was taken back, so it is not sent again"),
        _STEP,
    ),
    ("message.recovered", "receipts"): (
        message("Receipts that this node had lost came back"),
        _STEP,
    ),
    ("emergency", "waiting"): (
        message("Emergency: waits to be opened"),
        _WARNING,
    ),
    ("emergency", "unopened"): (
        message("Emergency: nobody opened it in half of its time"),
        _WARNING,
    ),
    ("thread.assigned", "assigned"): (
        message("The case was given to somebody of this desk"),
        LineKind.OURS,
    ),
    ("thread.assigned", "returned"): (
        message("The case was given back to the desk"),
        LineKind.OURS,
    ),
    ("message.alerted", "desk"): (
        message("The desk was shown that a message waits"),
        _STEP,
    ),
}
_BY_KIND: Final[Mapping[str, tuple[str, LineKind]]] = {
    "message.stuck": (message("Not taken for now (%(code)s); tried again"), _WARNING),
    "expiry_warning": (message("Preserved data end soon: %(days)s days left"), _WARNING),
    "lapse_notice": (message("Preservation has lapsed"), _WARNING),
    "clock.warning": (message("A step of it is due soon"), _WARNING),
    "clock.expired": (message("A step of it is overdue"), _WARNING),
}
OTHER: Final = message("Event %(code)s")
TOLD_BY_NOTES: Final = "thread.noted"
"""Notes and calls have lines of their own, with their texts."""

ACTS: Final[Mapping[str, str]] = {
    "submitted": message("Written and submitted"),
    "approved": message("Approved by a second person"),
    "returned": message("Returned to its author"),
    "override": message("Sent without a second person: one must still confirm"),
    "sent": message("Sent"),
    "cancelled": message("Taken back by this desk"),
    "exported": message("Evidence taken"),
    "printed": message("Put on paper"),
    "held": message("Kept from being erased"),
    "released": message("May be erased again"),
}
"""Acts of people of this desk, by the word that our log has for them."""

LOGGED: Final[Mapping[str, str]] = {
    "accepted": message("accepted"),
    "consigned": message("in the duty inbox"),
    "opened": message("opened"),
    "acknowledged": message("acknowledged"),
    "declined": message("declined"),
    "answered": message("answered"),
    "rejected": message("refused"),
    "submitted": message("submitted"),
    "taken_back": message("taken back"),
    "approved": message("approved"),
    "confirmed": message("confirmed afterwards"),
    "returned": message("returned to its author"),
    "override": message("sent without a second person"),
    "sent": message("sent"),
    "cancelled": message("taken back by this desk"),
    "exported": message("evidence or table taken"),
    "printed": message("put on paper"),
    "alerted": message("the desk was alerted"),
    "pinged": message("ping sent"),
    "ping_answered": message("ping answered"),
    "ping_round": message("round of pings ended"),
    "policy_changed": message("policy of second persons changed"),
    "break_glass": message("came in by the break-glass password"),
    "person_added": message("person added"),
    "roles_changed": message("roles changed"),
    "combined_roles": message("operator and officer in one hand"),
    "person_locked": message("person locked"),
    "person_unlocked": message("person unlocked"),
    "link_made": message("one-time link made"),
    "password_set": message("password set or taken away"),
    "passkey_added": message("passkey added"),
    "passkey_removed": message("passkey removed"),
    "token_made": message("token made"),
    "token_removed": message("token removed"),
    "held": message("kept from being erased"),
    "released": message("may be erased again"),
}
"""What leaves of a log say, by the words of receipts and acts; another one is shown as it is."""

TOLD_BY_STEPS: Final = frozenset({"opened", "alerted"})
OTHER_ACT: Final = message("Act: %(code)s")
OPENED_HERE: Final = _RECEIVED[_S.OPENED]
NOTE: Final = message("Note")
CALL: Final = message("Telephone call")


_STEPS_BY: Final = frozenset({"receipt", "message.state", "message.received"})


def is_step(event: EventRow) -> bool:
    """Tell whether an event says that a message has come to a step of the ladder.

    A step may be told twice: by the receipt that proves it, and by the message that follows from
    it, as an acknowledgement does.

    Args:
        event: Of the message.
    """
    return event.kind in _STEPS_BY and event.what in set(_S)


def kinds_with_words() -> frozenset[str]:
    """Return the kinds of events that have lines in a timeline: pages listen to all of them."""
    return frozenset({kind for kind, _ in _SAID} | _BY_KIND.keys() | _STEPS_BY | {TOLD_BY_NOTES})


def words_of(event: EventRow, direction: Direction) -> tuple[str, LineKind]:
    """Return what an event says of a message, and which mark its line bears.

    Args:
        event: Of the message.
        direction: Received or sent.
    """
    said = _SAID.get((event.kind, event.what)) or _BY_KIND.get(event.kind)
    if said is not None:
        return said
    steps = _RECEIVED if direction is Direction.IN else _SENT
    if event.what in steps:
        is_end = event.what in {_S.REJECTED, _S.EXPIRED}
        return steps[event.what], _WARNING if is_end else _STEP
    return OTHER, _STEP
