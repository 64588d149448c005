"""The part of the store port that compares queue numbers between two nodes.

What came of a peer's numbers goes into every answer to it; what it shows of ours tells what it
lost (docs/wire-format.md, rules 17 and 20). gateway.store has the port as a whole.
"""

from collections.abc import Sequence
from typing import Protocol

from gateway.records import OutgoingReceipt
from protocol.delivery.gaps import Ended, Ranges, Shown
from protocol.delivery.urgency import Urgency
from protocol.identifiers import MessageId, NodeId


class Numbers(Protocol):
    """Queue numbers, which tell two nodes what of theirs is missing (wire-format.md, rule 20)."""

    async def gaps(self, sender: NodeId) -> Shown:
        """Return what an answer says of a sender's numbers, as committed."""

    async def lacking(self, node: NodeId, shown: Shown) -> Ranges:
        """Return which numbers of ours a node does not have, as far as it shows."""

    async def ended(
        self, node: NodeId, ranges: Ranges, *, generation: int, now_ms: int
    ) -> tuple[Ended, ...]:
        """Return what does not wait of some numbers of ours, the lowest 1,024 of them."""

    async def send_again(
        self, node: NodeId, numbers: Sequence[int], *, generation: int, now_ms: int
    ) -> tuple[int, int]:
        """Put what a node lost back, once a generation; return how many go again, how many not."""

    async def is_counted(self, node: NodeId) -> bool:
        """Tell whether no number given out to a node from now on can be one that we lost.

        False in a new generation of our log until `move_on` was called for that node.
        """

    async def move_on(self, node: NodeId, shown: Shown) -> int:
        """Let numbers go on above what a node shows, after our own loss; what waits gets new ones.

        Call it while nothing is on its way there. Returns the last number given out now.
        """

    async def unheeded(
        self, *, now_ms: int, limit: int
    ) -> tuple[tuple[NodeId, MessageId, Urgency], ...]:
        """Return what is past its `exp`, opened by nobody and not yet told of, oldest first."""

    async def give_unheeded(self, receipts: Sequence[OutgoingReceipt], *, now_ms: int) -> int:
        """State that messages expired unopened, save those opened meanwhile; return how many."""
