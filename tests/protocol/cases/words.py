"""Facts of messages in few words, for the tests of the cases."""

from collections.abc import Sequence

from protocol.cases.facts import (
    Asked,
    AskedItem,
    Choice,
    Decided,
    DecidedItem,
    Delivered,
    Determined,
    Executed,
    ExecutedItem,
    Execution,
    Inquiry,
    Named,
    Outcome,
    PathsTold,
    Referral,
    Replied,
    Reported,
    ReportedItem,
    Step,
    Stopped,
    StoppedItem,
    Supplied,
    Taken,
    Terms,
    ToldItem,
    Withdrawn,
)
from tests.protocol.cases.instants import START, later, ms


def items(*names: str, category: str | None = "traffic") -> Asked:
    """Return the facts of a request for these items."""
    return Asked(items=tuple(AskedItem(item_id=name, category=category) for name in names))


def offer(*kinds: str) -> Asked:
    """Return the facts of an offer of information."""
    return Asked(step=Step.OFFER, terms=terms(*kinds))


def terms(*kinds: str) -> tuple[Terms, ...]:
    """Return conditions of these kinds."""
    return tuple(Terms(kind=kind) for kind in kinds)


def taken(expected: str = "2026-11-25", zone: str | None = None) -> Taken:
    """Return the facts of an acknowledgement."""
    return Taken(expected=expected, zone=zone)


def inquiry(*questions: str, suspended: bool = False, answer_by: str | None = None) -> Inquiry:
    """Return the facts of a question back."""
    return Inquiry(questions=frozenset(questions), suspended=suspended, answer_by=answer_by)


def supplied(*questions: str) -> Supplied:
    """Return the facts of answers."""
    return Supplied(questions=frozenset(questions))


def referral(*names: str, answer_by: str | None = None) -> Referral:
    """Return the facts of a request for a determination."""
    return Referral(items=names or None, answer_by=answer_by)


def determined(choice: Choice, *names: str) -> Determined:
    """Return the facts of a determination."""
    return Determined(choice=choice, items=names or None)


def decided(answers_type: str, **outcomes: Outcome) -> Decided:
    """Return the facts of a decision: outcomes by item; `whole` is all of the request."""
    return Decided(
        answers_type=answers_type,
        items=tuple(
            DecidedItem(item_id="*" if name == "whole" else name, outcome=outcome)
            for name, outcome in outcomes.items()
        ),
    )


def offered(answers_type: str, *kinds: str, partly: bool = False, **names: bool) -> Decided:
    """Return the facts of a grant under conditions."""
    outcome = Outcome.PARTIALLY_ACCEPTED if partly else Outcome.ACCEPTED_WITH_CONDITIONS
    return Decided(
        answers_type=answers_type,
        items=tuple(
            DecidedItem(item_id=name, outcome=outcome, terms=terms(*kinds)) for name in names
        ),
    )


def replied(*names: str, accepted: bool) -> Replied:
    """Return the facts of a reply to conditions."""
    return Replied(accepted=accepted, items=names or None)


def reported(at: str = START, until: str | None = None, *names: str) -> Reported:
    """Return the facts of a report: preserved from one instant until another."""
    end = later(at, days=60) if until is None else until
    return Reported(
        items=tuple(ReportedItem(item_id=name, at_ms=ms(at), until_ms=ms(end)) for name in names)
    )


def not_preserved(*names: str) -> Reported:
    """Return the facts of a report that data are not preserved."""
    return Reported(items=tuple(ReportedItem(item_id=name) for name in names))


def paths(result: str, *names: str) -> PathsTold:
    """Return the facts of a disclosed path."""
    return PathsTold(items=tuple(ToldItem(item_id=name, result=result) for name in names))


def delivered(*names: str, kinds: Sequence[str] = ()) -> Delivered:
    """Return the facts of a delivery."""
    return Delivered(items=names, terms=terms(*kinds))


def executed(outcome: Execution, *names: str) -> Executed:
    """Return the facts of an outcome report."""
    return Executed(items=tuple(ExecutedItem(item_id=name, outcome=outcome) for name in names))


def named(*names: str) -> Named:
    """Return the facts of a document about these items, or all."""
    return Named(items=names or None)


def stopped(found: Stopped, *names: str) -> Withdrawn:
    """Return the facts of an acknowledged withdrawal."""
    return Withdrawn(items=tuple(StoppedItem(item_id=name, found=found) for name in names))
