"""From an error to the code that a peer is told and its HTTP status: the only such table.

A peer gets the code and numbers, never a text. What is not the peer's fault and not a state of
ours that passes has no code: it is our bug.

Source: docs/wire-format.md, rule 25.
"""

from types import MappingProxyType
from typing import Final

from gateway.errors import GatewayError, LogDamagedError, RecoveringError, StorageError
from gateway.peer.quota import OverShareError
from protocol.answer import ErrorAnswer
from protocol.delivery.room import RETRY_MS
from protocol.errors import Code, LogPositionError, RemoteProtocolError

STATUS_OF: Final = MappingProxyType(
    {
        Code.FRAME: 400,
        Code.CANON: 400,
        Code.SCHEMA: 400,
        Code.SIZE: 413,
        Code.PEER: 403,
        Code.FROM: 403,
        Code.TO: 421,
        Code.PROOF: 422,
        Code.RECEIPT: 422,
        Code.BIND: 422,
        Code.PAD: 422,
        Code.OPEN: 422,
        Code.CLOCK: 422,
        Code.EXPIRED: 422,
        Code.LOG_POSITION: 409,
        Code.KEY_UNKNOWN: 409,
        Code.DIR_STALE: 409,
        Code.KEM_EXPIRED: 409,
        Code.MID_CONFLICT: 409,
        Code.FORK: 409,
        Code.BLOBS: 409,
        Code.HASH: 422,
        Code.LENGTH: 422,
        Code.BUSY: 503,
        Code.QUOTA: 429,
        Code.STORE: 507,
    }
)
"""HTTP status of each code."""

UNPROVEN: Final = frozenset(
    {
        Code.FRAME,
        Code.CANON,
        Code.SCHEMA,
        Code.SIZE,
        Code.FROM,
        Code.PROOF,
        Code.RECEIPT,
        Code.BIND,
        Code.HASH,
        Code.LENGTH,
    }
)
"""Refusals that an honest peer does not earn in numbers; they count against its quota."""

_RETRY_MS: Final = MappingProxyType({Code.BUSY: 1_000, Code.QUOTA: 60_000, Code.STORE: RETRY_MS})
"""How long to wait at least. E_QUOTA lasts a minute; a full disk is not emptied in seconds."""


def code_of(error: RemoteProtocolError | GatewayError) -> Code | None:
    """Return what a peer is told about an error, None if it is our bug.

    Args:
        error: What ended the request.
    """
    match error:
        case RemoteProtocolError():
            return error.code
        case RecoveringError() | LogDamagedError():
            return Code.BUSY
        case StorageError():
            return Code.STORE
        case _:
            return None


def least_wait_ms(code: Code, error: BaseException | None = None) -> int | None:
    """Return how long a refused peer has to wait at least, None where time alone mends nothing.

    Args:
        code: What the peer is told.
        error: What ended the request; one that knows better says so.
    """
    return error.retry_ms if isinstance(error, OverShareError) else _RETRY_MS.get(code)


def told(
    code: Code, *, t_ms: int, error: BaseException | None = None, spread_ms: int = 0
) -> ErrorAnswer:
    """Compose the body of a refusal.

    Args:
        code: What the peer is told.
        t_ms: Our time.
        error: What ended the request; E_LOG_POSITION takes its size from it.
        spread_ms: Added to the least wait, so that many peers do not come back at once.

    Returns:
        The refusal of a whole request.
    """
    wait = least_wait_ms(code, error)
    return ErrorAnswer(
        code=code,
        mid=None,
        t_ms=t_ms,
        retry_ms=None if wait is None else wait + spread_ms,
        size=error.size if isinstance(error, LogPositionError) else None,
    )
