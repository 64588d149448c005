"""Steps of a message on its ladder, inside a transaction, and the events that tell of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gateway.errors import NoInputError
from gateway.records import StateChange
from gateway.storage.session import KIND_STATE, Event, Session
from protocol.cases.ladder import MessageState, advance
from protocol.identifiers import MessageId, NodeId


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """A message row, as far as an operation needs it."""

    row: int
    state: MessageState


def held_message(session: Session, sender: str, mid: MessageId) -> HeldMessage:
    """Find a message.

    Args:
        session: The transaction.
        sender: Who sent it, CC/n.
        mid: Its id.

    Returns:
        Its row and state.

    Raises:
        NoInputError: There is none.
    """
    found = session.execute(
        "SELECT id, state FROM message WHERE mid = ? AND sender = ?", (mid.value, sender)
    ).fetchone()
    if found is None:
        raise NoInputError("there is no such message")
    return HeldMessage(found[0], MessageState(found[1]))


def raise_state(
    session: Session,
    message: HeldMessage,
    state: MessageState,
    *,
    why: str | None = None,
    now_ms: int,
) -> bool:
    """Let a message rise to a state; it never falls.

    Args:
        session: The transaction.
        message: As found in it.
        state: What a receipt, an act or an answer says.
        why: Kept with the state, if it rises.
        now_ms: Milliseconds since 1970, UTC.

    Returns:
        Whether it rose.
    """
    if advance(message.state, state) is message.state:
        return False
    session.execute(
        "UPDATE message SET state = ?, changed_ms = ?, why = coalesce(?, why) WHERE id = ?",
        (state.value, now_ms, why, message.row),
    )
    return True


def apply_effects(
    session: Session,
    effects: Sequence[StateChange],
    *,
    told: Collection[tuple[NodeId, MessageId, MessageState]],
    by: str,
    now_ms: int,
) -> None:
    """Apply the steps that an act or an answer means for other messages.

    Args:
        session: The transaction.
        effects: In order.
        told: Steps that a receipt in the same transaction tells of already: no second event.
        by: Whose word the step rests on, CC/n.
        now_ms: Milliseconds since 1970, UTC.

    Raises:
        NoInputError: An effect names a message that is not here.
    """
    for effect in effects:
        message = held_message(session, str(effect.sender), effect.mid)
        rose = raise_state(session, message, effect.state, now_ms=now_ms)
        if rose and (effect.sender, effect.mid, effect.state) not in told:
            session.tell(
                Event(
                    at_ms=now_ms,
                    kind=KIND_STATE,
                    message=message.row,
                    what=effect.state.value,
                    by=by,
                )
            )
