"""What may be sent in a thread now: asked before a form is offered, and before a document goes.

    reason = may_send(thread, Side.REQUESTED, "preservation_report")
    if reason is not None:
        show(reason.text)

`may_send` knows the type alone; `entry_of` knows the document and says what each item would do.

Source: docs/domain.md, section 7.
"""

from dataclasses import replace

from protocol.cases.checking import kept_by, refusal
from protocol.cases.fold import History, fold
from protocol.cases.message import CaseMessage, Side
from protocol.cases.objection import Objection, Reason, objection
from protocol.cases.opening import Opening, opening_refusal
from protocol.cases.rules import RULES, Effect
from protocol.cases.state import Entry, Thread
from protocol.identifiers import MessageId


def may_send(
    thread: Thread,
    side: Side,
    type: str,  # noqa: A002 - the field's own name
    *,
    re: MessageId | None = None,
) -> Objection | None:
    """Tell why a document of a type may not be sent now.

    Args:
        thread: Of this node, at the present time (Thread.at).
        side: On which this node is.
        type: Of the document.
        re: The message that it replies to; None for the request that the thread stands at, or
            the latest under which data are preserved.

    Returns:
        None when there is a document of the type that is allowed; else why, for an officer.
    """
    rule = RULES.get(type)
    if rule is None:
        return objection(Reason.UNKNOWN_TYPE)
    if side not in rule.sides:
        return objection(Reason.WRONG_SIDE, type=type)
    request = thread.current if re is None else thread.request_of(re)
    if request is None:
        return objection(Reason.AWAITED)
    if rule.effect is Effect.OPENS:
        return opening_refusal(thread, Opening(type=type, joins=True, parent=request))
    kept = kept_by(thread, request)
    return refusal(thread, type, side, request=request, kept=kept, re=re)


def sendable(thread: Thread, side: Side, *, re: MessageId | None = None) -> tuple[str, ...]:
    """Return the types that may be sent now, in the order of the rules.

    Args:
        thread: Of this node, at the present time.
        side: On which this node is.
        re: As for may_send.
    """
    return tuple(name for name in RULES if may_send(thread, side, name, re=re) is None)


def entry_of(history: History, message: CaseMessage) -> Entry:
    """Return the place that a message would take in its thread, with all that it says.

    The caller refuses to send it when the entry has an objection, and warns of items that it
    passes over.

    Args:
        history: All that this node holds of the thread.
        message: The new one, made from the document that is about to be sent.
    """
    thread = fold(replace(history, messages=(*history.messages, message)))
    return next(entry for entry in thread.entries if entry.message == message)
