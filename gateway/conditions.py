"""The part of the store that keeps how things stand, as was last told; and who wants it quiet.

A condition is one word about one subject. A change of it is an event, once, also if the process
ended in between; what was not known before is kept and told to nobody. gateway.store has the port
as a whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gateway.rows import MessageRow
from protocol.identifiers import MessageId


class ConditionKind(StrEnum):
    """What a condition is of; the name of the event that tells its changes."""

    PEER = "peer.state"
    LOG = "log.state"
    DIRECTORY = "directory.state"
    NODE = "node.state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How one thing stands.

    Attributes:
        kind: What it is of.
        subject: Which one: a node as CC/n, or a word of ours.
        word: How it stands: words and numbers of ours, at most 100 characters.
    """

    kind: ConditionKind
    subject: str
    word: str


class Emergencies(Protocol):
    """What waits most urgently."""

    async def waiting_emergencies(self) -> tuple[MessageRow, ...]:
        """Return the received emergencies that nobody has opened, oldest first.

        Those of cases that were put away are among them: one stands until it is opened.
        """


class Conditions(Emergencies, Protocol):
    """What was told of peers, logs, directory and node; and what waits most urgently."""

    async def conditions(self) -> Mapping[tuple[ConditionKind, str], str]:
        """Return every condition as it was kept last, by kind and subject."""

    async def note_conditions(self, found: Sequence[Condition], *, now_ms: int) -> int:
        """Keep conditions; each that differs from what was kept is an event. Return how many."""


class Mutes(Protocol):
    """Who silenced which emergency for themselves, until somebody opens it."""

    async def mute(self, mid: MessageId, who: str, *, now_ms: int) -> None:
        """Silence one for a person; again changes nothing, nor for a message that is not here."""

    async def mutes(self) -> Mapping[MessageId, frozenset[str]]:
        """Return who silenced each emergency that still waits to be opened."""
