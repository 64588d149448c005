"""Writes down that the other side did not take a step in time, and what was tried.

Source: docs/wire-format.md, rule 6 (`silence`).
"""

from typing import Final

from gateway.errors import NoInputError
from gateway.ports import Clock
from gateway.records import OutboxKind
from gateway.rows import MessageRow
from gateway.store import Store
from keys.digest import new_salt
from protocol.delivery.escalation import Step
from protocol.limits import MAX_TRIES, MAX_TYPE_BYTES
from protocol.log.deed import Silence
from protocol.log.statement import Statement, silence

_HALF: Final = MAX_TRIES // 2


class Evidence:
    """Makes statements 0x0a.

    Args:
        store: Attempts, stages told before, and what was stated of the message.
        clock: Time.
    """

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def of(self, row: MessageRow, step: Step, *, due_ms: int) -> Statement:
        """Return the statement that a step of a message was missed.

        Args:
            row: A message of ours.
            step: What was not taken.
            due_ms: When it was due, milliseconds since 1970 UTC.

        Returns:
            The statement with attempts and stages told before, by time: of very many the first
            and the last.

        Raises:
            NoInputError: There is no such message.
        """
        stated = await self._store.statement(row.sender, row.mid)
        if stated is None:
            raise NoInputError("there is no such message")
        told = Silence(
            mid=row.mid,
            header_digest=stated[0],
            step=step.value,
            due_ms=due_ms,
            tries=_first_and_last(await self._tries(row)),
            t_ms=self._clock.now_ms(),
        )
        return silence(told.encode(), new_salt())

    async def _tries(self, row: MessageRow) -> list[tuple[int, str]]:
        tries = [
            (each.at_ms, each.outcome.encode()[:MAX_TYPE_BYTES].decode(errors="ignore"))
            for each in await self._store.attempts(row.mid)
            if each.kind is OutboxKind.ENVELOPE
        ]
        tries += [
            (each.at_ms, f"{each.stage.value}_{each.step.value}")
            for each in await self._store.escalations([row.mid])
        ]
        return sorted(tries, key=lambda each: each[0])


def _first_and_last(tries: list[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    if len(tries) <= MAX_TRIES:
        return tuple(tries)
    return (*tries[:_HALF], *tries[-_HALF:])
