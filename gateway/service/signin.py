"""Signing in on a page: by a link that counts once, or by the break-glass password.

Source: docs/desk.md, "Sign-in".
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.accounts import Accounts, Means, Person
from gateway.errors import AccessDeniedError, DataError
from gateway.people import Caller
from gateway.ports import Clock
from gateway.service.attempts import Attempts
from gateway.service.browsers import Browsers
from gateway.service.deeds import Deed, deed, who_of
from gateway.service.sessions import Seat, Sessions
from keys.bearer import digest_of
from keys.password import Cost, is_password, keep_password, why_not
from protocol.identifiers import NodeId

_MOST_BROKEN: Final = 50
_LINKS: Final = "links"
_STRANGERS: Final = "passwords"
_NOBODY: Final = "somebody who is not there"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenGlass:
    """That somebody came in by the break-glass password: who, and when."""

    who: str
    at_ms: int


@dataclass(slots=True, kw_only=True)
class Passwords:
    """Checks passwords away from the event loop, one at a time: each try holds 256 MiB.

    Attributes:
        cost: Of one try.
    """

    cost: Cost = field(default_factory=Cost)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _decoy: str = ""

    async def keep(self, password: str) -> str:
        """Return what is kept of a password."""
        async with self._turn:
            return await asyncio.to_thread(keep_password, password, self.cost)

    async def check(self, password: str, kept: str | None) -> bool:
        """Tell whether it is the one; takes as long for an account that has none."""
        async with self._turn:
            if kept is None and not self._decoy:
                self._decoy = await asyncio.to_thread(keep_password, _NOBODY, self.cost)
            held = self._decoy if kept is None else kept
            return await asyncio.to_thread(is_password, password, held) and kept is not None


class SignIn:
    """The use case.

    Args:
        store: People and links.
        sessions: Begins what signing in ends with.
        node: Of the desk.
        clock: Time.
        alarm: Called with who signed in by break-glass: the desk's people must know.
        passwords: Checks them.

    Attributes:
        attempts: That failed.
        browsers: In which somebody signed in before.
    """

    def __init__(
        self,
        *,
        store: Accounts,
        sessions: Sessions,
        node: NodeId,
        clock: Clock,
        alarm: Callable[[str], None],
        passwords: Passwords | None = None,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._node = node
        self._clock = clock
        self._alarm = alarm
        self._passwords = Passwords() if passwords is None else passwords
        self.attempts = Attempts(clock)
        self.browsers = Browsers()
        self._broken: deque[BrokenGlass] = deque(maxlen=_MOST_BROKEN)

    async def by_link(self, code: str, *, agent: str) -> tuple[str, Seat]:
        """Sign in by a one-time link; it counts no more from now on.

        Args:
            code: What stood behind the address's `#`.
            agent: What the browser calls itself.

        Returns:
            The session's secret, for the cookie alone, and the session.

        Raises:
            AccessDeniedError: It is none, was used, or is too old; which of these is not said.
            RateLimitedError: It is none, and too many failed shortly before: one that counts is
                never held off, since nobody guesses it.
            StorageError: No session was begun.
        """
        digest = digest_of(code)
        number = None
        if digest is not None:
            number = await self._store.use_link(digest, now_ms=self._clock.now_ms())
        person = None if number is None else await self._store.person(number)
        if person is None or person.is_locked:
            self.attempts.refused(_LINKS)
            raise AccessDeniedError(
                "this link does not count, or no longer",
                code="not_permitted",
                hint="ask the operator of this desk for another one: a35 user link NAME",
            )
        return await self._sessions.begin(person, Means.LINK, agent=agent)

    async def by_password(
        self, name: str, password: str, *, agent: str, browser: str = ""
    ) -> tuple[str, Seat]:
        """Sign in by name and break-glass password: stated in the log, and an alarm.

        Args:
            name: As it was typed.
            password: The same.
            agent: What the browser calls itself.
            browser: The secret of a browser in which somebody signed in before: it is held off
                for its own failures only.

        Raises:
            AccessDeniedError: Not this password of this person; which is not said.
            RateLimitedError: Too many failed shortly before.
            StorageError: No session was begun.
        """
        person = next((one for one in await self._store.people() if one.name == name), None)
        number = self.browsers.number_of(browser)
        if number is None:
            await self._try(person, f"name {name[:100]}", password, crowd=_STRANGERS)
        else:
            await self._try(person, f"browser {number} name {name[:100]}", password)
        if person is None:
            refused = _refused()
            raise refused
        who = who_of(self._node, person)
        act = deed(Deed.BREAK_GLASS, who=who, why="signed in", now_ms=self._clock.now_ms())
        self._sound(who)
        return await self._sessions.begin(person, Means.PASSWORD, agent=agent, act=act)

    async def unlock_by_password(self, seat: Seat, password: str) -> None:
        """Unlock a screen by the password of whoever's it is: stated in the log as well.

        Raises:
            AccessDeniedError: It is not theirs.
            RateLimitedError: Too many failed shortly before.
            StorageError: It stays locked.
        """
        await self._try(seat.person, f"session {seat.session.number}", password)
        act = deed(
            Deed.BREAK_GLASS, who=seat.caller.who, why="unlocked", now_ms=self._clock.now_ms()
        )
        await self._store.note_act(act)
        self._sound(seat.caller.who)
        await self._sessions.unlock(seat)

    def remember(self, broken: Sequence[BrokenGlass]) -> None:
        """Take note of sign-ins by break-glass that an earlier run of the node stated.

        Args:
            broken: The oldest first.
        """
        self._broken.extendleft(reversed(broken))

    def broken_since(self, from_ms: int) -> tuple[BrokenGlass, ...]:
        """Return who came in by break-glass since a time: fifty at the most.

        Args:
            from_ms: Milliseconds since 1970, UTC.
        """
        return tuple(each for each in self._broken if each.at_ms >= from_ms)

    async def password_is(self, person: int, password: str) -> bool:
        """Tell whether this is a person's password; counted as an attempt.

        Raises:
            RateLimitedError: Too many failed shortly before.
        """
        held = await self._store.person(person)
        try:
            await self._try(held, f"person {person}", password)
        except AccessDeniedError:
            return False
        return True

    async def set_password(self, person: Person, password: str | None, *, by: Caller) -> None:
        """Give a person a break-glass password, or none from now on.

        Args:
            person: Whose.
            password: None takes it away.
            by: Who does so: the person, or the operator who takes one away.

        Raises:
            DataError: It is too short, too common, or the account is a program's.
            StorageError: Nothing was changed.
        """
        fault = None if password is None else why_not(password)
        if person.is_service and password is not None:
            fault = "a program has no password"
        if fault is not None:
            raise DataError(
                fault, code="invalid_request", hint="four or five words that nobody put together"
            )
        kept = None if password is None else await self._passwords.keep(password)
        why = f"{who_of(self._node, person)}: {'none' if kept is None else 'set'}"
        act = deed(Deed.PASSWORD_SET, who=by.who, why=why, now_ms=self._clock.now_ms())
        await self._store.save_password(person.number, kept, act)

    def _sound(self, who: str) -> None:
        """Tell the desk: an alarm in the journal, a line above the pages of who must know."""
        self._broken.append(BrokenGlass(who=who, at_ms=self._clock.now_ms()))
        self._alarm(who)

    async def _try(
        self, person: Person | None, account: str, password: str, *, crowd: str = ""
    ) -> None:
        """Check a password, and count how it went: for its account, and for a crowd.

        Raises:
            AccessDeniedError: It is not theirs, or they may not come in.
            RateLimitedError: Too many failed shortly before.
        """
        self.attempts.check(account, crowd=crowd)
        # Counted before the check: many at once are no way around it.
        self.attempts.failed(account, crowd=crowd)
        kept = None if person is None else await self._store.password(person.number)
        if not await self._passwords.check(password, kept) or person is None or person.is_locked:
            refused = _refused()
            raise refused
        self.attempts.succeeded(account, crowd=crowd)


def _refused() -> AccessDeniedError:
    return AccessDeniedError(
        "this name and password do not go together",
        code="not_permitted",
        hint="use your passkey, or ask the operator for a link: a35 user link NAME",
    )
