"""The forms of ping and reply: one spelling, nothing that a person did not mean."""

from typing import Any

import pytest

from protocol.requests.catalogue import RESERVED
from protocol.requests.ping import (
    PING,
    PING_REPLY,
    Ping,
    PingReply,
    body_of,
    check_network_form,
    is_network_type,
    read_ping,
    read_reply,
)
from protocol.requests.wire import RefusedDocumentError

ASKED: dict[str, Any] = {"code": "047190", "expires_at": "2026-11-23T03:00:00Z"}
SAID: dict[str, Any] = {"code": "047190", "details_valid": False}


def test_the_two_are_network_messages_that_nobody_sends_as_documents() -> None:
    """The catalogue of forms leaves them to nodes."""
    assert is_network_type(PING)
    assert is_network_type(PING_REPLY)
    assert not is_network_type("note")
    assert {PING, PING_REPLY} <= RESERVED


@pytest.mark.parametrize("body", [ASKED, ASKED | {"campaign": "autumn 2026"}])
def test_a_ping_reads_back_as_it_was_written(body: dict[str, Any]) -> None:
    """Absent fields are left out."""
    assert body_of(read_ping(body)) == body
    assert body_of(Ping(**body)) == body


@pytest.mark.parametrize("body", [SAID, SAID | {"details_valid": True, "note": "As listed."}])
def test_a_reply_reads_back_as_it_was_written(body: dict[str, Any]) -> None:
    """Absent fields are left out."""
    assert body_of(read_reply(body)) == body
    assert body_of(PingReply(**body)) == body


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "code"),
        (ASKED | {"code": "47190"}, "code"),
        (ASKED | {"code": "047190\n"}, "code"),
        (ASKED | {"code": 47190}, "code"),
        (ASKED | {"code": "٠٤٧١٩٠"}, "code"),
        (ASKED | {"expires_at": "tomorrow"}, "expires_at"),
        (ASKED | {"campaign": "two\nlines"}, "campaign"),
        (ASKED | {"wish": 1}, ""),
        (ASKED | {"campaign": None}, ""),
    ],
)
def test_another_form_of_a_ping_is_refused_with_its_place(body: dict[str, Any], path: str) -> None:
    """An unknown name is anybody's text and is not repeated."""
    with pytest.raises(RefusedDocumentError) as caught:
        read_ping(body)
    assert caught.value.path == path


@pytest.mark.parametrize("body", [{}, SAID | {"details_valid": 1}, SAID | {"note": ""}])
def test_another_form_of_a_reply_is_refused(body: dict[str, Any]) -> None:
    """A reply is a person's word: nothing is guessed."""
    with pytest.raises(RefusedDocumentError):
        read_reply(body)


def test_what_is_opened_is_held_against_the_form_of_its_type() -> None:
    """A reply answers something, a ping nothing, and neither carries files."""
    check_network_form(PING, ASKED, is_reply=False, has_files=False)
    check_network_form(PING_REPLY, SAID, is_reply=True, has_files=False)
    for name, body, is_reply, has_files in (
        (PING, ASKED, True, False),
        (PING_REPLY, SAID, False, False),
        (PING, ASKED, False, True),
        (PING, SAID, False, False),
        (PING_REPLY, ASKED, True, False),
    ):
        with pytest.raises(RefusedDocumentError):
            check_network_form(name, body, is_reply=is_reply, has_files=has_files)
