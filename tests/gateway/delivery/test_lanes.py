"""What a lane needs a worker for, and what that worker sends."""

from dataclasses import replace

import pytest

from gateway.delivery.lanes import Lane, new_lane
from gateway.records import LaneRow, LaneWork, OutboxKind
from gateway.service.batches import Attempt
from protocol.delivery.circuit import Circuit
from protocol.delivery.lane import GATHER_S, LaneState
from protocol.delivery.pace import Pace
from protocol.delivery.slots import Job
from protocol.delivery.urgency import Urgency
from tests.gateway.service.world import RO

NOW_S = 1000.0


def lane(*waiting: int, state: LaneState | None = None, **running: int) -> Lane:
    """Return a lane with so many items of each class, and workers under way."""
    made = new_lane(work(*waiting))
    made.work = work(*waiting)
    if state is not None:
        made.state = state
    for job, count in running.items():
        made.running[Job[job]] = count
    return made


def work(*waiting: int, failures: int = 0) -> LaneWork:
    """Return what waits."""
    by_class = (*waiting, 0, 0, 0, 0)[:4]
    row = LaneRow(
        node=RO,
        failures=failures,
        back_off_ms=failures * 1000,
        due_ms=0,
        last_ok_ms=7,
        last_error=None,
    )
    return LaneWork(
        row=row,
        waiting=sum(by_class),
        most_urgent=next(cls for cls in Urgency if by_class[cls]),
        by_class=by_class,
        newest_emergency=3,
    )


@pytest.mark.parametrize(
    ("made", "jobs"),
    [
        (lane(1), (Job.EMERGENCY,)),
        (lane(0, 1), (Job.URGENT,)),
        (lane(0, 0, 1), (Job.BULK,)),
        (lane(0, 0, 0, 1), (Job.BULK,)),
        (lane(1, 1, 1, 1), (Job.EMERGENCY, Job.URGENT, Job.BULK)),
        (lane(0, 1, URGENT=1), (Job.BULK,)),
        (lane(1, 0, 0, 0, URGENT=1), (Job.EMERGENCY,)),
        (lane(1, 0, 0, 9, EMERGENCY=1), (Job.EMERGENCY,)),
        (lane(1, 0, 0, 9, EMERGENCY=2), ()),
        (lane(0, 0, 9, BULK=2), (Job.BULK,)),
        (lane(0, 0, 9, BULK=3), ()),
    ],
)
def test_places_for_what_is_urgent_are_never_taken_by_the_rest(
    made: Lane, jobs: tuple[Job, ...]
) -> None:
    """Two for P0 and P1, one of them for P0 alone; one to three for everything."""
    assert made.wants(NOW_S) == jobs


def test_open_circuit_has_one_worker_with_one_item() -> None:
    """An emergency is no exception, but waits for no worker of the node."""
    state = LaneState(circuit=Circuit(failures=3, slots=1))
    assert lane(1, 1, 1, 1, state=state).wants(NOW_S) == (Job.EMERGENCY,)
    assert lane(0, 1, 1, 1, state=state).wants(NOW_S) == (Job.PROBE,)
    assert lane(1, state=state, PROBE=1).wants(NOW_S) == ()
    batch = lane(1, state=state).batch(Job.EMERGENCY, NOW_S)
    assert (batch.kind, batch.max_items, batch.down_to) == (None, 1, Urgency.P3)


def test_lane_that_waits_or_is_held_wants_nothing_it_may_not_have() -> None:
    """Back-off for all but the more urgent; after an outage P2 and P3 alone wait."""
    waits = LaneState(due_s=NOW_S + 9, waits_for=Urgency.P2)
    assert lane(0, 0, 5, state=waits).wants(NOW_S) == ()
    assert lane(0, 1, 5, state=waits).wants(NOW_S) == (Job.URGENT, Job.BULK)
    held = LaneState(held_s=(NOW_S + 5, NOW_S + 50))
    assert lane(0, 0, 5, 5, state=held).wants(NOW_S) == ()
    assert lane(0, 0, 5, 5, state=held).wants(NOW_S + 6) == (Job.BULK,)
    assert lane(0, 0, 5, 5, state=held).batch(Job.BULK, NOW_S + 6).down_to is Urgency.P2
    assert lane(0, 0, 0, 5, state=held).wants(NOW_S + 6) == ()


def test_worker_that_looks_for_its_items_or_found_none_is_not_doubled() -> None:
    """Until it has claimed, what waits is what it will take."""
    made = lane(0, 0, 9)
    made.claiming.add(Job.BULK)
    assert made.wants(NOW_S) == ()
    made.claiming.clear()
    made.idle.add(Job.BULK)
    assert made.wants(NOW_S) == ()
    made.work = None
    assert made.wants(NOW_S) == ()
    assert made.most_urgent is Urgency.P3


