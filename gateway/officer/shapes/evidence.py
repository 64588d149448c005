"""Bodies of the local API with which an officer exports evidence."""

from typing import Literal

from gateway.officer.shapes.models import Shape, Size


class EvidenceRequest(Shape):
    """POST /messages/{mid}/evidence: how much of the message goes into the bundle."""

    variant: Literal["sealed", "disclosed", "redacted"] = "sealed"


class ForkItem(Shape):
    """A log of which two histories are known or feared.

    `shows`: two_roots (proven by the two heads alone), not_joined. `refused`: nothing is taken
    from the log any more; else it is still asked for a proof.
    """

    log: str
    shows: str
    refused: bool
    found: str
    shown_by: str
    held_size: Size
    offered_size: Size


class ForkList(Shape):
    """GET /forks."""

    items: tuple[ForkItem, ...]
