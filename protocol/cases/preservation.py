"""Preserved data of one item: ordered, preserved until a day, held, disclosed, released, lapsed.

`until` is stated by the requested side alone; the requesting side never computes it. Data lapse
by the clock alone, and only a new report revives them.

Source: docs/domain.md, section 7, "Preservation item"; Convention on Cybercrime, Article 29(7).
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class PreservationState(StrEnum):
    """What became of the data."""

    ORDERED = "ordered"
    PRESERVED = "preserved"
    EXTENDED = "extended"
    HELD = "held_pending_decision"
    DISCLOSED = "disclosed"
    RELEASED = "released"
    LAPSED = "lapsed"


class PreservationEvent(StrEnum):
    """What can happen to the data."""

    REPORT = "report of preservation"
    HOLD = "confirmation of the MLA request"
    DISCLOSE = "delivery of the data"
    RELEASE = "release notice"
    GIVE_UP = "acknowledged withdrawal"
    EXPIRE = "the clock"


_S = PreservationState
_E = PreservationEvent

_RUNNING: Final = {
    _E.REPORT: _S.EXTENDED,
    _E.HOLD: _S.HELD,
    _E.DISCLOSE: _S.DISCLOSED,
    _E.RELEASE: _S.RELEASED,
    _E.GIVE_UP: _S.RELEASED,
    _E.EXPIRE: _S.LAPSED,
}

PRESERVATION_STEPS: Final[dict[PreservationState, dict[PreservationEvent, PreservationState]]] = {
    _S.ORDERED: {_E.REPORT: _S.PRESERVED, _E.GIVE_UP: _S.RELEASED},
    _S.PRESERVED: _RUNNING,
    _S.EXTENDED: _RUNNING,
    # Article 29(7): held until the request is decided, so the clock has no hold on them.
    _S.HELD: {_E.DISCLOSE: _S.DISCLOSED, _E.RELEASE: _S.RELEASED, _E.GIVE_UP: _S.RELEASED},
    _S.DISCLOSED: {_E.RELEASE: _S.RELEASED, _E.GIVE_UP: _S.RELEASED},
    _S.LAPSED: {_E.REPORT: _S.PRESERVED, _E.RELEASE: _S.RELEASED, _E.GIVE_UP: _S.RELEASED},
    _S.RELEASED: {},
}
"""The transitions of preserved data."""

ON_THE_CLOCK: Final = frozenset({_S.PRESERVED, _S.EXTENDED})
"""States that end by the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preservation:
    """The preserved data of one item.

    Args:
        state: What became of them.
        at_ms: Since when they are preserved, ms since 1970 UTC; None until it was reported.
        until_ms: Until when, as the requested side stated it last; it counts while the state
            is preserved or extended.
        hold_asked: The requesting side told that its request for disclosure is on its way.
    """

    state: PreservationState = PreservationState.ORDERED
    at_ms: int | None = None
    until_ms: int | None = None
    hold_asked: bool = False

    @property
    def runs(self) -> bool:
        """Tell whether the clock runs on it."""
        return self.state in ON_THE_CLOCK


def after(preservation: Preservation, event: PreservationEvent) -> Preservation | None:
    """Return the preservation after an event.

    Args:
        preservation: As it is.
        event: What happens.

    Returns:
        None when the state does not allow it.
    """
    state = PRESERVATION_STEPS[preservation.state].get(event)
    return None if state is None else replace(preservation, state=state)


def reported(preservation: Preservation, *, at_ms: int, until_ms: int) -> Preservation | None:
    """Return the preservation after a report: begun, extended to a later end, or revived.

    Args:
        preservation: As it is.
        at_ms: Since when the data are preserved, as reported.
        until_ms: Until when.

    Returns:
        None when the state does not allow it, or the end is not later than the one before.
    """
    if preservation.until_ms is not None and until_ms <= preservation.until_ms:
        return None
    kept = after(preservation, PreservationEvent.REPORT)
    if kept is None:
        return None
    begun = kept.state is PreservationState.PRESERVED
    return replace(
        kept,
        at_ms=at_ms if begun else preservation.at_ms,
        until_ms=until_ms,
        # Data that were lost in between are asked for anew.
        hold_asked=preservation.hold_asked and not begun,
    )


def at(preservation: Preservation, now_ms: int) -> Preservation:
    """Return the preservation as the clock has it.

    Args:
        preservation: As messages have it.
        now_ms: The moment, ms since 1970 UTC.

    Returns:
        Lapsed when its end has come.
    """
    if not preservation.runs or preservation.until_ms is None or now_ms < preservation.until_ms:
        return preservation
    return replace(preservation, state=PRESERVATION_STEPS[preservation.state][_E.EXPIRE])
