"""The key files on the disk: private, atomic, and refused when they are not."""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from keys.certificate import make_identity
from keys.errors import KeyFileError, KeyFileReason, UnknownSuiteError
from keys.keyfile import Credential, Passphrase, costs_of, encode_key_file
from keys.keystore import (
    CONTENT_FILE,
    NODE_FILE,
    WITNESS_FILE,
    KeyStore,
    read_spare,
    write_spare,
)
from keys.nodekeys import NodeKeys, new_log_keys, new_prekey

NOW_MS = 1_800_000_000_000
KEYS = NodeKeys.generate("RO/1", generation=1, tls_name="ro-1.example", now_ms=NOW_MS)
WITNESSING = KEYS.with_new_witness()
PREKEY = new_prekey(not_before_ms=1, expires_ms=2)
SECRET = Passphrase("correct horse")
MEMORY = 8 * 1024
CRASHED = 77


def write(folder: Path, keys: NodeKeys = KEYS) -> KeyStore:
    """Create a store with costs that a test can bear."""
    store = KeyStore(folder)
    store.create(keys, SECRET, operations=1, memory_bytes=MEMORY)
    return store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the place of a store that is not there yet."""
    return tmp_path / "keys"


@pytest.fixture
def store(folder: Path) -> KeyStore:
    """Give a store that holds KEYS."""
    return write(folder)


@pytest.fixture
def wide_umask() -> Iterator[None]:
    """Let new files be as open as they are made."""
    before = os.umask(0)
    yield
    os.umask(before)


def reason_of(act: Callable[[], object]) -> KeyFileReason:
    """Do what must be refused, and say why it was."""
    with pytest.raises(KeyFileError) as caught:
        act()
    return caught.value.reason


def mode_of(path: Path) -> int:
    """Give the permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> set[str]:
    """Give what lies in the folder."""
    return {path.name for path in folder.iterdir()}


def test_keys_come_back_from_the_disk(store: KeyStore, folder: Path) -> None:
    """Two files and nothing else."""
    assert store.load(SECRET) == KEYS
    assert names(folder) == {NODE_FILE, CONTENT_FILE}


def test_credential_opens_what_it_sealed(folder: Path) -> None:
    """No passphrase, no costs."""
    store, secret = KeyStore(folder), Credential(b"c" * 32)
    store.create(KEYS, secret)
    assert store.load(secret) == KEYS
    store.update_prekeys(KEYS.with_prekey(PREKEY), secret)
    assert store.load(secret).prekeys == (PREKEY,)


@pytest.mark.usefixtures("wide_umask")
def test_folder_and_files_are_private_whatever_the_umask(folder: Path) -> None:
    """0700 and 0600, after creating and after each replacement."""
    store = write(folder)
    store.update_prekeys(KEYS.with_prekey(PREKEY), SECRET)
    assert mode_of(folder) == 0o700
    assert {mode_of(path) for path in folder.iterdir()} == {0o600}


