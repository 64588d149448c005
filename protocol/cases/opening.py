"""How a request comes into a thread: the first one, one inside it, one that supersedes another.

Source: docs/domain.md, sections 3 (`supersedes`), 5 and 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from protocol.cases.applying import no_longer_asked
from protocol.cases.checking import is_extensible, is_kept, kept_by
from protocol.cases.conditions import Condition
from protocol.cases.facts import Asked, AskedItem, Step, Terms
from protocol.cases.items import Desired, Item, ItemEvent, ItemState, changed
from protocol.cases.message import CaseMessage
from protocol.cases.objection import Objection, Reason, objection
from protocol.cases.phases import Phase
from protocol.cases.request import Asking, Request
from protocol.cases.rules import REQUESTS
from protocol.cases.state import Change, Thread
from protocol.identifiers import MessageId
from protocol.limits import MAX_THREAD_REQUESTS
from protocol.requests.replies import WHOLE_REQUEST

_ANSWERED_OFFER: Final = frozenset({ItemState.REQUESTED, ItemState.ACCEPTED, ItemState.DONE})
"""Of an offer of information: declined, so that its sender decides; accepted; given in part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is known of a request before it is opened.

    Args:
        type: The document's type.
        step: Of spontaneous information.
        joins: It replies to a message of the thread.
        parent: The request that that message is about.
        supersedes: The request that it replaces, if it is here.
        replaces: It says that it replaces one.
    """

    type: str
    step: Step | None = None
    joins: bool = False
    parent: Request | None = None
    supersedes: Request | None = None
    replaces: bool = False

    @property
    def replaceable(self) -> bool:
        """Tell whether it replaces an open request of its own type."""
        earlier = self.supersedes
        return (
            earlier is not None and earlier.type == self.type and earlier.phase is not Phase.CLOSED
        )


def opened(thread: Thread, message: CaseMessage, asked: Asked, reach: Phase) -> Change:
    """Open a request.

    Args:
        thread: As it stands.
        message: From the requesting side, of a type that opens a request.
        asked: Its facts.
        reach: Queued, sent or delivered: as the receipts of the message have it.

    Returns:
        The new request; with what it does to an earlier one.
    """
    parent = thread.request_of(message.re)
    earlier = None if message.supersedes is None else thread.requests.get(message.supersedes)
    opening = Opening(
        type=message.type,
        step=asked.step,
        joins=message.re is not None,
        parent=parent,
        supersedes=earlier,
        replaces=message.supersedes is not None,
    )
    refused = opening_refusal(thread, opening)
    if refused is None and not opening.joins and not opening.replaces:
        refused = None if message.mid == thread.thread else objection(Reason.STARTS_A_CASE)
    request = _request(thread, message, asked, earlier or parent)
    if request is None:
        refused = refused or objection(Reason.NO_SUCH_ITEM)
    if request is None or refused is not None:
        return Change(objection=refused)
    request = replace(request, reach=reach)
    return Change(requests=(request, *_on_earlier(request, parent, earlier, message.t_ms)))


def opening_refusal(thread: Thread, opening: Opening) -> Objection | None:
    """Tell why a request cannot come into a thread that has begun.

    Args:
        thread: As it stands.
        opening: What is known of the request.

    Returns:
        None when it can, and for the first request of a thread.
    """
    if opening.replaces:
        if not opening.replaceable:
            return objection(Reason.NO_EARLIER_REQUEST)
    elif opening.joins:
        if not REQUESTS[opening.type].joins or opening.step is Step.OFFER:
            return objection(Reason.STARTS_A_CASE)
        if (refused := _parent_refusal(thread, opening)) is not None:
            return refused
    if thread.phase is Phase.CLOSED:
        return objection(Reason.CASE_CLOSED)
    if len(thread.requests) >= MAX_THREAD_REQUESTS:
        return objection(Reason.TOO_MANY_REQUESTS)
    return None


def _parent_refusal(thread: Thread, opening: Opening) -> Objection | None:
    asking, parent = REQUESTS[opening.type].asking, opening.parent
    if asking is Asking.EXTENSION:
        base = kept_by(thread, parent)
        if base is not None and base.phase is not Phase.EXECUTED:
            return objection(
                Reason.NOT_IN_STATE,
                type=opening.type,
                state=str(base.phase),
                states=f"`{Phase.EXECUTED}`",
            )
    # Article 26(2): a condition that cannot be kept leaves the choice to the providing side.
    if parent is None or parent.asking is not Asking.OFFER or opening.step is not Step.CONTENT:
        return None
    answered = all(item.state in _ANSWERED_OFFER for item in parent.items)
    return None if answered else objection(Reason.CONDITIONS_UNANSWERED)


def _request(
    thread: Thread, message: CaseMessage, asked: Asked, before: Request | None
) -> Request | None:
    """Build the request; None when an extension names none of the items that it extends."""
    asking = Asking.OFFER if asked.step is Step.OFFER else REQUESTS[message.type].asking
    base = kept_by(thread, before) if asking is Asking.EXTENSION else None
    wanted = asked.items if base is None else _extended(base, asked.items)
    if base is not None and not wanted:
        return None
    items = _items(wanted)
    if asking is Asking.OFFER:
        items = tuple(_offered(item, asked.terms, message.mid) for item in items)
    return Request(
        mid=message.mid,
        type=message.type,
        asking=asking,
        urgency=message.urgency,
        t_ms=message.t_ms,
        items=items,
        names_open=asking is Asking.EXTENSION and base is None and not wanted,
        parent=None if before is None else before.mid,
        base=None if base is None else base.mid,
        oral=asked.oral,
        issued_on=asked.issued_on,
    )


def _extended(base: Request, named: Sequence[AskedItem]) -> tuple[AskedItem, ...]:
    """Return the items that an extension is about: those it names, else all that are kept."""
    names = {item.item_id for item in named}
    return tuple(
        AskedItem(item_id=item.item_id, category=item.category)
        for item in base.items
        if (item.item_id in names if names else is_extensible(item))
    )


def _items(asked: Sequence[AskedItem]) -> tuple[Item, ...]:
    if not asked:
        return (Item(item_id=WHOLE_REQUEST),)
    return tuple(Item(item_id=item.item_id, category=item.category) for item in asked)


def _offered(item: Item, terms: Sequence[Terms], by: MessageId) -> Item:
    conditions = tuple(Condition(kind=each.kind, text=each.text, by=by) for each in terms)
    return replace(item, state=ItemState.CONDITIONS_OFFERED, conditions=conditions)


def _on_earlier(
    request: Request, parent: Request | None, earlier: Request | None, t_ms: int
) -> tuple[Request, ...]:
    """Return what a new request does to the one that it supersedes, or whose offer it fulfils."""
    if earlier is not None:
        # Data that are preserved stay so until they are released, a refusal stays one.
        items = tuple(
            item if is_kept(item) or item.is_over else withdrawn(item) or item
            for item in earlier.items
        )
        replaced = replace(earlier, items=items, superseded_by=request.mid)
        return (no_longer_asked(replaced, t_ms),)
    if parent is not None and parent.asking is Asking.OFFER:
        return (replace(parent, items=tuple(_supplied(item) for item in parent.items)),)
    return ()


def _supplied(item: Item) -> Item:
    """Return an offered item whose content came; if declined, without the conditions."""
    granted = changed(item, ItemEvent.ACCEPT) if item.is_open else item
    return item if granted is None else changed(granted, ItemEvent.FINISH) or item


def withdrawn(item: Item) -> Item | None:
    """Return an item that its requester stopped, where the other side need not confirm it.

    Data that are preserved already stay so until they are released.

    Args:
        item: As it is.

    Returns:
        None when its state does not allow it.
    """
    if is_kept(item):
        return replace(item, desired=Desired.STOP)
    stopped = changed(item, ItemEvent.CANCEL)
    return None if stopped is None else replace(stopped, desired=Desired.STOP, preservation=None)


def taken_back(request: Request) -> Request:
    """Return a request that its author cancelled before it was known to have arrived: closed.

    Args:
        request: As it was opened.
    """
    items = tuple(withdrawn(item) or item for item in request.items)
    return replace(request, items=items, is_ended=True)
