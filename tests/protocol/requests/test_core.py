"""Core fields of requests: urgency and its reasons, status and what it follows up."""

import pytest

from tests.protocol.requests.samples import GONE, changed, errors, example

REQUEST = example("subscriber_information_request")
ROUTINE = changed(REQUEST, ("urgency", "routine"), ("body.urgency_reasons", GONE))


@pytest.mark.parametrize("urgency", ["urgent", "emergency"])
def test_haste_has_reasons(urgency: str) -> None:
    """U1."""
    assert errors(ROUTINE | {"urgency": urgency}) == [("body.urgency_reasons", "missing")]
    assert errors(ROUTINE) == []


def test_another_reason_and_an_emergency_are_explained() -> None:
    """U2."""
    silent = changed(REQUEST, ("body.urgency_details", GONE))
    assert errors(silent) == [("body.urgency_details", "missing")]
    plain = changed(silent, ("body.urgency_reasons", ["crime_in_progress"]))
    assert errors(plain) == []
    assert errors(plain | {"urgency": "emergency"}) == [("body.urgency_details", "missing")]


def test_in_an_emergency_somebody_can_be_called() -> None:
    """U3."""
    emergency = REQUEST | {"urgency": "emergency"}
    assert errors(emergency) == []
    contact = "body.confirmation_contact"
    assert errors(changed(emergency, (contact, GONE))) == [(contact, "missing")]
    mute = changed(emergency, (f"{contact}.telephone", GONE))
    assert errors(mute) == []
    mute = changed(mute, (f"{contact}.cell_phone", GONE))
    assert errors(mute) == [(f"{contact}.telephone", "missing")]
    mute = changed(mute, (f"{contact}.email", GONE))
    assert errors(mute) == [(f"{contact}.telephone", "missing")]
    assert errors(changed(REQUEST, (contact, GONE))) == []


def test_urgency_rules_wait_for_a_sound_urgency() -> None:
    """One fault, one line."""
    assert errors(ROUTINE | {"urgency": "now"}) == [("urgency", "not_allowed_value")]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (["new_request"], []),
        (["followup_previous_mla"], []),
        (["followup_previous_preservation", "followup_previous_mla"], []),
        (
            ["new_request", "followup_previous_mla"],
            [("body.request_status", "not_allowed_here")],
        ),
        (["new_request", "new_request"], [
            ("body.request_status", "not_allowed_here"),
            ("body.request_status[1]", "duplicate"),
        ]),
        (["old"], [("body.request_status[0]", "not_allowed_value")]),
        ([], [("body.request_status", "empty_list")]),
        ("new_request", [("body.request_status", "wrong_type")]),
    ],
)  # fmt: skip
def test_a_new_request_follows_up_nothing(status: object, expected: list[tuple[str, str]]) -> None:
    """B1."""
    assert errors(changed(REQUEST, ("body.request_status", status))) == expected


@pytest.mark.parametrize("what", ["previous_mla", "previous_preservation"])
def test_a_follow_up_names_what_it_follows(what: str) -> None:
    """B1, second half."""
    assert errors(changed(REQUEST, (f"body.{what}", GONE))) == [(f"body.{what}", "missing")]
    other = (
        {"followup_previous_mla", "followup_previous_preservation"} - {f"followup_{what}"}
    ).pop()
    unasked = changed(REQUEST, (f"body.{what}", GONE), ("body.request_status", [other]))
    assert errors(unasked) == []


def test_another_confirmation_is_explained() -> None:
    """The template's section 18."""
    assert errors(changed(REQUEST, ("body.confirmations_other", GONE))) == [
        ("body.confirmations_other", "missing")
    ]


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("body.request_date", "2026-11-23", "in_the_future"),
        ("body.proceedings.decisions[0].issued_on", "2026-11-24", "in_the_future"),
        ("body.response_expected_by", "2026-11-20", "in_the_past"),
        ("body.response_expected_by", "2026-11-20T23:59:59Z", "in_the_past"),
        ("body.response_expected_by", "soon", "bad_date"),
        ("body.case_reference", GONE, "missing"),
        ("body.case_reference", "a\u200bb", "bad_character"),
        ("body.requested_authority.kind", GONE, "missing"),
        ("body.facts", "x" * 20_001, "too_long"),
        ("body.facts", "a\u0000b", "bad_character"),
        ("body.purpose_and_necessity", GONE, "missing"),
        ("body.case_status", GONE, "missing"),
        ("body.case_status[0]", "appeal", "not_allowed_value"),
        ("body.special_procedure", "", "empty"),
        ("body.expedited_grounds", ["haste"], "not_allowed_value"),
        ("body.mla_intent", True, "unknown_field"),
    ],
)
def test_fields_of_the_template_are_checked(path: str, value: object, code: str) -> None:
    """Sections 1 to 20."""
    (found,) = errors(changed(REQUEST, (path, value)))
    assert found[0].startswith(path)
    assert found[1] == code


def test_what_the_template_leaves_open_may_be_left_out() -> None:
    """Optional sections."""
    optional = (
        "requested_authority",
        "response_preference",
        "investigating_authority",
        "proceedings",
        "domestic_legal_basis",
        "case_status_details",
        "response_expected_by",
        "additional_notes",
        "signature_block",
    )
    assert errors(changed(REQUEST, *((f"body.{name}", GONE) for name in optional))) == []
