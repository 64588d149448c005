"""The documents of the demo: the example requests moved to today, and what is answered to them.

Everything here is fictional. Answers are as short as the rules allow: each item is granted, and
what was asked for is delivered as a small file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from protocol.encoding import Value, encode
from protocol.requests.catalogue import type_info

Json = dict[str, Value]

_DELIVERED: Final = frozenset(
    {"subscriber_information_request", "stored_data_request", "emergency_disclosure_request"}
)
"""Types whose decision is followed by data."""

WRITTEN_ON: Final = date(2026, 11, 21)
"""The day on which the example requests are written."""

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?=\Z|T\d{2}:\d{2}:\d{2})")
_OFFSET: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?[+-]\d{2}:\d{2}")

_LEAN: Final = frozenset({
    "request_date", "case_reference", "requesting_authority", "facts", "data_relation_to_offence",
    "purpose_and_necessity", "offences", "case_status", "confidentiality",
})  # fmt: skip
"""What a subscriber information request cannot do without, beside its items and providers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One request to be sent, and the folder its attachments are in."""

    name: str
    document: Json
    folder: Path

    @property
    def type(self) -> str:
        """The document's type."""
        return str(self.document["type"])

    @property
    def sender(self) -> str:
        """The country of the requesting authority."""
        authority = _inside(self.document).get("requesting_authority")
        return str(authority.get("country", "")) if isinstance(authority, dict) else ""


def examples_folder() -> Path:
    """Return the folder of the example requests that come with the program."""
    return Path(str(files("gateway.demo") / "examples"))


def moved(value: Value, days: int) -> Value:
    """Return a document with every date and instant moved; text that merely names a date stays.

    A moment beside a named time zone keeps its time of day there, so its offset follows the
    zone's summer time.

    Args:
        value: A document or a part of one.
        days: How far.
    """
    match value:
        case dict():
            zone = value.get("time_zone")
            inside = {key: moved(inner, days) for key, inner in value.items()}
            return inside if not isinstance(zone, str) else _in_zone(inside, zone)
        case list():
            return [moved(inner, days) for inner in value]
        case str() if (found := _DATE.match(value)) is not None:
            day = date.fromisoformat(found[0]) + timedelta(days=days)
            return day.isoformat() + value[found.end() :]
        case _:
            return value


def _in_zone(inside: Json, name: str) -> Json:
    """Give moments that have an offset the one that their zone has by then."""
    try:
        zone = ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return inside  # the check will say that there is no such zone
    return {key: _with_offset(inner, zone) for key, inner in inside.items()}


def _with_offset(value: Value, zone: ZoneInfo) -> Value:
    if not isinstance(value, str) or _OFFSET.fullmatch(value) is None:
        return value
    local = datetime.fromisoformat(value).replace(tzinfo=zone)
    # By way of UTC: a time of day that summer time leaves out becomes one that exists.
    return local.astimezone(UTC).astimezone(zone).isoformat()


def answer_to(request: Json, mid: str, *, sender: str, now: datetime) -> list[Json]:
    """Return the answers that end a request of the demo, in order.

    Args:
        request: The document that is answered.
        mid: Its message id.
        sender: The country that answers.
        now: The present time, aware.
    """
    kind = str(request["type"])
    if kind == "technical_advice_request" and type_info("advice_answer") is not None:
        body: Json = {"answers": [{"text": "Keep the disk image; the key lies in memory only."}]}
        return [_answer("advice_answer", request, mid, body)]
    answers = [_answer("decision", request, mid, _granted(request, sender, now))]
    if kind in {"preservation_request", "preservation_extension"}:
        answers.append(_answer("preservation_report", request, mid, _preserved(request, now)))
    elif kind in _DELIVERED:
        answers.append(_delivery(request, mid, now))
    return answers


def data_file() -> tuple[str, bytes]:
    """Return name and content of the file that the demo delivers."""
    rows = ("item,field,value", "account,subscriber_names,Erika Mustermann (fictional)")
    return "attachments/subscriber-data.csv", "\n".join((*rows, "")).encode()


def note_of(request: Json, *, number: int, size_bytes: int) -> Json:
    """Return a request of about this size for the load test: valid, without attachments.

    Args:
        request: A subscriber information request.
        number: Makes it differ from the others.
        size_bytes: How long its encoding becomes; the shortest that is valid has 3.2 KiB.
    """
    inside = {key: value for key, value in _inside(request).items() if key in _LEAN}
    items, providers = (_inside(request).get(name) for name in ("items", "providers"))
    if isinstance(items, list) and isinstance(providers, list):
        inside |= {"items": items[:1], "providers": providers[:1]}
    inside |= {"request_status": ["new_request"], "case_reference": f"DEMO-LOAD-{number:07d}"}
    document = {key: request[key] for key in ("type", "to", "handling_code", "language")}
    document |= {"urgency": "routine", "body": inside}
    missing = size_bytes - len(encode(document)) - len(encode("additional_notes"))
    if missing > 0:
        inside["additional_notes"] = ("Load test. " * (missing // 11 + 1))[:missing].strip() or "."
    return document


# ---------------------------------------------------------------------- parts


def _granted(request: Json, sender: str, now: datetime) -> Json:
    return {
        "answers_type": str(request["type"]),
        "deciding_authority": {
            "organisation": "Example Deciding Authority",
            "kind": "prosecution",
            "country": sender,
        },
        "decided_on": now.date().isoformat(),
        "recipient_reference": f"DEMO-{sender}-1",
        "items": [{"item_id": item, "outcome": "accepted"} for item in item_ids(request)],
    }


def _preserved(request: Json, now: datetime) -> Json:
    # An extension ends later than what it extends.
    days = 180 if request["type"] == "preservation_extension" else 90
    return {
        "items": [
            {
                "item_id": item,
                "result": "preserved",
                "preserved_at": _instant(now),
                "preserved_until": _instant(now + timedelta(days=days)),
            }
            for item in item_ids(request)
        ]
    }


def _delivery(request: Json, mid: str, now: datetime) -> Json:
    name, _ = data_file()
    body: Json = {
        "items": [
            {
                "item_id": item,
                "files": [name],
                "collected_at": _instant(now),
                "method": "Export by the provider, taken over on this desk.",
            }
            for item in item_ids(request)
        ],
        "custody_statement": "Received from the provider and sealed here without change.",
        "evidential_status": "evidence",
    }
    delivery = _answer("data_delivery", request, mid, body)
    delivery["attachments"] = [{"path": name, "role": "data", "media_type": "text/csv"}]
    return delivery


def item_ids(request: Json) -> list[Value]:
    """Return the ids of a request's items, or `*` for the whole request if it has none.

    Args:
        request: A document.
    """
    items = _inside(request).get("items")
    listed = items if isinstance(items, list) else []
    named = [item.get("item_id") for item in listed if isinstance(item, dict)]
    return named or ["*"]


def _answer(kind: str, request: Json, mid: str, body: Json) -> Json:
    return {
        "type": kind,
        "to": "",
        "in_reply_to": mid,
        "urgency": request["urgency"],
        "handling_code": request["handling_code"],
        "language": "en",
        "body": body,
    }


def _inside(document: Mapping[str, Value]) -> Json:
    inside = document.get("body")
    return inside if isinstance(inside, dict) else {}


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
