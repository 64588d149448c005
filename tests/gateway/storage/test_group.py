"""A group commits together, one that fails fails alone, and nothing damaged is signed."""

import sqlite3
from pathlib import Path

import pytest

from gateway.errors import LogDamagedError, RateLimitedError, StorageError
from gateway.records import SignedHead
from gateway.storage.anchor import Anchor
from gateway.storage.group import Committed, Failed, GroupCommitter
from gateway.storage.opening import append_first, make_store
from gateway.storage.sequence import HeadSigner
from gateway.storage.session import Event, Session
from protocol.errors import NotAllowedError
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.statement import cover
from tests.gateway.storage.home import open_gate
from tests.gateway.storage.material import (
    NOW_MS,
    ORIGIN,
    TestClock,
    first_statement,
    head_signer,
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A store's file with its tables and no leaf."""
    path = tmp_path / "store.db"
    make_store(path, ORIGIN)
    return path


def committer_of(database: Path, signer: HeadSigner | None = None) -> GroupCommitter:
    """Return a committer with leaf 0 signed, unless the file has leaves already."""
    anchor = Anchor(database.with_name("anchor"), machine="m")
    anchor.open()
    committer = GroupCommitter(
        database,
        origin=ORIGIN,
        signer=signer or head_signer(TestClock()),
        anchor=anchor,
        gate=open_gate(),
    )
    if committer.size == 0:
        append_first(committer, first_statement())
    return committer


def good(number: int, *, must_leave: bool = True) -> "object":
    """Return an operation that states one leaf and tells one event."""

    def operation(session: Session) -> int:
        session.tell(Event(at_ms=NOW_MS, kind="k", message=None, what=str(number), by="RO/1"))
        return session.state(cover(bytes([number]) * 32), must_leave=must_leave)

    return operation


def poisoned(session: Session) -> int:
    """Write a little of everything, then fail."""
    session.state(cover(b"p" * 32), must_leave=True)
    session.tell(Event(at_ms=NOW_MS, kind="k", message=None, what="poison", by="RO/1"))
    session.execute("INSERT INTO peer_key_set (node, version, bytes) VALUES ('FR/1', 1, x'00')")
    raise NotAllowedError("poison")


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    """Read with a connection that sees only what was committed."""
    connection = sqlite3.connect(database)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def run(committer: GroupCommitter, *operations: object, sign: bool = False) -> Committed:
    """Commit one group."""
    return committer.commit(operations, sign=sign)  # type: ignore[arg-type]


def test_of_eight_with_one_poisoned_seven_land_without_a_gap(database: Path) -> None:
    """An operation takes back its leaf, its event and its rows, and nobody else's."""
    committer = committer_of(database)
    operations = [good(n) for n in range(7)]
    operations.insert(3, poisoned)
    committed = run(committer, *operations)
    assert isinstance(committed.results[3], Failed)
    assert isinstance(committed.results[3].fault, NotAllowedError)
    assert [r for r in committed.results if isinstance(r, int)] == list(range(1, 8))
    assert rows(database, "SELECT i FROM leaf ORDER BY i") == [(n,) for n in range(8)]
    assert rows(database, "SELECT number FROM event ORDER BY number") == [(n,) for n in range(1, 8)]
    assert rows(database, "SELECT * FROM peer_key_set") == []
    assert rows(database, "PRAGMA integrity_check") == [("ok",)]
    committer.close()


def test_group_has_one_head_whatever_its_number_of_leaves(database: Path) -> None:
    """One pair of signatures, one sync."""
    committer = committer_of(database)
    run(committer, *(good(n) for n in range(9)))
    assert rows(database, "SELECT size FROM checkpoint ORDER BY size") == [(1,), (10,)]
    committer.close()


def test_group_that_nothing_leaves_is_not_signed_until_asked(database: Path) -> None:
    """Signing is the dearest part of a commit."""
    committer = committer_of(database)
    committed = run(committer, good(1, must_leave=False))
    assert committed.news is not None
    assert committed.news.head is not None
    assert committed.news.head.size == 1
    assert not committer.is_signed
    run(committer, sign=True)
    run(committer, sign=True)
    assert rows(database, "SELECT size FROM checkpoint ORDER BY size") == [(1,), (2,)]
    committer.close()


def test_failed_signature_takes_the_whole_group_back(database: Path) -> None:
    """What must leave cannot be committed without its head."""
    is_broken = False
    sign = head_signer(TestClock())

    def signer(head: TreeHead) -> Checkpoint:
        if is_broken:
            raise ValueError("token away")
        return sign(head)

    committer = committer_of(database, signer)
    is_broken = True
    committed = run(committer, good(1), good(2))
    assert all(isinstance(result, Failed) for result in committed.results)
    assert committed.news is None
    assert committer.stopped is None
    is_broken = False
    assert run(committer, good(3)).results == [1]
    committer.close()


def test_bit_flip_in_a_stored_leaf_is_not_signed(database: Path) -> None:
    """A damaged page becomes a stopped node, not a fork."""
    committer = committer_of(database)
    run(committer, good(1, must_leave=False))
    outside = sqlite3.connect(database)
    outside.execute("DROP TRIGGER leaf_no_update")
    outside.execute("UPDATE leaf SET digest = zeroblob(32) WHERE i = 1")
    outside.commit()
    outside.close()
    committed = run(committer, good(2))
    assert isinstance(committed.results[0], Failed)
    assert isinstance(committed.results[0].fault, LogDamagedError)
    assert rows(database, "SELECT max(size) FROM checkpoint") == [(1,)]
    assert rows(database, "SELECT count(*) FROM leaf") == [(2,)]
    assert committer.stopped is not None
    again = run(committer, good(3)).results[0]
    assert isinstance(again, Failed)
    assert isinstance(again.fault, StorageError)
    committer.close()


def test_damaged_leaf_below_the_newest_head_stops_the_next_start(database: Path) -> None:
    """The right edge is computed again and held against the stored checkpoint."""
    committer = committer_of(database)
    run(committer, good(1))
    committer.close()
    outside = sqlite3.connect(database)
    outside.execute("DROP TRIGGER leaf_no_update")
    outside.execute("UPDATE leaf SET digest = zeroblob(32) WHERE i = 1")
    outside.commit()
    outside.close()
    with pytest.raises(LogDamagedError):
        committer_of(database)


def test_missing_leaves_below_the_newest_head_stop_the_next_start(database: Path) -> None:
    """A signed head covers them: they were there."""
    committer = committer_of(database)
    run(committer, good(1))
    committer.close()
    outside = sqlite3.connect(database)
    outside.execute("DROP TRIGGER leaf_no_delete")
    outside.execute("DELETE FROM leaf WHERE i = 1")
    outside.commit()
    outside.close()
    with pytest.raises(LogDamagedError, match="missing"):
        committer_of(database)


def test_failed_commit_opens_the_file_anew_and_goes_on(database: Path) -> None:
    """After a failed sync the old connection proves nothing."""
    committer = committer_of(database)
    committer._connection.close()
    committed = run(committer, good(1))
    assert isinstance(committed.results[0], Failed)
    assert isinstance(committed.results[0].fault, StorageError)
    assert committed.reopened
    assert run(committer, good(2)).results == [1]
    committer._connection.close()
    assert run(committer, good(3)).reopened
    committer.close()


def test_two_failed_commits_in_a_row_stop_the_writer(database: Path) -> None:
    """The kernel may have dropped pages that it reported as written."""
    committer = committer_of(database)
    committer._connection.close()
    assert run(committer, good(1)).reopened
    committer._connection.close()
    assert not run(committer, good(1)).reopened
    assert committer.stopped is not None
    assert committer.checkpoint() == (0, 0)
    committer.close()


def test_file_that_cannot_be_opened_again_stops_the_writer(database: Path) -> None:
    """Nothing is written to what we cannot read."""
    committer = committer_of(database)
    committer._connection.close()
    database.rename(database.with_name("away"))
    assert not run(committer, good(1)).reopened
    assert committer.stopped is not None


def test_full_disk_fails_the_group_and_the_next_one_may_find_space(database: Path) -> None:
    """The file stays sound, and no answer is given for what was not committed."""
    committer = committer_of(database)
    connection = committer._connection
    connection.set_authorizer(None)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()

    def large(session: Session) -> None:
        session.execute(
            "INSERT INTO peer_key_set (node, version, bytes) VALUES ('FR/1', 1, zeroblob(99999))"
        )

    committed = run(committer, good(1), large)
    fault = committed.results[0]
    assert isinstance(fault, Failed)
    assert isinstance(fault.fault, StorageError)
    assert (fault.fault.code, bool(fault.fault.hint)) == ("disk_full", True)
    assert committer.stopped is None
    connection.execute(f"PRAGMA max_page_count = {pages + 1000}").fetchall()
    assert run(committer, good(1), large).results == [1, None]
    assert rows(database, "PRAGMA integrity_check") == [("ok",)]
    committer.close()


def test_anchor_that_cannot_be_written_keeps_the_note_at_home(database: Path) -> None:
    """Rule 8: the head is in the anchor before its note leaves."""
    committer = committer_of(database)
    committer._anchor.close()
    result = run(committer, good(1)).results[0]
    assert isinstance(result, Failed)
    assert isinstance(result.fault, StorageError)
    committer.close()


def test_a_bug_in_an_operation_reaches_its_caller_as_it_is(database: Path) -> None:
    """It is not dressed up as a fault of the disk."""
    committer = committer_of(database)

    def bug(_: Session) -> None:
        raise ZeroDivisionError

    committed = run(committer, bug, good(1))
    assert isinstance(committed.results[0], Failed)
    assert isinstance(committed.results[0].fault, ZeroDivisionError)
    assert committed.results[1] == 1
    committer.close()


def test_what_one_row_breaks_is_a_storage_error_of_its_operation(database: Path) -> None:
    """A constraint that fails concerns one operation, not the disk."""
    committer = committer_of(database)

    def twice(session: Session) -> None:
        for _ in range(2):
            session.execute("INSERT INTO request (key, message) VALUES (x'00', 1)")

    committed = run(committer, twice, good(1))
    assert isinstance(committed.results[0], Failed)
    assert isinstance(committed.results[0].fault, StorageError)
    assert committed.results[1] == 1
    committer.close()


def test_giving_up_keeps_the_first_reason(database: Path) -> None:
    """The operator is told what came first."""
    committer = committer_of(database)
    committer.give_up("first")
    committer.give_up("second")
    assert committer.stopped == "first"
    with pytest.raises(StorageError):
        append_first(committer, first_statement())
    assert isinstance(committer.head, SignedHead)
    committer.close()


def test_each_caller_of_a_group_that_failed_has_a_fault_of_its_own(database: Path) -> None:
    """One that is raised by many gathers their tracebacks, and what one adds the others say."""
    committer = committer_of(database)
    committer.give_up("no more")
    results = committer.commit([poisoned, poisoned, poisoned]).results
    faults = [one.fault for one in results if isinstance(one, Failed)]
    assert len({id(fault) for fault in faults}) == 3
    assert {(type(fault), str(fault)) for fault in faults} == {(StorageError, "no more")}
    late = RateLimitedError("asked too often", retry_s=7)
    late.__cause__ = OSError("unplugged")
    (first, second) = committer._failed([poisoned, poisoned], late).results
    assert isinstance(first, Failed)
    assert isinstance(second, Failed)
    assert first.fault is not second.fault
    for fault in (first.fault, second.fault):
        assert isinstance(fault, RateLimitedError)
        assert (fault.retry_s, str(fault), fault.__cause__) == (7, str(late), late.__cause__)
