"""Who may settle which item, and until when: claims with rising fences, in memory.

One process holds the exclusive lock of the store, so nobody else can claim, and a new start frees
all leases by itself. A claim that nobody settled, extended or gave back ends by time, so that a
call that never returns holds no item for ever. Times are those of a clock that never jumps.

Source: docs/delivery.md, "Delivery in rules", 6; docs/adr/0007-leases-in-memory.md.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from gateway.records import ClaimedItem


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may settle an item: the claim with this fence, until a steady time."""

    fence: int
    node: str
    until_ms: int


class Leases:
    """The leases of one store.

    Args:
        freed: Called with each item whose lease ended.
    """

    def __init__(self, freed: Callable[[int], None]) -> None:
        self._freed = freed
        self._leases: dict[int, Lease] = {}
        self._of_lane: dict[str, set[int]] = defaultdict(set)
        self._ending: set[int] = set()
        self._claims: dict[int, tuple[int, ...]] = {}
        self._timers: list[tuple[int, int]] = []
        self._fence = 0

    def __contains__(self, item: int) -> bool:
        """Tell whether an item is leased."""
        return item in self._leases

    def lease(self, items: Collection[int], node: str, *, until_ms: int) -> int:
        """Lease items of one lane under a new fence until a steady time, and return the fence."""
        self._fence += 1
        for item in items:
            self._leases[item] = Lease(self._fence, node, until_ms)
        if items:
            self._of_lane[node].update(items)
            self._claims[self._fence] = tuple(items)
            heapq.heappush(self._timers, (until_ms, self._fence))
        return self._fence

    def extend(self, items: Iterable[ClaimedItem], *, until_ms: int) -> bool:
        """Let leases end later; return whether all of these claims still have theirs."""
        claims = tuple(items)
        held = [one for one in claims if self.holds(one.item, one.fence)]
        for one in held:
            lease = self._leases[one.item]
            self._leases[one.item] = Lease(lease.fence, lease.node, until_ms)
        for fence in {one.fence for one in held}:
            heapq.heappush(self._timers, (until_ms, fence))
        return len(held) == len(claims)

    def all(self) -> Mapping[int, str]:
        """Return every leased item with its lane."""
        return {item: lease.node for item, lease in self._leases.items()}

    def of(self, node: str) -> Collection[int]:
        """Return the items of a lane that are leased now."""
        return self._of_lane.get(node, ())

    def holds(self, item: int, fence: int) -> bool:
        """Tell whether this claim still has the lease."""
        lease = self._leases.get(item)
        return lease is not None and lease.fence == fence and item not in self._ending

    def begin_ending(self, item: int, fence: int) -> bool:
        """Tell whether a fence still counts; from then on no other outcome of it does."""
        if not self.holds(item, fence):
            return False
        self._ending.add(item)
        return True

    def end(self, items: Iterable[int]) -> None:
        """End leases, after their outcomes were committed or could not be."""
        for item in items:
            self._ending.discard(item)
            lease = self._leases.pop(item, None)
            if lease is None:
                continue
            mine = self._of_lane[lease.node]
            mine.discard(item)
            if not mine:
                del self._of_lane[lease.node]
            self._freed(item)

    def release(self, items: Iterable[ClaimedItem]) -> None:
        """End the leases that are still those of these claims."""
        self.end([one.item for one in items if self.holds(one.item, one.fence)])

    def next_ms(self) -> int | None:
        """Return when the next lease may end by time."""
        return self._timers[0][0] if self._timers else None

    def expire(self, steady_ms: int) -> None:
        """End leases whose time is over, save those that are being settled just now."""
        while self._timers and self._timers[0][0] <= steady_ms:
            _, fence = heapq.heappop(self._timers)
            self._give_up(fence, steady_ms)

    def _give_up(self, fence: int, steady_ms: int) -> None:
        """End what is left of a claim; what was extended has another timer."""
        left = []
        for item in self._claims.pop(fence, ()):
            lease = self._leases.get(item)
            if lease is None or lease.fence != fence:
                continue
            if lease.until_ms > steady_ms or item in self._ending:
                left.append(item)
            else:
                self.end((item,))
        if left:
            self._claims[fence] = tuple(left)
