"""check and schema need no node: the same faults, codes and exits on every machine."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from gateway.main import command_line

Capture = pytest.CaptureFixture[str]

ACKNOWLEDGEMENT: dict[str, object] = {
    "type": "acknowledgement",
    "to": "FR/1",
    "in_reply_to": "3f0c9a41d27e4b5a8c6612f09be4a7d1",
    "urgency": "urgent",
    "handling_code": "H1",
    "language": "en",
    "body": {
        "desk": "RO/1 night desk",
        "recipient_reference": "RO-247",
        "expected_decision_by": "2026-11-30T08:00:00Z",
        "duty_contact": {"name": "Officer 3", "telephone": "+40 21 555 0142"},
    },
}


def test_valid_document_is_0(capsys: Capture, tmp_path: Path) -> None:
    """And nothing else is on standard output with --json."""
    code, shown = check(capsys, tmp_path, ACKNOWLEDGEMENT)
    assert code == 0
    assert shown == {"valid": True, "type": "acknowledgement", "errors": [], "warnings": []}


def test_faults_are_65_and_have_a_path(capsys: Capture, tmp_path: Path) -> None:
    """Editors jump to the path."""
    body = cast("dict[str, object]", ACKNOWLEDGEMENT["body"]) | {"desk": ""}
    code, shown = check(capsys, tmp_path, ACKNOWLEDGEMENT | {"body": body})
    assert code == 65
    assert [(each["path"], each["code"]) for each in shown["errors"]] == [("body.desk", "empty")]


def test_day_of_the_check_can_be_given(capsys: Capture, tmp_path: Path) -> None:
    """A document is checked for the day on which it will be sent."""
    late, shown = check(capsys, tmp_path, ACKNOWLEDGEMENT, "--today", "2027-12-02")
    assert isinstance(shown["errors"], list)
    assert late in {0, 65}
    file = written(tmp_path, ACKNOWLEDGEMENT)
    assert run("check", str(file), "--today", "21.11.2026") == 64


def test_missing_files_are_66(tmp_path: Path) -> None:
    """The document itself, a profile, the request."""
    file = str(written(tmp_path, ACKNOWLEDGEMENT))
    assert run("check", str(tmp_path / "none.json")) == 66
    assert run("check", file, "--party-profile", str(tmp_path / "none.json")) == 66
    assert run("check", file, "--request", str(tmp_path / "none.json")) == 66


def test_other_files_beside_the_document_must_be_what_they_are(tmp_path: Path) -> None:
    """A wrong file would make the check mean nothing."""
    file = str(written(tmp_path, ACKNOWLEDGEMENT))
    assert run("check", file, "--party-profile", file) == 65
    assert run("check", file, "--request", str(written(tmp_path, {"type": "x"}, "r.json"))) == 65


def test_people_see_a_line_for_each_fault(capsys: Capture, tmp_path: Path) -> None:
    """Where, what, and how to mend it."""
    assert run("check", str(written(tmp_path, {"type": "acknowledgement"}))) == 65
    shown = capsys.readouterr().out
    assert "to: `to` is required here." in shown
    assert "not valid: " in shown


def test_types_are_listed_with_direction_and_line(capsys: Capture) -> None:
    """What can be sent."""
    assert run("schema", "list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert {"type": "acknowledgement", "direction": "A>Q"}.items() <= next(
        item for item in listed if item["type"] == "acknowledgement"
    ).items()


def test_schema_is_printed_for_people_and_programs(capsys: Capture) -> None:
    """Both are JSON; one is indented."""
    assert run("schema", "show", "acknowledgement", "--json") == 0
    one_line = capsys.readouterr().out
    assert run("schema", "show", "acknowledgement") == 0
    assert json.loads(capsys.readouterr().out) == json.loads(one_line)
    assert json.loads(one_line)["$schema"].endswith("2020-12/schema")
    assert run("schema", "show", "none") == 66


def check(
    capsys: Capture, folder: Path, document: dict[str, object], *options: str
) -> tuple[int, dict[str, Any]]:
    """Check a document and return exit code and JSON."""
    code = run("check", str(written(folder, document)), "--json", *options)
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, shown


def written(folder: Path, document: object, name: str = "d.json") -> Path:
    """Write a document."""
    file = folder / name
    file.write_text(json.dumps(document))
    return file


def run(*arguments: str) -> int:
    """Run a command that needs no node."""
    return command_line(list(arguments), run=lambda _options: 0)
