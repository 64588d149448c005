"""Texts of forms: complete in both languages, clean, and careful with the law."""

import re
import sys
from collections.abc import Iterator
from doctest import testmod as run_examples

import pytest

from protocol.requests.catalogue import TYPES
from protocol.requests.document import Document
from protocol.requests.drafts import draft_form
from protocol.requests.forms import FieldKind, form_fields, forms_below
from protocol.requests.labels import (
    FormLanguage,
    Label,
    field_key,
    field_label,
    label_file,
    section_heading,
    type_label,
    value_label,
)
from protocol.requests.messages import MESSAGES
from protocol.requests.part import Part
from protocol.requests.preservation import PreservationRequest
from protocol.requests.template import TEMPLATES
from protocol.requests.text import checked_line

ENGLISH, FRENCH = FormLanguage
BOTH = tuple(FormLanguage)
BODIES: tuple[type[Part], ...] = (Document, *(kind.model for kind in TYPES.values()))
FORMS = tuple(dict.fromkeys(form for body in BODIES for form in forms_below(body)))

READ_IN_A_SOURCE = frozenset({"25(3)", "29(2)", "29(3)", "29(4)", "31", "35", "9", "10", "10(9)"})
"""Provisions on which docs/domain.md quotes a source that was read (marks S and R)."""

_CITED = re.compile(r"\b([Aa]rticles? ([0-9]+(?:\([0-9a-z]+\))*))")


def texts(language: FormLanguage) -> Iterator[str]:
    """Yield every text of a language."""
    known = label_file(language)
    for label in (*known.types.values(), *known.fields.values()):
        yield from (label.text, label.help)
    for values in known.values.values():
        yield from values.values()
    yield from known.sections.values()


def test_every_type_has_both_languages() -> None:
    """And there is no text for a type that does not exist."""
    for language in BOTH:
        assert label_file(language).types.keys() == TYPES.keys()
        for name in TYPES:
            label = type_label(name, language)
            assert label.text
            assert label.help.endswith(".")


@pytest.mark.parametrize("form", FORMS)
def test_every_field_and_value_has_both_languages(form: type[Part]) -> None:
    """Coded fields print in the languages of both Parties."""
    for field in form_fields(form):
        for language in BOTH:
            label = field_label(form, field.name, language)
            assert label.text
            assert label.help.endswith(".")
            for value in field.values:
                assert value_label(form, field.name, value, language)


def test_the_files_of_both_languages_have_the_same_entries() -> None:
    """In the same order, so that they can be read side by side."""
    one, other = label_file(ENGLISH), label_file(FRENCH)
    assert list(one.types) == list(other.types)
    assert list(one.fields) == list(other.fields)
    assert list(one.sections) == list(other.sections)
    assert list(one.values) == list(other.values)
    for key, values in one.values.items():
        assert list(values) == list(other.values[key])


def test_no_entry_is_left_over() -> None:
    """A text that nothing shows would go stale unseen."""
    known = label_file(ENGLISH)
    shown = {
        field_key(form, field.name, known.fields) for form in FORMS for field in form_fields(form)
    }
    assert known.fields.keys() == shown
    admitted: dict[str, set[str]] = {}
    for form in FORMS:
        for field in form_fields(form):
            if field.kind is FieldKind.CHOICE:
                key = field_key(form, field.name, known.values)
                admitted.setdefault(key, set()).update(field.values)
    assert admitted.pop("answers_type") == admitted.pop("draft_type") <= TYPES.keys()
    assert {key: set(values) for key, values in known.values.items()} == admitted
    headed = {section.key for sections in TEMPLATES.values() for section in sections}
    assert known.sections.keys() == headed


@pytest.mark.parametrize("language", BOTH)
def test_texts_are_clean_lines(language: FormLanguage) -> None:
    """What we print obeys what we ask of others, and French has its own spaces."""
    for text in texts(language):
        assert checked_line(text) == text
        assert text.strip() == text
        assert "  " not in text
        if language is FRENCH:
            assert not re.search(r"[^\u00a0\d][;:?!»](?!RED|AMBER|GREEN|CLEAR)", text), text
            assert "'" not in text


@pytest.mark.parametrize("language", BOTH)
def test_what_was_not_read_in_a_source_is_not_printed_as_law(language: FormLanguage) -> None:
    """Section 2, mark M: such an article may be pointed to, not quoted."""
    pointer = "see " if language is ENGLISH else "voir l\N{RIGHT SINGLE QUOTATION MARK}"
    sentences = [*texts(language), *(MESSAGES.values() if language is ENGLISH else ())]
    basis = set(label_file(language).values["legal_basis"].values())
    for text in sentences:
        for match in _CITED.finditer(text):
            before = text[: match.start()]
            known = match[2] in READ_IN_A_SOURCE or text in basis or before.endswith(pointer)
            assert known or "protocol" in text.lower(), text


def test_a_label_is_found_for_the_nearest_form() -> None:
    """Its own, that of a base, or the common one."""
    assert field_label(PreservationRequest, "facts", ENGLISH) == Label(
        text="Facts", help="Brief description of the facts."
    )
    extension = TYPES["preservation_extension"].model
    own = field_label(extension, "previous_preservation", ENGLISH)
    assert own != field_label(PreservationRequest, "previous_preservation", ENGLISH)
    decision = TYPES["decision"].model
    assert field_label(decision, "items", FRENCH) == field_label(
        TYPES["data_delivery"].model, "items", FRENCH
    )
    draft = draft_form(PreservationRequest)
    assert field_label(draft, "facts", FRENCH).text == "Faits"
    with pytest.raises(KeyError):
        field_label(PreservationRequest, "colour", ENGLISH)


def test_values_that_are_types_are_called_like_them() -> None:
    """Written once."""
    decision = TYPES["decision"].model
    assert value_label(decision, "answers_type", "interception_request", FRENCH) == (
        type_label("interception_request", FRENCH).text
    )
    with pytest.raises(KeyError):
        value_label(decision, "answers_type", "wish", FRENCH)


def test_headings_are_in_both_languages() -> None:
    """Those of the official print in English."""
    assert section_heading("date", FRENCH) == "Date"
    assert section_heading("signature", ENGLISH).startswith("Signature and / or stamp")
    with pytest.raises(KeyError):
        section_heading("weather", ENGLISH)


def test_the_example_in_the_documentation_runs() -> None:
    """A reader tries it first."""
    assert tuple(run_examples(sys.modules[field_label.__module__])) == (0, 2)
