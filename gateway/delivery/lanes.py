"""The lanes that have work, or a fault, as the engine holds them; and what each needs next.

What a lane may do is decided by protocol.delivery.lane, .circuit and .slots; here these rules
meet what waits and what is under way.
"""

from dataclasses import dataclass, field

from gateway.records import LaneRow, LaneWork, OutboxKind
from gateway.service.batches import BATCH_BYTES, Attempt, Batch
from protocol.delivery.circuit import URGENT_SLOTS, Phase
from protocol.delivery.lane import LaneState, at_start
from protocol.delivery.pace import Pace
from protocol.delivery.slots import Job
from protocol.delivery.urgency import Urgency
from protocol.identifiers import NodeId


@dataclass(slots=True, kw_only=True)
class Lane:
    """One destination.

    Args:
        node: Which.
        state: Its health.
        pace: What is known of the way.
        work: What waits, as the store said last; None if nothing does.
        last_ok_ms: When it answered last, wall time.
        is_live: Whether the last attempt of this run was answered.
        emergency: The newest P0 that was seen.
        running: Workers under way, by what they were granted for.
        claiming: Jobs whose worker has not claimed anything yet.
        idle: Jobs that found nothing; until something changes.
        idle_to: Down to which class the last worker for all classes found nothing; less urgent ones
            may have had to wait, and their time comes by itself.
        changes: How often something changed: a worker that began before did not see it.
        receipting: The attempt among those of all classes that carries receipts, None without
            one. The next receipts gather meanwhile: there is one for each stage of each message.
        gathering_s: Monotonic seconds until which they gather after it, None where none went just
            now. `gathered` ends it, and nothing else: whoever sets it has that called.
    """

    node: NodeId
    state: LaneState = field(default_factory=LaneState)
    pace: Pace = field(default_factory=Pace)
    work: LaneWork | None = None
    last_ok_ms: int | None = None
    is_live: bool = False
    emergency: int = 0
    running: dict[Job, int] = field(default_factory=lambda: dict.fromkeys(Job, 0))
    claiming: set[Job] = field(default_factory=set)
    idle: set[Job] = field(default_factory=set)
    idle_to: Urgency = Urgency.P3
    changes: int = 0
    receipting: Attempt | None = None
    gathering_s: float | None = None

    def claimed(self, attempt: Attempt) -> None:
        """Take note of what an attempt of all classes carries; the last claim counts.

        It may have claimed receipts, given them back and claimed envelopes.

        Args:
            attempt: It has claimed something.
        """
        if attempt.kind is OutboxKind.RECEIPT:
            self.receipting = attempt
        elif self.receipting is attempt:
            self.receipting = None

    def ended(self, attempt: Attempt, until_s: float) -> bool:
        """Take note that an attempt ended; after receipts, the next ones gather a moment longer.

        Args:
            attempt: Of all classes.
            until_s: How long, monotonic seconds.

        Returns:
            Whether `gathered` is to be called then.
        """
        if self.receipting is not attempt:
            return False
        self.receipting = None
        self.gathering_s = until_s
        return True

    def gathered(self, now_s: float) -> None:
        """Let the receipts go that gathered, if it is time.

        Args:
            now_s: Monotonic seconds.
        """
        if self.gathering_s is not None and self.gathering_s <= now_s:
            self.gathering_s = None
            self.changed()

    def changed(self) -> None:
        """Take note that there may be something for whoever found nothing."""
        self.changes += 1
        self.idle.clear()

    def found_nothing(self, job: Job, batch: Batch) -> None:
        """Take note that a worker found nothing of what it looked for.

        Args:
            job: What it was granted for.
            batch: What it looked for.
        """
        self.idle.add(job)
        if job is Job.BULK:
            self.idle_to = batch.down_to

    @property
    def is_open(self) -> bool:
        """Whether only one attempt at a time goes."""
        return self.state.circuit.phase is Phase.OPEN

    @property
    def is_busy(self) -> bool:
        """Whether anything is under way."""
        return any(self.running.values())

    @property
    def may_bulk(self) -> bool:
        """Whether a batch of all classes may begin: not while an emergency is on its way there.

        What is under way goes on; a large frame more would only make both ends slower.
        """
        return not self.running[Job.EMERGENCY]

    @property
    def most_urgent(self) -> Urgency:
        """The most urgent class that waits."""
        return Urgency.P3 if self.work is None else self.work.most_urgent

    def wants(self, now_s: float) -> tuple[Job, ...]:
        """Return what this lane needs workers for now, the most urgent first.

        Args:
            now_s: Monotonic seconds.
        """
        work = self.work
        if work is None or not self.state.is_due(now_s, work.most_urgent):
            return ()
        if self.is_open:
            return self._probe(work)
        down_to = self.state.down_to(now_s)
        p0, p1 = work.by_class[Urgency.P0], work.by_class[Urgency.P1]
        urgent = self.running[Job.EMERGENCY] + self.running[Job.URGENT]
        jobs = []
        if p0 and urgent < URGENT_SLOTS:
            jobs.append(Job.EMERGENCY)
        if p1 and urgent < URGENT_SLOTS - 1:
            jobs.append(Job.URGENT)
        bulk = any(work.by_class[cls] for cls in Urgency if Urgency.P1 < cls <= down_to)
        more = bulk or ((p0 or p1) and not jobs)
        if more and self.may_bulk and self._bulk < self.state.circuit.slots:
            jobs.append(Job.BULK)
        idle = self.idle if down_to <= self.idle_to else self.idle - {Job.BULK}
        return tuple(job for job in jobs if job not in self.claiming and job not in idle)

    def batch(self, job: Job, now_s: float) -> Batch:
        """Return what a worker sends next.

        Args:
            job: What it was granted for.
            now_s: Monotonic seconds.
        """
        if self.is_open:
            return Batch(kind=None, urgent_only=False, max_items=1)
        if job is Job.EMERGENCY:
            return Batch(kind=None, urgent_only=True, down_to=Urgency.P0)
        if job is Job.URGENT:
            return Batch(kind=None, urgent_only=True)
        may_receipt = self.receipting is None and self.gathering_s is None
        return Batch(
            kind=None if may_receipt else OutboxKind.ENVELOPE,
            urgent_only=False,
            down_to=self.state.down_to(now_s),
            max_items=self.pace.items,
            max_bytes=self.pace.max_bytes(BATCH_BYTES),
        )

    def row(self, *, now_ms: int, now_s: float, error: str | None) -> LaneRow:
        """Return what is kept of this lane.

        Args:
            now_ms: Wall time.
            now_s: Monotonic seconds.
            error: Why it was not reached, None if it was.
        """
        wait_s = max(0.0, self.state.due_s - now_s)
        return LaneRow(
            node=self.node,
            failures=self.state.circuit.failures,
            back_off_ms=round(self.state.back_off_s * 1000),
            due_ms=now_ms + round(wait_s * 1000) if wait_s else 0,
            last_ok_ms=self.last_ok_ms,
            last_error=error,
        )

    @property
    def _bulk(self) -> int:
        return self.running[Job.BULK] + self.running[Job.PROBE]

    def _probe(self, work: LaneWork) -> tuple[Job, ...]:
        """One at a time; an emergency waits for no worker of the node."""
        job = Job.EMERGENCY if work.most_urgent is Urgency.P0 else Job.PROBE
        return () if self.is_busy or job in self.idle else (job,)


def new_lane(work: LaneWork) -> Lane:
    """Return a lane that is not held yet, as an earlier run or an earlier backlog left it.

    Args:
        work: What waits in it.
    """
    row = work.row
    return Lane(
        node=row.node,
        state=at_start(failures=row.failures, back_off_ms=row.back_off_ms),
        last_ok_ms=row.last_ok_ms,
        emergency=work.newest_emergency,
    )
