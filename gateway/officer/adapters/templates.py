"""Templates of the desk's pages, rendered; the one place that knows Jinja.

Everything is escaped, and what no template was given is an error, not a blank. There is one
environment for each language, so that a macro that is imported says the page's words as well.

What a template may call, besides Jinja's own:

* `_("Open %(name)s", name=x)`, `_n("%(n)s file", "%(n)s files", n)`: words of the pages; values
  are escaped, `%` in a sentence with values is written `%%`;
* `field("preservation_request.items")`: the name of a field of a document;
* `x|foreign`, `x|foreign("ka")`: what somebody else wrote, kept apart from our own words;
* `t|moment("Europe/Bucharest", "Europe/Paris")`: a time in UTC and in these zones;
* `t|due(now)`: how long still, or how late; the browser counts on from it;
* `t|age(now)`: how long ago; `t|hour(zone)`: `20:00` there; `now|clock(zone)`: a running clock;
* `country("RO")`, `tongue("ka")`: names in the page's language;
* `static("desk.css")`, `language`, `direction`.

Source: docs/desk.md, "Looks".
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from gateway.officer.adapters.languages import (
    LANGUAGES,
    NAMES,
    Languages,
    country,
    day_and_time,
    direction,
    time_in,
    tongue,
)
from gateway.officer.shapes.visible import pieces

Time: TypeAlias = datetime | int | str
"""An aware time; milliseconds since 1970, UTC; or RFC 3339 with an offset."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Templates:
    """The templates of the package, ready to be rendered.

    Args:
        languages: All catalogues.
        static: Gives the address of a static file: `static("desk.css")`.
    """

    __slots__ = ("_environments", "languages")

    def __init__(self, languages: Languages, static: Callable[[str], str]) -> None:
        self.languages = languages
        self._environments = {tag: _environment(tag, languages, static) for tag in LANGUAGES}

    def render(self, name: str, *, locale: str, **values: object) -> str:
        """Render a template.

        Args:
            name: Its place below `templates`, such as `inbox.html`.
            locale: One of `LANGUAGES`.
            values: What it shows.

        Raises:
            jinja2.TemplateNotFound: There is no such template.
            jinja2.UndefinedError: It shows what it was not given.
        """
        return self._environments[locale].get_template(name).render(values)

    def names(self) -> list[str]:
        """Return the names of all templates."""
        return self._environments[LANGUAGES[0]].list_templates()


def foreign(text: object, language: str | None = None) -> Markup:
    """Show what somebody else wrote: escaped, in its own direction, signs that steer as marks.

    Args:
        text: Anything; None and nothing are shown as nothing.
        language: Of the text, as a tag; None if it is not known.
    """
    if text is None or text == "":
        return Markup()
    shown = Markup().join(
        Markup('<span class="a35-mark">{}</span>').format(piece) if is_mark else escape(piece)
        for piece, is_mark in pieces(str(text))
    )
    # No empty lang: it would say that the language is unknown, and some readers then skip it.
    tag = Markup(' lang="{}"').format(language) if language else Markup()
    return Markup('<bdi dir="auto"{}>{}</bdi>').format(tag, shown)


def when(value: Time) -> datetime:
    """Return a time as an aware datetime in UTC.

    Raises:
        ValueError: It has no offset, or is no time.
    """
    if isinstance(value, int):
        return _EPOCH + timedelta(milliseconds=value)
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    if at.tzinfo is None:
        raise ValueError("a time without an offset")
    return at.astimezone(UTC)


def hour(value: Time, zone: str) -> str:
    """Return the time of day in a zone: `20:00`.

    Args:
        value: A time.
        zone: A name of the IANA database.
    """
    return when(value).astimezone(ZoneInfo(zone)).strftime("%H:%M")


def _environment(tag: str, languages: Languages, static: Callable[[str], str]) -> Environment:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=PackageLoader("gateway.officer.pages"),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "foreign": foreign,
        "moment": _moment_in(tag),
        "due": _due_in(tag, languages),
        "age": _age_in(tag, languages),
        "hour": hour,
        "clock": _clock_in(tag),
        "tongues": _tongues_in(tag),
    }
    environment.globals |= {
        "_": _say_in(tag, languages),
        "_n": _say_many_in(tag, languages),
        "field": _field_in(tag, languages),
        "country": partial(country, language=tag),
        "tongue": partial(tongue, language=tag),
        "static": static,
        "language": tag,
        "direction": direction(tag),
        "languages": dict(NAMES),
    }
    return environment


def _tongues_in(tag: str) -> Callable[[Iterable[str]], str]:
    """Return the filter that names languages: `French, English`."""

    def tongues(tags: Iterable[str]) -> str:
        return ", ".join(tongue(each, tag) for each in tags)

    return tongues


def _filled(text: str, values: Mapping[str, object]) -> Markup:
    return escape(text) % values if values else escape(text)


def _say_in(tag: str, languages: Languages) -> Callable[..., Markup]:
    def say(text: str, **values: object) -> Markup:
        return _filled(languages.say(tag, text), values)

    return say


def _say_many_in(tag: str, languages: Languages) -> Callable[..., Markup]:
    def say_many(one: str, many: str, n: int, **values: object) -> Markup:
        return _filled(languages.say_many(tag, one, many, number=n), {"n": n, **values})

    return say_many


def _field_in(tag: str, languages: Languages) -> Callable[[str], Markup]:
    def field(path: str) -> Markup:
        words = languages.field(tag, path)
        own = words.language == tag
        return escape(words.text) if own else foreign(words.text, words.language)

    return field


def _moment_in(tag: str) -> Callable[..., Markup]:
    def moment(value: Time, *zones: str) -> Markup:
        at = when(value)
        shown = Markup('<time class="a35-moment" datetime="{}"><bdi>{} UTC</bdi>').format(
            _stamp(at), day_and_time(at, tag)
        )
        for zone in dict.fromkeys(zones):
            text = time_in(at, zone, tag)
            shown += Markup(' <bdi class="a35-zone">{}</bdi>').format(text)
        return shown + Markup("</time>")

    return moment


def _due_in(tag: str, languages: Languages) -> Callable[[Time, Time], Markup]:
    def due(value: Time, now: Time) -> Markup:
        at = when(value)
        left_s = (at - when(now)) // timedelta(seconds=1)
        return Markup('<time class="a35-due{}" datetime="{}" data-due>{}</time>').format(
            " a35-due--late" if left_s < 0 else "", _stamp(at), languages.due(tag, left_s)
        )

    return due


def _age_in(tag: str, languages: Languages) -> Callable[[Time, Time], str]:
    def age(value: Time, now: Time) -> str:
        return languages.length(tag, max(0, (when(now) - when(value)) // timedelta(seconds=1)))

    return age


def _clock_in(tag: str) -> Callable[[Time, str], Markup]:
    def clock(now: Time, zone: str) -> Markup:
        at = when(now)
        return Markup(
            '<time datetime="{}" data-clock="{}"><bdi dir="ltr">{} UTC</bdi> / <bdi>{}</bdi></time>'
        ).format(_stamp(at), zone, hour(at, "UTC"), time_in(at, zone, tag))

    return clock


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
