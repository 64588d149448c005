"""Decisions: each outcome with its fields, each ground with its article and declaration."""

from typing import Any

import pytest

from protocol.requests.catalogue import grants_nothing
from protocol.requests.check import read_document
from tests.protocol.requests.samples import (
    AUTHORITY,
    GONE,
    changed,
    errors,
    example,
    profile,
)

DECISION = example("decision")
ITEM = "body.items[0]"
GROUND = {"code": "essential_interests", "reason": "Sovereignty."}
REFUSED = {
    "item_id": "srv-traffic",
    "outcome": "refused",
    "grounds": [GROUND],
    "reasons": "Not even in part.",
    "partial_considered": True,
}
OWN = profile(party="RO")
RESERVED = profile(party="RO", reservation_29_4=True, no_subscriber_only_9_1_b=True)

COMPLETE: dict[str, dict[str, Any]] = {
    "accepted": {},
    "accepted_with_conditions": {"conditions": [{"kind": "confidential"}]},
    "partially_accepted": {"granted_scope": "Names only.", "reasons": "Enough."},
    "refused": {key: REFUSED[key] for key in ("grounds", "reasons", "partial_considered")},
    "postponed": {
        "grounds": [{"code": "prejudice_to_own_investigation", "reason": "Search tomorrow."}],
        "reasons": "Later.",
        "partial_considered": True,
    },
    "referred": {"referred_to": AUTHORITY},
    "not_possible": {"not_possible_reason": "data_expired"},
}
OPTIONAL: dict[str, dict[str, Any]] = {
    "accepted": {"reasons": "Of course."},
    "accepted_with_conditions": {"reasons": "Of course."},
    "partially_accepted": {"grounds": [GROUND], "conditions": [{"kind": "no_onward"}]},
    "refused": {},
    "postponed": {"postponed_until": "2027-11-30"},
    "referred": {"reasons": "Not ours."},
    "not_possible": {"reasons": "Deleted after a week."},
}
SOME: dict[str, Any] = {
    "conditions": [{"kind": "confidential"}],
    "granted_scope": "Some.",
    "grounds": [GROUND],
    "reasons": "Because.",
    "partial_considered": True,
    "postponed_until": "2027-11-30",
    "referred_to": AUTHORITY,
    "not_possible_reason": "technical",
}


def deciding(item: dict[str, Any], **body: object) -> dict[str, Any]:
    """Return a decision with one item."""
    decision = changed(DECISION, ("body.items", [{"item_id": "srv-traffic"} | item]))
    return decision | {"body": decision["body"] | body}


@pytest.mark.parametrize("outcome", COMPLETE)
def test_each_outcome_has_its_own_fields(outcome: str) -> None:
    """The table of section 6.2, row by row."""
    complete = {"outcome": outcome} | COMPLETE[outcome]
    assert errors(deciding(complete)) == []
    assert errors(deciding(complete | OPTIONAL[outcome])) == []
    for name in COMPLETE[outcome]:
        less = {key: value for key, value in complete.items() if key != name}
        assert errors(deciding(less)) == [(f"{ITEM}.{name}", "missing")]
    for name in SOME.keys() - COMPLETE[outcome].keys() - OPTIONAL[outcome].keys():
        assert errors(deciding(complete | {name: SOME[name]})) == [
            (f"{ITEM}.{name}", "not_allowed_here")
        ]


@pytest.mark.parametrize("outcome", ["refused", "postponed"])
def test_a_lesser_grant_is_considered_first(outcome: str) -> None:
    """D3."""
    item = {"outcome": outcome} | COMPLETE[outcome] | {"partial_considered": False}
    assert errors(deciding(item)) == [(f"{ITEM}.partial_considered", "not_allowed_value")]


def test_postponement_has_its_one_ground() -> None:
    """Article 27(5)."""
    item: dict[str, Any] = {"outcome": "postponed"} | COMPLETE["postponed"]
    ground = item["grounds"][0]
    assert errors(deciding(item | {"grounds": [ground, ground]})) == [
        (f"{ITEM}.grounds", "too_many")
    ]
    assert errors(deciding(item | {"grounds": [GROUND]})) == [
        (f"{ITEM}.grounds[0].code", "ground_not_allowed")
    ]
    assert errors(deciding(item | {"grounds": [5]})) == [(f"{ITEM}.grounds[0]", "wrong_type")]


@pytest.mark.parametrize(
    ("answers_type", "codes"),
    [
        ("preservation_request", {"political_offence", "essential_interests"}),
        ("preservation_extension", {"political_offence", "essential_interests"}),
        (
            "stored_data_request",
            {"political_offence", "essential_interests", "domestic_law", "dual_criminality"},
        ),
        (
            "order_effect_request",
            {"political_offence", "essential_interests", "domestic_law", "dual_criminality"},
        ),
        ("emergency_disclosure_request", {"domestic_law", "not_an_emergency"}),
        ("technical_advice_request", {"domestic_law"}),
        ("evidence_assistance_request", {"domestic_law"}),
    ],
)
def test_grounds_are_those_of_the_article(answers_type: str, codes: set[str]) -> None:
    """D2, without any declaration."""
    every = {
        "political_offence",
        "essential_interests",
        "dual_criminality",
        "domestic_law",
        "not_an_emergency",
        "subscriber_only",
        "prejudice_to_own_investigation",
    }
    for code in every:
        item = REFUSED | {"grounds": [GROUND, {"code": code, "reason": "R."}]}
        item["grounds"] = [{"code": code, "reason": "R."}]
        found = errors(
            deciding(item, answers_type=answers_type, other_forms_of_cooperation="Call us.")
        )
        assert (found == []) == (code in codes), (code, found)
        assert all(path == f"{ITEM}.grounds[0].code" for path, _ in found)


