"""The whole log is verified from leaf 0, and every damage is found and named."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typing_extensions import override

from gateway.errors import DataError, NoInputError
from gateway.records import SignedHead
from gateway.service.prove import LogFault, LogVerification, Prove, note_held
from gateway.storage.anchor import Anchor, AnchorRecord
from gateway.storage.auditing import audit_file, outline
from gateway.storage.connection import connect_reader
from gateway.storage.generations import open_generation
from gateway.storage.sqlite import SqliteStore
from keys.digest import leaf_hash, sha256
from keys.note import LogVerifier
from protocol.identifiers import LogOrigin
from protocol.log.checkpoint import ClaimedCheckpoint, TreeHead
from protocol.log.deed import Epoch
from protocol.log.proof import parse_tlog_proof
from protocol.log.statement import cover, epoch, key_set_published
from protocol.log.tree import check_inclusion
from tests.gateway.storage.home import Home
from tests.gateway.storage.material import (
    KEY_SET,
    NOW_MS,
    ORIGIN,
    PEER,
    admission,
    consignment,
    head_signer,
    incoming,
    log_signer,
    submission,
)

OUR_KEYS = log_signer().verifier
SIZE = 12


def prove_file(database: Path, *verifiers: LogVerifier) -> LogVerification:
    """Verify the log of a file as it lies there."""
    return audit_file(database, lambda _: verifiers or (OUR_KEYS,))


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
        for table in ("leaf", "preimage", "node", "checkpoint"):
            connection.execute(f"DROP TRIGGER {table}_no_update")
            connection.execute(f"DROP TRIGGER {table}_no_delete")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return prove_file(home.database)


def test_head_that_is_signed_while_a_verification_begins_is_not_missed(home: Home) -> None:
    """A running node never stands still, and a missing end is the worst there is to be told."""

    async def commit(store: SqliteStore) -> None:
        await store.state([cover(sha256(b"meanwhile"))], must_leave=True)

    class Moving(Anchor):
        @override
        def read(self) -> AnchorRecord | None:
            home.play(commit)
            return super().read()

    with closing(connect_reader(home.database)) as reader:
        found = outline(reader, None, anchor=Moving(home.anchor, machine="this one"))
    assert [known.size for known in found.known] == [found.head.size]
    assert found.leaves == found.head.size > SIZE


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


def test_statement_that_no_act_erased_is_lost(home: Home) -> None:
    """Retention names what it erases first; the tree still holds."""
    result = damaged(home, "DELETE FROM preimage WHERE i IN (1, 2)")
    assert (result.checked, result.erased, result.checkpoints) == (SIZE - 2, 0, 5)
    assert [fault.index for fault in result.faults] == [1, 2]
    assert "lost" in result.faults[0].what


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
    assert [fault.index for fault in result.faults] == [1, 1]
    assert result.checkpoints == 1


def test_missing_leaf_is_named(home: Home) -> None:
    """In a block that is not whole nothing stands for it: no root can be computed after it."""
    result = damaged(home, "DELETE FROM leaf WHERE i = 6")
    assert (result.size, result.checked) == (SIZE, SIZE - 1)
    assert [fault.index for fault in result.faults] == [6]
    assert "missing" in result.faults[0].what


@pytest.fixture
def long_home(home: Home) -> Home:
    """A home with 600 leaves: blocks of two levels."""

    async def scenario(store: SqliteStore) -> None:
        for number in range(SIZE, 600, 7):
            noise = [cover(sha256(b"%d" % n)) for n in range(number, min(number + 7, 600))]
            await store.state(noise, must_leave=True)

    home.play(scenario)
    assert prove_file(home.database).faults == ()
    return home


@pytest.mark.parametrize(
    ("statement", "index", "what"),
    [
        ("DELETE FROM leaf WHERE i = 37", 37, "missing"),
        ("UPDATE preimage SET bytes = x'00' WHERE i = 4", 4, "digest"),
        ("UPDATE node SET hash = zeroblob(32) WHERE level = 4 AND i = 3", 48, "stored root"),
        ("DELETE FROM node WHERE level = 8 AND i = 1", 256, "stored root"),
    ],
)
def test_damage_does_not_hide_what_follows(
    long_home: Home, statement: str, index: int, what: str
) -> None:
    """The stored root stands for a damaged block, and the signed roots above prove it."""
    result = damaged(long_home, statement)
    assert [fault.index for fault in result.faults] == [index]
    assert what in result.faults[0].what
    assert result.faults[0].remedy
    assert result.root == prove_file(long_home.database).root


def test_leaves_that_changed_places_are_found(long_home: Home) -> None:
    """Two covers state nothing: only the tree knows their order."""
    result = damaged(
        long_home,
        "CREATE TEMP TABLE swapped AS SELECT i, digest FROM leaf WHERE i IN (101, 102)",
        "UPDATE leaf SET digest = (SELECT digest FROM swapped WHERE i = 203 - leaf.i)"
        " WHERE i IN (101, 102)",
    )
    assert result.faults[0].index in {101, 102, 103}
    assert any(fault.index == 96 and "stored root" in fault.what for fault in result.faults)


@pytest.mark.parametrize("table", ["checkpoint", "leaf"])
def test_truncated_tail_is_found_by_what_is_held_elsewhere(long_home: Home, table: str) -> None:
    """A shorter history is sound in itself; the anchor and the peers know better."""
    result = damaged(
        long_home,
        "DELETE FROM checkpoint WHERE size > 500",
        *(["DELETE FROM leaf WHERE i >= 500"] if table == "leaf" else []),
    )
    assert [fault.index for fault in result.faults] == [498 if result.size == 498 else result.size]
    assert "the anchor holds a head of 600 leaves" in result.faults[0].what


def test_peer_that_holds_more_is_named(home: Home) -> None:
    """What peers said that they hold counts as much as our own anchor."""

    async def scenario(store: SqliteStore) -> None:
        prove = Prove(store, OUR_KEYS, held=lambda: [(PEER, SIZE), (PEER, SIZE + 5)])
        result = await prove.verify()
        assert [fault.index for fault in result.faults] == [SIZE]
        assert str(PEER) in result.faults[0].what
        with pytest.raises(NoInputError):
            await prove.verify(origin=type(ORIGIN)(ORIGIN.node, 7))

    home.play(scenario)


def held_by_others(home: Home) -> bytes:
    """Return the newest signed note, as a peer or a bundle has it."""
    with closing(sqlite3.connect(home.database)) as connection:
        (note,) = connection.execute("SELECT note FROM checkpoint ORDER BY size DESC").fetchone()
    return bytes(note)


def test_end_that_only_a_peers_checkpoint_knows_is_missed_by_it_alone(long_home: Home) -> None:
    """The anchor went with the disk; the files by themselves are sound."""
    note = held_by_others(long_home)
    origin, known = note_held(note, None, lambda _: [OUR_KEYS])
    assert (origin, known.size) == (ORIGIN, 600)
    long_home.anchor.unlink()
    assert damaged(long_home, "DELETE FROM checkpoint WHERE size > 500").faults == ()
    result = audit_file(long_home.database, lambda _: [OUR_KEYS], known=[known])
    assert [fault.index for fault in result.faults] == [result.size]
    assert "the checkpoint given holds a head of 600 leaves" in result.faults[0].what


def test_rewritten_log_is_found_by_the_checkpoint_that_others_hold(tmp_path: Path) -> None:
    """It is as long, sound in itself and signed by the same keys."""
    notes = []
    homes = [Home(tmp_path / name) for name in ("one", "two")]
    for number, home in enumerate(homes):

        async def scenario(store: SqliteStore, number: int = number) -> None:
            await store.state([cover(sha256(bytes([number])))] * 5, must_leave=True)

        home.play(scenario)
        notes.append(held_by_others(home))
        assert prove_file(home.database).faults == ()

    async def compare(store: SqliteStore) -> None:
        prove = Prove(store, OUR_KEYS, held=lambda: [(PEER, 1)])
        assert (await prove.verify(against=notes[1])).faults == ()
        (fault,) = (await prove.verify(origin=ORIGIN, against=notes[0])).faults
        assert fault.what == "the checkpoint given holds another history up to here"

    homes[1].play(compare)


def test_checkpoint_that_the_log_did_not_sign_accuses_nobody(home: Home) -> None:
    """Anybody can write one down."""
    note = held_by_others(home)
    other = type(ORIGIN)(ORIGIN.node, 7)
    for wrong, origin in (
        (b"", None),
        (b"no note", None),
        (note.replace(b"\n12\n", b"\n13\n"), None),
        (note[:-9], None),
        (note, other),
    ):
        with pytest.raises(DataError):
            note_held(wrong, origin, lambda _: [OUR_KEYS])
    with pytest.raises(DataError):
        note_held(note, None, lambda _: [])


def test_missing_newest_checkpoint_is_a_fault(home: Home) -> None:
    """It was signed and is known, but could not be shown to anybody."""
    result = damaged(home, "DELETE FROM checkpoint WHERE size = 12")
    assert [fault.index for fault in result.faults] == [result.size]


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


def test_log_that_is_not_kept_is_refused(home: Home) -> None:
    """Another generation, another node."""
    with pytest.raises(NoInputError):
        audit_file(home.database, lambda _: (OUR_KEYS,), origin=type(ORIGIN)(ORIGIN.node, 2))


SECOND = LogOrigin(ORIGIN.node, 2)


def renewed(home: Home, *, old: LogOrigin = ORIGIN, gap: int | None = None, more: int = 0) -> None:
    """Give the log up for a second one; its leaf 0 names a head of the first."""

    async def newest(store: SqliteStore) -> SignedHead:  # noqa: RUF029  played as a scenario
        head = store.head()
        assert head is not None
        return head

    head = home.play(newest)
    signed = head_signer(home.clock)(TreeHead(origin=ORIGIN, size=head.size + more, root=head.root))
    said = Epoch(old=old, note=signed.note, gap=gap, who="RO/1 operator", why="a test", t_ms=NOW_MS)
    open_generation(
        home.database,
        origin=SECOND,
        epoch=epoch(said.encode()),
        key_set=key_set_published(KEY_SET),
        head_signer=head_signer(home.clock, SECOND),
        now_ms=home.clock.now_ms(),
    )


def prove_log(home: Home, origin: LogOrigin) -> LogVerification:
    """Verify one of the logs of a home."""
    return audit_file(home.database, lambda log: (log_signer(log).verifier,), origin=origin)


def test_both_logs_of_a_node_verify(home: Home) -> None:
    """The one that was given up stays evidence; the new one names it."""
    renewed(home)
    for origin in (ORIGIN, SECOND):
        found = prove_log(home, origin)
        assert (found.origin, found.faults, found.lost) == (origin, (), 0)
    assert prove_log(home, ORIGIN).size == SIZE


def test_new_log_that_names_another_one_is_a_fault(home: Home) -> None:
    """An epoch that leads nowhere hides what came before."""
    renewed(home, old=LogOrigin(ORIGIN.node, 9))
    faults = prove_log(home, SECOND).faults
    assert [fault.index for fault in faults] == [0]
    assert str(ORIGIN) in faults[0].what


def test_end_that_the_next_log_says_is_lost_is_counted(home: Home) -> None:
    """Peers held more, and the node said so when it began again: known, and no new fault."""
    renewed(home, gap=5, more=5)
    found = prove_log(home, ORIGIN)
    assert (found.lost, found.faults) == (5, ())


def test_end_that_the_next_log_names_and_nobody_holds_is_a_fault(home: Home) -> None:
    """Leaves that were there when the new log began were taken away since."""
    renewed(home, more=5)
    assert "leaf 0 of a35/RO/1/log/2" in prove_log(home, ORIGIN).faults[0].what
