"""What this node tells others of third logs, and what it hears of them, frame by frame.

Nothing is asked here and nothing awaited: frames and answers must not wait for gossip. What does
not fit is examined by gateway.service.gossip. Source: docs/wire-format.md, rule 9b.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from gateway.ports import Clock
from protocol.gossip import Fit, Heard, Rumours, fit_of, heads_to_tell
from protocol.identifiers import LogOrigin, NodeId
from protocol.log.checkpoint import Checkpoint
from protocol.log.linking import Position
from protocol.standing import ThirdHead

Chance: TypeAlias = Callable[[float, float], float]
"""Draws a number evenly between two, as Randomness.between does."""


class Hearsay:
    """The heads of third logs on their way in and out.

    Args:
        clock: Time.
        chance: Chooses what is told.
        places: Gives where we stand in the logs that were not given up.

    Attributes:
        places: As given.
        rumours: What waits to be examined.
    """

    def __init__(
        self, clock: Clock, chance: Chance, places: Callable[[], Mapping[LogOrigin, Position]]
    ) -> None:
        self._clock = clock
        self._chance = chance
        self.places = places
        self.rumours = Rumours()

    def draw(self, below: int) -> int:
        """Return a whole number from 0 to below `below`, evenly."""
        return min(int(self._chance(0.0, float(below))), below - 1)

    def tell(self, peer: NodeId) -> tuple[ThirdHead, ...]:
        """Return the heads for a frame or an answer.

        Args:
            peer: Who gets it.
        """
        return heads_to_tell(self.places().values(), to=peer, draw=self.draw)

    def hear(self, peer: NodeId, heads: Sequence[ThirdHead]) -> None:
        """Take what a frame or an answer told; only after its own link held.

        Args:
            peer: Who told it.
            heads: As they came; what is said of the speaker's own log is passed over.
        """
        if not heads:
            return
        places = self.places()
        for head in heads:
            place = places.get(head.origin)
            if place is None or not head.size or head.origin.node == peer:
                continue
            if fit_of(place, head) is not Fit.KNOWN:
                self.rumours.add(Heard(teller=peer, head=head, first_ms=self._clock.now_ms()))

    def unplaced(self, checkpoint: Checkpoint) -> None:
        """Take a signed head whose proof does not start where we stand.

        Frames that cross bring such heads by the dozen, and so does a log that fell back and goes
        on otherwise: whoever is asked for the proof tells the two apart.

        Args:
            checkpoint: Verified.
        """
        head = checkpoint.head
        told = ThirdHead(origin=head.origin, size=head.size, root=head.root)
        self.rumours.add(
            Heard(
                teller=head.origin.node,
                head=told,
                first_ms=self._clock.now_ms(),
                note=checkpoint.note,
            )
        )
