"""A new passphrase is typed twice, and a short one is remarked upon."""

import pytest

from gateway.errors import UsageError
from gateway.operator.options import asked_twice

Capture = pytest.CaptureFixture[str]


def test_same_passphrase_twice_is_taken(capsys: Capture) -> None:
    """Nothing is said of a good one."""
    assert typed("correct horse battery", "correct horse battery") == "correct horse battery"
    assert capsys.readouterr().err == ""


def test_mistyped_passphrase_is_refused() -> None:
    """It would lock the node for ever."""
    with pytest.raises(UsageError, match="differ"):
        typed("correct horse battery", "correct horse bttery")


def test_short_passphrase_is_remarked_upon(capsys: Capture) -> None:
    """The operator decides; the text does not repeat it."""
    assert typed("hunter2", "hunter2") == "hunter2"
    shown = capsys.readouterr().err
    assert "14 characters" in shown
    assert "hunter2" not in shown


def typed(*words: str) -> str:
    """Let a person type these."""
    answers = iter(words)
    return asked_twice("Passphrase: ", ask=lambda _prompt: next(answers))
