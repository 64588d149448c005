"""How the table of other nodes is shown to people."""

from collections.abc import Sequence
from typing import Final

from gateway.officer.cli.output import foreign, in_words
from gateway.officer.shapes.delivery import PeerItem

PEER_HEADS: Final = (
    "Node",
    "Last contact",
    "Lane",
    "Waiting P0-P3",
    "Their log",
    "Our log there",
    "Clock",
    "Silent",
)


def peer_rows(items: Sequence[PeerItem], now_ms: int) -> list[list[str]]:
    """Return the rows of the table, in the order of `PEER_HEADS`.

    Args:
        items: Every other active node.
        now_ms: The present time.
    """
    return [
        [
            item.node,
            _ago(item.last_contact, now_ms),
            _lane(item),
            " ".join(map(str, item.waiting)),
            "TWO HISTORIES" if item.forked else str(item.their_log),
            str(item.our_log),
            "-" if item.clock_offset_ms is None else f"{item.clock_offset_ms / 1000:+.1f} s",
            _ago(item.silent_since, now_ms),
        ]
        for item in items
    ]


def _lane(item: PeerItem) -> str:
    if not item.failures:
        return "healthy"
    why = f", {foreign(item.why)}" if item.why else ""
    return f"{item.circuit}, failed {item.failures}x{why}, next in {item.due_in_ms // 1000} s"


def _ago(at: str | None, now_ms: int) -> str:
    """Return how long ago a moment was; `-` if there was none."""
    return in_words(at, now_ms).replace(" late", " ago")
