"""Room for a whole file is kept from its first byte on, and given back."""

from gateway.service.promises import _IDLE_LOOKS, _KEPT, Promises

A, B, C = ("FR/1", "a"), ("FR/1", "b"), ("JP/1", "c")


def test_two_files_that_have_room_for_one_do_not_both_begin() -> None:
    """The second is refused at its first byte, and begins when the first is there."""
    promises = Promises()
    assert promises.take(A, 60, spare_bytes=100)
    assert not promises.take(C, 50, spare_bytes=100)
    assert promises.take(C, 40, spare_bytes=100)
    assert promises.take(A, 20, spare_bytes=40)
    assert promises.take(A, 0, spare_bytes=0)
    assert promises.take(B, 10, spare_bytes=60)


def test_what_was_promised_stands_when_the_disk_fills_with_other_things() -> None:
    """The floor is there for that."""
    promises = Promises()
    assert promises.take(A, 60, spare_bytes=100)
    assert promises.take(A, 50, spare_bytes=10)
    assert promises.take(B, 1000, spare_bytes=None)


def test_peer_is_not_promised_the_whole_disk() -> None:
    """Announcing costs nothing; one file may be as large as any."""
    promises = Promises()
    assert promises.take(A, 90, spare_bytes=1000, most_bytes=50)
    assert not promises.take(B, 1, spare_bytes=1000, most_bytes=50)
    assert promises.take(C, 50, spare_bytes=1000, most_bytes=50)


def test_promise_that_nobody_goes_on_with_ends() -> None:
    """Whoever goes on keeps theirs."""
    promises = Promises()
    promises.take(A, 60, spare_bytes=100)
    promises.take(C, 40, spare_bytes=100)
    for _ in range(_IDLE_LOOKS):
        promises.look()
    assert promises.take(C, 40, spare_bytes=100)
    assert not promises.take(B, 1, spare_bytes=100)
    promises.look()
    assert promises.take(B, 60, spare_bytes=100)


def test_promises_are_bounded() -> None:
    """The oldest one is forgotten first."""
    promises = Promises()
    for number in range(_KEPT + 1):
        assert promises.take(("FR/1", str(number)), 1, spare_bytes=_KEPT + 1)
    assert promises.take(B, 1, spare_bytes=_KEPT + 1)
