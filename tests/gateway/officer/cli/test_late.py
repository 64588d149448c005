"""What an officer sees of a message that nobody answered: what is missing, whom to call, how."""

from dataclasses import replace
from typing import Any, cast

import pytest

from gateway.lateness import CopyRow, EscalationRow
from gateway.records import Direction
from gateway.service.peers import PeerState
from gateway.service.ways import Way
from protocol.cases.ladder import MessageState
from protocol.delivery.circuit import Phase
from protocol.delivery.escalation import Stage, Step
from protocol.delivery.reference import code_of
from protocol.directory import ContactPoint, PartyEntry, Telephone
from protocol.identifiers import MessageId, NodeId
from tests.gateway.officer.cli.session import shell_of
from tests.gateway.officer.world import FR, NOW_MS, World, mid, received, row_of

Capture = pytest.CaptureFixture[str]
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
FAR = MessageId(bytes.fromhex("4bc13e705a") + bytes(11))
POINT = ContactPoint(
    number=1,
    name="OCLCTIC night desk",
    remit="cybercrime",
    hours="day and night",
    time_zone="Europe/Paris",
    languages=("fr", "en"),
    telephones=(Telephone(number="+33199001240", remark="ask for the duty officer"),),
    equivalent=True,
)


def stage_of(name: MessageId, stage: Stage, step: Step = Step.ACCEPTED) -> EscalationRow:
    """Return a stage that was told."""
    is_silence = stage is Stage.SILENCE
    return EscalationRow(
        mid=name,
        step=step,
        stage=stage,
        due_ms=NOW_MS + 15 * MINUTE_MS,
        at_ms=NOW_MS + 8 * MINUTE_MS,
        origin="a35/RO/1/log/1" if is_silence else None,
        index=44 if is_silence else None,
        asked=True,
    )


def late_world(stage: Stage, *, points: tuple[ContactPoint, ...] = (POINT,)) -> World:
    """Return a desk with one late message of its own."""
    world = World()
    world.book.put(replace(row_of(FAR, Direction.OUT), t_ms=NOW_MS))
    world.late.stages = [stage_of(FAR, stage)]
    world.directory.parties["FR"] = PartyEntry.model_construct(
        party="FR", name="France", contact_points=points
    )
    return world


def test_list_marks_what_is_late_with_the_step_and_the_stage(capsys: Capture) -> None:
    """Among two hundred lines these are the ones to look at."""
    world = late_world(Stage.TELEPHONE)
    world.book.put(row_of(mid(2), Direction.OUT))
    with shell_of(world, capsys) as shell:
        items = cast("list[dict[str, Any]]", shell("outbox", "--json").document())
        late = {item["mid"]: item["late"] for item in items}
        assert late[str(mid(2))] is None
        assert late[str(FAR)] == {
            "missing": "accepted",
            "stage": "telephone",
            "due": "2026-11-21T14:15:00.000Z",
            "since": "2026-11-21T14:08:00.000Z",
        }
        assert "\taccepted telephone\t9F0K-WW2T\n" in shell("outbox").out


def test_show_says_what_is_missing_whom_to_call_and_which_code(capsys: Capture) -> None:
    """At three in the morning nobody looks a number up."""
    with shell_of(late_world(Stage.TELEPHONE), capsys) as shell:
        shown = cast("dict[str, Any]", shell("show", str(FAR), "--json").document())
        assert shown["card"]["telephones"] == [
            {"number": "+33199001240", "remark": "ask for the duty officer"}
        ]
        assert shown["spoken"] == "Nine Foxtrot Zero Kilo, Whiskey Whiskey Two Tango"
        said = shell("show", str(FAR)).out
        assert "FR/1 has not accepted this message: sent" in said
        assert "due 21 Nov 14:15:00Z." in said
        assert "Call OCLCTIC night desk (FR/1): +33199001240 (ask for the duty officer)" in said
        assert "Hours: day and night, Europe/Paris. Speak fr, en." in said
        assert "Give the code 9F0K-WW2T: Nine Foxtrot Zero Kilo" in said
        assert "call       FR/1 OCLCTIC night desk, cybercrime" in said


def test_first_stage_asks_for_no_call_yet(capsys: Capture) -> None:
    """A quarter of the time has passed: the machine tries, the officer stays near."""
    with shell_of(late_world(Stage.HASTEN), capsys) as shell:
        said = shell("show", str(FAR)).out
        assert "tried by every way" in said
        assert "Call OCLCTIC" not in said


def test_desk_that_is_not_listed_is_reached_by_another_of_its_party(capsys: Capture) -> None:
    """Either suffices, if the directory says so; else it says that there is none."""
    other = POINT.model_copy(update={"number": 2})
    with shell_of(late_world(Stage.SILENCE, points=(other,)), capsys) as shell:
        said = shell("show", str(FAR)).out
        assert "FR/2 OCLCTIC night desk, cybercrime (stands in for the one addressed)" in said
        assert "The silence is stated in our log." in said
    apart = other.model_copy(update={"equivalent": False})
    with shell_of(late_world(Stage.SILENCE, points=(apart,)), capsys) as shell:
        assert "names no telephone for FR/1" in shell("show", str(FAR)).out


def test_text_of_a_telephone_card_is_made_harmless(capsys: Capture) -> None:
    """Another Party wrote it."""
    nasty = ContactPoint.model_construct(**(dict(POINT) | {"name": "desk\x1b[2J"}))
    with shell_of(late_world(Stage.SILENCE, points=(nasty,)), capsys) as shell:
        assert "\x1b" not in shell("show", str(FAR)).out


