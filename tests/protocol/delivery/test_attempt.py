"""How long an attempt may take: half a minute and what its bytes need."""

from protocol.delivery.attempt import attempt_s, lease_s


def test_time_grows_with_the_bytes_and_the_lease_outlives_the_attempt() -> None:
    """A slow way gets the time it needs; a stuck one does not keep items for ever."""
    assert attempt_s(0) == 30.0
    assert attempt_s(1024 * 1024) == 94.0
    assert lease_s(1024 * 1024) == 188.0
