"""Every transcript is what the commands print.

With WRITE_TRANSCRIPTS=1 in the environment the files are written anew; read the difference.
"""

import os
from pathlib import Path

import pytest

from tests.transcripts.player import played

HERE = Path(__file__).parent


@pytest.mark.parametrize("file", sorted(HERE.glob("*.txt")), ids=lambda file: file.stem)
def test_transcript_is_what_is_printed(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Documentation that nobody runs is soon wrong."""
    expected = file.read_text()
    actual = played(expected, tmp_path, capsys)
    if os.environ.get("WRITE_TRANSCRIPTS"):
        file.write_text(actual)
        expected = actual
    assert actual == expected


def test_there_are_transcripts() -> None:
    """An empty folder would pass."""
    assert len(list(HERE.glob("*.txt"))) >= 5
