"""The digest of a file whose parts come one after the other, taken while they come.

In memory only: after a restart, or when parts come in another order, the digest is taken from the
disk when the file is complete.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from gateway.service.draft_desk import parts_of
from gateway.shelving import KeptFile
from keys.digest import Hasher

_KEPT: Final = 64
"""Files that arrive at a time; the digest of one that is forgotten is taken from the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    parts: int
    hasher: Hasher


class Hashed:
    """What is known of the digests of files on their way into drafts."""

    __slots__ = ("_files",)

    def __init__(self) -> None:
        self._files: OrderedDict[tuple[str, int], _Known] = OrderedDict()

    def follow(self, draft: str, file: KeptFile, k: int) -> "Following":
        """Begin with a part.

        Args:
            draft: Of which draft.
            file: Of which of its files.
            k: Which part.
        """
        known = self._files.get((draft, file.n))
        if known is None and k == 0:
            known = _Known(parts=0, hasher=Hasher())
        return Following(self, (draft, file.n), k, known)

    def whole(self, draft: str, file: KeptFile) -> bytes | None:
        """Return the SHA-256 of a file, None unless all its parts were followed in order.

        Args:
            draft: Of which draft.
            file: Which of its files; all its parts are held.
        """
        known = self._files.pop((draft, file.n), None)
        if known is None or known.parts != parts_of(file.size_bytes):
            return None
        return known.hasher.digest()

    def keep(self, name: tuple[str, int], before: _Known | None, after: _Known | None) -> None:
        """Take the digest as far as a part that was kept.

        Args:
            name: Draft and number of the file.
            before: What the part was added to.
            after: With it; None if it did not continue what was known.
        """
        now = self._files.get(name)
        is_fresh = before is not None and before.parts == 0 and now is None
        if after is None or (now is not before and not is_fresh):
            self._files.pop(name, None)
            return
        self._files[name] = after
        if len(self._files) > _KEPT:
            self._files.popitem(last=False)

    def forget(self, draft: str, n: int) -> None:
        """Forget a file that was removed.

        Args:
            draft: Of which draft.
            n: Its number.
        """
        self._files.pop((draft, n), None)


class Following:
    """One part on its way.

    Args:
        hashed: Takes the result.
        name: Draft and number of the file.
        k: Which part.
        known: What is known of the file, None if nothing is.
    """

    __slots__ = ("_before", "_hashed", "_hasher", "_k", "_name")

    def __init__(self, hashed: Hashed, name: tuple[str, int], k: int, known: _Known | None) -> None:
        self._hashed = hashed
        self._name = name
        self._k = k
        self._before = known
        fits = known is not None and known.parts == k
        self._hasher = known.hasher.copy() if fits and known is not None else None

    def update(self, data: bytes) -> None:
        """Take the next bytes of the part."""
        if self._hasher is not None:
            self._hasher.update(data)

    def keep(self) -> None:
        """Take note that the part was kept."""
        after = None if self._hasher is None else _Known(parts=self._k + 1, hasher=self._hasher)
        self._hashed.keep(self._name, self._before, after)
