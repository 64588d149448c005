"""Disks that fail under real processes, and a node that stands still longer than its peers wait.

Full, read-only, failing syncs, locked, damaged: nothing that was answered for is lost, nothing
arrives twice, and whoever has to act is told what.
"""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from tests.gateway.demo.process import A35, END_S, environment
from tests.operations.world import World, error_of, mid_of, world_in

STORY_S = 900.0


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return a network in a folder with a short name."""
    with world_in(tmp_path_factory.mktemp("d")) as made:
        yield made


def told(story: str, folder: Path) -> Any:  # noqa: ANN401  JSON
    """Run a story on a small disk; skip where none can be made."""
    namespace = ["unshare", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed: no small disk can be made")
    if subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode:  # noqa: S603
        pytest.skip("this system allows no mount namespace: no small disk can be made")
    done = subprocess.run(  # noqa: S603 - our own program
        [*namespace, sys.executable, "-m", "tests.crash.small_disk", story, str(folder)],
        capture_output=True,
        text=True,
        timeout=STORY_S,
        env=environment(folder.parent),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("story", ["unguarded", pytest.param("guarded", marks=pytest.mark.soak)])
def test_receiver_with_a_full_disk_loses_nothing_and_goes_on_by_itself(
    tmp_path_factory: pytest.TempPathFactory, story: str
) -> None:
    """Refused in time, or undone by the database: the sender is told E_STORE and tries again."""
    seen = told(story, tmp_path_factory.mktemp("d"))
    # The database may still have room of its own for one or two, the guard takes none.
    assert "E_STORE" in seen["codes"]
    assert set(seen["codes"]) <= ({"E_STORE"} if story == "guarded" else {"E_STORE", "accepted"})
    assert set(seen["waits"]) == {0}
    assert seen["got"] == seen["sent"]
    assert seen["logs"] == [[], []]
    bad = {check["name"] for check in seen["doctor"]["checks"] if not check["ok"]}
    assert ("disk" in bad) == ("room" in bad) == (story == "guarded")


def test_disk_that_takes_nothing_refuses_the_start_and_is_left_as_it_is(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A disk that the system made read-only after a fault of its own."""
    seen = told("read_only", tmp_path_factory.mktemp("d"))
    assert (seen["code"], seen["error"]["code"]) == (74, "storage")
    assert seen["got"] == seen["sent"]
    assert seen["logs"] == [[], []]


@pytest.mark.parametrize(
    ("when", "ends"), [("30", False), ("30..400", True)], ids=["once", "for-good"]
)
def test_failing_sync_is_never_answered_for(world: World, when: str, ends: bool) -> None:  # noqa: FBT001
    """The group is undone and the file opened anew; what met it may end the node, with 74.

    More than one in a row ends it in any case. Whoever supervises it starts it again.
    """
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: no sync can be made to fail")
    calls = world.folder / "calls"
    fault = ["-e", "trace=fdatasync,fsync", "-e", f"inject=fdatasync,fsync:error=EIO:when={when}"]
    program = ["strace", "-D", "-f", "-qq", "-o", str(calls), *fault, str(A35)]
    there = world.there
    arguments = ["run", "--home", str(there.home.path), *map(str, world._credential())]
    world.serve_directory()
    traced = world._popen(program, arguments, {})
    world.await_ready(there, traced, 503)
    world.start(world.here)
    mids = []
    for number in range(1, 101):  # several may share a commit, and with it its sync
        mids.append(mid_of(world.send()))
        if traced.poll() is not None:
            break
        if number >= 12:
            await_arrival(world, traced)  # what waits beside others would share their syncs
            if "(INJECTED)" in calls.read_text(encoding="utf-8"):
                break
    # Whether the one sync that failed ends the node says what it met; it may need its time to end.
    if not ends:
        await_arrival(world, traced)
    if ends or traced.poll() is not None:
        assert traced.wait(END_S) == 74, world.journal()
        world.start(there)
    assert "(INJECTED)" in calls.read_text(encoding="utf-8")
    check_both(world, mids)


def test_store_that_somebody_else_locks_ends_the_node_with_74(world: World) -> None:
    """A database shell with an open transaction; afterwards everything goes on."""
    world.serve_directory()
    world.start(world.there, until=503)
    node = world.start(world.here)
    with closing(sqlite3.connect(world.here.home.store, isolation_level=None)) as shell:
        shell.execute("BEGIN IMMEDIATE")
        refused = world.send()
        assert refused.code in {69, 74}, refused.out
        assert node.wait(END_S) == 74
    world.start(world.here)
    check_both(world, [arrived(world, mid_of(world.send()))])


@pytest.mark.parametrize("place", ["first", "second", "middle", "last"])
def test_damaged_page_is_named_and_the_file_kept(world: World, place: str) -> None:
    """Whatever the page held; whoever knows how may still read the rest."""
    store = world.here.home.store
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    number = {"first": 0, "second": 1, "middle": pages // 2, "last": pages - 1}[place]
    data = bytearray(store.read_bytes())
    begin = number * 4096 + (0 if number else 64)
    data[begin : (number + 1) * 4096] = b"\xa5" * ((number + 1) * 4096 - begin)
    store.write_bytes(data)
    refused = world.run_node("--json", "--credential-file", world.network.credential)
    assert refused.code == 74, refused.out
    error = error_of(refused)
    assert error["code"] == ("storage" if place == "first" else "store_damaged"), error
    if place in {"middle", "last"}:  # without its schema SQLite knows no page by number
        assert "page" in error["message"].lower(), error
    assert store.read_bytes() == data


@pytest.mark.parametrize("still_s", [12.0, pytest.param(60.0, marks=pytest.mark.soak)])
def test_node_that_stood_still_longer_than_its_peers_wait_gets_everything_once(
    world: World, still_s: float
) -> None:
    """A machine that was suspended: its connections are dead and its clocks have jumped."""
    world.serve_directory()
    still = world.start(world.there, until=503)
    world.start(world.here)
    mids = [arrived(world, mid_of(world.send()))]
    still.send_signal(signal.SIGSTOP)
    mids += [mid_of(world.send()) for _ in range(3)]
    sleep(still_s)
    still.send_signal(signal.SIGCONT)
    check_both(world, mids)


def arrived(world: World, mid: str) -> str:
    """Wait until a message is in the other node's inbox."""
    waited = world.a35("wait", mid, "--stage", "consigned", "--timeout", "300s")
    assert waited.code == 0, waited.err
    return mid


def listed(world: World, box: str, home: Path | None = None) -> list[dict[str, object]]:
    """Return what a box holds."""
    items: list[dict[str, object]] = json.loads(world.a35(box, "--json", home=home).out)
    return items


def await_arrival(world: World, other: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until all that was sent is in the other node's inbox, or that node has ended."""
    end = monotonic() + END_S
    while any(item["state"] in {"queued", "accepted"} for item in listed(world, "outbox")):
        if other is not None and other.poll() is not None:
            return
        assert monotonic() < end, world.journal()
        sleep(0.1)


def check_both(world: World, mids: list[str]) -> None:
    """Compare what was sent with what is there, each once, and verify both logs."""
    there = world.there.home.path
    await_arrival(world)
    got = sorted(str(item["mid"]) for item in listed(world, "inbox", home=there))
    sent = sorted(str(item["mid"]) for item in listed(world, "outbox"))
    assert got == sent
    assert set(mids) <= set(got)
    assert len(set(got)) == len(got)
    for home in (world.here.home.path, there):
        assert world.a35("log", "verify", "--json", home=home).document()["faults"] == []
