"""The commands that look: JSON for programs, tables and lines for people."""

from typing import Any, cast

import pytest

from gateway.records import Direction
from tests.gateway.officer.cli.session import shell_of
from tests.gateway.officer.world import World, attempt, mid, received, row_of

Capture = pytest.CaptureFixture[str]


def test_lists_are_arrays(capsys: Capture) -> None:
    """Scripts rely on the six names (interfaces of the commands)."""
    world = World()
    received(world, 1)
    world.book.put(row_of(mid(2), Direction.OUT))
    with shell_of(world, capsys) as shell:
        inbox = cast("list[dict[str, Any]]", shell("inbox", "--json").document())
        assert [item["mid"] for item in inbox] == [str(mid(1))]
        assert {"mid", "thread", "type", "party", "state", "due"} <= inbox[0].keys()
        assert (inbox[0]["party"], inbox[0]["state"]) == ("FR/1", "consigned")
        outbox = cast("list[dict[str, Any]]", shell("outbox", "--json").document())
        assert [item["mid"] for item in outbox] == [str(mid(2))]


def test_list_in_a_pipe_is_tab_separated(capsys: Capture) -> None:
    """`cut` and `sort` work on it; there is no head in the way."""
    world = World()
    received(world, 1)
    with shell_of(world, capsys) as shell:
        ended = shell("inbox")
    assert ended.code == 0
    cells = ended.out.rstrip("\n").split("\t")
    assert cells[0] == str(mid(1))
    assert cells[-2:] == ["-", "0000-0000"]
    assert cells[3:6] == ["FR/1 FR", "subscriber_information_request", "FR-26-1102"]


def test_long_box_is_listed_whole(capsys: Capture) -> None:
    """Pages are the node's matter, not the officer's."""
    world = World()
    for number in range(1, 206):
        received(world, number)
    with shell_of(world, capsys) as shell:
        assert shell("inbox", "--limit", "300").out.count("\n") == 205
        assert shell("inbox", "--limit", "3").out.count("\n") == 3


def test_show_has_state_clocks_and_timeline(capsys: Capture) -> None:
    """Each step with its time, who took it, and the leaf that proves it."""
    world = World()
    world.book.happen(received(world, 1), "opened")
    with shell_of(world, capsys) as shell:
        shown = cast("dict[str, Any]", shell("show", str(mid(1)), "--json").document())
        assert shown["state"] == "opened"
        assert [clock["name"] for clock in shown["clocks"]] == [
            "accepted",
            "acknowledged",
            "answered",
        ]
        assert shown["timeline"] == [
            {
                "at": "2026-11-21T14:00:01.000Z",
                "what": "opened",
                "by": "FR/1",
                "log": {"origin": "a35/FR/1/log/1", "index": 8801},
            }
        ]
        people = shell("show", str(mid(1)).upper())
        assert "state      opened" in people.out
        assert "opened  FR/1  a35/FR/1/log/1 #8801" in people.out


def test_thread_lists_its_messages(capsys: Capture) -> None:
    """A case is read as one."""
    world = World()
    received(world, 1)
    world.book.put(row_of(mid(2), Direction.OUT, thread=mid(1)))
    with shell_of(world, capsys) as shell:
        case = cast("dict[str, Any]", shell("thread", str(mid(1)), "--json").document())
        assert len(case["items"]) == 2


def test_explain_shows_each_attempt(capsys: Capture) -> None:
    """Why it waits, and until when."""
    world = World()
    world.book.put(row_of(mid(1), Direction.OUT))
    with shell_of(world, capsys) as shell:
        assert "No attempt" in shell("explain", str(mid(1))).out
        world.book.tried = [attempt("connect")]
        shown = cast("dict[str, Any]", shell("explain", str(mid(1)), "--json").document())
        assert shown["attempts"][0]["outcome"] == "connect"
        assert shown["attempts"][0]["next"] == "2026-11-21T14:00:15.000Z"
        assert "frame: connect, next" in shell("explain", str(mid(1))).out


@pytest.mark.parametrize("name", ["zz", "12", "0" * 31])
def test_name_of_no_message_is_no_input(capsys: Capture, name: str) -> None:
    """66 tells a script that the id is wrong, not the node."""
    with shell_of(World(), capsys) as shell:
        assert shell("show", name).code == 66
        assert shell("show", str(mid(9))).code == 66