def test_narrow_umask_does_not_make_files_unreadable(folder: Path) -> None:
    """A umask of 0777 would leave files that nobody can open."""
    folder.mkdir(mode=0o700)
    before = os.umask(0o777)
    try:
        write(folder)
    finally:
        os.umask(before)
    assert {mode_of(path) for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("name", [NODE_FILE, CONTENT_FILE])
def test_create_never_overwrites(store: KeyStore, folder: Path, name: str) -> None:
    """Also one file alone may hold the only copy of a key."""
    other = CONTENT_FILE if name == NODE_FILE else NODE_FILE
    (folder / other).unlink()
    before = (folder / name).read_bytes()
    assert reason_of(lambda: write(folder)) is KeyFileReason.EXISTS
    assert (folder / name).read_bytes() == before
    assert reason_of(lambda: store.load(SECRET)) is KeyFileReason.MISSING


def test_create_does_not_follow_a_link_in_the_way(folder: Path, tmp_path: Path) -> None:
    """A dangling link is a file in the way too."""
    folder.mkdir(mode=0o700)
    (folder / NODE_FILE).symlink_to(tmp_path / "elsewhere")
    assert reason_of(lambda: write(folder)) is KeyFileReason.EXISTS
    assert not (tmp_path / "elsewhere").exists()


def test_create_uses_an_empty_private_folder(folder: Path) -> None:
    """The installer may have made it."""
    folder.mkdir(mode=0o700)
    assert write(folder).load(SECRET) == KEYS


def test_folder_that_others_may_open_is_refused(store: KeyStore, folder: Path) -> None:
    """At each start, and before a key is written into it."""
    folder.chmod(0o750)
    assert reason_of(lambda: store.load(SECRET)) is KeyFileReason.NOT_PRIVATE
    for path in folder.iterdir():
        path.unlink()
    assert reason_of(lambda: write(folder)) is KeyFileReason.NOT_PRIVATE
    assert names(folder) == set()


@pytest.mark.parametrize("name", [NODE_FILE, CONTENT_FILE])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o610, 0o602])
def test_file_that_others_may_touch_is_refused(
    store: KeyStore, folder: Path, name: str, mode: int
) -> None:
    """Somebody has copied it with the wrong tool: look first, then start."""
    (folder / name).chmod(mode)
    assert reason_of(lambda: store.load(SECRET)) is KeyFileReason.NOT_PRIVATE


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("name", [".", NODE_FILE])
def test_file_of_another_user_is_refused(store: KeyStore, folder: Path, name: str) -> None:
    """Its owner could change it at any time."""
    os.chown(folder / name, 12345, -1)
    assert reason_of(lambda: store.load(SECRET)) is KeyFileReason.NOT_PRIVATE


def test_missing_files_and_folders_are_named_so(folder: Path, tmp_path: Path) -> None:
    """Nothing is created by looking."""
    assert reason_of(lambda: KeyStore(folder).load(SECRET)) is KeyFileReason.MISSING
    assert not folder.exists()
    nowhere = KeyStore(tmp_path / "a" / "b")
    assert reason_of(lambda: nowhere.create(KEYS, Credential(bytes(32)))) is KeyFileReason.MISSING


def make_link(path: Path) -> None:
    """Put a link to a good file there."""
    moved = path.with_suffix(".moved")
    path.rename(moved)
    path.symlink_to(moved)


def make_folder(path: Path) -> None:
    """Put a folder there."""
    path.unlink()
    path.mkdir(mode=0o700)


def make_pipe(path: Path) -> None:
    """Put a pipe there; opening it would wait for ever."""
    path.unlink()
    os.mkfifo(path, 0o600)


@pytest.mark.parametrize("make", [make_link, make_folder, make_pipe])
def test_what_is_no_plain_file_is_named_so(
    store: KeyStore, folder: Path, make: Callable[[Path], None]
) -> None:
    """No link is followed and no pipe waited for."""
    make(folder / NODE_FILE)
    assert reason_of(lambda: store.load(SECRET)) is KeyFileReason.NOT_A_FILE


def test_file_in_the_place_of_the_folder_is_named_so(folder: Path) -> None:
    """The operator gave the wrong path."""
    folder.write_bytes(b"")
    folder.chmod(0o600)
    assert reason_of(lambda: write(folder)) is KeyFileReason.NOT_A_FILE


def test_system_refusal_is_named_so(tmp_path: Path) -> None:
    """Any other error of the system, here a name that is too long."""
    store = KeyStore(tmp_path / ("n" * 300))
    assert reason_of(lambda: store.load(SECRET)) is KeyFileReason.UNREADABLE
    assert reason_of(lambda: store.create(KEYS, Credential(bytes(32)))) is KeyFileReason.UNREADABLE


def test_giant_file_is_not_read_into_memory(store: KeyStore, folder: Path) -> None:
    """A disk image under the name of a key file."""
    os.truncate(folder / NODE_FILE, 10**12)
    assert reason_of(lambda: store.load(SECRET)) is KeyFileReason.NOT_A_KEY_FILE


