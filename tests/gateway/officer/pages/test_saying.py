"""Advice and objections are said in the language of the page, with what they name."""

import pytest

from gateway.officer.adapters.languages import LANGUAGES, Languages
from gateway.officer.pages.saying import advised, objected
from gateway.service.advice import TEXTS, Said
from protocol.cases.objection import SENTENCES, Objection, Reason, objection

WORDS = Languages.load()


@pytest.mark.parametrize("code", TEXTS)
def test_each_advice_is_there_in_every_language_with_the_same_values(code: str) -> None:
    """At night nobody reads a second language well; English is that of the service itself."""
    assert WORDS.field("en", f"advice.{code}").text == TEXTS[code]
    names = {part.partition("}")[0] for part in TEXTS[code].split("{")[1:]}
    for language in LANGUAGES:
        words = WORDS.field(language, f"advice.{code}")
        assert words.language == language
        assert {part.partition("}")[0] for part in words.text.split("{")[1:]} == names


@pytest.mark.parametrize("reason", Reason)
def test_each_objection_is_there_in_english_and_french(reason: Reason) -> None:
    """The English one is the rule's own."""
    key = f"objection.{reason}"
    assert WORDS.field("en", key).text == SENTENCES[reason]
    assert WORDS.field("fr", key).language == "fr"


def test_what_a_sentence_names_is_isolated_and_inert() -> None:
    """Desks and hours are words of the directory, which somebody else wrote."""
    values = dict.fromkeys(
        ("desk", "hours", "zone", "languages", "code", "spoken"), "<b>x\u202e"
    ) | {"numbers": "+33"}
    (said,) = advised(WORDS, "fr", [Said(word="call", values=values)])
    assert "Appelez" in said
    assert "<b>" not in said
    assert "U+202E" in said
    assert "+33" in said


def test_objection_names_its_type_in_the_language_of_the_page() -> None:
    """What has no words in the language of the page stands in English, and is marked so."""
    refused = objection(Reason.WRONG_SIDE, type="preservation_request")
    french, arabic = (objected(WORDS, language, refused) for language in ("fr", "ar"))
    assert "est envoyé par" in french
    assert "preservation_request" not in french
    assert 'lang="en"' in arabic
    bare = Objection(reason=Reason.WRONG_SIDE, text="x")
    assert str(objected(WORDS, "fr", bare)).startswith("- est envoyé")
