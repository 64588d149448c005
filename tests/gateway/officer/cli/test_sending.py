"""send, answer and wait: the id first, then what happens; 75 when it does not in time."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from gateway.records import Direction
from tests.gateway.officer.cli.session import Ended, shell_of
from tests.gateway.officer.world import World, mid, received, row_of

Capture = pytest.CaptureFixture[str]


def test_send_prints_the_ids_and_ends(capsys: Capture, tmp_path: Path) -> None:
    """A killed script resumes with `wait`."""
    world = World()
    with shell_of(world, capsys) as shell:
        ended = shell("send", document(tmp_path), "--json")
    assert ended.document() == {"mid": str(mid(100)), "thread": str(mid(100)), "state": "queued"}


def test_send_to_another_party_than_the_file_says(capsys: Capture, tmp_path: Path) -> None:
    """One document, several addressees."""
    world = World()
    with shell_of(world, capsys) as shell:
        assert shell("send", document(tmp_path), "--to", "JP").code == 0
    assert world.submit.drafts["d100"].document["to"] == "JP"


def test_send_takes_attachments_from_the_documents_folder(capsys: Capture, tmp_path: Path) -> None:
    """Paths in a document begin where it lies."""
    (tmp_path / "order.txt").write_text("the order")
    world = World()
    file = document(tmp_path, attachments=[{"path": "order.txt"}])
    with shell_of(world, capsys) as shell:
        assert shell("send", file).code == 0
    assert world.submit.drafts["d100"].uploaded == {0: b"the order"}


def test_send_that_waits_streams_each_step(capsys: Capture, tmp_path: Path) -> None:
    """One JSON object a line, in the order in which it happened."""
    world = World()
    world.submit.then = ["accepted", "consigned", "opened"]
    with shell_of(world, capsys) as shell:
        ended = shell("send", document(tmp_path), "--wait", "opened", "--json")
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert [line["state"] for line in lines] == ["queued", "accepted", "consigned", "opened"]
    assert {line["mid"] for line in lines} == {str(mid(100))}
    assert lines[1]["by"] == "FR/1"
    assert lines[1]["log"] == {"origin": "a35/FR/1/log/1", "index": 8801}


def test_send_that_waits_in_vain_ends_with_75(capsys: Capture, tmp_path: Path) -> None:
    """The ids are out before; the message stays on its way."""
    with shell_of(World(), capsys) as shell:
        ended = shell("send", document(tmp_path), "--wait", "accepted", "--timeout", "0s", "--json")
    assert ended.code == 75
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert lines[0]["state"] == "queued"
    assert lines[1]["error"]["code"] == "not_yet"


def test_refused_document_is_65_with_every_fault(capsys: Capture, tmp_path: Path) -> None:
    """Scripts and people see the same faults."""
    file = tmp_path / "empty.json"
    file.write_text("{}")
    with shell_of(World(), capsys) as shell:
        ended = shell("send", file, "--json")
        people = shell("send", file)
    assert ended.code == 65
    error = cast("dict[str, Any]", ended.document())["error"]
    assert error["errors"] == [
        {"path": "type", "code": "missing", "message": "`type` is required."}
    ]
    assert "type: `type` is required. (missing)" in people.err
    assert people.out == ""


@pytest.mark.parametrize(
    ("data", "code", "exit_code"),
    [
        ("{", "invalid_request", 65),
        ("[]", "invalid_request", 65),
        ('{"type": "a", "type": "b"}', "invalid_request", 65),
        ('{"type": "note", "to": "\\ud800"}', "invalid_request", 65),
        (None, "not_found", 66),
    ],
)
def test_file_that_is_no_document_is_said(
    capsys: Capture, tmp_path: Path, *, data: str | None, code: str, exit_code: int
) -> None:
    """Nothing reaches the node."""
    file = tmp_path / "x.json"
    if data is not None:
        file.write_text(data)
    world = World()
    with shell_of(world, capsys) as shell:
        ended = shell("send", file, "--json")
    assert (ended.code, error_of(ended)) == (exit_code, code)
    assert world.submit.drafts == {}


def test_answer_goes_to_who_asked(capsys: Capture, tmp_path: Path) -> None:
    """Whatever the file says: the command names the message."""
    world = World()
    received(world, 1)
    file = document(tmp_path, to="DE/1", in_reply_to="0" * 32)
    with shell_of(world, capsys) as shell:
        ended = shell("answer", str(mid(1)), file, "--json")
    assert cast("dict[str, Any]", ended.document())["thread"] == str(mid(1))
    sent = world.submit.drafts["d100"].document
    assert (sent["to"], sent["in_reply_to"]) == ("FR/1", str(mid(1)))
    assert "in_reply_to of the file is replaced" in ended.err
    assert "to of the file is replaced by FR/1" in ended.err


def test_answer_that_agrees_says_nothing(capsys: Capture, tmp_path: Path) -> None:
    """A country stands for its node."""
    world = World()
    received(world, 1)
    with shell_of(world, capsys) as shell:
        assert shell("answer", str(mid(1)), document(tmp_path, to="FR")).err == ""


def test_wait_reached_and_not_reached(capsys: Capture) -> None:
    """0 and 75 are what a script decides by."""
    world = World()
    row = row_of(mid(1), Direction.OUT)
    world.book.put(row)
    world.book.happen(row, "accepted")
    with shell_of(world, capsys) as shell:
        reached = shell("wait", str(mid(1)), "--stage", "accepted", "--json")
        assert reached.document() == {
            "mid": str(mid(1)),
            "thread": str(mid(1)),
            "state": "accepted",
        }
        late = shell("wait", str(mid(1)), "--stage", "opened", "--timeout", "0s", "--json")
        assert (late.code, error_of(late)) == (75, "not_yet")


@pytest.mark.parametrize("stage", ["queued", "rejected", "soon"])
def test_stage_that_nobody_can_wait_for_is_a_usage_error(capsys: Capture, stage: str) -> None:
    """64, before anything is asked of the node."""
    with shell_of(World(), capsys) as shell:
        assert shell("wait", str(mid(1)), "--stage", stage).code == 64


def document(folder: Path, **fields: object) -> Path:
    """Write a document and return its file."""
    file = folder / "document.json"
    file.write_text(json.dumps({"type": "acknowledgement", **fields}))
    return file


def error_of(ended: Ended) -> str:
    """Return the code of the error on standard output."""
    return str(cast("dict[str, Any]", json.loads(ended.out.splitlines()[-1]))["error"]["code"])
