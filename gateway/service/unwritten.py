"""Linked checkpoints that are in memory only, and what to commit about them before an answer.

Positions move in memory the moment a checkpoint is linked; the commit comes with what the
checkpoint proves, or alone (docs/wire-format.md, rules 9b, 18 and 19).
"""

from collections.abc import Callable
from typing import Final

from gateway.ports import Clock
from gateway.records import PeerCheckpoint
from keys.digest import new_salt
from protocol.identifiers import LogOrigin
from protocol.limits import LINKED_MOST
from protocol.log.linking import LinkedHead
from protocol.log.statement import checkpoint_seen

_SEEN_EVERY_MS: Final = 60 * 60 * 1000


class Unwritten:
    """What was linked since the start and is not durable yet.

    Args:
        clock: Time.
        is_held: Tells whether a checkpoint of a log and size is still remembered at all.
    """

    def __init__(self, clock: Clock, is_held: Callable[[LogOrigin, int], bool]) -> None:
        self._clock = clock
        self._is_held = is_held
        self._sizes: set[tuple[LogOrigin, int]] = set()
        self._seen_ms: dict[LogOrigin, int] = {}

    def add(self, origin: LogOrigin, size: int) -> None:
        """Take note of a checkpoint that was linked just now.

        Args:
            origin: Which log.
            size: Its size.
        """
        self._sizes.add((origin, size))
        if len(self._sizes) > LINKED_MOST:
            # A peer may link and never bring anything: what it cannot ride on is forgotten.
            self._sizes = {one for one in self._sizes if self._is_held(*one)}

    def evidence(
        self, origin: LogOrigin, linked: LinkedHead, *, proved: bool
    ) -> PeerCheckpoint | None:
        """Return what to commit about a linked checkpoint.

        Args:
            origin: Which log.
            linked: The linked head.
            proved: It proved envelopes, so it becomes a statement of ours; one that did not
                becomes one at most once an hour, or idle logs would make each other grow.

        Returns:
            None if it is durable already.

        Source:
            docs/wire-format.md, rules 9b and 19.
        """
        if (origin, linked.size) not in self._sizes:
            return None
        now_ms = self._clock.now_ms()
        seen = None
        if proved or now_ms - self._seen_ms.get(origin, 0) >= _SEEN_EVERY_MS:
            self._seen_ms[origin] = now_ms
            seen = checkpoint_seen(linked.note, new_salt())
        return PeerCheckpoint(origin=origin, linked=linked, seen=seen)

    def committed(self, evidence: PeerCheckpoint | None) -> None:
        """Take note that this evidence is durable.

        Args:
            evidence: What was committed, if anything was.
        """
        if evidence is not None:
            self._sizes.discard((evidence.origin, evidence.linked.size))
