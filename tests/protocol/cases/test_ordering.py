"""The one order of a thread, whatever arrived first."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.cases.facts import Nothing
from protocol.cases.message import CaseMessage
from protocol.cases.ordering import Ordered, ordered
from protocol.identifiers import MessageId
from tests.protocol.cases.story import FR, JP, RO, mid_of


def message(number: int, t_ms: int, re: int | None = None) -> CaseMessage:
    """Return a message by its number; the first one opens the thread."""
    return CaseMessage(
        mid=mid_of(number),
        sender=FR,
        recipient=RO,
        type="note",
        re=None if re is None else mid_of(re),
        t_ms=t_ms,
        urgency="routine",
        facts=Nothing(),
    )


def numbers(found: tuple[CaseMessage, ...]) -> list[int]:
    """Return the numbers of messages."""
    return [int.from_bytes(each.mid.value, "big") for each in found]


def order_of(*messages: CaseMessage) -> Ordered:
    """Put messages in order, in the thread of the first one."""
    return ordered(mid_of(1), messages)


def test_a_reply_comes_after_what_it_replies_to() -> None:
    """Also when the clock of its writer is slow."""
    order = order_of(message(1, 100), message(2, 50, 1), message(3, 10, 2))
    assert numbers(order.placed) == [1, 2, 3]


def test_then_time_counts_then_the_id() -> None:
    """Among what could come next, the earlier one does."""
    order = order_of(
        message(1, 0), message(5, 20, 1), message(3, 10, 1), message(4, 10, 1), message(2, 30, 3)
    )
    assert numbers(order.placed) == [1, 3, 4, 5, 2]


def test_what_a_late_message_waits_for_is_told() -> None:
    """The whole chain waits, and counts as soon as the missing one is here."""
    chain = [message(1, 0), message(3, 2, 2), message(4, 3, 3)]
    order = order_of(*chain)
    assert (numbers(order.placed), numbers(order.awaiting)) == ([1], [3, 4])
    order = order_of(*chain, message(2, 1, 1))
    assert (numbers(order.placed), numbers(order.awaiting)) == ([1, 2, 3, 4], [])


def test_everything_waits_for_the_opening_message() -> None:
    """Without it nobody knows who asks whom."""
    order = order_of(message(2, 0, 1), message(3, 0))
    assert (order.opening, order.placed, numbers(order.awaiting)) == (None, (), [2, 3])


def test_a_circle_of_replies_waits_for_ever() -> None:
    """No honest node can make one; it must not stop a fold."""
    order = order_of(message(1, 0), message(2, 1, 3), message(3, 2, 2))
    assert (numbers(order.placed), numbers(order.awaiting)) == ([1], [2, 3])


def test_a_message_waits_for_what_it_supersedes_too() -> None:
    """Both are forerunners."""
    newer = replace(message(2, 5), supersedes=mid_of(9), re=mid_of(1))
    assert numbers(order_of(message(1, 0), newer).awaiting) == [2]
    order = order_of(message(1, 0), newer, message(9, 8, 1))
    assert numbers(order.placed) == [1, 9, 2]


def test_a_third_node_has_no_place_in_the_thread() -> None:
    """It may know the id; it must not move the state, nor be replied to."""
    stranger = replace(message(2, 1, 1), sender=JP)
    aside = replace(message(3, 1, 1), recipient=JP)
    order = order_of(message(1, 0), stranger, aside, message(4, 2, 2))
    assert numbers(order.placed) == [1]
    assert numbers(order.foreign) == [2, 3]
    assert numbers(order.awaiting) == [4]


def test_an_id_counts_once() -> None:
    """The earlier message bears it; the other side cannot take over the opening."""
    usurper = replace(message(1, 5), sender=RO, recipient=FR)
    second = replace(message(2, 9, 1), sender=RO, recipient=FR)
    order = order_of(message(1, 0), message(2, 3, 1), usurper, second)
    assert order.opening == message(1, 0)
    assert numbers(order.placed) == [1, 2]
    assert order.repeated == (usurper, second)


def test_a_reply_with_the_id_of_the_thread_opens_nothing() -> None:
    """What opens a thread replies to nothing."""
    assert order_of(message(1, 0, 2), message(2, 1)).opening is None


replies = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 12)), min_size=1, max_size=10).map(
    lambda rows: [
        message(1, 3),
        *(message(n + 2, t, re) for n, (t, re) in enumerate(rows)),
    ]
)


@given(replies.flatmap(lambda every: st.tuples(st.just(every), st.permutations(every * 2))))
@settings(max_examples=200, deadline=None)
def test_the_order_does_not_depend_on_arrival(
    story: tuple[list[CaseMessage], list[CaseMessage]],
) -> None:
    """Nor on repeats; and no message is lost or told twice."""
    messages, arrived = story
    order = order_of(*arrived)
    assert order == order_of(*messages)
    assert sorted(numbers(order.placed + order.awaiting)) == sorted(numbers(tuple(messages)))
    seen: set[MessageId] = set()
    for each in order.placed:
        assert each.parents <= seen
        seen.add(each.mid)
