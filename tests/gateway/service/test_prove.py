"""The whole log is verified from leaf 0, and every damage is found and named."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from gateway.errors import NoInputError
from gateway.records import (
    Proofs,
    SignedHead,
)
from gateway.rows import (
    LeafRow,
)
from gateway.service.prove import LogFault, LogVerification, Prove
from gateway.storage.log import OwnLog
from gateway.storage.sqlite import SqliteStore
from keys.digest import leaf_hash, sha256
from keys.note import LogVerifier
from protocol.errors import NotAllowedError
from protocol.identifiers import LogOrigin
from protocol.log.checkpoint import ClaimedCheckpoint
from protocol.log.proof import parse_tlog_proof
from protocol.log.statement import Statement, cover
from protocol.log.tree import check_inclusion
from tests.gateway.storage.home import Home
from tests.gateway.storage.material import (
    NOW_MS,
    ORIGIN,
    admission,
    consignment,
    incoming,
    log_signer,
    submission,
)

OUR_KEYS = log_signer().verifier
SIZE = 12


class _Book:
    """The log of a file that nobody runs, damaged or not, behind the port LogBook."""

    def __init__(self, log: OwnLog) -> None:
        self._log = log

    @property
    def origin(self) -> LogOrigin:
        return self._log.origin

    @property
    def size(self) -> int:
        return self._log.size

    def root(self, size: int) -> bytes:
        return self._log.root(size)

    def head(self) -> SignedHead | None:
        return self._log.head

    async def checkpoint(self, size: int) -> SignedHead | None:
        return self._log.checkpoint(size)

    async def prove(self, size: int, indices: Sequence[int], *, old: int) -> Proofs:
        return self._log.prove(size, indices, old=old)

    async def leaves(self, start: int, stop: int) -> tuple[LeafRow, ...]:
        return self._log.leaves(start, stop)

    async def state(self, statements: Sequence[Statement], *, must_leave: bool) -> int:
        raise NotAllowedError(f"nobody runs it: {len(statements)} {must_leave}")


def prove_file(database: Path, *verifiers: LogVerifier) -> LogVerification:
    """Verify the log of a file as it lies there."""

    async def scenario() -> LogVerification:
        with closing(sqlite3.connect(database)) as connection:
            log = _Book(OwnLog(connection, ORIGIN))
            return await Prove(log, *(verifiers or (OUR_KEYS,))).verify()

    return asyncio.run(scenario())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with twelve leaves of several kinds under five heads."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:
        await store.submit(submission(1), now_ms=NOW_MS)
        await store.admit(admission(incoming(7), incoming(8)), now_ms=NOW_MS)
        await store.consign(consignment(7), now_ms=NOW_MS)
        await store.state([cover(sha256(bytes([n]))) for n in range(6)], must_leave=True)

    home.play(scenario)
    return home


def damaged(home: Home, *statements: str) -> LogVerification:
    """Change the file behind the store's back, and verify."""
    with closing(sqlite3.connect(home.database)) as connection:
        for table in ("leaf", "preimage", "checkpoint"):
            connection.execute(f"DROP TRIGGER {table}_no_update")
            connection.execute(f"DROP TRIGGER {table}_no_delete")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return prove_file(home.database)


def test_sound_log_has_no_fault(home: Home) -> None:
    """Every leaf made again, every checkpoint held against the tree."""
    told: list[tuple[int, int]] = []

    async def scenario(store: SqliteStore) -> None:
        prove = Prove(store, OUR_KEYS)
        result = await prove.verify(lambda done, total: told.append((done, total)))
        head = store.head()
        assert head is not None
        assert (result.origin, result.size, result.root) == (ORIGIN, SIZE, head.root)
        assert (result.checked, result.erased, result.checkpoints) == (SIZE, 0, 5)
        assert result.faults == ()
        view = await prove.show()
        assert (view.origin, view.size, view.head) == (ORIGIN, SIZE, head)

    home.play(scenario)
    assert told == [(SIZE, SIZE)]


def test_erased_preimages_are_counted_and_no_fault(home: Home) -> None:
    """Retention leaves the 32 bytes; the tree still holds."""
    result = damaged(home, "DELETE FROM preimage WHERE i IN (1, 2)")
    assert (result.checked, result.erased, result.faults) == (SIZE - 2, 2, ())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE preimage SET bytes = x'00' WHERE i = 4",
        "UPDATE preimage SET salt = x'00' WHERE i = 4",
        "UPDATE leaf SET kind = 1 WHERE i = 4",
        "UPDATE leaf SET kind = 200 WHERE i = 4",
        "UPDATE leaf SET digest = zeroblob(32) WHERE i = 4",
    ],
)
def test_changed_leaf_is_named(home: Home, statement: str) -> None:
    """One flipped bit ended a public log; here its index is known."""
    result = damaged(home, statement)
    assert result.faults[0] == LogFault(index=4, what="its digest is not that of what it states")


