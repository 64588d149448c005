"""Lines above every page about the desk itself: a demo for one, a break-glass sign-in."""

from collections.abc import Iterator
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


def warnings_of(
    caller: Caller,
    desk: DeskSection,
    broken: tuple[BrokenGlass, ...],
    languages: Languages,
    *,
    language: str,
) -> Iterator[Notice]:
    """Yield what somebody is told.

    Args:
        caller: Break-glass is told to supervisors and operators.
        desk: Settings.
        broken: Sign-ins by break-glass, in the last day.
        languages: All catalogues.
        language: Of the page.
    """
    if desk.one_person:
        yield Notice(kind=Notices.WARNING, text=languages.say(language, _WAIVED))
    if caller.roles & _TOLD:
        for who in dict.fromkeys(each.who for each in broken):
            text = languages.say(language, _GLASS) % {"who": who}
            yield Notice(kind=Notices.WARNING, text=text)
