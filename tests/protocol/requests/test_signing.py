"""Who stands behind a document, and when two persons must agree."""

import pytest

from protocol.requests.catalogue import TYPES
from protocol.requests.check import read_document
from protocol.requests.forms import form_fields
from protocol.requests.kinds import Family
from protocol.requests.people import Authority
from protocol.requests.signing import SIGNING, SecondPerson, Transmitter, second_person_for
from tests.protocol.requests.samples import changed, example

EMERGENCY, REFUSAL, DELIVERY = SecondPerson


@pytest.mark.parametrize("name", SIGNING)
def test_the_authority_is_a_field_of_the_body(name: str) -> None:
    """And it is required there."""
    form = TYPES[name].model
    *steps, last = SIGNING[name].authority.split(".")
    for step in steps:
        (field,) = [each for each in form_fields(form) if each.name == step]
        assert field.form is not None
        form = field.form
    (field,) = [each for each in form_fields(form) if each.name == last]
    assert field.form is Authority
    assert field.required


def test_every_request_has_somebody_behind_it() -> None:
    """Section 10; emergencies under 2AP 10 by declaration, orders through central authorities."""
    requests = {name for name, kind in TYPES.items() if kind.family is Family.REQUEST}
    assert SIGNING.keys() == requests | {"subscriber_order_notice", "decision"}
    others = {
        name: each.transmitter
        for name, each in SIGNING.items()
        if each.transmitter is not Transmitter.POINT_OF_CONTACT
    }
    assert others == {
        "emergency_mla_request": Transmitter.POINT_OF_CONTACT_IF_DECLARED,
        "order_effect_request": Transmitter.CENTRAL_AUTHORITY,
    }
    copied = [name for name, each in SIGNING.items() if each.copy_when_urgent]
    assert copied == [
        "stored_data_request",
        "subscriber_information_request",
        "realtime_traffic_request",
        "interception_request",
    ]


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("preservation_request", ()),
        ("emergency_disclosure_request", (EMERGENCY,)),
        ("emergency_mla_request", (EMERGENCY,)),
        ("decision", (REFUSAL,)),
        ("data_delivery", (DELIVERY,)),
        ("note", ()),
    ],
)
def test_two_persons_agree_where_much_depends_on_it(
    name: str, reasons: tuple[SecondPerson, ...]
) -> None:
    """Section 10, last paragraph."""
    assert second_person_for(read_document(example(name))) == reasons


def test_every_reason_is_given() -> None:
    """An approver sees all that is asked of him."""
    delivery = changed(example("data_delivery"), ("urgency", "emergency"))
    assert second_person_for(read_document(delivery)) == (EMERGENCY, DELIVERY)
    granted = changed(
        example("decision"), ("body.items", [{"item_id": "a", "outcome": "accepted"}])
    )
    assert second_person_for(read_document(granted)) == ()
