"""When a node's prekeys are renewed, which of them stand in its key set, and when one is erased.

Does: the rules on times, over values. Leaves to gateway.service.renewal: drawing, keeping and
stating; to `protocol.keyset`: which key a sender takes.

Rules kept: a new prekey is published while the one before still counts, so that a sender that
fetches once a day never finds none; a prekey is held on for its grace, so that what is under way
opens; a set's version is above every one that peers can hold, also after files were put back.

Source: docs/wire-format.md, rule 15 and section 8.
"""

from collections.abc import Sequence
from typing import Final

from keys.nodekeys import PREKEY_GRACE_MS, Prekey
from keys.recipient import RecipientSecret
from protocol.errors import NotAllowedError
from protocol.identifiers import NodeId
from protocol.keyset import KeySet, PrekeyEntry
from protocol.limits import MAX_AHEAD_MS, MAX_PREKEYS

_DAY_MS: Final = 24 * 60 * 60 * 1000

PREKEY_LIFE_MS: Final = 7 * _DAY_MS
"""How long senders may seal for a prekey."""

RENEW_BEFORE_MS: Final = 2 * _DAY_MS
"""What is left of the newest prekey when the next one is drawn: senders fetch once a day."""


def is_renewal_due(prekeys: Sequence[Prekey], *, now_ms: int) -> bool:
    """Tell whether a fresh prekey must be drawn.

    Args:
        prekeys: Those held.
        now_ms: Milliseconds since 1970, UTC.
    """
    left = [each.expires_ms - now_ms for each in prekeys if each.not_before_ms <= now_ms]
    return max(left, default=0) <= RENEW_BEFORE_MS


def listed(prekeys: Sequence[Prekey], *, now_ms: int) -> tuple[Prekey, ...]:
    """Return the prekeys that a key set of this moment names.

    One that begins further ahead than a clock may be wrong was drawn under a wrong clock: it is
    left out.

    Args:
        prekeys: Those held.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        At most MAX_PREKEYS, newest first.
    """
    counting = [
        each
        for each in prekeys
        if each.expires_ms > now_ms and each.not_before_ms <= now_ms + MAX_AHEAD_MS
    ]
    counting.sort(key=lambda each: each.not_before_ms, reverse=True)
    return tuple(counting[:MAX_PREKEYS])


def is_over(prekey: Prekey, *, now_ms: int) -> bool:
    """Tell whether a prekey and its grace have passed, so that it is erased.

    Args:
        prekey: Held.
        now_ms: Milliseconds since 1970, UTC.
    """
    return prekey.expires_ms + PREKEY_GRACE_MS <= now_ms


def says_otherwise(published: KeySet | None, prekeys: Sequence[Prekey], *, now_ms: int) -> bool:
    """Tell whether a new key set must be stated.

    Args:
        published: The newest one that the log states, None if none.
        prekeys: From `listed`.
        now_ms: Milliseconds since 1970, UTC.
    """
    stated = () if published is None else published.keys
    counting = {entry.public for entry in stated if entry.expires_ms > now_ms}
    return counting != {entry_of(each).public for each in prekeys}


def next_key_set(
    node: NodeId, published: KeySet | None, prekeys: Sequence[Prekey], *, now_ms: int
) -> KeySet:
    """Make the key set that names these prekeys.

    Versions rise by one with each set, a few a month: seconds since 1970 are above all that a
    node stated before its files were put back.

    Args:
        node: Whose.
        published: The newest one that the log states, None if none.
        prekeys: From `listed`; at least one.
        now_ms: Milliseconds since 1970, UTC.

    Raises:
        NotAllowedError: There is no prekey to name.
    """
    if not prekeys:
        raise NotAllowedError("a key set is stated for prekeys that are held")
    return KeySet(
        node=node,
        version=max(0 if published is None else published.version + 1, now_ms // 1000),
        not_before_ms=min(each.not_before_ms for each in prekeys),
        expires_ms=max(each.expires_ms for each in prekeys),
        keys=tuple(entry_of(each) for each in prekeys),
    )


def entry_of(prekey: Prekey) -> PrekeyEntry:
    """Return what a key set says of a prekey: its public half and its time."""
    return PrekeyEntry(
        public=RecipientSecret(prekey.seed).public,
        not_before_ms=prekey.not_before_ms,
        expires_ms=prekey.expires_ms,
    )
