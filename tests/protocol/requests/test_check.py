"""The check as a whole: the examples, the order of findings, what is read back."""

import json
import sys
from datetime import date, timedelta
from doctest import testmod as run_examples

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import NotAllowedError
from protocol.requests.catalogue import TYPES
from protocol.requests.check import (
    MAX_FINDINGS,
    InvalidDocumentError,
    asked_of,
    attached_paths,
    check_document,
    read_document,
)
from protocol.requests.document import Document
from protocol.requests.faults import FaultCode
from protocol.requests.part import Part
from protocol.requests.walk import shape_of
from tests.protocol.requests.samples import (
    EXAMPLES,
    GONE,
    MESSAGE,
    TODAY,
    answer,
    changed,
    checked,
    errors,
    example,
)

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.json"))
FIRST_DAY = date(2026, 11, 21)
LAST_DAY = date(2027, 11, 15)
REQUEST = example("subscriber_information_request")


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_valid_all_year(name: str) -> None:
    """Scripts and the demo rely on it; the first and last days are among those tried."""
    data = (EXAMPLES / f"{name}.json").read_bytes()
    files = dict.fromkeys(attached_paths(data), 1)
    for days in range(0, (LAST_DAY - FIRST_DAY).days + 1, 17):
        assert check_document(data, today=FIRST_DAY + timedelta(days), attachments=files).valid
    assert check_document(data, today=LAST_DAY, attachments=files).valid


def test_example_files_are_where_the_documents_say() -> None:
    """Every attachment of an example exists beside it."""
    for name in NAMES:
        for path in attached_paths((EXAMPLES / f"{name}.json").read_bytes()):
            assert (EXAMPLES / path).is_file()


def test_a_valid_document_is_handed_over_and_an_invalid_one_is_not() -> None:
    """Nobody can use a document that has faults."""
    good = checked(REQUEST)
    assert good.valid
    assert good.type == "subscriber_information_request"
    assert good.document is not None
    assert good.document.to == "RO"
    bad = checked(REQUEST | {"to": "?"})
    assert not bad.valid
    assert bad.document is None
    assert bad.type == "subscriber_information_request"


def test_plain_values_are_checked_like_bytes() -> None:
    """The desk holds a form, not a file."""
    values = changed(REQUEST, ("body.additional_notes", "e\u0301"))
    found = check_document(values, today=TODAY)
    assert found.document is not None
    assert found.document == check_document(json.dumps(values).encode(), today=TODAY).document


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{", FaultCode.BAD_JSON),
        (b'{"type": "note", "type": "note"}', FaultCode.BAD_JSON),
        (b" " * (1024 * 1024 + 1), FaultCode.TOO_LARGE),
        (b'{"type": "acknowledgement", "body": [[[[[[[]]]]]]]}', FaultCode.TOO_DEEP),
        (b"[" * 200_000, FaultCode.TOO_DEEP),
    ],
)
def test_what_cannot_be_read_is_one_line_without_path(data: bytes, code: FaultCode) -> None:
    """Section 3, "Paths"."""
    found = check_document(data, today=TODAY)
    assert [(each.path, each.code) for each in found.errors] == [("", code)]
    assert not found.valid


def test_seven_levels_are_no_fault_of_their_own() -> None:
    """At the limit only the form speaks."""
    data = b'{"type": "acknowledgement", "body": {"note": [[[[[]]]]]}}'
    codes = {each.code for each in check_document(data, today=TODAY).errors}
    assert FaultCode.TOO_DEEP not in codes
    assert FaultCode.WRONG_TYPE in codes


def test_findings_come_in_the_order_of_the_document() -> None:
    """What is missing comes at the end of the object that it is missing from."""
    document = {
        "language": "xx",
        "type": "acknowledgement",
        "body": {"note": "", "duty_contact": {"email": "x"}, "desk": 5},
        "to": "UK",
    }
    assert errors(document) == [
        ("language", "unknown_language"),
        ("body.note", "empty"),
        ("body.duty_contact.email", "bad_format"),
        ("body.duty_contact.name", "missing"),
        ("body.desk", "wrong_type"),
        ("body.recipient_reference", "missing"),
        ("body.expected_decision_by", "missing"),
        ("to", "unknown_country"),
        ("urgency", "missing"),
        ("handling_code", "missing"),
        ("in_reply_to", "missing"),
    ]


def test_at_most_a_hundred_errors_are_named() -> None:
    """A form of another program must not flood the screen."""
    strange = REQUEST | {f"field_{number}": number for number in range(1_000)}
    found = errors(strange)
    assert len(found) == MAX_FINDINGS
    assert found[0] == ("field_0", "unknown_field")


def test_messages_are_sentences_that_name_the_field() -> None:
    """They say what is wrong and how to mend it."""
    found = checked(changed(REQUEST, ("body.items[0].targets[1].value", "192.0.2.0/24")))
    (finding,) = found.errors
    assert finding.message.startswith("`value` is no single IP address.")
    assert finding.message.endswith(".")
    named = checked(changed(REQUEST, ("legal_basis", ["conv_31", "x"]))).errors[0]
    assert "`legal_basis[1]`" in named.message


def test_a_name_that_cannot_be_printed_is_escaped() -> None:
    """It comes from a file that anybody may have written."""
    found = errors(REQUEST | {"a\u202eb\n": 1, "x" * 100: 1, "a b": 1})
    assert found[0] == ("a\\u202eb\\u000a", "unknown_field")
    assert found[1] == ("x" * 64, "unknown_field") or len(found[1][0]) == 100
    assert found[2] == ("a b", "unknown_field")


