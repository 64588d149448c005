"""Whether a second person must approve a document, and what lists show of one that is not done.

Reads a document as it is, complete or not: what is missing asks for nobody.

Source: docs/domain.md, section 10; docs/desk.md, "Drafts and second persons".
"""

from collections.abc import Mapping
from json import loads
from typing import Any, Final

from gateway.drafting import Need
from gateway.errors import DataError
from gateway.shelving import DraftText, Heading
from protocol.requests.catalogue import TYPES, type_info
from protocol.requests.kinds import Family

MAX_DOCUMENT_BYTES: Final = 1024 * 1024
_SHOWN_BYTES: Final = 255
_TITLES: Final = ("case_reference", "recipient_reference", "mla_reference", "subject")
_QUESTIONS: Final = frozenset(
    {"technical_advice_request", "legal_information_request", "pre_consultation"}
)
"""Requests that ask colleagues for their view, and for nothing else."""
_DECISION: Final = "decision"
_DATA: Final = "data_delivery"


def default_policy() -> dict[str, bool]:
    """Return for every type whether a second person must approve it unless the desk says else."""
    return {
        name: name == _DECISION or (kind.family is Family.REQUEST and name not in _QUESTIONS)
        for name, kind in TYPES.items()
    }


def text_of(document: bytes, policy: Mapping[str, bool]) -> DraftText:
    """Read a draft's text, complete or not.

    Args:
        document: JSON, UTF-8.
        policy: For every type whether a second person must approve it.

    Raises:
        DataError: Above 1 MiB, or no JSON object.
    """
    if len(document) > MAX_DOCUMENT_BYTES:
        raise DataError("a document has at most 1 MiB", code="too_large")
    try:
        read: Any = loads(document)
    except (ValueError, RecursionError) as error:
        raise DataError("a draft is a JSON object", code="invalid_body") from error
    if not isinstance(read, dict):
        raise DataError("a draft is a JSON object", code="invalid_body")
    return DraftText(document=document, heading=_heading(read), needs=needs_of(read, policy))


def needs_of(document: Mapping[str, Any], policy: Mapping[str, bool]) -> frozenset[Need]:
    """Return why a second person must approve a document; empty if none must.

    Args:
        document: As JSON gives it; a field may be missing or of any kind.
        policy: For every type whether a second person must approve it.
    """
    name = document.get("type")
    kind = type_info(name) if isinstance(name, str) else None
    if kind is None:
        return frozenset()
    found = {
        Need.EMERGENCY: kind.is_request and document.get("urgency") == "emergency",
        Need.REFUSAL: kind.name == _DECISION and _refuses(document.get("body")),
        Need.DATA_DELIVERY: kind.name == _DATA,
        Need.POLICY: policy.get(kind.name, False),
    }
    return frozenset(need for need, holds in found.items() if holds)


def _refuses(body: object) -> bool:
    items = body.get("items") if isinstance(body, dict) else None
    if not isinstance(items, list):
        return False
    return any(isinstance(item, dict) and item.get("outcome") == "refused" for item in items)


def _heading(document: Mapping[str, Any]) -> Heading:
    inside = document.get("body")
    body: Mapping[str, Any] = inside if isinstance(inside, dict) else {}
    titles = (_shown(body.get(name)) for name in _TITLES)
    return Heading(
        type=_shown(document.get("type")),
        to=_shown(document.get("to")),
        title=next((title for title in titles if title), ""),
    )


def _shown(value: object) -> str:
    """Return a short text, of a field that may be anything."""
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "replace")[:_SHOWN_BYTES].decode(errors="ignore")
