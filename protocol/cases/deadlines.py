"""The clocks of a thread: what is due, when, by law or by policy, and who has to act.

A pure reading of the thread at one moment; nothing is kept, so clocks survive restarts by
themselves. Policy clocks add the time in which they stood still because information was asked
for; legal ones never pause. The clocks of delivery (attempts, escalation) are not these.

Source: docs/domain.md, section 9.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from protocol.cases.days import end_of_day_ms, moment_ms, zone_of
from protocol.cases.items import Item, ItemState
from protocol.cases.message import Side
from protocol.cases.phases import Phase
from protocol.cases.preservation import PreservationState
from protocol.cases.request import Asking, Pause, Request, WaitFor
from protocol.cases.state import Thread
from protocol.cases.terms import (
    DOMESTIC_ORDER,
    ORDER_SERVED,
    PRESERVATION_FLOOR,
    PROVIDER_ANSWER,
    SUBSCRIBER_RETURNED,
    TRAFFIC_RETURNED,
    Law,
    LegalTerm,
    Policies,
    Policy,
)
from protocol.delivery.urgency import urgency_of
from protocol.identifiers import MessageId


class Due(StrEnum):
    """What is due."""

    ACCEPTED = "accepted by the other node"
    ACKNOWLEDGED = "acknowledged by a person"
    DECISION = "decision or status"
    EXPECTED = "decision as announced"
    INFORMATION = "information asked for"
    DETERMINATION = "determination asked for"
    ACCOUNT = "account of use"
    REVIEW = "review of a postponement"
    PRESERVATION = "end of preservation"
    DOMESTIC_ORDER = "renewal of the domestic order"
    ORDER_SERVED = "order served"
    DATA_RETURNED = "data returned under the order"
    PROVIDER_ANSWER = "answer of the provider"


class Standing(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    PAUSED = "paused"
    OVERDUE = "overdue"
    HELD = "held"
    """Preserved without an end, until the request for disclosure is decided."""
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One clock that runs or has run out; what was met in time is not named any more.

    Args:
        due: What is due.
        request: Of which request.
        item_id: Of which item; None for the request as a whole.
        start_ms: Since when it runs, ms since 1970 UTC.
        due_ms: When it ends, as things stand; None without an end.
        standing: How it stands.
        acts: Who has to act; None for both.
        law: Where it stands; None for policy.
    """

    due: Due
    request: MessageId
    item_id: str | None = None
    start_ms: int
    due_ms: int | None
    standing: Standing
    acts: Side | None
    law: Law | None = None

    @property
    def is_legal(self) -> bool:
        """Tell whether a treaty sets it."""
        return self.law is not None


_ANSWERS_OF = {
    WaitFor.INFORMATION: Due.INFORMATION,
    WaitFor.DETERMINATION: Due.DETERMINATION,
    WaitFor.ACCOUNT: Due.ACCOUNT,
}


def deadlines_of(
    thread: Thread, *, now_ms: int, policies: Policies | None = None
) -> tuple[Deadline, ...]:
    """Return the clocks of a thread.

    Args:
        thread: As messages have it; at whatever time.
        now_ms: The present, ms since 1970 UTC.
        policies: Of this node; None for the usual ones.

    Returns:
        By request and then by kind; the same at both nodes under the same policies.
    """
    country = "" if thread.requested is None else thread.requested.country
    policy = (policies or Policies()).of(country)
    return tuple(
        deadline
        for request in thread.at(now_ms).requests.values()
        for deadline in _Clocks(thread, request, policy, now_ms).all()
    )


def paused_ms(pauses: tuple[Pause, ...], *, start_ms: int, now_ms: int) -> int:
    """Return for how long a clock that began at one moment has stood still until another.

    Args:
        pauses: Of its request; they do not overlap.
        start_ms: When the clock began.
        now_ms: The present.
    """
    total = 0
    for pause in pauses:
        end_ms = now_ms if pause.end_ms is None else min(pause.end_ms, now_ms)
        total += max(0, end_ms - max(pause.start_ms, start_ms))
    return total


