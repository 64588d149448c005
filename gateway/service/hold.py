"""Holds a thread against retention, or releases it; either is an officer's act in the log.

Source: docs/delivery.md, "Retention".
"""

from gateway.errors import NoInputError
from gateway.ports import Clock
from gateway.retaining import HoldRow, Holds
from keys.digest import new_salt
from protocol.identifiers import MessageId
from protocol.log.erasure import HELD, RELEASED
from protocol.log.statement import Act, officer_act


class Holding:
    """The use case behind `a35 hold`.

    Args:
        store: Where holds are kept.
        clock: Time.
    """

    def __init__(self, *, store: Holds, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def hold(self, thread: MessageId, *, on: bool, reason: str, who: str) -> HoldRow:
        """Hold a thread or release it; the same again for every repeat.

        Args:
            thread: The id of its first message.
            on: Whether nothing of it may be erased from now on.
            reason: Why, 1 to 500 characters; stated in our log.
            who: The person, as "RO/1 officer 3": never a name.

        Raises:
            NoInputError: There is no such thread, or it is to be released and was never held.
            StorageError: Nothing was changed.
        """
        now_ms = self._clock.now_ms()
        act = Act(
            act=HELD if on else RELEASED,
            who=who,
            ref=thread,
            subject=None,
            why=reason,
            t_ms=now_ms,
        )
        return await self._store.hold(
            thread, officer_act(act.encode(), new_salt()), on=on, by=who, now_ms=now_ms
        )

    async def held(self, thread: MessageId) -> HoldRow:
        """Return how a thread stands.

        Raises:
            NoInputError: It was never held.
        """
        row = await self._store.held(thread)
        if row is None:
            raise NoInputError("this thread was never held")
        return row
