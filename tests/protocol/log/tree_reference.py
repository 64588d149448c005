"""RFC 6962 section 2.1, word for word and slow: the fast functions must equal these."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from keys.digest import leaf_hash
from protocol.log.tree import Subtree

VECTORS: Final = Path(__file__).parents[2] / "vectors" / "log"


def vectors(name: str) -> dict[str, Any]:
    """Return one file of vectors."""
    loaded: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def leaves(count: int) -> list[bytes]:
    """Return leaf hashes that all differ."""
    return [leaf_hash(number.to_bytes(33, "big")) for number in range(count)]


def subtree_of(hashes: Sequence[bytes]) -> Subtree:
    """Return a store of complete subtrees that refuses every other one."""

    def subtree(level: int, index: int) -> bytes:
        start, stop = index << level, (index + 1) << level
        assert level >= 0 <= start < stop <= len(hashes)
        return head(hashes[start:stop])

    return subtree


def head(hashes: Sequence[bytes]) -> bytes:
    """MTH(D[n])."""
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    split = _split(len(hashes))
    return hashlib.sha256(b"\x01" + head(hashes[:split]) + head(hashes[split:])).digest()


def path(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    if len(hashes) == 1:
        return []
    split = _split(len(hashes))
    if index < split:
        return [*path(index, hashes[:split]), head(hashes[split:])]
    return [*path(index - split, hashes[split:]), head(hashes[:split])]


def proof(old: int, hashes: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D[n])."""
    return _subproof(old, hashes, whole=True) if old else []


def _subproof(old: int, hashes: Sequence[bytes], *, whole: bool) -> list[bytes]:
    if old == len(hashes):
        return [] if whole else [head(hashes)]
    split = _split(len(hashes))
    if old <= split:
        return [*_subproof(old, hashes[:split], whole=whole), head(hashes[split:])]
    return [*_subproof(old - split, hashes[split:], whole=False), head(hashes[:split])]


def _split(count: int) -> int:
    split = 1
    while 2 * split < count:
        split *= 2
    return split
