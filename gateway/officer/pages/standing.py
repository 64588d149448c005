"""How the node and the desk stand, as every page shows it: foot, duty, pings that wait, warnings.

Counts, times and our own words; never content.

Source: docs/desk.md, "Pages".
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from gateway.officer.access import May, allows
from gateway.officer.adapters.languages import Languages, message
from gateway.officer.pages.layout import Notice, Notices, Status
from gateway.officer.services import OfficerServices
from gateway.officer.shapes.visible import visible
from gateway.people import Caller, Role
from gateway.service.pingdesk import Asked
from gateway.service.prove import LogVerification
from protocol.delivery.currency import AgeLimits, Currency, currency_of

_REACHED_MS: Final = 3_600_000
_KEYS: Final = message("New keys of %(party)s wait for a second person to confirm them.")
_OPERATOR: Final = message("Operator: %(names)s.")
_AGES: Final = {
    Currency.OLD: (
        Notices.WARNING,
        message("The directory is more than a day old. Everything still goes; tell the operator."),
    ),
    Currency.EXPIRED: (
        Notices.DANGER,
        message(
            "The directory is more than a week old: only emergencies, urgent messages and pings "
            "go, each marked. Everything else waits in the outbox. Call the operator."
        ),
    ),
    Currency.DEAD: (
        Notices.DANGER,
        message(
            "The directory is more than a month old: you can write, but nothing goes. Telephone "
            "what cannot wait, and call the operator."
        ),
    ),
}
_CHECKS: Final = {
    "room": (
        Notices.DANGER,
        message(
            "The disk is nearly full: routine messages are refused, and urgent ones too if it gets "
            "worse. Reading, log and evidence work. Call the operator."
        ),
    ),
    "clock": (
        Notices.WARNING,
        message("The clock of this node differs from those of other nodes. Call the operator."),
    ),
    "recovery": (
        Notices.WARNING,
        message("The node compares its log with other nodes and sends nothing until that is done."),
    ),
}


@dataclass(slots=True)
class Verified:
    """What came of verifying our log last, and the one that runs; shared by all pages.

    Attributes:
        done: Leaves computed so far.
        total: Leaves in all, 0 while that is not known.
        result: What came of the last one; None before it, or if it failed.
        ended_ms: When that was, ms since 1970 UTC.
        is_running: Whether one goes on.
        fault: Why the last one could not be done, an id of `ui`; empty if it was.
    """

    done: int = 0
    total: int = 0
    result: LogVerification | None = None
    ended_ms: int | None = None
    is_running: bool = False
    fault: str = ""

    def begin(self) -> None:
        """Take note that one begins."""
        self.done, self.total, self.is_running, self.fault = 0, 0, True, ""

    def tell(self, done: int, total: int) -> None:
        """Take note of how far it is; called from the database's thread as well."""
        self.done, self.total = done, total

    def end(self, result: LogVerification | None, *, at_ms: int, fault: str = "") -> None:
        """Take note of what came of it."""
        self.result, self.ended_ms, self.fault, self.is_running = result, at_ms, fault, False

    @property
    def sound_ms(self) -> int | None:
        """When the log was last found sound; None if it was not."""
        return None if self.result is None or self.result.faults else self.ended_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the frame shows of node and desk."""

    status: Status | None = None
    on_duty: str = ""
    duty_until: datetime | None = None
    asked: tuple[Asked, ...] = ()
    notices: tuple[Notice, ...] = field(default=())


async def standing_of(
    services: OfficerServices, verified: Verified, languages: Languages, *, caller: Caller,
    language: str,
) -> Standing:  # fmt: skip
    """Return how node and desk stand.

    Args:
        services: Of the desk.
        verified: What came of verifying the log.
        languages: All catalogues.
        caller: Who looks.
        language: Of the page.
    """
    duty = None if services.roster is None else await services.roster.duty()
    now = duty.now if duty is not None else ()
    contact = services.contact
    answers = contact is not None and allows(caller, May.COMPOSE)
    return Standing(
        status=await status_of(services, verified),
        on_duty=", ".join(dict.fromkeys(shift.name for shift in now)),
        duty_until=_time(min((shift.until_ms for shift in now), default=None)),
        asked=await contact.desk.asked() if contact is not None and answers else (),
        notices=(
            *_notices(services, languages, language, operators=await _operators(services)),
            *_keys(services, languages, language, caller),
        ),
    )


async def status_of(services: OfficerServices, verified: Verified) -> Status:
    """Return the foot of every page.

    Args:
        services: Of the desk.
        verified: What came of verifying the log.
    """
    peers = await services.peers.table()
    now_ms = services.clock.now_ms()
    reached = [
        peer
        for peer in peers
        if peer.way.last_contact_ms is not None and now_ms - peer.way.last_contact_ms <= _REACHED_MS
    ]
    view = await services.prove.show()
    return Status(
        is_ready=services.health.is_ready(),
        directory_at=_time(services.directory_made_ms()),
        signed=0,
        signers=0,
        reached=len(reached),
        peers=len(peers),
        entries=view.size,
        verified_at=_time(verified.sound_ms),
    )


async def _operators(services: OfficerServices) -> str:
    """Return the names of whom to call; empty where nobody is an operator."""
    if services.door is None:
        return ""
    people = await services.door.people.holding(Role.OPERATOR)
    return ", ".join(visible(person.name) for person in people)


def _notices(
    services: OfficerServices, languages: Languages, language: str, *, operators: str
) -> Iterator[Notice]:
    def told(kind: Notices, text: str) -> Notice:
        said = languages.say(language, text)
        if operators:
            said += " " + languages.say(language, _OPERATOR) % {"names": operators}
        return Notice(kind=kind, text=said)

    made_ms = services.directory_made_ms()
    if made_ms is not None:
        age = currency_of(services.clock.now_ms() - made_ms, AgeLimits())
        if age in _AGES:
            yield told(*_AGES[age])
    for check in services.health.report():
        if not check.ok and check.name in _CHECKS:
            yield told(*_CHECKS[check.name])


def _keys(
    services: OfficerServices, languages: Languages, language: str, caller: Caller
) -> Iterator[Notice]:
    """Yield that keys wait for a second person, to whoever may be one."""
    if services.keychange is None or not allows(caller, May.CONFIRM_KEYS):
        return
    for country, proposal in sorted(services.keychange.proposed().items()):
        if proposal.person != caller.person:
            text = languages.say(language, _KEYS) % {"party": country}
            yield Notice(kind=Notices.WARNING, text=text)


def _time(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC)
