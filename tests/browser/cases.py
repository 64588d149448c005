"""The requests that the tests of the pages send."""

import json
from datetime import UTC, datetime
from pathlib import Path

from gateway.demo.documents import Json
from protocol.encoding import Value

_EXAMPLES = Path(__file__).parents[1] / "examples"


def emergency(*, to: str) -> Json:
    """Return an emergency request with dates of today, without files."""
    text = (_EXAMPLES / "emergency_disclosure_request.json").read_text(encoding="utf-8")
    today = datetime.now(UTC).date().isoformat()
    document: Json = json.loads(text.replace("2026-11-21", today))
    document["to"] = to
    document.pop("attachments", None)
    return document


def question(*, to: str) -> Json:
    """Return a request for technical advice."""
    return example("technical_advice_request", to=to)


def example(name: str, *, to: str) -> Json:
    """Return an example as it is, but for its addressee, and without files."""
    document: Json = json.loads((_EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    document["to"] = to
    document.pop("attachments", None)
    return document


HOSTILE = (
    "<script>window.hostile=1</script>"
    "<img src=x onerror=window.hostile=1>"
    "<a href=javascript:window.hostile=1>press</a>"
    "{{ 7*7 }} ' \" --><svg onload=window.hostile=1>"
    "\u200f\u061c\u200b \U0001f4a3"
)
"""What a browser, a template or a reader could take for more than text; it fits into a line."""

HOSTILE_REFERENCE = "<img src=x onerror=window.hostile=1>\U0001f4a3 FR-1102"
REFUSED = ("\u202egnp.exe", "\x00", "\x1b[31m", "a\r\nb")
"""What no line of a request may hold: it is refused before it is sent."""

_LINES = frozenset({"subject", "organisation", "note"})


def hostile(document: Json) -> Json:
    """Return a request with hostile text wherever it takes text, one field of 10,000 signs."""

    def changed(value: Value, key: str) -> Value:
        if isinstance(value, dict):
            return {name: changed(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [changed(each, key) for each in value]
        if key == "case_reference":
            return HOSTILE_REFERENCE
        if key == "question":
            return (HOSTILE * 60)[:10_000]
        return HOSTILE if key in _LINES else value

    return {**document, "body": changed(document["body"], "body")}
