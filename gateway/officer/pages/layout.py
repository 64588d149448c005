"""The frame of every page: what it shows besides its own matter, and the headers it goes out with.

A page's handler fills a `Frame`, renders its template inside `base.html` and answers by `page`.
The frame never carries content of cases: it is shown on the locked screen as well.

Source: docs/desk.md, "Pages".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from aiohttp.web import Request, Response

from gateway.officer.access import May, allows
from gateway.officer.adapters.languages import LANGUAGES, Languages, accepted, best, message
from gateway.officer.adapters.templates import Templates
from gateway.people import Caller, Role
from gateway.service.pingdesk import Asked

SECURITY: Final[Mapping[str, str]] = MappingProxyType(
    {
        # No policy of Trusted Types may be made at all: nothing here turns text into markup.
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'; "
            "report-uri /csp"
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Permissions-Policy": (
            "camera=(), microphone=(), geolocation=(), usb=(), serial=(), payment=(), "
            "publickey-credentials-get=(self), publickey-credentials-create=(self)"
        ),
        # Not no-referrer: a plain form would say `Origin: null`, and be refused for it.
        "Referrer-Policy": "same-origin",
    }
)
"""What every answer of the pages carries, whatever it is."""

LANGUAGE: Final = "a35-language"
THEME: Final = "a35-theme"
_YEAR_S: Final = 365 * 24 * 3600


class Theme(StrEnum):
    """How the pages look; a cookie says so, the system where it does not."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Notices(StrEnum):
    """How much a notice matters."""

    WARNING = "warning"
    """Something is not as it should be; work goes on."""
    DANGER = "danger"
    """Something must not be done now, and by whom it is mended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A line above every page: an old directory, a log that forked, a full disk.

    Attributes:
        kind: How much it matters.
        text: Already in the page's language; what happened and what to do now.
    """

    kind: Notices
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One emergency that nobody of the desk has opened: never its content.

    Attributes:
        mid: Of the message, in hexadecimal digits.
        article: As the desk writes it: "Art. 9".
        party: Who asks, a name in the page's language or a code.
        due: By when it is to be acknowledged; None for what is to be opened only, as an answer is.
        is_muted: This person has silenced it for themselves.
    """

    mid: str
    article: str
    party: str
    due: datetime | None
    is_muted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the node says of itself at the foot of every page.

    Attributes:
        is_ready: It serves and delivers.
        directory_at: When the directory was last refreshed; None if there is none.
        signed: Signatures on it.
        signers: Keys that may sign it.
        reached: Peers that were reached in the last hour.
        peers: All of them.
        entries: Of the own log.
        verified_at: When the whole of it was verified last; None if never.
    """

    is_ready: bool
    directory_at: datetime | None
    signed: int
    signers: int
    reached: int
    peers: int
    entries: int
    verified_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every page shows besides its own matter.

    Attributes:
        desk: The desk's own name.
        node: Of this node: "RO/1".
        caller: Who is signed in; None on the pages before.
        language: One of `LANGUAGES`: `language_of`.
        theme: `theme_of`.
        now: The server's time: the browser counts from it, not by its own clock.
        zone: The desk's time zone, a name of the IANA database.
        alerts: Emergencies that wait.
        counts: For parts of the navigation how many things are there, by path: {"/inbox": 7}.
        notices: Lines above the page.
        status: The foot; None on the pages before signing in.
        on_duty: Who has the duty, as the desk calls them; empty if nobody has.
        duty_until: Until when.
        asked: Pings that wait for a person here; empty for whoever does not answer them.
        sound: Emergencies sound for this person.
        shortcuts: Keys do things for this person.
        after: The number of the newest event when the page was made: the browser hears on from it.
        lock_at: When the session locks without a further request; None without a session.
        is_locked: Only counts and clocks may be shown.
        is_demo: Keys are for testing.
    """

    desk: str
    node: str
    caller: Caller | None
    language: str
    theme: Theme
    now: datetime
    zone: str
    alerts: tuple[Alert, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    status: Status | None = None
    on_duty: str = ""
    duty_until: datetime | None = None
    asked: tuple[Asked, ...] = ()
    sound: bool = True
    shortcuts: bool = True
    after: int = 0
    lock_at: datetime | None = None
    is_locked: bool = False
    is_demo: bool = False

    @property
    def csrf(self) -> str:
        """What every form that posts must carry; empty without a session."""
        return (self.caller.csrf if self.caller else None) or ""

    def may(self, need: str) -> bool:
        """Tell whether who is signed in may do a thing, for what a template offers.

        Args:
            need: A value of `May`.
        """
        return self.caller is not None and allows(self.caller, May(need))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One part of the navigation."""

    path: str
    text: str
    need: May


PLACES: Final = (
    Place(path="/inbox", text=message("Inbox"), need=May.SEE_LISTS),
    Place(path="/outbox", text=message("Outbox"), need=May.SEE_LISTS),
    Place(path="/drafts", text=message("Drafts"), need=May.COMPOSE),
    Place(path="/approve", text=message("To approve"), need=May.APPROVE),
    Place(path="/closed", text=message("Closed"), need=May.SEE_LISTS),
    Place(path="/pings", text=message("Pings"), need=May.SEE_LISTS),
    Place(path="/directory", text=message("Directory"), need=May.SEE_LISTS),
    Place(path="/log", text=message("Log"), need=May.SEE_LOG),
    Place(path="/statistics", text=message("Statistics"), need=May.SEE_STATISTICS),
    Place(path="/settings", text=message("Settings"), need=May.SELF),
    Place(path="/admin", text=message("Administration"), need=May.SEE_ADMINISTRATION),
)

