"""What a planted fault is, and the four kinds of checks that may have to find it."""

from dataclasses import dataclass, field
from typing import TypeAlias

from tests.crash.planted import Edit, Plant
from tests.crash.world import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class KillPoints:
    """A node dies at each call of an exchange; the fault is one of those of `tests.crash`.

    Attributes:
        plant: With its script, side and the checks that count.
    """

    plant: Plant


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """The order of calls of one node: see `tests.planted.synced`.

    Attributes:
        side: Which.
    """

    side: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """Seeds of the simulator; the sources as they are must pass the same ones.

    Attributes:
        shows: How a sentence begins that counts: the name of an invariant, `lost`, `twice`,
            `fork not found`.
        seeds: How many, fewer than the report asks faults of every kind from.
        start: The first.
        kinds: Of faults that may happen.
    """

    shows: frozenset[str]
    seeds: int = 1
    start: int = 1
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """A module of the suite: for what neither harness can see.

    Attributes:
        module: Below `tests`.
        why: What keeps the harnesses from seeing it.
    """

    module: str
    why: str


CheckedBy: TypeAlias = KillPoints | Synced | Simulated | Tested


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault.

    Attributes:
        name: A sentence, for the table.
        edits: What makes it.
        check: What must find it.
        often: Whether every run of the suite tries it.
    """

    name: str
    check: CheckedBy
    edits: tuple[Edit, ...] = field(default=())
    often: bool = False
