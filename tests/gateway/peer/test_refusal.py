"""The one table from errors to codes and status."""

import pytest

from gateway.errors import (
    ConfigError,
    GatewayError,
    LogDamagedError,
    RecoveringError,
    StorageError,
    TransportError,
)
from gateway.peer.refusal import STATUS_OF, UNPROVEN, code_of, told
from protocol.answer import decode_error, encode_error
from protocol.errors import Code, LogPositionError, NotProvenError, RemoteProtocolError


def test_every_code_has_a_status() -> None:
    """A new code must be given one."""
    assert set(STATUS_OF) == set(Code)


def test_status_is_the_one_of_the_documented_table() -> None:
    """Rule 25, read once more by hand."""
    found: dict[int, set[str]] = {}
    for code, status in STATUS_OF.items():
        found.setdefault(status, set()).add(code.value)
    assert found == {
        400: {"E_FRAME", "E_CANON", "E_SCHEMA"},
        403: {"E_PEER", "E_FROM"},
        409: {
            "E_LOG_POSITION", "E_KEY_UNKNOWN", "E_DIR_STALE", "E_KEM_EXPIRED", "E_MID_CONFLICT",
            "E_FORK", "E_BLOBS",
        },
        413: {"E_SIZE"},
        421: {"E_TO"},
        422: {
            "E_PROOF", "E_RECEIPT", "E_BIND", "E_PAD", "E_OPEN", "E_CLOCK", "E_EXPIRED", "E_HASH",
            "E_LENGTH",
        },
        429: {"E_QUOTA"},
        503: {"E_BUSY"},
        507: {"E_STORE"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotProvenError("x", code=Code.BIND), Code.BIND),
        (RecoveringError("x"), Code.BUSY),
        (LogDamagedError("x"), Code.BUSY),
        (StorageError("x"), Code.STORE),
        (ConfigError("x"), None),
        (TransportError("x"), None),
    ],
)
def test_error_has_the_code_that_a_peer_may_know(
    error: RemoteProtocolError | GatewayError, code: Code | None
) -> None:
    """What has none is our bug."""
    assert code_of(error) is code


@pytest.mark.parametrize("code", Code)
def test_every_refusal_can_be_encoded(code: Code) -> None:
    """Whatever ended the request."""
    error = LogPositionError("x", size=5) if code is Code.LOG_POSITION else None
    refusal = told(code, t_ms=1, error=error, spread_ms=7)
    assert decode_error(encode_error(refusal)) == refusal
    assert refusal.retry_ms is None or refusal.retry_ms % 1000 == 7


def test_what_an_honest_peer_earns_does_not_count_against_it() -> None:
    """Positions and prekeys change under way; a busy node is not the peer's doing."""
    honest = {Code.LOG_POSITION, Code.KEM_EXPIRED, Code.BUSY, Code.BLOBS, Code.DIR_STALE}
    assert not UNPROVEN & honest
