"""Browsers in which somebody signed in before: what strangers fail at does not slow them down.

Such a browser keeps a secret of its own, which lets nobody in. In memory, as the failures are: a
restart forgets both.

Source: docs/desk.md, "Limits".
"""

from collections import OrderedDict
from typing import Final

from keys.bearer import digest_of, new_secret

_MOST: Final = 1_000


class Browsers:
    """Knows them again, by the digest of their secret."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, int] = OrderedDict()
        self._made = 0

    def number_of(self, secret: str) -> int | None:
        """Return the number of a browser that is known, None for any other.

        Args:
            secret: As it came; anything.
        """
        digest = digest_of(secret)
        return None if digest is None else self._known.get(digest)

    def known(self, secret: str) -> str:
        """Return what a browser keeps from now on; the same again for one that is known.

        Args:
            secret: As it came; anything.
        """
        digest = digest_of(secret)
        if digest is None or digest not in self._known:
            secret = new_secret()
            digest = digest_of(secret) or b""
            self._made += 1
            self._known[digest] = self._made
        self._known.move_to_end(digest)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return secret
