"""The checks of this suite find bugs: each of these faults, planted into a copy, is found.

Five in every run, the cheapest of each kind; all of them with `make planted`.
"""

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.crash.processes import REPOSITORY
from tests.crash.shim import Call, Kind, Place, ToolMissingError
from tests.crash.world import Side
from tests.planted.checks import Found, name_of, try_fault
from tests.planted.faults import Fault, KillPoints, Simulated
from tests.planted.synced import NothingSeenError, calls_of, unsynced
from tests.planted.table import FAULTS, HOLES, rows_of

_PAGE: Final = REPOSITORY / "docs" / "planted-faults.md"
_WRITE: Final = Call(Kind.WRITE, Place.WAL, 4096)
_SYNC: Final = Call(Kind.SYNC, Place.WAL, 0)
_HEAD: Final = Call(Kind.WRITE, Place.ANCHOR, 512)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(each, id=each.name, marks=() if each.often else pytest.mark.soak)
        for each in FAULTS
        if not isinstance(each.check, KillPoints)  # those are planted by tests.crash
    ],
)
def test_planted_fault_is_found(fault: Fault) -> None:
    """A harness that cannot fail shows nothing."""
    try:
        found = try_fault(fault)
    except ToolMissingError as error:
        pytest.skip(str(error))
    assert found.is_found, found.why


def test_every_fault_can_still_be_planted() -> None:
    """A fault whose text is no more in the sources would not be tried, and nobody would know."""
    texts: dict[str, str] = {}
    for fault in (*FAULTS, *HOLES):
        assert fault.edits, fault.name
        for edit in fault.edits:
            text = texts.setdefault(edit.file, (REPOSITORY / edit.file).read_text("utf-8"))
            assert text.count(edit.old) == 1, f"{fault.name}: {edit.file}"
            assert edit.new != edit.old


def test_no_fault_is_another_one_than_it_says(tmp_path: Path) -> None:
    """A text that stands elsewhere by now may be planted there, and name what is not there."""
    for number, fault in enumerate((*FAULTS, *HOLES)):
        texts: dict[str, str] = {}
        for edit in fault.edits:
            text = texts.setdefault(edit.file, (REPOSITORY / edit.file).read_text("utf-8"))
            texts[edit.file] = text.replace(edit.old, edit.new)
        for file, text in texts.items():
            (tmp_path / f"{number:02}-{file.replace('/', '-')}").write_text(text, "utf-8")
    words = ("-m", "ruff", "check", "--isolated", "--select", "F821", "--quiet", str(tmp_path))
    found = subprocess.run(  # noqa: S603  our own linter on our own sources
        [sys.executable, *words], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout) == (0, ""), found.stdout + found.stderr


def test_page_lists_every_fault_with_a_check_that_found_it() -> None:
    """The page is what a run printed; a fault that is new or renamed is not there yet."""
    page = _PAGE.read_text(encoding="utf-8")
    listed = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| \d+ \|$", page, re.MULTILINE)
    assert [(name, check) for name, check, _ in listed] == [
        (fault.name, name_of(fault)) for fault in (*FAULTS, *HOLES)
    ]
    missed = {name for name, _, by in listed if by.startswith("NOT FOUND")}
    assert missed == {fault.name for fault in HOLES}


def test_simulated_faults_ask_for_few_seeds() -> None:
    """From eight seeds on a report wants to have met everything: too much for some kinds alone."""
    for fault in FAULTS:
        if isinstance(fault.check, Simulated):
            assert 1 <= fault.check.seeds < 8, fault.name


@pytest.mark.parametrize("side", [Side.RECEIVER, pytest.param(Side.SENDER, marks=pytest.mark.soak)])
def test_head_leaves_after_the_sync_of_its_commit(
    side: Side, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What a receipt promises must outlive a loss of power, which no kill can show."""
    try:
        calls = asyncio.run(calls_of(side, tmp_path_factory.mktemp("k")))
    except ToolMissingError as error:
        pytest.skip(str(error))
    assert unsynced(calls) == 0


def test_head_between_a_write_and_its_sync_is_noticed() -> None:
    """Each head counts for itself; what is written after it is the next one's."""
    assert unsynced([_WRITE, _SYNC, _HEAD, _WRITE, _SYNC, _HEAD]) == 0
    assert unsynced([_WRITE, _HEAD, _SYNC, _WRITE, _SYNC, _HEAD]) == 1
    assert unsynced([_WRITE, _HEAD, _WRITE, _HEAD]) == 2


def test_exchange_without_heads_says_nothing() -> None:
    """A check that examined nothing must not pass."""
    with pytest.raises(NothingSeenError):
        unsynced([_WRITE, _SYNC, _HEAD])


def test_table_names_what_was_not_found() -> None:
    """A hole is told as one."""
    line = rows_of([Found(name="a fault", check="simulator", why="all seeds held")])[-1]
    assert line == "| a fault | simulator | NOT FOUND: all seeds held | 0 |"
