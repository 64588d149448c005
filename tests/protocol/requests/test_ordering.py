"""Places of fields in a document."""

from protocol.requests.ordering import DocumentOrder

ROOT = {"b": [{"y": 1, "x": 2}, "text"], "a": {"z": None}}


def test_fields_stand_as_in_the_text_and_missing_ones_at_the_end() -> None:
    """The order is that of the writer, not of the form."""
    order = DocumentOrder(ROOT)
    paths = [
        ("b",),
        ("b", 0, "y"),
        ("b", 0, "x"),
        ("b", 0, "missing"),
        ("b", 1),
        ("a",),
        ("a", "z"),
        ("a", "z", "deeper"),
        ("missing",),
        ("missing", "deeper", 3),
    ]
    shuffled = paths[5:] + paths[:5]
    assert sorted(shuffled, key=order.place) == paths


def test_places_outside_a_list_do_not_fail() -> None:
    """A rule may ask for an entry that is not there."""
    order = DocumentOrder(ROOT)
    assert order.place(("b", 9, "x")) > order.place(("b", 1))
    assert order.place(("b", "x")) == (0, 0)
