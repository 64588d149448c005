"""Revocations as the store keeps them: one of its ports, and its value.

gateway.store has the store's port as a whole. Source: docs/wire-format.md, rule 32.
"""

from dataclasses import dataclass
from typing import Protocol

from protocol.revoking import ToldRevocation


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRevocation:
    """A revocation that was believed.

    Attributes:
        told: As it came, to be passed on.
        kept_ms: When it began to count here: milliseconds since 1970, UTC.
        is_ours: Whether this node itself stated it, for its own key.
    """

    told: ToldRevocation
    kept_ms: int
    is_ours: bool


class Revocations(Protocol):
    """Keys that count no more, whatever the directory lists."""

    async def keep_revocation(self, kept: KeptRevocation) -> bool:
        """Keep one for ever, durably; False, and nothing changed, if that key has one."""

    async def revocations(self) -> tuple[KeptRevocation, ...]:
        """Return all, in the order in which they were kept."""
