"""Approvers and supervisors hear of every way in that somebody was given, whoever gave it."""

import asyncio

from gateway.accounts import Person, Settings
from gateway.people import Role
from gateway.service.entrances import WEEK_MS, Entrances
from gateway.service.leafing import MOST, Leaf, Leaves
from protocol.log.statement import StatementKind
from tests.gateway.network import LoopClock


class Log:
    """Leaves that are there, as `Leafing` shows them; counts what is asked."""

    def __init__(self) -> None:
        self.leaves: list[Leaf] = []
        self.asked = 0

    async def page(self, *, before: int | None = None, limit: int = 50) -> Leaves:
        """Return the newest below a place."""
        await asyncio.sleep(0)
        self.asked += 1
        stop = len(self.leaves) if before is None else before
        start = max(0, stop - limit)
        return Leaves(items=tuple(reversed(self.leaves[start:stop])), before=start or None)

    def add(self, what: str, why: str, at_ms: int, kind: StatementKind = StatementKind.ACT) -> None:
        """State something."""
        leaf = Leaf(
            index=len(self.leaves),
            kind=kind,
            at_ms=at_ms,
            what=what,
            who="RO/1 operator 1",
            why=why,
        )
        self.leaves.append(leaf)


def person(number: int, *roles: Role) -> Person:
    """Return somebody of the desk."""
    return Person(
        number=number,
        name=f"p{number}",
        roles=frozenset(roles),
        is_locked=False,
        is_service=False,
        has_password=False,
        version=1,
        made_ms=0,
        settings=Settings(),
    )


PEOPLE = (person(3, Role.OFFICER), person(4, Role.APPROVER), person(5, Role.SUPERVISOR))


def test_links_and_roles_of_who_may_approve_are_told_for_a_week() -> None:
    """With how often: one that was asked for does not hide one that was not."""

    async def story() -> None:
        log, clock = Log(), LoopClock()
        entrances = Entrances(log, clock)
        assert await entrances.to(PEOPLE) == ()
        now_ms = clock.now_ms()
        for number in (3, 4, 4, 99):
            log.add("link_made", f"RO/1 officer {number}", now_ms)
        log.add("roles_changed", "RO/1 supervisor 5: supervisor", now_ms)
        log.add("link_made", "nobody", now_ms)
        log.add("opened", "RO/1 approver 4", now_ms)
        log.add("link_made", "RO/1 approver 4", now_ms, StatementKind.RECEIPT_GIVEN)
        told = [(one.number, times) for one, _, times in await entrances.to(PEOPLE)]
        assert told == [(5, 1), (4, 2)]
        clock.ms += WEEK_MS // 2
        log.add("person_unlocked", "RO/1 approver 4", clock.now_ms())
        ((first, each, times), _) = await entrances.to(PEOPLE)
        assert (first.number, each.by, each.at_ms, times) == (
            4,
            "RO/1 operator 1",
            clock.now_ms(),
            3,
        )
        clock.ms += WEEK_MS // 2 + 1
        assert [(one.number, times) for one, _, times in await entrances.to(PEOPLE)] == [(4, 1)]

    asyncio.run(story())


def test_log_is_read_back_to_the_week_and_each_leaf_once() -> None:
    """A page that is asked for each second must not read a year."""

    async def story() -> None:
        log, clock = Log(), LoopClock()
        now_ms = clock.now_ms()
        log.add("link_made", "RO/1 approver 4", now_ms - WEEK_MS - 1)
        for _ in range(3 * MOST):
            log.add("opened", "", now_ms)
        log.add("link_made", "RO/1 approver 4", now_ms)
        entrances = Entrances(log, clock)
        assert [times for _, _, times in await entrances.to(PEOPLE)] == [1]
        assert log.asked == 4
        await entrances.to(PEOPLE)
        assert log.asked == 5
        for _ in range(20_000 + MOST):
            log.add("opened", "", now_ms)
        assert [times for _, _, times in await entrances.to(PEOPLE)] == [1]
        assert log.asked == 5 + 20_000 // MOST

    asyncio.run(story())
