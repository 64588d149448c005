"""The requests that the tests of the pages send."""

import json
from datetime import UTC, datetime
from pathlib import Path

from gateway.demo.documents import Json

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
    text = (_EXAMPLES / "technical_advice_request.json").read_text(encoding="utf-8")
    document: Json = json.loads(text)
    document["to"] = to
    document.pop("attachments", None)
    return document
