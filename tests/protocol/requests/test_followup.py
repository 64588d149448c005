"""Follow-ups: what they take over, what they leave to the officer, and that it is all then."""

import json
from typing import Any

import pytest

from protocol.errors import NotAllowedError
from protocol.requests.check import read_document
from protocol.requests.followup import (
    confirmation_of_oral,
    extension_of,
    formal_follow_up_of,
    mla_notice_after,
    preservation_in_next_states,
    reminder_of,
    stored_data_after,
    withdrawal_of,
)
from protocol.requests.past import Past, told_by
from protocol.requests.wire import as_written
from tests.protocol.requests.samples import (
    AUTHORITY,
    GONE,
    MESSAGE,
    Change,
    changed,
    errors,
    example,
)

REQUEST = example("preservation_request")
EMERGENCY = example("emergency_disclosure_request")
ANSWERS = tuple(
    read_document(example(name)) for name in ("acknowledgement", "decision", "preservation_report")
)
TO_BE_FILLED: tuple[Change, ...] = (
    ("body.request_date", "2026-11-21"),
    ("body.purpose_and_necessity", "To find the operators."),
    ("body.domestic_legal_basis", {"text": "Order of 20 November 2026."}),
    ("body.case_status", ["pretrial_phase"]),
)


def past(document: dict[str, Any]) -> Past:
    """Return a document as one of the thread."""
    return Past(document=read_document(document), mid=MESSAGE)


def missing(draft: dict[str, Any]) -> set[str]:
    """Return what an officer still has to fill in; nothing else may be wrong."""
    assert json.loads(json.dumps(draft)) == draft
    found = errors(draft)
    assert {code for _, code in found} <= {"missing"}, found
    return {path for path, _ in found}


def test_preserved_data_are_asked_for_with_section_10_filled_in() -> None:
    """The case is told once."""
    draft = stored_data_after(past(REQUEST), ANSWERS)
    assert missing(draft) == {path for path, _ in TO_BE_FILLED}
    assert errors(changed(draft, *TO_BE_FILLED)) == []
    body = draft["body"]
    assert draft["in_reply_to"] == MESSAGE
    assert draft["urgency"] == "urgent"
    assert body["request_status"] == ["followup_previous_preservation"]
    (prior,) = body["previous_preservation"]
    assert prior["reference"] == "RO-247-2026-7702"
    assert prior["date"] == REQUEST["body"]["request_date"]
    assert prior["executing_contact"]["person_in_charge"] == "Prosecutor Ilinca Model"
    written = as_written(read_document(REQUEST))["body"]
    for name in ("facts", "offences", "providers", "case_reference", "requesting_authority"):
        assert body[name] == written[name]


def test_only_what_is_preserved_is_asked_for() -> None:
    """The refused item was never kept; without a report, all may be."""
    draft = stored_data_after(past(REQUEST), ANSWERS)
    assert [item["item_id"] for item in draft["body"]["items"]] == ["srv-traffic", "customer"]
    draft = stored_data_after(past(REQUEST), ANSWERS[:2])
    assert len(draft["body"]["items"]) == 3
    whole = changed(
        example("preservation_report"),
        ("body.items", [example("preservation_report")["body"]["items"][0] | {"item_id": "*"}]),
    )
    assert told_by([read_document(whole)]).preserved is None
    nothing = changed(whole, ("body.items[0]", {"item_id": "srv-traffic", "result": "not_found"}))
    draft = stored_data_after(past(REQUEST), [read_document(nothing)])
    assert "body.items" in missing(draft)


def test_what_was_said_last_counts() -> None:
    """Of number and result, not of authority, which only a decision names."""
    later = changed(example("acknowledgement"), ("body.recipient_reference", "RO-2"))
    gone = changed(
        example("preservation_report"),
        ("body.items[0]", {"item_id": "srv-traffic", "result": "not_available"}),
    )
    told = told_by((*ANSWERS, read_document(later), read_document(gone)))
    assert told.reference == "RO-2"
    assert told.authority is not None
    assert told.preserved == frozenset({"customer"})
    silent = changed(example("decision"), ("body.recipient_reference", GONE))
    assert told_by([ANSWERS[0], read_document(silent)]).reference == "RO-247-2026-7702"


def test_a_number_that_nobody_gave_is_left_to_the_officer() -> None:
    """It may have come by telephone."""
    draft = stored_data_after(past(REQUEST))
    place = "body.previous_preservation[0].reference"
    assert missing(draft) == {path for path, _ in TO_BE_FILLED} | {place}
    assert "executing_contact" not in draft["body"]["previous_preservation"][0]
    addressed = changed(REQUEST, ("body.requested_authority", AUTHORITY))
    draft = stored_data_after(past(addressed))
    assert draft["body"]["previous_preservation"][0]["executing_contact"] == AUTHORITY


