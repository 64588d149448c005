"""Conditions on the use of data: offered, accepted for ever, or not to be complied with.

Source: docs/domain.md, section 7, "Conditions"; Convention on Cybercrime, Articles 26 and 28.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from protocol.identifiers import MessageId


class ConditionState(StrEnum):
    """What became of one condition."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    """It binds for ever."""
    CANNOT_COMPLY = "cannot_comply"
    SUPPLIED_WITHOUT = "supplied_without"
    WITHHELD = "withheld"
    STATED = "stated"
    """Came with the data themselves: whoever uses them is bound, no reply is waited for."""


class ConditionEvent(StrEnum):
    """What can happen to a condition."""

    ACCEPT = "accept"
    DECLINE = "cannot comply"
    GRANT_WITHOUT = "grant without it"
    WITHHOLD = "withhold"


_S = ConditionState
_E = ConditionEvent

CONDITION_STEPS: Final[dict[ConditionState, dict[ConditionEvent, ConditionState]]] = {
    _S.OFFERED: {
        _E.ACCEPT: _S.ACCEPTED,
        _E.DECLINE: _S.CANNOT_COMPLY,
        _E.GRANT_WITHOUT: _S.SUPPLIED_WITHOUT,
        _E.WITHHOLD: _S.WITHHELD,
    },
    _S.CANNOT_COMPLY: {
        _E.GRANT_WITHOUT: _S.SUPPLIED_WITHOUT,
        _E.WITHHOLD: _S.WITHHELD,
    },
    # A decision may be replaced by a later one until data are delivered (D7).
    _S.SUPPLIED_WITHOUT: {_E.WITHHOLD: _S.WITHHELD},
    _S.WITHHELD: {_E.GRANT_WITHOUT: _S.SUPPLIED_WITHOUT},
    _S.ACCEPTED: {},
    _S.STATED: {},
}
"""The transitions of a condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition on one item.

    Args:
        kind: Which, as in the document (`confidential`, `no_onward`, ...).
        text: In words, if the document has any. Content of the case.
        by: The message that offered or stated it.
        state: What became of it.
    """

    kind: str
    text: str | None
    by: MessageId
    state: ConditionState = ConditionState.OFFERED

    @property
    def binds(self) -> bool:
        """Tell whether the requesting side is bound by it."""
        return self.state in {ConditionState.ACCEPTED, ConditionState.STATED}


def all_after(conditions: tuple[Condition, ...], event: ConditionEvent) -> tuple[Condition, ...]:
    """Return the conditions of an item after an event, which each takes as its state allows.

    Args:
        conditions: As they are.
        event: What happens to the item.
    """
    return tuple(
        replace(each, state=CONDITION_STEPS[each.state].get(event, each.state))
        for each in conditions
    )


def without_offers(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Return what remains when a later decision replaces an offer that nobody replied to.

    Args:
        conditions: As they are.
    """
    return tuple(each for each in conditions if each.state is not ConditionState.OFFERED)
