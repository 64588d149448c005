"""The common document: every rule of its own fields, attachments and place in a thread."""

import pytest

from tests.protocol.requests.samples import (
    GONE,
    MESSAGE,
    TODAY,
    answer,
    changed,
    errors,
    example,
    valid,
)

REQUEST = example("subscriber_information_request")
ANSWER = example("acknowledgement")


@pytest.mark.parametrize("value", ["RO", "RO/1", "AX/12"])
def test_addressees_are_parties_or_their_points_of_contact(value: str) -> None:
    """Without a number any point of contact of the Party will do."""
    assert errors(REQUEST | {"to": value}) == []


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("to", "Romania", "bad_format"),
        ("to", "UK", "unknown_country"),
        ("to", 5, "wrong_type"),
        ("to", "", "empty"),
        ("urgency", "Urgent", "not_allowed_value"),
        ("urgency", "", "empty"),
        ("urgency", 1, "wrong_type"),
        ("handling_code", "H4", "not_allowed_value"),
        ("handling_code", None, "missing"),
        ("language", "xx", "unknown_language"),
        ("language", GONE, "missing"),
        ("body", GONE, "missing"),
        ("body", None, "missing"),
        ("body", [], "wrong_type"),
        ("body", "text", "wrong_type"),
        ("in_reply_to", MESSAGE.upper(), "bad_format"),
        ("supersedes", "1", "bad_format"),
        ("legal_basis", [], "empty_list"),
        ("legal_basis", "conv_31", "wrong_type"),
        ("legal_basis", {"conv_31": True}, "wrong_type"),
        ("valid_until", "2026-12-24", "bad_time"),
        ("valid_until", "2026-12-24T10:00:00", "naive_time"),
        ("tlp", "WHITE", "not_allowed_value"),
        ("pap", "AMBER+STRICT", "not_allowed_value"),
        ("classification", "two\nlines", "bad_character"),
        ("attachments", {}, "wrong_type"),
        ("sender", "FR/1", "unknown_field"),
        ("mid", MESSAGE, "unknown_field"),
    ],
)
def test_a_field_at_fault_is_named_by_its_path(field: str, value: object, code: str) -> None:
    """One fault, one line; what depends on the field is not judged."""
    found = errors(changed(REQUEST, (field, value)))
    assert (field, code) in found
    assert all(path.startswith(("body.", field)) for path, _ in found)


@pytest.mark.parametrize(
    ("value", "path", "code"),
    [
        (["conv_31", "conv_31"], "legal_basis[1]", "duplicate"),
        (["conv_31", "conv_35", "conv_31", "conv_35"], "legal_basis[2]", "duplicate"),
        (["conv_31", "conv_99"], "legal_basis[1]", "not_allowed_value"),
        (["conv_31", None], "legal_basis[1]", "wrong_type"),
        (["conv_31", ""], "legal_basis[1]", "empty"),
    ],
)
def test_lists_of_enums_are_held_against_each_entry(value: object, path: str, code: str) -> None:
    """G3, G7."""
    assert (path, code) in errors(REQUEST | {"legal_basis": value})


@pytest.mark.parametrize("tlp", ["RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR"])
def test_labels_of_the_traffic_light_protocol_are_kept(tlp: str) -> None:
    """They are shown, and mean nothing to the node."""
    labelled = valid(REQUEST | {"tlp": tlp, "pap": "RED", "classification": "VS-NfD"})
    assert (labelled.tlp, labelled.pap, labelled.classification) == (tlp, "RED", "VS-NfD")


def test_other_handling_says_which() -> None:
    """H3 alone tells the reader nothing."""
    assert errors(REQUEST | {"handling_code": "H3"}) == [("handling_text", "missing")]
    assert not errors(REQUEST | {"handling_code": "H3", "handling_text": "Ask first."})


def test_null_is_the_same_as_absent_but_not_where_a_value_is_required() -> None:
    """G2."""
    assert valid(REQUEST | {"tlp": None, "valid_until": None}) == valid(REQUEST)
    assert errors(REQUEST | {"to": None}) == [("to", "missing")]


def test_unknown_and_reserved_types_are_told_apart_and_the_body_is_not_looked_at() -> None:
    """The form is not known, so nothing can be said of its fields."""
    assert errors(REQUEST | {"type": "wish", "body": 5}) == [("type", "unknown_type")]
    assert errors(REQUEST | {"type": "ping", "body": {}}) == [("type", "not_sendable")]
    assert errors(REQUEST | {"type": " "}) == [("type", "empty")]
    assert errors(REQUEST | {"type": None}) == [("type", "missing")]
    assert errors(REQUEST | {"type": ["decision"]}) == [("type", "wrong_type")]
    assert errors(REQUEST | {"type": "wish", "to": "xx"}) == [
        ("type", "unknown_type"),
        ("to", "bad_format"),
    ]


