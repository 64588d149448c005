"""Buttons inside a form: one more entry, one fewer."""

from typing import Any

import pytest

from gateway.officer.pages.forms.changing import Change, change, steps_of
from protocol.requests.catalogue import TYPES

KIND = TYPES["preservation_request"]


def after(document: dict[str, Any], what: Change, name: str) -> tuple[dict[str, Any], str]:
    """Return the body after a button, and what is in view."""
    changed = change(KIND, document, what, name)
    assert changed is not None
    return changed.document.get("body", {}), changed.name


def test_an_entry_is_added_with_the_next_name() -> None:
    """Nobody makes up names of items."""
    document = {"body": {"items": [{"item_id": "1"}, {"item_id": "3"}]}}
    body, name = after(document, Change.ADD, "body.items")
    assert [each["item_id"] for each in body["items"]] == ["1", "3", "2"]
    assert name == "body.items[2]"
    assert len(document["body"]["items"]) == 2


def test_a_row_that_is_only_shown_counts() -> None:
    """The button gives one more than is seen."""
    body, name = after({}, Change.ADD, "body.providers")
    assert body == {"providers": [{"provider_id": "P1"}, {"provider_id": "P2"}]}
    assert name == "body.providers[1]"


def test_a_list_in_a_row_that_is_only_shown_can_be_added_to() -> None:
    """The row is written with its name."""
    body, _ = after({}, Change.ADD, "body.items[0].targets")
    assert body == {"items": [{"item_id": "1", "targets": [{}, {}]}]}


def test_an_optional_list_begins_with_one_entry() -> None:
    """None is shown before."""
    body, name = after({}, Change.ADD, "body.previous_mla")
    assert (body, name) == ({"previous_mla": [{}]}, "body.previous_mla[0]")


def test_a_list_inside_an_optional_group_can_be_added_to() -> None:
    """The group comes with it."""
    body, _ = after({"body": {}}, Change.ADD, "body.proceedings.decisions")
    assert body == {"proceedings": {"decisions": [{}]}}


@pytest.mark.parametrize(
    ("name", "left", "seen"),
    [
        ("body.items[0]", [{"item_id": "2"}], "body.items"),
        ("body.items[1]", [{"item_id": "1"}], "body.items"),
        ("body.items", None, "body.items"),
    ],
)
def test_entries_are_removed(name: str, left: object, seen: str) -> None:
    """One, or all."""
    document = {"body": {"items": [{"item_id": "1"}, {"item_id": "2"}]}}
    body, shown = after(document, Change.REMOVE, name)
    assert (body.get("items"), shown) == (left, seen)


def test_the_last_entry_takes_its_list_along() -> None:
    """An empty list is refused by the check."""
    body, _ = after(
        {"body": {"items": [{"item_id": "1"}], "facts": "f"}}, Change.REMOVE, "body.items[0]"
    )
    assert body == {"facts": "f"}


def test_a_group_is_emptied_and_what_was_never_written_stays_away() -> None:
    """Also what stood in its place."""
    assert after({"body": {"proceedings": "odd"}}, Change.REMOVE, "body.proceedings")[0] == {}
    assert after({}, Change.REMOVE, "body.items[0].targets[0]")[0] == {}


@pytest.mark.parametrize(
    ("what", "name"),
    [
        (Change.ADD, "body.facts"),
        (Change.ADD, "body.items[7].targets"),
        (Change.ADD, "nothing"),
        (Change.REMOVE, ""),
        (Change.REMOVE, "to"),
        (Change.ADD, "body.proceedings"),
    ],
)
def test_places_that_the_form_does_not_have_change_nothing(what: Change, name: str) -> None:
    """Names come from the browser."""
    assert change(KIND, {}, what, name) is None


def test_a_list_that_is_none_is_not_added_to() -> None:
    """It is removed first."""
    assert change(KIND, {"body": {"items": "odd"}}, Change.ADD, "body.items") is None


def test_a_name_is_read_as_a_path() -> None:
    """Names and numbers."""
    assert steps_of("body.items[10].period") == ("body", "items", 10, "period")


def test_what_the_form_does_not_know_is_dropped() -> None:
    """Where it stands, and nothing beside it."""
    document = {"mood": 1, "to": "FR", "body": {"items": [{"item_id": "1", "colour": "red"}]}}
    changed = change(KIND, document, Change.DROP, "")
    assert changed is not None
    assert changed.document.keys() == {"to", "body"}
    changed = change(KIND, document, Change.DROP, "body.items[0]")
    assert changed is not None
    assert changed.document["body"]["items"] == [{"item_id": "1"}]
    assert change(KIND, {}, Change.DROP, "") is None


def test_the_list_of_a_row_that_is_odd_is_not_found() -> None:
    """Nothing can be added inside what is no entry."""
    assert change(KIND, {"body": {"items": ["odd"]}}, Change.ADD, "body.items[0].targets") is None
