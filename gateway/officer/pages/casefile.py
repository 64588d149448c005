"""All that the page of a case is made from, fetched at once.

Looks up and changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.casework import Access, CaseDesk, Casework, Seen
from gateway.officer.pages.inboxview import Sight, is_readable
from gateway.officer.pages.timeline import (
    Reach,
    TimelineLine,
    acts_of,
    by_people,
    lines_of,
    merged,
    noted,
    opened_by,
    reach_of,
)
from gateway.officer.services import OfficerServices
from gateway.service.advice import Card, card_of
from gateway.service.case import Case
from gateway.service.shown import MessageDetail
from protocol.identifiers import MessageId, NodeId

_TAKEN = frozenset({"acknowledged", "declined", "answered"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A case with all that belongs to it.

    Attributes:
        thread: Its id.
        details: Its messages in the order of time.
        case: Where it stands.
        beside: What the desk noted.
        record: Who did what with it.
        seen: Who read which message.
        reach: How it goes with a message of ours that waits; None if none does.
        card: Whom to call, where something is late or waits; None otherwise.
    """

    thread: MessageId
    details: tuple[MessageDetail, ...]
    case: Case
    beside: CaseDesk
    record: tuple[Access, ...]
    seen: Mapping[MessageId, Sequence[Seen]]
    reach: Reach | None
    card: Card | None

    @property
    def party(self) -> NodeId:
        """The other node."""
        return self.details[0].line.party

    @property
    def taken_ms(self) -> int | None:
        """When a person took the first request, as the timeline has it; None if nobody has."""
        steps = (event.at_ms for event in self.details[0].timeline if event.what in _TAKEN)
        return min(steps, default=None)

    @property
    def to_answer(self) -> MessageId | None:
        """The newest message that a reply can be about: ours, or one that was opened here."""
        known = (each.line for each in reversed(self.details) if is_readable(each.line))
        return next((line.row.mid for line in known), None)

    def seen_by(self, sight: Sight) -> Mapping[MessageId, Sequence[str]]:
        """Return who of this desk read each message, as somebody may know it.

        Args:
            sight: Theirs.
        """
        return {
            mid: [one.by.name if sight is Sight.CONTENT else one.by.who for one in readings]
            for mid, readings in self.seen.items()
        }

    def lines(self, sight: Sight, *, us: NodeId) -> tuple[TimelineLine, ...]:
        """Return the timeline.

        Args:
            sight: Of whoever looks.
            us: This node.
        """
        people = opened_by(self.record)
        numbers = {detail.line.row.mid: n for n, detail in enumerate(self.details, start=1)}
        steps = (
            by_people(lines_of(detail, number=n, us=us), people)
            for n, detail in enumerate(self.details, start=1)
        )
        notes = noted(self.beside) if sight is Sight.CONTENT else ()
        return merged(*steps, acts_of(self.record, numbers=numbers, us=us), notes)


async def case_file(services: OfficerServices, casework: Casework, thread: MessageId) -> CaseFile:
    """Fetch a case.

    Args:
        services: Where messages are looked up.
        casework: What is noted beside.
        thread: Its id.

    Raises:
        NoInputError: No message of such a case is here.
    """
    consult = services.consult
    # First: what comes while the page is made must not count as shown.
    beside = await casework.desk_of(thread)
    lines = await consult.thread(thread)
    mids = [line.row.mid for line in lines]
    details = tuple([await consult.show(mid) for mid in mids])
    reach = next(
        (one for one in [reach_of(await consult.explain(mid)) for mid in mids] if one), None
    )
    is_stuck = reach is not None and reach.failures > 0
    is_late = any(detail.card is not None for detail in details)
    return CaseFile(
        thread=thread,
        details=details,
        case=await consult.case(thread),
        beside=beside,
        record=await casework.access_record(thread),
        seen=await casework.seen_by(mids),
        reach=reach,
        card=card_of(services.directory, lines[0].party) if is_stuck or is_late else None,
    )
