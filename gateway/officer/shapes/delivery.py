"""The bodies of the local API about delivery: attempts, lanes, other nodes."""

from gateway.officer.shapes.models import Hex16, Shape, StageView


class AttemptView(Shape):
    """One attempt to deliver."""

    at: str
    kind: str
    what: str
    outcome: str
    next: str | None


class LaneShape(Shape):
    """The way to a node: `circuit` is closed (healthy), half_open or open."""

    node: str
    circuit: str
    failures: int
    due_in_ms: int
    last_contact: str | None
    why: str | None


class ExplainView(Shape):
    """GET /messages/{mid}/attempts: where a message is and why.

    `sentences` says the same for people, with what would end it.
    """

    mid: Hex16
    state: str
    why: str | None
    attempts: tuple[AttemptView, ...]
    next: str | None
    lane: LaneShape | None
    stages: tuple[StageView, ...]
    sentences: tuple[str, ...]


class PeerItem(Shape):
    """One other node as this one sees it; `waiting` counts by class, P0 first."""

    node: str
    last_contact: str | None
    circuit: str
    failures: int
    due_in_ms: int
    why: str | None
    waiting: tuple[int, ...]
    their_log: int
    our_log: int
    forked: bool
    clock_offset_ms: int | None
    silent_since: str | None


class PeerList(Shape):
    """GET /peers."""

    items: tuple[PeerItem, ...]
