"""open, ack, cancel, attachment get: acts of an officer, and files that appear whole or not."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pytest

from protocol.cases.ladder import MessageState
from tests.gateway.officer.cli.session import shell_of
from tests.gateway.officer.world import World, mid, received

Capture = pytest.CaptureFixture[str]


def test_open_shows_the_document(capsys: Capture) -> None:
    """After the act, and harmless."""
    world = World()
    received(world, 1, files=1)
    with shell_of(world, capsys) as shell:
        people = shell("open", str(mid(1)))
        assert "type: subscriber_information_request" in people.out
        assert "attachment 0: order 0.txt, 5 bytes, text/plain" in people.out
        opened = cast("dict[str, Any]", shell("open", str(mid(1)), "--json").document())
    assert opened["document"]["body"] == {"case_reference": "FR-26-1102"}
    assert opened["state"] == "opened"


def test_ack_says_what_was_sent(capsys: Capture) -> None:
    """The desk's own data come from its settings, reference and date from the officer."""
    world = World()
    world.book.happen(received(world, 1), "opened")
    with shell_of(world, capsys) as shell:
        ended = shell(
            *("ack", str(mid(1)), "--ref", "RO-7", "--decision-by", "2026-12-01", "--json")
        )
    assert cast("dict[str, Any]", ended.document())["state"] == "queued"
    body = cast("dict[str, Any]", world.submit.drafts["d100"].document["body"])
    assert (body["recipient_reference"], body["expected_decision_by"]) == ("RO-7", "2026-12-01")


def test_ack_before_opening_is_refused(capsys: Capture) -> None:
    """Nobody acknowledges what nobody has read."""
    world = World()
    received(world, 1)
    with shell_of(world, capsys) as shell:
        ended = shell("ack", str(mid(1)), "--json")
    assert ended.code == 65
    assert cast("dict[str, Any]", ended.document())["error"]["code"] == "not_opened"


def test_attachment_is_written_whole(capsys: Capture, tmp_path: Path) -> None:
    """Its name is the officer's choice, never the sender's."""
    world = World()
    world.book.happen(received(world, 1, files=1), "opened")
    target = tmp_path / "out.txt"
    with shell_of(world, capsys) as shell:
        ended = shell("attachment", "get", str(mid(1)), "0", "-o", target, "--json")
    assert ended.code == 0
    assert target.read_bytes() == b"order"
    assert json.loads(ended.out) == {
        "mid": str(mid(1)),
        "index": 0,
        "name": "order 0.txt",
        "size_bytes": 5,
        "sha256": sha256(b"order").hexdigest(),
    }
    assert [each.name for each in tmp_path.iterdir()] == ["out.txt"]


def test_attachment_never_overwrites_unasked(capsys: Capture, tmp_path: Path) -> None:
    """The file that is there may be the only copy."""
    world = World()
    world.book.happen(received(world, 1, files=1), "opened")
    target = tmp_path / "out.txt"
    target.write_text("mine")
    with shell_of(world, capsys) as shell:
        assert shell("attachment", "get", str(mid(1)), "0", "-o", target).code == 65
        assert target.read_text() == "mine"
        assert shell("attachment", "get", str(mid(1)), "0", "-o", target, "--force").code == 0
    assert target.read_bytes() == b"order"


def test_attachment_that_does_not_exist_leaves_nothing(capsys: Capture, tmp_path: Path) -> None:
    """Not even an empty file."""
    world = World()
    world.book.happen(received(world, 1, files=1), "opened")
    with shell_of(world, capsys) as shell:
        assert shell("attachment", "get", str(mid(1)), "5", "-o", tmp_path / "x").code == 66
        world.act.stored = {}
        assert shell("attachment", "get", str(mid(1)), "0", "-o", tmp_path / "x").code == 66
    assert list(tmp_path.iterdir()) == []


def test_attachment_into_a_folder_that_is_not_there(capsys: Capture, tmp_path: Path) -> None:
    """74: the disk, not the node."""
    world = World()
    world.book.happen(received(world, 1, files=1), "opened")
    with shell_of(world, capsys) as shell:
        ended = shell("attachment", "get", str(mid(1)), "0", "-o", tmp_path / "no" / "x")
    assert ended.code == 74


def test_cancel_says_what_is_known_of_the_message(capsys: Capture) -> None:
    """Never left, may have arrived, arrived after all: an officer acts differently on each."""
    world = World()
    world.taking_back.know(mid(1))
    world.taking_back.know(mid(2), may_have_left=True, copies=(mid(8),))
    late = MessageState.CONSIGNED
    world.taking_back.know(mid(3), state=late, may_have_left=True)
    world.taking_back.know(mid(4), state=late, may_have_left=True, withdrawal=mid(9))
    with shell_of(world, capsys) as shell:
        said = [
            shell("cancel", str(mid(number)), "--reason", "wrong person").out
            for number in range(1, 5)
        ]
        shown = cast(
            "dict[str, Any]", shell("cancel", str(mid(4)), "--reason", "x", "--json").document()
        )
    assert said[0] == f"{mid(1)} cancelled: it never left this node\n"
    assert "it may have arrived" in said[1]
    assert f"a35 cancel {mid(8)}" in said[1]
    assert said[2].endswith("it was cancelled, but it arrived\n")
    assert said[3].endswith(f"withdrawn with {mid(9)}\n")
    assert world.taking_back.asked[0] == (mid(1), "wrong person", "RO/1 desk")
    assert shown == {
        "mid": str(mid(4)),
        "state": "consigned",
        "may_have_arrived": True,
        "repeated": False,
        "at": "2026-11-21T14:00:00.000Z",
        "log": {"origin": "a35/RO/1/log/1", "index": 12},
        "withdrawal": str(mid(9)),
        "copies": [],
    }


def test_cancel_needs_a_reason_and_a_message_of_this_node(capsys: Capture) -> None:
    """The log states why; what others sent is not ours to take back."""
    with shell_of(World(), capsys) as shell:
        assert shell("cancel", str(mid(1))).code == 64
        assert shell("cancel", str(mid(1)), "--reason", "").code == 64
        assert shell("cancel", str(mid(1)), "--reason", "x" * 501).code == 64
        assert shell("cancel", str(mid(1)), "--reason", "x", "--json").code == 66
