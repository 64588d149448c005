"""The sections of the official templates, held against the forms."""

from pathlib import Path

import pytest

from protocol.requests.catalogue import TYPES
from protocol.requests.forms import form_fields
from protocol.requests.labels import FormLanguage, section_heading
from protocol.requests.template import (
    PRESERVATION_TEMPLATE,
    SUBSCRIBER_TEMPLATE,
    TEMPLATES,
    section_numbers,
)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_field_of_the_body_is_printed_once(name: str) -> None:
    """But the items, which the Article 31 template prints twice."""
    fields = [field for section in TEMPLATES[name] for field in section.fields]
    body = {field.name for field in form_fields(TYPES[name].model)}
    assert set(fields) == body
    twice = {field for field in fields if fields.count(field) > 1}
    assert twice == ({"items"} if name == "subscriber_information_request" else set())


def test_the_article_31_template_has_its_21_sections() -> None:
    """Section 13 of the domain; four headings were lost in the print."""
    numbers = [section.number for section in SUBSCRIBER_TEMPLATE]
    assert numbers == [*range(1, 22), None]
    restored = [section.number for section in SUBSCRIBER_TEMPLATE if section.restored]
    assert restored == [4, 13, 16, 17]
    assert section_numbers("subscriber_information_request", "items") == (14, 21)
    assert section_numbers("subscriber_information_request", "previous_preservation") == (10,)
    assert section_numbers("subscriber_information_request", "special_procedure") == ()
    assert section_numbers("stored_data_request", "previous_preservation") == (10,)


def test_of_the_preservation_template_seven_sections_are_known() -> None:
    """The rest was not read, so it has no numbers."""
    numbers = [section.number for section in PRESERVATION_TEMPLATE]
    assert numbers[:7] == [1, 2, 3, 4, 5, 6, 7]
    assert set(numbers[7:]) == {None}
    assert section_numbers("preservation_extension", "previous_preservation") == (3,)
    assert section_numbers("preservation_request", "necessity") == ()
    assert section_numbers("note", "text") == ()


def test_headings_at_hand_are_those_of_the_print() -> None:
    """The seed has them in other capitals."""
    seed = Path(__file__).parent / "template_headings.txt"
    printed = seed.read_text("utf-8").splitlines()
    ours = {
        section.number: section_heading(section.key, FormLanguage.ENGLISH).lower()
        for section in SUBSCRIBER_TEMPLATE
        if section.number is not None and not section.restored
    }
    assert [f"{number} {text}" for number, text in ours.items()] == printed
