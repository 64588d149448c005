"""The words of the desk in every language it has; the one place that knows Babel.

`ui` holds what the pages say, its ids are English sentences. `forms` holds the names of the
fields of documents, its ids are paths of fields, so that a coded field prints in the languages of
both Parties. Both are read from `.po` at start: no compiled file is kept.

Numbers keep European digits in every language: references, times and what the browser counts
down stand beside them in those digits.

Source: docs/desk.md, "Looks".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global
from babel.dates import format_datetime, get_timezone_location
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES: Final = ("en", "fr", "ar")
"""The first is what the ids of `ui` are written in, and the last resort of `forms`."""

NAMES: Final[Mapping[str, str]] = {"en": "English", "fr": "Français", "ar": "العربية"}
"""Each language in its own words."""

_DAY_MIN: Final = 24 * 60
_HOUR_MIN: Final = 60
_LONG: Final = 3
_SECONDS_BELOW_S: Final = 5 * 60
"""From here on seconds are counted as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text and the language that it is really in.

    Attributes:
        text: Plain, not escaped.
        language: A tag of `LANGUAGES`.
    """

    text: str
    language: str


def message(text: str) -> str:
    """Mark an English sentence in Python as an id of `ui`: it is translated where it is shown.

    Args:
        text: A literal; the catalogues' test finds it by this call.
    """
    return text


class Languages:
    """All catalogues.

    Args:
        ui: For each language what the pages say.
        forms: For each language the names of fields.
    """

    __slots__ = ("_forms", "_ui")

    def __init__(
        self, ui: Mapping[str, NullTranslations], forms: Mapping[str, NullTranslations]
    ) -> None:
        self._ui = ui
        self._forms = forms

    @classmethod
    def load(cls) -> "Languages":
        """Read the catalogues that are part of the package."""
        folder = files("gateway.officer.pages").joinpath("locale")
        return cls(
            {tag: _read(folder, tag, "ui") for tag in LANGUAGES},
            {tag: _read(folder, tag, "forms") for tag in LANGUAGES},
        )

    def say(self, language: str, text: str) -> str:
        """Return a sentence of the pages in a language.

        Args:
            language: One of `LANGUAGES`.
            text: The English sentence; placeholders like `%(name)s` are left as they are.
        """
        return self._ui[language].gettext(text)

    def say_many(self, language: str, one: str, many: str, *, number: int) -> str:
        """Return a sentence in the form that a number asks for.

        Args:
            language: One of `LANGUAGES`.
            one: English, for 1.
            many: English, for every other number.
            number: 0 or more.
        """
        return self._ui[language].ngettext(one, many, number)

    def field(self, language: str, path: str) -> Words:
        """Return the name of a field: in English where the language does not have it yet.

        Args:
            language: One of `LANGUAGES`.
            path: As in `forms`: the document's type and the field's path.

        Raises:
            KeyError: English does not have it either.
        """
        for tag in (language, LANGUAGES[0]):
            text = self._forms[tag].gettext(path)
            if text != path:
                return Words(text=text, language=tag)
        raise KeyError(path)

    def due(self, language: str, seconds: int) -> str:
        """Say how long there is still, or how late it is: `in 3 h 10 min`, `40 min late`.

        The script of the pages says the same by the same words (`static/clock.js`).

        Args:
            language: One of `LANGUAGES`.
            seconds: Until then; negative when it is past.
        """
        if seconds == 0:
            return self.say(language, "now")
        time = self.length(language, abs(seconds))
        return self.say(language, "in %(time)s" if seconds > 0 else "%(time)s late") % {
            "time": time
        }

    def length(self, language: str, seconds: int) -> str:
        """Say a length of time: `3 h 10 min`.

        Args:
            language: One of `LANGUAGES`.
            seconds: 0 or more.
        """
        minutes = seconds // 60
        if seconds < _SECONDS_BELOW_S:
            parts = [(minutes, "%(n)s min"), (seconds % 60, "%(n)s s")]
        elif minutes < _HOUR_MIN:
            parts = [(minutes, "%(n)s min")]
        elif minutes < _DAY_MIN:
            parts = [(minutes // _HOUR_MIN, "%(n)s h"), (minutes % _HOUR_MIN, "%(n)s min")]
        else:
            hours = minutes % _DAY_MIN // _HOUR_MIN
            parts = [(minutes // _DAY_MIN, "%(n)s d"), (hours, "%(n)s h")]
        shown = [part for part in parts if part[0]] or parts[-1:]
        return " ".join(self.say(language, text) % {"n": n} for n, text in shown)


def direction(language: str) -> str:
    """Return `ltr` or `rtl`.

    Args:
        language: A language tag that Babel knows.
    """
    return Locale.parse(language).text_direction


def best(wanted: Iterable[str]) -> str:
    """Choose a language.

    Args:
        wanted: Tags in order of preference, such as `fr-CA`; others are passed over.
    """
    for tag in wanted:
        short = tag.strip().lower().partition("-")[0]
        if short in LANGUAGES:
            return short
    return LANGUAGES[0]


def accepted(header: str) -> list[str]:
    """Return the tags of an `Accept-Language` header, the most wanted first.

    Args:
        header: As the browser sent it; what cannot be read counts least.
    """
    ranked = []
    for part in header.split(","):
        tag, _, weight = part.partition(";q=")
        digits = weight.strip().replace(".", "", 1)
        ranked.append((float(weight) if digits.isascii() and digits.isdecimal() else 1.0, tag))
    return [tag for _, tag in sorted(ranked, key=lambda pair: -pair[0])]


def day_and_time(at: datetime, language: str) -> str:
    """Return `21 Nov 2026, 14:05:40` in UTC, in the words of a language.

    Args:
        at: An aware time.
        language: One of `LANGUAGES`.
    """
    return format_datetime(at.astimezone(UTC), "d MMM y, HH:mm:ss", locale=language)


def time_in(at: datetime, zone: str, language: str) -> str:
    """Return `16:05 Bucharest`, with the day if it is another one than in UTC.

    Args:
        at: An aware time.
        zone: A name of the IANA database.
        language: One of `LANGUAGES`.

    Raises:
        ZoneInfoNotFoundError: There is no such zone.
    """
    local = at.astimezone(ZoneInfo(zone))
    is_same_day = local.date() == at.astimezone(UTC).date()
    form = "HH:mm" if is_same_day else "d MMM, HH:mm"
    city = get_timezone_location(zone, locale=language, return_city=True)
    return f"{format_datetime(local, form, locale=language)} {city}"


def country(code: str, language: str) -> str:
    """Return the name of a country: `Romania`; the code itself where there is no name.

    Args:
        code: Two capital letters.
        language: One of `LANGUAGES`.
    """
    return str(Locale.parse(language).territories.get(code, code))


def long_codes() -> Mapping[str, str]:
    """Return the codes of countries by their codes of three letters: `FRA` for `FR`."""
    aliases: Mapping[str, list[str]] = get_global("territory_aliases")
    return {
        long: codes[0]
        for long, codes in aliases.items()
        if len(long) == _LONG and long.isalpha() and len(codes) == 1
    }


def tongue(tag: str, language: str) -> str:
    """Return the name of a language: `Georgian`; the tag itself where there is no name.

    Args:
        tag: Two or three small letters.
        language: One of `LANGUAGES`, in which the name is said.
    """
    return str(Locale.parse(language).languages.get(tag, tag))


def _read(folder: Traversable, language: str, domain: str) -> NullTranslations:
    text = folder.joinpath(language, "LC_MESSAGES", f"{domain}.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(text), locale=language, domain=domain))
    compiled.seek(0)
    return GNUTranslations(compiled)
