"""What an officer looks up: lists, one message, a thread, the attempts to deliver. Changes nothing.

Reading here is no act and makes no receipt; opening is (gateway.service.act). A received message
shows its content only once an officer has opened it.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.errors import DataError, NoInputError
from gateway.lateness import CopyRow, EscalationRow
from gateway.ports import Clock, Directory
from gateway.records import (
    Direction,
)
from gateway.rows import AttemptRow, MessageRow
from gateway.service.advice import Late, Said, advice_on, card_of
from gateway.service.case import Case, Cases
from gateway.service.clocks import next_due_ms, step_clocks
from gateway.service.contents import content_of, legible_inner
from gateway.service.erased import erased_day, refuse_erased
from gateway.service.explain import explained
from gateway.service.orders import COPY_OF
from gateway.service.shown import (
    Explanation,
    FileLine,
    MessageContent,
    MessageDetail,
    MessageLine,
)
from gateway.service.summary import document_of
from gateway.service.surroundings import meant
from gateway.service.waiting import is_request, met_steps, summary_of
from gateway.service.ways import Way
from gateway.store import Casebook
from protocol.cases.ladder import MessageState, reached
from protocol.delivery.escalation import Budgets, Step, reached_stage
from protocol.delivery.reference import bounds_of
from protocol.errors import MalformedError
from protocol.identifiers import MESSAGE_ID_BYTES, MessageId, NodeId


class NotOpenedError(DataError):
    """The content of a received message is asked for, and nobody has opened it."""

    default_code = "not_opened"


class LateBook(Protocol):
    """What is looked up of messages that were late."""

    async def escalations(self, mids: Sequence[MessageId]) -> tuple[EscalationRow, ...]:
        """Return the stages told of some messages of ours, in the order of telling."""

    async def copies(self, mid: MessageId) -> tuple[CopyRow, ...]:
        """Return the pair of message and copy that a message of ours belongs to, if to one."""

    async def coded(self, low: MessageId, high: MessageId) -> tuple[MessageRow, ...]:
        """Return the messages whose ids lie between two, both included; of any sender."""


class WayBook(Protocol):
    """The ways to other nodes."""

    async def all(self) -> Mapping[NodeId, Way]:
        """Return the way to each node that was ever met or written to."""


class Consult:
    """Read-only views.

    Args:
        casebook: Messages, states, events.
        directory: Names of the other side.
        clock: The present time, for clocks.
        cases: Where cases stand.
        late: What was told of late messages.
        ways: The ways to other nodes.
        budgets: How long a step may take at this node.
    """

    __slots__ = ("_budgets", "_casebook", "_cases", "_clock", "_directory", "_late", "_ways")

    def __init__(
        self,
        casebook: Casebook,
        directory: Directory,
        clock: Clock,
        *,
        cases: Cases,
        late: LateBook,
        ways: WayBook,
        budgets: Budgets,
    ) -> None:
        self._late = late
        self._ways = ways
        self._budgets = budgets
        self._casebook = casebook
        self._cases = cases
        self._directory = directory
        self._clock = clock

    async def messages(
        self, direction: Direction, *, limit: int, before: int | None = None
    ) -> tuple[MessageLine, ...]:
        """Return messages one way, newest first.

        Args:
            direction: Received or sent.
            limit: At most so many.
            before: Only those older than this position, as the store counts it.
        """
        return await self._lines(
            await self._casebook.messages(direction, limit=limit, before=before)
        )

    async def lines_of(self, rows: Sequence[MessageRow]) -> tuple[MessageLine, ...]:
        """Return the lines of some messages, in the same order.

        Args:
            rows: As the store has them.
        """
        return await self._lines(rows)

    async def coded(self, code: str) -> tuple[MessageLine, ...]:
        """Return the messages that a short code names, sent or received: usually one.

        Args:
            code: As it was heard on the telephone.

        Raises:
            NoInputError: Not a code, or no message has it.
        """
        try:
            low, high = bounds_of(code)
        except MalformedError as error:
            raise NoInputError("a code has eight letters and digits: 9F0K-WW2T") from error
        lines = await self._lines(await self._late.coded(low, high))
        if not lines:
            raise NoInputError(
                "no message here has this code", hint="have it read out once more, sign by sign"
            )
        return lines

    async def thread(self, thread: MessageId) -> tuple[MessageLine, ...]:
        """Return the messages of a thread in order of time.

        Raises:
            NoInputError: No message of such a thread is here.
        """
        rows = await self._casebook.thread(thread)
        if not rows:
            raise NoInputError(f"no thread {thread} is here", hint="see: a35 inbox, a35 outbox")
        return await self._lines(rows)

    async def case(self, thread: MessageId) -> Case:
        """Return where the case of a thread stands now."""
        return await self._cases.case(thread)

    async def show(self, mid: MessageId) -> MessageDetail:
        """Return one message with its clocks and timeline.

        Raises:
            NoInputError: No such message is here.
        """
        timeline = await self._casebook.timeline((await self._row(mid)).sender, mid)
        # The state is read after the events: whoever waits for events above `last_event` must
        # not be shown a state that is older than it, or the last step would pass unseen.
        row = await self._row(mid)
        stages = await self._stages([row])
        line = self._line(row, stages)
        copies = await self._late.copies(mid) if row.direction is Direction.OUT else ()
        is_ours = line.late is not None and row.direction is Direction.OUT
        card = card_of(self._directory, row.recipient) if is_ours else None
        said = () if line.late is None else advice_on(row, line.late, card, copies)
        if (day := erased_day(row)) is not None:
            said = (Said(word="erased", values={"day": day}), *said)
        return MessageDetail(
            line=line,
            timeline=timeline,
            last_event=max((event.number for event in timeline), default=0),
            stages=stages,
            card=card,
            advice=tuple(each.text for each in said),
            said=said,
            copies=copies,
            copy_of=await self._copy_of(row),
        )

    async def content(self, mid: MessageId) -> MessageContent:
        """Return the document of a message that may be read.

        Raises:
            NoInputError: No such message is here, or its content was never readable.
            NotOpenedError: It was received and no officer has opened it.
        """
        row = await self._row(mid)
        if row.direction is Direction.IN and not reached(row.state, MessageState.OPENED):
            raise NotOpenedError(
                f"message {mid} has not been opened", hint=f"open it first: a35 open {mid}"
            )
        inner = await self._casebook.inner(row.sender, mid)
        refuse_erased(row)
        if inner is None:
            raise NoInputError(f"no readable content of message {mid} is here")
        content = content_of(inner)
        return MessageContent(
            mid=mid,
            sender=row.sender,
            cls=row.cls,
            document=document_of(content),
            files=tuple(
                FileLine(
                    index=index,
                    name=entry.name,
                    media_type=entry.media_type,
                    size_bytes=entry.size_bytes,
                    digest=entry.digest,
                )
                for index, entry in enumerate(content.files)
            ),
        )

    async def explain(self, mid: MessageId) -> Explanation:
        """Return every attempt to deliver a message of ours.

        Raises:
            NoInputError: No such message is here.
        """
        row = await self._row(mid)
        stages = await self._stages([row])
        is_ours = row.direction is Direction.OUT
        attempts = await self._casebook.attempts(mid)
        way = (await self._ways.all()).get(row.recipient, Way(node=row.recipient))
        waits = is_ours and row.state is MessageState.QUEUED
        next_ms = _next_ms(attempts, way, self._clock.now_ms()) if waits else None
        return Explanation(
            line=self._line(row, stages),
            attempts=attempts,
            stages=stages,
            way=way if is_ours else None,
            next_ms=next_ms,
            sentences=explained(
                row,
                attempts=attempts,
                stages=stages,
                way=way,
                next_ms=next_ms,
                budgets=self._budgets,
                now_ms=self._clock.now_ms(),
            ),
        )

    async def _stages(self, rows: Sequence[MessageRow]) -> tuple[EscalationRow, ...]:
        ours = [row.mid for row in rows if row.direction is Direction.OUT]
        return await self._late.escalations(ours) if ours else ()

    async def _lines(self, rows: Sequence[MessageRow]) -> tuple[MessageLine, ...]:
        stages: dict[MessageId, list[EscalationRow]] = {}
        for each in await self._stages(rows):
            stages.setdefault(each.mid, []).append(each)
        return tuple(self._line(row, stages.get(row.mid, ())) for row in rows)

    async def _copy_of(self, row: MessageRow) -> MessageId | None:
        """Return what a received and opened message says that it is a copy of."""
        if row.direction is Direction.OUT or not reached(row.state, MessageState.OPENED):
            return None
        inner = await legible_inner(self._casebook, row)
        if inner is None:
            return None
        said = content_of(inner).extra.get(COPY_OF)
        return (
            MessageId(said) if isinstance(said, bytes) and len(said) == MESSAGE_ID_BYTES else None
        )

    async def _row(self, mid: MessageId) -> MessageRow:
        """Return the message that this id means.

        Raises:
            NoInputError: No such message is here.
        """
        row = meant(await self._casebook.message(mid))
        if row is None:
            raise NoInputError(f"no message {mid} is here", hint="see: a35 inbox, a35 outbox")
        return row

    def _line(self, row: MessageRow, stages: Sequence[EscalationRow]) -> MessageLine:
        summary = summary_of(row)
        party = row.recipient if row.direction is Direction.OUT else row.sender
        entry = self._directory.party(party.country)
        clocks = step_clocks(
            state=row.state,
            cls=row.cls,
            urgency="" if summary is None else summary.urgency,
            t_ms=row.t_ms,
            is_request=is_request(row),
            now_ms=self._clock.now_ms(),
            budgets=self._budgets,
        )
        return MessageLine(
            row=row,
            summary=summary,
            party=party,
            party_name=party.country if entry is None else entry.name,
            clocks=clocks,
            due_ms=next_due_ms(clocks),
            late=self._lateness(row, stages),
        )

    def _lateness(self, row: MessageRow, stages: Sequence[EscalationRow]) -> Late | None:
        """Return how late a message is: ours by what was told, a received one by its clock."""
        met = met_steps(row.state)
        if row.direction is Direction.OUT:
            missing = [each for each in stages if each.step not in met]
            if not missing:
                return None
            last = missing[-1]
            return Late(step=last.step, stage=last.stage, due_ms=last.due_ms, at_ms=last.at_ms)
        budget = self._budgets.of(row.cls)
        if budget is None or Step.ACKNOWLEDGED in met or not is_request(row):
            return None
        now_ms = self._clock.now_ms()
        waited_ms = now_ms - row.t_ms
        stage = reached_stage(Step.ACKNOWLEDGED, budget, elapsed_ms=waited_ms)
        if stage is None:
            return None
        due_ms = row.t_ms + budget.acknowledged_ms
        return Late(step=Step.ACKNOWLEDGED, stage=stage, due_ms=due_ms, at_ms=now_ms)


def _next_ms(attempts: Sequence[AttemptRow], way: Way, now_ms: int) -> int | None:
    """Return when a waiting message is tried next: by its own wait, or by that of its lane."""
    own_ms = attempts[-1].next_ms if attempts else None
    if own_ms is not None and own_ms > now_ms:
        return own_ms
    return now_ms + way.due_in_ms if way.due_in_ms else None
