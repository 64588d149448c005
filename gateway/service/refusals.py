"""Reads a coded refusal; anything else is a fault of the way, not of the message."""

from typing import Final

from gateway.errors import TransportError
from protocol.answer import ErrorAnswer, decode_error
from protocol.errors import RemoteProtocolError

_HTTP_CLIENT_ERROR: Final = 400


def coded(status: int, body: bytes) -> ErrorAnswer:
    """Return the refusal that a peer gave.

    Args:
        status: HTTP status that is not a success.
        body: As it came.

    Raises:
        TransportError: No coded refusal: a middlebox must not kill a request.

    Source:
        docs/wire-format.md, rule 25.
    """
    if status < _HTTP_CLIENT_ERROR:
        raise TransportError("an answer that our protocol does not know", code="not_our_protocol")
    try:
        return decode_error(body)
    except RemoteProtocolError as error:
        raise TransportError("an answer that carries no code", code="not_our_protocol") from error