def test_reasons_of_the_file_reach_the_operator(store: KeyStore, folder: Path) -> None:
    """Wrong passphrase, damage, files exchanged, another node's file: four remedies."""
    assert reason_of(lambda: store.load(Passphrase("x"))) is KeyFileReason.WRONG_SECRET
    node, content = folder / NODE_FILE, folder / CONTENT_FILE
    held = content.read_bytes()
    content.write_bytes(held[:-1])
    assert reason_of(lambda: store.load(SECRET)) is KeyFileReason.DAMAGED
    content.write_bytes(node.read_bytes())
    assert reason_of(lambda: store.load(SECRET)) is KeyFileReason.OTHER_KIND
    content.write_bytes(
        encode_key_file("content", b"{}", SECRET, operations=1, memory_bytes=MEMORY)
    )
    assert reason_of(lambda: store.load(SECRET)) is KeyFileReason.CONTENT
    other = folder.with_name("other")
    write(other, replace(KEYS, node="JP/1"))
    content.write_bytes((other / CONTENT_FILE).read_bytes())
    assert reason_of(lambda: store.load(SECRET)) is KeyFileReason.MISMATCH


def test_update_of_prekeys_keeps_all_else(store: KeyStore, folder: Path) -> None:
    """New content.key, same node.key, same costs, nothing left over."""
    before = (folder / NODE_FILE).read_bytes()
    keys = replace(KEYS.with_prekey(PREKEY), last_resort_seed=b"n" * 32)
    store.update_prekeys(keys, SECRET)
    assert store.load(SECRET) == keys
    assert (folder / NODE_FILE).read_bytes() == before
    costs = costs_of((folder / CONTENT_FILE).read_bytes())
    assert (costs.operations, costs.memory_bytes) == (1, MEMORY)
    assert names(folder) == {NODE_FILE, CONTENT_FILE}


def test_dropped_prekey_is_gone_from_the_file(store: KeyStore) -> None:
    """Forward secrecy: after the update not even the passphrase gets it back."""
    store.update_prekeys(KEYS.with_prekey(PREKEY), SECRET)
    store.update_prekeys(KEYS.with_prekeys(()), SECRET)
    assert store.load(SECRET).prekeys == ()


def test_update_with_another_passphrase_is_refused(store: KeyStore) -> None:
    """A slip of the keyboard must not become the passphrase."""
    keys = KEYS.with_prekey(PREKEY)
    act = lambda: store.update_prekeys(keys, Passphrase("correct hors"))  # noqa: E731
    assert reason_of(act) is KeyFileReason.WRONG_SECRET
    assert store.load(SECRET) == KEYS


@pytest.mark.parametrize(
    "keys",
    [
        replace(KEYS, store_key=b"n" * 32),
        replace(KEYS, log_ed25519_seed=b"n" * 32),
        replace(KEYS, generation=2),
        replace(KEYS, node="RO/2"),
        KEYS.with_tls(make_identity("ro-1.example", now_ms=NOW_MS, days=1)),
    ],
    ids=["store key", "log seed", "generation", "node", "certificate"],
)
def test_update_of_prekeys_changes_nothing_but_prekeys(store: KeyStore, keys: NodeKeys) -> None:
    """Losing the store key would lose every sealed content."""
    assert reason_of(lambda: store.update_prekeys(keys, SECRET)) is KeyFileReason.MISMATCH
    assert store.load(SECRET) == KEYS


@pytest.mark.parametrize(
    "keys",
    [KEYS.with_tls(make_identity("ro-1.example", now_ms=NOW_MS, days=1)), KEYS.with_generation(2)],
    ids=["certificate", "generation"],
)
def test_update_of_the_node_keeps_all_else(store: KeyStore, folder: Path, keys: NodeKeys) -> None:
    """A new certificate, or a new generation of the log."""
    before = (folder / CONTENT_FILE).read_bytes()
    store.update_node(keys, SECRET)
    assert store.load(SECRET) == keys
    assert (folder / CONTENT_FILE).read_bytes() == before


