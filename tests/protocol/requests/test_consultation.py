"""Drafts that are talked over: what is written must be right, what is not may wait."""

from typing import Any

import pytest

from protocol.requests.catalogue import TYPES
from protocol.requests.check import read_document
from protocol.requests.consultation import DRAFTED
from protocol.requests.decision import GROUNDS
from protocol.requests.kinds import Family
from protocol.requests.wire import as_written, from_wire, to_wire
from tests.protocol.requests.samples import GONE, changed, errors, example, valid, warnings

REQUEST = example("pre_consultation")
DRAFT = "body.draft"


def drafting(name: str, **body: object) -> dict[str, Any]:
    """Return a consultation on the draft of a type."""
    return changed(REQUEST, ("body.draft_type", name), (DRAFT, body))


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("body.draft_type", GONE, "missing"),
        ("body.draft_type", "pre_consultation", "not_allowed_value"),
        ("body.draft_type", "spontaneous_information", "not_allowed_value"),
        ("body.draft_type", "decision", "not_allowed_value"),
        (DRAFT, GONE, "missing"),
        (DRAFT, None, "missing"),
        (DRAFT, "text", "wrong_type"),
        (DRAFT, [], "wrong_type"),
        ("body.questions", GONE, "missing"),
        ("body.questions[0].topic", "powers", "not_allowed_here"),
        ("body.non_binding", False, "not_allowed_value"),
        ("body.non_binding", GONE, "missing"),
        (f"{DRAFT}.secret", 1, "unknown_field"),
        (f"{DRAFT}.facts", "", "empty"),
        (f"{DRAFT}.facts", 5, "wrong_type"),
        (f"{DRAFT}.case_reference", "a\nb", "bad_character"),
        (f"{DRAFT}.items[0].details[1]", "subscriber_names", "duplicate"),
        (f"{DRAFT}.request_date", "2026-11-23", "in_the_future"),
        (f"{DRAFT}.response_expected_by", "2026-11-20", "in_the_past"),
        (f"{DRAFT}.items", [], "empty_list"),
        (f"{DRAFT}.items[0].provider_ref", "isp", "unknown_reference"),
        (f"{DRAFT}.items[0].details[1]", "shoe_size", "not_allowed_value"),
        (f"{DRAFT}.items[0].targets[0].port", 80, "not_allowed_here"),
        (f"{DRAFT}.items[0].targets[0].more", 1, "unknown_field"),
        (f"{DRAFT}.items[0].access_period.end", "2026-09-01T00:00:00Z", "end_before_start"),
        (f"{DRAFT}.offences[0].conv_article", 1, "out_of_range"),
    ],
)
def test_a_field_at_fault_is_the_only_line(path: str, value: object, code: str) -> None:
    """Section 5; of a draft of an unknown type nothing is looked at."""
    assert errors(changed(REQUEST, (path, value))) == [(path, code)]


@pytest.mark.parametrize(
    "path",
    [
        f"{DRAFT}.case_reference",
        f"{DRAFT}.items",
        f"{DRAFT}.items[0].item_id",
        f"{DRAFT}.items[0].data_category",
        f"{DRAFT}.items[0].targets",
        f"{DRAFT}.items[0].targets[0].kind",
        f"{DRAFT}.items[0].targets[0].platform",
        f"{DRAFT}.items[0].access_period",
        f"{DRAFT}.items[0].access_period.start",
        f"{DRAFT}.items[0].access_period.time_zone",
        f"{DRAFT}.providers[0].name",
        f"{DRAFT}.offences[0].provisions",
    ],
)
def test_nothing_is_missing_in_a_draft(path: str) -> None:
    """Neither fields of the form, nor what rules would ask for; null is absent there too."""
    assert errors(changed(REQUEST, (path, GONE))) == []
    assert errors(changed(REQUEST, (path, None))) == []


@pytest.mark.parametrize("name", DRAFTED)
def test_an_empty_draft_of_every_type_is_no_fault(name: str) -> None:
    """The question may be what to write at all."""
    assert errors(drafting(name)) == []


@pytest.mark.parametrize("name", DRAFTED)
def test_the_whole_example_of_every_type_is_a_draft(name: str) -> None:
    """Without its rules on the document around it: order, urgency, copies."""
    body = example(name)["body"]
    consultation = drafting(name, **body)
    assert errors(consultation) == []
    written = as_written(valid(consultation))
    assert as_written(read_document(written)) == written
    assert written["body"]["draft"] == as_written(valid(example(name)))["body"]


def test_every_request_with_grounds_can_be_talked_over() -> None:
    """All of section 5 but the consultation itself and information unasked for."""
    requests = {name for name, kind in TYPES.items() if kind.family is Family.REQUEST}
    assert set(DRAFTED) == requests - {"pre_consultation", "spontaneous_information"}
    assert set(DRAFTED) == set(GROUNDS)


def test_a_draft_is_held_against_its_own_type() -> None:
    """Under Articles 33 and 34 periods lie ahead."""
    item = example("realtime_traffic_request")["body"]["items"][0]
    assert errors(drafting("realtime_traffic_request", items=[item])) == []
    assert errors(drafting("stored_data_request", items=[item])) == [
        (f"{DRAFT}.items[0].period.start", "in_the_future")
    ]


def test_a_draft_is_warned_of_like_a_request() -> None:
    """It would be warned of later anyway."""
    items = [
        {
            "item_id": "a",
            "data_category": "other",
            "targets": [{"kind": "ip", "value": "192.0.2.1"}],
        }
    ]
    drafted = drafting("preservation_request", requested_until="2026-12-01", items=items)
    assert warnings(drafted) == [
        (f"{DRAFT}.requested_until", "short_preservation"),
        (f"{DRAFT}.items[0].targets[0].port", "port_advised"),
    ]


def test_rules_still_speak_beside_a_fault_in_the_draft() -> None:
    """As everywhere, all at once."""
    faulty = changed(
        REQUEST,
        (f"{DRAFT}.facts", ""),
        (f"{DRAFT}.request_status", ["new_request", "followup_previous_mla"]),
        (f"{DRAFT}.items[0].provider_ref", "isp"),
    )
    assert errors(faulty) == [
        (f"{DRAFT}.request_status", "not_allowed_here"),
        (f"{DRAFT}.facts", "empty"),
        (f"{DRAFT}.items[0].provider_ref", "unknown_reference"),
    ]


def test_a_paper_that_a_draft_names_need_not_be_attached() -> None:
    """The order may not be issued yet."""
    path = f"{DRAFT}.domestic_legal_basis.documents"
    assert errors(changed(REQUEST, (path, ["order.txt"]))) == []


def test_a_null_that_states_something_travels() -> None:
    """And where nothing was stated, nothing is."""
    name = "emergency_disclosure_request"
    for body in ({}, {"special_procedure": None}, {"special_procedure": "Seal it."}):
        wire = to_wire(valid(drafting(name, **body)))
        assert wire["body"]["draft"] == body
        again = from_wire("pre_consultation", "JP/1", None, body=wire, file_names=())
        assert to_wire(again) == wire
