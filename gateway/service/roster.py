"""Who is on duty at a desk, and what one shift leaves to the next.

Source: docs/desk.md, "Duty".
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gateway.casework import (
    MAX_HANDOVER_CHARACTERS,
    Duty,
    Hand,
    HandOver,
    RosterStore,
    Shift,
)
from gateway.errors import DataError, NoInputError
from gateway.people import Caller
from gateway.ports import Clock
from gateway.service.casework import PersonBook, checked_text

MAX_SHIFTS: Final = 400
"""A year of a desk with one shift a day, and some."""


class DutyRoster:
    """Implements casework.Roster.

    Args:
        store: Shifts and hand-over notes.
        people: Who belongs to the desk.
        clock: Time.
    """

    def __init__(self, store: RosterStore, people: PersonBook, clock: Clock) -> None:
        self._store = store
        self._people = people
        self._clock = clock

    async def duty(self) -> Duty:
        """Return who is on duty now, whose shift comes next, and the newest hand-over note."""
        now_ms = self._clock.now_ms()
        shifts = await self._store.shifts(now_ms=now_ms)
        return Duty(
            now=tuple(each for each in shifts if each.from_ms <= now_ms),
            coming=tuple(each for each in shifts if each.from_ms > now_ms),
            handover=await self._store.handover(),
        )

    async def set_duty(self, shifts: Sequence[Shift], *, by: Caller) -> Duty:
        """Replace the shifts that have not ended.

        Args:
            shifts: In any order; number and name of each are ignored.
            by: A supervisor.

        Raises:
            DataError: Too many, or one ends before it begins.
            NoInputError: A number means nobody.
        """
        del by  # the roster names nobody who wrote it; who may is in the table of roles
        if len(shifts) > MAX_SHIFTS or any(one.until_ms <= one.from_ms for one in shifts):
            raise DataError(
                f"at most {MAX_SHIFTS} shifts, each ends after it begins", code="invalid_body"
            )
        named = [replace(one, name=await self._name(one.person)) for one in shifts]
        await self._store.set_shifts(named, now_ms=self._clock.now_ms())
        return await self.duty()

    async def hand_over(self, text: str, *, by: Caller) -> HandOver:
        """Leave a hand-over note; the newest one is shown.

        Raises:
            DataError: It is empty or too long.
        """
        words = checked_text(text, MAX_HANDOVER_CHARACTERS)
        return await self._store.add_handover(words, Hand.of(by), now_ms=self._clock.now_ms())

    async def _name(self, number: int) -> str:
        """Return what the desk calls somebody.

        Raises:
            NoInputError: There is nobody of this number.
        """
        person = await self._people.person(number)
        if person is None:
            raise NoInputError(f"nobody has the number {number}", hint="see: a35 user list")
        return person.name