@pytest.mark.parametrize(
    "keys",
    [
        replace(KEYS.with_generation(2), generation=1),
        replace(KEYS, log_mldsa44_seed=b"n" * 32),
        replace(KEYS, store_key=b"n" * 32),
        KEYS.with_prekey(PREKEY),
        replace(KEYS, node="RO/2"),
    ],
    ids=["seeds of one generation", "one seed", "store key", "prekey", "node"],
)
def test_update_of_the_node_changes_nothing_it_must_not(store: KeyStore, keys: NodeKeys) -> None:
    """Other seeds under one generation would make the log unverifiable."""
    assert reason_of(lambda: store.update_node(keys, SECRET)) is KeyFileReason.MISMATCH
    assert store.load(SECRET) == KEYS


def test_generation_does_not_go_back(folder: Path) -> None:
    """A lower one has been signed for already."""
    store = write(folder, replace(KEYS, generation=5))
    act = lambda: store.update_node(replace(KEYS, generation=4), SECRET)  # noqa: E731
    assert reason_of(act) is KeyFileReason.MISMATCH


def crash_at(step: int, folder: Path, act: Callable[[], object]) -> bool:
    """Run an act in a process that dies at its n-th step on the folder; tell whether it died.

    Python announces each opening, linking, renaming and removing beforehand (audit events):
    the process ends there without any cleaning up, as in a crash.
    """
    child = os.fork()
    if child == 0:
        left = step

        def watch(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal left
            is_step = event in {"open", "os.link", "os.rename", "os.remove", "os.mkdir"}
            if is_step and str(arguments[0]).startswith(str(folder)):
                left -= 1
                if left < 0:
                    os._exit(CRASHED)

        sys.addaudithook(watch)
        act()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, CRASHED}
    return code == CRASHED


def test_crash_at_any_step_of_an_update_leaves_old_or_new(folder: Path) -> None:
    """And whatever it leaves does not hinder the next update."""
    old, new = KEYS, KEYS.with_prekey(PREKEY)
    store, step, seen = write(folder), 0, set()
    while crash_at(step, folder, lambda: store.update_prekeys(new, SECRET)):
        found = store.load(SECRET)
        assert found in (old, new)
        seen.add(found.prekeys)
        store.update_prekeys(old, SECRET)
        assert store.load(SECRET) == old
        assert names(folder) == {NODE_FILE, CONTENT_FILE}
        step += 1
    assert step > 5
    assert seen == {(), (PREKEY,)}
    assert store.load(SECRET) == new


def test_crash_at_any_step_of_a_create_leaves_nothing_or_all(tmp_path: Path) -> None:
    """A node that was half made can be made again; one that is whole is never overwritten."""
    step, outcomes, died = 0, set(), True
    while died:
        folder = tmp_path / str(step) / "keys"
        folder.parent.mkdir()
        died = crash_at(step, folder, partial(write, folder, WITNESSING))
        try:
            whole = KeyStore(folder).load(SECRET) == WITNESSING
        except KeyFileError as error:
            whole = error.reason is not KeyFileReason.MISSING
            assert write(folder, WITNESSING).load(SECRET) == WITNESSING
        else:
            assert reason_of(partial(write, folder, WITNESSING)) is KeyFileReason.EXISTS
        outcomes.add(whole)
        step += 1
    assert step > 9
    assert outcomes == {True, False}


def test_file_that_appears_during_a_create_is_not_overwritten(folder: Path) -> None:
    """A link never replaces: whoever was first keeps the file."""

    def create_too_late() -> None:
        def lay(event: str, arguments: tuple[object, ...]) -> None:
            if event == "os.link" and str(arguments[1]) == str(folder / CONTENT_FILE):
                (folder / CONTENT_FILE).write_bytes(b"first")

        sys.addaudithook(lay)
        os._exit(0 if reason_of(partial(write, folder)) is KeyFileReason.EXISTS else 1)

    assert not crash_at(1000, folder, create_too_late)
    assert (folder / CONTENT_FILE).read_bytes() == b"first"


