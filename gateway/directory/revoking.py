"""Draw up what takes one key of the directory away, at whichever level it counts.

Does: looks for the key by its fingerprint in the root and in the list of Parties, and draws up the
next version of that level without it, with new cards in its place if there are any. Leaves drawing
up to gateway.directory.drawing. Keys of nodes stand in entries: their Party takes them out.

Source: docs/directory-ceremony.md, section 6; docs/wire-format.md, rule 28.
"""

from collections.abc import Sequence

from tuf.api.metadata import (  # type: ignore[attr-defined]  # public, but not marked so
    Delegations,
    Key,
    Root,
)

from gateway.directory.cards import KeyCard, fingerprint_of, public_of
from gateway.directory.drawing import draw_root, draw_targets
from gateway.directory.layout import ROOT, TARGETS, TIMESTAMP
from gateway.directory.repository import Repository
from gateway.directory.sheet import Sheet
from gateway.directory.signers import ONLINE
from gateway.errors import ConfigError, NoInputError

_HELD = {ROOT: ROOT, TARGETS: TARGETS, ONLINE: TIMESTAMP}


def draw_revocation(
    state: Repository, fingerprint: str, cards: Sequence[KeyCard], *, now_ms: int
) -> Sheet:
    """Draw up the next root, or the next list of Parties, without one key.

    Args:
        state: What is published.
        fingerprint: Of the key, or the beginning of it, at least 16 of the 64 hex digits.
        cards: Keys that take its place, of the same role; may be none.
        now_ms: Milliseconds since 1970 UTC.

    Returns:
        The sheet, for the root holders or for those of targets.

    Raises:
        NoInputError: There is no directory, or the key counts nowhere in it.
        ConfigError: Too few keys would be left: give cards that take its place.
        DataError: A card has no place there, or holds a key that is listed.
    """
    given = state.targets().delegations or Delegations({}, {})
    root = _root(state)
    for role, name in _HELD.items():
        held = [root.keys[key_id] for key_id in root.roles[name].keyids]
        if any(_is(key, fingerprint) for key in held):
            return draw_root(state, _without(role, held, fingerprint, cards), {}, now_ms=now_ms)
    for role, delegated in (given.roles or {}).items():
        held = [given.keys[key_id] for key_id in delegated.keyids]
        if any(_is(key, fingerprint) for key in held):
            left = _without(role, held, fingerprint, cards)
            return draw_targets(state, cards=left, threshold=delegated.threshold, now_ms=now_ms)
    raise NoInputError(
        "no key of this fingerprint counts in the directory",
        hint="a key of a node stands in its Party's entry: a35 directory entry CC",
    )


def _root(state: Repository) -> Root:
    found = state.newest(Root, ROOT)
    if found is None:
        raise NoInputError("there is no root in this folder", hint="name it with --out")
    return found[0].signed


def _is(key: Key, fingerprint: str) -> bool:
    public = public_of(key)
    return bool(public) and fingerprint_of(public).startswith(fingerprint)


def _without(
    role: str, held: Sequence[Key], fingerprint: str, cards: Sequence[KeyCard]
) -> list[KeyCard]:
    left = [key for key in held if not _is(key, fingerprint)]
    # A card's number names a medium and is nowhere in the directory.
    kept = [KeyCard(role=role, number=1, public=public_of(key)) for key in left]
    if not any(card.role == role for card in (*kept, *cards)):
        # No card of a role means that its keys stay: this would revoke nothing.
        raise ConfigError(
            f"{role} would have 0 keys", hint="give the card of the key that takes its place"
        )
    return [*kept, *cards]
