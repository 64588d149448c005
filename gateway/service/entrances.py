"""Who was given a way in, or a role, that lets them approve or supervise: of the last week.

An operator who gives out links can give one to himself. It is an act in our log, and from there
every approver and supervisor is told; nobody can take that away. Read from the log, so that a
restart forgets nothing; what was read is not read again.

Source: docs/desk.md, "Sign-in".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.accounts import Person
from gateway.people import Role
from gateway.ports import Clock
from gateway.service.deeds import Deed
from gateway.service.leafing import MOST, Leaf, Leaves
from protocol.log.statement import StatementKind

WEEK_MS: Final = 7 * 24 * 60 * 60 * 1000

_GIVING: Final = frozenset({Deed.LINK_MADE, Deed.ROLES_CHANGED, Deed.PERSON_UNLOCKED})
_TRUSTED: Final = frozenset({Role.APPROVER, Role.SUPERVISOR})
_OF: Final = re.compile(r"\S+ [a-z]+ ([0-9]{1,9})(?::|\Z)")
_MOST_LOOKED_AT: Final = 20_000


class Book(Protocol):
    """Our log, leaf by leaf, the newest first; implemented by gateway.service.leafing."""

    async def page(self, *, before: int | None = None, limit: int = 50) -> Leaves:
        """Return leaves below a place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """That somebody was given a way in, or a role.

    Attributes:
        index: Of the act in our log.
        number: Of the person who may come in by it.
        by: Who gave it: "RO/1 operator 2".
        at_ms: When, milliseconds since 1970 UTC.
    """

    index: int
    number: int
    by: str
    at_ms: int


class Entrances:
    """Keeps what the log says of the last week.

    Args:
        book: Our log.
        clock: Time.
    """

    def __init__(self, book: Book, clock: Clock) -> None:
        self._book = book
        self._clock = clock
        self._found: dict[int, Entrance] = {}
        self._read = 0

    async def to(self, people: Sequence[Person]) -> tuple[tuple[Person, Entrance, int], ...]:
        """Return who of some people may approve or supervise and was given something.

        Args:
            people: Of the desk.

        Returns:
            For each the last that they were given, and how often in a week; the newest first.

        Raises:
            StorageError: The log cannot be read.
        """
        since_ms = self._clock.now_ms() - WEEK_MS
        # By place: two pages that are asked for at once read the same leaves.
        for each in await self._fresh(since_ms):
            self._found[each.index] = each
        self._found = {n: each for n, each in self._found.items() if each.at_ms >= since_ms}
        trusted = {one.number: one for one in people if one.roles & _TRUSTED}
        last: dict[int, Entrance] = {}
        counts: dict[int, int] = {}
        for _, each in sorted(self._found.items(), reverse=True):
            if each.number in trusted:
                last.setdefault(each.number, each)
                counts[each.number] = counts.get(each.number, 0) + 1
        return tuple((trusted[number], each, counts[number]) for number, each in last.items())

    async def _fresh(self, since_ms: int) -> list[Entrance]:
        """Return what was not read yet, the newest first, back to a time."""
        found, before, newest = list[Entrance](), None, self._read
        for _ in range(_MOST_LOOKED_AT // MOST):
            leaves = await self._book.page(before=before, limit=MOST)
            for leaf in leaves.items:
                if leaf.index < self._read or _is_older(leaf, since_ms):
                    self._read = newest
                    return found
                newest = max(newest, leaf.index + 1)
                found.extend(_entrances(leaf))
            if leaves.before is None:
                break
            before = leaves.before
        self._read = newest
        return found


def _is_older(leaf: Leaf, since_ms: int) -> bool:
    return leaf.kind is StatementKind.ACT and leaf.at_ms is not None and leaf.at_ms < since_ms


def _entrances(leaf: Leaf) -> list[Entrance]:
    named = _OF.match(leaf.why)
    if leaf.kind is not StatementKind.ACT or leaf.what not in _GIVING or named is None:
        return []
    return [
        Entrance(
            index=leaf.index,
            number=int(named.group(1)),
            by=leaf.who,
            at_ms=leaf.at_ms or 0,
        )
    ]
