"""The bad situations of docs/operations.md, each with real commands and processes.

What the page says that one sees is what is compared here: exit code, code of the error, and the
check of `a35 doctor` that turns bad.
"""

import json
import re
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep
from typing import Any, cast

import pytest

from gateway.storage.schema import SCHEMA_VERSION
from tests.gateway.demo.process import END_S, call_a35, environment, run_a35
from tests.gateway.timestamp.local import LocalAuthority
from tests.operations.world import (
    World,
    await_check,
    await_good,
    copy_of,
    error_of,
    mid_of,
    put_back,
    stop,
    world_in,
)
from tests.test_docs import operations, ticked

STORY_S = 900.0
"""Longer than all waits within a story that runs as a process of its own."""


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return a network in a folder with a short name."""
    with world_in(tmp_path_factory.mktemp("d")) as made:
        yield made


def test_wrong_passphrase_ends_with_77_and_changes_nothing(world: World) -> None:
    """The right one works afterwards; so does a credential that was mistaken for another."""
    right, wrong = world.folder / "right", world.folder / "wrong"
    right.write_text("correct horse battery staple\n", encoding="utf-8")
    wrong.write_text("correct horse battery stable\n", encoding="utf-8")
    home = world.folder / "DE"
    made = run_a35(
        *("init", "--country", "DE", "--number", "1", "--name", "Desk"),
        *("--url", "https://localhost:24443", "--passphrase-file", right, "--home", home),
        folder=world.folder,
    )
    assert made.code == 0, made.err
    refused = world.run_node("--passphrase-file", wrong, "--json", home=home)
    assert refused.code == 77
    assert error_of(refused)["code"] == "wrong_passphrase"
    assert world.a35("keys", "list", "--passphrase-file", right, home=home).code == 0
    other = world.run_node("--credential-file", world.network.credential, "--json", home=home)
    assert (other.code, error_of(other)["code"]) == (77, "other_secret")


def test_no_passphrase_and_no_terminal_ends_with_77(world: World) -> None:
    """A service without its credential must not wait for somebody to type."""
    refused = world.run_node("--json")
    assert (refused.code, error_of(refused)["code"]) == (77, "no_passphrase")


def test_keys_that_others_may_read_are_not_used(world: World) -> None:
    """A backup tool that widens modes is noticed at the next start."""
    key = world.here.home.keys / "node.key"
    key.chmod(0o644)
    refused = world.run_node("--json", "--credential-file", world.network.credential)
    assert (refused.code, error_of(refused)["code"]) == (77, "not_private")
    assert "keys/node.key" in world.checks()


@pytest.mark.parametrize("which", ["peer", "desk"])
def test_port_in_use_ends_with_69_and_names_the_setting(world: World, which: str) -> None:
    """Somebody else listens where this node should."""
    node = world.here
    port = node.peer_port if which == "peer" else node.desk_port
    with socket.create_server(("127.0.0.1", port)):
        refused = world.run_node("--json", "--credential-file", world.network.credential)
    assert refused.code == 69
    error = json.loads(refused.out)["error"]
    assert error["code"] == "port_in_use"
    assert {"peer": "peer.listen", "desk": "desk.port"}[which] in error["hint"]


def test_second_node_on_one_home_is_refused(world: World) -> None:
    """Two writers of one log would make two histories."""
    world.start(world.here, until=503)
    refused = world.run_node("--json", "--credential-file", world.network.credential)
    assert (refused.code, error_of(refused)["code"]) == (74, "store_locked")


def test_newer_store_is_refused_with_78_and_left_as_it_is(world: World) -> None:
    """An older release was installed over a newer one."""
    store = world.here.home.store
    with sqlite3.connect(store) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    before = store.read_bytes()
    refused = world.run_node("--json", "--credential-file", world.network.credential)
    assert refused.code == 78
    assert "release" in error_of(refused)["hint"]
    assert store.read_bytes() == before


@pytest.mark.parametrize(
    ("shift_s", "what"), [(20 * 60, "ahead"), (-20 * 60, "behind")], ids=["ahead", "behind"]
)
def test_clock_that_is_off_is_named_by_doctor_and_nothing_is_lost(
    world: World, shift_s: int, what: str
) -> None:
    """Peers refuse what is dated ahead; a clock that is behind finds no key valid yet."""
    world.serve_directory()
    world.start_in_company(world.there)
    wrong = world.start_shifted(world.here, shift_s)
    sent = world.send()
    if what == "ahead":
        assert world.attempts(mid_of(sent))[0]["outcome"] == "E_CLOCK"
    else:
        assert (sent.code, error_of(sent)["code"]) == (69, "unavailable")
    told = re.search(r"([+-][\d.]+) s", str(await_check(world, "clock")["detail"]))
    assert told is not None
    assert abs(float(told[1]) + shift_s) < 5
    assert stop(wrong) == 0
    world.start(world.here)
    assert "clock" not in world.checks()
    assert world.a35("log", "verify").code == 0


def test_directory_not_reached_at_first_start_leaves_a_node_that_waits(world: World) -> None:
    """It serves nobody, says why, and is ready as soon as the directory answers."""
    process = world.start(world.here, until=503)
    await_text(lambda: str(world.checks()["directory"]["detail"]), "not reached")
    sent = world.send()
    assert (sent.code, error_of(sent)["code"]) == (69, "unavailable")
    assert process.poll() is None
    await_text(world.journal, "directory_not_reached")


def test_directory_not_reached_later_is_lived_without(world: World) -> None:
    """The last verified one is kept on disk and counts; the doctor tells of it."""
    server = world.serve_directory()
    node = world.start_in_company(world.here)
    assert (stop(server), stop(node)) == (0, 0)
    world.start(world.here)
    assert "last refresh" in str(await_check(world, "directory")["detail"])
    assert world.send().code == 0


def test_directory_comes_from_a_peer_when_its_server_is_dead(world: World) -> None:
    """What was published while a node was away reaches it from a node that has it."""
    server = world.serve_directory()
    company = world.start(world.company, until=503)
    assert stop(world.start(world.here)) == 0
    folders = ("--out", world.folder / "directory", "--keys-dir", world.folder / "authority")
    sealed = ("--credential-file", world.network.credential)
    published = call_a35("directory", "publish", *folders, *sealed, "--json")
    version = cast("dict[str, int]", published.document()["version"])["timestamp"]
    assert stop(company) == 0
    world.start(world.company, until=503)
    await_text(world.journal, f"timestamp_version={version}")
    assert stop(server) == 0
    world.start(world.here)
    said = await_text(lambda: str(world.checks().get("directory")), "brought up to date")
    assert f"timestamp {version}; " in said
    assert f"by peer {world.company.name} instead" in said


def test_stolen_keys_are_taken_back_by_the_party_and_by_the_node_itself(world: World) -> None:
    """All that run refuse them, without a word of the directory's authority."""
    world.serve_directory()
    node = world.start_in_company(world.here)
    sealed = ("--credential-file", world.network.credential)
    home, file = world.there.home.path, world.folder / "f.revocation"
    listed = call_a35("keys", "list", "--home", home, *sealed, "--json").document()
    lines = cast("list[dict[str, str]]", listed)
    (pin,) = (each["fingerprint"] for each in lines if each["kind"] == "tls")
    keys = ("--keys-dir", world.folder / "authority", "--file", file)
    signed = call_a35("directory", "revocation", world.there.name, "tls", pin, *keys, *sealed)
    assert signed.code == 0
    assert world.a35("keys", "tell-revocation", file).code == 0

    def told(kind: str) -> str:
        lines = [each for each in world.journal().splitlines() if "key_revoked" in each]
        return f"{len([each for each in lines if kind in each])} told"

    await_text(lambda: told("tls"), "2 told")
    assert stop(node) == 0
    assert world.a35("keys", "revoke", "kem", *sealed).code == 0
    world.start(world.here)
    await_text(lambda: told("kem"), "2 told")
    assert "kem" in str(world.checks()["revocations"]["detail"])


