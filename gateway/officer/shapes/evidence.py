"""The body of the local API with which an officer exports evidence."""

from typing import Literal

from gateway.officer.shapes.models import Shape


class EvidenceRequest(Shape):
    """POST /messages/{mid}/evidence: how much of the message goes into the bundle."""

    variant: Literal["sealed", "disclosed", "redacted"] = "sealed"
