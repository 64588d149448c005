"""The page on messages: complete, and what the models say now."""

import json
import re

import pytest

from protocol.requests.catalogue import TYPES
from protocol.requests.faults import FaultCode
from tests.protocol.requests.reference import PAGE, page
from tests.protocol.requests.samples import example

TEXT = page()


def test_the_page_is_what_the_models_say() -> None:
    """If not: python -m tests.protocol.requests.reference."""
    if not PAGE.parent.is_dir():
        pytest.skip("the tests were copied away from the documents")
    assert PAGE.read_text("utf-8") == TEXT


def test_every_type_has_a_section_with_fields_rules_answers_and_example() -> None:
    """The example is the file, in fewer lines."""
    for name, kind in TYPES.items():
        section = TEXT.split(f"\n## {name}\n")[1].split("\n## ")[0]
        for field in kind.model.model_fields.values():
            assert f"`{field.alias}`" in section if field.alias else True
        for written in kind.model.model_fields:
            assert f"`{written.removesuffix('_')}`" in section
        for answer in kind.answers:
            assert f"(#{answer})" in section
        block = section.split("```json\n")[1].split("```")[0]
        assert json.loads(block) == example(name)


def test_every_link_leads_to_a_heading() -> None:
    """Anchors are the headings in lower case."""
    headings = {
        line.lstrip("# ").lower().replace(" ", "-")
        for line in TEXT.splitlines()
        if line.startswith("#")
    }
    for anchor in re.findall(r"\]\(#([^)]+)\)", TEXT):
        assert anchor in headings


def test_every_code_is_explained() -> None:
    """With the sentence that an officer reads."""
    for code in FaultCode:
        assert f"| `{code}` |" in TEXT


def test_rules_are_told_in_sentences() -> None:
    """A name of a rule alone says nothing to a reader."""
    rules = re.findall(r"(?<=Rules between fields:\n\n)((?:- .*\n?)+)", TEXT)
    lines = [line for block in rules for line in block.splitlines()]
    assert len(lines) > 100
    assert all(len(line.split()) >= 5 and line.endswith(".") for line in lines)
