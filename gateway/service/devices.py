"""Signing a program in from a page: `a35 login` shows a code, the person confirms the same code.

What waits is kept in memory: it lives for ten minutes, and a restart asks to begin again. Whoever
lets many wait pushes out the oldest of the same source, and keeps nobody from waiting: at the pace
that strangers have, a code still stands for more than a minute and a half.

Source: docs/desk.md, "Sign-in".
"""

from dataclasses import dataclass, replace
from typing import Final

from gateway.accounts import Person
from gateway.errors import DataError, NoInputError, NotYetError
from gateway.ports import Clock
from gateway.service.people import People
from gateway.service.tokens import Tokens
from keys.bearer import digest_of, new_confirmation, new_secret
from keys.digest import sha256

LIFE_MS: Final = 10 * 60 * 1000
MOST: Final = 1_000
"""That wait, of one source."""

ANYWHERE: Final = "page"
SOCKET: Final = "socket"
"""The control socket: whoever may open it has nothing to do with strangers on loopback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A program that waits to be let in.

    Attributes:
        code: What its screen shows, to be compared with the page's.
        name: What it calls itself.
        ends_ms: Until when it waits.
        source: From where it asked.
        person: Who let it in; None as long as nobody has.
    """

    code: str
    name: str
    ends_ms: int
    source: str = ANYWHERE
    person: int | None = None


class Devices:
    """The use case.

    Args:
        people: Who may let a program in.
        tokens: What it is given.
        clock: Time.
    """

    def __init__(self, *, people: People, tokens: Tokens, clock: Clock) -> None:
        self._people = people
        self._tokens = tokens
        self._clock = clock
        self._waiting: dict[bytes, Waiting] = {}

    def begin(self, name: str, *, source: str = ANYWHERE) -> tuple[str, Waiting]:
        """Let a program wait; of very many of one source the oldest waits no more.

        Args:
            name: What it calls itself: cut to 60 characters that print.
            source: From where it asks.

        Returns:
            A secret that only this program knows, and what is shown.
        """
        self._sweep()
        self._make_room(source)
        secret, code = new_secret(), new_confirmation()
        while any(one.code == code for one in self._waiting.values()):
            code = new_confirmation()
        shown = "".join(each for each in name if each.isprintable())[:60].strip() or "a program"
        ends_ms = self._clock.now_ms() + LIFE_MS
        waiting = Waiting(code=code, name=shown, ends_ms=ends_ms, source=source)
        self._waiting[sha256(secret.encode())] = waiting
        return secret, waiting

    def find(self, code: str) -> Waiting:
        """Return the program whose screen shows a code.

        Raises:
            NoInputError: None does, or it waits no more.
        """
        return self._held(code)[1]

    def confirm(self, code: str, person: Person) -> Waiting:
        """Let a program in as a person.

        Raises:
            NoInputError: No program shows this code, or it waits no more.
        """
        digest, held = self._held(code)
        self._waiting[digest] = replace(held, person=person.number)
        return held

    async def take(self, secret: str) -> str:
        """Return the token of a program that was let in, once.

        Raises:
            NoInputError: It does not wait, or no more.
            NotYetError: Nobody has let it in yet.
            DataError: Who let it in may not come in any more.
            StorageError: No token was made; it waits still.
        """
        self._sweep()
        digest = digest_of(secret)
        held = None if digest is None else self._waiting.get(digest)
        if digest is None or held is None:
            raise NoInputError("this login is not waited for any more", hint="begin again")
        if held.person is None:
            raise NotYetError("nobody has confirmed the code yet")
        person = await self._people.get(held.person)
        if person.is_locked:
            raise DataError("this account is locked", code="not_allowed")
        # Taken out first: two who ask at once are given one token.
        if self._waiting.pop(digest, None) is None:
            raise NoInputError("this login is not waited for any more", hint="begin again")
        try:
            token, _ = await self._tokens.make(person, held.name, by=self._people.who(person))
        except BaseException:
            self._waiting[digest] = held
            raise
        return token

    def _held(self, code: str) -> tuple[bytes, Waiting]:
        """Return what waits under a code, as it was typed.

        Raises:
            NoInputError: Nothing does.
        """
        self._sweep()
        plain = code.upper().replace("-", "").replace(" ", "")
        for digest, held in self._waiting.items():
            if held.code.replace("-", "") == plain and held.person is None:
                return digest, held
        raise NoInputError("no program shows this code", hint="compare it sign by sign")

    def _make_room(self, source: str) -> None:
        """Forget the oldest of a source that has too many: one that nobody confirmed, if any."""
        mine = [digest for digest, one in self._waiting.items() if one.source == source]
        if len(mine) >= MOST:
            unread = (digest for digest in mine if self._waiting[digest].person is None)
            del self._waiting[next(unread, mine[0])]

    def _sweep(self) -> None:
        now_ms = self._clock.now_ms()
        self._waiting = {
            digest: one for digest, one in self._waiting.items() if one.ends_ms > now_ms
        }
