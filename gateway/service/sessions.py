"""Sessions of people who signed in on a page: begun, locked when idle, ended.

A session is named by a secret that only the browser's cookie holds. Unused for a quarter of an
hour its screen is locked: the person shows again who they are and goes on where they were. It
ends after twelve hours, at sign-out, and with every change of the person's roles or lock.

Source: docs/desk.md, "Sign-in".
"""

from dataclasses import dataclass
from typing import Final

from gateway.accounts import Accounts, Means, NewSession, Person, SessionRow
from gateway.errors import AccessDeniedError, DataError
from gateway.people import Caller, Way
from gateway.ports import Clock
from gateway.service.deeds import who_of
from keys.bearer import csrf_of, digest_of, new_secret
from keys.digest import sha256
from protocol.identifiers import NodeId
from protocol.log.statement import Statement

IDLE_MS: Final = 15 * 60 * 1000
"""Without a request for so long, the screen is locked."""

FRESH_MS: Final = 15 * 60 * 1000
"""For so long after showing who they are, somebody may change by what they come in."""

END_MS: Final = 12 * 60 * 60 * 1000
MOST: Final = 5
"""Sessions of one person."""

_WRITE_MS: Final = 60 * 1000
"""How far behind the stored time of last use may be: one commit a minute, not one a request."""

_MOST_AGENT: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A session with whoever sits there.

    Attributes:
        caller: Who acts; what a handler may do with it while locked is for the guards to say.
        person: Whose it is.
        session: As stored, with the newest time of use.
        lock_ms: When it locks without a further request; milliseconds since 1970, UTC.
    """

    caller: Caller
    person: Person
    session: SessionRow
    lock_ms: int

    @property
    def is_locked(self) -> bool:
        """Whether only counts and clocks may be shown."""
        return self.session.is_locked


class Sessions:
    """The use case.

    Args:
        store: Where they are kept.
        node: Of the desk.
        clock: Time.
    """

    def __init__(self, *, store: Accounts, node: NodeId, clock: Clock) -> None:
        self._store = store
        self._node = node
        self._clock = clock
        self._seen: dict[int, int] = {}
        self._proved: dict[int, int] = {}

    async def begin(
        self, person: Person, means: Means, *, agent: str, act: Statement | None = None
    ) -> tuple[str, Seat]:
        """Begin a session of somebody who showed who they are.

        Args:
            person: Who.
            means: How they showed it.
            agent: What their browser calls itself; cut.
            act: What the log is to say of it.

        Returns:
            The secret, for the cookie alone, and the session.

        Raises:
            StorageError: None was begun.
        """
        await self.sweep()
        now_ms = self._clock.now_ms()
        secret = new_secret()
        row = await self._store.begin_session(
            NewSession(
                digest=sha256(secret.encode()),
                person=person.number,
                means=means,
                agent=agent[:_MOST_AGENT],
                ends_ms=now_ms + END_MS,
            ),
            most=MOST,
            act=act,
            now_ms=now_ms,
        )
        return secret, self._seat(secret, person, row)

    async def seat(self, secret: str, *, is_use: bool = True) -> Seat | None:
        """Return who sits behind a cookie; None if it is the cookie of no session that counts.

        Args:
            secret: The cookie's value, anything.
            is_use: Whether the person did something: what a page fetches by itself does not keep
                the screen from locking.

        Raises:
            StorageError: That it is locked, or was used, could not be kept.
        """
        digest = digest_of(secret)
        row = None if digest is None else await self._store.session(digest)
        now_ms = self._clock.now_ms()
        if row is None or row.ends_ms <= now_ms:
            return None
        person = await self._store.person(row.person)
        if person is None or person.is_locked:
            return None
        seat = self._seat(secret, person, row)
        if seat.is_locked:
            return seat
        if seat.lock_ms <= now_ms:
            return await self._locked(secret, seat)
        return await self._used(secret, seat, now_ms) if is_use else seat

    async def lock(self, seat: Seat) -> None:
        """Lock the screen of a session now.

        Raises:
            StorageError: It is not locked.
        """
        await self._store.touch_session(
            seat.session.number, seen_ms=seat.session.seen_ms, is_locked=True
        )

    async def unlock(self, seat: Seat) -> None:
        """Unlock the screen: its person showed again who they are.

        Raises:
            StorageError: It stays locked.
        """
        now_ms = self._clock.now_ms()
        self._seen[seat.session.number] = now_ms
        self._proved[seat.session.number] = now_ms
        await self._store.touch_session(seat.session.number, seen_ms=now_ms, is_locked=False)

    def is_fresh(self, seat: Seat) -> bool:
        """Tell whether its person showed who they are a moment ago, not only somebody at a screen.

        Args:
            seat: Whose.
        """
        proved_ms = max(seat.session.made_ms, self._proved.get(seat.session.number, 0))
        return self._clock.now_ms() - proved_ms < FRESH_MS

    def refuse_stale(self, seat: Seat) -> None:
        """Refuse to change by what somebody comes in, unless they just showed who they are.

        Raises:
            AccessDeniedError: They did so too long ago (`fresh_sign_in_needed`).
        """
        if not self.is_fresh(seat):
            raise AccessDeniedError(
                "this needs a fresh sign-in",
                code="fresh_sign_in_needed",
                hint="lock the screen, unlock it, then try again",
            )

    async def end(self, number: int, *, person: int) -> None:
        """End a session of a person at once.

        Raises:
            DataError: They have none of this number (`not_found`).
            StorageError: It goes on.
        """
        self._seen.pop(number, None)
        if not await self._store.end_session(number, person=person):
            raise DataError("there is no such session", code="not_found")

    async def of(self, person: int) -> tuple[SessionRow, ...]:
        """Return the sessions of a person that go on, newest first."""
        now_ms = self._clock.now_ms()
        return tuple(row for row in await self._store.sessions(person) if row.ends_ms > now_ms)

    async def sweep(self) -> int:
        """Forget what has ended: sessions, links, tokens; return how many. Each sign-in does so.

        Raises:
            StorageError: Nothing was forgotten.
        """
        now_ms = self._clock.now_ms()
        self._seen = {number: seen for number, seen in self._seen.items() if seen > now_ms - END_MS}
        self._proved = {number: at for number, at in self._proved.items() if at > now_ms - FRESH_MS}
        return await self._store.end_sessions(before_ms=now_ms)

    async def _locked(self, secret: str, seat: Seat) -> Seat:
        await self.lock(seat)
        row = await self._store.session(sha256(secret.encode()))
        return seat if row is None else self._seat(secret, seat.person, row)

    async def _used(self, secret: str, seat: Seat, now_ms: int) -> Seat:
        row = seat.session
        self._seen[row.number] = now_ms
        if now_ms - row.seen_ms >= _WRITE_MS:
            # Says nothing of the lock: somebody may lock the screen while this waits its turn.
            await self._store.touch_session(row.number, seen_ms=now_ms)
        return self._seat(secret, seat.person, row)

    def _seat(self, secret: str, person: Person, row: SessionRow) -> Seat:
        seen_ms = max(row.seen_ms, self._seen.get(row.number, 0))
        return Seat(
            caller=Caller(
                person=person.number,
                name=person.name,
                who=who_of(self._node, person),
                roles=person.roles,
                way=Way.SESSION,
                session=row.number,
                csrf=csrf_of(secret),
                language=person.settings.language or "en",
            ),
            person=person,
            session=row,
            lock_ms=min(seen_ms + IDLE_MS, row.ends_ms),
        )