def test_batches_carry_what_their_place_is_for() -> None:
    """Small frames for emergencies; of all classes as much as the way takes."""
    made = lane(1, 1, 1, 1)
    emergency, urgent = made.batch(Job.EMERGENCY, NOW_S), made.batch(Job.URGENT, NOW_S)
    assert (emergency.urgent_only, emergency.down_to) == (True, Urgency.P0)
    assert urgent.urgent_only
    made.pace = Pace(rate=1000, items=2)
    bulk = made.batch(Job.BULK, NOW_S)
    assert (bulk.kind, bulk.max_items, bulk.max_bytes) == (None, 2, 2000)
    made.receipting = Attempt(node=RO, kind=OutboxKind.RECEIPT)
    assert made.batch(Job.BULK, NOW_S).kind is OutboxKind.ENVELOPE


def test_row_is_a_hint_for_people_and_the_next_start() -> None:
    """Wall time as it would be; a healthy lane is due."""
    made = new_lane(work(1, failures=4))
    assert made.is_open
    assert made.emergency == 3
    made.state = replace(made.state, due_s=NOW_S + 2.5)
    row = made.row(now_ms=10_000, now_s=NOW_S, error="unreached")
    assert (row.failures, row.back_off_ms, row.due_ms) == (4, 4000, 12_500)
    assert (row.last_ok_ms, row.last_error) == (7, "unreached")
    assert Lane(node=RO).row(now_ms=10_000, now_s=NOW_S, error=None).due_ms == 0


def test_receipts_that_were_given_back_hold_up_no_others() -> None:
    """Found by simulation: a worker that claimed receipts, then envelopes, never let go of them."""
    busy = lane(0, 0, 1)
    attempt = Attempt(node=RO, kind=OutboxKind.RECEIPT)
    busy.claimed(attempt)
    assert busy.batch(Job.BULK, NOW_S).kind is OutboxKind.ENVELOPE
    attempt.kind = OutboxKind.ENVELOPE
    busy.claimed(attempt)
    assert busy.batch(Job.BULK, NOW_S).kind is None
    assert not busy.ended(attempt, NOW_S)
    assert busy.batch(Job.BULK, NOW_S).kind is None


def test_receipts_that_come_back_are_news_for_whoever_looked_past_them() -> None:
    """Found by simulation: a worker that looked for envelopes only ended last, and all slept."""
    busy = lane(0, 0, 1)
    carries = Attempt(node=RO, kind=OutboxKind.RECEIPT)
    busy.claimed(carries)
    seen = busy.changes
    assert busy.batch(Job.BULK, NOW_S).kind is OutboxKind.ENVELOPE
    busy.idle.add(Job.BULK)
    assert busy.ended(carries, NOW_S + GATHER_S)
    busy.gathered(NOW_S + GATHER_S)
    assert busy.changes != seen
    assert busy.wants(NOW_S + GATHER_S) == (Job.BULK,)


def test_receipts_gather_for_a_moment_after_receipts_and_envelopes_do_not() -> None:
    """A caller who waits for each message costs its peer one frame of receipts for several."""
    busy = lane(0, 0, 1)
    carries = Attempt(node=RO, kind=OutboxKind.RECEIPT)
    assert busy.batch(Job.BULK, NOW_S).kind is None  # those that come alone wait for nothing
    busy.claimed(carries)
    busy.ended(carries, NOW_S + GATHER_S)
    busy.found_nothing(Job.BULK, busy.batch(Job.BULK, NOW_S))
    for early_s in (NOW_S, NOW_S + GATHER_S / 2):
        busy.gathered(early_s)
        assert busy.batch(Job.BULK, early_s).kind is OutboxKind.ENVELOPE
        assert busy.wants(early_s) == ()
    assert busy.batch(Job.URGENT, NOW_S).kind is None
    busy.gathered(NOW_S + GATHER_S)
    assert busy.batch(Job.BULK, NOW_S + GATHER_S).kind is None
    assert busy.wants(NOW_S + GATHER_S) == (Job.BULK,)


def test_what_was_held_after_an_outage_goes_once_its_time_has_come() -> None:
    """Found by simulation: who looked past what was held found nothing, and nobody looked again."""
    held = LaneState(held_s=(NOW_S + 5, NOW_S + 50))
    made = lane(0, 0, 5, 5, state=held)
    made.found_nothing(Job.BULK, made.batch(Job.BULK, NOW_S))
    assert made.wants(NOW_S) == ()
    assert made.wants(NOW_S + 6) == (Job.BULK,)
    made.found_nothing(Job.BULK, made.batch(Job.BULK, NOW_S + 6))
    assert made.wants(NOW_S + 7) == ()
    assert made.wants(NOW_S + 51) == (Job.BULK,)
    made.found_nothing(Job.BULK, made.batch(Job.BULK, NOW_S + 51))
    assert made.wants(NOW_S + 52) == ()
    made.idle_to = Urgency.P1
    made.found_nothing(Job.URGENT, made.batch(Job.URGENT, NOW_S + 51))
    assert made.idle_to is Urgency.P1
