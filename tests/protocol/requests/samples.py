"""Example documents, changes to them, and what the check says: shared by the tests here."""

import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any, Final, TypedDict, Unpack

from protocol.requests.check import CheckResult, check_document
from protocol.requests.document import Document
from protocol.requests.profile import Profile

TODAY: Final = date(2026, 11, 21)
GONE: Final = object()
"""As a value in a change: the field is taken out."""

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
MESSAGE: Final = "3f0c9a41d27e4b5a8c6612f09be4a7d1"

AUTHORITY: Final = {"organisation": "Example Office", "kind": "police"}
CONTACT: Final = {"name": "Officer 9", "telephone": "+40 21 555 0142"}
PROFILE: Final[dict[str, Any]] = {
    "party": "RO",
    "convention": "in_force",
    "second_protocol": "in_force",
    "reservation_29_4": False,
    "no_subscriber_only_9_1_b": False,
    "followup_9_5": "none",
    "poc_channel_10_9": True,
    "notify_7_5": False,
    "languages": ["ro", "en"],
    "capabilities": dict.fromkeys(
        ("technical_advice", "preservation", "evidence", "legal_information", "location"),
        "direct",
    ),
    "points_of_contact": [1],
}

Change = tuple[str, object]


def example(name: str) -> dict[str, Any]:
    """Return an example document."""
    found: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    return found


def answer(name: str, body: Mapping[str, Any], **fields: object) -> dict[str, Any]:
    """Return a small answer of a type."""
    return {
        "type": name,
        "to": "FR/1",
        "in_reply_to": MESSAGE,
        "urgency": "routine",
        "handling_code": "H1",
        "language": "en",
        "body": dict(body),
    } | fields


def changed(document: Mapping[str, Any], *changes: Change) -> dict[str, Any]:
    """Return a copy with fields set, or taken out where the value is GONE."""
    copy: dict[str, Any] = deepcopy(dict(document))
    for path, value in changes:
        *steps, last = [
            int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", path)
        ]
        place: Any = copy
        for step in steps:
            place = place[step]
        if value is GONE:
            del place[last]
        elif isinstance(place, list) and last == len(place):
            place.append(value)
        else:
            place[last] = value
    return copy


def profile(**fields: object) -> Profile:
    """Return the profile of a Party that declared nothing, but for these fields."""
    return Profile.model_validate(PROFILE | fields)


class Given(TypedDict, total=False):
    """What a document is held against beside itself."""

    today: date
    profiles: Sequence[Profile]
    request: Document | None
    attachments: Mapping[str, int] | None


def errors(document: object, **given: Unpack[Given]) -> list[tuple[str, str]]:
    """Return path and code of each error."""
    return [(each.path, str(each.code)) for each in checked(document, **given).errors]


def warnings(document: object, **given: Unpack[Given]) -> list[tuple[str, str]]:
    """Return path and code of each warning."""
    return [(each.path, str(each.code)) for each in checked(document, **given).warnings]


def valid(document: object, **given: Unpack[Given]) -> Document:
    """Return the document that a valid text is read as."""
    result = checked(document, **given)
    assert result.errors == ()
    assert result.document is not None
    return result.document


def checked(document: object, **given: Unpack[Given]) -> CheckResult:
    """Check a document, on the day of the examples unless another is given."""
    data = json.dumps(document).encode()
    return check_document(data, **(Given(today=TODAY) | given))
