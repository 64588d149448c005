"""Bearer tokens of programs: made once, shown once, kept as a digest, at most their owner's roles.

Source: docs/desk.md, "Sign-in".
"""

from typing import Final

from gateway.accounts import Accounts, NewToken, Person, TokenRow
from gateway.errors import DataError
from gateway.people import Caller, Role, Way
from gateway.ports import Clock
from gateway.service.deeds import Deed, deed, who_of, words_of
from keys.bearer import TOKEN_PREFIX, digest_of, new_token
from keys.digest import sha256
from protocol.identifiers import NodeId

LIFE_MS: Final = 90 * 24 * 60 * 60 * 1000
MOST: Final = 50
"""Tokens of one person."""

_MOST_NAME: Final = 60
_WRITE_MS: Final = 60 * 60 * 1000
"""How far behind the stored time of last use may be."""


class Tokens:
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

    async def make(
        self, person: Person, name: str, *, by: str, roles: frozenset[Role] | None = None
    ) -> tuple[str, TokenRow]:
        """Make a token for a program of a person.

        Args:
            person: Whose; what they lose, it loses.
            name: What it is for, 1 to 60 characters.
            by: Who makes it, as the log sees them.
            roles: At most the person's; all of theirs if None.

        Returns:
            The token, which is never to be had again, and what is kept of it.

        Raises:
            DataError: A name or roles that cannot be, or too many tokens.
            StorageError: None was made.
        """
        wanted = person.roles if roles is None else roles
        if not name.strip() or len(name) > _MOST_NAME or not name.isprintable():
            raise DataError("a token is named in 1 to 60 characters", code="invalid_request")
        if not wanted or not wanted <= person.roles or person.is_locked:
            raise DataError("a token holds roles of its owner, not others", code="invalid_request")
        now_ms = self._clock.now_ms()
        if len(await self.of(person.number)) >= MOST:
            raise DataError(
                f"one person has {MOST} tokens at most", code="not_allowed", hint="revoke some"
            )
        token = new_token()
        why = f"{who_of(self._node, person)}: {words_of(wanted)}"
        row = await self._store.keep_token(
            NewToken(
                digest=sha256(token.encode()),
                person=person.number,
                name=name,
                roles=wanted,
                ends_ms=now_ms + LIFE_MS,
            ),
            deed(Deed.TOKEN_MADE, who=by, why=why, now_ms=now_ms),
            now_ms=now_ms,
        )
        return token, row

    async def caller(self, token: str) -> Caller | None:
        """Return whose program shows a token; None if it is none that counts.

        Raises:
            StorageError: That it was used could not be kept.
        """
        digest = digest_of(token) if token.startswith(TOKEN_PREFIX) else None
        row = None if digest is None else await self._store.token(digest)
        now_ms = self._clock.now_ms()
        if row is None or row.ends_ms <= now_ms:
            return None
        person = await self._store.person(row.person)
        if person is None or person.is_locked:
            return None
        if row.used_ms is None or now_ms - row.used_ms >= _WRITE_MS:
            await self._store.use_token(row.number, now_ms=now_ms)
        return Caller(
            person=person.number,
            name=person.name,
            who=who_of(self._node, person),
            roles=row.roles & person.roles,
            way=Way.TOKEN,
            token=row.number,
            language=person.settings.language or "en",
            is_program=person.is_service,
        )

    async def of(self, person: int) -> tuple[TokenRow, ...]:
        """Return the tokens of a person that count."""
        now_ms = self._clock.now_ms()
        return tuple(row for row in await self._store.tokens(person) if row.ends_ms > now_ms)

    async def revoke(self, number: int, *, person: int, by: str) -> None:
        """Let a token of a person count no more.

        Raises:
            DataError: They have none of this number (`not_found`).
            StorageError: It counts still.
        """
        act = deed(Deed.TOKEN_REMOVED, who=by, why=f"token {number}", now_ms=self._clock.now_ms())
        if not await self._store.drop_token(number, act, person=person):
            raise DataError("there is no such token", code="not_found")
