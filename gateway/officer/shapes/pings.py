"""The bodies of the local API about pings: rounds, what others ask of us, availability."""

from typing import Annotated

from pydantic import Field

from gateway.officer.shapes.models import Hex16, LogRef, Shape, Size

MAX_HOURS = 7 * 24
MAX_DAYS = 400
MAX_NAME = 200
MAX_NOTE = 2000

Party = Annotated[str, Field(pattern=r"^[A-Z]{2}(/[1-9][0-9]{0,2})?$")]


class PingRequest(Shape):
    """POST /pings: whom to ask, all active nodes if `nodes` is empty; a campaign has a name."""

    nodes: tuple[Party, ...] = ()
    campaign: Annotated[str, Field(min_length=1, max_length=MAX_NAME)] | None = None
    hours: Annotated[int, Field(ge=1, le=MAX_HOURS)] = 24


class OutcomeItem(Shape):
    """What is known of one node; null is not known yet."""

    node: str
    node_ok: bool | None
    node_ms: Size | None
    human_ok: bool | None
    human_seconds: Size | None
    details_valid: bool | None
    why: str


class RoundView(Shape):
    """GET /pings/{number}: a round and what it came to; `log` states the outcome once closed.

    `paused`: since when nobody further is asked.
    """

    number: Size
    campaign: str | None
    began: str
    expires: str
    closed: str | None
    paused: str | None = None
    log: LogRef | None
    items: tuple[OutcomeItem, ...]


class RoundItem(Shape):
    """One round of the list."""

    number: Size
    campaign: str | None
    began: str
    expires: str
    closed: str | None
    paused: str | None = None


class RoundList(Shape):
    """GET /pings: the newest rounds first."""

    items: tuple[RoundItem, ...]


class AskedItem(Shape):
    """A ping that waits for a person at this desk."""

    mid: Hex16
    node: str
    code: str
    campaign: str | None
    asked: str
    expires: str


class DetailsView(Shape):
    """What the directory says of this desk: what its officer attests with an answer."""

    name: str
    remit: str
    hours: str
    time_zone: str
    languages: tuple[str, ...]
    telephones: tuple[str, ...]
    email: str | None


class AskedList(Shape):
    """GET /pings/asked: what other desks wait for, oldest first."""

    items: tuple[AskedItem, ...]
    details: DetailsView | None


class PingAnswerRequest(Shape):
    """POST /pings/answers: the code as it was typed, and whether the details are right."""

    code: Annotated[str, Field(min_length=6, max_length=16)]
    details_valid: bool
    note: Annotated[str, Field(min_length=1, max_length=MAX_NOTE)] | None = None


class PingAnswered(Shape):
    """Whose ping was answered, and the reply."""

    node: str
    mid: Hex16
    reply: Hex16


class DayItem(Shape):
    """How often a node was called on a day, and how often it answered."""

    day: str
    called: Size
    answered: Size


class NodeDays(Shape):
    """The days of one node on which it was called."""

    node: str
    days: tuple[DayItem, ...]


class AvailabilityView(Shape):
    """GET /availability: the last days of every node that was called."""

    days: tuple[str, ...]
    items: tuple[NodeDays, ...]
