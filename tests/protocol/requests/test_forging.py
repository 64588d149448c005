"""Made-up documents of every type: valid, themselves after every journey, refused by path."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.encoding import decode, encode
from protocol.requests.catalogue import TYPES
from protocol.requests.check import check_document, read_document
from protocol.requests.wire import as_written, from_wire, to_wire
from tests.protocol.requests.forging import documents
from tests.protocol.requests.samples import GONE, TODAY, changed, checked, errors, example
from tests.protocol.requests.spoiling import faults_at, places

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.mark.parametrize("name", TYPES)
@settings(max_examples=8, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
def test_a_made_up_document_is_valid_and_stays_itself(name: str, data: st.DataObject) -> None:
    """JSON to model to wire to model to JSON, without change."""
    written: dict[str, Any] = data.draw(documents(name))
    assert checked(written).errors == ()
    document = read_document(json.dumps(written).encode())
    assert as_written(document) == written
    files = [each["path"] for each in written.get("attachments", ())]
    wire = decode(encode(to_wire(document)), max_bytes=1 << 20)
    assert isinstance(wire, dict)
    reply = written.get("in_reply_to")
    again = from_wire(name, written["to"], reply, body=wire, file_names=files)
    assert as_written(again) == written


@pytest.mark.parametrize("name", TYPES)
def test_every_example_stays_itself_on_every_journey(name: str) -> None:
    """Once telephone numbers are digits, and files lie in no folder."""
    text = json.dumps(example(name)).replace('"attachments/', '"')
    written = as_written(read_document(text.encode()))
    assert written.keys() == example(name).keys()
    document = read_document(json.dumps(written).encode())
    assert as_written(document) == written
    files = [each["path"] for each in written.get("attachments", ())]
    wire = decode(encode(to_wire(document)), max_bytes=1 << 20)
    assert isinstance(wire, dict)
    reply = written.get("in_reply_to")
    again = from_wire(name, written["to"], reply, body=wire, file_names=files)
    assert as_written(again) == written


@pytest.mark.parametrize("name", TYPES)
@settings(max_examples=3, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
def test_every_required_field_that_is_dropped_is_named_by_its_path(
    name: str, data: st.DataObject
) -> None:
    """All of one document, one after the other."""
    written = data.draw(documents(name))
    for place in places(written):
        if place.field.required and not place.draft:
            found = errors(changed(written, (place.path, GONE)))
            assert (place.path, "missing") in found, place.path


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW)
@given(st.sampled_from(sorted(TYPES)), st.data())
def test_a_planted_fault_is_refused_at_its_place(name: str, data: st.DataObject) -> None:
    """Two hundred faulty documents; each error names a field that is there, or ought to be."""
    written = data.draw(documents(name))
    place = data.draw(st.sampled_from(places(written)))
    fault = data.draw(st.sampled_from(faults_at(place)))
    result = checked(changed(written, (fault.path, fault.value)))
    assert not result.valid
    assert result.document is None
    assert (fault.path, fault.code) in [(each.path, each.code.value) for each in result.errors]
    assert all(each.message.endswith(".") for each in result.errors)


@pytest.mark.parametrize("name", TYPES)
def test_every_fault_that_can_be_planted_in_an_example_is_found(name: str) -> None:
    """Every field of every example, in every way."""
    document = example(name)
    for place in places(document):
        for fault in faults_at(place):
            found = errors(changed(document, (fault.path, fault.value)))
            assert (fault.path, fault.code) in found, fault
    assert check_document(document, today=TODAY).valid


def test_the_planted_faults_are_of_many_kinds() -> None:
    """Every code that speaks of one field by itself."""
    codes = {
        fault.code
        for name in TYPES
        for place in places(example(name))
        for fault in faults_at(place)
    }
    assert codes == {
        "missing", "unknown_field", "wrong_type", "empty", "empty_list", "too_many", "too_long",
        "bad_character", "bad_format", "not_allowed_value", "duplicate", "out_of_range",
        "bad_date", "bad_time", "naive_time", "unknown_zone", "unknown_country",
        "unknown_language", "unknown_attachment", "unknown_type", "not_sendable",
    }  # fmt: skip
