"""Technical advice."""

import pytest

from tests.protocol.requests.samples import GONE, MESSAGE, changed, errors, example, warnings

REQUEST = example("technical_advice_request")


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("body.subject", GONE, "missing"),
        ("body.question", "", "empty"),
        ("body.indicators", [], "empty_list"),
        ("body.indicators[0].value", "localhost", "bad_format"),
        ("body.indicators[0].port", 53, "not_allowed_here"),
        ("body.incident_reference", "x" * 65, "too_long"),
        ("body.requesting_authority.country", GONE, "missing"),
    ],
)
def test_a_field_at_fault_is_the_only_line(path: str, value: object, code: str) -> None:
    """Section 5."""
    assert errors(changed(REQUEST, (path, value))) == [(path, code)]


def test_a_port_among_indicators_has_its_moment() -> None:
    """There is no item whose period could stand for it."""
    path = "body.indicators[1]"
    ported = changed(REQUEST, (f"{path}.port", 53))
    assert errors(ported) == [(f"{path}.at", "missing")]
    assert errors(changed(ported, (f"{path}.at", "2026-11-04T10:00:00Z"))) == []


def test_an_address_among_indicators_is_warned_of_like_any_other() -> None:
    """Section 4.2."""
    assert warnings(REQUEST) == [("body.indicators[1].port", "port_advised")]


def test_it_may_stand_in_a_thread() -> None:
    """Section 5, +thread."""
    assert errors(REQUEST | {"in_reply_to": MESSAGE}) == []
