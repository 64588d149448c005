"""One message in a thread: `step(thread, message) -> Change`, pure, for both sides alike.

A message of the requested side implies that the request was delivered. One that is not allowed
changes nothing else: it is kept, and shown as out of order with the objection.

Source: docs/domain.md, section 7.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from protocol.cases.checking import OF_KEPT_DATA, kept_by, refusal
from protocol.cases.deciding import decided, replied_to_conditions
from protocol.cases.ending import (
    asked_hold,
    asked_to_stop,
    closed,
    confirmed_formally,
    confirmed_withdrawal,
    held,
    released,
)
from protocol.cases.facts import Asked
from protocol.cases.handling import (
    acknowledged,
    asked,
    asked_determination,
    delayed,
    determined,
    supplied,
)
from protocol.cases.message import CaseMessage, Side
from protocol.cases.objection import Reason, objection
from protocol.cases.opening import opened
from protocol.cases.phases import Phase
from protocol.cases.request import Request, on_the_clock
from protocol.cases.results import (
    advised,
    delivered,
    executed,
    reported_preservation,
    told_path,
)
from protocol.cases.rules import RULES, Effect
from protocol.cases.state import Change, Thread, Turn
from protocol.cases.using import answered_use, asked_use, reminded

_EFFECTS: Final[dict[Effect, Callable[[Turn, Any], Change]]] = {
    Effect.ACKNOWLEDGES: acknowledged,
    Effect.ASKS: asked,
    Effect.SUPPLIES: supplied,
    Effect.ASKS_DETERMINATION: asked_determination,
    Effect.DETERMINES: determined,
    Effect.DECIDES: decided,
    Effect.REPLIES_TO_CONDITIONS: replied_to_conditions,
    Effect.REPORTS_PRESERVATION: reported_preservation,
    Effect.TELLS_PATH: told_path,
    Effect.ASKS_HOLD: asked_hold,
    Effect.HOLDS: held,
    Effect.DELIVERS: delivered,
    Effect.ADVISES: lambda turn, _facts: advised(turn),
    Effect.REPORTS_EXECUTION: executed,
    Effect.DELAYS: delayed,
    Effect.WITHDRAWS: asked_to_stop,
    Effect.CONFIRMS_WITHDRAWAL: confirmed_withdrawal,
    Effect.RELEASES: released,
    Effect.CLOSES: lambda turn, _facts: closed(turn),
    Effect.CONFIRMS_FORMALLY: confirmed_formally,
    Effect.ASKS_USE: asked_use,
    Effect.ANSWERS_USE: lambda turn, _facts: answered_use(turn),
    Effect.REMINDS: lambda turn, _facts: reminded(turn),
    Effect.RECORDS: lambda turn, _facts: Change(requests=(turn.request,)),
}
"""The function of each effect but OPENS; the facts are those of the message's type."""


def step(thread: Thread, message: CaseMessage, *, reach: Phase = Phase.DELIVERED) -> Change:
    """Return what one message changes in its thread.

    The caller applies messages in the order of protocol.cases.ordering, and puts the changed
    requests in the place of those of the same id.

    Args:
        thread: As it stands; its sides are known.
        message: What comes.
        reach: Of a message that opens a request: queued, sent or delivered, as its sender's
            node has it from the receipts; always delivered where it was received.

    Returns:
        The requests after it, and the objection if it has no effect.
    """
    rule = RULES.get(message.type)
    side = thread.side_of(message.sender)
    if side is None or thread.side_of(message.recipient) in {None, side}:
        return Change(objection=objection(Reason.FOREIGN))
    if rule is None:
        return Change(objection=objection(Reason.UNKNOWN_TYPE))
    if rule.effect is Effect.OPENS and isinstance(message.facts, Asked):
        if side not in rule.sides:
            return Change(objection=objection(Reason.WRONG_SIDE, type=message.type))
        return opened(thread, message, message.facts, reach)
    request = thread.request_of(message.re)
    if request is None:
        return Change(objection=objection(Reason.NOTHING_ASKED))
    return _on_request(thread, message, side, _implied(request, side))


def _on_request(thread: Thread, message: CaseMessage, side: Side, request: Request) -> Change:
    """Apply a message to the request that it is about."""
    now_ms = message.t_ms
    about = on_the_clock(request, now_ms)
    kept = kept_by(thread, about)
    if kept is not None:
        kept = about if kept.mid == about.mid else on_the_clock(kept, now_ms)
    refused = refusal(thread, message.type, side, request=about, kept=kept, re=message.re)
    if refused is not None:
        return Change(requests=(request,), objection=refused)
    rule = RULES[message.type]
    subject = kept if kept is not None and rule.effect in OF_KEPT_DATA else about
    turn = Turn(thread=thread, message=message, side=side, request=subject, kept=kept)
    change = _EFFECTS[rule.effect](turn, message.facts)
    return replace(change, requests=(request, *change.requests))


def _implied(request: Request, side: Side) -> Request:
    """Return the request with what any message of the requested side implies."""
    return replace(request, reach=Phase.DELIVERED) if side is Side.REQUESTED else request