def await_text(look: Callable[[], str], wanted: str) -> str:
    """Return what is said once a text occurs in it."""
    end = monotonic() + END_S
    while wanted not in (said := look()):
        assert monotonic() < end, said
        sleep(0.2)
    return said


def await_true(holds: Callable[[], bool]) -> None:
    """Return once something holds."""
    end = monotonic() + END_S
    while not holds():
        assert monotonic() < end
        sleep(0.1)


def await_still(world: World) -> None:
    """Return once the first node has signed nothing for a second."""
    anchor, since = b"", monotonic()
    end = since + END_S
    while monotonic() < since + 1:
        if (now := world.here.home.anchor.read_bytes()) != anchor:
            anchor, since = now, monotonic()
        assert monotonic() < end, "it signs for ever"
        sleep(0.1)


def test_home_without_directory_is_told_what_is_missing(world: World) -> None:
    """Between `a35 init` and the answer of the authority."""
    config = world.here.home.config_file
    lines = config.read_text(encoding="utf-8").splitlines()
    kept = [*lines[: lines.index("[directory]")], "[policy]", "keep_own_copy = true", ""]
    config.write_text("\n".join(kept), encoding="utf-8")
    refused = world.run_node("--json", "--credential-file", world.network.credential)
    assert (refused.code, error_of(refused)["code"]) == (78, "configuration")
    assert "directory.url" in error_of(refused)["hint"]
    assert "directory" in world.checks()


