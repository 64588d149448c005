"""Passkeys: enrolled by whoever is signed in, and shown to sign in or to unlock a screen.

The rules of WebAuthn are the borrowed library's (`Authenticator`). Here is what is kept, and that
a challenge counts once, for five minutes, for what it was made for.

Source: docs/desk.md, "Sign-in".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.accounts import Accounts, Means, NewPasskey, PasskeyRow
from gateway.drafting import Passkey
from gateway.errors import AccessDeniedError, DataError
from gateway.people import Caller, Role
from gateway.ports import Clock
from gateway.service.deeds import Deed, deed
from gateway.service.sessions import Seat, Sessions
from gateway.service.signin import SignIn
from keys.approval import spki_of_cose
from keys.bearer import new_secret

LIFE_MS: Final = 5 * 60 * 1000
MOST: Final = 20
_MOST_WAITING: Final = 500
_MOST_NAME: Final = 60
_MOST_VISIT: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where the page is on which a passkey is used: its host, and its whole origin."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """What a device made: its key's id, the key (COSE), and its count."""

    credential: bytes
    public_key: bytes
    sign_count: int


class Authenticator(Protocol):
    """The rules of WebAuthn; every method raises AccessDeniedError for an answer that fails."""

    def enrol_options(
        self, site: Site, *, user: bytes, name: str, challenge: bytes, known: Sequence[bytes]
    ) -> str:
        """Return what the browser is asked, as JSON."""

    def enrolled(self, answer: str, site: Site, *, challenge: bytes) -> Enrolled:
        """Check what the browser answered."""

    def options(self, site: Site, *, challenge: bytes, known: Sequence[bytes]) -> str:
        """Return what the browser is asked to sign in, as JSON; nothing known asks for any."""

    def credential_of(self, answer: str) -> bytes:
        """Return the id of the key that an answer was made with, not yet checked."""

    def shown(self, answer: str, site: Site, *, challenge: bytes, held: PasskeyRow) -> int:
        """Check an answer; return the device's new count."""


@dataclass(frozen=True, slots=True)
class _Challenge:
    value: bytes
    ends_ms: int


