"""log verify on a home where no node runs: from its files alone, or a plain refusal."""

from pathlib import Path

import pytest

from gateway.config import NodeConfig, write_config
from gateway.errors import ConfigError
from gateway.main import command_line
from gateway.officer.cli.stopped import verify_stopped

Capture = pytest.CaptureFixture[str]


def never(done: int, total: int) -> None:
    """Be told of no progress."""
    raise AssertionError((done, total))


def test_home_without_a_directory_cannot_say_whose_keys_count(tmp_path: Path) -> None:
    """A log that is held against no keys would prove nothing."""
    write_config(tmp_path, NodeConfig(node="RO/1", name="desk", url="https://localhost:8443"))
    with pytest.raises(ConfigError, match="no directory is named"):
        verify_stopped(tmp_path, None, progress=never)


def test_command_falls_back_to_the_files(tmp_path: Path, capsys: Capture) -> None:
    """No node answers, and the reason why the files do not do is told."""
    write_config(tmp_path, NodeConfig(node="RO/1", name="desk", url="https://localhost:8443"))
    assert command_line(["log", "verify", "--home", str(tmp_path)], run=lambda _: 0) == 78
    assert "no directory is named" in capsys.readouterr().err
