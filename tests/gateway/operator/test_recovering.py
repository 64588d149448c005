"""The command a35 recover on homes that no node runs on."""

import json
from pathlib import Path

import pytest

from gateway.main import command_line
from tests.gateway.operator.test_recover import lost


def credential(folder: Path) -> Path:
    """Write the credential that opens the keys of the tests."""
    file = folder / "credential"
    file.touch(mode=0o600)
    file.write_bytes(bytes(range(32)))
    return file


def a35(*arguments: str) -> int:
    """Type a command; nothing is run."""
    return command_line(["recover", *arguments], run=lambda _: 0)


def test_stopped_node_is_looked_at_by_its_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the next start would find, and what to do."""
    home = lost(tmp_path)
    assert a35("--home", str(home.path), "--json") == 75
    said = json.loads(capsys.readouterr().out)
    assert (said["phase"], said["start"], said["size"]) == ("stopped", "never", 1)
    assert a35("--home", str(home.path)) == 75
    assert "--new-generation REASON" in capsys.readouterr().out


def test_new_generation_prints_what_people_compare(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The fingerprint is read over the telephone."""
    home = lost(tmp_path)
    options = ("--home", str(home.path), "--credential-file", str(credential(tmp_path)), "--json")
    assert a35("--new-generation", "the disk was lost", *options) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["old"], said["origin"]) == ("a35/RO/1/log/1", "a35/RO/1/log/2")
    assert said["listed"] is False
    assert "log a35/RO/1/log/2" in said["spoken"]
    assert a35("--home", str(home.path)) == 0


def test_spare_keys_are_made_ahead_and_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the Party's entry must list is printed; the file is closed to others."""
    home = lost(tmp_path)
    spare = tmp_path / "spare.key"
    options = ("--home", str(home.path), "--credential-file", str(credential(tmp_path)), "--json")
    assert a35("--make-spare", str(spare), *options) == 0
    listed = json.loads(capsys.readouterr().out)["log"]
    assert listed["origin"] == "a35/RO/1/log/2"
    assert spare.stat().st_mode & 0o777 == 0o600
    assert a35("--make-spare", str(spare), *options) == 78
    capsys.readouterr()
    assert a35("--new-generation", "lost", "--spare", str(spare), *options) == 0
    assert json.loads(capsys.readouterr().out)["origin"] == "a35/RO/1/log/2"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--keep-log", "a", "--new-generation", "b"), 64),
        (("--spare", "file"), 64),
        (("--new-generation", "  "), 65),
        (("--keep-log", "x" * 3000), 65),
        (("--keep-log", "a node must run for that"), 69),
    ],
)
def test_what_cannot_be_is_refused_before_anything_changes(
    tmp_path: Path, arguments: tuple[str, ...], code: int
) -> None:
    """A reason is for ever; two decisions at a time are none."""
    home = lost(tmp_path)
    assert a35("--home", str(home.path), *arguments) == code
