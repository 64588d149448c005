"""Follow-ups: the documents that go on from a request, filled in as far as the thread says.

Each function returns a document as a person would write it, still incomplete: what only an
officer can say (dates, necessity, legal basis, the reason) is left out, and the check names it.
Papers are attached anew, so references to attachments are left out too.

Source: docs/domain.md, sections 5, 6.1 and 7; T-CY template of 9 July 2018, section 10.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Literal, assert_never

from protocol.errors import NotAllowedError
from protocol.requests.document import Document
from protocol.requests.emergency import EmergencyDisclosureRequest
from protocol.requests.part import MAX_ENTRIES
from protocol.requests.past import Draft, Past, handling_of, joining, picked, prior_of, told_by
from protocol.requests.preservation import PreservationExtension, PreservationRequest
from protocol.requests.replies import WHOLE_REQUEST
from protocol.requests.results import PathDisclosure
from protocol.requests.wire import as_written

_CASE: Final = ("case_reference", "requesting_authority", "confirmation_contact", "confidentiality")
_URGENCY: Final = ("urgency_reasons", "urgency_details")
_OF_CORE_B: Final = (
    "response_preference",
    "offences",
    "requested_authority",
    "investigating_authority",
    "proceedings",
    "previous_mla",
    "confirmations_requested",
    "confirmations_other",
)
_MAY_BE_PASSED_ON: Final = frozenset({"H0", "H1"})
"""Handling codes that leave onward sharing open."""


def stored_data_after(request: Past, answers: Sequence[Document] = ()) -> Draft:
    """Return the request for data that were preserved.

    Args:
        request: The preservation request.
        answers: What was answered so far, in the order of the thread.

    Returns:
        A stored_data_request on the preserved items, with section 10 filled in. The officer adds
        date, purpose and necessity, legal basis and status of the case.

    Raises:
        NotAllowedError: Not a preservation request.
    """
    body = _body(request, PreservationRequest)
    told = told_by(answers)
    follow_up: Draft = {
        "request_status": ["followup_previous_preservation"],
        **picked(body, _CASE),
        **picked(body, _URGENCY),
        **_without_papers(picked(body, _OF_CORE_B)),
        "previous_preservation": [
            prior_of(request.document, told),
            *body.get("previous_preservation", ()),
        ][:MAX_ENTRIES],
        **picked(body, ("facts", "data_relation_to_offence", "providers")),
    }
    kept = [
        item
        for item in body["items"]
        if told.preserved is None or item["item_id"] in told.preserved
    ]
    if kept:
        follow_up["items"] = kept
    if "previous_mla" in body:
        follow_up["request_status"].append("followup_previous_mla")
    return joining(request, "stored_data_request", follow_up, urgency=request.document.urgency)


def extension_of(request: Past, answers: Sequence[Document] = ()) -> Draft:
    """Return the request to preserve for longer.

    Args:
        request: The preservation request, or the last extension of it.
        answers: What was answered so far, in the order of the thread.

    Returns:
        A preservation_extension for what is preserved. The officer adds date, new end, reason
        and the date of the planned request for the data.

    Raises:
        NotAllowedError: Neither a preservation request nor an extension.
    """
    body = _body(request, PreservationRequest, PreservationExtension)
    told = told_by(answers)
    extended = isinstance(request.document.body, PreservationExtension)
    follow_up: Draft = {
        **picked(body, _CASE),
        "previous_preservation": body["previous_preservation"]
        if extended
        else [prior_of(request.document, told)],
    }
    if told.preserved:
        follow_up["item_ids"] = sorted(told.preserved)
    elif "item_ids" in body:
        follow_up["item_ids"] = body["item_ids"]
    return joining(request, "preservation_extension", follow_up)


def preservation_in_next_states(request: Past, disclosure: Document) -> tuple[Draft, ...]:
    """Return requests to preserve what went through providers in other States.

    The path is told in words only where the disclosure may be passed on; the providers' names
    are what it was made for.

    Args:
        request: The preservation request.
        disclosure: What its path_disclosure says.

    Returns:
        One preservation_request for each State but the own, in the order of the disclosure, each
        opening a thread under the same case reference. The officer adds date, necessity and the
        statement on mutual assistance.

    Raises:
        NotAllowedError: Not a preservation request and the disclosure of its path.
    """
    body = _body(request, PreservationRequest)
    if not isinstance(disclosure.body, PathDisclosure):
        raise NotAllowedError("this follow-up needs a disclosure of the path")
    own = body["requesting_authority"]["country"]
    countries = dict.fromkeys(
        provider.country
        for item in disclosure.body.items
        for provider in item.providers or ()
        if provider.country != own
    )
    return tuple(_to_next_state(request.document, disclosure, country) for country in countries)


def formal_follow_up_of(request: Past, required: Literal["none", "request", "mla"]) -> Draft | None:
    """Return what a Party requires after an emergency disclosure.

    Args:
        request: The emergency disclosure request.
        required: What the Party declared (profile, `followup_9_5`).

    Returns:
        A stored_data_request for the same items, or the notice that a request for mutual
        assistance was sent elsewhere; None when nothing is required.

    Raises:
        NotAllowedError: Not an emergency disclosure request.
    """
    body = _body(request, EmergencyDisclosureRequest)
    match required:
        case "none":
            return None
        case "mla":
            return joining(request, "formal_confirmation", {"kind": "followup_9_5"})
        case "request":
            follow_up = {
                "request_status": ["new_request"],
                **picked(body, _CASE),
                "facts": body["emergency_facts"],
                **picked(body, ("response_preference", "offences", "items", "providers")),
                **picked(body, ("special_procedure",)),
            }
            return joining(request, "stored_data_request", follow_up)
        case _:
            assert_never(required)


def confirmation_of_oral(request: Past) -> Draft:
    """Return the notice that confirms a request that was given orally.

    Args:
        request: The emergency disclosure request.

    Returns:
        A formal_confirmation; the officer adds channel and day.

    Raises:
        NotAllowedError: Not an emergency disclosure request.
    """
    _body(request, EmergencyDisclosureRequest)
    return joining(request, "formal_confirmation", {"kind": "oral_9"})


def mla_notice_after(request: Past, answers: Sequence[Document] = ()) -> Draft:
    """Return the notice that the request for preserved data was sent, so that they are held.

    Args:
        request: The preservation request.
        answers: What was answered so far, in the order of the thread.

    Returns:
        An mla_followup_notice; the officer adds number, day, channel and sending authority.

    Raises:
        NotAllowedError: Not a preservation request.
    """
    _body(request, PreservationRequest)
    told = told_by(answers)
    follow_up: Draft = {}
    if told.reference is not None:
        follow_up["preservation_reference"] = told.reference
    if told.preserved:
        follow_up["item_ids"] = sorted(told.preserved)
    return joining(request, "mla_followup_notice", follow_up)


def withdrawal_of(request: Past, item_ids: Sequence[str] = ()) -> Draft:
    """Return the withdrawal of a request.

    Args:
        request: Any request.
        item_ids: Of the items to withdraw; empty for all.

    Returns:
        A withdrawal; the officer adds the reason.
    """
    return joining(request, "withdrawal", {"item_ids": list(item_ids)} if item_ids else {})


def reminder_of(request: Past, ordinal: int) -> Draft:
    """Return a reminder of a request.

    Args:
        request: Any request.
        ordinal: 1 to 99.

    Returns:
        A reminder, which is complete.
    """
    return joining(request, "reminder", {"ordinal": ordinal})


def _body(request: Past, *forms: type) -> Draft:
    """Return the body of a request as plain values.

    Raises:
        NotAllowedError: It is of another form.
    """
    if not isinstance(request.document.body, forms):
        raise NotAllowedError("this follow-up does not go on from a document of this type")
    body: Draft = as_written(request.document)["body"]
    return body


def _to_next_state(request: Document, disclosure: Document, country: str) -> Draft:
    """Return the preservation request to one State."""
    body: Draft = as_written(request)["body"]
    names: dict[str, str] = {}
    items: list[Draft] = []
    for told in as_written(disclosure)["body"]["items"]:
        there = [each["name"] for each in told.get("providers", ()) if each["country"] == country]
        for name in there:
            names.setdefault(name, f"provider-{len(names) + 1}")
        for item in _asked(body, told["item_id"]) if there else ():
            if len(there) == 1:
                item["provider_ref"] = names[there[0]]
            if disclosure.handling_code in _MAY_BE_PASSED_ON:
                item["relation"] = told["path"]
            items.append(item)
    follow_up: Draft = {
        "request_status": ["new_request"],
        **picked(body, (*_CASE, *_URGENCY)),
        **picked(body, ("response_preference", "offences", "investigating_authority")),
        **picked(body, ("facts", "data_relation_to_offence")),
        "items": items,
        "providers": [
            {"provider_id": short, "name": name, "country": country}
            for name, short in names.items()
        ],
    }
    if any(item["data_category"] == "traffic" for item in items):
        follow_up["path_disclosure_requested"] = True
    return {
        "type": "preservation_request",
        "to": country,
        "urgency": request.urgency,
        **handling_of(request),
        "body": follow_up,
    }


def _asked(body: Draft, item_id: str) -> Iterator[Draft]:
    """Yield the items that a disclosure means, without the provider in the State that told."""
    for item in body["items"]:
        whole = item_id == WHOLE_REQUEST and item["data_category"] == "traffic"
        if whole or item["item_id"] == item_id:
            yield {name: value for name, value in item.items() if name != "provider_ref"}


def _without_papers(body: Draft) -> Draft:
    """Leave out which file holds a decision: the file is not attached to the follow-up yet."""
    proceedings = body.get("proceedings")
    if proceedings is None or "decisions" not in proceedings:
        return body
    decisions = [
        {name: value for name, value in each.items() if name != "attachment"}
        for each in proceedings["decisions"]
    ]
    return body | {"proceedings": proceedings | {"decisions": decisions}}
