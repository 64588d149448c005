"""What every page is built with: the services, and the one way to answer with a page.

A page's module is a class that takes a `Desk` and gives its routes; each handler is marked
`@may(...)` and answers by `Desk.show` or `Desk.redirect`.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from aiohttp.web import Request, RequestKey, Response

from gateway.accounts import Settings
from gateway.drafting import DeskDrafts
from gateway.officer.access import CALLER, SEAT, May, allows
from gateway.officer.adapters.templates import Templates
from gateway.officer.guards import Address
from gateway.officer.pages.layout import SECURITY, Frame, Notice, language_of, page, theme_of
from gateway.officer.pages.pending import draft_counts
from gateway.officer.pages.standing import Standing, Verified, standing_of
from gateway.officer.pages.statics import Statics
from gateway.officer.pages.waiting import Told, Waiting
from gateway.officer.pages.warnings import DAY_MS, Given, warnings_of
from gateway.officer.services import OfficerServices
from gateway.people import Caller
from gateway.ports import Clock
from gateway.service.entrances import Entrances
from gateway.service.frontdoor import FrontDoor
from gateway.service.people import People
from gateway.service.sessions import Seat

NEWEST: Final = RequestKey("a35.newest", int)
"""The newest event before a request was handled: its page hears on from there."""

_UTC: Final = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything that pages are built of.

    Attributes:
        services: The use cases of messages, log and network.
        door: People, and by what they come in.
        drafts: Drafts with second persons; None on a desk without them.
        templates: Of the package.
        statics: Files of the package that browsers load.
        clock: Time.
        address: Where the desk is reached.
        is_demo: Keys are for testing.
        waiting: Emergencies and counts that every page shows; None on a desk without lists.
        verified: What came of verifying our log.
        entrances: Who was given a way in; None on a desk that reads no log.
    """

    services: OfficerServices
    door: FrontDoor
    drafts: DeskDrafts | None
    templates: Templates
    statics: Statics
    clock: Clock
    address: Address
    is_demo: bool = False
    waiting: Waiting | None = None
    verified: Verified = field(default_factory=Verified)
    entrances: Entrances | None = None

    @property
    def people(self) -> People:
        """Who belongs to the desk."""
        return self.door.people

    async def frame(self, request: Request) -> Frame:
        """Return what a page shows besides its own matter."""
        after = self.services.store.newest_event  # read first: what comes beside is news
        caller, seat = request.get(CALLER), request.get(SEAT)
        config = self.services.config
        chosen = Settings() if seat is None else seat.person.settings
        language, shown = language_of(request, caller), _shown(caller, seat)
        told = Told()
        if self.waiting is not None and shown is not None:
            told = await self.waiting.told(shown, language)
        standing, own = Standing(), tuple[Notice, ...]()
        if caller is not None:
            standing = await standing_of(
                self.services,
                self.verified,
                self.templates.languages,
                caller=caller,
                language=language,
            )
            own = tuple(
                warnings_of(
                    caller,
                    config.desk,
                    self.door.signin.broken_since(self.clock.now_ms() - DAY_MS),
                    self.templates.languages,
                    language=language,
                    given=await self._given(caller),
                )
            )
        return Frame(
            desk=config.desk.name,
            node=config.node,
            caller=shown,
            language=language,
            theme=theme_of(request),
            now=datetime.fromtimestamp(self.clock.now_ms() / 1000, tz=UTC),
            zone=config.duty.time_zone or _UTC,
            sound=chosen.sound,
            shortcuts=chosen.shortcuts,
            after=request.get(NEWEST, after),
            lock_at=None
            if seat is None or seat.is_locked
            else datetime.fromtimestamp(seat.lock_ms / 1000, tz=UTC),
            is_locked=seat is not None and seat.is_locked,
            is_demo=self.is_demo,
            alerts=told.alerts,
            counts={**told.counts, **await draft_counts(self.drafts, caller)},
            notices=(*told.notices, *standing.notices, *own),
            status=standing.status,
            on_duty=standing.on_duty,
            duty_until=standing.duty_until,
            asked=standing.asked,
        )

    async def _given(self, caller: Caller) -> tuple[Given, ...]:
        """Return which approvers and supervisors were given a way in, for those who are some."""
        if self.entrances is None or self.services.config.desk.one_person:
            return ()
        if not (allows(caller, May.APPROVE) or allows(caller, May.SUPERVISE)):
            return ()
        people = self.people
        return tuple(
            Given(who=people.who(person), by=each.by, at_ms=each.at_ms, times=times)
            for person, each, times in await self.entrances.to(await people.all())
        )

    async def show(
        self, request: Request, template: str, *, status: int = 200, **values: object
    ) -> Response:
        """Answer with a page.

        Args:
            request: What is answered.
            template: Below `templates`; it extends `base.html`.
            status: Of the answer.
            values: What it shows besides the frame; a template shows no other.
        """
        frame = await self.frame(request)
        return page(request, self.templates, template, frame, status=status, **values)

    def redirect(self, path: str) -> Response:
        """Answer with another page, to be fetched: after every POST.

        Args:
            path: On this desk, as /inbox.
        """
        return Response(status=303, headers={**SECURITY, "Location": path})


def _shown(caller: Caller | None, seat: Seat | None) -> Caller | None:
    """Return who the frame names: also whose screen is locked, for the form that unlocks it."""
    return seat.caller if caller is None and seat is not None else caller
