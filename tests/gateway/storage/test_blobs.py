"""Attachments on disk: resumed at any byte, whole only with the right digest, apart by sender."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import nullcontext, suppress
from io import BytesIO, FileIO
from pathlib import Path
from resource import RLIMIT_FSIZE, getrlimit, setrlimit
from typing import ParamSpec, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from gateway.errors import NoInputError, StorageError
from gateway.ports import Blobs
from gateway.storage.behind import SYNC_BYTES, SyncedFile, sync
from gateway.storage.blob_reading import OpenBlob
from gateway.storage.blobs import FileBlobs
from keys.body import new_content_key
from keys.digest import sha256
from protocol.delivery.admission import Unfinished
from protocol.errors import Code, MalformedError, NotProvenError
from tests.gateway.storage.material import DAY_MS, OTHER, OWN, PEER

P = ParamSpec("P")
T = TypeVar("T")
SEALED = bytes(range(256)) * 5
DIGEST = sha256(SEALED)


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    """Blobs of RO/1 in an empty folder."""
    return FileBlobs(tmp_path / "blobs", node=OWN)


async def put(blobs: Blobs, offset: int, piece: bytes, *, total: int = len(SEALED)) -> int:
    """Put one piece of the usual blob as FR/1."""
    return await blobs.put(PEER, DIGEST, offset=offset, total=total, piece=piece)


def test_file_blobs_are_blobs() -> None:
    """The checker holds the class against the port."""
    implementation: type[Blobs] = FileBlobs
    assert implementation is FileBlobs


def test_sealed_file_opens_to_the_same_bytes(blobs: FileBlobs) -> None:
    """What the officer attached is what the other officer gets."""

    async def scenario() -> None:
        plain, key = os.urandom(200_000), new_content_key()
        sealed = await blobs.seal(BytesIO(plain), content_key=key, context=b"c")
        assert sealed.plain_digest == sha256(plain)
        assert await blobs.is_complete(OWN, sealed.sealed_digest, sealed.sealed_bytes)
        assert not await blobs.is_complete(OWN, sealed.sealed_digest, 1)
        target = BytesIO()
        opened = await blobs.open(OWN, sealed.sealed_digest, target, content_key=key, context=b"c")
        assert (target.getvalue(), opened) == (plain, sealed)
        with pytest.raises(NotProvenError) as caught:
            await blobs.open(
                OWN, sealed.sealed_digest, BytesIO(), content_key=key, context=b"other"
            )
        assert caught.value.code is Code.OPEN

    asyncio.run(scenario())


def test_nothing_is_left_of_a_file_that_could_not_be_sealed(
    blobs: FileBlobs, tmp_path: Path
) -> None:
    """A source that fails in the middle leaves no ciphertext behind."""

    class Broken(BytesIO):
        @override
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(f"unplugged after {size}")

    with pytest.raises(StorageError):
        asyncio.run(blobs.seal(Broken(), content_key=new_content_key(), context=b""))
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


@settings(max_examples=20, deadline=None)
@given(sizes=st.lists(st.integers(1, 400), min_size=1, max_size=12), restarts=st.booleans())
def test_blob_arrives_in_any_pieces_and_over_any_restart(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], *, restarts: bool
) -> None:
    """A transfer goes on from the offset that the receiver tells."""

    async def scenario() -> None:
        folder = tmp_path_factory.mktemp("blobs")
        blobs = FileBlobs(folder, node=OWN)
        offset = 0
        for size in [*sizes, len(SEALED)]:
            if offset == len(SEALED):
                break
            if restarts:
                blobs = FileBlobs(folder, node=OWN)
            assert (await blobs.offset(PEER, DIGEST) or 0) == offset
            offset = await put(blobs, offset, SEALED[offset : offset + size])
        assert await blobs.is_complete(PEER, DIGEST, len(SEALED))
        pieces = [piece async for piece in blobs.read(PEER, DIGEST, offset=3, piece_bytes=100)]
        assert b"".join(pieces) == SEALED[3:]
        assert max(len(piece) for piece in pieces) == 100

    asyncio.run(scenario())


@pytest.mark.parametrize("piece", [b"", SEALED[-1:]])
def test_blob_that_a_crash_left_without_its_name_is_whole_after_a_start(
    piece: bytes, tmp_path: Path
) -> None:
    """All of it lay there and nobody had a piece to send: its envelope never came."""
    held = len(SEALED) - len(piece)
    folder = tmp_path / "blobs" / "FR-1"
    folder.mkdir(parents=True)
    part = folder / f"{DIGEST.hex()}.part"
    part.write_bytes(SEALED[:held])
    blobs = FileBlobs(tmp_path / "blobs", node=OWN)

    async def scenario() -> None:
        assert await blobs.offset(PEER, DIGEST) == held
        assert await blobs.offset(PEER, DIGEST) == held
        assert await put(blobs, held, piece) == len(SEALED)
        assert await blobs.is_complete(PEER, DIGEST, len(SEALED))

    asyncio.run(scenario())
    assert not part.exists()


def test_wrong_bytes_are_deleted_when_the_blob_is_whole(blobs: FileBlobs) -> None:
    """The name is the digest; the sender begins again."""

    async def scenario() -> None:
        await put(blobs, 0, SEALED[:-1])
        with pytest.raises(MalformedError) as caught:
            await put(blobs, len(SEALED) - 1, b"x")
        assert caught.value.code is Code.HASH
        assert await blobs.offset(PEER, DIGEST) is None
        assert await put(blobs, 0, SEALED) == len(SEALED)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("offset", "piece"), [(0, b"x"), (11, b"x"), (10, SEALED)], ids=["again", "gap", "beyond"]
)
def test_piece_that_does_not_continue_the_blob_changes_nothing(
    blobs: FileBlobs, offset: int, piece: bytes
) -> None:
    """The sender asks for the offset and goes on from there."""

    async def scenario() -> None:
        await put(blobs, 0, SEALED[:10])
        with pytest.raises(MalformedError) as caught:
            await put(blobs, offset, piece)
        assert caught.value.code is Code.LENGTH
        assert await blobs.offset(PEER, DIGEST) == 10
        assert await put(blobs, 10, SEALED[10:]) == len(SEALED)

    asyncio.run(scenario())


def test_piece_of_a_whole_blob_is_answered_with_its_length(blobs: FileBlobs) -> None:
    """The answer to the last piece was lost."""

    async def scenario() -> None:
        await put(blobs, 0, SEALED)
        assert await put(blobs, 10, SEALED[10:]) == len(SEALED)
        assert await blobs.offset(PEER, DIGEST) == len(SEALED)
        with pytest.raises(MalformedError):
            await put(blobs, 0, b"", total=7)

    asyncio.run(scenario())


def test_pieces_at_the_same_time_are_taken_one_by_one(blobs: FileBlobs) -> None:
    """Two connections of one peer cannot tear a file."""

    async def scenario() -> None:
        results = await asyncio.gather(
            *(put(blobs, 0, SEALED[:100]) for _ in range(4)), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in results) == ["MalformedError"] * 3 + ["int"]
        assert await blobs.offset(PEER, DIGEST) == 100

    asyncio.run(scenario())


def test_a_peer_learns_nothing_of_what_another_one_sent(blobs: FileBlobs) -> None:
    """No oracle on others' files."""

    async def scenario() -> None:
        await put(blobs, 0, SEALED)
        assert await blobs.offset(OTHER, DIGEST) is None
        assert not await blobs.is_complete(OTHER, DIGEST, len(SEALED))
        with pytest.raises(NoInputError):
            await blobs.open(OTHER, DIGEST, BytesIO(), content_key=bytes(32), context=b"")
        with pytest.raises(NoInputError):
            async for _ in blobs.read(OTHER, DIGEST, offset=0, piece_bytes=9):
                pass

    asyncio.run(scenario())


