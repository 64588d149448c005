"""An officer takes back a message that this node sent, as long as no receipt for it is held.

What never left is gone at once. What may have left is not sent any more; if a late receipt shows
that it arrived after all, that receipt counts, and its addressee gets a withdrawal
(gateway.service.escalate).

Source: docs/delivery.md, "Cancelling".
"""

from dataclasses import dataclass
from typing import Final

from gateway.cancelling import Cancellation, CancellationRow
from gateway.errors import DataError, NoInputError
from gateway.ports import Clock
from gateway.records import Direction
from gateway.rows import MessageRow
from gateway.service.waiting import is_request
from gateway.store import Store
from keys.digest import new_salt
from protocol.cases.cancelling import CancelOutcome
from protocol.cases.ladder import MessageState
from protocol.identifiers import MessageId
from protocol.log.statement import Act, Statement, officer_act

_ACT: Final = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """What became of a message that its author took back.

    `repeated`: it was cancelled before. `copies` are messages of their own with the same request,
    which go on.
    """

    state: MessageState
    row: CancellationRow
    repeated: bool
    copies: tuple[MessageId, ...]


class Cancel:
    """Cancels messages of this node.

    Args:
        store: Messages.
        clock: Time.
    """

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def cancel(self, mid: MessageId, reason: str, *, who: str) -> Cancelled:
        """Take a message back; the same again for every repeat.

        Args:
            mid: A message that this node sent.
            reason: The officer's, 1 to 500 characters. It is stated in our log, and is what the
                addressee reads if the message turns out to have arrived.
            who: The person, as "RO/1 officer 3": never a name.

        Returns:
            What is known of it now; durable.

        Raises:
            NoInputError: This node sent no such message.
            DataError: Its addressee has it, or it has ended; nothing was changed.
            StorageError: Nothing was changed.
        """
        row = await self._row(mid)
        asks = is_request(row)
        result = await self._store.cancel(
            Cancellation(mid=mid, act=self._act(mid, reason, who), owes=asks),
            now_ms=self._clock.now_ms(),
        )
        if result.row is None:
            refused = _refused(result.outcome, result.state, mid, asks=asks)
            raise refused
        pairs = await self._store.copies(mid)
        return Cancelled(
            state=result.state,
            row=result.row,
            repeated=result.outcome is CancelOutcome.CANCELLED_BEFORE,
            copies=tuple(pair.copy for pair in pairs if pair.original == mid),
        )

    async def _row(self, mid: MessageId) -> MessageRow:
        for row in await self._store.message(mid):
            if row.direction is Direction.OUT:
                return row
        raise NoInputError(
            "this node sent no such message", hint="list what it sent with: a35 outbox"
        )

    def _act(self, mid: MessageId, reason: str, who: str) -> Statement:
        act = Act(act=_ACT, who=who, ref=mid, subject=None, why=reason, t_ms=self._clock.now_ms())
        return officer_act(act.encode(), new_salt())


def _refused(
    outcome: CancelOutcome, state: MessageState, mid: MessageId, *, asks: bool
) -> DataError:
    """Say why a message cannot be cancelled, and what its author can do."""
    if outcome is CancelOutcome.ENDED:
        return DataError(
            f"the message is {state.value}: there is nothing to cancel",
            code="not_allowed",
            hint=f"see what happened with: a35 explain {mid}",
        )
    instead = (
        f"withdraw it: send a document of the type withdrawal with in_reply_to {mid}"
        if asks
        else "its type cannot be withdrawn: send a correction or a note in its thread"
    )
    return DataError(
        f"its addressee has the message ({state.value}): it cannot be cancelled any more",
        code="not_allowed",
        hint=instead,
    )
