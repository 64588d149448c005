"""What the settings no longer keep is named in the log first, then erased; the log still holds."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from gateway.journal import get_journal
from gateway.service.contents import carried_document
from gateway.service.erased import ContentErasedError, refuse_erased
from gateway.service.retention import Retention
from gateway.storage.auditing import audit_file
from gateway.storage.blobs import FileBlobs
from gateway.storage.copy import check_copy, copy_database
from gateway.storage.sqlite import SqliteStore
from keys.digest import leaf_hash, new_salt
from protocol.cases.ladder import MessageState
from protocol.cases.phases import Phase
from protocol.cases.retention import Keep
from protocol.envelope.content import encode_inner
from protocol.envelope.header import DirectoryStamp, Header, Part
from protocol.identifiers import MessageId
from protocol.log.deed import Act
from protocol.log.erasure import Erasure
from protocol.log.statement import envelope_sent, officer_act
from protocol.log.tree import check_inclusion
from tests.gateway.service.test_contents import content as sample_content
from tests.gateway.storage.home import Home
from tests.gateway.storage.material import (
    DAY_MS,
    NOW_MS,
    ORIGIN,
    OWN,
    PEER,
    admission,
    incoming,
    log_signer,
    mid,
    submission,
)

KEYS = log_signer().verifier
OLD = Keep(contents_days=30, attachments_days=30, statements_days=30)


def act(word: str, ref: MessageId | None) -> Act:
    """Return an officer's act."""
    return Act(act=word, who="RO/1 desk", ref=ref, subject=None, why="because", t_ms=NOW_MS)


