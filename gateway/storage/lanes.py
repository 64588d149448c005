"""The picture of the outbox in memory: what waits in which lane, what is leased, what is put off.

Counting 100,000 rows at each look would cost more than sending. The picture is read once at
start and moves with every commit; what it holds for each lane is a handful of numbers, so that a
backlog costs the disk and not the memory.

Times are those of a clock that never jumps (`steady`, in milliseconds): a wall clock that is set
back must hold up nothing. Used on the loop's thread alone.
"""

import heapq
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateway.records import LaneChanges, LaneRow, LaneWork
from gateway.storage.leases import Leases
from gateway.storage.session import (
    ItemEnded,
    ItemParked,
    ItemQueued,
    LaneChanged,
    LaneHastened,
    LaneNews,
)
from protocol.delivery.urgency import Urgency
from protocol.identifiers import NodeId


@dataclass(slots=True)
class _Lane:
    """Counts by class: what is in the outbox, and what of it is leased or put off."""

    row: LaneRow
    held: list[int] = field(default_factory=lambda: [0] * len(Urgency))
    hidden: list[int] = field(default_factory=lambda: [0] * len(Urgency))
    newest_emergency: int = 0


class LaneBoard:
    """What `lanes` answers, and the leases.

    Args:
        connection: A reader.
        steady_ms: Now, by the clock that never jumps.

    Attributes:
        leases: Who may settle what.
        parked: What is put off, and until when.
        first_expiry: The earliest `exp` (wall time) of an item, None if there is none.
    """

    def __init__(self, connection: sqlite3.Connection, *, steady_ms: int) -> None:
        self._lanes: dict[str, _Lane] = {}
        self.leases = Leases(self._show)
        self.parked: dict[int, int] = {}
        self._hidden: dict[int, tuple[str, Urgency]] = {}
        self._timers: list[tuple[int, int]] = []
        self._changed: set[str] = set()
        self.first_expiry: int | None = None
        self._left: set[int] = set()
        self._earlier = int(
            connection.execute("SELECT coalesce(max(id), 0) FROM outbox").fetchone()[0]
        )
        self.read(connection, steady_ms=steady_ms)

    def read(self, connection: sqlite3.Connection, *, steady_ms: int) -> None:
        """Read everything anew; leases stay."""
        self._lanes = {}
        self.parked.clear()
        self._hidden.clear()
        self._timers.clear()
        for row in connection.execute(
            "SELECT node, failures, back_off_ms, due_ms, last_ok_ms, last_error FROM lane"
        ).fetchall():
            self._lanes[row[0]] = _Lane(lane_row(row))
        for node, cls, count in connection.execute(
            "SELECT node, cls, count(*) FROM outbox GROUP BY node, cls"
        ).fetchall():
            self._lane(node).held[cls] = count
            self._changed.add(node)
        for item, node, cls, until_ms in connection.execute(
            "SELECT id, node, cls, next_ms FROM outbox WHERE next_ms > ?", (steady_ms,)
        ).fetchall():
            self._park(item, node, Urgency(cls), until_ms)
        for item, node in self.leases.all().items():
            found = connection.execute("SELECT cls FROM outbox WHERE id = ?", (item,)).fetchone()
            if found is not None:
                self._hide(item, node, Urgency(found[0]))
        self.first_expiry = connection.execute("SELECT min(exp_ms) FROM outbox").fetchone()[0]

    def apply(self, news: Iterable[LaneNews]) -> bool:
        """Take in what a commit changed; return whether something was queued."""
        was_queued = False
        for one in news:
            match one:
                case ItemQueued():
                    self._queue(one)
                    was_queued = True
                case ItemEnded():
                    self.parked.pop(one.item, None)
                    self._left.discard(one.item)
                    self._unhide(one.item)
                    self._lane(one.node).held[one.cls] -= 1
                    self._changed.add(one.node)
                case ItemParked():
                    self._park(one.item, one.node, one.cls, one.until_ms)
                case LaneHastened():
                    self._unpark(one.node)
                case LaneChanged():
                    self._lane(str(one.row.node)).row = one.row
        return was_queued

    # ------------------------------------------------------------------ questions

    def work(self, *, steady_ms: int) -> tuple[LaneWork, ...]:
        """Return every lane with items that wait, are not leased and not put off."""
        self.pass_time(steady_ms)
        found = (_work_of(lane) for lane in self._lanes.values())
        return tuple(work for work in found if work is not None)

    def work_of(self, node: NodeId, *, steady_ms: int) -> LaneWork | None:
        """Return the same of one lane, None if nothing waits in it."""
        self.pass_time(steady_ms)
        lane = self._lanes.get(str(node))
        return None if lane is None else _work_of(lane)

    def changes(self, *, steady_ms: int) -> LaneChanges:
        """Return the lanes that changed since the last call, and when time alone changes more."""
        self.pass_time(steady_ms)
        changed, self._changed = self._changed, set()
        timers = (self._timers[0][0] if self._timers else None, self.leases.next_ms())
        next_ms = min((at for at in timers if at is not None), default=None)
        return LaneChanges(
            nodes=tuple(NodeId.parse(node) for node in sorted(changed)),
            next_s=None if next_ms is None else max(0, next_ms - steady_ms) / 1000,
        )

    def counts(self) -> Mapping[NodeId, tuple[int, ...]]:
        """Return what each lane holds by class, leased and put off included."""
        return {lane.row.node: tuple(lane.held) for lane in self._lanes.values()}

    def rows(self) -> tuple[LaneRow, ...]:
        """Return what is kept about the way to each node that was ever written to."""
        return tuple(lane.row for lane in self._lanes.values())

    def lease(
        self, items: Mapping[int, Urgency], node: NodeId, *, until_ms: int, sends: bool = True
    ) -> int:
        """Lease items of one lane under a new fence until a steady time, and return the fence.

        `sends`: to send them; else they are withheld from whoever has them.
        """
        name = str(node)
        if sends:
            self._left.update(items)
        for item, cls in items.items():
            self._hide(item, name, cls)
        return self.leases.lease(items.keys(), name, until_ms=until_ms)

    def may_have_left(self, item: int) -> bool:
        """Tell whether a frame may have carried an item: in this run, or in one before it."""
        return item <= self._earlier or item in self._left

    # ------------------------------------------------------------------ time

    def pass_time(self, steady_ms: int) -> None:
        """Let what was put off until now wait again, and end leases that nobody settled."""
        while self._timers and self._timers[0][0] <= steady_ms:
            until_ms, item = heapq.heappop(self._timers)
            if self.parked.get(item) == until_ms:
                del self.parked[item]
                self._show(item)
        self.leases.expire(steady_ms)

    # ------------------------------------------------------------------ counts

    def _lane(self, node: str) -> _Lane:
        lane = self._lanes.get(node)
        if lane is None:
            lane = self._lanes[node] = _Lane(lane_row((node, 0, 0, 0, None, None)))
        return lane

    def _queue(self, one: ItemQueued) -> None:
        lane = self._lane(one.node)
        lane.held[one.cls] += 1
        if one.cls is Urgency.P0:
            lane.newest_emergency = max(lane.newest_emergency, one.item)
        if self.first_expiry is None or one.exp_ms < self.first_expiry:
            self.first_expiry = one.exp_ms
        self._changed.add(one.node)

    def _park(self, item: int, node: str, cls: Urgency, until_ms: int) -> None:
        self.parked[item] = until_ms
        self._hide(item, node, cls)
        heapq.heappush(self._timers, (until_ms, item))

    def _unpark(self, node: str | None) -> None:
        for item in list(self.parked):
            if node is None or self._hidden.get(item, ("",))[0] == node:
                del self.parked[item]
                self._show(item)

    def _hide(self, item: int, node: str, cls: Urgency) -> None:
        if item not in self._hidden:
            self._hidden[item] = (node, cls)
            self._lane(node).hidden[cls] += 1

    def _show(self, item: int) -> None:
        """Count an item as waiting again, unless something else still hides it."""
        if item not in self.leases and item not in self.parked:
            self._unhide(item)

    def _unhide(self, item: int) -> None:
        found = self._hidden.pop(item, None)
        if found is not None:
            node, cls = found
            self._lane(node).hidden[cls] -= 1
            self._changed.add(node)


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


def _work_of(lane: _Lane) -> LaneWork | None:
    waiting = tuple(
        max(0, held - hidden) for held, hidden in zip(lane.held, lane.hidden, strict=True)
    )
    most_urgent = next((cls for cls in Urgency if waiting[cls]), None)
    if most_urgent is None:
        return None
    return LaneWork(
        row=lane.row,
        waiting=sum(waiting),
        most_urgent=most_urgent,
        by_class=waiting,
        newest_emergency=lane.newest_emergency,
    )
