"""refer: what an officer types becomes the notice that the requester reads."""

from dataclasses import replace

import pytest

from gateway.records import Direction
from protocol.cases.ladder import MessageState
from protocol.requests.check import read_document
from tests.gateway.officer.cli.session import shell_of
from tests.gateway.officer.world import World, content_of, mid, received, row_of

Capture = pytest.CaptureFixture[str]


def test_the_notice_names_whom_for_what_and_until_when(capsys: Capture) -> None:
    """The Party is the desk's own; urgency and handling are those of the request."""
    world = World()
    row = received(world, 5)
    with shell_of(world, capsys) as shell:
        options = ["--to", "Example Office", "--kind", "prosecution", "--scope", "Order the data."]
        options += ["--until", "2026-12-01"]
        assert shell("refer", str(mid(5)), *options).code == 65  # nobody has opened it
        world.book.happen(row, "opened")
        more = ["--item", "customer", "--ref", "SPC-1", "--reason", "Only a prosecutor can."]
        ended = shell("refer", str(mid(5)), *options, *more, "--json")
        assert ended.code == 0
        shown = ended.document()
        assert isinstance(shown, dict)
        assert shown["state"] == MessageState.QUEUED.value
        assert "until 2026-12-01" in shell("refer", str(mid(5)), *options).out
    full, plain = (draft.document for draft in world.submit.drafts.values())
    assert full["body"] == {
        "referred_to": {"organisation": "Example Office", "kind": "prosecution", "country": "RO"},
        "referred_on": "2026-11-21",
        "scope": "Order the data.",
        "expected_decision_by": "2026-12-01",
        "their_reference": "SPC-1",
        "reason": "Only a prosecutor can.",
        "item_ids": ["customer"],
    }
    assert (full["to"], full["urgency"], full["handling_code"]) == ("FR/1", "urgent", "H1")
    assert "item_ids" not in plain["body"]  # type: ignore[operator]
    assert read_document(full).type == "referral_notice"


def test_the_text_of_a_handling_code_goes_along(capsys: Capture) -> None:
    """H3 says nothing without it."""
    world = World()
    content = content_of(mid(5))
    told = {"handling_code": "H3", "handling_text": "Ask before any use."}
    content = replace(content, body=dict(content.body) | told)
    row = row_of(mid(5), Direction.IN, state=MessageState.CONSIGNED, content=content)
    world.book.put(row, content)
    world.book.happen(row, "opened")
    with shell_of(world, capsys) as shell:
        options = ["--to", "Office", "--kind", "court", "--scope", "x", "--until", "2026-12-01"]
        assert shell("refer", str(mid(5)), *options).code == 0
    (draft,) = world.submit.drafts.values()
    assert draft.document["handling_text"] == "Ask before any use."