def test_unfinished_blobs_are_dropped_after_a_day_without_a_byte(blobs: FileBlobs) -> None:
    """Rule 24; a blob that is whole stays."""

    async def scenario() -> None:
        await put(blobs, 0, SEALED[:10])
        other = sha256(b"whole")
        await blobs.put(PEER, other, offset=0, total=5, piece=b"whole")
        part = next(path for path in blobs._folder.rglob("*.part"))
        written_ms = part.stat().st_mtime_ns // 1_000_000
        assert await blobs.sweep(now_ms=written_ms + DAY_MS) == 0
        assert await blobs.sweep(now_ms=written_ms + DAY_MS + 1) == 1
        assert await blobs.offset(PEER, DIGEST) is None
        assert await blobs.offset(PEER, other) == 5
        assert await put(blobs, 0, SEALED) == len(SEALED)

    asyncio.run(scenario())


def test_folder_that_refuses_is_a_storage_error(tmp_path: Path) -> None:
    """The peer is told E_STORE, the operator what to look at."""
    (tmp_path / "blobs").write_bytes(b"a file where the folder should be")
    blobs = FileBlobs(tmp_path / "blobs", node=OWN)

    async def scenario() -> None:
        with pytest.raises(StorageError):
            await put(blobs, 0, SEALED)
        with pytest.raises(StorageError):
            await blobs.offset(PEER, DIGEST)
        with pytest.raises(MalformedError):
            await blobs.offset(PEER, b"short")

    asyncio.run(scenario())


def test_piece_that_the_disk_takes_in_part_leaves_nothing_of_itself(blobs: FileBlobs) -> None:
    """The offset that a peer is told counts only what was synced."""

    async def scenario() -> None:
        await put(blobs, 0, SEALED[:600])
        soft, hard = getrlimit(RLIMIT_FSIZE)
        setrlimit(RLIMIT_FSIZE, (1000, hard))
        try:
            with pytest.raises(StorageError):
                await put(blobs, 600, SEALED[600:])
        finally:
            setrlimit(RLIMIT_FSIZE, (soft, hard))
        assert await blobs.offset(PEER, DIGEST) == 600
        assert await put(blobs, 600, SEALED[600:]) == len(SEALED)

    asyncio.run(scenario())


