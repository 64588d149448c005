"""Why a message is not allowed: a closed list of reasons, each with its sentence for an officer.

The sending side refuses with the sentence; the receiving side keeps the message, shows it as out
of order, and nothing changes by it.

Source: docs/domain.md, section 7.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why a message has no effect."""

    AWAITED = "awaited"
    CANCELLED = "cancelled"
    CASE_CLOSED = "case_closed"
    CONDITIONS_UNANSWERED = "conditions_unanswered"
    FOREIGN = "foreign"
    ITEMS_OPEN = "items_open"
    NO_EARLIER_REQUEST = "no_earlier_request"
    NO_SUCH_ITEM = "no_such_item"
    NOT_ADMITTED = "not_admitted"
    NOT_IN_STATE = "not_in_state"
    NOT_LATER = "not_later"
    NOT_PRESERVED = "not_preserved"
    NOTHING_ASKED = "nothing_asked"
    REPEATED_ID = "repeated_id"
    STARTS_A_CASE = "starts_a_case"
    SUPERSEDED = "superseded"
    TOO_MANY_REQUESTS = "too_many_requests"
    UNKNOWN_TYPE = "unknown_type"
    WRONG_ITEM_STATE = "wrong_item_state"
    WRONG_REQUEST_TYPE = "wrong_request_type"
    WRONG_SIDE = "wrong_side"


SENTENCES: Final[dict[Reason, str]] = {
    Reason.AWAITED: (
        "The message that this one replies to is not here yet. It counts as soon as that arrives."
    ),
    Reason.CANCELLED: "Its author took it back before it was known to have arrived.",
    Reason.CASE_CLOSED: (
        "The request is closed and stays so. Ask anew, in a new case if this one is closed."
    ),
    Reason.CONDITIONS_UNANSWERED: (
        "The conditions of the offer are not answered yet. Wait for the reply to them."
    ),
    Reason.FOREIGN: "It does not come from one of the two points of contact of this case.",
    Reason.ITEMS_OPEN: (
        "Something in this case is still open. Wait for it, or withdraw the request."
    ),
    Reason.NO_EARLIER_REQUEST: (
        "It replaces no open request of its type in this case. Name the request that it replaces."
    ),
    Reason.NO_SUCH_ITEM: (
        "It names no item of the request. Take the names from the request, or `*` for all of it."
    ),
    Reason.NOT_ADMITTED: (
        "A request of this type is not answered by `{type}`. Take one of the answers that its "
        "form names."
    ),
    Reason.NOT_IN_STATE: (
        "`{type}` is not allowed while the request is `{state}`, but in: {states}."
    ),
    Reason.NOT_LATER: (
        "The data are preserved until that day or longer already. State a later end."
    ),
    Reason.NOT_PRESERVED: (
        "No data are preserved under this request in a state that allows it: they were not "
        "reported, or are held, disclosed, lapsed or released."
    ),
    Reason.NOTHING_ASKED: (
        "It answers nothing that is still open. Reply to the message that asked."
    ),
    Reason.REPEATED_ID: "Another message of this case has the same id.",
    Reason.STARTS_A_CASE: "A document of this type opens a case of its own. Send it as a new case.",
    Reason.SUPERSEDED: "The request was replaced by a newer one. Reply to that one.",
    Reason.TOO_MANY_REQUESTS: "The case holds as many requests as it can. Open a new case.",
    Reason.UNKNOWN_TYPE: "This version knows no such document in a case.",
    Reason.WRONG_ITEM_STATE: (
        "The items that it names are not in a state that allows it. See their states in the case."
    ),
    Reason.WRONG_REQUEST_TYPE: (
        "It decides on a request of another type. Set `answers_type` to the type of the request."
    ),
    Reason.WRONG_SIDE: (
        "`{type}` is sent by the other side of this case. To ask for something yourself, open a "
        "case of your own."
    ),
}
"""What an officer reads: what is wrong, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """A reason why a message has no effect.

    Args:
        reason: Which.
        text: One sentence or two for an officer.
        items: Names of the items that stand against it, where it is about some.
        values: What the sentence names, by the name in SENTENCES.
    """

    reason: Reason
    text: str
    items: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)


def objection(
    reason: Reason,
    *,
    type: str = "",  # noqa: A002 - the field's own name
    state: str = "",
    states: str = "",
    items: tuple[str, ...] = (),
) -> Objection:
    """Return an objection with its sentence.

    Args:
        reason: Which.
        type: The message's type, where the sentence names it.
        state: Where the request stands.
        states: Where it would have to stand.
        items: Names of the items that stand against it.
    """
    values = {"type": type, "state": state, "states": states}
    text = SENTENCES[reason].format(**values)
    return Objection(reason=reason, text=text, items=items, values=values)
