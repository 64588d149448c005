"""ping: two desks of a real network, each with its commands; only what is said is tested here."""

import csv
from hashlib import sha256
from pathlib import Path
from time import monotonic

import pytest

from gateway.officer.cli.ping import asked_lines, availability_rows
from gateway.officer.reports import Form, report
from gateway.officer.shapes.models import LogRef
from gateway.officer.shapes.pings import (
    AskedList,
    AvailabilityView,
    DayItem,
    NodeDays,
    OutcomeItem,
    RoundView,
)
from gateway.service.pingboard import Outcome, report_json
from protocol.directory import PartyEntry
from protocol.identifiers import NodeId
from tests.gateway.officer.cli.desks import desks, printed
from tests.gateway.officer.cli.session import Ended, Shell

Capture = pytest.CaptureFixture[str]
RO = NodeId("RO", 1)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a folder for the homes of a network."""
    folder = tmp_path / "net"
    folder.mkdir()
    return folder


def outcomes(ended: Ended) -> dict[str, dict[str, object]]:
    """Return what a command printed of each node."""
    return {one["node"]: one for one in printed(ended)[0]}


def answered(romania: Shell, *more: str) -> Ended:
    """Answer the one ping that waits in Romania, or soon will."""
    end = monotonic() + 120
    while not (items := printed(romania("ping", "--asked", "--json"))[0]["items"]):
        assert monotonic() < end
    (item,) = items
    return romania("ping", "--answer", str(item["code"]), *more)


def await_outcomes(france: Shell, name: str, wanted: dict[str, bool]) -> None:
    """Look at the first round until nodes have come to what is wanted."""
    end = monotonic() + 120
    while True:
        found = outcomes(france("ping", "--show", "1", "--timeout", "1s", "--json"))
        if {node: found[node][name] for node in wanted} == wanted:
            return
        assert monotonic() < end, found


def test_a_ping_is_asked_and_answered(home: Path, capsys: Capture) -> None:
    """As two officers see it, from the first question on."""
    with desks(home, capsys) as (france, romania, _net):
        assert "Nobody waits" in romania("ping").out
        begun = france("ping", "RO", "DE/1", "--campaign", "autumn", "--timeout", "3s", "--json")
        assert begun.code == 75
        first = outcomes(begun)
        assert (first["RO/1"]["human_ok"], first["DE/1"]["human_ok"]) == (None, None)
        assert len(printed(begun)) == 1
        await_outcomes(france, "node_ok", {"RO/1": True, "DE/1": False})
        assert "a35 ping --show 1" in begun.err
        end = monotonic() + 120
        while "Nobody waits" in (shown := romania("ping").out):
            assert monotonic() < end
        assert "Ping from FR/1 (autumn): code " in shown
        assert "Service for Combating Cybercrime" in shown
        assert romania("ping", "--answer", "x" * 6).code == 66
        assert "have changed" in answered(romania, "--changed", "A new number.").out
        both: dict[str, dict[str, object]] = {}
        for _ in range(40):
            both = outcomes(france("ping", "--campaign", "autumn", "--timeout", "1s", "--json"))
            if both["RO/1"]["human_ok"]:
                break
        assert both["RO/1"]["details_valid"] is False
        assert both["DE/1"]["human_ok"] is None


def test_a_round_is_listed_reported_and_counted_by_day(
    home: Path, tmp_path: Path, capsys: Capture
) -> None:
    """In three forms, at any time."""
    with desks(home, capsys) as (france, romania, _net):
        assert france("ping", "--all", "--campaign", "autumn", "--timeout", "2s").code == 75
        await_outcomes(france, "node_ok", {"RO/1": True, "DE/1": False})
        assert "are right" in answered(romania).out
        file, page = tmp_path / "autumn.csv", tmp_path / "autumn.html"
        assert france("ping", "--show", "1", "--timeout", "1s", "--report", file).code == 75
        rows = {row["node"]: row for row in csv.DictReader(file.read_text().splitlines())}
        assert (rows["RO/1"]["node_ok"], rows["DE/1"]["node_ok"]) == ("true", "false")
        france("ping", "--show", "1", "--timeout", "0s", "--report", page)
        assert "<h1>autumn</h1>" in page.read_text()
        assert "Calls answered, by day" in page.read_text()
        assert "autumn" in france("ping", "--list").out
        (listed,) = printed(france("ping", "--list", "--json"))
        assert listed[0]["campaign"] == "autumn"
        (days,) = printed(france("ping", "--availability", "2", "--json"))
        assert [node["node"] for node in days["items"]] == ["DE/1", "RO/1"]
        away, there = (node["days"][0] for node in days["items"])
        assert (away["answered"], there["answered"]) == (0, there["called"])
        assert f"{there['called']}/{there['called']}" in france("ping", "--availability", "2").out


def test_a_round_is_paused_and_goes_on_and_is_ended(home: Path, capsys: Capture) -> None:
    """Whoever was called at a bad hour rings up; the round need not be lost for that."""
    with desks(home, capsys) as (france, romania, _net):
        france("ping", "--all", "--campaign", "autumn", "--timeout", "2s")
        assert "round 1 is paused" in france("ping", "--pause", "1").out
        (listed,) = printed(france("ping", "--list", "--json"))
        assert listed[0]["paused"] is not None
        assert "are right" in answered(romania).out
        assert "round 1 goes on; so far" in france("ping", "--resume", "1").out
        await_outcomes(france, "human_ok", {"RO/1": True})
        (ended,) = printed(france("ping", "--end", "1", "--json"))
        assert ended["closed"] is not None
        assert ended["log"] is not None
        assert {one["node"]: one["human_ok"] for one in ended["items"]}["RO/1"] is True
        assert france("ping", "--pause", "1", "--end", "1").code == 64
        assert france("ping", "--pause", "9").code == 66


def test_what_cannot_be_meant_is_refused(home: Path, tmp_path: Path, capsys: Capture) -> None:
    """Each with a sentence that says how to do it."""
    with desks(home, capsys) as (france, _romania, net):
        assert france("ping", "RO", "--all").code == 64
        assert france("ping", "--changed", "x").code == 64
        assert france("ping", "RO", "--report", tmp_path / "a.txt").code == 64
        assert france("ping", "JP", "--timeout", "0s").code == 66
        assert france("ping", "--campaign", "none").code == 64
        assert france("ping", "--show", "9").code == 66
        nowhere = tmp_path / "none" / "a.json"
        assert france("ping", "--all", "--timeout", "0s", "--report", nowhere).code == 74
        net.clock.ms += 25 * 3_600_000
        over = france("ping", "--show", "1", "--timeout", "0s")
        assert over.code == 0
        assert "2 asked" in over.out


def test_the_json_report_is_what_the_node_stated() -> None:
    """Anybody who has the file can hold the log to it."""
    item = OutcomeItem(
        node="RO/1",
        node_ok=True,
        node_ms=31,
        human_ok=False,
        human_seconds=None,
        details_valid=None,
        why="the desk did not answer: é",
    )
    outcome = Outcome(**(item.model_dump() | {"node": RO}))
    written = report(view_of(item), Form.JSON)
    assert sha256(written).digest() == sha256(report_json([outcome])).digest()


def test_reports_are_harmless_where_they_are_opened() -> None:
    """Names come from outside: no formula for a spreadsheet, no markup for a page."""
    item = OutcomeItem(
        node="RO/1",
        node_ok=None,
        node_ms=None,
        human_ok=None,
        human_seconds=None,
        details_valid=None,
        why="=<b>",
    )
    view = view_of(item).model_copy(update={"campaign": "<script>"})
    assert b",'=<b>" in report(view, Form.CSV)
    page = report(view, Form.HTML).decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "=&lt;b&gt;" in page
    closed = view_of(item).model_copy(
        update={"campaign": None, "log": LogRef(origin="a35/RO/1/log/1", index=3)}
    )
    page = report(closed, Form.HTML).decode()
    assert "<h1>Ping 1</h1>" in page
    assert "a35/RO/1/log/1 #3" in page


def test_the_matrix_shows_days_without_calls_as_such() -> None:
    """Not called is not the same as not answered."""
    day = DayItem(day="2026-11-21", called=4, answered=3)
    view = AvailabilityView(
        days=("2026-11-20", "2026-11-21"), items=(NodeDays(node="RO/1", days=(day,)),)
    )
    assert availability_rows(view) == [["RO/1", "-", "3/4"]]
    page = report(view_of(), Form.HTML, view).decode()
    assert "<td></td><td>3/4</td>" in page


def test_a_desk_that_the_directory_does_not_describe_is_told_so() -> None:
    """What is attested must be there."""
    view = AskedList.model_validate(
        {
            "items": (
                {
                    "mid": "0" * 32,
                    "node": "FR/1",
                    "code": "471902",
                    "campaign": None,
                    "asked": "2026-11-21T14:00:00.000Z",
                    "expires": "2026-11-22T14:00:00.000Z",
                },
            ),
            "details": None,
        }
    )
    lines = asked_lines(view, 1_795_269_600_000)
    assert lines[0] == "Ping from FR/1: code 471 902, in 1 d 0 h"
    assert "no point of contact" in lines[1]
    assert PartyEntry(party="FR", name="France").contact_points == ()


def view_of(*items: OutcomeItem) -> RoundView:
    """Return a round."""
    return RoundView(
        number=1,
        campaign="autumn",
        began="2026-11-21T14:00:00.000Z",
        expires="2026-11-22T14:00:00.000Z",
        closed=None,
        log=None,
        items=items,
    )
