"""Bodies of the local API about keys of Parties that wait."""

from typing import Annotated

from pydantic import Field

from gateway.officer.shapes.models import Shape, Size
from gateway.officer.shapes.recovery import Reason

Person = Annotated[str, Field(min_length=1, max_length=60)]


class WaitingKey(Shape):
    """One key that waits; `fingerprint` is what people compare by telephone."""

    node: str
    kind: str
    fingerprint: str


class WaitingParty(Shape):
    """A Party some of whose keys wait."""

    party: str
    keys: tuple[WaitingKey, ...]


class WaitingView(Shape):
    """GET /keys/waiting: the keys that count for nothing yet, by Party."""

    items: tuple[WaitingParty, ...]


class AcceptKeysRequest(Shape):
    """POST /keys/waiting/CC/accept: who compared the fingerprints, and why; both are stated."""

    first: Person
    second: Person
    reason: Reason


class AcceptedKeysView(Shape):
    """How many keys of a Party count now."""

    party: str
    accepted: Size
