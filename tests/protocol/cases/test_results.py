"""After a decision: data preserved, the path told, items delivered or done."""

import pytest

from protocol.cases.facts import Execution, Outcome
from tests.protocol.cases.instants import START, later, shown
from tests.protocol.cases.story import Story
from tests.protocol.cases.words import (
    decided,
    delivered,
    executed,
    inquiry,
    items,
    not_preserved,
    offered,
    paths,
    replied,
    reported,
    taken,
)

DATA = "stored_data_request"
KEPT = "preservation_request"
LONGER = "preservation_extension"


def granted(type_name: str = KEPT, *names: str) -> Story:
    """Return a request whose items are all granted."""
    told = Story(type_name, items(*(names or ("one", "two"))))
    told.a("decision", decided(type_name, whole=Outcome.ACCEPTED))
    return told


def preserved(*names: str) -> Story:
    """Return a request whose data are all preserved."""
    told = granted(KEPT, *(names or ("one", "two")))
    told.a("preservation_report", reported(START, None, *(names or ("one", "two"))))
    return told


def until(told: Story, name: str) -> str | None:
    """Return until when an item is preserved."""
    data = told.item(name).preservation
    return None if data is None else shown(data.until_ms)


def test_a_report_on_each_item_executes_the_request() -> None:
    """executed: no granted item waits for a result."""
    told = granted()
    told.a("preservation_report", reported(START, None, "one"))
    assert (told.phase(), told.states()) == ("decided", ["preserved", "ordered"])
    told.a("preservation_report", not_preserved("two"))
    assert (told.phase(), told.states()) == ("executed", ["preserved", "not_possible"])


def test_nothing_that_could_be_preserved_closes_the_request() -> None:
    """Every item impossible."""
    told = granted()
    told.a("preservation_report", not_preserved("one", "two"))
    assert (told.phase(), str(told.thread().ending)) == ("closed", "not_possible")


def test_a_report_before_the_decision_has_no_effect() -> None:
    """After = decided, executed."""
    told = Story()
    told.a("acknowledgement", taken())
    told.a("preservation_report", reported(START, None, "one"))
    assert (told.objection(), told.states()) == ("not_in_state", ["requested", "requested"])


def test_a_report_on_the_whole_request() -> None:
    """`*` means all items; those that were refused are left out."""
    told = Story()
    told.a("decision", decided(KEPT, one=Outcome.ACCEPTED, two=Outcome.REFUSED))
    told.a("preservation_report", reported(START, None, "*"))
    assert (told.states(), told.entry().passed_over) == (["preserved", "refused"], ())


def test_refused_items_are_passed_over() -> None:
    """And a report on them alone has no effect."""
    told = Story()
    told.a("decision", decided(KEPT, one=Outcome.ACCEPTED, two=Outcome.REFUSED))
    told.a("preservation_report", reported(START, None, "two"))
    assert told.objection() == "wrong_item_state"
    told.a("preservation_report", reported(START, None, "one", "two"))
    assert (told.objection(), told.entry().passed_over) == (None, ("two",))


def test_data_may_be_preserved_while_conditions_are_offered() -> None:
    """They concern the later disclosure; the data must not be lost meanwhile."""
    told = Story()
    told.a("decision", offered(KEPT, "confidential", two=True))
    told.a("decision", decided(KEPT, one=Outcome.ACCEPTED))
    told.a("preservation_report", reported(START, None, "one", "two"))
    assert (told.objection(), told.states()) == (None, ["preserved", "preserved"])
    assert str(told.item("two").state) == "conditions_offered"
    told.q("condition_reply", replied("two", accepted=True))
    assert str(told.item("two").state) == "accepted"
    assert (told.phase(), told.states()) == ("executed", ["preserved", "preserved"])


def test_impossible_data_are_no_reply_to_conditions() -> None:
    """Only what was granted can turn out to be impossible by a report."""
    told = Story()
    told.a("decision", offered(KEPT, "confidential", two=True))
    told.a("decision", decided(KEPT, one=Outcome.ACCEPTED))
    told.a("preservation_report", not_preserved("two"))
    assert told.objection() == "wrong_item_state"


def test_preserved_data_do_not_become_impossible() -> None:
    """The other side releases them, with a reason."""
    told = preserved()
    told.a("preservation_report", not_preserved("one"))
    assert (told.objection(), told.states()) == ("wrong_item_state", ["preserved", "preserved"])


def test_a_later_report_extends_and_an_earlier_one_does_not() -> None:
    """extended(until') repeatedly, only later."""
    told = preserved()
    told.a("preservation_report", reported(START, later(START, days=90), "one"))
    assert told.states() == ["extended", "preserved"]
    told.a("preservation_report", reported(START, later(START, days=80), "one"))
    assert told.objection() == "not_later"
    assert until(told, "one") == later(START, days=90)
    told.a("preservation_report", reported(START, later(START, days=70), "*"))
    assert (told.objection(), until(told, "one")) == (None, later(START, days=90))
    assert until(told, "two") == later(START, days=70)


