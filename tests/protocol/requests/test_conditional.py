"""The table of fields that go with a case."""

from typing import Literal

import pytest

from protocol.requests.conditional import Conditional
from protocol.requests.faults import UNSOUND, UnsoundError
from protocol.requests.part import Part

TABLE = Conditional(
    by="kind",
    required={"both": ("first", "second"), "one": ("first",)},
    optional={"one": ("third",), "free": ("second", "third")},
)


class Form(Part):
    """A form with three fields that depend on a fourth."""

    kind: Literal["both", "one", "free", "none"]
    first: str | None = None
    second: str | None = None
    third: str | None = None


def found(**values: object) -> list[tuple[str, str]]:
    """Return what the table says of a form with these values."""
    form = Form.model_construct(**values)  # type: ignore[arg-type]
    return [(str(fault.path[0]), str(fault.code)) for fault in TABLE.faults(form)]


def test_the_fields_of_a_case_are_each_named_once() -> None:
    """In the order of the tables, which is the order of the findings."""
    assert TABLE.fields == ("first", "second", "third")


@pytest.mark.parametrize("kind", ["both", "one", "free", "none"])
@pytest.mark.parametrize("name", TABLE.fields)
def test_each_field_is_required_admitted_or_refused(kind: str, name: str) -> None:
    """Alone in the form, and absent from it."""
    required = name in TABLE.required.get(kind, ())
    admitted = required or name in TABLE.optional.get(kind, ())
    alone = found(kind=kind, **{name: "x"})
    assert ((name, "not_allowed_here") in alone) == (not admitted)
    assert ((name, "missing") in found(kind=kind)) == required


def test_a_field_at_fault_is_there() -> None:
    """What is wrong with it is said elsewhere; that it must not be there, here."""
    assert found(kind="one", first=UNSOUND) == []
    assert found(kind="none", first=UNSOUND) == [("first", "not_allowed_here")]


def test_nothing_follows_from_a_case_at_fault() -> None:
    """It cannot be told which row of the table applies."""
    with pytest.raises(UnsoundError):
        found(kind=UNSOUND)


def test_an_empty_table_asks_for_nothing() -> None:
    """Optional fields may be left out of it."""
    assert Conditional(by="kind", required={}).fields == ()
