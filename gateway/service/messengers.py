"""Tells the active nodes of revocations, each node until it has taken each of them.

A node that is not reached, or refuses because its directory is older, is asked again after a
pause that doubles, for a week. Nothing of this is kept: after a start what is new within that week
is told again, and answered the same.

Source: docs/wire-format.md, rule 32.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.errors import TransportError
from gateway.ports import Clock
from gateway.revoking import KeptRevocation
from gateway.service.abreast import abreast
from protocol.identifiers import NodeId
from protocol.log.deed import KeyKind
from protocol.revoking import RevokedKey, ToldRevocation, is_answer_to

TOLD_FOR_MS: Final = 7 * 24 * 3600 * 1000
"""How long a revocation is told, from the moment in which it was taken here."""

FIRST_PAUSE_S: Final = 15.0
LONGEST_PAUSE_S: Final = 3600.0

# A pair of log keys that is revoked can say nothing more, a certificate cannot even connect.
ORDER: Final = {KeyKind.KEM: 0, KeyKind.WITNESS: 1, KeyKind.LOG: 2, KeyKind.TLS: 3}
"""In which order the kinds of keys are stated and told."""

_AT_ONCE: Final = 8
_OK: Final = 200


class Line(Protocol):
    """The way to the peers; raises TransportError."""

    async def tell_revocation(self, node: NodeId, body: bytes) -> tuple[int, bytes]:
        """POST a revocation; return status and body."""


@dataclass(slots=True)
class _Errand:
    """One revocation on its way to one node."""

    told: ToldRevocation
    until_ms: int
    due_s: float = 0.0
    pause_s: float = FIRST_PAUSE_S


class Messengers:
    """What has still to be told, and to whom.

    Args:
        line: The way to the peers.
        clock: Time.
    """

    def __init__(self, line: Line, clock: Clock) -> None:
        self._line = line
        self._clock = clock
        self._errands: dict[tuple[NodeId, RevokedKey], _Errand] = {}

    def send(self, kept: KeptRevocation, nodes: Sequence[NodeId]) -> None:
        """Have a revocation told; nothing happens for a node to which it is on its way.

        Args:
            kept: What.
            nodes: To whom.
        """
        for node in nodes:
            errand = _Errand(told=kept.told, until_ms=kept.kept_ms + TOLD_FOR_MS)
            self._errands.setdefault((node, kept.told.key), errand)

    async def tell(self) -> None:
        """Make the errands that are due: of one node one after the other, some nodes at a time."""
        now_s, now_ms = self._clock.monotonic_s(), self._clock.now_ms()
        due: dict[NodeId, list[RevokedKey]] = {}
        for (node, key), errand in tuple(self._errands.items()):
            if errand.until_ms <= now_ms:
                del self._errands[node, key]
            elif errand.due_s <= now_s:
                due.setdefault(node, []).append(key)
        places = asyncio.Semaphore(_AT_ONCE)
        await abreast(self._visit(node, keys, places) for node, keys in due.items())

    async def _visit(
        self, node: NodeId, keys: Sequence[RevokedKey], places: asyncio.Semaphore
    ) -> None:
        async with places:
            for key in sorted(keys, key=lambda each: ORDER[each.kind]):
                errand = self._errands[node, key]
                if await self._is_taken(node, errand.told):
                    del self._errands[node, key]
                    continue
                errand.due_s = self._clock.monotonic_s() + errand.pause_s
                errand.pause_s = min(errand.pause_s * 2, LONGEST_PAUSE_S)

    async def _is_taken(self, node: NodeId, told: ToldRevocation) -> bool:
        """Tell one node; whatever else it answers, it is told again: its directory may be old."""
        try:
            status, body = await self._line.tell_revocation(node, told.encode())
        except TransportError:
            return False
        return status == _OK and is_answer_to(told.deed, body)
