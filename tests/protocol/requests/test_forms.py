"""Forms as descriptions: what a page, a print or a generator learns of each field."""

import pytest

from protocol.requests.catalogue import TYPES
from protocol.requests.consultation import PreConsultation
from protocol.requests.document import Attachment, Document
from protocol.requests.drafts import draft_form
from protocol.requests.forms import FieldKind, FormField, form_fields, forms_below
from protocol.requests.items import DataItem
from protocol.requests.notices import Reminder
from protocol.requests.orders import OrderEffectRequest
from protocol.requests.part import Part
from protocol.requests.parts import Offence, Period
from protocol.requests.preservation import PreservationRequest
from protocol.requests.replies import AboutItem
from protocol.requests.targets import Target
from protocol.requests.use import UseAccount


def field(form: type[Part], name: str) -> FormField:
    """Return one field of a form."""
    (found,) = [each for each in form_fields(form) if each.name == name]
    return found


@pytest.mark.parametrize(
    ("form", "name", "kind"),
    [
        (Document, "type", FieldKind.TYPE),
        (Document, "to", FieldKind.NODE),
        (Document, "language", FieldKind.LANGUAGE),
        (Document, "in_reply_to", FieldKind.MESSAGE),
        (Document, "valid_until", FieldKind.INSTANT),
        (Document, "body", FieldKind.CHOSEN),
        (PreConsultation, "draft", FieldKind.CHOSEN),
        (Attachment, "path", FieldKind.PATH),
        (PreservationRequest, "case_reference", FieldKind.REF),
        (PreservationRequest, "facts", FieldKind.TEXT),
        (PreservationRequest, "mla_intent", FieldKind.STATEMENT),
        (PreservationRequest, "path_disclosure_requested", FieldKind.FLAG),
        (PreservationRequest, "requested_until", FieldKind.DATE),
        (PreservationRequest, "response_expected_by", FieldKind.WHEN),
        (PreservationRequest, "items", FieldKind.FORM),
        (DataItem, "item_id", FieldKind.ID),
        (AboutItem, "item_id", FieldKind.ITEM),
        (DataItem, "data_category", FieldKind.CHOICE),
        (Target, "value", FieldKind.TARGET),
        (Target, "platform", FieldKind.LINE),
        (Period, "time_zone", FieldKind.ZONE),
        (Offence, "provisions", FieldKind.SHORT),
    ],
)
def test_a_field_is_of_its_kind(form: type[Part], name: str, kind: FieldKind) -> None:
    """One of each kind."""
    assert field(form, name).kind is kind


def test_lists_and_choices_tell_what_they_hold() -> None:
    """A list of forms, a list of words each once, a single word."""
    items = field(PreservationRequest, "items")
    assert items.many
    assert not items.distinct
    assert items.form is DataItem
    details = field(DataItem, "details")
    assert details.many
    assert details.distinct
    assert len(details.values) == 21
    assert field(DataItem, "data_category").values == ("subscriber", "traffic", "content", "other")
    assert not field(DataItem, "data_category").many


def test_numbers_tell_their_bounds() -> None:
    """Also where they may be absent."""
    ordinal = field(Reminder, "ordinal")
    assert (ordinal.kind, ordinal.least, ordinal.most) == (FieldKind.NUMBER, 1, 99)
    article = field(Offence, "conv_article")
    assert (article.kind, article.least, article.most) == (FieldKind.NUMBER, 2, 11)
    assert (field(Target, "port").least, field(Target, "port").most) == (1, 65_535)
    assert field(Target, "note").least is None


def test_required_null_and_written_names_are_told() -> None:
    """Three things that the name of an attribute does not show."""
    procedure = field(OrderEffectRequest, "special_procedure")
    assert procedure.required
    assert procedure.may_be_null
    assert not field(PreservationRequest, "requested_until").required
    assert field(UseAccount, "from").attribute == "from_"


def test_forms_are_found_in_forms() -> None:
    """Each once, and never the body that another field chooses."""
    below = forms_below(PreservationRequest)
    assert below[0] is PreservationRequest
    assert {DataItem, Target, Period, Offence} <= set(below)
    assert len(below) == len(set(below))
    assert Part not in forms_below(Document)
    assert forms_below(draft_form(Period)) == (draft_form(Period),)


@pytest.mark.parametrize("name", TYPES)
def test_every_field_of_every_type_can_be_described(name: str) -> None:
    """Nothing falls through to the name of the type."""
    for form in forms_below(TYPES[name].model):
        for each in form_fields(form):
            assert each.kind is not FieldKind.TYPE
            assert (each.kind is FieldKind.FORM) == (each.form not in {None, Part})
            assert (each.kind is FieldKind.CHOICE) == bool(each.values)
            assert (each.kind is FieldKind.NUMBER) == (each.least is not None)
