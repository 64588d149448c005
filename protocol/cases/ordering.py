"""The one order in which both nodes read a thread, whatever arrived first.

What is replied to comes before the reply, then counts the content's time, then the id. A message
whose forerunner is not here waits for it; so does, for ever, a circle of replies, which no
honest node can make.

Source: docs/domain.md, section 7.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from protocol.cases.message import CaseMessage
from protocol.identifiers import MessageId, NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """The messages of a thread in order.

    Args:
        opening: The message that opened the thread; None while it is not here.
        placed: All that has its forerunners here, in the order in which it counts.
        awaiting: What waits for a message that is not here, by time and id.
        foreign: What does not come from one of the two nodes to the other, likewise.
        repeated: What bears the id of another message that came before, likewise.
    """

    opening: CaseMessage | None
    placed: tuple[CaseMessage, ...]
    awaiting: tuple[CaseMessage, ...]
    foreign: tuple[CaseMessage, ...]
    repeated: tuple[CaseMessage, ...]


_Key = tuple[int, MessageId, NodeId]


def ordered(thread: MessageId, messages: Iterable[CaseMessage]) -> Ordered:
    """Put the messages of a thread in their order.

    Args:
        thread: Its id.
        messages: In any order, also more than once.

    Returns:
        The same for the same set of messages.
    """
    by_key = {_key(each): each for each in messages}
    ranked = [by_key[key] for key in sorted(by_key)]
    opening = next((each for each in ranked if each.mid == thread and not each.parents), None)
    if opening is None:
        return Ordered(opening=None, placed=(), awaiting=tuple(ranked), foreign=(), repeated=())
    sides = {opening.sender, opening.recipient}
    own = [each for each in ranked if {each.sender, each.recipient} == sides]
    first: dict[MessageId, CaseMessage] = {thread: opening}
    for each in own:
        first.setdefault(each.mid, each)
    placed, awaiting = _placed(first)
    return Ordered(
        opening=opening,
        placed=placed,
        awaiting=awaiting,
        foreign=tuple(each for each in ranked if {each.sender, each.recipient} != sides),
        repeated=tuple(each for each in own if first[each.mid] is not each),
    )


def _placed(
    messages: dict[MessageId, CaseMessage],
) -> tuple[tuple[CaseMessage, ...], tuple[CaseMessage, ...]]:
    """Return the messages in order, and those that wait."""
    lacking = {mid: len(each.parents) for mid, each in messages.items()}
    replies: defaultdict[MessageId, list[MessageId]] = defaultdict(list)
    for mid, each in messages.items():
        for parent in each.parents:
            replies[parent].append(mid)
    ready = [_key(each) for mid, each in messages.items() if not lacking[mid]]
    heapify(ready)
    placed: list[CaseMessage] = []
    while ready:
        message = messages[heappop(ready)[1]]
        placed.append(message)
        for mid in replies[message.mid]:
            lacking[mid] -= 1
            if not lacking[mid]:
                heappush(ready, _key(messages[mid]))
    waiting = sorted(_key(each) for mid, each in messages.items() if lacking[mid])
    return tuple(placed), tuple(messages[key[1]] for key in waiting)


def _key(message: CaseMessage) -> _Key:
    return message.t_ms, message.mid, message.sender
