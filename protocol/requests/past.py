"""What a thread says so far, and what a document that goes on from it takes over.

Source: docs/domain.md, sections 5 and 6.1; T-CY template of 9 July 2018, section 10.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from protocol.requests.answers import Acknowledgement
from protocol.requests.decision import Decision
from protocol.requests.document import Document
from protocol.requests.people import Authority
from protocol.requests.preservation import PreservationReport
from protocol.requests.replies import WHOLE_REQUEST
from protocol.requests.wire import as_written

Draft = dict[str, Any]
"""A document in plain values, ready for JSON, that still lacks something."""

_HANDLING: Final = (
    "handling_code",
    "handling_text",
    "language",
    "tlp",
    "pap",
    "classification",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A document of the thread, and the id under which it went.

    Args:
        document: Valid.
        mid: 32 lower-case hex digits.
    """

    document: Document
    mid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the answers of a thread say so far.

    Args:
        reference: The other side's number, as it said last.
        authority: Who decided there.
        preserved: Items that are preserved; None while no report tells them by name.
    """

    reference: str | None
    authority: Authority | None
    preserved: frozenset[str] | None


def told_by(answers: Sequence[Document]) -> Told:
    """Read what the answers say.

    Args:
        answers: Valid, in the order of the thread; other documents among them say nothing here.

    Returns:
        What was said last of each.
    """
    reference: str | None = None
    authority: Authority | None = None
    preserved: dict[str, bool] | None = None
    for answer in answers:
        body = answer.body
        if isinstance(body, Acknowledgement | Decision):
            reference = body.recipient_reference or reference
        if isinstance(body, Decision):
            authority = body.deciding_authority
        if isinstance(body, PreservationReport):
            preserved = (preserved or {}) | {
                item.item_id: item.result == "preserved" for item in body.items
            }
    if preserved is None or WHOLE_REQUEST in preserved:
        return Told(reference=reference, authority=authority, preserved=None)
    kept = frozenset(name for name, is_kept in preserved.items() if is_kept)
    return Told(reference=reference, authority=authority, preserved=kept)


def joining(past: Past, name: str, body: Draft, *, urgency: str = "routine") -> Draft:
    """Return a document in the thread of another, to the same addressee, handled alike.

    Args:
        past: The other document.
        name: Type of the new one.
        body: Its body, as far as it goes.
        urgency: Routine, unless there is still reason for haste.
    """
    return {
        "type": name,
        "to": past.document.to,
        "in_reply_to": past.mid,
        "urgency": urgency,
        **handling_of(past.document),
        "body": body,
    }


def handling_of(document: Document) -> Draft:
    """Return what a document says of its own handling and language.

    Args:
        document: Valid.
    """
    return picked(as_written(document), _HANDLING)


def prior_of(request: Document, told: Told) -> Draft:
    """Return how a preservation is referred to later (section 10 of the template).

    Args:
        request: The preservation request.
        told: What its answers say; without the other side's number that is left out.
    """
    body: Draft = as_written(request)["body"]
    prior: Draft = {} if told.reference is None else {"reference": told.reference}
    prior |= {
        "channel": "gateway",
        "date": body["request_date"],
        "requesting_contact": body["requesting_authority"],
    }
    if told.authority is not None:
        prior["executing_contact"] = told.authority.model_dump(exclude_none=True, mode="json")
    elif "requested_authority" in body:
        prior["executing_contact"] = body["requested_authority"]
    return prior


def picked(values: Mapping[str, Any], names: Sequence[str]) -> Draft:
    """Return some of the values that are there.

    Args:
        values: Of a document or body.
        names: Which, in the order of the result.
    """
    return {name: values[name] for name in names if values.get(name) is not None}
