"""The files are what the generator writes, and each sealed case is there."""

from collections import Counter

import pytest

from tests.vectors.case_file import FOLDER, load
from tests.vectors.generate_envelope import deterministic_cases
from tests.vectors.sealed_cases import sealed_cases


def test_each_kept_file_is_what_its_inputs_give() -> None:
    """A change of the encoding shows here first."""
    for case in deterministic_cases():
        assert (case.path.name, case.path.read_text()) == (case.path.name, case.text())


def test_no_two_cases_share_a_file() -> None:
    """The second would silently replace the first."""
    names = Counter(case.path for case in deterministic_cases())
    assert [path for path, times in names.items() if times > 1] == []


def test_each_file_has_a_case() -> None:
    """A file without a case would be kept for ever and mean nothing."""
    known = {case.path for case in deterministic_cases()} | set(sealed_cases())
    folders = ("envelope", "receipt", "keyset", "frame")
    kept = {path for folder in folders for path in (FOLDER / folder).glob("*.json")}
    assert kept == known


@pytest.mark.parametrize("path", sealed_cases(), ids=lambda path: path.stem)
def test_each_sealed_case_can_be_made_anew(path: object) -> None:
    """Fresh random numbers, the same verdict: the makers stay alive."""
    made = sealed_cases()[path]()  # type: ignore[index]
    kept = next(case.values[0] for case in load("envelope", "sealed") if case.id == made.name)
    assert (made.expect, made.comment) == (kept.expect, kept.comment)
    assert len(made.bytes("header")) == len(kept.bytes("header"))
