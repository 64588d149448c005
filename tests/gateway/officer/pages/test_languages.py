"""The words of the desk: complete, rightly placed, and said the same on the server and beyond."""

import re
from datetime import UTC, datetime

import pytest

from gateway.officer.adapters.languages import (
    LANGUAGES,
    Languages,
    accepted,
    best,
    country,
    day_and_time,
    direction,
    time_in,
    tongue,
)
from tests.gateway.officer.pages.catalogues import (
    PLURALS,
    fields_used,
    missing,
    read,
    used,
)

PLACEHOLDER = re.compile(r"%\(\w+\)s|%\{\w+\}|%%")
AT = datetime(2026, 11, 21, 22, 5, 40, tzinfo=UTC)


@pytest.fixture(scope="module")
def languages() -> Languages:
    """Return the catalogues of the package."""
    return Languages.load()


def test_every_sentence_is_there_in_every_language() -> None:
    """An officer who reads French is not shown English at three in the morning."""
    assert missing() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_kept_that_nothing_shows(language: str) -> None:
    """What nobody sees nobody corrects."""
    assert set(read(language, "ui")) - used() == set()


@pytest.mark.parametrize("domain", ["ui", "forms"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_those_of_the_english_sentence(language: str, domain: str) -> None:
    """One that is lost hides a name or a number; one too many breaks the page."""
    english = read("en", domain)
    for sentence, texts in read(language, domain).items():
        wanted = sorted(PLACEHOLDER.findall(sentence.many or english[sentence][0]))
        for text in texts:
            found = sorted(PLACEHOLDER.findall(text))
            # "One" and "none" may say the number in words.
            assert found == wanted or (sentence.many and found == []), (language, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_with_a_number_have_every_form(language: str) -> None:
    """Arabic has six; a missing one is shown as nothing."""
    count = int(PLURALS[language].partition("nplurals=")[2][0])
    for sentence, texts in read(language, "ui").items():
        assert len(texts) == (count if sentence.many else 1)
        assert all(texts)


def test_fields_have_the_same_names_in_english_and_french() -> None:
    """Both are complete; Arabic may lack some and then shows the English one, marked."""
    english = set(read("en", "forms"))
    assert set(read("fr", "forms")) == english
    assert set(read("ar", "forms")) <= english
    assert fields_used() <= {sentence.one for sentence in english}


def test_field_without_arabic_name_is_said_in_english(languages: Languages) -> None:
    """And it says so: the page marks it as English."""
    lacking = set(read("en", "forms")) - set(read("ar", "forms"))
    for sentence in sorted(lacking)[:3]:
        assert languages.field("ar", sentence.one).language == "en"
    assert languages.field("fr", "reference").language == "fr"
    with pytest.raises(KeyError):
        languages.field("fr", "no.such.field")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "now"),
        (1, "in 1 s"),
        (60, "in 1 min"),
        (299, "in 4 min 59 s"),
        (300, "in 5 min"),
        (3600, "in 1 h"),
        (11_400, "in 3 h 10 min"),
        (86_400, "in 1 d"),
        (100_800, "in 1 d 4 h"),
        (-1, "1 s late"),
        (-2400, "40 min late"),
        (-90_000, "1 d 1 h late"),
    ],
)
def test_deadlines_are_said_in_words(languages: Languages, seconds: int, words: str) -> None:
    """Colour only adds to them."""
    assert languages.due("en", seconds) == words


def test_deadlines_are_said_in_every_language(languages: Languages) -> None:
    """The order of the words is the language's own."""
    assert languages.due("fr", 11_400) == "dans 3 h 10 min"
    assert languages.due("ar", -60) == "متأخر 1 د"
    assert languages.length("fr", 0) == "0 s"


def test_numbers_choose_the_form(languages: Languages) -> None:
    """French counts nothing as one, English does not."""
    one, many = "log %(n)s entry", "log %(n)s entries"
    assert languages.say_many("en", one, many, number=0) == many
    assert languages.say_many("fr", one, many, number=0) == "journal : %(n)s entrée"


def test_arabic_runs_from_right_to_left() -> None:
    """The direction is of the language, not of a list of ours."""
    assert [direction(tag) for tag in LANGUAGES] == ["ltr", "ltr", "rtl"]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr-CA,fr;q=0.8,en;q=0.5", "fr"),
        ("de, ar;q=0.7, en;q=0.9", "en"),
        ("de", "en"),
        ("", "en"),
        ("ar;q=nonsense", "ar"),
        ("fr;q=0.1,ar;q=1", "ar"),
    ],
)
def test_language_is_the_best_that_the_browser_asks_for(header: str, language: str) -> None:
    """Whatever the header holds, some language comes out."""
    assert best(accepted(header)) == language


def test_times_name_their_zone_and_another_day() -> None:
    """After midnight in Bucharest it is still yesterday in UTC."""
    assert day_and_time(AT, "fr") == "21 nov. 2026, 22:05:40"
    assert time_in(AT, "Europe/Bucharest", "en") == "22 Nov, 00:05 Bucharest"
    assert time_in(AT, "Europe/Paris", "fr") == "23:05 Paris"


def test_countries_and_languages_have_names_in_each_language() -> None:
    """What has no name is shown as it is written."""
    assert [country("GE", tag) for tag in LANGUAGES] == ["Georgia", "Géorgie", "جورجيا"]
    assert [tongue("ka", tag) for tag in LANGUAGES] == ["Georgian", "géorgien", "الجورجية"]
    assert (country("ZQ", "en"), tongue("qqq", "fr")) == ("ZQ", "qqq")
