"""The part of the store that keeps the people of a desk.

Source: docs/desk.md, "People".
"""

import sqlite3
from typing import Final

from gateway.accounts import Person, PersonChange, Settings
from gateway.errors import DataError, NoInputError
from gateway.people import Role
from gateway.storage.core import StorePart
from gateway.storage.session import Session
from protocol.log.statement import Statement

_COLUMNS: Final = (
    "number, name, roles, service, locked, made_ms, version, password IS NOT NULL,"
    " language, theme, sound, shortcuts"
)
_ONE: Final = f"SELECT {_COLUMNS} FROM person WHERE number = ?"  # noqa: S608  our own columns
_ALL: Final = f"SELECT {_COLUMNS} FROM person ORDER BY number"  # noqa: S608  our own columns


class PeoplePart(StorePart):
    """Implements accounts.PeopleBook."""

    async def add_person(
        self,
        name: str,
        roles: frozenset[Role],
        act: Statement,
        *,
        is_service: bool,
        now_ms: int,
    ) -> Person:
        """Add a person.

        Raises:
            DataError: One is called so (`not_allowed`).
            StorageError: Nobody was added.
        """

        def add(session: Session) -> Person:
            done = session.execute(
                "INSERT INTO person (name, roles, service, made_ms) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (name) DO NOTHING",
                (name, text_of(roles), is_service, now_ms),
            )
            if done.rowcount != 1:
                raise DataError(
                    "somebody of this desk is called so already",
                    code="not_allowed",
                    hint="choose another name; see: a35 user list",
                )
            session.state(act, must_leave=False)
            return _held(session, int(done.lastrowid or 0))

        return await self._core.writer.run(add)

    async def person(self, number: int) -> Person | None:
        """Return a person, None if there is none of this number."""
        row = self._core.reader.execute(_ONE, (number,)).fetchone()
        return None if row is None else _person(row)

    async def people(self) -> tuple[Person, ...]:
        """Return all, in order of their numbers."""
        return tuple(_person(row) for row in self._core.reader.execute(_ALL).fetchall())

    async def has_people(self) -> bool:
        """Tell whether anybody was added, locked or not."""
        return self._core.reader.execute("SELECT 1 FROM person LIMIT 1").fetchone() is not None

    async def change_person(self, change: PersonChange, *, now_ms: int) -> Person:
        """Change roles or lock; end every session, link and token of theirs in the same commit.

        Raises:
            NoInputError: There is no such person.
            DataError: They were changed meanwhile (`draft_changed`).
            StorageError: Nothing was changed.
        """
        del now_ms

        def apply(session: Session) -> Person:
            held = _held(session, change.number)
            if change.version is not None and change.version != held.version:
                raise DataError(
                    "this person was changed meanwhile", code="draft_changed", hint="look again"
                )
            session.execute(
                "UPDATE person SET roles = ?, locked = ?, version = version + 1 WHERE number = ?",
                (
                    text_of(held.roles if change.roles is None else change.roles),
                    held.is_locked if change.is_locked is None else change.is_locked,
                    change.number,
                ),
            )
            for table in ("desk_session", "desk_token", "sign_in_link"):
                session.execute(f"DELETE FROM {table} WHERE person = ?", (change.number,))  # noqa: S608  our own names
            session.state(change.act, must_leave=False)
            return _held(session, change.number)

        return await self._core.writer.run(apply)

    async def save_settings(self, number: int, settings: Settings) -> None:
        """Keep what somebody chose.

        Raises:
            StorageError: It was not kept.
        """
        await self._core.writer.run(
            lambda session: (
                session.execute(
                    "UPDATE person SET language = ?, theme = ?, sound = ?, shortcuts = ?"
                    " WHERE number = ?",
                    (
                        settings.language,
                        settings.theme,
                        settings.sound,
                        settings.shortcuts,
                        number,
                    ),
                ).rowcount
            )
        )

    async def password(self, number: int) -> str | None:
        """Return what is kept of a password, None without one."""
        row = self._core.reader.execute(
            "SELECT password FROM person WHERE number = ?", (number,)
        ).fetchone()
        return None if row is None else row[0]

    async def save_password(self, number: int, kept: str | None, act: Statement) -> None:
        """Keep a password, or none from now on.

        Raises:
            StorageError: Nothing was changed.
        """

        def keep(session: Session) -> None:
            session.execute("UPDATE person SET password = ? WHERE number = ?", (kept, number))
            session.state(act, must_leave=False)

        await self._core.writer.run(keep)


def text_of(roles: frozenset[Role]) -> str:
    """Write roles as a column keeps them: in the order of their list."""
    return " ".join(role.value for role in Role if role in roles)


def roles_of(text: str) -> frozenset[Role]:
    """Read roles from a column."""
    return frozenset(Role(word) for word in text.split())


def _held(session: Session, number: int) -> Person:
    """Return a person inside the transaction.

    Raises:
        NoInputError: There is no such person.
    """
    row = session.execute(_ONE, (number,)).fetchone()
    if row is None:
        raise NoInputError("there is no such person at this desk", hint="see: a35 user list")
    return _person(row)


def _person(row: sqlite3.Row | tuple[object, ...]) -> Person:
    number, name, roles, service, locked, made_ms, version, password, *chosen = row
    language, theme, sound, shortcuts = chosen
    return Person(
        number=int(str(number)),
        name=str(name),
        roles=roles_of(str(roles)),
        is_service=bool(service),
        is_locked=bool(locked),
        made_ms=int(str(made_ms)),
        version=int(str(version)),
        has_password=bool(password),
        settings=Settings(
            language=str(language), theme=str(theme), sound=bool(sound), shortcuts=bool(shortcuts)
        ),
    )