def test_what_an_owner_began_and_did_not_finish_is_counted(blobs: FileBlobs) -> None:
    """A peer may hold so much of our disk; what is whole is not of it."""

    async def scenario() -> None:
        assert await blobs.unfinished(PEER, DIGEST) == Unfinished()
        await put(blobs, 0, SEALED[:10])
        other = bytes(32)
        await blobs.put(PEER, other, offset=0, total=50, piece=b"more of another")
        assert await blobs.unfinished(PEER, DIGEST) == Unfinished(
            size_bytes=25, blobs=2, most_bytes=15, this_bytes=10
        )
        await put(blobs, 10, SEALED[10:])
        assert await blobs.unfinished(PEER, DIGEST) == Unfinished(
            size_bytes=15, blobs=1, most_bytes=15, this_bytes=0
        )
        assert await blobs.unfinished(OTHER, DIGEST) == Unfinished()

    asyncio.run(scenario())


def test_piece_is_held_as_far_as_it_came(blobs: FileBlobs) -> None:
    """A line that is cut within a piece costs what was not read yet, and nothing else."""

    async def scenario() -> None:
        with suppress(ConnectionError):
            async with blobs.taking(PEER, DIGEST, offset=0, total=len(SEALED)) as taking:
                taking.write(SEALED[:600])
                assert (taking.held, await blobs.offset(PEER, DIGEST)) == (0, None)
                raise ConnectionError
        assert await blobs.offset(PEER, DIGEST) == 600
        assert await put(blobs, 600, SEALED[600:]) == len(SEALED)

    asyncio.run(scenario())


def test_large_piece_goes_to_the_disk_while_it_comes(tmp_path: Path) -> None:
    """A disk that refuses behind the back of a piece is told at its end, and nothing is held."""
    whole = os.urandom(SYNC_BYTES)
    digest = sha256(whole * 3)
    refused = 0

    async def offload(work: Callable[P, T], /, *arguments: P.args, **named: P.kwargs) -> T:
        nonlocal refused
        if work is sync and refused:
            refused -= 1
            raise StorageError("the disk refused")
        return await asyncio.to_thread(work, *arguments, **named)

    async def scenario() -> None:
        nonlocal refused
        other = FileBlobs(tmp_path / "other", node=OWN, offload=offload)
        for times, fails in ((2, True), (3, False)):
            refused = int(fails)
            with pytest.raises(StorageError) if fails else nullcontext():
                async with other.taking(PEER, digest, offset=0, total=3 * SYNC_BYTES) as taking:
                    for _ in range(times):
                        taking.write(whole)
                        await asyncio.sleep(0)
            assert await other.offset(PEER, digest) == (None if fails else 3 * SYNC_BYTES)

    asyncio.run(scenario())


def test_own_blob_is_read_while_it_is_sent(blobs: FileBlobs, tmp_path: Path) -> None:
    """As often as it is asked for; a copy that became shorter says so."""

    async def scenario() -> None:
        await put(blobs, 0, SEALED)
        file = blobs.reading(PEER, DIGEST)
        piece = file.piece(3, 1000)
        for _ in range(2):
            assert b"".join(piece.chunks()) == SEALED[3:1003]
        assert not _is_broken(file)
        os.truncate(tmp_path / "blobs" / "FR-1" / DIGEST.hex(), 100)
        with pytest.raises(StorageError):
            list(piece.chunks())
        assert _is_broken(file)
        file.close()
        with pytest.raises(StorageError):
            list(piece.chunks())
        with pytest.raises(NoInputError):
            blobs.reading(PEER, bytes(32))
        with pytest.raises(StorageError):
            FileBlobs(tmp_path / "blobs" / "FR-1" / DIGEST.hex(), node=OWN).reading(PEER, DIGEST)

    asyncio.run(scenario())


def test_file_that_the_disk_refuses_behind_is_not_taken_for_synced(tmp_path: Path) -> None:
    """By the next write, or at the end; nothing waits for it for ever."""
    piece = bytes(SYNC_BYTES)
    for times in (1, 2):
        file = FileIO(tmp_path / "a", "wb")
        refused: Future[None] = Future()
        refused.set_exception(StorageError("the disk refused"))
        with pytest.raises(StorageError):
            _write_behind(file, refused, 0 if times == 1 else SYNC_BYTES)
        assert file.closed
    with SyncedFile(FileIO(tmp_path / "a", "wb")) as synced:
        for _ in range(3):
            synced.write(piece)
    assert (tmp_path / "a").stat().st_size == 3 * SYNC_BYTES


def _write_behind(file: FileIO, syncing: "Future[None]", unsynced: int) -> None:
    """Write a byte behind a sync that came to something."""
    with SyncedFile(file) as synced:
        synced._syncing, synced._unsynced = syncing, unsynced
        synced.write(b"x")


def _is_broken(file: OpenBlob) -> bool:
    """Ask anew: the checker does not know that reading changes it."""
    return file.is_broken
