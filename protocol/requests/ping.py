"""The two network messages by which a node asks whether people are there: ping and its reply.

Nodes make them, officers answer them: neither is a document that `a35 send` takes, and neither
takes part in a case. The body of the content is the form itself, absent fields left out.

Source: docs/domain.md, section 12; docs/delivery.md, "Pings".
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

from pydantic import Field, ValidationError

from protocol.requests.faults import path_text
from protocol.requests.part import Part
from protocol.requests.text import Line, Text
from protocol.requests.times import Instant
from protocol.requests.wire import RefusedDocumentError

PING: Final = "ping"
PING_REPLY: Final = "ping_reply"

CODES: Final = 1_000_000
"""A code is one of so many: six digits that a person reads and types."""

MAX_PING_MS: Final = 7 * 24 * 3_600_000
"""A ping is open for a week at the most."""

_Form = TypeVar("_Form", "Ping", "PingReply")

Code = Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class Ping(Part):
    """Asks the duty desk to type a code, and to say whether its directory entry is right."""

    code: Code
    campaign: Line | None = None
    expires_at: Instant


class PingReply(Part):
    """A person at the desk typed the code, and attests the desk's details or says what changed."""

    code: Code
    details_valid: bool
    note: Text | None = None


def is_network_type(name: str) -> bool:
    """Tell whether a content is one of the two, which have a form but are no documents.

    Args:
        name: The content's type.
    """
    return name in {PING, PING_REPLY}


def body_of(form: Ping | PingReply) -> dict[str, Any]:
    """Return the body of the content that carries a form."""
    return form.model_dump(exclude_none=True)


def read_ping(body: Mapping[str, Any]) -> Ping:
    """Read the body of a ping.

    Args:
        body: As decoded.

    Raises:
        RefusedDocumentError: Not that form in its one spelling.
    """
    return _read(Ping, body)


def read_reply(body: Mapping[str, Any]) -> PingReply:
    """Read the body of a reply.

    Args:
        body: As decoded.

    Raises:
        RefusedDocumentError: Not that form in its one spelling.
    """
    return _read(PingReply, body)


def check_network_form(
    name: str, body: Mapping[str, Any], *, is_reply: bool, has_files: bool
) -> None:
    """Hold an opened content of one of the two types against its form.

    Args:
        name: Its type.
        body: As decoded.
        is_reply: Whether it answers a message.
        has_files: Whether it carries attachments.

    Raises:
        RefusedDocumentError: It is not of that form.
    """
    if has_files:
        raise RefusedDocumentError("a ping carries no attachments", path="attachments")
    if is_reply != (name == PING_REPLY):
        raise RefusedDocumentError("a reply answers a ping, a ping nothing", path="in_reply_to")
    if name == PING:
        read_ping(body)
    else:
        read_reply(body)


def _read(form: type[_Form], body: Mapping[str, Any]) -> _Form:
    try:
        read = form.model_validate(dict(body))
    except ValidationError as refused:
        first = refused.errors(include_url=False, include_input=False)[0]
        known = first["loc"][:-1] if first["type"] == "extra_forbidden" else first["loc"]
        raise RefusedDocumentError("not the form of a ping", path=path_text(known)) from refused
    if body_of(read) != body:
        raise RefusedDocumentError("the form is not in its one canonical spelling")
    return read
