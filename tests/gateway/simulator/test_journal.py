"""The journal of a simulated node: alarms are kept, and content in any line is a bug."""

import pytest

from gateway.simulator.fakes import KeptJournal, Told
from gateway.simulator.material import CANARY


@pytest.mark.parametrize("level", ["info", "warning", "alarm"])
def test_content_in_a_line_of_any_level_fails_the_run(level: str) -> None:
    """I7 holds for journals too."""
    told: list[Told] = []
    journal = KeptJournal(told.append)
    getattr(journal, level)("refused", why=f"cannot read {CANARY}-000001")
    assert [each.event for each in told if each.is_bug] == ["content_in_journal"]


def test_alarms_and_bugs_are_kept_and_the_rest_is_dropped() -> None:
    """A run judges by them."""
    told: list[Told] = []
    journal = KeptJournal(told.append)
    journal.info("started", node="RO/1")
    journal.warning("slow", node="RO/1")
    journal.alarm("log_lost", size=3)
    journal.bug("unexpected", ValueError("x"), route="envelopes")
    assert [(each.event, each.is_bug) for each in told] == [
        ("log_lost", False),
        ("unexpected", True),
    ]
