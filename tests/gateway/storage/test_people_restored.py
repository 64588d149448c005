"""A restored store lets nobody in by what was stolen or revoked meanwhile."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.errors import StorageError
from gateway.people import Role
from gateway.storage.people_restored import end_entrances
from tests.gateway.officer.pages.world import desk_world


def test_sessions_tokens_and_links_end_and_people_stay(tmp_path: Path) -> None:
    """Passkeys stay as well: they are their owners'."""

    async def fill() -> Path:
        async with desk_world(tmp_path) as desk:
            officer = await desk.visitor(Role.OFFICER)
            assert officer.person is not None
            await desk.program(person=officer.person)
            await desk.door.people.link(officer.person.number, by=desk.operator)
            return desk.node.home / "store.db"

    path = asyncio.run(fill())
    end_entrances(path)
    with closing(sqlite3.connect(path)) as reader:
        for table, left in (
            ("desk_session", 0),
            ("desk_token", 0),
            ("sign_in_link", 0),
            ("person", 1),
        ):
            counted = reader.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  our own names
            assert counted.fetchone() == (left,)


def test_older_store_has_nothing_to_end(tmp_path: Path) -> None:
    """Its schema is brought up to date when it is opened."""
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("CREATE TABLE leaf (i)")
    end_entrances(path)
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("CREATE VIEW desk_session AS SELECT 1")
        writer.execute("CREATE TABLE desk_token (a)")
        writer.execute(
            "CREATE TRIGGER no BEFORE DELETE ON desk_token BEGIN SELECT raise(ABORT, 'no'); END"
        )
        writer.execute("INSERT INTO desk_token VALUES (1)")
        writer.commit()
    with pytest.raises(StorageError):
        end_entrances(path)