def test_changed_cover_is_found_by_the_root(home: Home) -> None:
    """A cover states nothing; the tree holds it all the same, and one fault says so."""
    result = damaged(home, "UPDATE leaf SET digest = zeroblob(32) WHERE i = 8")
    assert [fault.index for fault in result.faults] == [11]
    assert "root" in result.faults[0].what
    assert result.checkpoints == 4


def test_leaf_with_a_wrong_tree_above_is_told_once(home: Home) -> None:
    """Every later checkpoint differs too."""
    result = damaged(
        home,
        "UPDATE leaf SET digest = zeroblob(32) WHERE i = 1",
        "DELETE FROM preimage WHERE i = 1",
    )
    assert [fault.index for fault in result.faults] == [1]
    assert result.checkpoints == 1


def test_missing_leaf_ends_the_verification(home: Home) -> None:
    """What follows has no place in the tree."""

    async def scenario() -> LogVerification:
        with closing(sqlite3.connect(home.database)) as connection:
            log = _Book(OwnLog(connection, ORIGIN))
            connection.execute("DROP TRIGGER leaf_no_delete")
            connection.execute("DELETE FROM leaf WHERE i = 6")
            return await Prove(log, OUR_KEYS).verify()

    result = asyncio.run(scenario())
    assert result.size == 6
    assert [fault.index for fault in result.faults] == [6]
    assert "missing" in result.faults[0].what


def test_missing_newest_checkpoint_is_a_fault(home: Home) -> None:
    """It was signed and is known, but could not be shown to anybody."""

    async def scenario() -> LogVerification:
        with closing(sqlite3.connect(home.database)) as connection:
            log = _Book(OwnLog(connection, ORIGIN))
            connection.execute("DROP TRIGGER checkpoint_no_delete")
            connection.execute("DELETE FROM checkpoint WHERE size = 12")
            return await Prove(log, OUR_KEYS).verify()

    result = asyncio.run(scenario())
    assert [fault.index for fault in result.faults] == [11]


def test_checkpoint_of_other_keys_is_a_fault(home: Home) -> None:
    """Half a pair, a strange pair, no pair at all."""
    other = LogVerifier(
        name=OUR_KEYS.name, ed25519=OUR_KEYS.ed25519, mldsa44=bytes(len(OUR_KEYS.mldsa44))
    )
    result = prove_file(home.database, other)
    assert len(result.faults) == 5
    assert result.checkpoints == 0


def test_checkpoint_with_the_note_of_another_is_a_fault(home: Home) -> None:
    """The signatures are good, but of another head."""
    result = damaged(
        home,
        "UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 2) WHERE size = 5",
        "UPDATE checkpoint SET note = x'00' WHERE size = 6",
    )
    assert [fault.index for fault in result.faults] == [4, 5]
    assert result.checkpoints == 3


def test_faults_beyond_a_thousand_are_not_listed(tmp_path: Path) -> None:
    """A file that is damaged throughout has as many as it has leaves."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:
        await store.state([cover(sha256(b"%d" % n)) for n in range(1100)], must_leave=True)

    home.play(scenario)
    result = damaged(home, "UPDATE leaf SET kind = 2 WHERE i > 0")
    assert len(result.faults) == 1000
    assert result.size == 1101


def test_tlog_proof_of_a_leaf_verifies_by_itself(home: Home) -> None:
    """Third-party tools need the text, the keys and nothing else."""

    async def scenario(store: SqliteStore) -> None:
        prove = Prove(store, OUR_KEYS)
        index, path, note = parse_tlog_proof(await prove.proof(3))
        head = ClaimedCheckpoint.parse(note).head
        leaf = (await store.leaves(3, 4))[0]
        value = leaf_hash(bytes((leaf.kind,)) + leaf.digest)
        check_inclusion(index, head.size, value, path, head.root)
        for bad in (-1, SIZE):
            with pytest.raises(NoInputError):
                await prove.proof(bad)

    home.play(scenario)


def test_log_without_a_head_has_nothing_to_prove(tmp_path: Path) -> None:
    """Before the first leaf was signed."""
    home = Home(tmp_path / "home")
    asyncio.run(home.create().close())

    async def scenario() -> None:
        with closing(sqlite3.connect(home.database)) as connection:
            prove = Prove(_Book(OwnLog(connection, type(ORIGIN)(ORIGIN.node, 2))))
            view = await prove.show()
            assert (view.size, view.head) == (0, None)
            with pytest.raises(NoInputError):
                await prove.verify()

    asyncio.run(scenario())