def test_an_extension_is_decided_and_reported_like_a_request() -> None:
    """Its own items are decided; the data are those of the earlier request."""
    told = preserved()
    asked = told.q(LONGER, items())
    assert told.phase() == "delivered"
    told.a("decision", decided(LONGER, one=Outcome.ACCEPTED, two=Outcome.REFUSED), re=asked)
    report = reported(START, later(START, days=120), "*")
    told.a("preservation_report", report, re=asked)
    assert told.states(asked) == ["done", "refused"]
    assert told.states() == ["extended", "preserved"]
    assert told.entry().passed_over == ("two",)
    assert told.phase() == "executed"


def test_a_report_on_an_extension_that_is_no_later_has_no_effect() -> None:
    """Nor does one on items that nobody granted."""
    told = preserved()
    asked = told.q(LONGER, items("one"))
    told.a("decision", decided(LONGER, one=Outcome.ACCEPTED), re=asked)
    told.a("preservation_report", reported(START, None, "one"), re=asked)
    assert told.objection() == "not_later"
    told.a("preservation_report", reported(START, later(START, days=99), "two", "nine"), re=asked)
    assert told.objection() == "wrong_item_state"
    assert told.states() == ["preserved", "preserved"]


def test_an_extension_that_is_impossible_leaves_the_data_as_they_are() -> None:
    """They lapse on their day."""
    told = preserved()
    asked = told.q(LONGER, items("one", "two"))
    told.a("decision", decided(LONGER, one=Outcome.ACCEPTED, two=Outcome.REFUSED), re=asked)
    told.a("preservation_report", not_preserved("two"), re=asked)
    assert told.objection() == "wrong_item_state"
    told.a("preservation_report", not_preserved("one"), re=asked)
    assert told.states(asked) == ["not_possible", "refused"]
    assert told.states() == ["preserved", "preserved"]
    assert told.phase() == "executed"


def test_a_report_revives_what_lapsed() -> None:
    """Lapsed -> preserved only by a new report; it begins anew."""
    told = preserved()
    told.at(later(START, days=61))
    again = told.now_ms
    told.a("preservation_report", reported(shown(again) or "", None, "one"))
    assert told.objection() is None
    assert [
        item.status for item in told.thread(later(START, days=62)).requests[told.opener].items
    ] == ["preserved", "lapsed"]


def test_an_extension_after_the_lapse_is_answered_as_a_new_request() -> None:
    """Section 7: the report revives; the state is preserved, not extended."""
    told = preserved("one")
    told.at(later(START, days=61))
    asked = told.q(LONGER, items())
    told.a("decision", decided(LONGER, one=Outcome.ACCEPTED), re=asked)
    told.a("preservation_report", reported(later(START, days=61), None, "one"), re=asked)
    assert (told.states(), told.states(asked)) == (["preserved"], ["done"])


def test_an_extension_of_what_was_preserved_elsewhere_stands_alone() -> None:
    """The first request went by other ways: its items are named by the answers."""
    told = Story(LONGER, items())
    assert told.states() == ["requested"]
    told.a("decision", decided(LONGER, a=Outcome.ACCEPTED, b=Outcome.REFUSED))
    assert told.states() == ["ordered", "refused"]
    told.a("preservation_report", reported(START, None, "a"))
    assert (told.states(), told.phase()) == (["preserved", "refused"], "executed")


def test_an_extension_elsewhere_may_be_answered_as_a_whole() -> None:
    """Names come with the first answer that has them."""
    told = Story(LONGER, items())
    told.a("decision", decided(LONGER, whole=Outcome.ACCEPTED))
    assert [item.item_id for item in told.request().items] == ["*"]
    told.a("preservation_report", reported(START, None, "a", "b"))
    assert [item.item_id for item in told.request().items] == ["a", "b"]
    assert told.states() == ["preserved", "preserved"]


def test_an_extension_of_an_unnamed_preservation_is_about_the_whole() -> None:
    """Also when it comes inside the thread."""
    told = Story(LONGER, items())
    told.a("decision", decided(LONGER, whole=Outcome.ACCEPTED))
    told.a("preservation_report", reported(START, None, "*"))
    asked = told.q(LONGER, items())
    told.a("decision", decided(LONGER, whole=Outcome.ACCEPTED), re=asked)
    told.a("preservation_report", reported(START, later(START, days=99), "*"), re=asked)
    assert (told.states(), told.states(asked)) == (["extended"], ["done"])