class _Clocks:
    """The clocks of one request at one moment."""

    def __init__(self, thread: Thread, request: Request, policy: Policy, now_ms: int) -> None:
        self._request = request
        self._policy = policy
        self._now_ms = now_ms
        self._zone = zone_of(thread.zone)
        self._phase = request.phase
        self._paused = any(pause.end_ms is None for pause in request.pauses)

    def all(self) -> Iterator[Deadline]:
        """Yield them, by kind."""
        if self._phase is not Phase.CLOSED:
            yield from self._of_receipt()
            yield from self._of_decision()
            yield from self._of_order()
        yield from self._of_answers()
        yield from self._of_data()

    def _of_receipt(self) -> Iterator[Deadline]:
        request = self._request
        cls = urgency_of(request.urgency, request.type)
        if request.reach is Phase.QUEUED:
            term = self._policy.accepted[cls]
            yield self._clock(Due.ACCEPTED, request.t_ms, request.t_ms + term, acts=None)
        if not request.is_taken:
            term = self._policy.acknowledged[cls]
            yield self._clock(Due.ACKNOWLEDGED, request.t_ms, request.t_ms + term)

    def _of_decision(self) -> Iterator[Deadline]:
        request = self._request
        if request.asking in {Asking.NOTHING, Asking.OFFER}:
            return
        if not request.is_decided:
            start = request.t_ms if request.status_ms is None else request.status_ms
            term = self._policy.decided[request.urgency]
            yield self._pausing(Due.DECISION, start, start + term)
            if (said := request.expectation) is not None:
                by_ms = moment_ms(said.by, self._zone)
                yield self._pausing(Due.EXPECTED, said.said_ms, by_ms)
        for item in request.items:
            if item.review_on is not None and item.state is ItemState.POSTPONED:
                end = end_of_day_ms(item.review_on, self._zone)
                yield self._clock(Due.REVIEW, request.t_ms, end, item=item)

    def _of_order(self) -> Iterator[Deadline]:
        """Yield the clocks of the Second Additional Protocol, Articles 7 and 8."""
        request = self._request
        if request.issued_on is not None:
            issued_ms = end_of_day_ms(request.issued_on, zone_of(None))
            yield self._legal(Due.PROVIDER_ANSWER, PROVIDER_ANSWER, issued_ms, None)
        if request.type != "order_effect_request":
            return
        for item in request.items:
            if item.is_open:
                yield self._legal(Due.ORDER_SERVED, ORDER_SERVED, request.t_ms, item)
            elif item.awaits_result and item.granted_ms is not None:
                traffic = item.category == "traffic"
                term = TRAFFIC_RETURNED if traffic else SUBSCRIBER_RETURNED
                yield self._legal(Due.DATA_RETURNED, term, item.granted_ms, item)

    def _of_answers(self) -> Iterator[Deadline]:
        for wait in self._request.waits:
            due = _ANSWERS_OF.get(wait.what)
            if due is not None and wait.answer_by is not None:
                by_ms = moment_ms(wait.answer_by, self._zone)
                yield self._clock(due, wait.since_ms, by_ms, acts=Side.REQUESTING)

    def _of_data(self) -> Iterator[Deadline]:
        """Yield the end of preservation of each item: it counts also in a closed case."""
        for item in self._request.items:
            data = item.preservation
            if data is None or data.at_ms is None or data.until_ms is None:
                continue
            standing = _STANDINGS.get(data.state)
            if standing is None:
                continue
            held = standing is Standing.HELD
            yield Deadline(
                due=Due.PRESERVATION,
                request=self._request.mid,
                item_id=item.item_id,
                start_ms=data.at_ms,
                due_ms=None if held else data.until_ms,
                standing=standing,
                acts=None,
                law=PRESERVATION_FLOOR.law,
            )
            if held or (standing is Standing.RUNNING):
                yield from self._domestic_order(item, data.at_ms, None if held else data.until_ms)

    def _domestic_order(self, item: Item, at_ms: int, until_ms: int | None) -> Iterator[Deadline]:
        """Yield the next day by which the requested side renews its own order, if there is one."""
        term = DOMESTIC_ORDER.ms
        rounds = max(0, self._now_ms - at_ms) // term + 1
        due_ms = at_ms + rounds * term
        if until_ms is None or due_ms < until_ms:
            yield self._clock(Due.DOMESTIC_ORDER, at_ms, due_ms, item=item, law=DOMESTIC_ORDER.law)

    def _pausing(self, due: Due, start_ms: int, due_ms: int) -> Deadline:
        """Return a policy clock to which the time is added in which it stood still."""
        request, now_ms = self._request, self._now_ms
        stood = paused_ms(request.pauses, start_ms=start_ms, now_ms=now_ms)
        return self._clock(due, start_ms, due_ms + stood, paused=self._paused)

    def _legal(self, due: Due, term: LegalTerm, start_ms: int, item: Item | None) -> Deadline:
        return self._clock(due, start_ms, start_ms + term.ms, item=item, law=term.law)

    def _clock(
        self,
        due: Due,
        start_ms: int,
        due_ms: int,
        *,
        item: Item | None = None,
        acts: Side | None = Side.REQUESTED,
        law: Law | None = None,
        paused: bool = False,
    ) -> Deadline:
        late = self._now_ms >= due_ms
        running = Standing.PAUSED if paused else Standing.RUNNING
        return Deadline(
            due=due,
            request=self._request.mid,
            item_id=None if item is None else item.item_id,
            start_ms=start_ms,
            due_ms=due_ms,
            standing=Standing.OVERDUE if late else running,
            acts=acts,
            law=law,
        )


_STANDINGS = {
    PreservationState.PRESERVED: Standing.RUNNING,
    PreservationState.EXTENDED: Standing.RUNNING,
    PreservationState.HELD: Standing.HELD,
    PreservationState.LAPSED: Standing.LAPSED,
}
