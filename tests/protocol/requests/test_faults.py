"""Faults and findings: paths as text, the value that nobody may read, a sentence for each code."""

from collections.abc import Callable

import pytest

from protocol.requests.faults import (
    UNSOUND,
    Fault,
    FaultCode,
    UnsoundError,
    path_text,
)
from protocol.requests.messages import MESSAGES, finding_of


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("to",), "to"),
        (("body", "items", 0, "period", "end"), "body.items[0].period.end"),
        (("attachments", 1, "path"), "attachments[1].path"),
        (("a\nb",), "a\\u000ab"),
    ],
)
def test_paths_are_written_from_the_root(path: tuple[str | int, ...], text: str) -> None:
    """Zero-based, and printable whatever the names are."""
    assert path_text(path) == text


@pytest.mark.parametrize(
    "use",
    [
        bool,
        len,
        hash,
        iter,
        lambda value: value == 1,
        lambda value: value < 1,
        lambda value: value.kind,
        lambda value: value[0],
        lambda value: 1 in value,
        lambda value: value in {"a", "b"},
        lambda value: "a" == value,  # noqa: SIM300 - the other side is the point
    ],
)
def test_no_rule_can_judge_by_an_unsound_value(use: Callable[[object], object]) -> None:
    """Every use stops the rule; only `is` works."""
    with pytest.raises(UnsoundError):
        use(UNSOUND)
    assert UNSOUND is not None


@pytest.mark.parametrize("code", FaultCode)
def test_every_code_has_its_sentence(code: FaultCode) -> None:
    """An officer never reads a bare code."""
    finding = finding_of(Fault(("body", "items", 0), code))
    assert finding.code is code
    assert finding.path == "body.items[0]"
    assert finding.message.endswith(".")
    assert "{" not in finding.message
    assert MESSAGES.keys() == set(FaultCode)


def test_a_rule_may_bring_a_sentence_of_its_own() -> None:
    """It knows more than the code says."""
    assert finding_of(Fault((), FaultCode.MISSING, "Say who.")).message == "Say who."
    assert "`document`" in finding_of(Fault((), FaultCode.MISSING)).message
