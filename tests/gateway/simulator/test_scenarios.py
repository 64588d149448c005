"""The stories that broke earlier forms of the design, played with the real code."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.simulator.pool import begin, workplace
from gateway.simulator.scenarios import MEASURES, SCENARIOS, play

HISTORIES = range(1, 17)
"""Seeds of the measure of another history; docs/simulation.md says what a thousand come to."""


@pytest.fixture(scope="module", autouse=True)
def folder() -> Iterator[Path]:
    """Give all worlds of this module a place in memory."""
    with workplace() as made:
        begin(made)
        yield made


def test_there_are_fifteen_stories_with_numbers_of_their_own() -> None:
    """As many as the page lists."""
    assert sorted(scenario.number for scenario in SCENARIOS.values()) == list(range(1, 16))


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_story_ends_well(name: str) -> None:
    """Nothing lost, nothing twice, and what the story is about did happen."""
    outcome = play(name, 1)
    assert outcome.findings.sentences() == []
    assert outcome.messages > 0


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_another_history_comes_out_in_every_seed(name: str) -> None:
    """Fallen back, forked, rewritten, or one for each of two peers; nobody else is accused."""
    for seed in HISTORIES:
        outcome = play(name, seed)
        assert outcome.findings.sentences() == [], seed
        assert outcome.faults.total() == 1
