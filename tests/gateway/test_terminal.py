"""Output goes where programs and people expect it; nothing else stands beside JSON."""

import io
import json

import pytest
from typing_extensions import override

from gateway.terminal import Terminal


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    @override
    def isatty(self) -> bool:
        """Say so."""
        return True


def test_json_is_alone_on_standard_output() -> None:
    """A program reads it to the end."""
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(json=True, out=out, err=err)
    terminal.document({"a": "\u202e\x1b"})
    terminal.say("for people")
    terminal.note("remark")
    terminal.table(("Head",), [["cell"]])
    assert out.getvalue() == '{"a": "\\u202e\\u001b"}\n'
    assert err.getvalue() == "for people\nremark\n"


def test_people_get_no_json() -> None:
    """And remarks do not get into a pipe."""
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(json=False, out=out, err=err)
    terminal.document({"a": 1})
    terminal.say("for people")
    terminal.note("remark")
    terminal.progress("4 of 9")
    terminal.table(("Head", "Other"), [["cell", "more"]])
    assert out.getvalue() == "for people\ncell\tmore\n"
    assert err.getvalue() == "remark\n"


def test_table_is_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """With heads; what looks like markup is text."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    out = Screen()
    Terminal(json=False, out=out).table(("Head", "Other"), [["[bold]cell", "more"]])
    assert "Head" in out.getvalue()
    assert "[bold]cell" in out.getvalue()


def test_progress_is_for_terminals_only() -> None:
    """It moves the cursor."""
    err = Screen()
    terminal = Terminal(json=True, out=io.StringIO(), err=err)
    terminal.progress("4 of 9")
    terminal.progress("")
    assert err.getvalue() == "\r4 of 9\x1b[K\r\x1b[K"


def test_standard_streams_are_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    """Commands say no more than whether --json was given."""
    Terminal(json=True).document([1])
    shown = capsys.readouterr()
    assert json.loads(shown.out) == [1]
