"""Documents that answer a message or go on from it, begun for an officer who then completes them.

Pure: from the message that is answered and what a form sent to a document that may still lack
what its type requires; the check before sending says so.

Source: docs/domain.md, sections 5 to 8.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, assert_never

from protocol.cases.facts import Outcome
from protocol.identifiers import MessageId, NodeId
from protocol.requests.catalogue import TYPES
from protocol.requests.decision import GROUNDS
from protocol.requests.forms import form_fields
from protocol.requests.replies import WHOLE_REQUEST, ByItem

Json = dict[str, Any]

POSTPONING: Final = ("prejudice_to_own_investigation",)
"""The one ground on which a decision is put off."""

_NEW_EACH_TIME: Final = frozenset({"request_date", "request_status", "requested_until"})
_ITEMS: Final = "items"
_HEAD: Final = ("urgency", "handling_code", "handling_text", "language")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What an officer decided on one item, as it was typed; empty for nothing.

    Attributes:
        item_id: The item, by the name that the request gave it.
        outcome: What became of it.
        ground: A code of a ground.
        ground_reason: Why it applies in this case.
        reasons: The reasons of the decision.
        considered: A lesser grant was considered first.
        granted: What is granted, where it is a part.
        conditions: Kinds of conditions.
        condition_text: In words.
        postponed_until: A day, as documents have it.
        referred_to: The authority to which it was handed over.
        referred_kind: What kind of authority that is.
        impossible: A code: why it is not possible.
    """

    item_id: str
    outcome: Outcome
    ground: str = ""
    ground_reason: str = ""
    reasons: str = ""
    considered: bool = False
    granted: str = ""
    conditions: tuple[str, ...] = ()
    condition_text: str = ""
    postponed_until: str = ""
    referred_to: str = ""
    referred_kind: str = ""
    impossible: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """Who decides, when, and what goes with the whole decision."""

    organisation: str
    kind: str
    country: str
    decided_on: str
    reference: str = ""
    other_cooperation: str = ""


def items_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the items of a request; `*` alone for one without items.

    Args:
        document: The request.
    """
    body = document.get("body")
    items = body.get("items") if isinstance(body, Mapping) else None
    names = [
        item["item_id"]
        for item in (items if isinstance(items, list) else ())
        if isinstance(item, Mapping) and isinstance(item.get("item_id"), str)
    ]
    return tuple(names) or (WHOLE_REQUEST,)


def grounds_of(type_name: str) -> tuple[str, ...]:
    """Return the grounds on which a request may be refused, and the one to put it off.

    Args:
        type_name: Of the request; one that is never decided has none.
    """
    return (*sorted(GROUNDS.get(type_name, ())), *POSTPONING) if type_name in GROUNDS else ()


def begun(asked: Mapping[str, Any], mid: MessageId, to: NodeId, type_name: str) -> Json:
    """Return a document of some type that replies to a message.

    A further request of the same case carries over what both forms ask: nobody types the facts
    of a case twice.

    Args:
        asked: The document of that message.
        mid: Its id.
        to: The other side.
        type_name: Of the document to be begun.
    """
    kind = TYPES[type_name]
    body: Json = {}
    if kind.is_request and isinstance(asked.get("body"), Mapping):
        known = {field.name for field in form_fields(kind.model)} - _NEW_EACH_TIME
        body = {name: value for name, value in asked["body"].items() if name in known}
    if issubclass(kind.model, ByItem):
        body[_ITEMS] = [{"item_id": name} for name in items_of(asked)]
    return {
        "type": type_name,
        "to": str(to),
        "in_reply_to": str(mid),
        **{name: asked[name] for name in _HEAD if name in asked},
        "body": body,
    }


def decided(
    asked: Mapping[str, Any],
    mid: MessageId,
    to: NodeId,
    *,
    deciding: Deciding,
    rulings: Sequence[Ruling],
) -> Json:
    """Return a decision on a request, item by item.

    Each item holds only what belongs to its outcome; what was typed for another one is left out.

    Args:
        asked: The request.
        mid: Its id.
        to: Who asked.
        deciding: Who decides.
        rulings: In the order of the request's items.
    """
    document = begun(asked, mid, to, "decision")
    document["body"] = {
        "answers_type": asked["type"],
        "deciding_authority": _given(
            organisation=deciding.organisation, kind=deciding.kind, country=deciding.country
        ),
        "decided_on": deciding.decided_on,
        **_given(
            recipient_reference=deciding.reference,
            other_forms_of_cooperation=deciding.other_cooperation,
        ),
        "items": [_item(ruling) for ruling in rulings],
    }
    return document


def _item(ruling: Ruling) -> Json:
    item: Json = {"item_id": ruling.item_id, "outcome": ruling.outcome.value}
    match ruling.outcome:
        case Outcome.ACCEPTED:
            pass
        case Outcome.ACCEPTED_WITH_CONDITIONS:
            item |= {"conditions": _conditions(ruling)}
        case Outcome.PARTIALLY_ACCEPTED:
            item |= _given(granted_scope=ruling.granted)
            item |= _given(grounds=_grounds(ruling), conditions=_conditions(ruling))
        case Outcome.REFUSED:
            item |= _turned_down(ruling)
        case Outcome.POSTPONED:
            item |= _turned_down(ruling) | _given(postponed_until=ruling.postponed_until)
        case Outcome.REFERRED:
            referred = _given(organisation=ruling.referred_to, kind=ruling.referred_kind)
            item |= {"referred_to": referred}
        case Outcome.NOT_POSSIBLE:
            item |= _given(not_possible_reason=ruling.impossible)
        case _:
            assert_never(ruling.outcome)
    return item | _given(reasons=ruling.reasons)


def _turned_down(ruling: Ruling) -> Json:
    return {"grounds": _grounds(ruling), "partial_considered": ruling.considered}


def _grounds(ruling: Ruling) -> list[Json]:
    return [_given(code=ruling.ground, reason=ruling.ground_reason)] if ruling.ground else []


def _conditions(ruling: Ruling) -> list[Json]:
    """Return the conditions; the words go with the last one, or with `other` if that is chosen."""
    kinds = sorted(ruling.conditions, key=lambda kind: kind == "other")
    return [
        {"kind": kind, **_given(text=ruling.condition_text if kind == kinds[-1] else "")}
        for kind in kinds
    ]


def _given(**fields: object) -> Json:
    """Return the fields that have a value."""
    return {name: value for name, value in fields.items() if value}
