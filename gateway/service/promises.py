"""Room on the disk that was promised to files on their way, before all of them is there.

Who begins a file that has no room is refused at its first byte, not at its last, and two files that
have room for one alone do not both begin. A promise is in memory: a restart forgets it, and the
next piece asks anew. One that nobody goes on with ends by itself.

Source: docs/delivery.md, "Attachments".
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, TypeAlias

Name: TypeAlias = tuple[str, str]
"""Whose file, and which."""

PEER_MOST_BYTES: Final = 2 * 1024**3
"""What a peer may be promised in all, save for one file alone: it could else keep others out."""

_IDLE_LOOKS: Final = 600
_KEPT: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class _Promise:
    missing_bytes: int
    look: int


class Promises:
    """What was promised."""

    __slots__ = ("_look", "_promised")

    def __init__(self) -> None:
        self._promised: OrderedDict[Name, _Promise] = OrderedDict()
        self._look = 0

    def look(self) -> None:
        """Count on: called each second; what got nothing for ten minutes is promised no more."""
        self._look += 1
        while self._promised:
            name, oldest = next(iter(self._promised.items()))
            if self._look - oldest.look <= _IDLE_LOOKS:
                break
            del self._promised[name]

    def take(
        self,
        name: Name,
        missing_bytes: int,
        *,
        spare_bytes: int | None,
        most_bytes: int | None = None,
    ) -> bool:
        """Promise what is still missing of a file; what was promised it before stands.

        Args:
            name: Of the file.
            missing_bytes: What is to come; nothing ends the promise.
            spare_bytes: What the disk has above its floor; None where nobody can say.
            most_bytes: What its owner may be promised in all, save for one file alone.

        Returns:
            False if there is no room; nothing was promised.
        """
        known = self._promised.pop(name, None)
        if missing_bytes <= 0:
            return True
        if known is None:
            own = sum(
                one.missing_bytes for (who, _), one in self._promised.items() if who == name[0]
            )
            if most_bytes is not None and own and own + missing_bytes > most_bytes:
                return False
            promised = sum(one.missing_bytes for one in self._promised.values())
            if spare_bytes is not None and promised + missing_bytes > spare_bytes:
                return False
        self._promised[name] = _Promise(missing_bytes=missing_bytes, look=self._look)
        if len(self._promised) > _KEPT:
            self._promised.popitem(last=False)
        return True
