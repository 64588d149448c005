"""Lines above every page about the desk itself: a demo for one, a break-glass sign-in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gateway.config import DeskSection
from gateway.officer.adapters.languages import Languages, message
from gateway.officer.pages.layout import Notice, Notices
from gateway.people import Caller, Role
from gateway.service.signin import BrokenGlass

DAY_MS: Final = 24 * 60 * 60 * 1000
_TOLD: Final = frozenset({Role.SUPERVISOR, Role.OPERATOR})
_WAIVED: Final = message("Nobody has to approve here: this demo is for one person.")
_GLASS: Final = message(
    "%(who)s came in by the break-glass password. Ask them why, and let them set up a passkey."
)


_GIVEN: Final = message(
    "%(who)s may approve or supervise, and was given a way in or a role by %(by)s on %(when)s; "
    "times in a week: %(times)s. If nobody asked for it, have that account locked."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """That somebody who may approve or supervise was given a way in or a role.

    Attributes:
        who: "RO/1 approver 4".
        by: "RO/1 operator 2".
        at_ms: The last time, milliseconds since 1970 UTC.
        times: How often in a week.
    """

    who: str
    by: str
    at_ms: int
    times: int


def warnings_of(
    caller: Caller,
    desk: DeskSection,
    broken: tuple[BrokenGlass, ...],
    languages: Languages,
    *,
    language: str,
    given: tuple[Given, ...] = (),
) -> Iterator[Notice]:
    """Yield what somebody is told.

    Args:
        caller: Break-glass is told to supervisors and operators.
        desk: Settings.
        broken: Sign-ins by break-glass, in the last day.
        languages: All catalogues.
        language: Of the page.
        given: Ways in of approvers and supervisors, for them.
    """
    if desk.one_person:
        yield Notice(kind=Notices.WARNING, text=languages.say(language, _WAIVED))
    if caller.roles & _TOLD:
        for who in dict.fromkeys(each.who for each in broken):
            text = languages.say(language, _GLASS) % {"who": who}
            yield Notice(kind=Notices.WARNING, text=text)
    for each in given:
        text = languages.say(language, _GIVEN) % {
            "who": each.who,
            "by": each.by,
            "when": f"{datetime.fromtimestamp(each.at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC",
            "times": each.times,
        }
        yield Notice(kind=Notices.WARNING, text=text)