def test_earlier_requests_of_the_case_are_carried_along() -> None:
    """Section 9, and the earlier ones of section 10."""
    prior = {"reference": "OLD-1", "channel": "email"}
    followed = changed(
        REQUEST,
        ("body.request_status", ["followup_previous_mla", "followup_previous_preservation"]),
        ("body.previous_mla", [prior]),
        ("body.previous_preservation", [prior]),
    )
    draft = stored_data_after(past(followed), ANSWERS)
    assert errors(changed(draft, *TO_BE_FILLED)) == []
    assert draft["body"]["previous_preservation"][1] == prior
    assert draft["body"]["request_status"] == [
        "followup_previous_preservation",
        "followup_previous_mla",
    ]


def test_papers_are_attached_anew() -> None:
    """A path of the earlier document's folder leads nowhere here."""
    proceedings = {"decisions": [{"title": "Order", "attachment": "order.txt"}]}
    with_paper = changed(
        REQUEST,
        ("body.proceedings", proceedings),
        ("attachments", [{"path": "order.txt", "role": "order"}]),
    )
    draft = stored_data_after(past(with_paper), ANSWERS)
    assert draft["body"]["proceedings"] == {"decisions": [{"title": "Order"}]}
    assert "attachments" not in draft
    assert errors(changed(draft, *TO_BE_FILLED)) == []
    without = changed(with_paper, ("body.proceedings", {"court_case_number": "1"}))
    draft = stored_data_after(past(without), ANSWERS)
    assert draft["body"]["proceedings"] == {"court_case_number": "1"}


EXTENDED: tuple[Change, ...] = (
    ("body.request_date", "2026-11-21"),
    ("body.requested_until", "2027-12-31"),
    ("body.reason", "The letter of request is being translated."),
    ("body.mla_planned_date", "2027-11-30"),
)


def test_a_preservation_is_extended_for_what_is_preserved() -> None:
    """And the extension can be extended."""
    draft = extension_of(past(REQUEST), ANSWERS)
    assert missing(draft) == {path for path, _ in EXTENDED}
    complete = changed(draft, *EXTENDED)
    assert errors(complete, request=read_document(REQUEST)) == []
    assert draft["body"]["item_ids"] == ["customer", "srv-traffic"]
    assert draft["urgency"] == "routine"
    again = extension_of(past(complete))
    assert again["body"]["previous_preservation"] == draft["body"]["previous_preservation"]
    assert again["body"]["item_ids"] == draft["body"]["item_ids"]
    assert errors(changed(again, *EXTENDED)) == []


def test_an_extension_before_any_report_is_of_everything() -> None:
    """It names no items then."""
    draft = extension_of(past(REQUEST), ANSWERS[:1])
    assert "item_ids" not in draft["body"]
    assert errors(changed(draft, *EXTENDED)) == []


NEXT: tuple[Change, ...] = (
    ("body.request_date", "2026-11-21"),
    ("body.necessity", "Flow records are kept for a month."),
    ("body.mla_intent", True),
)
PATH = example("path_disclosure")


def test_a_disclosed_path_is_followed_into_the_next_state() -> None:
    """A thread of its own, under the same case reference."""
    (draft,) = preservation_in_next_states(past(REQUEST), read_document(PATH))
    assert missing(draft) == {path for path, _ in NEXT}
    assert errors(changed(draft, *NEXT)) == []
    assert draft["to"] == "JP"
    assert "in_reply_to" not in draft
    assert draft["urgency"] == "urgent"
    body = draft["body"]
    assert body["case_reference"] == REQUEST["body"]["case_reference"]
    assert body["request_status"] == ["new_request"]
    assert body["path_disclosure_requested"] is True
    (provider,) = body["providers"]
    assert provider == {
        "provider_id": "provider-1",
        "name": "Example Transit KK",
        "country": "JP",
    }
    (item,) = body["items"]
    assert item["item_id"] == "srv-traffic"
    assert item["provider_ref"] == "provider-1"
    assert item["relation"] == PATH["body"]["items"][0]["path"]


def test_the_path_itself_goes_on_only_where_it_may() -> None:
    """H2: no onward sharing without permission; the name is what the disclosure was made for."""
    for code, more in (("H2", {}), ("H3", {"handling_text": "Ask us."})):
        kept = PATH | {"handling_code": code} | more
        (draft,) = preservation_in_next_states(past(REQUEST), read_document(kept))
        (item,) = draft["body"]["items"]
        assert item["relation"] == REQUEST["body"]["items"][0]["relation"]
        assert draft["body"]["providers"][0]["name"] == "Example Transit KK"


def test_each_state_gets_its_own_request_and_the_own_state_none() -> None:
    """Several providers in one State: the officer says which item is whose."""
    providers = [
        {"name": "Transit A", "country": "JP"},
        {"name": "Transit B", "country": "DE"},
        {"name": "Home Net", "country": "FR"},
        {"name": "Transit C", "country": "JP"},
    ]
    several = changed(PATH, ("body.items[0].providers", providers))
    jp, de = preservation_in_next_states(past(REQUEST), read_document(several))
    assert [jp["to"], de["to"]] == ["JP", "DE"]
    assert [each["name"] for each in jp["body"]["providers"]] == ["Transit A", "Transit C"]
    assert "provider_ref" not in jp["body"]["items"][0]
    assert de["body"]["items"][0]["provider_ref"] == "provider-1"
    for draft in (jp, de):
        assert errors(changed(draft, *NEXT)) == []


