"""The bodies of the local API about taking a message back."""

from gateway.officer.shapes.models import Hex16, LogRef, Shape
from gateway.officer.shapes.recovery import Reason


class CancelRequest(Shape):
    """POST /messages/{mid}/cancel: why; stated in the log, and read there if it had arrived."""

    reason: Reason


class CancelAnswer(Shape):
    """What is known of a cancelled message; a late receipt may have raised its state since.

    `withdrawal` told its addressee, once it was known to have arrived. `copies` are messages of
    their own with the same request, which go on.
    """

    mid: Hex16
    state: str
    may_have_arrived: bool
    repeated: bool
    at: str
    log: LogRef
    withdrawal: Hex16 | None
    copies: tuple[Hex16, ...]
