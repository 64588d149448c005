"""Plays a transcript: commands and what they printed, as text that an officer can read.

A line that begins with `$ ` is a command, the lines below it are what it printed: standard error
is marked `2| `, a code other than 0 stands last as `? CODE`. Lines that begin with `# ` explain.
The first line names the desk that the commands speak to. What differs from run to run (paths,
keys, distances in time) is masked; DRAFT is the draft that was named last.
"""

import re
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from json import dumps
from pathlib import Path
from typing import Final

import pytest

from gateway.records import Direction
from protocol.cases.ladder import MessageState
from tests.gateway.officer.cli.session import Shell
from tests.gateway.officer.cli.test_drafts import served
from tests.gateway.officer.world import (
    World,
    attempt,
    content_of,
    file_named,
    mid,
    received,
    row_of,
    served_beside,
)
from tests.gateway.service.world import request

DOCUMENT = """{
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
    "duty_contact": {"name": "Officer 3", "telephone": "+40 21 555 0142"}
  }
}"""

_MASKS = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "[hex]"),
    (re.compile(r"\b\d{5}( \d{5}){7}\b"), "[digits]"),
    (re.compile(r"\bin \d+ (d|h|min)( \d+ (h|min))?"), "[due]"),
    (re.compile(r"\b\d+ (d|h|min)( \d+ (h|min))? late"), "[due]"),
    (re.compile(r"^(ok   paper: ).*"), r"\1[state]"),
    (re.compile(r"\b\d+ (bytes|MiB free|allowed|are kept)"), r"[n] \1"),
)


def duty_desk() -> World:
    """A desk with one request of FR/1 in its inbox and one document of its own on the way."""
    world = World()
    received(world, 1, files=1)
    row = row_of(mid(2), Direction.OUT)
    world.book.put(row)
    world.book.tried = [attempt("connect")]
    world.submit.then = ["accepted", "consigned", "opened"]
    return world


def hostile_desk() -> World:
    """A desk that received names and texts that would bend a terminal."""
    world = World()
    hostile = "\x1b]0;owned\x07\u202egnp.exe"
    content = content_of(
        mid(1), reference=f"7-{hostile}", body={"case_reference": hostile, "facts": "a\nb\x9b2J"}
    )
    content = replace(content, files=(file_named(hostile),))
    row = row_of(mid(1), Direction.IN, state=MessageState.CONSIGNED, content=content)
    world.book.put(row, content)
    return world


DESKS: Mapping[str, Callable[[], World] | None] = {
    "duty desk": duty_desk,
    "hostile desk": hostile_desk,
    "no desk": None,
}
WRITING: Final = "writing desk"
"""A desk of a real node on which drafts are written; its ids differ from run to run."""


_DRAWN: Final = re.compile(r"\b[0-9a-f]{32}\b")


def played(transcript: str, folder: Path, capture: pytest.CaptureFixture[str]) -> str:
    """Run every command of a transcript and return it as it came out.

    Args:
        transcript: The text.
        folder: Where its files lie and its homes are made; empty.
        capture: What the commands print.
    """
    (folder / "ack.json").write_text(DOCUMENT)
    (folder / "empty.json").write_text('{"type": "acknowledgement"}')
    head, *lines = transcript.splitlines()
    desk = head.removeprefix("# desk: ")
    with _zone("UTC"), _home(desk, folder, capture) as home:
        shell = Shell(home, capture)
        shown = [head]
        for line in lines:
            if line.startswith("$ a35 "):
                given = _with_draft(line, shown) if desk == WRITING else line
                shown.extend((line, *_printed(shell, given, folder)))
            elif not line or line.startswith("# "):
                shown.append(line)
        return _DRAWN.sub("DRAFT", _text(shown)) if desk == WRITING else _text(shown)


def _text(shown: list[str]) -> str:
    return "\n".join(shown) + "\n"


def _with_draft(line: str, shown: list[str]) -> str:
    """Put the newest id that was printed in the place of DRAFT."""
    ids = _DRAWN.findall(_text(shown))
    return line.replace("DRAFT", ids[-1]) if ids else line


@contextmanager
def _home(desk: str, folder: Path, capture: pytest.CaptureFixture[str]) -> Iterator[Path]:
    """Serve a desk; yield the home that leads to it."""
    if desk == WRITING:
        asked = request() | {"attachments": [{"path": "order.pdf", "role": "other"}]}
        (folder / "request.json").write_text(dumps(asked))
        (folder / "order.pdf").write_bytes(b"order")
        with served(folder, capture) as writing:
            yield writing.shell.home
        return
    build = DESKS[desk]
    with nullcontext(folder) if build is None else served_beside(build()) as home:
        yield home


def _printed(shell: Shell, line: str, folder: Path) -> Iterator[str]:
    """Yield what one command printed."""
    words = [word.replace("DIR", str(folder)) for word in shlex.split(line)[2:]]
    named = "--home" in words or {"check", "schema", "--help"} & set(words)
    ended = shell.bare(*words) if named else shell(*words)
    for mark, text in (("", ended.out), ("2| ", ended.err)):
        for each in text.splitlines():
            if each:  # blank lines part the commands of a transcript
                yield mark + _masked(each, folder, shell.home)
    if ended.code:
        yield f"? {ended.code}"


def _masked(line: str, folder: Path, home: Path) -> str:
    line = line.replace(str(folder), "DIR").replace(str(home), "[home]")
    for pattern, mask in _MASKS:
        line = pattern.sub(mask, line)
    return line


@contextmanager
def _zone(zone: str) -> Iterator[None]:
    """Live in one zone, so that local times read alike everywhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", zone)
        patch.setenv("COLUMNS", "80")
        time.tzset()
        yield
    time.tzset()
