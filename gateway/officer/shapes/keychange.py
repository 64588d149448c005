"""Bodies of the local API about keys of Parties that wait."""

from typing import Annotated

from pydantic import Field

from gateway.officer.shapes.drafts import AssertionBody, Hex32
from gateway.officer.shapes.models import Shape, Size
from gateway.officer.shapes.recovery import Reason

Person = Annotated[str, Field(max_length=60)]


class WaitingKey(Shape):
    """One key that waits; `fingerprint` is what people compare by telephone."""

    node: str
    kind: str
    fingerprint: str


class ProposedView(Shape):
    """That somebody proposed to let these keys count; `digest` names exactly these."""

    who: str
    reason: str
    at: str
    digest: Hex32


class WaitingParty(Shape):
    """A Party some of whose keys wait."""

    party: str
    keys: tuple[WaitingKey, ...]
    proposed: ProposedView | None


class WaitingView(Shape):
    """GET /keys/waiting: the keys that count for nothing yet, by Party."""

    items: tuple[WaitingParty, ...]


class AcceptKeysRequest(Shape):
    """POST /keys/waiting/CC/accept: who compared the fingerprints, and why; both are stated.

    At a desk with people names are not looked at: whoever asks proposes, another one confirms.
    """

    first: Person = ""
    second: Person = ""
    reason: Reason


class ConfirmKeysRequest(Shape):
    """POST /keys/waiting/CC/approvals: by passkey or password, of the keys that were shown."""

    assertion: AssertionBody | None = None
    password: Annotated[str, Field(max_length=1024)] | None = None
    digest: Hex32


class KeyOptionsRequest(Shape):
    """POST /keys/waiting/CC/approval-options: of the keys that were shown."""

    digest: Hex32


class AcceptedKeysView(Shape):
    """How many keys of a Party count now: none while a second person has to confirm."""

    party: str
    accepted: Size
