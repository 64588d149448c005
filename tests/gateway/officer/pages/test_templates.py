"""Templates: escaped, complete in every language, and nothing foreign acts on the page."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jinja2 import DictLoader, UndefinedError
from markupsafe import Markup

from gateway.officer.adapters.languages import LANGUAGES, Languages
from gateway.officer.adapters.templates import Templates, foreign, hour, when
from gateway.officer.pages.statics import Statics

NOW = datetime(2026, 11, 21, 14, 3, tzinfo=UTC)
FOLDER = Path(__file__).parents[4] / "gateway" / "officer" / "pages" / "templates"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "'; DROP TABLE cases; --",
    "{{ 7 * 7 }}",
    "FR\u202e26-1102\u202c",
    "a\x00b\x1b[31mc\r\nd\u2028e",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "x" * 10_000,
)


@pytest.fixture(scope="module")
def languages() -> Languages:
    """Return the catalogues of the package."""
    return Languages.load()


def one(text: str, languages: Languages) -> Templates:
    """Return templates of which one is given here."""
    templates = Templates(languages, Statics.load().address)
    for environment in templates._environments.values():
        environment.loader = DictLoader({"one.html": text})
    return templates


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_is_inert(text: str, languages: Languages) -> None:
    """Whoever wrote it may be anybody."""
    shown = one("{{ x|foreign }}|{{ x }}", languages).render("one.html", locale="en", x=text)
    assert re.findall(r"<(\w+)", shown.partition("|")[0])[0] == "bdi"
    assert set(re.findall(r"<(\w+)", shown)) <= {"bdi", "span"}
    assert not set(shown.partition("|")[0]) & {"\u202e", "\u202c", "\x00", "\x1b", "\u2028"}


def test_foreign_text_is_kept_apart_in_its_own_direction() -> None:
    """A reference after Hebrew came out reversed without it."""
    assert foreign("שלום 2", "he") == Markup('<bdi dir="auto" lang="he">שלום 2</bdi>')
    assert foreign("<b>") == Markup('<bdi dir="auto">&lt;b&gt;</bdi>')
    assert foreign("a\u202eb") == Markup(
        '<bdi dir="auto">a<span class="a35-mark">U+202E</span>b</bdi>'
    )
    assert foreign("x", '"><b') == Markup('<bdi dir="auto" lang="&#34;&gt;&lt;b">x</bdi>')
    assert foreign(None) == foreign("") == Markup()


def test_words_are_said_in_the_language_with_values_escaped(languages: Languages) -> None:
    """A name in a sentence is foreign text as well."""
    text = (
        '{{ _("from %(party)s", party=x) }} {{ _("Help") }} '
        '{{ _n("log %(n)s entry", "log %(n)s entries", 2) }}'
    )
    templates = one(text, languages)
    assert templates.render("one.html", locale="en", x="<b>") == (
        "from &lt;b&gt; Help log 2 entries"
    )
    assert templates.render("one.html", locale="fr", x=foreign("A")) == (
        'de <bdi dir="auto">A</bdi> Aide journal : 2 entrées'
    )


def test_field_without_its_own_word_is_marked_as_english(languages: Languages) -> None:
    """Right-to-left pages would turn it around."""
    assert one('{{ field("reference") }}', languages).render("one.html", locale="fr") == "Référence"
    bare = Languages(
        {tag: languages._ui[tag] for tag in LANGUAGES},
        {tag: languages._forms["en"] if tag == "en" else languages._ui[tag] for tag in LANGUAGES},
    )
    shown = one('{{ field("reference") }}', bare).render("one.html", locale="ar")
    assert shown == '<bdi dir="auto" lang="en">Reference</bdi>'


def test_times_stand_in_utc_and_in_the_zones(languages: Languages) -> None:
    """Each zone named, none twice."""
    text = '{{ t|moment("Europe/Bucharest", "Europe/Paris", "Europe/Paris") }}'
    shown = one(text, languages).render("one.html", locale="en", t=NOW)
    assert shown == (
        '<time class="a35-moment" datetime="2026-11-21T14:03:00Z">'
        "<bdi>21 Nov 2026, 14:03:00 UTC</bdi>"
        ' <bdi class="a35-zone">16:03 Bucharest</bdi> <bdi class="a35-zone">15:03 Paris</bdi>'
        "</time>"
    )


def test_deadlines_say_how_long_or_how_late(languages: Languages) -> None:
    """Lateness is in the words and marked besides."""
    text = "{{ t|due(now) }}{{ now|age(t) }}{{ t|age(now) }}"
    late = one(text, languages).render(
        "one.html", locale="en", t=NOW - timedelta(minutes=40), now=NOW
    )
    assert late.startswith('<time class="a35-due a35-due--late" datetime="2026-11-21T13:23:00Z"')
    assert ">40 min late</time>0 s40 min" in late
    early = one("{{ t|due(now) }}", languages).render(
        "one.html", locale="en", t=NOW + timedelta(minutes=190), now=NOW
    )
    assert 'class="a35-due"' in early
    assert ">in 3 h 10 min<" in early


def test_clock_shows_both_times(languages: Languages) -> None:
    """The browser moves it on."""
    shown = one('{{ t|clock("Europe/Bucharest") }}', languages).render(
        "one.html", locale="en", t=NOW
    )
    assert 'data-clock="Europe/Bucharest"' in shown
    assert "14:03 UTC" in shown
    assert "16:03 Bucharest" in shown
    assert hour(NOW, "Europe/Bucharest") == "16:03"


def test_times_come_in_three_kinds() -> None:
    """As the core, the API and the desk write them; never without a zone."""
    assert when(NOW) == when("2026-11-21T14:03:00.000Z") == when(1_795_269_780_000)
    assert when("2026-11-21T16:03:00+02:00") == NOW
    with pytest.raises(ValueError, match="offset"):
        when(NOW.replace(tzinfo=None))


def test_what_was_not_given_is_an_error(languages: Languages) -> None:
    """A blank where a deadline belongs would be believed."""
    with pytest.raises(UndefinedError):
        one("{{ nothing }}", languages).render("one.html", locale="en")


def test_no_template_switches_escaping_off() -> None:
    """There is no place where text becomes markup but the filters."""
    forbidden = re.compile(
        r"\|\s*safe\b|autoescape|\bstyle=|<style|<script(?![^>]*\bsrc=\"\{\{ static)"
        r"|\bon(?:click|load|error|submit|change|input|focus|blur|key\w+)\s*=|href=\"javascript:",
        re.IGNORECASE,
    )
    for path in FOLDER.rglob("*.html"):
        assert forbidden.search(path.read_text("utf-8")) is None, path.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_can_be_compiled_in_every_language(
    language: str, languages: Languages
) -> None:
    """One that cannot would be found by the first officer who goes there."""
    templates = Templates(languages, Statics.load().address)
    assert "base.html" in templates.names()
    for name in templates.names():
        templates._environments[language].get_template(name)
