"""Signing heads: of one's own log, never empty, with both keys."""

import pytest

from protocol.errors import NotAllowedError
from protocol.identifiers import LogOrigin
from protocol.log.checkpoint import ClaimedCheckpoint, TreeHead, verify_checkpoint
from protocol.log.signing import sign_head
from tests.protocol.log.history import NOW_MS, ORIGIN, signer

NOW_S = NOW_MS // 1000


def head(size: int = 5, origin: LogOrigin = ORIGIN) -> TreeHead:
    """Return a head of the signer's log."""
    return TreeHead(origin=origin, size=size, root=bytes(32))


def test_a_signed_head_verifies_under_the_signer_s_keys() -> None:
    """What leaves the node is what its peers accept."""
    signed = sign_head(signer(), head(), timestamp_s=NOW_S)
    claimed = ClaimedCheckpoint.parse(signed.note)
    assert verify_checkpoint(claimed, [signer().verifier], now_ms=NOW_MS) == signed


def test_signing_again_gives_an_equal_head_in_another_note() -> None:
    """Signatures are randomised: notes are never compared."""
    first, second = (sign_head(signer(), head(), timestamp_s=NOW_S) for _ in range(2))
    assert first.head == second.head
    assert first.note != second.note


@pytest.mark.parametrize(
    ("tree", "timestamp_s"),
    [
        (head(origin=LogOrigin.parse("a35/RO/1/log/2")), NOW_S),
        (head(origin=LogOrigin.parse("a35/RO/2/log/1")), NOW_S),
        (head(size=0), NOW_S),
        (head(), 0),
        (head(), -1),
        (head(), 2**63),
    ],
)
def test_what_no_peer_would_accept_is_not_signed(tree: TreeHead, timestamp_s: int) -> None:
    """Another log, the empty tree, no time."""
    with pytest.raises(NotAllowedError):
        sign_head(signer(), tree, timestamp_s=timestamp_s)
