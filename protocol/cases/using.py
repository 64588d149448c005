"""Effects of the notices that fit any thread: accounts and leave of use, reminders.

Source: docs/domain.md, section 6.3.
"""

from dataclasses import replace
from typing import Final

from protocol.cases.applying import with_waits
from protocol.cases.facts import AccountAsked, Nothing
from protocol.cases.message import Side
from protocol.cases.request import Wait, WaitFor
from protocol.cases.state import Change, Turn

_ASKED: Final[dict[str, WaitFor]] = {
    "use_account_request": WaitFor.ACCOUNT,
    "onward_transfer_request": WaitFor.ONWARD_TRANSFER,
    "judicial_use_request": WaitFor.JUDICIAL_USE,
}


def asked_use(turn: Turn, facts: AccountAsked | Nothing) -> Change:
    """An account of use, or leave for a wider use, is asked for.

    Args:
        turn: The message and its thread.
        facts: What it says.
    """
    wait = Wait(
        what=_ASKED[turn.message.type],
        mid=turn.message.mid,
        since_ms=turn.message.t_ms,
        answer_by=facts.answer_by if isinstance(facts, AccountAsked) else None,
    )
    return _with(turn, (*turn.request.waits, wait))


def answered_use(turn: Turn) -> Change:
    """What it replies to is answered; an account may also be given unasked.

    Args:
        turn: The message and its thread.
    """
    return _with(turn, tuple(wait for wait in turn.request.waits if wait.mid != turn.message.re))


def reminded(turn: Turn) -> Change:
    """Reminders are counted for each side, so that the next one has its number.

    Args:
        turn: The message and its thread.
    """
    ours, theirs = turn.request.reminders
    counted = (ours + 1, theirs) if turn.side is Side.REQUESTING else (ours, theirs + 1)
    return Change(requests=(replace(turn.request, reminders=counted),))


def _with(turn: Turn, waits: tuple[Wait, ...]) -> Change:
    return Change(requests=(with_waits(turn.request, waits, turn.message.t_ms),))
