"""One step: what a message changes, and what it leaves alone."""

from dataclasses import replace

from protocol.cases.facts import Nothing, Outcome
from protocol.cases.message import CaseMessage
from protocol.cases.objection import Reason
from protocol.cases.phases import Phase
from protocol.cases.thread import step
from protocol.identifiers import NodeId
from tests.protocol.cases.instants import START, later
from tests.protocol.cases.story import FR, JP, RO, Story, mid_of
from tests.protocol.cases.words import decided, named, reported, taken


def message(told: Story, *, sender: NodeId = RO, recipient: NodeId = FR) -> CaseMessage:
    """Return an acknowledgement of a story's request."""
    return CaseMessage(
        mid=mid_of(40),
        sender=sender,
        recipient=recipient,
        type="acknowledgement",
        re=told.opener,
        t_ms=told.now_ms,
        urgency="routine",
        facts=taken(),
    )


def test_a_step_changes_nothing_in_the_thread_it_is_given() -> None:
    """It says what changes; the fold puts it in place."""
    told = Story()
    thread = told.thread()
    before = dict(thread.requests)
    change = step(thread, message(told))
    assert change.objection is None
    assert change.requests[-1].phase is Phase.ACKNOWLEDGED
    assert dict(thread.requests) == before


def test_only_the_two_sides_speak_and_to_each_other() -> None:
    """Whoever else knows the id of a thread has no say in it."""
    told = Story()
    for sender, recipient in ((JP, FR), (RO, JP), (RO, RO), (FR, FR), (JP, JP)):
        change = step(told.thread(), message(told, sender=sender, recipient=recipient))
        assert change.objection is not None
        assert change.objection.reason is Reason.FOREIGN
        assert change.requests == ()


def test_a_message_out_of_order_implies_delivery_and_nothing_else() -> None:
    """The request with all its items stays as it was."""
    told = Story()
    early = replace(message(told), type="closure", facts=Nothing())
    change = step(told.thread(), early)
    assert change.objection is not None
    assert change.objection.reason is Reason.WRONG_SIDE
    assert change.requests == (told.request(),)


def test_items_that_run_and_items_that_lapsed_are_held_each_by_itself() -> None:
    """What lapsed is passed over by name."""
    told = Story()
    told.a("decision", decided("preservation_request", whole=Outcome.ACCEPTED))
    told.a("preservation_report", reported(START, later(START, days=60), "one"))
    told.a("preservation_report", reported(START, later(START, days=90), "two"))
    told.at(later(START, days=70))
    told.q("mla_followup_notice", named("one", "two"))
    assert (told.objection(), told.entry().passed_over) == (None, ("one",))
    told.a("mla_received_confirmation", named())
    thread = told.thread(later(START, days=71))
    assert [item.status for item in thread.requests[told.opener].items] == [
        "lapsed",
        "held_pending_decision",
    ]
