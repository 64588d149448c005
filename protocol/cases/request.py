"""One request of a thread: its items, what it waits for, and the state that follows from both.

A thread has one request, or several: a follow-up, an extension, one that supersedes another.
Each has a state of its own, so that an open question on one does not stop what the law asks of
another.

Source: docs/domain.md, section 7, "Thread".
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from protocol.cases.items import PUT_OFF, Item, ItemState
from protocol.cases.phases import Ending, Phase
from protocol.cases.preservation import at
from protocol.identifiers import MessageId


class Asking(StrEnum):
    """What a request is about, as far as its thread is concerned."""

    DATA = "data"
    EMERGENCY = "emergency disclosure"
    PRESERVATION = "preservation"
    EXTENSION = "extension"
    ADVICE = "advice"
    OFFER = "offer of information"
    NOTHING = "nothing is asked"
    """Information or a notice: it is taken note of, and never decided."""


class WaitFor(StrEnum):
    """What one side waits for from the other, by a message that replies to the one that asked."""

    INFORMATION = "information"
    DETERMINATION = "determination"
    ACCOUNT = "account of use"
    ONWARD_TRANSFER = "decision on onward transfer"
    JUDICIAL_USE = "decision on judicial use"


_PHASES: Final[dict[WaitFor, Phase]] = {
    WaitFor.INFORMATION: Phase.INFO_NEEDED,
    WaitFor.DETERMINATION: Phase.AWAITING_DETERMINATION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Something that was asked and is not answered yet.

    Args:
        what: What is waited for.
        mid: The message that asked.
        since_ms: Its time.
        questions: Ids of questions that are still open.
        items: Items that it is about; None for all.
        suspended: The policy clock stands still meanwhile.
        answer_by: A day or an instant, as written.
    """

    what: WaitFor
    mid: MessageId
    since_ms: int
    questions: frozenset[str] = frozenset()
    items: tuple[str, ...] | None = None
    suspended: bool = False
    answer_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A time in which policy clocks stood still; `end_ms` is None while they still do."""

    start_ms: int
    end_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """When the requested side said that it expects to decide, and when it said so."""

    said_ms: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request of a thread.

    Args:
        mid: Its message.
        type: The document's type.
        asking: What it is about.
        urgency: `routine`, `urgent` or `emergency`.
        t_ms: Its time.
        items: Its items; one named `*` for a request without items.
        names_open: Its items are those of a request that went elsewhere: answers name them.
        parent: The request in whose thread it came, or that it supersedes.
        base: Of an extension: the request whose data it prolongs, if that is here.
        reach: Queued, sent or delivered.
        is_taken: A person of the requested side has it.
        waits: What is asked and not answered, oldest first.
        pauses: When policy clocks stood still, oldest first.
        expectation: What the requested side said last of the date of its decision.
        status_ms: When it last told how things stand instead of deciding.
        oral: It was given orally before.
        followed_up: The formal follow-up of 2AP 9(5) was sent.
        issued_on: The day of the order that a notice is about.
        reminders: How often each side reminded of it (Q, A).
        superseded_by: The request that replaces it.
        is_ended: The requesting side closed the thread.
    """

    mid: MessageId
    type: str
    asking: Asking
    urgency: str
    t_ms: int
    items: tuple[Item, ...]
    names_open: bool = False
    parent: MessageId | None = None
    base: MessageId | None = None
    reach: Phase = Phase.DELIVERED
    is_taken: bool = False
    waits: tuple[Wait, ...] = ()
    pauses: tuple[Pause, ...] = ()
    expectation: Expectation | None = None
    status_ms: int | None = None
    oral: bool = False
    followed_up: bool = False
    issued_on: str | None = None
    reminders: tuple[int, int] = (0, 0)
    superseded_by: MessageId | None = None
    is_ended: bool = False

    @property
    def preserves(self) -> bool:
        """Tell whether its items carry the preservation of their data themselves."""
        return self.asking is Asking.PRESERVATION or (
            self.asking is Asking.EXTENSION and self.base is None
        )

    @property
    def is_decided(self) -> bool:
        """Tell whether nothing is left on which the requested side has to decide."""
        return not any(item.is_open for item in self.items)

    @property
    def is_put_off(self) -> bool:
        """Tell whether all that is not over is postponed or referred, and there is such an item."""
        rest = [item for item in self.items if not item.is_over]
        return bool(rest) and all(item.state in PUT_OFF for item in rest)

    @property
    def phase(self) -> Phase:
        """Return its state, which follows from what it waits for and from its items."""
        if self.is_ended or self.superseded_by is not None or self._is_over:
            return Phase.CLOSED
        asked = [_PHASES[wait.what] for wait in self.waits if wait.what in _PHASES]
        if asked:
            return asked[-1]
        if self.asking is not Asking.NOTHING and self.is_decided and self._is_granted:
            waiting = any(item.awaits_result for item in self.items)
            return Phase.DECIDED if waiting else Phase.EXECUTED
        return Phase.ACKNOWLEDGED if self.is_taken else self.reach

    @property
    def ending(self) -> Ending | None:
        """Return why it is closed, or None while it is not."""
        return ending_of(self.items) if self.phase is Phase.CLOSED else None

    @property
    def _is_over(self) -> bool:
        return all(item.is_over for item in self.items)

    @property
    def _is_granted(self) -> bool:
        return any(item.is_granted for item in self.items)


def ending_of(items: tuple[Item, ...]) -> Ending:
    """Return why items came to their end; what was executed outweighs what was not.

    Args:
        items: Of one request, or of all in a thread.
    """
    if any(_was_executed(item) for item in items):
        return Ending.EXECUTED
    for state, ending in _ENDINGS.items():
        if any(item.state is state for item in items):
            return ending
    return Ending.WITHDRAWN


_ENDINGS: Final[dict[ItemState, Ending]] = {
    ItemState.REFUSED: Ending.REFUSED,
    ItemState.NOT_POSSIBLE: Ending.NOT_POSSIBLE,
}


def _was_executed(item: Item) -> bool:
    if item.preservation is None:
        return item.state in {ItemState.DELIVERED, ItemState.DONE}
    return item.preservation.at_ms is not None


def on_the_clock(request: Request, now_ms: int) -> Request:
    """Return a request as the clock has it: preserved data whose end has come are lapsed.

    Args:
        request: As messages have it.
        now_ms: The moment, ms since 1970 UTC.

    Returns:
        The same object when nothing lapsed.
    """
    items = tuple(_item_on_the_clock(item, now_ms) for item in request.items)
    return request if items == request.items else replace(request, items=items)


def _item_on_the_clock(item: Item, now_ms: int) -> Item:
    if item.preservation is None:
        return item
    kept = at(item.preservation, now_ms)
    return item if kept is item.preservation else replace(item, preservation=kept)
