"""When prekeys are renewed, published and erased: rules on times alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.nodekeys import PREKEY_GRACE_MS, Prekey, new_prekey
from protocol.errors import NotAllowedError
from protocol.identifiers import NodeId
from protocol.limits import MAX_AHEAD_MS, MAX_PREKEYS
from protocol.renewing import (
    PREKEY_LIFE_MS,
    RENEW_BEFORE_MS,
    entry_of,
    is_over,
    is_renewal_due,
    listed,
    next_key_set,
    says_otherwise,
)

RO = NodeId("RO", 1)
NOW_MS = 1_800_000_000_000
DAY_MS = 86_400_000


def prekey(begins_ms: int = NOW_MS, life_ms: int = PREKEY_LIFE_MS) -> Prekey:
    """Return a prekey of a time."""
    return new_prekey(not_before_ms=begins_ms, expires_ms=begins_ms + life_ms)


def test_a_fresh_prekey_is_due_two_days_before_the_last_one_ends() -> None:
    """A sender fetches once a day: it must never find that none is left."""
    held = prekey()
    end_ms = held.expires_ms
    assert is_renewal_due((), now_ms=NOW_MS)
    assert not is_renewal_due((held,), now_ms=end_ms - RENEW_BEFORE_MS - 1)
    assert is_renewal_due((held,), now_ms=end_ms - RENEW_BEFORE_MS)
    assert is_renewal_due((prekey(NOW_MS + 1),), now_ms=NOW_MS)


def test_a_set_names_what_counts_newest_first_and_not_what_a_wrong_clock_drew() -> None:
    """Nobody could seal for one that begins next year, and one place of eight would be lost."""
    old, new = prekey(NOW_MS - PREKEY_LIFE_MS + 1), prekey()
    over, ahead = prekey(NOW_MS - PREKEY_LIFE_MS), prekey(NOW_MS + MAX_AHEAD_MS + 1)
    assert listed((over, old, ahead, new), now_ms=NOW_MS) == (new, old)
    assert len(listed([prekey(NOW_MS - number) for number in range(9)], now_ms=NOW_MS)) == 8
    assert MAX_PREKEYS == 8


def test_a_prekey_is_held_through_its_grace_to_the_millisecond() -> None:
    """What was sealed in its last hour is on its way for a while: 7 days and 7 days."""
    held = prekey()
    end_ms = held.expires_ms + PREKEY_GRACE_MS
    assert (end_ms - NOW_MS) // DAY_MS == 14
    assert not is_over(held, now_ms=end_ms - 1)
    assert is_over(held, now_ms=end_ms)


def test_a_set_is_stated_anew_only_when_it_says_something_else() -> None:
    """A node that starts ten times a day must not fill its log with key sets."""
    old, new = prekey(NOW_MS - DAY_MS), prekey()
    first = next_key_set(RO, None, (old,), now_ms=NOW_MS)
    assert says_otherwise(None, (old,), now_ms=NOW_MS)
    assert not says_otherwise(first, (old,), now_ms=NOW_MS)
    assert says_otherwise(first, (new, old), now_ms=NOW_MS)
    both = next_key_set(RO, first, (new, old), now_ms=NOW_MS)
    assert not says_otherwise(both, (new,), now_ms=old.expires_ms)
    assert (both.not_before_ms, both.expires_ms) == (old.not_before_ms, new.expires_ms)


def test_a_set_for_no_prekey_is_not_made() -> None:
    """It would send everybody to the last-resort key."""
    with pytest.raises(NotAllowedError):
        next_key_set(RO, None, (), now_ms=NOW_MS)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=30 * DAY_MS), min_size=1, max_size=6))
def test_versions_rise_with_every_set_whatever_the_clock_does(moments: list[int]) -> None:
    """A set of a lower version is not kept by anybody: its prekeys would never be used."""
    held, published = prekey(), None
    for moment in moments:
        following = next_key_set(RO, published, (held,), now_ms=NOW_MS + moment)
        assert following.version >= (NOW_MS + moment) // 1000
        assert published is None or following.version > published.version
        published = following
    assert published is not None
    assert published.keys == (entry_of(held),)
