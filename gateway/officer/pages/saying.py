"""Sentences of services and rules on a page: by their code, in its language, with what they name.

The English text is that of whoever says it; the catalogue `forms` holds the others. What a
sentence names may be somebody else's words and is isolated.

Source: docs/desk.md, "Looks".
"""

from collections.abc import Iterable, Mapping
from re import compile as pattern
from typing import Final

from markupsafe import Markup, escape

from gateway.officer.adapters.languages import Languages
from gateway.officer.adapters.templates import foreign
from gateway.officer.pages.naming import type_name
from gateway.service.advice import TEXTS, Said
from protocol.cases.objection import SENTENCES, Objection

_NAMED: Final = pattern(r"\{([a-z]+)\}")


def advised(languages: Languages, page: str, said: Iterable[Said]) -> tuple[Markup, ...]:
    """Return what is advised on a late message, in the language of a page.

    Args:
        languages: All catalogues.
        page: The language.
        said: Sentences by code.
    """
    return tuple(
        _sentence(
            languages,
            page,
            f"advice.{each.word}",
            english=TEXTS[each.word],
            values={name: foreign(value) for name, value in each.values.items()},
        )
        for each in said
    )


def objected(languages: Languages, page: str, objection: Objection) -> Markup:
    """Return why a message has no effect, in the language of a page.

    Args:
        languages: All catalogues.
        page: The language.
        objection: The reason.
    """
    values = {name: foreign(value) for name, value in objection.values.items()}
    if objection.values.get("type"):
        values["type"] = type_name(objection.values["type"], page)
    key, english = f"objection.{objection.reason}", SENTENCES[objection.reason]
    return _sentence(languages, page, key, english=english, values=values)


def _sentence(
    languages: Languages, page: str, key: str, *, english: str, values: Mapping[str, Markup]
) -> Markup:
    """Fill a sentence, marked as English where the language has none."""
    try:
        words = languages.field(page, key)
        text, language = words.text, words.language
    except KeyError:
        text, language = english, "en"
    plain = text.replace("`", "")
    parts = _NAMED.split(plain)
    filled = Markup("").join(
        values.get(part, Markup("-")) if at % 2 else escape(part) for at, part in enumerate(parts)
    )
    if language == page:
        return filled
    return Markup('<bdi dir="ltr" lang="{}">{}</bdi>').format(language, filled)