def test_peer_that_is_down_keeps_messages_queued_until_it_is_back(world: World) -> None:
    """Nothing to do but telephone if it is urgent; delivery goes on by itself."""
    world.serve_directory()
    world.start_in_company(world.here)
    mid = mid_of(world.send())
    assert world.attempts(mid)[0]["outcome"] == "unreachable"
    assert world.there.name in str(await_check(world, "peers")["detail"])
    waited = world.a35("wait", mid, "--stage", "accepted", "--timeout", "1s", "--json")
    assert (waited.code, error_of(waited)["code"]) == (75, "not_yet")
    world.start(world.there)
    reached = world.a35("wait", mid, "--stage", "consigned", "--timeout", "300s", "--json")
    assert reached.code == 0, reached.err
    await_good(world, "peers")


def test_authority_that_is_away_delays_stamps_and_nothing_else(world: World) -> None:
    """The node refuses to start without its certificates, and works without its answers."""
    settings = world.here.home.config_file
    section = '\n[[timestamp]]\nname = "tsa"\nurl = "http://127.0.0.1:9/"\n'
    section += 'certificates = "tsa/root.pem"\n'
    settings.write_text(settings.read_text("utf-8") + section, "utf-8")
    world.serve_directory()
    ended = world.run_node()
    assert (ended.code, "certificates of the authority tsa" in ended.err) == (78, True)
    (world.here.home.path / "tsa").mkdir()
    LocalAuthority(world.here.home.path / "tsa", "tsa")
    world.start_in_company(world.here)
    mid_of(world.send())
    await_text(world.journal, "stamp_refused")
    report = world.a35("doctor", "--json").document()
    checks = cast("list[dict[str, Any]]", report["checks"])
    (check,) = [each for each in checks if each["name"] == "stamps"]
    assert (check["ok"], "failures in a row" in check["detail"]) == (True, True)


