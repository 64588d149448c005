"""Documents on the wire: one body for one document, and back."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.encoding import decode, encode
from protocol.requests.check import read_document
from protocol.requests.document import Document
from protocol.requests.wire import (
    RefusedDocumentError,
    as_written,
    file_name,
    from_wire,
    to_wire,
)
from tests.protocol.requests.samples import EXAMPLES, MESSAGE, changed, example

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.json"))
REQUEST = example("subscriber_information_request")


def sent(document: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the body of a document, and the names of its files."""
    files = [file_name(each["path"]) for each in document.get("attachments", ())]
    return to_wire(read_document(document)), files


def received(document: dict[str, Any], body: dict[str, Any], files: list[str]) -> Document:
    """Return what is read of a body."""
    reply = document.get("in_reply_to")
    return from_wire(document["type"], document["to"], reply, body=body, file_names=files)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_sent_is_what_is_received(name: str) -> None:
    """Also through the canonical encoding, and again."""
    document = example(name)
    body, files = sent(document)
    again = received(document, body, files)
    assert to_wire(again) == body
    carried = decode(encode(body), max_bytes=1 << 20)
    assert isinstance(carried, dict)
    assert received(document, carried, files) == again
    if not files:
        assert again == read_document(document)


@pytest.mark.parametrize("name", NAMES)
def test_a_document_written_out_is_read_as_the_same(name: str) -> None:
    """What a page shows can be sent."""
    document = read_document(example(name))
    assert read_document(as_written(document)) == document


def test_attachments_travel_by_their_names_wherever_a_path_stands() -> None:
    """Folders of the sender are nobody's business."""
    body, files = sent(REQUEST)
    assert files == ["court-order.txt", "statute-extract.txt", "court-order-en.txt"]
    assert [each["name"] for each in body["attachments"]] == files
    assert all("path" not in each for each in body["attachments"])
    assert body["attachments"][2]["translation_of"] == "court-order.txt"
    assert body["body"]["proceedings"]["decisions"][0]["attachment"] == "court-order.txt"
    assert body["body"]["domestic_legal_basis"]["documents"] == files[:2]
    assert "attachments/" not in str(body)
    translated = changed(REQUEST, ("attachments[2].translation_of", "body"))
    assert sent(translated)[0]["attachments"][2]["translation_of"] == "body"


def test_absent_fields_are_left_out_but_for_a_required_name() -> None:
    """`special_procedure: null` states that none is asked."""
    document = changed(example("emergency_disclosure_request"), ("tlp", None))
    body, _ = sent(document)
    assert "tlp" not in body
    assert body["body"]["special_procedure"] is None
    assert "other_information" in body["body"]
    assert not {"type", "to", "in_reply_to"} & body.keys()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tlp", None),
        ("body.additional_notes", "e\u0301"),
        ("body.additional_notes", "one\r\ntwo"),
        ("body.requesting_authority.telephone", "+33 1 99 00 12 34"),
        ("body.items[0].targets[3].value", "2001:DB8:40:a1::7c"),
        ("body.facts", 5),
        ("body.facts", ""),
        ("body.secret", "unknown"),
        ("body.items[0].period", None),
        ("type", "decision"),
        ("to", "RO"),
        ("in_reply_to", MESSAGE),
        ("mid", MESSAGE),
        ("attachments[0].path", "court-order.txt"),
        ("attachments[0]", "court-order.txt"),
        ("attachments", "court-order.txt"),
        ("attachments[0].name", "folder/court-order.txt"),
        ("attachments[1].name", "court-order.txt"),
    ],
)
def test_another_spelling_of_a_body_is_refused(path: str, value: object) -> None:
    """Two bodies of one document would have two digests."""
    body, files = sent(REQUEST)
    assert received(REQUEST, body, files).type == REQUEST["type"]
    with pytest.raises(RefusedDocumentError):
        received(REQUEST, changed(body, (path, value)), files)


def test_the_files_are_those_of_the_attachments_in_their_order() -> None:
    """A file more or less, or another order, breaks the tie between paper and bytes."""
    body, files = sent(REQUEST)
    for wrong in ([], files[:2], files[::-1], [*files, "more.txt"]):
        with pytest.raises(RefusedDocumentError) as refused:
            received(REQUEST, body, wrong)
        assert refused.value.path == "attachments"


def test_a_refusal_names_the_field_and_no_text_of_the_peer() -> None:
    """The receipt's `why` has room for a path; the name of an unknown field is anybody's text."""
    body, files = sent(REQUEST)
    with pytest.raises(RefusedDocumentError) as refused:
        received(REQUEST, changed(body, ("body.facts", "")), files)
    assert refused.value.path == "body.facts"
    with pytest.raises(RefusedDocumentError) as refused:
        received(REQUEST, changed(body, ("body.Smith", "x")), files)
    assert refused.value.path == "body"
    assert "Smith" not in str(refused.value)


@pytest.mark.parametrize("type_name", ["wish", "ping", "", "decision"])
def test_a_body_of_another_type_is_refused(type_name: str) -> None:
    """The form of a type is the only way in."""
    body, files = sent(REQUEST)
    with pytest.raises(RefusedDocumentError):
        from_wire(type_name, "RO", None, body=body, file_names=files)


def test_an_old_document_is_still_received() -> None:
    """Rules on past and future are for the sender; nor are declarations known here."""
    old = changed(example("decision"), ("body.decided_on", "1999-01-01"))
    old = changed(old, ("body.items[1].grounds[0].code", "dual_criminality"))
    body, files = sent(old)
    assert received(old, body, files).type == "decision"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(NAMES), st.data())
def test_nothing_but_a_refusal_comes_of_a_strange_body(name: str, data: st.DataObject) -> None:
    """A peer's bytes never raise anything else."""
    document = example(name)
    body, files = sent(document)
    field = data.draw(st.sampled_from(sorted(body)) | st.text(max_size=5))
    inside = data.draw(st.booleans())
    value = data.draw(VALUES)
    if inside:
        key = data.draw(st.sampled_from(sorted(body["body"])))
        strange = body | {"body": body["body"] | {key: value}}
    else:
        strange = body | {field: value}
    try:
        again = received(document, strange, files)
    except RefusedDocumentError:
        return
    assert to_wire(again) == strange
