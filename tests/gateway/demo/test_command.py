"""`a35 demo` as people and scripts run it: real processes, from the first line to the last."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path, PurePath
from urllib.parse import urlsplit

import pytest

from gateway.demo.documents import data_file
from gateway.demo.story import load_examples
from tests.gateway.demo.process import (
    END_S,
    Ended,
    processes_naming,
    run_a35,
    started_a35,
    stream,
)

LOAD = 300


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a short name: sockets of homes below it must stay under 108 bytes."""
    return tmp_path_factory.mktemp("d")


def test_check_with_load_loses_nothing_and_verifies_every_log(demo_check: Ended) -> None:
    """The whole chain: keys, directory, nodes, TLS, receipts, answers, proofs."""
    assert demo_check.code == 0, demo_check.err
    result = demo_check.document()
    requests = len(load_examples([]))
    assert result["nodes"] == 3
    assert result["acknowledged"] == result["answered"] == requests == 5
    assert result["sent"] == result["accepted"] == result["consigned"]
    assert result["lost"] == result["duplicates"] == 0
    logs = result["logs"]
    assert isinstance(logs, list)
    assert {log["node"] for log in logs} == {"FR/1", "RO/1", "JP/1"}
    assert all(log["verified"] and log["size"] > 10 for log in logs)


def test_load_counts_every_envelope_once_it_is_settled(demo_check: Ended) -> None:
    """Numbers that others compare: what was asked for was sent, in fewer frames than envelopes."""
    load = demo_check.document()["load"]
    assert isinstance(load, dict)
    assert set(load) == {"messages", "seconds", "per_second", "cpu_seconds", "batches"}
    assert load["messages"] == LOAD
    assert load["seconds"] > 0
    assert load["per_second"] == pytest.approx(LOAD / load["seconds"], rel=0.01, abs=0.06)
    assert load["cpu_seconds"] > 0
    assert 0 < load["batches"] <= LOAD


def test_check_shows_people_every_case_up_to_its_answer(demo_check: Ended) -> None:
    """With --json, people read the same story on standard error."""
    lines = [line for line in demo_check.err.splitlines() if " > opened > " in line]
    assert len(lines) == 5
    assert all(line.endswith("> acknowledged > answered") for line in lines)
    assert any("RO > JP" in line for line in lines)


def test_demo_says_where_everything_is_and_leaves_nothing_after_an_interrupt(folder: Path) -> None:
    """The first line is for scripts; Ctrl-C ends three nodes, a directory and their files."""
    with started_a35("demo", "--json", folder=folder) as process:
        ready = json.loads(stream(process.stdout).readline())
        _look_around(ready, folder)
        _stop_and_start(process)
        process.send_signal(signal.SIGINT)
        rest, told = process.communicate(timeout=END_S)
    assert process.returncode == 0, told
    assert rest == ""
    assert told.endswith("All of it is removed.\n")
    _nothing_left(folder)
    for node in ready["nodes"]:
        with pytest.raises(ProcessLookupError):
            os.kill(node["pid"], 0)


def _stop_and_start(process: subprocess.Popen[str]) -> None:
    """What is sent to a node that was stopped waits until it was started again."""
    typed = stream(process.stdin)
    typed.write("stop RO\n\nstart fr\nstop DE\nstart RO/1\n")
    typed.flush()
    lines = iter(stream(process.stderr).readline, "RO/1 is up again.\n")
    told = [line for line in lines if line]
    assert told[-3].startswith("RO/1 is down.")
    assert told[-2] == "FR/1 is up already.\n"
    assert told[-1].startswith("Type stop or start and FR or RO or JP")


def _look_around(ready: dict[str, object], folder: Path) -> None:
    assert ready["ready"] is True
    assert Path(str(ready["root"])).is_relative_to(folder)
    assert json.loads(Path(str(ready["root"])).read_bytes())["signed"]["_type"] == "root"
    nodes = ready["nodes"]
    assert isinstance(nodes, list)
    assert len(nodes) == 3
    for node in nodes:
        assert set(node) == {"node", "home", "pid", "api", "peer", "page"}
        assert (Path(node["home"]) / "node.toml").is_file()
        api = urlsplit(node["api"])
        with closing(HTTPConnection(str(api.hostname), api.port or 0, timeout=END_S)) as line:
            line.request("GET", "/readyz")
            with line.getresponse() as response:
                assert response.status == 200


