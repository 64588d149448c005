"""What a type's description does, shown with types that only the tests know."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from protocol.requests.catalogue import TYPES
from protocol.requests.check import read_document
from protocol.requests.document import roles_of
from protocol.requests.faults import path_text
from protocol.requests.kinds import DocumentType
from protocol.requests.profile import Addressed, peer_faults
from protocol.requests.scene import Scene
from protocol.requests.walk import run_rules
from tests.protocol.requests.samples import TODAY, changed, example, profile

REQUEST = example("subscriber_information_request")
KIND = TYPES["subscriber_information_request"]


def found(
    document: dict[str, Any], kind: DocumentType, today: date = TODAY
) -> list[tuple[str, str]]:
    """Return what a document is told under another description of its type."""
    read = read_document(document)
    scene = Scene(kind=kind, today=today, urgency=read.urgency, roles=roles_of(read))
    faults = [*run_rules(read, scene), *run_rules(read.body, scene, ("body",))]
    return [(path_text(fault.path), str(fault.code)) for fault in faults]


def test_a_type_may_ask_for_a_paper() -> None:
    """One of the roles suffices."""
    assert found(REQUEST, replace(KIND, required_roles=("order", "court_order"))) == []
    assert found(REQUEST, replace(KIND, required_roles=("order",))) == [("attachments", "missing")]


def test_a_type_may_ask_for_copies() -> None:
    """2AP 10(9)."""
    kind = replace(KIND, copies_required=True)
    assert found(REQUEST, kind) == []
    assert found(changed(REQUEST, ("copies_to", None)), kind) == [("copies_to", "missing")]


def test_a_type_that_looks_ahead_has_periods_that_end_later() -> None:
    """Articles 33 and 34."""
    kind = replace(KIND, looks_ahead=True)
    assert found(REQUEST, kind) == [
        ("body.items[0].period.end", "in_the_past"),
        ("body.items[1].period.end", "in_the_past"),
        ("body.items[1].access_period.end", "in_the_past"),
    ]
    earlier = found(REQUEST, kind, date(2026, 9, 13))
    assert not [path for path, code in earlier if code == "in_the_past"]


@pytest.mark.parametrize("declared", [True, False])
def test_a_channel_may_need_a_declaration(*, declared: bool) -> None:
    """P5."""
    case = Addressed(
        document=read_document(REQUEST),
        kind=replace(KIND, poc_by_declaration=True),
        peer=profile(poc_channel_10_9=declared),
        own=None,
        today=TODAY,
    )
    codes = [str(fault.code) for fault in peer_faults(case)]
    assert codes == ([] if declared else ["channel_not_declared"])
