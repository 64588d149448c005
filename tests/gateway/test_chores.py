"""How a node ends: with the exit code of what ended it."""

import pytest

from gateway.chores import leading
from gateway.errors import LogDamagedError, StorageError

BUG, OTHER = KeyError("a bug"), ValueError("another")
STORE, LOG = StorageError("stopped"), LogDamagedError("damaged")


@pytest.mark.parametrize(
    ("errors", "found"),
    [
        ([STORE], STORE),
        ([BUG, STORE], STORE),
        ([ExceptionGroup("", [BUG, ExceptionGroup("", [LOG])]), STORE], LOG),
        ([BUG, OTHER], BUG),
        ([ExceptionGroup("", [OTHER]), BUG], OTHER),
    ],
    ids=["alone", "beside", "deep", "bugs", "deep bug"],
)
def test_error_of_ours_leads_over_bugs_however_deep_it_is(
    errors: list[Exception], found: Exception
) -> None:
    """A store that stopped must not end as a bug, 70: units restart by the code."""
    assert leading(ExceptionGroup("ended", errors)) is found
