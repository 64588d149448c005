"""The part of the store port by which an author takes a message back, and its values.

gateway.store has the port as a whole.
"""

from dataclasses import dataclass
from typing import Protocol

from protocol.cases.cancelling import CancelOutcome
from protocol.cases.ladder import MessageState
from protocol.identifiers import MessageId
from protocol.log.statement import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """The wish to cancel a message of ours.

    `act` is the officer's act 0x09 with the reason. `owes`: if it arrived after all, its receiver
    gets a withdrawal.
    """

    mid: MessageId
    act: Statement
    owes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationRow:
    """A cancellation that was committed: when, the leaf that states it, what was known then.

    `withdrawal` names what told the receiver, once it was known that the message had arrived.
    """

    mid: MessageId
    at_ms: int
    origin: str
    index: int
    may_have_left: bool
    withdrawal: MessageId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelResult:
    """What came of a wish to cancel; `row` is None if it was refused."""

    outcome: CancelOutcome
    state: MessageState
    row: CancellationRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedWithdrawal:
    """A cancelled message that arrived after all; `reason` is its author's, empty if erased."""

    mid: MessageId
    reason: str


class Cancelling(Protocol):
    """Messages that their author took back."""

    async def cancel(self, cancellation: Cancellation, *, now_ms: int) -> CancelResult:
        """Cancel a message of ours unless a receipt for it is held or it has ended; once."""

    async def cancellation(self, mid: MessageId) -> CancellationRow | None:
        """Return the cancellation of a message of ours, None if it was not cancelled."""

    async def owed_withdrawals(self) -> tuple[OwedWithdrawal, ...]:
        """Return the cancelled messages that arrived after all and were not withdrawn yet."""
