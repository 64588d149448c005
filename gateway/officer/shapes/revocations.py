"""Bodies of the local API about revocations."""

from typing import Annotated

from pydantic import Field

from gateway.officer.shapes.models import Shape
from protocol.limits import MAX_REVOCATION_BYTES


class RevokeRequest(Shape):
    """POST /keys/revocations: a revocation that a Party signed, in base64."""

    told: Annotated[str, Field(min_length=4, max_length=MAX_REVOCATION_BYTES * 4 // 3 + 4)]


class RevokedView(Shape):
    """Which key counts no more."""

    node: str
    kind: str
    fingerprint: str
