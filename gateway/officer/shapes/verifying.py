"""A log computed anew, as programs and people are shown it."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.officer.shapes.models import LogFault, LogVerification, Shape
from protocol.log.audited import LogVerification as Verification


class ComparisonRequest(Shape):
    """POST /log/comparisons: with which node, as FR/1."""

    peer: Annotated[str, Field(pattern=r"^[A-Z]{2}/[1-9][0-9]{0,3}$")]


class ComparisonView(Shape):
    """How our log and a peer's stand to each other.

    `verdict`: `consistent`, `unjoined` (a head of its log waits for its proof), `forked` (two
    histories) or `unreached` (it did not answer: what is told is from before). `our_log`: up to
    where it holds ours; `their_log`: up to where we hold its own.
    """

    peer: str
    verdict: Literal["consistent", "unjoined", "forked", "unreached"]
    our_log: int
    their_log: int


def verification_view(check: Verification) -> LogVerification:
    """Return a log computed anew."""
    return LogVerification(
        origin=str(check.origin),
        size=check.size,
        root=check.root.hex(),
        checked=check.checked,
        erased=check.erased,
        checkpoints=check.checkpoints,
        lost=check.lost,
        faults=tuple(
            LogFault(index=each.index, what=each.what, remedy=each.remedy) for each in check.faults
        ),
    )