def test_temporary_file_of_a_crash_is_replaced(store: KeyStore, folder: Path) -> None:
    """Also if it is a link that somebody laid there."""
    (folder / f".{CONTENT_FILE}.new").symlink_to(folder.parent / "elsewhere")
    store.update_prekeys(KEYS.with_prekey(PREKEY), SECRET)
    assert store.load(SECRET).prekeys == (PREKEY,)
    assert not (folder.parent / "elsewhere").exists()


def test_spare_log_keys_read_back_with_their_secret_alone(tmp_path: Path) -> None:
    """They lie in a file of their own, away from the node."""
    log, secret = new_log_keys("RO/1", 2), Credential(bytes(32))
    file = tmp_path / "spare"
    write_spare(file, log, secret)
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_spare(file, secret) == log
    with pytest.raises(KeyFileError) as caught:
        read_spare(file, Credential(bytes([1]) * 32))
    assert caught.value.reason is KeyFileReason.WRONG_SECRET
    with pytest.raises(KeyFileError) as caught:
        write_spare(file, log, secret)
    assert caught.value.reason is KeyFileReason.EXISTS
    file.chmod(0o604)
    with pytest.raises(KeyFileError) as caught:
        read_spare(file, secret)
    assert caught.value.reason is KeyFileReason.NOT_PRIVATE


def test_witness_key_lies_in_a_file_of_its_own(folder: Path) -> None:
    """A node that was made before there were such keys opens without one, and can get one."""
    store = write(folder, WITNESSING)
    assert store.load(SECRET) == WITNESSING
    assert names(folder) == {NODE_FILE, CONTENT_FILE, WITNESS_FILE}
    (folder / WITNESS_FILE).unlink()
    assert store.load(SECRET) == KEYS
    store.update_witness(WITNESSING, SECRET)
    assert store.load(SECRET) == WITNESSING
    assert mode_of(folder / WITNESS_FILE) == 0o600


def test_witness_key_is_replaced_and_nothing_else(folder: Path) -> None:
    """Neither a passphrase that was mistyped nor other keys come in by this door."""
    store = write(folder, WITNESSING)
    again = WITNESSING.with_new_witness()
    wrong = Passphrase("correct hors")
    assert reason_of(lambda: store.update_witness(again, wrong)) is KeyFileReason.WRONG_SECRET
    other = again.with_generation(2)
    assert reason_of(lambda: store.update_witness(other, SECRET)) is KeyFileReason.MISMATCH
    assert reason_of(lambda: store.update_witness(KEYS, SECRET)) is KeyFileReason.MISMATCH
    assert store.load(SECRET) == WITNESSING
    store.update_witness(again, SECRET)
    assert store.load(SECRET).witness == again.witness


def test_witness_key_of_another_node_is_refused(folder: Path, tmp_path: Path) -> None:
    """Files of two nodes are not mixed."""
    store = write(folder, WITNESSING)
    french = NodeKeys.generate("FR/1", generation=1, tls_name="fr.example", now_ms=NOW_MS)
    elsewhere = tmp_path / "elsewhere"
    write(elsewhere, french.with_new_witness())
    (elsewhere / WITNESS_FILE).replace(folder / WITNESS_FILE)
    assert reason_of(lambda: store.load(SECRET)) is KeyFileReason.MISMATCH


def test_keys_hold_no_witness_key_of_another_node() -> None:
    """What it signed would bear a name that is not this node's."""
    french = NodeKeys.generate("FR/1", generation=1, tls_name="fr.example", now_ms=NOW_MS)
    with pytest.raises(UnknownSuiteError):
        replace(KEYS, witness=french.with_new_witness().witness)
