"""What a thread must know of a document: the few facts on which its state rests.

Facts are taken from valid documents by protocol.cases.extract. Instants are milliseconds since
1970 UTC; days and moments at the choice of the writer (`When`) stay the text that was written,
since a day ends by the clock of the requested Party. `items` of None means all items.

Source: docs/domain.md, sections 5 and 6.
"""

from dataclasses import dataclass
from enum import StrEnum

Items = tuple[str, ...] | None
"""Names of items; None for all of them."""


class Step(StrEnum):
    """Spontaneous information comes in two steps (Article 26)."""

    OFFER = "offer"
    CONTENT = "content"


class Outcome(StrEnum):
    """What is decided on an item."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_CONDITIONS = "accepted_with_conditions"
    PARTIALLY_ACCEPTED = "partially_accepted"
    REFUSED = "refused"
    POSTPONED = "postponed"
    REFERRED = "referred"
    NOT_POSSIBLE = "not_possible"


class Choice(StrEnum):
    """What the requesting side decides when it is asked."""

    PROCEED = "proceed"
    PROCEED_AMENDED = "proceed_amended"
    STOP = "stop"


class Execution(StrEnum):
    """What execution brought."""

    EXECUTED = "executed"
    NOTHING_FOUND = "nothing_found"
    IMPOSSIBLE = "impossible"


class Stopped(StrEnum):
    """What the withdrawal of an item found."""

    CANCELLED = "cancelled"
    ALREADY_DELIVERED = "already_delivered"
    PRESERVATION_RELEASED = "preservation_released"
    CANNOT_STOP = "cannot_stop"


class FormalKind(StrEnum):
    """What is confirmed through another channel."""

    FORMAL_25_3 = "formal_25_3"
    ORAL_9 = "oral_9"
    FOLLOWUP_9_5 = "followup_9_5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A condition in a document: its kind, and its words if it has any."""

    kind: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedItem:
    """An item of a request, with its data category if it has one."""

    item_id: str
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, or a document that opens a thread without asking for anything.

    Args:
        items: What is asked for; empty for a request as a whole. Of an extension: the items
            that it names, empty for all of the earlier request.
        step: Of spontaneous information.
        terms: Conditions of an offer.
        oral: An emergency request that was given orally before.
        issued_on: The day of the order that a notice is about.
    """

    items: tuple[AskedItem, ...] = ()
    step: Step | None = None
    terms: tuple[Terms, ...] = ()
    oral: bool = False
    issued_on: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Somebody has the request: when a decision is expected, and the zone of that desk."""

    expected: str
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """Questions, and whether the clock stands still until they are answered."""

    questions: frozenset[str]
    suspended: bool
    answer_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplied:
    """Answers to these questions."""

    questions: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """The requesting side is asked to decide how to go on."""

    items: Items
    answer_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Determined:
    """What it decided; without items those that it was asked about."""

    choice: Choice
    items: Items


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedItem:
    """What is decided on one item."""

    item_id: str
    outcome: Outcome
    terms: tuple[Terms, ...] = ()
    review_on: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision, and the type of request that it says it decides on."""

    answers_type: str
    items: tuple[DecidedItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied:
    """A reply to conditions."""

    accepted: bool
    items: Items


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedItem:
    """An item that is preserved from one instant until another, or (None) is not."""

    item_id: str
    at_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report of preservation."""

    items: tuple[ReportedItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldItem:
    """What was told of one item, in the document's own word."""

    item_id: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PathsTold:
    """Paths of communications: disclosed, withheld, or no other provider."""

    items: tuple[ToldItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A document whose only facts are the items that it is about."""

    items: Items = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Data of these items, with the conditions that came with them."""

    items: tuple[str, ...]
    terms: tuple[Terms, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutedItem:
    """What the execution of one item brought."""

    item_id: str
    outcome: Execution


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """A report on execution."""

    items: tuple[ExecutedItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delayed:
    """The answer comes later: the day on which it is expected now."""

    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedItem:
    """What the withdrawal of one item found."""

    item_id: str
    found: Stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """What became of withdrawn items."""

    items: tuple[StoppedItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """A formal confirmation or follow-up was sent through another channel."""

    kind: FormalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAsked:
    """An account of use is asked for."""

    answer_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """A document on which no state rests."""


Facts = (
    Asked
    | Taken
    | Inquiry
    | Supplied
    | Referral
    | Determined
    | Decided
    | Replied
    | Reported
    | PathsTold
    | Named
    | Delivered
    | Executed
    | Delayed
    | Withdrawn
    | Confirmed
    | AccountAsked
    | Nothing
)
"""The facts of one document, by its type."""