def test_full_disk_refuses_with_74_and_works_again_when_there_is_room(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """No answer without a commit; the node goes on, and its log stays whole."""
    folder = tmp_path_factory.mktemp("d")
    namespace = ["unshare", "--map-root-user", "--mount"]
    try:
        allowed = subprocess.run([*namespace, "true"], capture_output=True, check=False)  # noqa: S603
    except FileNotFoundError:
        pytest.skip("unshare is not installed: no small disk can be made")
    if allowed.returncode:
        pytest.skip("this system allows no mount namespace: no small disk can be made")
    done = subprocess.run(  # noqa: S603 - our own program
        [*namespace, sys.executable, "-m", "tests.operations.full_disk", str(folder)],
        capture_output=True,
        text=True,
        timeout=STORY_S,
        env=environment(folder.parent),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["exit_code"], seen["error"]["code"]) == (74, "disk_full")
    assert "make room" in seen["doctor"]["fix"]
    assert seen["running"]
    assert seen["ready"] == 200
    assert seen["outbox"] == [seen["mid"]]
    assert seen["log"]["faults"] == []


def test_old_copy_is_never_signed_and_says_what_to_do(world: World) -> None:
    """Signed heads are missing from it: going on would fork the log. It can be read."""
    old = copy_of(world.here)
    world.serve_directory()
    node = world.start_in_company(world.here)
    assert world.send().code == 0
    assert stop(node) == 0
    put_back(old, world.here)
    world.start(world.here, until=503)
    shown = world.a35("recover", "--json")
    view = shown.document()
    assert (shown.code, view["phase"]) == (75, "ended")
    assert "--new-generation" in str(view["advice"])
    await_text(world.journal, "start_not_ordinary")


def test_damaged_store_is_refused_with_74_and_kept(world: World) -> None:
    """What is left of it may still be read by somebody who knows how."""
    store = world.here.home.store
    damaged = b"\xff" * len(store.read_bytes())
    store.write_bytes(damaged)
    refused = world.run_node("--json", "--credential-file", world.network.credential)
    assert (refused.code, error_of(refused)["code"]) == (74, "storage")
    assert store.read_bytes() == damaged


def test_missing_anchor_makes_the_node_wait_for_its_peers(world: World) -> None:
    """After a restore on another disk: the operator looks whether the copy is the newest."""
    world.here.home.anchor.unlink()
    assert "anchor" in world.checks()
    world.start(world.here, until=503)
    await_text(world.journal, "start_not_ordinary")
    assert world.a35("recover", "--json").document()["phase"] == "recovering"


def test_option_that_does_not_exist_is_named_with_the_nearest_one(world: World) -> None:
    """A typing mistake never becomes a default."""
    config = world.here.home.config_file
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("listen =", "lisen ="), encoding="utf-8")
    refused = world.run_node("--json", "--credential-file", world.network.credential)
    assert (refused.code, error_of(refused)["code"]) == (78, "configuration")
    assert "peer.listen" in error_of(refused)["hint"]
    assert "settings" in world.checks()


def test_home_with_too_long_a_path_is_refused_with_78(world: World) -> None:
    """The system takes no socket of such a name."""
    deep = world.folder / ("d" * 100)
    deep.mkdir()
    home = world.here.home.path.rename(deep / "home")
    refused = world.run_node("--json", "--credential-file", world.network.credential, home=home)
    assert (refused.code, error_of(refused)["code"]) == (78, "configuration")
    assert "too long" in error_of(refused)["message"]


