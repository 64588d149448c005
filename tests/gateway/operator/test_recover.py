"""A log is given up in steps that a crash may come between; saying the same again finishes them."""

import asyncio
import shutil
from pathlib import Path

import pytest

from gateway.errors import ConfigError, StorageError
from gateway.home import Home
from gateway.operator.node import create_node
from gateway.operator.recover import RENEW_FILE, Renewed, renew
from gateway.operator.start import unlock
from gateway.storage.generations import survey
from gateway.storage.sqlite import SqliteStore
from keys.digest import new_salt
from keys.keystore import KeyStore
from keys.nodekeys import LogKeys, new_log_keys
from protocol.identifiers import LogOrigin, NodeId
from protocol.joining import parse_join_request, verify_join_request
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.deed import Act, Epoch
from protocol.log.recovery import Start
from protocol.log.signing import sign_head
from protocol.log.statement import StatementKind, officer_act
from tests.gateway.officer.world import NOW_MS, StillClock
from tests.gateway.operator.test_node import CONFIG, SECRET

SECOND = LogOrigin(NodeId("RO", 1), 2)
REASON = "the disk was lost"


def opened(home: Home) -> SqliteStore:
    """Open the store of a home with its keys."""
    keys = unlock(home, SECRET)
    signer = keys.signer()

    def sign(head: TreeHead) -> Checkpoint:
        return sign_head(signer, head, timestamp_s=NOW_MS // 1000)

    return SqliteStore.open(
        home.store,
        origin=LogOrigin.parse(keys.origin),
        store_key=keys.store_key,
        head_signer=sign,
        clock=StillClock(),
        anchor=home.anchor,
    )


def grown(home: Home, acts: int, *, signed: bool = True) -> None:
    """Let the log of a home grow by some acts."""

    async def work() -> None:
        store = opened(home)
        await store.start()
        if signed:
            await store.begin_signing(None)
        for number in range(acts):
            act = Act(
                act="tested", who="RO/1", ref=None, subject=None, why=str(number), t_ms=NOW_MS
            )
            await store.state([officer_act(act.encode(), new_salt())], must_leave=False)
        await store.close()

    asyncio.run(work())


def lost(folder: Path) -> Home:
    """Return a home that was put back to before its log grew: its anchor is ahead."""
    home = create_node(Home(folder / "ro"), CONFIG, SECRET, clock=StillClock()).home
    copy = folder / "copy"
    shutil.copytree(home.path, copy)
    grown(home, 3)
    shutil.rmtree(home.path)
    shutil.copytree(copy, home.path)
    return home


def renewed(home: Home, *, spare: LogKeys | None = None) -> Renewed:
    """Say that the log is given up."""
    return renew(home, CONFIG, SECRET, reason=REASON, clock=StillClock(), spare=spare)


def leaves(home: Home) -> list[tuple[int, bytes | None]]:
    """Return kind and bytes of every leaf of the log that is written."""

    async def look() -> list[tuple[int, bytes | None]]:
        store = opened(home)
        await store.start()
        try:
            rows = await store.leaves(0, store.size)
        finally:
            await store.close()
        return [(row.kind, row.preimage) for row in rows]

    return asyncio.run(look())


def test_new_log_begins_with_an_epoch_that_names_the_old_one(tmp_path: Path) -> None:
    """With the last note known, what is known to be lost, who decided and why."""
    home = lost(tmp_path)
    done = renewed(home)
    assert (done.old.generation, done.origin, done.size, done.lost) == (1, SECOND, 2, 3)
    (kind, data), (second, _) = leaves(home)
    assert (kind, second) == (StatementKind.EPOCH, StatementKind.KEY_SET)
    epoch = Epoch.decode(data or b"")
    assert (epoch.old.generation, epoch.gap, epoch.why) == (1, 3, REASON)
    assert epoch.note is not None
    assert epoch.who == "RO/1 operator"
    assert survey(home.store, anchor=home.anchor).decision.start is Start.ORDINARY


def test_what_was_appended_unsigned_is_stated_again(tmp_path: Path) -> None:
    """Officers worked while the node was recovering: nothing of it is lost."""
    home = lost(tmp_path)
    grown(home, 2, signed=False)
    assert renewed(home).size == 4
    assert [kind for kind, _ in leaves(home)] == [8, 4, 9, 9]


def test_part_for_the_directory_proves_the_new_log(tmp_path: Path) -> None:
    """Like a join request: the authority believes nothing that the new log does not show."""
    home = lost(tmp_path)
    done = renewed(home)
    assert done.renewal == home.path / RENEW_FILE
    request = parse_join_request(done.renewal.read_bytes())
    checked = verify_join_request(request, now_ms=NOW_MS)
    assert checked.checkpoint.head.origin == SECOND
    assert checked.key_set.version == NOW_MS // 1000
    assert f"log {SECOND}" in done.fingerprints
    assert not done.is_listed


def test_log_that_can_go_on_is_not_given_up(tmp_path: Path) -> None:
    """Nothing is changed, neither keys nor store."""
    home = create_node(Home(tmp_path / "ro"), CONFIG, SECRET, clock=StillClock()).home
    before = (home.keys / "node.key").read_bytes()
    with pytest.raises(ConfigError) as caught:
        renewed(home)
    assert caught.value.code == "not_needed"
    assert (home.keys / "node.key").read_bytes() == before


def test_crash_after_the_keys_is_taken_up(tmp_path: Path) -> None:
    """The keys are drawn once; the node says what is not finished."""
    home = lost(tmp_path)
    keys = unlock(home, SECRET).with_generation(2)
    KeyStore(home.keys).update_node(keys, SECRET)
    with pytest.raises(ConfigError) as caught:
        opened(home)
    assert caught.value.code == "generation_unfinished"
    assert renewed(home).origin == SECOND
    assert unlock(home, SECRET) == keys


def test_crash_between_epoch_and_anchor_is_taken_up(tmp_path: Path) -> None:
    """The anchor still names the old log: the node would wait for half of its peers."""
    home = lost(tmp_path)
    before = home.anchor.read_bytes()
    first = renewed(home)
    home.anchor.write_bytes(before)
    (home.path / RENEW_FILE).unlink()
    assert survey(home.store, anchor=home.anchor).decision.start is Start.HALF
    again = renewed(home)
    assert (again.origin, again.size) == (first.origin, first.size)
    assert survey(home.store, anchor=home.anchor).decision.start is Start.ORDINARY
    assert (home.path / RENEW_FILE).exists()


@pytest.mark.parametrize("torn", [b"", b"a35/RO/1"])
def test_crash_before_the_first_anchor_is_taken_up(tmp_path: Path, torn: bytes) -> None:
    """Where the old log's anchor was lost there is none yet: no second new log is begun."""
    home = lost(tmp_path)
    home.anchor.unlink()
    first = renewed(home)
    home.anchor.unlink()
    if torn:
        home.anchor.write_bytes(torn)
    (home.path / RENEW_FILE).unlink()
    again = renewed(home)
    assert (again.origin, again.size) == (first.origin, first.size)
    assert survey(home.store, anchor=home.anchor).decision.start is Start.ORDINARY
    assert (home.path / RENEW_FILE).exists()


def test_crash_before_the_part_for_the_directory_is_taken_up(tmp_path: Path) -> None:
    """It is written again, byte for byte what the directory must list."""
    home = lost(tmp_path)
    first = renewed(home)
    data = first.renewal.read_bytes()
    first.renewal.unlink()
    assert renewed(home).renewal.read_bytes() == data
    assert len(leaves(home)) == 2


def test_restored_home_with_a_new_log_waits_for_nobody(tmp_path: Path) -> None:
    """Nothing can be lost of a log that begins now."""
    home = lost(tmp_path)
    (home.path / "restored").write_text("{}")
    renewed(home)
    assert not (home.path / "restored").exists()


def test_spare_keys_begin_the_log_that_they_were_made_for(tmp_path: Path) -> None:
    """Below a number that was seen they are refused, and nothing is changed."""
    home = lost(tmp_path)
    with pytest.raises(ConfigError) as caught:
        renewed(home, spare=new_log_keys("RO/1", 1))
    assert caught.value.code == "bad_spare"
    with pytest.raises(ConfigError):
        renewed(home, spare=new_log_keys("FR/1", 7))
    assert unlock(home, SECRET).generation == 1
    assert renewed(home, spare=new_log_keys("RO/1", 5)).origin.generation == 5


def test_second_loss_gets_a_third_log(tmp_path: Path) -> None:
    """Numbers only rise."""
    home = lost(tmp_path)
    renewed(home)
    copy = tmp_path / "second"
    shutil.copytree(home.path, copy)
    grown(home, 2)
    shutil.rmtree(home.path)
    shutil.copytree(copy, home.path)
    assert renewed(home).origin.generation == 3


def test_running_node_keeps_its_log(tmp_path: Path) -> None:
    """Two processes must not write one store."""
    home = lost(tmp_path)
    store = opened(home)
    with pytest.raises(StorageError) as caught:
        renewed(home)
    assert caught.value.code == "store_locked"
    asyncio.run(store.close())