class Passkeys:
    """The use case.

    Args:
        store: Where they are kept.
        sessions: Begins what signing in ends with.
        signin: Counts failures.
        clock: Time.
        rules: Of WebAuthn; None where the library is not installed.
    """

    def __init__(
        self,
        *,
        store: Accounts,
        sessions: Sessions,
        signin: SignIn,
        clock: Clock,
        rules: Authenticator | None,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._attempts = signin.attempts
        self._clock = clock
        self._rules = rules
        self._waiting: dict[str, _Challenge] = {}

    async def enrol_options(self, seat: Seat, site: Site) -> str:
        """Return what the browser is asked so that a device makes a key.

        Raises:
            DataError: The library is not installed, or the person has too many.
        """
        known = await self._store.passkeys(seat.person.number)
        if len(known) >= MOST:
            raise DataError(f"one person has {MOST} passkeys at most", code="not_allowed")
        return self._use().enrol_options(
            site,
            user=seat.person.number.to_bytes(8, "big"),
            name=seat.person.name,
            challenge=self._challenge(f"enrol {seat.session.number}"),
            known=[each.credential for each in known],
        )

    async def enrol(self, seat: Seat, site: Site, answer: str, *, name: str) -> PasskeyRow:
        """Keep the key that a device made.

        Args:
            seat: Who sits there.
            site: Of the page.
            answer: The browser's, JSON.
            name: As its owner calls it; "passkey" if empty.

        Raises:
            AccessDeniedError: The answer fails.
            DataError: A name that cannot be, or the key is enrolled already.
            StorageError: It is not kept.
        """
        shown = name.strip() or "passkey"
        if len(shown) > _MOST_NAME or not shown.isprintable():
            raise DataError("a passkey is named in 1 to 60 characters", code="invalid_request")
        made = self._use().enrolled(
            answer, site, challenge=self._answered(f"enrol {seat.session.number}")
        )
        now_ms = self._clock.now_ms()
        return await self._store.keep_passkey(
            NewPasskey(
                person=seat.person.number,
                credential=made.credential,
                public_key=made.public_key,
                sign_count=made.sign_count,
                name=shown,
            ),
            deed(Deed.PASSKEY_ADDED, who=seat.caller.who, why="", now_ms=now_ms),
            now_ms=now_ms,
        )

    async def options(self, visit: str, site: Site, seat: Seat | None = None) -> str:
        """Return what the browser is asked so that somebody signs in.

        Args:
            visit: Names the visit: the answer must come with the same.
            site: Of the page.
            seat: Whose screen is to be unlocked, if one is.

        Raises:
            AccessDeniedError: The visit has no name, or too long a one.
            DataError: The library is not installed.
        """
        known = () if seat is None else await self._store.passkeys(seat.person.number)
        return self._use().options(
            site,
            challenge=self._challenge(f"show {_bounded(visit)}"),
            known=[each.credential for each in known],
        )

    async def sign_in(self, visit: str, site: Site, answer: str, *, agent: str) -> tuple[str, Seat]:
        """Sign in by a passkey.

        Returns:
            The session's secret, for the cookie alone, and the session.

        Raises:
            AccessDeniedError: The answer fails, or its person may not come in.
            RateLimitedError: Too many failed shortly before.
            StorageError: No session was begun.
        """
        row = await self._shown(visit, site, answer)
        person = await self._store.person(row.person)
        if person is None or person.is_locked:
            refused = _refused()
            raise refused
        return await self._sessions.begin(person, Means.PASSKEY, agent=agent)

    async def unlock(self, visit: str, seat: Seat, site: Site, answer: str) -> None:
        """Unlock a screen by a passkey of whoever's it is.

        Raises:
            AccessDeniedError: The answer fails, or the passkey is somebody else's.
            RateLimitedError: Too many failed shortly before.
            StorageError: It stays locked.
        """
        row = await self._shown(visit, site, answer)
        if row.person != seat.person.number:
            refused = _refused()
            raise refused
        await self._sessions.unlock(seat)

    async def of(self, person: int) -> tuple[PasskeyRow, ...]:
        """Return the passkeys of a person."""
        return await self._store.passkeys(person)

    async def remove(self, number: int, *, person: int, by: Caller) -> None:
        """Let a passkey of a person count no more.

        Raises:
            DataError: They have none of this number (`not_found`).
            StorageError: It counts still.
        """
        why = f"passkey {number}"
        act = deed(Deed.PASSKEY_REMOVED, who=by.who, why=why, now_ms=self._clock.now_ms())
        if not await self._store.drop_passkey(number, act, person=person):
            raise DataError("there is no such passkey", code="not_found")

    async def _shown(self, visit: str, site: Site, answer: str) -> PasskeyRow:
        """Check what a browser answered, and count how it went.

        Raises:
            AccessDeniedError: It fails.
            RateLimitedError: It fails, and too many did shortly before.
        """
        rules = self._use()
        try:
            challenge = self._answered(f"show {_bounded(visit)}")
            held = await self._store.passkey(rules.credential_of(answer))
            if held is None:
                refused = _refused()
                raise refused
            count = rules.shown(answer, site, challenge=challenge, held=held)
        except AccessDeniedError:
            self._attempts.refused("passkeys")
            raise
        await self._store.use_passkey(held.number, sign_count=count, now_ms=self._clock.now_ms())
        return held

    def _use(self) -> Authenticator:
        """Return the library.

        Raises:
            DataError: It is not installed.
        """
        if self._rules is None:
            raise DataError(
                "passkeys are not installed on this node",
                code="not_allowed",
                hint='install them: pip install "a35-gateway[desk]"',
            )
        return self._rules

    def _challenge(self, key: str) -> bytes:
        now_ms = self._clock.now_ms()
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting = {
                name: one for name, one in self._waiting.items() if one.ends_ms > now_ms
            }
        while len(self._waiting) >= _MOST_WAITING:
            self._waiting.pop(next(iter(self._waiting)))
        value = new_secret().encode()
        self._waiting[key] = _Challenge(value, now_ms + LIFE_MS)
        return value

    def _answered(self, key: str) -> bytes:
        """Return a challenge, which counts no more from now on.

        Raises:
            AccessDeniedError: None was made, or it is too old.
        """
        held = self._waiting.pop(key, None)
        if held is None or held.ends_ms <= self._clock.now_ms():
            raise AccessDeniedError("this took too long", code="not_permitted", hint="begin again")
        return held.value


class DeskSignatories:
    """Implements drafting.Signatories: who may approve, and by what.

    Args:
        store: Where people and passkeys are kept.
        signin: Checks passwords.
        is_waived: Whether nobody must approve although there are people: a demo for one.
    """

    def __init__(self, store: Accounts, signin: SignIn, *, is_waived: bool = False) -> None:
        self._store = store
        self._signin = signin
        self._is_waived = is_waived

    async def exist(self) -> bool:
        """Tell whether any person exists on this node; if none, nobody must approve."""
        return not self._is_waived and await self._store.has_people()

    async def approves(self, person: int) -> bool:
        """Tell whether somebody may approve now: an approver, no program, not locked."""
        held = await self._store.person(person)
        return (
            held is not None
            and Role.APPROVER in held.roles
            and not held.is_locked
            and not held.is_service
        )

    async def passkeys(self, person: int) -> tuple[Passkey, ...]:
        """Return a person's passkeys that count now, of the kinds that approve."""
        held = [
            (row.credential, spki_of_cose(row.public_key))
            for row in await self._store.passkeys(person)
        ]
        return tuple(
            Passkey(credential=credential, spki=spki)
            for credential, spki in held
            if spki is not None
        )

    async def password_is(self, person: int, password: str) -> bool:
        """Tell whether this is a person's break-glass password; slow on purpose.

        Raises:
            RateLimitedError: Too many failed shortly before.
        """
        return await self._signin.password_is(person, password)


def _bounded(visit: str) -> str:
    """Return the name of a visit, which a browser says: nobody fills the memory with it.

    Raises:
        AccessDeniedError: No page of ours gave such a name.
    """
    if not 0 < len(visit) <= _MOST_VISIT:
        raise AccessDeniedError("this took too long", code="not_permitted", hint="begin again")
    return visit


def _refused() -> AccessDeniedError:
    return AccessDeniedError(
        "this passkey is not known here",
        code="not_permitted",
        hint="ask the operator of this desk for a link: a35 user link NAME",
    )