def newest_note(store: Path, target: Path) -> Path:
    """Write the newest signed note of a store into a file, as somebody else holds it."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        (note,) = connection.execute("SELECT note FROM checkpoint ORDER BY size DESC").fetchone()
    target.write_bytes(note)
    return target


def test_backup_of_a_running_node_is_restored_and_asks_before_it_signs(world: World) -> None:
    """Made by the node itself; what is put back is verified, and signs nothing by itself."""
    world.serve_directory()
    world.start(world.there, until=503)
    node = world.start(world.here)
    mid = mid_of(world.send())
    assert world.a35("wait", mid, "--stage", "consigned", "--timeout", "300s").code == 0
    credential = ("--credential-file", world.network.credential)
    file, made = backup_of_everything(world, node)
    checked = run_a35("backup", "check", file, *credential, "--json", folder=world.folder)
    assert checked.code == 0, checked.err
    assert checked.document()["size"] == made["size"]
    home = world.here.home.path
    lost = home.rename(home.with_name("lost"))
    for name, code in (("lost", 0), (world.there.home.path.name, 66)):
        held = newest_note(lost.with_name(name) / "store.db", world.folder / "held.note")
        assert world.a35("log", "verify", "--against", held, home=lost).code == code
    restored = world.a35("restore", file, *credential, "--json")
    assert restored.code == 0, restored.err
    assert restored.document()["root"] == made["root"]
    assert (home / "restored").exists()
    node = world.start(world.here, until=503)
    await_text(world.journal, "restored from a backup")
    assert world.a35("log", "verify").code == 0
    world.start(world.network.nodes[2], until=None)
    world.await_ready(world.here, node, 200)
    await_true(lambda: not (home / "restored").exists())  # it goes once the commit is told
    assert mid in [item["mid"] for item in json.loads(world.a35("outbox", "--json").out)]


def backup_of_everything(
    world: World, node: subprocess.Popen[bytes]
) -> tuple[Path, dict[str, object]]:
    """Have a running node copied and stop it; the copy lacks nothing that was signed since."""
    for number in range(10):
        await_still(world)  # who has just met states a thing or two
        file = world.folder / f"fr{number}.a35b"
        made = world.a35("backup", "-o", file, "--json")
        assert made.code == 0, made.err
        refused = world.a35("backup", "-o", file, "--json")
        assert (refused.code, "there already" in error_of(refused)["message"]) == (78, True)
        assert stop(node) == 0
        signed = world.here.home.anchor.read_text(encoding="ascii").splitlines()[3]
        if int(signed) == made.document()["size"]:
            return file, made.document()
        node = world.start(world.here)
    raise AssertionError("something was signed after every copy")


def test_command_without_a_running_node_ends_with_69(world: World) -> None:
    """The node was never started, or ended."""
    refused = world.a35("inbox", "--json")
    assert (refused.code, error_of(refused)["code"]) == (69, "node_not_running")


def test_home_that_holds_a_node_is_never_made_again(world: World) -> None:
    """Keys that were published cannot be made twice."""
    refused = world.a35(
        *("init", "--country", "FR", "--number", "1", "--name", "Desk", "--json"),
        *("--url", "https://localhost:24443", "--credential-file", world.network.credential),
    )
    assert (refused.code, error_of(refused)["code"]) == (78, "home_exists")
    report = world.a35("doctor", "--json").document()
    checks = cast("list[dict[str, object]]", report["checks"])
    assert [each["name"] for each in checks if not each["ok"]] == ["demo"]


def test_home_of_a_running_node_looks_as_the_page_says(world: World) -> None:
    """Every name of the table, with its mode; nothing else lies there."""
    world.serve_directory()
    world.start(world.there, until=503)
    world.start(world.here)
    mid = mid_of(world.send())
    assert world.a35("wait", mid, "--stage", "consigned", "--timeout", "300s").code == 0
    home = world.here.home.path
    drawn = operations("The home")
    expected = {name.strip("/"): row[2] for row in drawn for name in ticked(row[0])}
    expected |= {"store.db-wal": "0600", "store.db-shm": "0600"}
    for path in home.iterdir():
        assert path.name in expected, path.name
        if expected[path.name]:
            modes = re.findall(r"\d{4}", expected[path.name])
            assert f"{stat.S_IMODE(path.stat().st_mode):04o}" == modes[0], path.name
    assert stat.S_IMODE(world.here.home.anchor.stat().st_mode) == 0o600
    assert {path.name for path in home.iterdir()} >= {"node.toml", "keys", "store.db", "control"}
