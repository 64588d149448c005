"""The bodies of the local API about holding a thread against retention."""

from gateway.officer.shapes.models import Hex16, LogRef, Shape
from gateway.officer.shapes.recovery import Reason


class HoldRequest(Shape):
    """POST /threads/{thread}/hold: from now on held or not, and why; stated in the log."""

    on: bool
    reason: Reason


class HoldAnswer(Shape):
    """Whether a thread is held, since when, and the leaf that says so."""

    thread: Hex16
    on: bool
    at: str
    by: str
    log: LogRef
