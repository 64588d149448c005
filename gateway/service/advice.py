"""What an officer is told of a late message: what is missing since when, whom to call, which code.

The telephone card is the other Party's own entry in the directory. Whoever shows it makes its text
harmless first; nothing here is content of a case.

Source: docs/delivery.md, "Delivery in rules", rule 14.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from gateway.lateness import CopyRow
from gateway.ports import Directory
from gateway.records import Direction
from gateway.rows import MessageRow
from protocol.delivery.escalation import Stage, Step
from protocol.delivery.reference import code_of, spoken
from protocol.directory import ContactPoint
from protocol.identifiers import NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The telephone card of one point of contact.

    Attributes:
        node: The node at its desk.
        name: What the directory calls the desk.
        remit: What it is for.
        hours: When it answers, in the words of its Party.
        time_zone: Whose hours these are.
        languages: Codes of the languages spoken, the first one best.
        telephones: Numbers with a remark or None, the first one first.
        email: An address, if it names one.
        is_other: Whether this is another desk of that Party, because the addressed one is not
            listed.
    """

    node: NodeId
    name: str
    remit: str
    hours: str
    time_zone: str
    languages: tuple[str, ...]
    telephones: tuple[tuple[str, str | None], ...]
    email: str | None
    is_other: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """How late a message is: the step that is missing, the stage reached, and since when."""

    step: Step
    stage: Stage
    due_ms: int
    at_ms: int


def card_of(directory: Directory, node: NodeId) -> Card | None:
    """Return the telephone card of a node's desk.

    Args:
        directory: The verified one in use.
        node: Who was addressed.

    Returns:
        Its own card, else that of a desk of its Party that may stand in for it; None if the
        directory names neither.
    """
    party = directory.party(node.country)
    points = () if party is None else party.contact_points
    own = next((point for point in points if point.number == node.number), None)
    if own is not None:
        return _card(node, own, is_other=False)
    other = next((point for point in points if point.equivalent), None)
    if other is None:
        return None
    return _card(NodeId(node.country, other.number), other, is_other=True)


TEXTS: Final[Mapping[str, str]] = MappingProxyType({
    "not_acknowledged_here": "Your desk has not acknowledged this request; due {due}.",
    "may_telephone": "{node} may telephone about it and name the code {code}.",
    "open_it": "Open it, then: a35 ack MID",
    "not_accepted": "{node} has not accepted this message: sent {sent}, due {due}.",
    "not_acknowledged":
        "No person at {node} has acknowledged this message: sent {sent}, due {due}.",
    "tried":
        "It is tried by every way that the directory names. Have a telephone at hand.",
    "no_telephone":
        "The directory names no telephone for {node}: use another channel, and give the code "
        "{code}.",
    "call":
        "Call {desk}: {numbers}. Hours: {hours}, {zone}. Speak {languages}. Give the code "
        "{code}: {spoken}.",
    "is_copy": "This is a copy of {mid}, which went to {node}.",
    "has_copy": "A copy went to the second point of contact, {node}: {mid}.",
    "erased": "content erased under retention on {day}",
    "stated": "The silence is stated in our log. Delivery goes on; what comes late counts.",
})  # fmt: skip
"""Each sentence by its code, with the names of its values; pages have them in their languages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One sentence.

    Attributes:
        word: Which, of TEXTS.
        values: What it names; some are words of the directory.
    """

    word: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentence in English."""
        return TEXTS[self.word].format(**self.values)


def advice_on(
    row: MessageRow, late: Late, card: Card | None, pairs: tuple[CopyRow, ...]
) -> tuple[Said, ...]:
    """Return what an officer should know and do about a late message, the first thing first.

    Args:
        row: The message.
        late: How late it is.
        card: Whom to call.
        pairs: Its copy, if it has one.
    """
    if row.direction is Direction.IN:
        return (
            Said(word="not_acknowledged_here", values={"due": _utc(late.due_ms)}),
            Said(
                word="may_telephone",
                values={"node": str(row.sender), "code": code_of(row.mid)},
            ),
            Said(word="open_it"),
        )
    said = [_missing(row, late)]
    said.append(Said(word="tried") if late.stage is Stage.HASTEN else _call(row, card))
    said.extend(_copied(row, pair) for pair in pairs)
    if late.stage is Stage.SILENCE:
        said.append(Said(word="stated"))
    return tuple(said)


def _missing(row: MessageRow, late: Late) -> Said:
    code = {Step.ACCEPTED: "not_accepted", Step.ACKNOWLEDGED: "not_acknowledged"}[late.step]
    values = {"node": str(row.recipient), "sent": _utc(row.t_ms), "due": _utc(late.due_ms)}
    return Said(word=code, values=values)


def _call(row: MessageRow, card: Card | None) -> Said:
    code = code_of(row.mid)
    if card is None:
        return Said(word="no_telephone", values={"node": str(row.recipient), "code": code})
    numbers = ", ".join(
        number if remark is None else f"{number} ({remark})" for number, remark in card.telephones
    )
    return Said(
        word="call",
        values={
            "desk": f"{card.name} ({card.node})",
            "numbers": numbers,
            "hours": card.hours,
            "zone": card.time_zone,
            "languages": ", ".join(card.languages),
            "code": code,
            "spoken": spoken(row.mid),
        },
    )


def _copied(row: MessageRow, pair: CopyRow) -> Said:
    if row.mid == pair.copy:
        return Said(
            word="is_copy", values={"mid": str(pair.original), "node": str(pair.original_to)}
        )
    return Said(word="has_copy", values={"mid": str(pair.copy), "node": str(pair.copy_to)})


def _card(node: NodeId, point: ContactPoint, *, is_other: bool) -> Card:
    return Card(
        node=node,
        name=point.name,
        remit=point.remit,
        hours=point.hours,
        time_zone=point.time_zone,
        languages=tuple(point.languages),
        telephones=tuple((each.number, each.remark) for each in point.telephones),
        email=point.email,
        is_other=is_other,
    )


def _utc(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%d %b %H:%M:%SZ")
