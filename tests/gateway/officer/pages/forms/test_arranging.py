"""Sections of forms: in the template's order, each field once, nothing at fault folded away."""

import pytest

from gateway.officer.pages.forms.arranging import OWN_HEADINGS, arrange, below
from gateway.officer.pages.forms.building import build
from gateway.officer.pages.forms.nodes import Control, Entries, Group, Node, Section, controls_of
from protocol.requests.catalogue import TYPES
from protocol.requests.template import TEMPLATES
from tests.protocol.requests.samples import example


def sections(name: str, *faults: str) -> dict[str, Section]:
    """Return the sections of a blank form by their keys."""
    kind = TYPES[name]
    return {each.key: each for each in arrange(kind, build(kind, {}), faults)}


def fields(section: Section) -> list[str]:
    """Return the names of a section's own fields."""
    return [str(node.path[-1]) for node in section.nodes]


@pytest.mark.parametrize("name", TYPES)
def test_every_field_stands_in_one_section(name: str) -> None:
    """Nothing is asked twice, nothing left out."""
    kind = TYPES[name]
    root = build(kind, {})
    shown = [node.name for section in arrange(kind, root) for node in section.nodes]
    body = next(node for node in root.nodes if node.name == "body")
    assert isinstance(body, Group)
    known = {node.name for node in (*root.nodes, *body.nodes)} - {"body"}
    assert len(shown) == len(set(shown))
    assert set(shown) == known


@pytest.mark.parametrize("name", TEMPLATES)
def test_sections_have_the_order_and_numbers_of_the_template(name: str) -> None:
    """An officer who knows the template finds everything where it was."""
    numbers = [each.number for each in sections(name).values() if each.number]
    first = [int(number.split(",")[0]) for number in numbers]
    assert first == sorted(first)
    printed = {str(each.number) for each in TEMPLATES[name] if each.number is not None}
    assert {one for number in numbers for one in number.split(", ")} <= printed


def test_items_stand_once_under_both_numbers() -> None:
    """Sections 14 and 21 print the same entries."""
    assert sections("subscriber_information_request")["information"].number == "14, 21"


def test_a_type_without_a_template_has_its_siblings_order_and_its_own_part() -> None:
    """What it asks for stands behind the summary of the case."""
    found = sections("interception_request")
    keys = list(found)
    assert keys.index("asked") == keys.index("summary") + 1
    assert fields(found["asked"]) == ["technique", "delivery_method"]
    assert not any(each.number for each in found.values())


def test_an_answer_is_one_section() -> None:
    """It has no template and few fields."""
    assert list(sections("delay_notice")) == ["addressee", "content", "files", "document_further"]
    assert "in_reply_to" in fields(sections("delay_notice")["addressee"])
    assert "copies_to" in fields(sections("emergency_mla_request")["addressee"])


def test_what_is_optional_and_empty_is_folded_until_it_has_a_fault() -> None:
    """Six questions; the rest folded."""
    blank = sections("preservation_request")
    assert blank["proceedings"].is_folded
    assert not blank["summary"].is_folded
    assert not blank["files"].is_folded
    faulty = sections("preservation_request", "body.proceedings.prosecution_office")
    assert not faulty["proceedings"].is_folded


def test_what_is_written_is_never_folded() -> None:
    """It must be seen before it is sent."""
    kind = TYPES["preservation_request"]
    for section in arrange(kind, build(kind, example("preservation_request"))):
        if section.is_folded:
            assert not any(node.is_filled for node in section.nodes)


def test_a_name_lies_below_itself_and_what_holds_it() -> None:
    """And not below what only begins alike."""
    assert below("body.items[0].at", "body.items")
    assert below("body.items", "body.items")
    assert not below("body.items_more", "body.items")


def test_every_own_heading_is_used() -> None:
    """A text that nothing shows would go stale unseen."""
    used = {key for name in TYPES for key in sections(name)}
    assert used >= set(OWN_HEADINGS)


def names(node: Node) -> list[str]:
    """Return the names of all controls below a node."""
    return [control.name for control in controls_of(node)]


def test_names_of_controls_are_paths() -> None:
    """An error of the check is found by them."""
    root = build(TYPES["preservation_request"], example("preservation_request"))
    assert "body.items[0].targets[0].value" in names(root)
    assert len(names(root)) == len(set(names(root)))
    node = next(each for each in root.nodes if each.name == "to")
    assert isinstance(node, Control)
    assert node.id == "f-to"
    body = next(each for each in root.nodes if each.name == "body")
    assert isinstance(body, Group)
    items = next(each for each in body.nodes if each.name == "body.items")
    assert isinstance(items, Entries)
    assert (items.stored, items.groups[0].index, body.index) == (3, 0, None)