def test_demo_told_to_stop_while_it_starts_leaves_nothing(folder: Path) -> None:
    """A supervisor may end it at any moment; a check that did not end is no success."""
    with started_a35("demo", "--check", "--json", folder=folder) as process:
        assert stream(process.stderr).readline().startswith("Making keys")
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=END_S)
    assert process.returncode == 130
    assert json.loads(out)["error"]["code"] == "interrupted"
    _nothing_left(folder)


def _nothing_left(folder: Path) -> None:
    assert list(folder.iterdir()) == []
    assert processes_naming(folder) == []


def test_one_file_is_sent_instead_of_the_examples_and_the_network_is_kept(folder: Path) -> None:
    """--requests and --keep: a document of one's own, and its homes to look into afterwards."""
    request = Path(str(load_examples([])[0].folder)) / "technical_advice_request.json"
    kept = folder / "kept"
    ended = run_a35(
        *("demo", "--check", "--json", "--requests", request, "--keep", kept), folder=folder
    )
    assert ended.code == 0, ended.err
    result = ended.document()
    assert result["answered"] == 1
    assert result["sent"] == 3
    assert {path.name for path in kept.iterdir()} >= {"FR-1", "RO-1", "JP-1", "FR.journal"}
    again = run_a35("demo", "--check", "--json", "--keep", kept, folder=folder)
    assert again.code == 78
    assert "not empty" in again.document()["error"]["message"]  # type: ignore[index]


def test_no_word_of_a_case_lies_in_clear_in_any_home_or_journal(folder: Path) -> None:
    """Contents, references, names of people and of files are sealed on every disk they pass."""
    kept = folder / "kept"
    ended = run_a35("demo", "--check", "--json", "--keep", kept, folder=folder)
    assert ended.code == 0, ended.err
    words = sorted(set(_words()))
    assert len(words) > 50
    name, _ = data_file()
    assert any(word.encode() in (kept / "answers" / name).read_bytes() for word in words)
    looked = 0
    for file in (*kept.glob("??-1/**/*"), *kept.glob("*.journal"), *kept.glob("*.anchor")):
        if file.is_file() and file.name != "node.toml":  # the desk's own telephone stands there
            data = file.read_bytes()
            looked += len(data)
            assert [word for word in words if word.encode() in data] == [], file
    assert looked > 100_000


def _words() -> Iterator[str]:
    """Yield every text of the examples that is long enough to be told from chance."""
    name, data = data_file()
    yield from (PurePath(name).name, data.decode().splitlines()[-1])
    for example in load_examples([]):
        waiting: list[object] = [example.document["body"], example.document.get("attachments")]
        while waiting:
            match waiting.pop():
                case dict() as part:
                    waiting.extend(part.values())
                case list() as part:
                    waiting.extend(part)
                case str() as text if len(text) >= 12 and " " in text:
                    yield text
                case _:
                    pass
        yield str(example.document["body"]["case_reference"])  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("text", "code"),
    [("[]", 65), ("{", 65), ('{"type": "note"}', 0), (None, 65)],
    ids=["no document", "no JSON", "no request", "no file"],
)
def test_files_that_are_no_requests_are_refused_before_anything_starts(
    text: str | None, code: int, tmp_path: Path
) -> None:
    """Three nodes are not built for a file that cannot be sent; what is no request is left out."""
    file = tmp_path / "request.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    if code == 0:
        assert load_examples([file]) == []
        return
    ended = run_a35("demo", "--check", "--json", "--requests", file, folder=tmp_path)
    assert ended.code == code
    assert {path.name for path in tmp_path.iterdir()} <= {"request.json"}