ROLES: Final[Mapping[Role, str]] = {
    Role.OFFICER: message("officer"),
    Role.APPROVER: message("approver"),
    Role.SUPERVISOR: message("supervisor"),
    Role.AUDITOR: message("auditor"),
    Role.OPERATOR: message("operator"),
}

WORDS: Final[Mapping[str, str]] = {
    "in": message("in %(time)s"),
    "late": message("%(time)s late"),
    "now": message("now"),
    "d": message("%(n)s d"),
    "h": message("%(n)s h"),
    "min": message("%(n)s min"),
    "s": message("%(n)s s"),
    "live": message("live"),
    "polling": message("Not live, checking every 15 s"),
    "saving": message("Saving"),
    "saved": message("Saved %(time)s"),
    "unsaved": message("Not saved since %(time)s"),
    "conflict": message("Somebody else has changed this draft. Your text is kept here."),
    "fresh": message("New: %(n)s. Show them"),
    "notification": message("A35: an emergency request is waiting"),
    "sound_on": message("Sound on"),
    "sound_off": message("Sound off"),
    "sound_waits": message("Sound: press to allow"),
    "passkey_failed": message("The passkey was not accepted. Try again."),
    "passkey_missing": message("This browser cannot use passkeys here."),
    "pause": message("Pause"),
    "resume": message("Resume"),
    "uploaded": message("%(done)s of %(total)s MB"),
    "complete": message("Uploaded, checked"),
    "upload_failed": message("The upload stopped. Press Resume to go on."),
    "busy": message("Working"),
    "failed": message("This did not work. Reload the page and try again."),
    "event message.received": message("A message has arrived"),
    "event message.state": message("A message has moved on"),
    "event receipt": message("A receipt has arrived"),
    "event clock.warning": message("A deadline is near"),
    "event clock.expired": message("A deadline has passed"),
    "event expiry_warning": message("A deadline is near"),
    "event lapse_notice": message("A deadline has passed"),
    "event message.stuck": message("A message cannot be delivered as it is"),
    "event message.escalated": message("A message was passed on to the next stage"),
    "event non_delivery_notice": message("A message was not taken in time"),
    "event silence_notice": message("Nobody has acknowledged a message in time"),
    "event draft.changed": message("A draft has changed"),
    "event approval.needed": message("A draft waits for approval"),
    "event approval.done": message("A draft was decided on"),
    "event thread.assigned": message("A case was assigned"),
    "event thread.noted": message("A note was made"),
    "event directory.state": message("The directory has changed"),
    "event node.state": message("The state of this node has changed"),
}
"""What the script says, by the name it knows it by; `event X` is read out when X happens."""


def page(
    request: Request,
    templates: Templates,
    name: str,
    frame: Frame,
    *,
    status: int = 200,
    **values: object,
) -> Response:
    """Render a page and answer with it.

    Args:
        request: What is answered.
        templates: Of the package.
        name: The page's template, which extends `base.html`.
        frame: What it shows besides its own matter.
        status: Of the answer: 422 for a form with faults.
        values: Its own matter; a template shows no other.

    Raises:
        jinja2.TemplateError: The template shows what it was not given.
    """
    text = templates.render(
        name,
        locale=frame.language,
        frame=frame,
        here=request.path,
        # No GET would show it again: the script renews the frame from elsewhere.
        is_once=request.method != "GET" or status != HTTPStatus.OK,
        places=places(frame),
        roles=role_names(frame, templates.languages),
        words={key: templates.languages.say(frame.language, text) for key, text in WORDS.items()},
        **values,
    )
    response = Response(text=text, status=status, content_type="text/html", headers=SECURITY)
    for cookie, choices in ((LANGUAGE, LANGUAGES), (THEME, tuple(Theme))):
        chosen = request.query.get(cookie.removeprefix("a35-"))
        if chosen in choices:
            response.set_cookie(
                cookie, str(chosen), max_age=_YEAR_S, path="/", httponly=True, samesite="Strict"
            )
    return response


def places(frame: Frame) -> list[Place]:
    """Return the parts of the navigation that somebody may see.

    Args:
        frame: Of the page.
    """
    caller = frame.caller
    if caller is None or frame.is_locked:
        return []
    return [place for place in PLACES if allows(caller, place.need)]


def role_names(frame: Frame, languages: Languages) -> list[str]:
    """Return the roles of who is signed in, in the page's language.

    Args:
        frame: Of the page.
        languages: All catalogues.
    """
    held = frame.caller.roles if frame.caller else frozenset[Role]()
    return [languages.say(frame.language, text) for role, text in ROLES.items() if role in held]


def language_of(request: Request, caller: Caller | None) -> str:
    """Return the language for a page: what was just chosen, what was chosen, what is asked for.

    Args:
        request: May say `?language=fr`, carry the cookie of an earlier choice, `Accept-Language`.
        caller: Who is signed in.
    """
    wanted: Iterable[str | None] = (
        request.query.get("language"),
        request.cookies.get(LANGUAGE),
        caller.language if caller else None,
        *accepted(request.headers.get("Accept-Language", "")),
    )
    return best(tag for tag in wanted if tag)


def theme_of(request: Request) -> Theme:
    """Return the look for a page: what was just chosen, or was before.

    Args:
        request: May say `?theme=dark`, or carry the cookie of an earlier choice.
    """
    wanted = request.query.get("theme") or request.cookies.get(THEME, "")
    return Theme(wanted) if wanted in tuple(Theme) else Theme.SYSTEM
