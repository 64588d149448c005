"""Lists show four short things of a content; the document reads as its author wrote it."""

from dataclasses import replace

import pytest

from gateway.service.summary import MAX_SUMMARY_BYTES, Summary, document_of
from protocol.errors import MalformedError
from tests.gateway.officer.world import content_of, mid


def test_summary_comes_back() -> None:
    """It is stored sealed and read for each list."""
    summary = Summary.of(content_of(mid(1)))
    assert summary == Summary(
        type="subscriber_information_request",
        urgency="urgent",
        handling="H1",
        reference="FR-26-1102",
    )
    assert Summary.decode(summary.encode()) == summary


def test_reference_of_an_answer_is_the_receivers() -> None:
    """Each document names one reference of its writer."""
    content = content_of(mid(1), kind="acknowledgement", body={"recipient_reference": "RO-7"})
    assert Summary.of(content).reference == "RO-7"


def test_content_of_an_unknown_form_still_has_a_summary() -> None:
    """A peer may send anything; the list shows that it came."""
    content = content_of(mid(1), body={"case_reference": 7})
    assert Summary.of(content).reference is None


def test_hostile_lengths_are_cut() -> None:
    """A summary always fits what its reader allows."""
    summary = Summary.of(content_of(mid(1), reference="\u20ac" * 10_000))
    data = summary.encode()
    assert len(data) <= MAX_SUMMARY_BYTES
    assert Summary.decode(data).reference == "\u20ac" * 85


def test_other_bytes_are_refused() -> None:
    """What is stored under another version is not guessed at."""
    with pytest.raises(MalformedError):
        Summary.decode(b"\x80")


def test_document_names_what_it_answers() -> None:
    """`a35 check` must read it again."""
    content = content_of(mid(1))
    assert "in_reply_to" not in document_of(content)
    document = document_of(replace(content, re=mid(2)))
    assert document["in_reply_to"] == str(mid(2))
    assert list(document)[:2] == ["type", "to"]
