"""Who is on duty, and what one shift leaves to the next."""

from aiohttp.web import Request, Response, RouteDef, get, post, put

from gateway.casework import Duty, HandOver, Roster, Shift
from gateway.officer.access import May, allows, caller_of, may
from gateway.officer.api.casework import hand_view
from gateway.officer.api.reply import BASE, answer, moment_of, read
from gateway.officer.shapes.casework import (
    DutyRequest,
    DutyView,
    HandOverRequest,
    HandOverView,
    ShiftItem,
)
from gateway.officer.shapes.moments import instant
from gateway.people import Caller


class DutyApi:
    """The resource /duty.

    Args:
        roster: The use case.
    """

    __slots__ = ("_roster",)

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get(f"{BASE}/duty", self.show),
            put(f"{BASE}/duty", self.replace),
            post(f"{BASE}/duty/hand-over", self.hand_over),
        ]

    @may(May.SEE_LISTS)
    async def show(self, request: Request) -> Response:
        """Show who is on duty, whose shifts come, and the newest hand-over note."""
        return answer(_view(await self._roster.duty(), caller_of(request)))

    @may(May.SUPERVISE)
    async def replace(self, request: Request) -> Response:
        """Replace the shifts that have not ended."""
        asked = await read(request, DutyRequest)
        shifts = [
            Shift(
                number=0,
                person=one.person,
                name="",
                from_ms=moment_of(one.begins),
                until_ms=moment_of(one.ends),
            )
            for one in asked.shifts
        ]
        caller = caller_of(request)
        return answer(_view(await self._roster.set_duty(shifts, by=caller), caller))

    @may(May.READ_CONTENT)
    async def hand_over(self, request: Request) -> Response:
        """Leave a hand-over note."""
        asked = await read(request, HandOverRequest)
        caller = caller_of(request)
        note = await self._roster.hand_over(asked.text, by=caller)
        return answer(_handover(note, caller), status=201)


def _view(duty: Duty, caller: Caller) -> DutyView:
    return DutyView(
        now=tuple(map(_shift, duty.now)),
        coming=tuple(map(_shift, duty.coming)),
        handover=None if duty.handover is None else _handover(duty.handover, caller),
    )


def _shift(one: Shift) -> ShiftItem:
    return ShiftItem(
        person=one.person, name=one.name, begins=instant(one.from_ms), ends=instant(one.until_ms)
    )


def _handover(note: HandOver, caller: Caller) -> HandOverView:
    text = note.text if allows(caller, May.READ_CONTENT) else None
    return HandOverView(text=text, by=hand_view(note.by), at=instant(note.at_ms))
