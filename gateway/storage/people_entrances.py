"""The part of the store that keeps by what people come in: links, sessions, passkeys, tokens.

Source: docs/desk.md, "Sign-in".
"""

from typing import Any, Final

from gateway.accounts import (
    Means,
    NewPasskey,
    NewSession,
    NewToken,
    PasskeyRow,
    SessionRow,
    TokenRow,
)
from gateway.errors import DataError
from gateway.storage.core import StorePart
from gateway.storage.people import roles_of, text_of
from gateway.storage.session import Session
from protocol.log.statement import Statement

_SESSION: Final = (
    "SELECT number, person, means, agent, made_ms, seen_ms, ends_ms, locked FROM desk_session"
)
_PASSKEY: Final = (
    "SELECT number, person, credential, public_key, sign_count, name, made_ms, used_ms FROM passkey"
)
_TOKEN: Final = "SELECT number, person, name, roles, made_ms, ends_ms, used_ms FROM desk_token"  # noqa: S105  a query


class EntrancePart(StorePart):
    """Implements accounts.Entrances."""

    async def keep_link(self, digest: bytes, person: int, *, ends_ms: int, act: Statement) -> None:
        """Keep a one-time link.

        Raises:
            StorageError: It is not kept.
        """

        def keep(session: Session) -> None:
            session.execute(
                "INSERT INTO sign_in_link (digest, person, ends_ms) VALUES (?, ?, ?)",
                (digest, person, ends_ms),
            )
            session.state(act, must_leave=False)

        await self._core.writer.run(keep)

    async def use_link(self, digest: bytes, *, now_ms: int) -> int | None:
        """Take a link out for ever and return whose it is; None if it is none that counts.

        Raises:
            StorageError: Nothing was changed.
        """

        def take(session: Session) -> int | None:
            row = session.execute(
                "DELETE FROM sign_in_link WHERE digest = ? RETURNING person, ends_ms", (digest,)
            ).fetchone()
            return None if row is None or row[1] <= now_ms else int(row[0])

        return await self._core.writer.run(take)

    async def begin_session(
        self, new: NewSession, *, most: int, act: Statement | None, now_ms: int
    ) -> SessionRow:
        """Begin a session; beyond `most` of one person the one longest unused ends.

        Raises:
            StorageError: None was begun.
        """

        def begin(session: Session) -> SessionRow:
            session.execute(
                "DELETE FROM desk_session WHERE person = ? AND (ends_ms <= ? OR number NOT IN"
                " (SELECT number FROM desk_session WHERE person = ? AND ends_ms > ?"
                " ORDER BY seen_ms DESC, number DESC LIMIT ?))",
                (new.person, now_ms, new.person, now_ms, most - 1),
            )
            session.execute(
                "INSERT INTO desk_session (digest, person, means, agent, made_ms, seen_ms, ends_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    new.digest,
                    new.person,
                    new.means.value,
                    new.agent,
                    now_ms,
                    now_ms,
                    new.ends_ms,
                ),
            )
            if act is not None:
                session.state(act, must_leave=False)
            row = session.execute(f"{_SESSION} WHERE digest = ?", (new.digest,)).fetchone()
            return _session(row)

        return await self._core.writer.run(begin)

    async def session(self, digest: bytes) -> SessionRow | None:
        """Return a session by the digest of its secret, None if there is none."""
        row = self._core.reader.execute(f"{_SESSION} WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else _session(row)

    async def sessions(self, person: int) -> tuple[SessionRow, ...]:
        """Return the sessions of a person, newest first."""
        rows = self._core.reader.execute(
            f"{_SESSION} WHERE person = ? ORDER BY number DESC", (person,)
        )
        return tuple(_session(row) for row in rows.fetchall())

    async def touch_session(
        self, number: int, *, seen_ms: int, is_locked: bool | None = None
    ) -> None:
        """Note that a session was used, or that its screen is locked; None leaves the lock.

        Raises:
            StorageError: It was not noted.
        """
        await self._core.writer.run(
            lambda session: (
                session.execute(
                    "UPDATE desk_session SET seen_ms = max(seen_ms, ?),"
                    " locked = coalesce(?, locked) WHERE number = ?",
                    (seen_ms, is_locked, number),
                ).rowcount
            )
        )

    async def end_session(self, number: int, *, person: int) -> bool:
        """End a session of a person; return whether there was one.

        Raises:
            StorageError: It goes on.
        """
        done = await self._core.writer.run(
            lambda session: (
                session.execute(
                    "DELETE FROM desk_session WHERE number = ? AND person = ?", (number, person)
                ).rowcount
            )
        )
        return done == 1

    async def end_sessions(self, *, before_ms: int) -> int:
        """Forget sessions, links and tokens that ended before a time; return how many.

        Raises:
            StorageError: None was forgotten.
        """

        def sweep(session: Session) -> int:
            return sum(
                session.execute(f"DELETE FROM {table} WHERE ends_ms <= ?", (before_ms,)).rowcount  # noqa: S608  our own names
                for table in ("desk_session", "sign_in_link", "desk_token")
            )

        return await self._core.writer.run(sweep)

    async def note_act(self, act: Statement) -> None:
        """State what changes no row.

        Raises:
            StorageError: It was not stated.
        """
        await self._core.writer.run(lambda session: session.state(act, must_leave=False))


class CredentialPart(StorePart):
    """Implements accounts.Credentials."""

    async def keep_passkey(self, new: NewPasskey, act: Statement, *, now_ms: int) -> PasskeyRow:
        """Keep a passkey.

        Raises:
            DataError: The device's key is enrolled already.
            StorageError: It is not kept.
        """

        def keep(session: Session) -> PasskeyRow:
            done = session.execute(
                "INSERT INTO passkey (person, credential, public_key, sign_count, name, made_ms)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (credential) DO NOTHING",
                (
                    new.person,
                    new.credential,
                    new.public_key,
                    new.sign_count,
                    new.name,
                    now_ms,
                ),
            )
            if done.rowcount != 1:
                raise DataError("this passkey is enrolled already", code="not_allowed")
            session.state(act, must_leave=False)
            row = session.execute(f"{_PASSKEY} WHERE number = ?", (done.lastrowid,)).fetchone()
            return _passkey(row)

        return await self._core.writer.run(keep)

    async def passkeys(self, person: int) -> tuple[PasskeyRow, ...]:
        """Return the passkeys of a person."""
        rows = self._core.reader.execute(f"{_PASSKEY} WHERE person = ? ORDER BY number", (person,))
        return tuple(_passkey(row) for row in rows.fetchall())

    async def passkey(self, credential: bytes) -> PasskeyRow | None:
        """Return a passkey by the id that its device gave."""
        row = self._core.reader.execute(
            f"{_PASSKEY} WHERE credential = ?", (credential,)
        ).fetchone()
        return None if row is None else _passkey(row)

    async def use_passkey(self, number: int, *, sign_count: int, now_ms: int) -> None:
        """Note that a passkey was used.

        Raises:
            StorageError: It was not noted.
        """
        await self._core.writer.run(
            lambda session: (
                session.execute(
                    "UPDATE passkey SET sign_count = ?, used_ms = ? WHERE number = ?",
                    (sign_count, now_ms, number),
                ).rowcount
            )
        )

    async def drop_passkey(self, number: int, act: Statement, *, person: int) -> bool:
        """Forget a passkey of a person; return whether there was one.

        Raises:
            StorageError: It is kept.
        """
        return await self._drop("passkey", number, act, person=person)

    async def keep_token(self, new: NewToken, act: Statement, *, now_ms: int) -> TokenRow:
        """Keep a bearer token.

        Raises:
            StorageError: It is not kept.
        """

        def keep(session: Session) -> TokenRow:
            done = session.execute(
                "INSERT INTO desk_token (digest, person, name, roles, made_ms, ends_ms)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    new.digest,
                    new.person,
                    new.name,
                    text_of(new.roles),
                    now_ms,
                    new.ends_ms,
                ),
            )
            session.state(act, must_leave=False)
            row = session.execute(f"{_TOKEN} WHERE number = ?", (done.lastrowid,)).fetchone()
            return _token(row)

        return await self._core.writer.run(keep)

    async def token(self, digest: bytes) -> TokenRow | None:
        """Return a token by its digest."""
        row = self._core.reader.execute(f"{_TOKEN} WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else _token(row)

    async def tokens(self, person: int) -> tuple[TokenRow, ...]:
        """Return the tokens of a person."""
        rows = self._core.reader.execute(f"{_TOKEN} WHERE person = ? ORDER BY number", (person,))
        return tuple(_token(row) for row in rows.fetchall())

    async def use_token(self, number: int, *, now_ms: int) -> None:
        """Note that a token was used.

        Raises:
            StorageError: It was not noted.
        """
        await self._core.writer.run(
            lambda session: (
                session.execute(
                    "UPDATE desk_token SET used_ms = ? WHERE number = ?", (now_ms, number)
                ).rowcount
            )
        )

    async def drop_token(self, number: int, act: Statement, *, person: int) -> bool:
        """Forget a token of a person; return whether there was one.

        Raises:
            StorageError: It is kept.
        """
        return await self._drop("desk_token", number, act, person=person)

    async def _drop(self, table: str, number: int, act: Statement, *, person: int) -> bool:
        def drop(session: Session) -> bool:
            done = session.execute(
                f"DELETE FROM {table} WHERE number = ? AND person = ?",  # noqa: S608  our own names
                (number, person),
            )
            if done.rowcount == 1:
                session.state(act, must_leave=False)
            return done.rowcount == 1

        return await self._core.writer.run(drop)


def _session(row: tuple[Any, ...]) -> SessionRow:
    number, person, means, agent, made_ms, seen_ms, ends_ms, locked = row
    return SessionRow(
        number=number,
        person=person,
        means=Means(means),
        agent=agent,
        made_ms=made_ms,
        seen_ms=seen_ms,
        ends_ms=ends_ms,
        is_locked=bool(locked),
    )


def _passkey(row: tuple[Any, ...]) -> PasskeyRow:
    number, person, credential, public_key, sign_count, name, made_ms, used_ms = row
    return PasskeyRow(
        number=number,
        person=person,
        credential=credential,
        public_key=public_key,
        sign_count=sign_count,
        name=name,
        made_ms=made_ms,
        used_ms=used_ms,
    )


def _token(row: tuple[Any, ...]) -> TokenRow:
    number, person, name, roles, made_ms, ends_ms, used_ms = row
    return TokenRow(
        number=number,
        person=person,
        name=name,
        roles=roles_of(roles),
        made_ms=made_ms,
        ends_ms=ends_ms,
        used_ms=used_ms,
    )
