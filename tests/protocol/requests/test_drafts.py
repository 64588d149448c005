"""Forms in which nothing is required, made from the forms of requests."""

import pytest
from pydantic import ValidationError

from protocol.requests.drafts import draft_form, judgeable
from protocol.requests.faults import UnsoundError
from protocol.requests.items import DataItem
from protocol.requests.orders import OrderEffectRequest
from protocol.requests.parts import Period
from protocol.requests.preservation import PreservationRequest
from protocol.requests.walk import shape_of


def test_every_field_may_be_absent_at_every_level() -> None:
    """And what is there is as the form has it."""
    form = draft_form(PreservationRequest)
    assert all(not info.is_required() for info in form.model_fields.values())
    assert form.model_fields.keys() == PreservationRequest.model_fields.keys()
    item = shape_of(form).models["items"]
    assert issubclass(item, DataItem)
    assert all(not info.is_required() for info in item.model_fields.values())
    draft = form.model_validate({"items": [{"targets": [{"kind": "phone"}]}], "facts": None})
    assert draft.model_dump(exclude_none=True) == {"items": ({"targets": ({"kind": "phone"},)},)}


def test_a_draft_is_made_once_for_each_form() -> None:
    """Forms are compared by identity."""
    assert draft_form(Period) is draft_form(Period)
    assert shape_of(draft_form(DataItem)).models["period"] is draft_form(Period)


def test_a_draft_keeps_the_checks_of_its_fields() -> None:
    """A wrong address is wrong today already."""
    with pytest.raises(ValidationError):
        draft_form(DataItem).model_validate({"targets": [{"kind": "ip", "value": "1.2.3"}]})
    with pytest.raises(ValidationError):
        draft_form(DataItem).model_validate([])


def test_a_null_that_states_something_is_kept() -> None:
    """All others are absent."""
    form = draft_form(OrderEffectRequest)
    stated = form.model_validate({"special_procedure": None, "case_reference": None})
    assert stated.model_fields_set == {"special_procedure"}


def test_what_is_not_written_yet_stops_a_rule() -> None:
    """Nobody judges by it; what need not be there is simply absent."""
    draft = judgeable(draft_form(DataItem).model_validate({"period": {}}))
    assert isinstance(draft, DataItem)
    assert draft.period is not None
    assert draft.description is None
    with pytest.raises(UnsoundError):
        assert draft.data_category == "traffic"
    with pytest.raises(UnsoundError):
        assert len(draft.period.time_zone)
