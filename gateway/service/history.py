"""What became of a Party's entry, state of the directory after state, for people.

Source: docs/desk.md, "The house".
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from json import loads
from typing import Final, TypeAlias

MOST: Final = 50
"""Versions that are shown, the newest ones."""

Kept: TypeAlias = Callable[[str], Awaitable[Sequence[tuple[int, bytes | None]]]]
"""Gives the entries of a Party that were in use here, oldest first, each only where it differs
from the one before: when the state was made, ms since 1970 UTC, and its bytes; None where the
directory had none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field that differs: empty where it was not there."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryVersion:
    """An entry as it began to be in use here.

    Attributes:
        made_ms: When the directory was made that had it first, ms since 1970 UTC.
        is_listed: Whether the directory had an entry of this Party then.
        changes: Against the version before; none for the first.
    """

    made_ms: int
    is_listed: bool
    changes: tuple[Change, ...]


class PartyHistory:
    """Reads what was kept of the directory.

    Args:
        kept: Gives it.
    """

    __slots__ = ("_kept",)

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    async def of(self, country: str) -> tuple[EntryVersion, ...]:
        """Return the versions of a Party's entry, the newest first; none for one never listed.

        Args:
            country: Two letters.

        Raises:
            StorageError: What was kept cannot be read.
        """
        versions = list(_versions(await self._kept(country)))
        return tuple(reversed(versions))[:MOST]


def _versions(states: Sequence[tuple[int, bytes | None]]) -> Iterator[EntryVersion]:
    before: Mapping[str, str] | None = None
    for made_ms, data in states:
        if data is None and before is None:
            continue  # not listed yet
        # Read as it was signed: an earlier release may have known other fields.
        after = {} if data is None else dict(_flat("", loads(data)))
        changes = () if before is None else tuple(_changes(before, after))
        before = after
        yield EntryVersion(made_ms=made_ms, is_listed=data is not None, changes=changes)


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for path in dict.fromkeys((*before, *after)):
        old, new = before.get(path, ""), after.get(path, "")
        if old != new:
            yield Change(path=path, before=old, after=new)


def _flat(path: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield each single value with its path; lists of single values stand in one line."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(f"{path}.{key}" if path else key, each)
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for place, each in enumerate(value, start=1):
            name = _name(each) or str(place)
            yield from _flat(f"{path}[{name}]", each)
    elif isinstance(value, list):
        yield path, ", ".join(map(str, value))
    elif value is not None:
        yield path, str(value)


def _name(value: object) -> str:
    """Return what a part of a list is known by, so that one in the middle may go."""
    known = value.get("id", value.get("number", "")) if isinstance(value, dict) else ""
    return str(known)
