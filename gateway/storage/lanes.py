"""The picture of the outbox in memory: what waits in which lane, what is leased, what is parked.

Counting 100,000 rows at each look would cost more than sending. The picture is read once at
start and moves with every commit. Leases live only here: one process holds the exclusive lock
of the store, so nobody else can claim, and a new start frees all leases by itself.

Used on the loop's thread alone.
"""

import heapq
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateway.records import ClaimedItem, LaneRow, LaneWork
from gateway.storage.session import ItemEnded, ItemParked, ItemQueued, LaneChanged, LaneNews
from protocol.delivery.urgency import Urgency
from protocol.identifiers import NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who may settle an item: the claim with this fence."""

    fence: int
    node: str
    cls: Urgency


@dataclass(slots=True)
class _Lane:
    row: LaneRow
    waiting: dict[Urgency, int] = field(default_factory=lambda: dict.fromkeys(Urgency, 0))


class LaneBoard:
    """What `lanes` answers, and the leases.

    Args:
        connection: A reader.
        now_ms: Milliseconds since 1970, UTC: items parked beyond it do not count as waiting.
    """

    def __init__(self, connection: sqlite3.Connection, *, now_ms: int) -> None:
        self._lanes: dict[str, _Lane] = {}
        self._leases: dict[int, Lease] = {}
        self._ending: set[int] = set()
        self._parked: dict[int, tuple[int, str, Urgency]] = {}
        self._parked_order: list[tuple[int, int]] = []
        self._fence = 0
        self._first_expiry: int | None = None
        self.read(connection, now_ms=now_ms)

    def read(self, connection: sqlite3.Connection, *, now_ms: int) -> None:
        """Read everything anew; leases stay."""
        self._lanes = {}
        self._parked.clear()
        self._parked_order.clear()
        for row in connection.execute(
            "SELECT node, failures, back_off_ms, due_ms, last_ok_ms, last_error FROM lane"
        ).fetchall():
            self._lanes[row[0]] = _Lane(lane_row(row))
        for node, cls, count in connection.execute(
            "SELECT node, cls, count(*) FROM outbox GROUP BY node, cls"
        ).fetchall():
            self._lane(node).waiting[Urgency(cls)] = count
        for item, node, cls, until_ms in connection.execute(
            "SELECT id, node, cls, next_ms FROM outbox WHERE next_ms > ?", (now_ms,)
        ).fetchall():
            self._park(item, node, Urgency(cls), until_ms)
        self._first_expiry = connection.execute("SELECT min(exp_ms) FROM outbox").fetchone()[0]

    def apply(self, news: Iterable[LaneNews]) -> bool:
        """Take in what a commit changed; return whether something was queued."""
        was_queued = False
        for one in news:
            match one:
                case ItemQueued():
                    self._lane(one.node).waiting[one.cls] += 1
                    if self._first_expiry is None or one.exp_ms < self._first_expiry:
                        self._first_expiry = one.exp_ms
                    was_queued = True
                case ItemEnded():
                    self._unpark(one.item)
                    self._lane(one.node).waiting[one.cls] -= 1
                case ItemParked():
                    self._park(one.item, one.node, one.cls, one.until_ms)
                case LaneChanged():
                    self._lane(str(one.row.node)).row = one.row
        return was_queued

    def work(self, *, now_ms: int) -> tuple[LaneWork, ...]:
        """Return every lane with items that wait, are not leased and not parked."""
        self._wake(now_ms)
        hidden: dict[str, dict[Urgency, int]] = defaultdict(lambda: dict.fromkeys(Urgency, 0))
        for item, lease in self._leases.items():
            if item not in self._parked:
                hidden[lease.node][lease.cls] += 1
        for _, node, cls in self._parked.values():
            hidden[node][cls] += 1
        return tuple(
            work
            for node, lane in self._lanes.items()
            if (work := _work_of(lane, hidden.get(node, {}))) is not None
        )

    def lease(self, items: Mapping[int, Urgency], node: NodeId) -> int:
        """Lease items of one lane under a new fence, and return it."""
        self._fence += 1
        for item, cls in items.items():
            self._leases[item] = Lease(fence=self._fence, node=str(node), cls=cls)
        return self._fence

    def leased(self) -> frozenset[int]:
        """Return the items that are leased now."""
        return frozenset(self._leases)

    def begin_ending(self, item: int, fence: int) -> bool:
        """Tell whether a fence still counts; from then on no other outcome of it does."""
        lease = self._leases.get(item)
        if lease is None or lease.fence != fence or item in self._ending:
            return False
        self._ending.add(item)
        return True

    def end(self, items: Iterable[int]) -> None:
        """End leases, after their outcomes were committed or could not be."""
        for item in items:
            self._ending.discard(item)
            self._leases.pop(item, None)

    def release(self, items: Iterable[ClaimedItem]) -> None:
        """End the leases that are still those of these claims."""
        self.end([one.item for one in items if self.holds(one.item, one.fence)])

    def holds(self, item: int, fence: int) -> bool:
        """Tell whether this claim still has the lease."""
        lease = self._leases.get(item)
        return lease is not None and lease.fence == fence and item not in self._ending

    def may_have_expired(self, now_ms: int) -> bool:
        """Tell whether looking for items past their `exp` can find any."""
        return self._first_expiry is not None and self._first_expiry <= now_ms

    def note_first_expiry(self, first_ms: int | None) -> None:
        """Note the earliest `exp` that is left."""
        self._first_expiry = first_ms

    def _lane(self, node: str) -> _Lane:
        lane = self._lanes.get(node)
        if lane is None:
            lane = self._lanes[node] = _Lane(lane_row((node, 0, 0, 0, None, None)))
        return lane

    def _park(self, item: int, node: str, cls: Urgency, until_ms: int) -> None:
        self._parked[item] = (until_ms, node, cls)
        heapq.heappush(self._parked_order, (until_ms, item))

    def _unpark(self, item: int) -> None:
        self._parked.pop(item, None)

    def _wake(self, now_ms: int) -> None:
        while self._parked_order and self._parked_order[0][0] <= now_ms:
            until_ms, item = heapq.heappop(self._parked_order)
            if item in self._parked and self._parked[item][0] == until_ms:
                self._unpark(item)


def lane_row(row: tuple[str, int, int, int, int | None, str | None]) -> LaneRow:
    """Build a lane's record from its columns, `node` first."""
    node, failures, back_off_ms, due_ms, last_ok_ms, last_error = row
    return LaneRow(
        node=NodeId.parse(node),
        failures=failures,
        back_off_ms=back_off_ms,
        due_ms=due_ms,
        last_ok_ms=last_ok_ms,
        last_error=last_error,
    )


def _work_of(lane: _Lane, hidden: Mapping[Urgency, int]) -> LaneWork | None:
    waiting = {cls: count - hidden.get(cls, 0) for cls, count in lane.waiting.items()}
    classes = [cls for cls, count in waiting.items() if count > 0]
    if not classes:
        return None
    return LaneWork(
        row=lane.row,
        waiting=sum(waiting[cls] for cls in classes),
        most_urgent=min(classes),
    )