def test_an_unknown_ground_is_no_value_of_the_list() -> None:
    """And nothing else is said of it."""
    item = REFUSED | {"grounds": [{"code": "mood", "reason": "R."}]}
    assert errors(deciding(item)) == [(f"{ITEM}.grounds[0].code", "not_allowed_value")]
    item = {"outcome": "partially_accepted"} | COMPLETE["partially_accepted"]
    item |= {"grounds": [{"code": "not_an_emergency", "reason": "R."}]}
    assert errors(deciding(item)) == [(f"{ITEM}.grounds[0].code", "ground_not_allowed")]


def test_dual_criminality_in_preservation_needs_the_reservation() -> None:
    """D4."""
    request = read_document(example("preservation_request"))
    item = REFUSED | {"grounds": [{"code": "dual_criminality", "reason": "No offence here."}]}
    code = f"{ITEM}.grounds[0].code"
    assert errors(deciding(item)) == [(code, "reservation_missing")]
    assert errors(deciding(item), profiles=[OWN]) == [(code, "reservation_missing")]
    assert errors(deciding(item), profiles=[RESERVED]) == []
    assert errors(deciding(item), profiles=[RESERVED], request=request) == [
        (code, "ground_not_allowed")
    ]
    unlisted = changed(example("preservation_request"), ("body.offences[0].conv_article", GONE))
    assert errors(deciding(item), profiles=[RESERVED], request=read_document(unlisted)) == []


def test_a_reservation_of_the_peer_does_not_count() -> None:
    """It is the deciding Party that must have made it."""
    item = REFUSED | {"grounds": [{"code": "dual_criminality", "reason": "No offence here."}]}
    peer = profile(party="FR", reservation_29_4=True)
    assert errors(deciding(item), profiles=[peer]) == [
        (f"{ITEM}.grounds[0].code", "reservation_missing")
    ]


def test_declarations_are_not_judged_without_a_sound_addressee() -> None:
    """Whose profile it is cannot be told."""
    item = REFUSED | {"grounds": [{"code": "dual_criminality", "reason": "No offence here."}]}
    assert errors(deciding(item) | {"to": "?"}, profiles=[RESERVED]) == [("to", "bad_format")]


def test_subscriber_only_needs_the_declaration() -> None:
    """D5."""
    item = REFUSED | {"grounds": [{"code": "subscriber_only", "reason": "Names alone."}]}
    decision = deciding(
        item,
        answers_type="emergency_disclosure_request",
        other_forms_of_cooperation="A subscriber information request.",
    )
    assert errors(decision) == [(f"{ITEM}.grounds[0].code", "reservation_missing")]
    assert errors(decision, profiles=[RESERVED]) == []


def test_a_refused_emergency_hears_what_else_helps() -> None:
    """D6."""
    item = REFUSED | {"grounds": [{"code": "not_an_emergency", "reason": "No danger."}]}
    decision = deciding(item, answers_type="emergency_disclosure_request")
    assert errors(decision) == [("body.other_forms_of_cooperation", "missing")]
    granted = deciding({"outcome": "accepted"}, answers_type="emergency_disclosure_request")
    assert errors(granted) == []


def test_a_decision_answers_the_request_at_hand() -> None:
    """D1 and the items."""
    request = read_document(example("preservation_request"))
    assert errors(DECISION, request=request) == []
    other = changed(DECISION, ("body.answers_type", "preservation_extension"))
    assert errors(other, request=request) == [("body.answers_type", "wrong_request_type")]
    for name in ("pre_consultation", "spontaneous_information", "note"):
        assert errors(changed(DECISION, ("body.answers_type", name))) == [
            ("body.answers_type", "not_allowed_value")
        ]
    foreign = changed(DECISION, (f"{ITEM}.item_id", "other"))
    assert errors(foreign, request=request) == [(f"{ITEM}.item_id", "unknown_item")]


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("body.decided_on", "2026-11-23", "in_the_future"),
        ("body.deciding_authority", GONE, "missing"),
        ("body.items[2].conditions[1].text", "x" * 1_001, "too_long"),
        ("body.items[1].outcome", "granted", "not_allowed_value"),
        ("body.items[1].item_id", "srv-traffic", "duplicate"),
        ("body.items[0]", [], "wrong_type"),
    ],
)
def test_other_fields_at_fault_are_the_only_line(path: str, value: object, code: str) -> None:
    """Nothing follows from a field that is not sound."""
    assert errors(changed(DECISION, (path, value))) == [(path, code)]


def test_a_date_of_postponement_lies_ahead() -> None:
    """Strictly later than today."""
    item = {"outcome": "postponed"} | COMPLETE["postponed"] | {"postponed_until": "2026-11-21"}
    assert errors(deciding(item)) == [(f"{ITEM}.postponed_until", "in_the_past")]


def test_a_decision_that_only_refuses_grants_nothing() -> None:
    """It makes the receipt `declined`; a postponement does not."""
    assert grants_nothing(read_document(deciding(REFUSED)))
    impossible = {"outcome": "not_possible"} | COMPLETE["not_possible"]
    assert grants_nothing(read_document(deciding(impossible)))
    postponed = {"outcome": "postponed"} | COMPLETE["postponed"]
    assert not grants_nothing(read_document(deciding(postponed)))
    assert not grants_nothing(read_document(DECISION))
    assert not grants_nothing(read_document(example("acknowledgement")))
