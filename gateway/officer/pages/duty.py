"""Pages of duty: who has it, who comes next, what one shift leaves to the next; and the help.

Source: docs/desk.md, "The house".
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp.web import Request, Response, RouteDef, get, post

from gateway.accounts import Person
from gateway.casework import MAX_HANDOVER_CHARACTERS, Roster, Shift
from gateway.errors import DataError, UnavailableError
from gateway.officer.access import May, allows, caller_of, may
from gateway.officer.adapters.languages import message
from gateway.officer.pages.desk import Desk
from gateway.officer.pages.forms_in import form_of
from gateway.officer.pages.wording import kept, said

_ZONE: Final = "UTC"
_NO_SHIFT: Final = message("Give a day and a time for both, the end after the beginning.")
_NO_PERSON: Final = message("Choose a person of this desk.")
_LONG: Final = message("The note is empty or longer than 10,000 signs.")
_REFUSED: Final = message("This shift was refused: the roster is full.")


class DutyPages:
    """The pages /duty and /help.

    Args:
        desk: What pages are built with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[RouteDef]:
        """Return the addresses."""
        return [
            get("/duty", self.show),
            post("/duty/shifts", self.add),
            post("/duty/shifts/{number:[0-9]{1,9}}/remove", self.remove),
            post("/duty/handover", self.hand_over),
            get("/help", self.help),
        ]

    @may(May.SEE_LISTS)
    async def show(self, request: Request) -> Response:
        """Show who has the duty, and the hand-over note."""
        return await self._show(request, {}, {})

    @may(May.SUPERVISE)
    async def add(self, request: Request) -> Response:
        """Put somebody on the roster."""
        form = await form_of(request)
        people = {str(each.number): each for each in await self._people()}
        person = people.get(form.get("person", ""))
        if person is None:
            return await self._show(request, {"person": _NO_PERSON}, form)
        from_ms, until_ms = moment_of(form, "from"), moment_of(form, "until")
        if from_ms is None or until_ms is None or until_ms <= from_ms:
            return await self._show(request, {"from": _NO_SHIFT}, form)
        shift = Shift(
            number=0, person=person.number, name=person.name, from_ms=from_ms, until_ms=until_ms
        )
        return await self._replace(request, (*await self._shifts(), shift), form)

    @may(May.SUPERVISE)
    async def remove(self, request: Request) -> Response:
        """Take a shift off the roster."""
        number = int(request.match_info["number"])
        shifts = [each for each in await self._shifts() if each.number != number]
        return await self._replace(request, shifts, {})

    @may(May.READ_CONTENT)
    async def hand_over(self, request: Request) -> Response:
        """Leave a hand-over note."""
        form = await form_of(request)
        text = form.get("text", "").strip()
        if not text or len(text) > MAX_HANDOVER_CHARACTERS:
            return await self._show(request, {"text": _LONG}, form)
        await self._roster().hand_over(text, by=caller_of(request))
        return self._desk.redirect("/duty")

    @may(May.SELF)
    async def help(self, request: Request) -> Response:
        """Say what to do first, for each role, and whom to call."""
        return await self._desk.show(request, "help.html", duty=self._desk.services.config.duty)

    async def _show(
        self, request: Request, faults: Mapping[str, str], form: Mapping[str, str]
    ) -> Response:
        names = [f"{end}.{part}" for end in ("from", "until") for part in ("day", "time", "zone")]
        zone = self._desk.services.config.duty.time_zone or _ZONE
        shown = {"from.zone": zone, "until.zone": zone} | dict(form)
        return await self._desk.show(
            request,
            "duty.html",
            status=422 if faults else 200,
            duty=await self._roster().duty(),
            people=[(str(each.number), each.name) for each in await self._people()],
            reads=allows(caller_of(request), May.READ_CONTENT),
            zones=tuple(dict.fromkeys((zone, _ZONE))),
            form=kept(shown, "person", "text", *names),
            errors=said(self._desk, request, faults),
        )

    async def _replace(
        self, request: Request, shifts: Sequence[Shift], form: Mapping[str, str]
    ) -> Response:
        try:
            await self._roster().set_duty(shifts, by=caller_of(request))
        except DataError:
            return await self._show(request, {"from": _REFUSED}, form)
        return self._desk.redirect("/duty")

    async def _shifts(self) -> tuple[Shift, ...]:
        duty = await self._roster().duty()
        return (*duty.now, *duty.coming)

    async def _people(self) -> tuple[Person, ...]:
        return tuple(await self._desk.people.all())

    def _roster(self) -> Roster:
        """Return the roster.

        Raises:
            UnavailableError: This desk was built without it.
        """
        if self._desk.services.roster is None:
            raise UnavailableError("this desk keeps no roster")
        return self._desk.services.roster


def moment_of(form: Mapping[str, str], name: str) -> int | None:
    """Return the time that three fields of a form say, ms since 1970 UTC; None if they say none.

    Args:
        form: With NAME.day, NAME.time and NAME.zone.
        name: Of the fields.
    """
    try:
        zone = ZoneInfo(form.get(f"{name}.zone", "") or _ZONE)
        local = datetime.fromisoformat(f"{form[f'{name}.day']}T{form[f'{name}.time']}")
        at = local.replace(tzinfo=zone).astimezone(UTC)
    except (KeyError, ValueError, OSError, OverflowError):
        return None
    return int(at.timestamp()) * 1000
