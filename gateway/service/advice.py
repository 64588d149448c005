"""What an officer is told of a late message: what is missing since when, whom to call, which code.

The telephone card is the other Party's own entry in the directory. Whoever shows it makes its text
harmless first; nothing here is content of a case.

Source: docs/delivery.md, "Delivery in rules", rule 14.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

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


def sentences(
    row: MessageRow, late: Late, card: Card | None, pairs: tuple[CopyRow, ...]
) -> tuple[str, ...]:
    """Return what an officer should know and do about a late message, the first thing first.

    Args:
        row: The message.
        late: How late it is.
        card: Whom to call.
        pairs: Its copy, if it has one.
    """
    if row.direction is Direction.IN:
        return (
            f"Your desk has not acknowledged this request; due {_utc(late.due_ms)}.",
            f"{row.sender} may telephone about it and name the code {code_of(row.mid)}.",
            "Open it, then: a35 ack MID",
        )
    said = [_missing(row, late)]
    if late.stage is Stage.HASTEN:
        said.append("It is tried by every way that the directory names. Have a telephone at hand.")
    else:
        said.append(_call(row, card))
    said.extend(_copied(row, pair) for pair in pairs)
    if late.stage is Stage.SILENCE:
        said.append("The silence is stated in our log. Delivery goes on; what comes late counts.")
    return tuple(said)


def _missing(row: MessageRow, late: Late) -> str:
    what = {
        Step.ACCEPTED: f"{row.recipient} has not accepted this message",
        Step.ACKNOWLEDGED: f"No person at {row.recipient} has acknowledged this message",
    }[late.step]
    return f"{what}: sent {_utc(row.t_ms)}, due {_utc(late.due_ms)}."


def _call(row: MessageRow, card: Card | None) -> str:
    if card is None:
        return (
            f"The directory names no telephone for {row.recipient}: use another channel, and give "
            f"the code {code_of(row.mid)}."
        )
    numbers = ", or ".join(
        number if remark is None else f"{number} ({remark})" for number, remark in card.telephones
    )
    desk = f"{card.name} ({card.node})"
    return (
        f"Call {desk}: {numbers}. Hours: {card.hours}, {card.time_zone}. Speak "
        f"{' or '.join(card.languages)}. Give the code {code_of(row.mid)}: {spoken(row.mid)}."
    )


def _copied(row: MessageRow, pair: CopyRow) -> str:
    if row.mid == pair.copy:
        return f"This is a copy of {pair.original}, which went to {pair.original_to}."
    return f"A copy went to the second point of contact, {pair.copy_to}: {pair.copy}."


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
