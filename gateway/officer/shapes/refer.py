"""The body of the local API about handing a request over inside the Party."""

from gateway.officer.shapes.models import Shape


class ReferRequest(Shape):
    """POST /messages/{mid}/refer: to whom, for what, until when; the rest is the desk's.

    `items`: names of the request's items; all of it if empty.
    """

    organisation: str
    kind: str
    unit: str | None = None
    address: str | None = None
    telephone: str | None = None
    email: str | None = None
    scope: str
    until: str
    items: tuple[str, ...] = ()
    reference: str | None = None
    reason: str | None = None
