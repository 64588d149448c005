"""The lanes that are held in memory, with their health: steps them, tells of it, keeps it.

Does: everything about one lane that the engine does not decide for all. Leaves to the engine who
may begin, and to protocol.delivery.lane what an event means.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.delivery.contacts import Contacts
from gateway.delivery.lanes import Lane, new_lane
from gateway.journal import Journal, Seldom
from gateway.metrics import Metrics
from gateway.ports import Clock, Randomness
from gateway.service.guard import passing_over_full
from gateway.store import Store
from protocol.delivery.circuit import Phase
from protocol.delivery.lane import (
    Answered,
    EmergencyQueued,
    Failed,
    LaneAction,
    LaneEvent,
    step,
)
from protocol.identifiers import NodeId

_NEVER_S: Final = float("-inf")
_PHASES: Final = {Phase.CLOSED: 0, Phase.HALF_OPEN: 1, Phase.OPEN: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneView:
    """How one lane stands, for the operator.

    Args:
        phase: Of its circuit.
        failures: In a row.
        due_in_s: Until the next attempt; 0 if it is due.
    """

    phase: Phase
    failures: int
    due_in_s: float


class LaneKeeper:
    """The lanes with work or a fault.

    Args:
        store: What waits, and where health is kept.
        clock: Time.
        randomness: Spreads waits.
        journal: Diagnostics.
        metrics: Counts failures on the way to a node, and shows circuits.
        changed: Called with the node of a lane that is to be looked at.

    Attributes:
        lanes: By node.
        contacts: When each node was met last.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        randomness: Randomness,
        journal: Journal,
        metrics: Metrics,
        changed: Callable[[NodeId], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._randomness = randomness
        self._journal = journal
        self._metrics = metrics
        self._changed = changed
        self._seldom = Seldom(clock.monotonic_s)
        self.contacts = Contacts(clock)
        self.lanes: dict[NodeId, Lane] = {}

    def failing(self) -> dict[NodeId, int]:
        """Return the lanes that failed, with the number of failures in a row."""
        return {
            node: lane.state.circuit.failures
            for node, lane in self.lanes.items()
            if lane.state.circuit.failures
        }

    def views(self) -> Mapping[NodeId, LaneView]:
        """Return how each lane stands that has work or a fault; the others are closed and due."""
        now_s = self._clock.monotonic_s()
        return {
            node: LaneView(
                phase=lane.state.circuit.phase,
                failures=lane.state.circuit.failures,
                due_in_s=max(0.0, lane.state.due_s - now_s),
            )
            for node, lane in self.lanes.items()
        }

    async def refresh(self, node: NodeId) -> Lane | None:
        """Take what waits in a lane from the store.

        Args:
            node: Which.

        Returns:
            The lane; None if it has neither work nor a fault, and is let go.
        """
        work = await self._store.lane_work(node)
        lane = self.lanes.get(node)
        if lane is None:
            if work is None:
                return None
            lane = self.lanes[node] = new_lane(work)
            lane.is_live = self.contacts.exchanges(node).reached_s > _NEVER_S and not (
                lane.state.circuit.failures
            )
        lane.work = work
        if work is not None and work.newest_emergency > lane.emergency:
            lane.emergency = work.newest_emergency
            self.step(lane, EmergencyQueued())
        if work is None and not lane.is_busy and not self._keeps(lane):
            del self.lanes[node]
            return None
        return lane

    async def reached(self, node: NodeId) -> None:
        """Take note that a node answered.

        Args:
            node: Which.

        Raises:
            StorageError: It is not kept.
        """
        self.contacts.reached(node)
        lane = self.lanes.get(node)
        if lane is None:
            return
        lane.last_ok_ms = self._clock.now_ms()
        lane.is_live = True
        if LaneAction.SAVE in self.step(lane, Answered()):
            await self._save(lane, error=None)

    async def keep(self, node: NodeId) -> None:
        """Keep when a node answered last; what carries items keeps it with their outcome.

        Args:
            node: Which.

        Raises:
            StorageError: It is not kept.
        """
        lane = self.lanes.get(node)
        if lane is None:
            lane = Lane(node=node, last_ok_ms=self._clock.now_ms())
        if not lane.state.circuit.failures:
            await self._save(lane, error=None)

    async def failed(self, lane: Lane) -> None:
        """Take note that an attempt met no answer.

        Args:
            lane: Whose.

        Raises:
            StorageError: It is not kept.
        """
        lane.is_live = False
        work = await self._store.lane_work(lane.node)
        urgency = lane.most_urgent if work is None else work.most_urgent
        if LaneAction.SAVE in self.step(lane, Failed(urgency)):
            await self._save(lane, error="unreached")

    def step(self, lane: Lane, event: LaneEvent) -> frozenset[LaneAction]:
        """Step a lane and tell of it; what is to be saved is the caller's.

        Args:
            lane: Which.
            event: What happened.

        Returns:
            What the step asks for.
        """
        before = lane.state.circuit.phase
        lane.state, actions = step(
            lane.state,
            event,
            now_s=self._clock.monotonic_s(),
            draw=self._randomness.between(0.0, 1.0),
        )
        node, phase = str(lane.node), lane.state.circuit.phase
        if LaneAction.WAIT in actions:
            self._metrics.lane_failures(node)
            self._tell_wait(lane)
        if LaneAction.HEAL in actions:
            self._journal.info("lane_healed", node=node)
        if LaneAction.OPEN in actions:
            self._journal.warning("lane_opened", node=node, failures=lane.state.circuit.failures)
        if LaneAction.CLOSE in actions and before is not Phase.CLOSED:
            self._journal.info("lane_closed", node=node)
        if phase is not before:
            self._metrics.lane_state(node, _PHASES[phase])
        if actions:
            self._changed(lane.node)
        return actions

    def _tell_wait(self, lane: Lane) -> None:
        left_out = self._seldom.due(str(lane.node))
        if left_out is not None:
            self._journal.info(
                "lane_waits",
                node=str(lane.node),
                failures=lane.state.circuit.failures,
                wait_ms=round(lane.state.back_off_s * 1000),
                left_out=left_out,
            )

    async def _save(self, lane: Lane, *, error: str | None) -> None:
        """Keep a lane's health; on a full disk in memory alone, where it counts until a start."""
        now_ms, now_s = self._clock.now_ms(), self._clock.monotonic_s()
        with passing_over_full():
            await self._store.save_lane(lane.row(now_ms=now_ms, now_s=now_s, error=error))

    def _keeps(self, lane: Lane) -> bool:
        """Tell whether a lane without work has something to remember in memory."""
        held = max(lane.state.held_s) > self._clock.monotonic_s()
        return bool(lane.state.circuit.failures) or held
