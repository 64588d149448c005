"""Traffic and content that do not exist yet (Articles 33 and 34)."""

import pytest

from tests.protocol.requests.samples import GONE, changed, errors, example

TRAFFIC = example("realtime_traffic_request")
CONTENT = example("interception_request")
REQUESTS = {"traffic": TRAFFIC, "content": CONTENT}
PERIOD = "body.items[0].period"


@pytest.mark.parametrize("category", REQUESTS)
@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("body.facts", GONE, "missing"),
        ("body.data_relation_to_offence", GONE, "missing"),
        ("body.purpose_and_necessity", GONE, "missing"),
        ("body.items", GONE, "missing"),
        ("body.providers", GONE, "missing"),
        ("body.domestic_legal_basis", GONE, "missing"),
        ("body.technique", GONE, "missing"),
        ("body.delivery_method", "", "empty"),
        ("body.special_procedure", "", "empty"),
        ("body.case_status", ["on_trial"], "unknown_field"),
        ("body.items[0].provider_ref", "x", "unknown_reference"),
        ("body.items[0].data_category", "subscriber", "not_allowed_value"),
        (PERIOD, GONE, "missing"),
    ],
)
def test_a_field_at_fault_is_named(category: str, path: str, value: object, code: str) -> None:
    """Section 5."""
    assert (path, code) in errors(changed(REQUESTS[category], (path, value)))


@pytest.mark.parametrize("category", REQUESTS)
def test_each_article_has_one_category(category: str) -> None:
    """S4."""
    other = {"traffic": "content", "content": "traffic"}[category]
    wrong = changed(REQUESTS[category], ("body.items[0].data_category", other))
    assert errors(wrong) == [("body.items[0].data_category", "not_allowed_value")]


@pytest.mark.parametrize("category", REQUESTS)
def test_collection_ends_after_today_and_may_begin_later(category: str) -> None:
    """The past is asked for under Article 31."""
    start, end = f"{PERIOD}.start", f"{PERIOD}.end"
    request = REQUESTS[category]
    past = changed(request, (start, "2026-11-01T00:00:00Z"), (end, "2026-11-21T23:00:00Z"))
    assert errors(past) == [(end, "in_the_past")]
    running = changed(request, (start, "2026-11-01T00:00:00Z"), (end, "2026-11-22T00:00:00Z"))
    assert errors(running) == []
    later = changed(request, (start, "2028-11-01T00:00:00Z"), (end, "2028-11-21T23:00:00Z"))
    assert errors(later) == []


@pytest.mark.parametrize("category", REQUESTS)
def test_an_order_is_attached(category: str) -> None:
    """Either role; what else refers to the paper is another fault."""
    request = changed(REQUESTS[category], ("body.domestic_legal_basis.documents", GONE))
    for role in ("order", "court_order"):
        assert errors(changed(request, ("attachments", [{"path": "o.txt", "role": role}]))) == []
    other = changed(request, ("attachments", [{"path": "o.txt", "role": "statute"}]))
    assert errors(other) == [("attachments", "missing")]
    assert errors(changed(request, ("attachments", GONE))) == [("attachments", "missing")]
