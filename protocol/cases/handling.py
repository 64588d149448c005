"""Effects on the way to a decision: taken on, asked back, determined, delayed.

Source: docs/domain.md, section 6.1.
"""

from dataclasses import replace

from protocol.cases.applying import applied, to_named, with_waits
from protocol.cases.facts import Choice, Delayed, Determined, Inquiry, Referral, Supplied, Taken
from protocol.cases.objection import Reason, objection
from protocol.cases.opening import withdrawn
from protocol.cases.request import Expectation, Request, Wait, WaitFor
from protocol.cases.state import Change, Turn


def acknowledged(turn: Turn, facts: Taken) -> Change:
    """Somebody has it; a later one changes date or desk.

    Args:
        turn: The message and its thread.
        facts: What it says.
    """
    expected = Expectation(said_ms=turn.message.t_ms, by=facts.expected)
    request = replace(turn.request, is_taken=True, expectation=expected)
    return Change(requests=(request,), zone=facts.zone)


def asked(turn: Turn, facts: Inquiry) -> Change:
    """Questions stand until all are answered; the policy clock may stand still meanwhile.

    Args:
        turn: The message and its thread.
        facts: What it says.
    """
    wait = Wait(
        what=WaitFor.INFORMATION,
        mid=turn.message.mid,
        since_ms=turn.message.t_ms,
        questions=facts.questions,
        suspended=facts.suspended,
        answer_by=facts.answer_by,
    )
    return Change(requests=(_waiting(turn, wait),))


def supplied(turn: Turn, facts: Supplied) -> Change:
    """Answers close the questions that they name, of the message that they reply to.

    Args:
        turn: The message and its thread.
        facts: What it says.
    """
    waits: list[Wait] = []
    answered = False
    for wait in turn.request.waits:
        left = wait.questions
        if wait.mid == turn.message.re:
            answered = not left.isdisjoint(facts.questions)
            left -= facts.questions
        if left or wait.what is not WaitFor.INFORMATION:
            waits.append(replace(wait, questions=left))
    if not answered:
        return Change(objection=objection(Reason.NOTHING_ASKED))
    return Change(requests=(with_waits(turn.request, tuple(waits), turn.message.t_ms),))


def asked_determination(turn: Turn, facts: Referral) -> Change:
    """Nothing goes on until the requesting side has decided.

    Args:
        turn: The message and its thread.
        facts: What it says.
    """
    wait = Wait(
        what=WaitFor.DETERMINATION,
        mid=turn.message.mid,
        since_ms=turn.message.t_ms,
        items=facts.items,
        answer_by=facts.answer_by,
    )
    return Change(requests=(_waiting(turn, wait),))


def determined(turn: Turn, facts: Determined) -> Change:
    """Back to where it stood; `stop` withdraws the items.

    Args:
        turn: The message and its thread.
        facts: What it says.
    """
    waits = turn.request.waits
    (question,) = (wait for wait in waits if wait.mid == turn.message.re)
    kept = tuple(wait for wait in waits if wait is not question)
    request = with_waits(turn.request, kept, turn.message.t_ms)
    if facts.choice is not Choice.STOP:
        return Change(requests=(request,))
    names = question.items if facts.items is None else facts.items
    done = applied(request, to_named(names, withdrawn))
    return Change(requests=(done.request,), passed_over=done.passed_over)


def delayed(turn: Turn, facts: Delayed) -> Change:
    """The date moves, and the other side has been told how things stand.

    Args:
        turn: The message and its thread.
        facts: What it says.
    """
    t_ms = turn.message.t_ms
    expected = Expectation(said_ms=t_ms, by=facts.expected)
    return Change(requests=(replace(turn.request, expectation=expected, status_ms=t_ms),))


def _waiting(turn: Turn, wait: Wait) -> Request:
    request = replace(turn.request, is_taken=True)
    return with_waits(request, (*request.waits, wait), turn.message.t_ms)