def test_the_path_may_come_before_the_report() -> None:
    """Article 30; it is no result of the item."""
    told = Story()
    told.a("decision", decided(KEPT, one=Outcome.ACCEPTED, two=Outcome.REFUSED))
    told.a("path_disclosure", paths("disclosed", "one", "two"))
    assert (told.item("one").path, told.item("two").path) == ("disclosed", None)
    assert (told.entry().passed_over, told.phase()) == (("two",), "decided")


def test_a_path_may_be_told_of_what_is_offered() -> None:
    """Conditions concern the data."""
    told = Story()
    told.a("decision", offered(KEPT, "confidential", two=True))
    told.a("decision", decided(KEPT, one=Outcome.ACCEPTED))
    told.a("path_disclosure", paths("no_other_provider", "two"))
    assert told.item("two").path == "no_other_provider"


def test_data_come_in_parts() -> None:
    """Several deliveries for one item; the request is executed with the last item."""
    told = granted(DATA)
    told.a("data_delivery", delivered("one"))
    assert told.phase() == "decided"
    told.a("data_delivery", delivered("one"))
    assert told.objection() is None
    told.a("data_delivery", delivered("*"))
    assert (told.phase(), told.states()) == ("executed", ["delivered", "delivered"])


def test_data_before_the_decision_have_no_effect() -> None:
    """Only 2AP 9 allows it."""
    told = Story(DATA, items("one"))
    told.a("acknowledgement", taken())
    told.a("data_delivery", delivered("one"))
    assert (told.objection(), told.states()) == ("not_in_state", ["requested"])


def test_refused_data_are_not_delivered() -> None:
    """One item was granted, the other not."""
    told = Story(DATA, items("one", "two"))
    told.a("decision", decided(DATA, one=Outcome.ACCEPTED, two=Outcome.REFUSED))
    told.a("data_delivery", delivered("two"))
    assert (told.objection(), told.states()) == ("wrong_item_state", ["accepted", "refused"])


def test_a_delivery_under_the_same_name_discloses_what_was_preserved() -> None:
    """The follow-up in the same thread bears the names of the preserved items."""
    told = preserved()
    asked = told.q(DATA, items("one", "other"), re=told.last)
    told.a("decision", decided(DATA, whole=Outcome.ACCEPTED), re=asked)
    told.a("data_delivery", delivered("other"), re=asked)
    assert told.states() == ["preserved", "preserved"]
    told.a("data_delivery", delivered("one"), re=asked)
    assert (told.states(), told.states(asked)) == (
        ["disclosed", "preserved"],
        ["delivered", "delivered"],
    )


def test_a_preservation_request_is_not_answered_by_data() -> None:
    """Its form names other answers."""
    told = preserved()
    told.a("data_delivery", delivered("one"))
    assert told.objection() == "not_admitted"


@pytest.mark.parametrize(
    ("outcome", "state", "phase"),
    [
        (Execution.EXECUTED, "done", "executed"),
        (Execution.NOTHING_FOUND, "done", "executed"),
        (Execution.IMPOSSIBLE, "not_possible", "closed"),
    ],
)
def test_an_outcome_ends_an_item(outcome: Execution, state: str, phase: str) -> None:
    """Granted -> done | not_possible."""
    told = granted(DATA, "one")
    told.a("outcome_report", executed(outcome, "one"))
    assert (told.states(), told.phase()) == ([state], phase)


def test_outcome_and_data_come_in_any_order() -> None:
    """A search was executed, then its data are sent; or the other way round."""
    told = granted("evidence_assistance_request", "one", "two")
    told.a("outcome_report", executed(Execution.EXECUTED, "one"))
    told.a("data_delivery", delivered("one", "two"))
    told.a("outcome_report", executed(Execution.EXECUTED, "two"))
    assert (told.objection(), told.states()) == (None, ["delivered", "delivered"])


def test_advice_answers_the_request_as_a_whole() -> None:
    """Undecided -> executed."""
    told = Story("technical_advice_request", items())
    told.a("advice_answer")
    assert (told.phase(), told.states()) == ("executed", ["done"])
    told.a("advice_answer")
    assert told.objection() == "not_in_state"


def test_advice_that_was_granted_first_is_still_to_be_given() -> None:
    """A decision makes it `decided`, the advice `executed`."""
    told = Story("legal_information_request", items())
    told.a("decision", decided("legal_information_request", whole=Outcome.ACCEPTED))
    assert told.phase() == "decided"
    told.a("advice_answer")
    assert told.phase() == "executed"


def test_advice_closes_open_questions() -> None:
    """They are moot."""
    told = Story("pre_consultation", items())
    told.a("info_needed", inquiry("a"))
    told.a("advice_answer")
    assert told.phase() == "executed"
