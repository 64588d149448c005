"""The part of the store port that keeps people and by what they come in.

Secrets are kept as digests, passwords as what `keys.password` made of them. A change that takes
a right away ends sessions and tokens in the same transaction, with the act that says so.

gateway.store has the port as a whole.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gateway.people import Role
from protocol.log.statement import Statement


class Means(StrEnum):
    """By what a session was begun."""

    LINK = "link"
    PASSKEY = "passkey"
    PASSWORD = "password"  # noqa: S105  the word, not a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a person chose for their pages.

    Attributes:
        language: en, fr or ar; empty for what the browser asks for.
        theme: light, dark, or empty for what the system says.
        sound: Whether an emergency sounds.
        shortcuts: Whether single keys do things.
    """

    language: str = ""
    theme: str = ""
    sound: bool = True
    shortcuts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of this desk, or a program with an account of its own.

    Attributes:
        number: From 1, never given twice.
        name: As the desk calls them.
        roles: What they hold.
        is_service: A program: no page, no approval.
        is_locked: May not come in.
        made_ms: When they were added.
        version: Counts changes of roles and lock.
        has_password: Whether a break-glass password is set.
        settings: What they chose.
    """

    number: int
    name: str
    roles: frozenset[Role]
    is_service: bool
    is_locked: bool
    made_ms: int
    version: int
    has_password: bool
    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """Somebody who signed in on a page.

    Attributes:
        number: Names it on this node.
        person: Whose.
        means: By what it was begun.
        agent: What the browser calls itself, at most 200 characters.
        made_ms: When it was begun.
        seen_ms: When it was last used.
        ends_ms: When it ends whatever happens.
        is_locked: Whether its screen is locked until the person shows again who they are.
    """

    number: int
    person: int
    means: Means
    agent: str
    made_ms: int
    seen_ms: int
    ends_ms: int
    is_locked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A session as it is begun; `digest` is what is kept of its secret."""

    digest: bytes
    person: int
    means: Means
    agent: str
    ends_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyRow:
    """A key that a person's device holds.

    Attributes:
        number: Names it on this node.
        person: Whose.
        credential: Its id, as the device gave it.
        public_key: COSE.
        sign_count: As the device last counted.
        name: As its owner calls it.
        made_ms: When it was enrolled.
        used_ms: When it was last used, None if never.
    """

    number: int
    person: int
    credential: bytes
    public_key: bytes
    sign_count: int
    name: str
    made_ms: int
    used_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPasskey:
    """A key as it is enrolled."""

    person: int
    credential: bytes
    public_key: bytes
    sign_count: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A bearer token; `roles` are at most its owner's when it was made."""

    number: int
    person: int
    name: str
    roles: frozenset[Role]
    made_ms: int
    ends_ms: int
    used_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token as it is made; `digest` is what is kept of it."""

    digest: bytes
    person: int
    name: str
    roles: frozenset[Role]
    ends_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChange:
    """What becomes of a person; None leaves a thing as it is.

    Attributes:
        number: Who.
        roles: What they hold from now on.
        is_locked: Whether they may come in.
        version: The version that was looked at; None does not compare.
        act: States it.
    """

    number: int
    roles: frozenset[Role] | None = None
    is_locked: bool | None = None
    version: int | None = None
    act: Statement


class PeopleBook(Protocol):
    """Who belongs to the desk."""

    async def add_person(
        self,
        name: str,
        roles: frozenset[Role],
        act: Statement,
        *,
        is_service: bool,
        now_ms: int,
    ) -> Person:
        """Add a person; raises DataError (`not_allowed`) if one is called so."""

    async def person(self, number: int) -> Person | None:
        """Return a person, None if there is none of this number."""

    async def people(self) -> tuple[Person, ...]:
        """Return all, in order of their numbers."""

    async def has_people(self) -> bool:
        """Tell whether anybody was added, locked or not."""

    async def change_person(self, change: PersonChange, *, now_ms: int) -> Person:
        """Change roles or lock, and end every session and token of theirs in the same commit.

        Raises NoInputError, or DataError (`draft_changed`) if the version is another one.
        """

    async def save_settings(self, number: int, settings: Settings) -> None:
        """Keep what somebody chose."""

    async def password(self, number: int) -> str | None:
        """Return what is kept of a password, None without one."""

    async def save_password(self, number: int, kept: str | None, act: Statement) -> None:
        """Keep a password, or none from now on."""


class Entrances(Protocol):
    """By what people come in."""

    async def keep_link(self, digest: bytes, person: int, *, ends_ms: int, act: Statement) -> None:
        """Keep a one-time link."""

    async def use_link(self, digest: bytes, *, now_ms: int) -> int | None:
        """Take a link out for ever and return whose it is; None if it is none that counts."""

    async def begin_session(
        self, new: NewSession, *, most: int, act: Statement | None, now_ms: int
    ) -> SessionRow:
        """Begin a session; beyond `most` of one person the one longest unused ends."""

    async def session(self, digest: bytes) -> SessionRow | None:
        """Return a session by the digest of its secret, None if there is none."""

    async def sessions(self, person: int) -> tuple[SessionRow, ...]:
        """Return the sessions of a person, newest first."""

    async def touch_session(
        self, number: int, *, seen_ms: int, is_locked: bool | None = None
    ) -> None:
        """Note that a session was used, or that its screen is locked; None leaves the lock."""

    async def end_session(self, number: int, *, person: int) -> bool:
        """End a session of a person; return whether there was one."""

    async def end_sessions(self, *, before_ms: int) -> int:
        """Forget sessions, links and tokens that ended before a time; return how many."""

    async def note_act(self, act: Statement) -> None:
        """State what changes no row: a permission used, an alarm raised."""


class Credentials(Protocol):
    """What people and programs hold, and show."""

    async def keep_passkey(self, new: NewPasskey, act: Statement, *, now_ms: int) -> PasskeyRow:
        """Keep a passkey; raises DataError if the device's key is enrolled already."""

    async def passkeys(self, person: int) -> tuple[PasskeyRow, ...]:
        """Return the passkeys of a person."""

    async def passkey(self, credential: bytes) -> PasskeyRow | None:
        """Return a passkey by the id that its device gave."""

    async def use_passkey(self, number: int, *, sign_count: int, now_ms: int) -> None:
        """Note that a passkey was used."""

    async def drop_passkey(self, number: int, act: Statement, *, person: int) -> bool:
        """Forget a passkey of a person; return whether there was one."""

    async def keep_token(self, new: NewToken, act: Statement, *, now_ms: int) -> TokenRow:
        """Keep a bearer token."""

    async def token(self, digest: bytes) -> TokenRow | None:
        """Return a token by its digest."""

    async def tokens(self, person: int) -> tuple[TokenRow, ...]:
        """Return the tokens of a person."""

    async def use_token(self, number: int, *, now_ms: int) -> None:
        """Note that a token was used."""

    async def drop_token(self, number: int, act: Statement, *, person: int) -> bool:
        """Forget a token of a person; return whether there was one."""


class Accounts(PeopleBook, Entrances, Credentials, Protocol):
    """People, and by what they come in."""
