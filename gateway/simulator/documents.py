"""The documents that officers of a world write: small, valid, each with a mark of its own."""

from datetime import UTC, datetime, timedelta
from json import dumps
from re import compile as pattern
from typing import Final

from gateway.demo.documents import Json, answer_to
from gateway.simulator.material import CANARY, request_of
from protocol.identifiers import MessageId, NodeId

_MARK: Final = pattern(rf"{CANARY}-[0-9]+".encode())


def mark_of(number: int) -> str:
    """Return the mark of a document."""
    return f"{CANARY}-{number:06d}"


def mark_in(content: bytes) -> str | None:
    """Return the mark in an opened content, None if there is none."""
    found = _MARK.search(content)
    return None if found is None else found[0].decode()


def request(number: int, *, to: NodeId, urgency: str, valid_until: datetime | None = None) -> bytes:
    """Return a request that opens a case.

    Args:
        number: Its mark.
        to: The addressee.
        urgency: routine, urgent or emergency.
        valid_until: After which it is worth nothing.
    """
    document = dict(request_of(urgency))
    body = document["body"]
    assert isinstance(body, dict)  # noqa: S101 - our own template
    document |= {"to": str(to), "body": body | {"case_reference": mark_of(number)}}
    if valid_until is not None:
        document["valid_until"] = valid_until.isoformat()
    return dumps(document).encode()


def note(number: int, *, to: NodeId, re: MessageId) -> bytes:
    """Return a short note on a case."""
    return _reply("note", {"text": f"{mark_of(number)} is noted."}, to=to, re=re)


def acknowledgement(number: int, *, to: NodeId, re: MessageId, now: datetime) -> bytes:
    """Return the acknowledgement of a request."""
    body: Json = {
        "desk": "night desk",
        "recipient_reference": mark_of(number),
        "expected_decision_by": (now + timedelta(days=2)).isoformat(),
        "duty_contact": {"name": "Duty officer", "telephone": "+40 21 555 0100"},
    }
    return _reply("acknowledgement", body, to=to, re=re)


def decision(number: int, *, sender: NodeId, to: NodeId, re: MessageId, now: datetime) -> bytes:
    """Return the decision on a request: everything is granted."""
    asked = request_of("routine")
    answer = dict(answer_to(asked, str(re), sender=sender.country, now=now)[0])
    body = answer["body"]
    assert isinstance(body, dict)  # noqa: S101 - our own template
    answer |= {"to": str(to), "body": body | {"recipient_reference": mark_of(number)}}
    return dumps(answer).encode()


def instant(ms: int) -> datetime:
    """Return a moment from milliseconds since 1970, UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def _reply(kind: str, body: Json, *, to: NodeId, re: MessageId) -> bytes:
    asked = request_of("routine")
    document: Json = {
        "type": kind,
        "to": str(to),
        "in_reply_to": str(re),
        "urgency": "routine",
        "handling_code": asked["handling_code"],
        "language": "en",
        "body": body,
    }
    return dumps(document).encode()