def test_a_path_of_the_whole_request_is_that_of_its_traffic() -> None:
    """`*` names no item; the path of another kind of data is followed without asking for paths."""
    item = PATH["body"]["items"][0] | {"item_id": "*"}
    whole = changed(PATH, ("body.items", [item]))
    (draft,) = preservation_in_next_states(past(REQUEST), read_document(whole))
    assert [each["item_id"] for each in draft["body"]["items"]] == ["srv-traffic"]
    other = changed(PATH, ("body.items", [item | {"item_id": "srv-content"}]))
    (draft,) = preservation_in_next_states(past(REQUEST), read_document(other))
    assert "path_disclosure_requested" not in draft["body"]
    assert errors(changed(draft, *NEXT)) == []


def test_where_nothing_was_disclosed_nothing_follows() -> None:
    """Withheld, or nobody else took part."""
    nobody = changed(PATH, ("body.items[0]", GONE))
    assert preservation_in_next_states(past(REQUEST), read_document(nobody)) == ()


def test_an_emergency_is_followed_up_as_the_party_declared() -> None:
    """2AP 9(5), by the profile."""
    request = past(EMERGENCY)
    assert formal_follow_up_of(request, "none") is None
    notice = formal_follow_up_of(request, "mla")
    assert notice is not None
    assert missing(notice) == {"body.channel", "body.sent_on"}
    sent: tuple[Change, ...] = (("body.channel", "post"), ("body.sent_on", "2026-11-21"))
    assert errors(changed(notice, *sent)) == []
    formal = formal_follow_up_of(request, "request")
    assert formal is not None
    related: Change = ("body.data_relation_to_offence", "The account is the captor's.")
    assert missing(formal) == {path for path, _ in (*TO_BE_FILLED, related)}
    assert errors(changed(formal, *TO_BE_FILLED, related)) == []
    assert formal["urgency"] == "routine"
    assert formal["in_reply_to"] == MESSAGE
    assert [item["item_id"] for item in formal["body"]["items"]] == [
        "captor-sub",
        "captor-traffic",
    ]
    assert "special_procedure" not in formal["body"]


def test_an_oral_emergency_is_confirmed() -> None:
    """Channel and day are the officer's."""
    draft = confirmation_of_oral(past(EMERGENCY))
    assert missing(draft) == {"body.channel", "body.sent_on"}
    done = changed(draft, ("body.channel", "gateway"), ("body.sent_on", "2026-11-21"))
    assert errors(done, request=read_document(EMERGENCY)) == []


def test_data_are_held_by_a_notice_of_the_request_for_them() -> None:
    """Number and items are known; without answers the officer knows them."""
    notice = mla_notice_after(past(REQUEST), ANSWERS)
    filled: tuple[Change, ...] = (
        ("body.mla_reference", "FR-MLA-2026-0140"),
        ("body.sent_on", "2026-11-21"),
        ("body.channel", "post"),
        ("body.sending_authority", AUTHORITY),
    )
    assert missing(notice) == {path for path, _ in filled}
    assert errors(changed(notice, *filled), request=read_document(REQUEST)) == []
    bare = mla_notice_after(past(REQUEST))
    assert "body.preservation_reference" in missing(bare)
    assert "item_ids" not in bare["body"]


@pytest.mark.parametrize("item_ids", [(), ("srv-content", "customer")])
def test_a_request_is_withdrawn_for_a_reason(item_ids: tuple[str, ...]) -> None:
    """As a whole or in part."""
    draft = withdrawal_of(past(REQUEST), item_ids)
    assert missing(draft) == {"body.reason"}
    done = changed(draft, ("body.reason", "Found elsewhere."))
    assert errors(done, request=read_document(REQUEST)) == []
    assert ("item_ids" in draft["body"]) == bool(item_ids)


def test_a_reminder_is_complete() -> None:
    """Nothing needs to be said."""
    draft = reminder_of(past(REQUEST), 2)
    assert missing(draft) == set()
    assert draft["handling_code"] == REQUEST["handling_code"]


def test_handling_is_that_of_the_request() -> None:
    """With its words and lights."""
    marked = REQUEST | {
        "handling_code": "H3",
        "handling_text": "Ask us.",
        "tlp": "RED",
        "pap": "AMBER",
        "classification": "RESTREINT",
    }
    draft = withdrawal_of(past(marked))
    for name in ("handling_code", "handling_text", "tlp", "pap", "classification", "language"):
        assert draft[name] == marked[name]


def test_a_follow_up_goes_on_from_its_own_kind_of_document() -> None:
    """Anything else is a mistake of the program."""
    wrong = past(example("note"))
    for follow in (stored_data_after, extension_of, mla_notice_after, confirmation_of_oral):
        with pytest.raises(NotAllowedError):
            follow(wrong)
    with pytest.raises(NotAllowedError):
        formal_follow_up_of(past(REQUEST), "mla")
    with pytest.raises(NotAllowedError):
        preservation_in_next_states(past(EMERGENCY), read_document(PATH))
    with pytest.raises(NotAllowedError):
        preservation_in_next_states(past(REQUEST), ANSWERS[0])
