"""Parts of the pages of the house by themselves: numbers, words, what an old directory means."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.officer.adapters.languages import Languages
from gateway.officer.pages.layout import Notices
from gateway.officer.pages.standing import Verified, standing_of
from gateway.officer.pages.statistics import bars_of, in_words
from gateway.officer.services import OfficerServices
from gateway.people import Caller, Role, Way
from gateway.service.health import Check
from gateway.service.prove import LogView
from protocol.identifiers import LogOrigin, NodeId
from tests.gateway.officer.world import NOW_MS, StillClock

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
OFFICER = Caller(
    person=1,
    name="A",
    who="RO/1 officer 1",
    roles=frozenset({Role.OFFICER}),
    way=Way.SESSION,
)


@dataclass
class _Node:
    """As much of a node as its foot is made of."""

    made_ms: int | None = None
    checks: Sequence[Check] = field(default=())

    def services(self) -> OfficerServices:
        """Return it as services."""
        parts: dict[str, Any] = {
            "roster": None,
            "contact": None,
            "door": None,
            "keychange": None,
            "clock": StillClock(),
            "peers": self,
            "prove": self,
            "health": self,
            "directory_made_ms": lambda: self.made_ms,
        }
        return cast("OfficerServices", SimpleNamespace(**parts))

    async def table(self) -> tuple[()]:
        """No other node."""
        return ()

    async def show(self) -> LogView:
        """An empty log."""
        return LogView(origin=LogOrigin(NodeId("RO", 1), 1), size=0, head=None)

    def is_ready(self) -> bool:
        """It is."""
        return True

    def report(self) -> tuple[Check, ...]:
        """What is wrong."""
        return tuple(self.checks)


def _told(node: _Node) -> list[tuple[Notices, str]]:
    standing = asyncio.run(
        standing_of(node.services(), Verified(), Languages.load(), caller=OFFICER, language="en")
    )
    return [(notice.kind, notice.text) for notice in standing.notices]


@pytest.mark.parametrize(
    ("age_ms", "kind", "words"),
    [
        (2 * DAY_MS, Notices.WARNING, "more than a day old"),
        (8 * DAY_MS, Notices.DANGER, "more than a week old"),
        (31 * DAY_MS, Notices.DANGER, "more than a month old"),
    ],
)
def test_old_directory_says_what_still_goes(age_ms: int, kind: Notices, words: str) -> None:
    """An officer must not find out by a refusal."""
    [(told, text)] = _told(_Node(made_ms=NOW_MS - age_ms))
    assert told is kind
    assert words in text


def test_fresh_directory_and_a_healthy_node_say_nothing() -> None:
    """A warning that always stands is not read."""
    good = Check(name="room", ok=True, detail="", fix="")
    other = Check(name="peers", ok=False, detail="", fix="")
    assert _told(_Node(made_ms=NOW_MS, checks=(good, other))) == []


@pytest.mark.parametrize("name", ["room", "clock", "recovery"])
def test_what_stands_in_the_way_is_said_on_every_page(name: str) -> None:
    """In our own words, never those of the check: they are for the operator."""
    bad = Check(name=name, ok=False, detail="secret detail", fix="fix")
    [(_, text)] = _told(_Node(checks=(bad,)))
    assert "secret detail" not in text


def test_log_is_sound_only_if_its_last_verification_found_no_fault() -> None:
    """The foot must not say verified over a log that is not."""
    verified = Verified()
    assert verified.sound_ms is None
    verified.begin()
    verified.tell(1, 2)
    assert (verified.is_running, verified.done, verified.total) == (True, 1, 2)
    verified.end(None, at_ms=5, fault="it could not be done")
    assert (verified.sound_ms, verified.is_running, verified.fault != "") == (None, False, True)


@pytest.mark.parametrize(
    ("span_ms", "words"),
    [
        (None, "-"),
        (0, "0 s"),
        (999, "0 s"),
        (90_000, "1 min 30 s"),
        (3 * HOUR_MS + 10 * 60_000 + 5_000, "3 h 10 min"),
        (DAY_MS + 5_000, "1 d 5 s"),
    ],
)
def test_times_are_said_in_two_parts(span_ms: int | None, words: str) -> None:
    """Nobody compares milliseconds."""
    assert in_words(span_ms) == words


def test_bars_are_as_long_as_their_numbers() -> None:
    """The longest is as wide as the drawing; nothing at all draws nothing."""
    row: Any = SimpleNamespace(key="29", received=10, sent=5)
    one, two = bars_of([row, cast("Any", replace(_Count(), key="31"))])
    assert (one.width, one.second) == (300, 150)
    assert (two.width, two.second) == (0, 0)
    assert bars_of([]) == ()


@dataclass(frozen=True)
class _Count:
    key: str = ""
    received: int = 0
    sent: int = 0
