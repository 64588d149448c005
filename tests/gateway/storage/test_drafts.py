"""Drafts on the disk: what is frozen survives, nothing lies in clear, keys go with their drafts."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from gateway.drafting import DraftState
from gateway.errors import StorageError
from gateway.shelving import PartPlace
from gateway.storage.draft_parts import FolderParts
from gateway.storage.session import Session
from gateway.storage.sqlite import SqliteStore
from tests.gateway.storage.contract_drafts import (
    CONTENT,
    DRAFT,
    OTHER,
    POP,
    TEXT,
    act,
    approval,
    frozen,
    submitted,
)
from tests.gateway.storage.contract_drafts import DIGEST as FROZEN_DIGEST
from tests.gateway.storage.home import Home
from tests.gateway.storage.material import NOW_MS

KEY = b"k" * 32
PLACE = PartPlace(draft=DRAFT, n=0, k=1)


def test_frozen_and_approved_draft_survives_a_death(tmp_path: Path) -> None:
    """The process dies without an end; the next one finds the bytes, the approval, the text."""
    home = Home(tmp_path / "home")

    async def until_death() -> None:
        store = home.create()
        await store.start()
        await store.begin_signing(None)
        await submitted(store)
        await store.approve_draft(
            DRAFT, approval(comment="lawful"), act("approved"), digest=FROZEN_DIGEST, enough=True
        )
        await store._core.writer.stop()
        store.abandon()

    async def after(store: SqliteStore) -> None:
        assert await store.frozen_draft(DRAFT) == frozen()
        assert await store.draft_document(DRAFT) == TEXT.document
        kept = await store.draft(DRAFT)
        assert kept.state is DraftState.APPROVED
        assert kept.approvals == (approval(comment="lawful"),)

    asyncio.run(until_death())
    home.play(after)


def test_no_draft_lies_in_clear_in_any_file(tmp_path: Path) -> None:
    """Text, heading, frozen bytes, comment, a file's name: a thief of the disk reads none."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:
        await submitted(store)
        await store.thaw_draft(DRAFT, act("returned"), POP, comment="Which port?", now_ms=NOW_MS)
        await store.add_draft_file(
            DRAFT, "order.pdf", media_type="application/pdf", size_bytes=1, now_ms=NOW_MS
        )
        for path in home.folder.iterdir():
            data = path.read_bytes()
            for secret in (TEXT.document, CONTENT, b"RO-26-1", b"Which port?", b"order.pdf"):
                assert secret not in data

    home.play(scenario)


def test_text_moved_to_another_draft_does_not_open(tmp_path: Path) -> None:
    """Whoever can write to the disk must not be able to have another text approved."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:
        await store.add_draft(DRAFT, TEXT, POP, now_ms=NOW_MS)
        await store.add_draft(OTHER, TEXT, POP, now_ms=NOW_MS)
        writer = store._core.writer
        for column in ("document", "key"):
            change = (
                f"UPDATE draft SET {column} = (SELECT {column} FROM draft WHERE number = 2)"  # noqa: S608  own names
                " WHERE number = 1"
            )
            await writer.run(partial(_changed, change=change))
            with pytest.raises(StorageError) as caught:
                await store.draft_document(DRAFT)
            assert caught.value.code == "content_damaged"

    home.play(scenario)


def test_parts_come_twice_and_in_any_order(tmp_path: Path) -> None:
    """Whole or not there; another key or place opens nothing."""
    folder = tmp_path / "drafts"

    async def scenario() -> None:
        parts = FolderParts(folder)
        assert await parts.held(DRAFT, 0) == ()
        for k in (11, 2, 1, 1):
            await keep(parts, PartPlace(draft=DRAFT, n=0, k=k), b"part %d" % k)
        assert await parts.held(DRAFT, 0) == (1, 2, 11)
        assert b"".join(parts.pieces(PLACE, KEY)) == b"part 1"
        assert b"part 1" not in (folder / DRAFT / "0" / "1").read_bytes()
        assert (folder.stat().st_mode & 0o777, (folder / DRAFT).stat().st_mode & 0o777) == (
            0o700,
            0o700,
        )
        (folder / DRAFT / "0" / "1").replace(folder / DRAFT / "0" / "3")
        for place, key in (
            (PLACE, KEY),
            (PartPlace(draft=DRAFT, n=0, k=3), KEY),
            (PartPlace(draft=DRAFT, n=0, k=2), b"x" * 32),
        ):
            with pytest.raises(StorageError) as caught:
                list(parts.pieces(place, key))
            assert caught.value.code == "content_damaged"

    asyncio.run(scenario())


def test_parts_go_with_their_file_and_with_their_draft(tmp_path: Path) -> None:
    """What a crash left behind belongs to nobody, and is swept."""

    async def scenario() -> None:
        parts = FolderParts(tmp_path / "drafts")
        assert await parts.sweep(frozenset()) == 0
        for draft in (DRAFT, OTHER):
            for n in (0, 1):
                await keep(parts, PartPlace(draft=draft, n=n, k=0), b"x")
        await parts.drop(DRAFT, 0)
        await parts.drop(DRAFT, 0)
        assert (await parts.held(DRAFT, 0), await parts.held(DRAFT, 1)) == ((), (0,))
        assert await parts.sweep(frozenset({DRAFT})) == 1
        assert (await parts.held(OTHER, 0), await parts.held(DRAFT, 1)) == ((), (0,))
        await parts.drop(DRAFT)
        assert not list((tmp_path / "drafts").iterdir())

    asyncio.run(scenario())


def test_disk_that_refuses_leaves_no_half_part(tmp_path: Path) -> None:
    """Something stands in the place of the part."""
    folder = tmp_path / "drafts"
    (folder / DRAFT / "0" / "1").mkdir(parents=True)

    async def scenario() -> None:
        with pytest.raises(StorageError):
            await keep(FolderParts(folder), PLACE, b"x")
        assert [one.name for one in (folder / DRAFT / "0").iterdir()] == ["1"]

    asyncio.run(scenario())


async def keep(parts: FolderParts, place: PartPlace, data: bytes) -> None:
    """Give a part, byte by byte."""
    async with parts.arriving(place, KEY) as part:
        for byte in data:
            part.write(bytes([byte]))
        await part.keep()


def _changed(session: Session, *, change: str) -> int:
    """Change a row past the store's own code; return how many it were."""
    return session.execute(change).rowcount
