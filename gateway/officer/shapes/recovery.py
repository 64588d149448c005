"""Bodies of the local API about our own log: whether it may be signed, and who holds what of it."""

from typing import Annotated, Final

from pydantic import Field

from gateway.officer.shapes.models import Shape, Size

MAX_REASON: Final = 500
Reason = Annotated[str, Field(min_length=1, max_length=MAX_REASON)]


class HoldingItem(Shape):
    """What one peer said last that it holds of our log.

    `told`: nothing, head (what we signed and have), loss (what we have not), unreached, unproven.
    """

    node: str
    told: str
    size: Size


class ClosedItem(Shape):
    """A log of another node that was given up; `short` if its owner lost what we hold of it."""

    log: str
    successor: str
    short: bool


class RecoveryView(Shape):
    """GET /recovery: where this node stands with its log, and what to do.

    `phase`: signing, asking, recovering, unlisted, ended. `needed` is null when no number of
    answers suffices.
    """

    origin: str
    phase: str
    state: str
    why: str
    size: Size
    signed: Size
    missing: Size
    peers: Size | None
    answered: Size
    needed: Size | None
    advice: tuple[str, ...]
    holdings: tuple[HoldingItem, ...]
    closed: tuple[ClosedItem, ...]
    forks: tuple[str, ...]


class ReasonRequest(Shape):
    """POST /recovery/keep-log and /peers/CC/n/accept: why; it becomes a statement of the node."""

    reason: Reason


class AcceptedView(Shape):
    """What became of accepting a node: it may go on in generations above this one."""

    node: str
    above: Size