def test_answers_that_the_request_does_not_admit_are_refused() -> None:
    """Section 6: eight types; all others fit every request."""
    advice = read_document(example("technical_advice_request"))
    report = example("preservation_report")
    assert ("type", "answer_not_allowed") in errors(report, request=advice)
    assert errors(example("acknowledgement"), request=advice) == []
    preservation = read_document(example("preservation_request"))
    assert errors(report, request=preservation) == []
    question = {"questions": [{"question_id": "q", "text": "?"}], "clock_suspended": False}
    assert errors(answer("info_needed", question), request=advice) == []


def test_a_request_without_items_is_answered_as_a_whole() -> None:
    """Only `*` fits."""
    advice = read_document(example("technical_advice_request"))
    decision = changed(
        example("decision"),
        ("body.answers_type", "technical_advice_request"),
        ("body.items", [{"item_id": "*", "outcome": "accepted"}]),
    )
    assert errors(decision, request=advice) == []
    named = changed(decision, ("body.items[0].item_id", "question"))
    assert errors(named, request=advice) == [("body.items[0].item_id", "unknown_item")]


def test_what_was_asked_is_told_of_any_document() -> None:
    """An answer in place of the request admits nothing."""
    asked = asked_of(read_document(example("preservation_request")))
    assert asked.item_ids == frozenset({"srv-traffic", "srv-content", "customer"})
    assert asked.listed_offences_only
    wrong = asked_of(read_document(example("acknowledgement")))
    assert wrong.answers == frozenset()
    assert not wrong.listed_offences_only


def test_an_invalid_document_is_not_read() -> None:
    """The error names path and code, for the command and for the receipt."""
    with pytest.raises(InvalidDocumentError) as refused:
        read_document(changed(REQUEST, ("body.items[1].item_id", GONE), ("body.zeal", 1)))
    assert refused.value.path == "body.items[1].item_id"
    assert refused.value.code is FaultCode.MISSING
    assert isinstance(refused.value, NotAllowedError)
    with pytest.raises(InvalidDocumentError) as refused:
        read_document(b"{")
    assert refused.value.path == ""


def test_an_old_request_is_read() -> None:
    """The request of a thread was valid on its own day."""
    old = read_document(changed(REQUEST, ("body.response_expected_by", "1999-01-01")))
    assert old.type == REQUEST["type"]


@pytest.mark.parametrize(
    ("attachments", "paths"),
    [
        (GONE, ()),
        ([], ()),
        (5, ()),
        ([{"path": "a", "role": "data"}, {"path": "a", "role": "data"}], ("a",)),
        ([{"path": "../a", "role": "data"}, {"path": "b", "role": "?"}, 5], ("b",)),
    ],
)
def test_only_files_inside_the_folder_are_looked_for(
    attachments: object, paths: tuple[str, ...]
) -> None:
    """The command that looks for them must not be led astray."""
    document = changed(REQUEST, ("attachments", attachments))
    assert attached_paths(json.dumps(document).encode()) == paths
    assert attached_paths(b"{") == ()


def fields_of(value: object, model: type[Part], path: str = "") -> dict[str, bool]:
    """Return each field of a document by its path, and whether its form requires it."""
    if isinstance(value, list):
        several = [fields_of(each, model, f"{path}[{at}]") for at, each in enumerate(value)]
        return {inner: required for each in several for inner, required in each.items()}
    if not isinstance(value, dict):
        return {}
    models = dict(shape_of(model).models)
    if model is Document:
        models["body"] = TYPES[value["type"]].model
    found: dict[str, bool] = {}
    for name, written in shape_of(model).fields:
        if written in value:
            place = f"{path}.{written}" if path else written
            found[place] = model.model_fields[name].is_required()
            found |= fields_of(value[written], models[name], place) if name in models else {}
    return found


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(NAMES), st.data())
def test_a_dropped_field_is_named_by_its_path_if_it_is_required(
    name: str, data: st.DataObject
) -> None:
    """And null says the same as leaving it out (G2)."""
    document = example(name)
    fields = fields_of(document, Document)
    path = data.draw(st.sampled_from(sorted(fields)))
    found = errors(changed(document, (path, GONE)))
    if fields[path]:
        assert (path, "missing") in found
    if path != "body.special_procedure":
        assert sorted(errors(changed(document, (path, None)))) == sorted(found)


STRANGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(NAMES), st.data())
def test_no_value_whatever_makes_the_check_fail(name: str, data: st.DataObject) -> None:
    """It always ends in findings, and each of them is inside or depends on what was changed."""
    document = example(name)
    path = data.draw(st.sampled_from(sorted(fields_of(document, Document))))
    strange = changed(document, (path, data.draw(STRANGE)))
    result = check_document(strange, today=TODAY)
    assert result.valid == (not result.errors) == (result.document is not None)
    assert len({(each.path, each.code) for each in result.errors}) == len(result.errors)
    assert all(each.message.endswith(".") for each in result.errors)


def test_the_example_in_the_documentation_runs() -> None:
    """A reader tries it first."""
    assert tuple(run_examples(sys.modules[check_document.__module__])) == (0, 3)


def test_a_request_that_replaces_another_is_checked_like_any() -> None:
    """Nothing is ever edited."""
    assert errors(example("preservation_request") | {"supersedes": MESSAGE}) == []