def retention(
    home: Home, store: SqliteStore, *, keep: Keep = OLD, phase: Phase | None = None
) -> Retention:
    """Return the retention of a home; every case is in one state."""

    async def phase_of(_: MessageId) -> Phase | None:  # noqa: RUF029  as the port has it
        return phase

    return Retention(
        node=OWN,
        keep=keep,
        store=store,
        blobs=FileBlobs(home.folder / "blobs", node=OWN),
        phase=phase_of,
        clock=home.clock,
        journal=get_journal("test"),
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with messages that ended (1, 2), one that waits (3), and 90 days since."""
    home = Home(tmp_path / "home")

    async def scenario(store: SqliteStore) -> None:
        for number in (1, 2, 3):
            stated = act("approved", mid(number)).encode()
            far = NOW_MS + (400 if number == 3 else 1) * DAY_MS
            await store.submit(
                submission(number, acts=(officer_act(stated, new_salt()),), exp_ms=far),
                now_ms=NOW_MS,
            )
        await store.admit(admission(incoming(7)), now_ms=NOW_MS)
        await store.expire(now_ms=NOW_MS + 2 * DAY_MS)

    home.play(scenario)
    home.clock.wall_ms = NOW_MS + 90 * DAY_MS
    return home


def columns(home: Home, question: str) -> list[object]:
    """Look into the file."""
    with closing(sqlite3.connect(home.database)) as connection:
        return [row[0] for row in connection.execute(question)]


def test_erased_content_is_remembered_nowhere_in_the_process(home: Home) -> None:
    """What was read lately is kept in memory; a copy of the memory must not show it later."""
    inner = encode_inner(sample_content().encode())
    read = carried_document(inner)[1]
    assert carried_document(inner)[1] is read
    home.play(lambda store: retention(home, store).run())
    assert carried_document(inner)[1] is not read


def test_erased_log_verifies_and_proves_what_it_erased(home: Home) -> None:
    """The 32 bytes stay: proofs of an erased leaf are built and hold, also after a new start."""

    async def erase(store: SqliteStore) -> None:
        await retention(home, store).run()
        rows = {
            row.mid: row for row in (*await store.message(mid(1)), *await store.message(mid(3)))
        }
        assert rows[mid(1)].erased_ms == home.clock.wall_ms
        assert rows[mid(1)].state is MessageState.EXPIRED
        assert rows[mid(1)].summary is None
        with pytest.raises(ContentErasedError, match="content erased under retention on 20"):
            refuse_erased(rows[mid(1)])
        refuse_erased(rows[mid(3)])
        assert await store.inner(OWN, mid(1)) is None
        assert await store.inner(OWN, mid(3)) == b"inner 3"

    async def prove(store: SqliteStore) -> None:
        head = store.head()
        assert head is not None
        leaves = await store.leaves(0, head.size)
        gone = [leaf.index for leaf in leaves if leaf.preimage is None]
        proofs = await store.prove(head.size, gone, old=head.size)
        for index, path in zip(gone, proofs.inclusion, strict=True):
            value = leaf_hash(bytes((leaves[index].kind,)) + leaves[index].digest)
            check_inclusion(index, head.size, value, path, head.root)

    home.play(erase)
    found = audit_file(home.database, lambda _: (KEYS,))
    assert found.faults == ()
    assert found.erased > 0
    assert columns(home, "SELECT count(*) FROM content") == [1]
    assert columns(home, "SELECT length(body) FROM envelope ORDER BY message")[:2] == [0, 0]
    home.play(prove)
    copy = home.folder / "copy.db"
    copy_database(home.database, copy)
    assert check_copy(copy, since=None).head.size == found.size


def test_repeat_erases_nothing_more(home: Home) -> None:
    """What is gone is not named again."""

    async def scenario(store: SqliteStore) -> None:
        await retention(home, store).run()
        size = store.size
        await retention(home, store).run()
        assert store.size == size

    home.play(scenario)


def test_nothing_is_erased_without_settings_or_in_an_open_case(home: Home) -> None:
    """Everything is kept for ever unless somebody says otherwise."""

    async def scenario(store: SqliteStore) -> None:
        size = store.size
        await retention(home, store, keep=Keep()).run()
        only_contents = Keep(contents_days=30)
        await retention(home, store, keep=only_contents, phase=Phase.DECIDED).run()
        await retention(home, store, keep=Keep(contents_days=365)).run()
        assert store.size == size
        assert await store.inner(OWN, mid(1)) == b"inner 1"

    home.play(scenario)


def test_held_thread_stays_until_it_is_released(home: Home) -> None:
    """An officer's hold is stronger than any setting; both ends of it are stated."""

    async def scenario(store: SqliteStore) -> None:
        async def hold(word: str, *, on: bool) -> None:
            stated = officer_act(act(word, mid(1)).encode(), new_salt())
            row = await store.hold(mid(1), stated, on=on, by="RO/1 desk", now_ms=NOW_MS)
            assert row.is_on is on
            assert await store.held(mid(1)) == row

        await hold("held", on=True)
        await retention(home, store).run()
        assert await store.inner(OWN, mid(1)) == b"inner 1"
        assert await store.inner(OWN, mid(2)) is None
        await hold("released", on=False)
        await retention(home, store).run()
        assert await store.inner(OWN, mid(1)) is None

    home.play(scenario)
    assert audit_file(home.database, lambda _: (KEYS,)).faults == ()


def test_death_between_act_and_erasure_is_taken_up(home: Home) -> None:
    """The list waits; the next run erases it, whatever the settings are by then."""

    async def die(store: SqliteStore) -> None:
        erasure = Erasure(generation=1, statements=((2, 2),), messages=((OWN, mid(1)),))
        stated = erasure.act(who="RO/1", why="", t_ms=NOW_MS).encode()
        await store.name_erasure(erasure, officer_act(stated, new_salt()), now_ms=NOW_MS)
        assert await store.inner(OWN, mid(1)) == b"inner 1"

    async def go_on(store: SqliteStore) -> None:
        await retention(home, store, keep=Keep()).run()
        assert await store.inner(OWN, mid(1)) is None
        assert (await store.leaves(2, 3))[0].preimage is None
        assert await store.named_erasure() is None

    home.play(die)
    assert audit_file(home.database, lambda _: (KEYS,)).erased == 0
    home.play(go_on)
    found = audit_file(home.database, lambda _: (KEYS,))
    assert (found.erased, found.faults) == (1, ())


def test_statement_that_no_list_names_cannot_be_deleted(home: Home) -> None:
    """The trigger asks for the act, and the list cannot be changed."""

    async def scenario(store: SqliteStore) -> None:
        await retention(home, store).run()

    home.play(scenario)
    with closing(sqlite3.connect(home.database)) as connection:
        for statement in (
            "DELETE FROM preimage WHERE i = (SELECT max(i) FROM preimage)",
            "DELETE FROM erased_range",
            "UPDATE erasure SET list = x'00'",
            "DELETE FROM erased_message",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(statement)


def test_list_that_its_leaf_does_not_state_excuses_nothing(home: Home) -> None:
    """Whoever changes the list to hide a loss is found."""

    async def scenario(store: SqliteStore) -> None:
        await retention(home, store).run()

    home.play(scenario)
    with closing(sqlite3.connect(home.database)) as connection:
        connection.execute("DROP TRIGGER erasure_no_update")
        connection.execute("UPDATE erasure SET list = x'00'")
        connection.commit()
    found = audit_file(home.database, lambda _: (KEYS,))
    assert found.erased == 0
    assert any("not stated by leaf" in fault.what for fault in found.faults)
    assert any("lost" in fault.what for fault in found.faults)


def test_empty_month_loses_its_key(home: Home) -> None:
    """What a stolen backup may hold of it stays closed."""

    async def scenario(store: SqliteStore) -> None:
        await retention(home, store, phase=Phase.CLOSED).run()
        before = columns(home, "SELECT count(*) FROM month")
        assert before == [1]
        await store.expire(now_ms=NOW_MS + 500 * DAY_MS)
        home.clock.wall_ms = NOW_MS + 900 * DAY_MS
        await retention(home, store).run()

    home.play(scenario)
    assert columns(home, "SELECT count(*) FROM content") == [0]
    assert columns(home, "SELECT count(*) FROM month") == [0]
    assert ORIGIN.generation == 1


def test_attachments_of_what_is_over_go_first(home: Home) -> None:
    """By a limit of their own; the content stays, and the act names each file."""

    async def scenario(store: SqliteStore) -> None:
        blobs = FileBlobs(home.folder / "blobs", node=OWN)
        sealed = await blobs.seal(BytesIO(b"a file"), content_key=b"k" * 32, context=b"c")
        part = Part(size_bytes=sealed.sealed_bytes, digest=sealed.sealed_digest)
        plain = submission(5)
        header = Header(
            mid=mid(5),
            sender=OWN,
            recipient=PEER,
            t_ms=NOW_MS,
            exp_ms=NOW_MS + DAY_MS,
            cls=plain.cls,
            directory=DirectoryStamp(root_version=1, timestamp_version=1, digest=bytes(32)),
            body=Part(size_bytes=1, digest=bytes(32)),
            blobs=(part,),
        ).encode()
        statement = envelope_sent(header, plain.wraps)
        await store.submit(replace(plain, header=header, statement=statement), now_ms=NOW_MS)
        await store.expire(now_ms=NOW_MS + 2 * DAY_MS)
        assert await blobs.is_complete(OWN, part.digest, part.size_bytes)
        await retention(home, store, keep=Keep(attachments_days=30)).run()
        assert not await blobs.is_complete(OWN, part.digest, part.size_bytes)
        assert await store.inner(OWN, mid(5)) == b"inner 5"
        size = store.size
        await retention(home, store, keep=Keep(attachments_days=30)).run()
        assert store.size == size

    home.play(scenario)
    assert audit_file(home.database, lambda _: (KEYS,)).faults == ()
