"""A log computed anew, as programs and people are shown it."""

from gateway.officer.shapes.models import LogFault, LogVerification
from protocol.log.audited import LogVerification as Verification


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