def test_answers_name_what_they_answer_and_replace_nothing() -> None:
    """Section 6."""
    assert errors(changed(ANSWER, ("in_reply_to", GONE))) == [("in_reply_to", "missing")]
    assert errors(ANSWER | {"supersedes": MESSAGE}) == [("supersedes", "not_allowed_here")]


def test_a_request_that_may_join_a_thread_may_also_replace_an_earlier_one() -> None:
    """Section 5, +thread."""
    assert not errors(REQUEST | {"in_reply_to": MESSAGE, "supersedes": MESSAGE})


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        (("attachments[0].path", "../x"), "attachments[0].path", "bad_format"),
        (("attachments[0].path", GONE), "attachments[0].path", "missing"),
        (("attachments[0].role", "photo"), "attachments[0].role", "not_allowed_value"),
        (("attachments[0].language", "french"), "attachments[0].language", "unknown_language"),
        (("attachments[0].size", 5), "attachments[0].size", "unknown_field"),
        (
            ("attachments[1].path", "attachments/court-order.txt"),
            "attachments[1].path",
            "duplicate",
        ),
        (("attachments[1].path", "elsewhere/court-order.txt"), "attachments[1].path", "duplicate"),
        (("attachments[2].translation_of", "b.txt"), "attachments[2].translation_of",
         "unknown_attachment"),
        (("attachments[2].translation_of", "attachments/court-order-en.txt"),
         "attachments[2].translation_of", "unknown_attachment"),
        (("attachments[2].translation_of", "../b"), "attachments[2].translation_of", "bad_format"),
        (("body.proceedings.decisions[0].attachment", "no.txt"),
         "body.proceedings.decisions[0].attachment", "unknown_attachment"),
        (("body.domestic_legal_basis.documents[1]", "no.txt"),
         "body.domestic_legal_basis.documents[1]", "unknown_attachment"),
    ],
)  # fmt: skip
def test_attachments_and_what_points_at_them_are_checked(
    change: tuple[str, object], path: str, code: str
) -> None:
    """A path that names nothing would lose a court order on the way."""
    assert (path, code) in errors(changed(REQUEST, change))


def test_references_are_not_judged_while_an_attachment_is_at_fault() -> None:
    """A mistyped role or path must not bring a second, misleading line."""
    faulty = changed(REQUEST, ("attachments[0].role", "photo"))
    assert errors(faulty) == [("attachments[0].role", "not_allowed_value")]
    assert errors(REQUEST | {"attachments": []}) == [("attachments", "empty_list")]
    assert errors(changed(REQUEST, ("attachments[0]", 5))) == [("attachments[0]", "wrong_type")]


def test_a_translation_of_the_text_itself_is_tied_to_the_body() -> None:
    """`body` stands for the document's own text."""
    assert not errors(changed(REQUEST, ("attachments[2].translation_of", "body")))


def test_files_that_do_not_exist_are_named() -> None:
    """Only where somebody looked."""
    present = {"attachments/court-order.txt": 186, "attachments/statute-extract.txt": 124}
    assert errors(REQUEST, attachments=present) == [("attachments[2].path", "attachment_missing")]
    assert errors(REQUEST) == []


def test_two_hundred_entries_are_the_most() -> None:
    """G3, also where an entry is at fault itself."""
    several = [REQUEST["copies_to"][0]] * 200
    assert errors(REQUEST | {"copies_to": several}) == []
    assert errors(REQUEST | {"copies_to": [*several, several[0]]}) == [("copies_to", "too_many")]
    assert errors(REQUEST | {"copies_to": [5, *several]}) == [("copies_to", "too_many")]


def test_copies_were_sent_before_they_are_told_of() -> None:
    """Dates of what happened do not lie in the future."""
    late = changed(REQUEST, ("copies_to[0].sent_on", "2026-11-23"))
    assert errors(late) == [("copies_to[0].sent_on", "in_the_future")]
    assert errors(changed(REQUEST, ("copies_to[0].channel", "pigeon"))) == [
        ("copies_to[0].channel", "not_allowed_value")
    ]


def test_small_answers_are_valid_as_the_samples_make_them() -> None:
    """The other tests here build on them."""
    body = {"questions": [{"question_id": "q1", "text": "Which port?"}], "clock_suspended": True}
    assert not errors(answer("info_needed", body), today=TODAY)