def test_copy_is_named_on_both_of_a_pair(capsys: Capture) -> None:
    """The officer must know that two desks were asked."""
    world = late_world(Stage.SILENCE)
    world.book.put(row_of(mid(2), Direction.OUT))
    world.late.stages.append(stage_of(mid(2), Stage.TELEPHONE))
    world.late.pairs = [
        CopyRow(original=FAR, original_to=FR, copy=mid(2), copy_to=NodeId("FR", 2), withdrawal=None)
    ]
    with shell_of(world, capsys) as shell:
        assert (
            f"A copy went to the second point of contact, FR/2: {mid(2)}."
            in shell("show", str(FAR)).out
        )
        assert f"This is a copy of {FAR}, which went to FR/1." in shell("show", str(mid(2))).out


def test_step_that_was_taken_late_is_late_no_more(capsys: Capture) -> None:
    """The evidence stays in the timeline; the mark goes."""
    world = late_world(Stage.SILENCE)
    world.book.rows[0] = replace(world.book.rows[0], state=MessageState.ACCEPTED)
    with shell_of(world, capsys) as shell:
        shown = cast("dict[str, Any]", shell("show", str(FAR), "--json").document())
        assert (shown["late"], shown["card"], shown["advice"]) == (None, None, [])
        assert shown["stages"][0]["log"] == {"origin": "a35/RO/1/log/1", "index": 44}


def test_own_desk_is_told_that_it_is_late_itself(capsys: Capture) -> None:
    """Before the other side telephones."""
    world = World()
    received(world, 1)
    world.clock.ms = NOW_MS + 31 * MINUTE_MS
    with shell_of(world, capsys) as shell:
        (item,) = cast("list[dict[str, Any]]", shell("inbox", "--json").document())
        assert (item["late"]["missing"], item["late"]["stage"]) == ("acknowledged", "telephone")
        assert "Your desk has not acknowledged this request" in shell("show", str(mid(1))).out


@pytest.mark.parametrize("code", ["9F0K-WW2T", "9fok ww2t"])
def test_message_is_found_by_the_code_that_was_read_out(capsys: Capture, code: str) -> None:
    """On both sides, in every command that takes an id."""
    world = late_world(Stage.TELEPHONE)
    with shell_of(world, capsys) as shell:
        assert cast("dict[str, Any]", shell("show", code, "--json").document())["mid"] == str(FAR)
        (item,) = cast("list[dict[str, Any]]", shell("outbox", "--code", code, "--json").document())
        assert item["mid"] == str(FAR)
        assert "timeline" not in item
        assert shell("inbox", "--code", code, "--json").document() == []
        assert shell("explain", code).code == 0
        assert shell("show", "0000-0000").code == 66


def test_code_of_two_messages_is_refused_with_their_ids(capsys: Capture) -> None:
    """Once in a hundred thousand; nobody must act on the wrong one."""
    world = late_world(Stage.TELEPHONE)
    twin = MessageId(FAR.value[:-1] + b"\x07")
    assert code_of(twin) == code_of(FAR)
    world.book.put(replace(row_of(twin, Direction.IN), t_ms=NOW_MS))
    with shell_of(world, capsys) as shell:
        refused = shell("show", "9F0K-WW2T")
        assert refused.code == 65
        assert str(twin) in refused.err


def test_explain_tells_stages_lane_next_time_and_what_would_end_it(capsys: Capture) -> None:
    """Why it waits, and until when."""
    world = late_world(Stage.SILENCE)
    world.late.ways[FR] = Way(node=FR, phase=Phase.OPEN, failures=4, due_in_ms=15_000, why="closed")
    with shell_of(world, capsys) as shell:
        shown = cast("dict[str, Any]", shell("explain", str(FAR), "--json").document())
        assert (shown["lane"]["circuit"], shown["lane"]["failures"]) == ("open", 4)
        assert shown["stages"][0]["stage"] == "silence"
        said = shell("explain", str(FAR)).out
        assert "It waits here for FR/1." in said
        assert "The way to FR/1 failed 4 times in a row, last: it closed the connection." in said
        assert "Its circuit is open" in said
        assert "The next attempt is at 21 Nov 14:00:15Z" in said
        assert "not accepted in time, silence stated in our log, entry 44." in said
        assert "Due to be acknowledged: 21 Nov 15:" in said
        assert "It ends by a receipt of FR/1 with proof (accepted or rejected)" in said


def test_peers_are_one_line_each(capsys: Capture) -> None:
    """Everything about a node at one look."""
    world = World()
    good = PeerState(
        node=FR,
        way=Way(node=FR, last_contact_ms=NOW_MS - 2 * MINUTE_MS),
        waiting=(0, 0, 0, 0),
        their_log=8812,
        our_log=4410,
        is_forked=False,
        offset_ms=-250,
        silent_since_ms=None,
    )
    bad = replace(
        good,
        node=NodeId("JP", 1),
        way=Way(
            node=NodeId("JP", 1),
            phase=Phase.OPEN,
            failures=7,
            due_in_ms=60_000,
            why="unreachable",
        ),
        waiting=(1, 0, 3, 0),
        is_forked=True,
        offset_ms=None,
        silent_since_ms=NOW_MS - HOUR_MS,
    )
    world.others.states = (good, bad)
    with shell_of(world, capsys) as shell:
        items = cast("list[dict[str, Any]]", shell("peers", "--json").document())
        assert [item["node"] for item in items] == ["FR/1", "JP/1"]
        assert items[0]["clock_offset_ms"] == -250
        first, second = shell("peers").out.splitlines()
        assert first.split("\t")[2:7] == ["healthy", "0 0 0 0", "8812", "4410", "-0.2 s"]
        assert second.split("\t")[1:5] == [
            "-",
            "open, failed 7x, unreachable, next in 60 s",
            "1 0 3 0",
            "TWO HISTORIES",
        ]
