"""Stories of a receiver whose home lies on a disk of a few MiB, in a mount namespace of its own.

Called as `unshare --map-root-user --mount python -m tests.crash.small_disk STORY FOLDER`: the disk
is there for this process and those it starts, and gone with them. Prints what it saw as JSON.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tests.operations.world import World, mid_of, world_in

SIZE: Final = "12m"
_MOST_SENT: Final = 60
Seen = dict[str, object]


def mount(*arguments: str) -> int:
    """Mount something; return the exit code."""
    done = subprocess.run(["mount", *arguments], check=False, capture_output=True)  # noqa: S603, S607
    return done.returncode


@contextmanager
def small_world(folder: Path, *, least_free_mib: int) -> Iterator[World]:
    """Make a network whose second node has its home on a small disk."""
    with world_in(folder) as world:
        home = world.there.home.path
        kept = folder / "kept"
        shutil.move(home, kept)
        home.mkdir(mode=0o700)
        if mount("-t", "tmpfs", "-o", f"size={SIZE},mode=700", "none", str(home)):
            raise OSError("no small disk")
        shutil.copytree(kept, home, dirs_exist_ok=True)
        text = world.there.home.config_file.read_text(encoding="utf-8")
        world.there.home.config_file.write_text(
            text.replace("least_free_mib = 1", f"least_free_mib = {least_free_mib}"),
            encoding="utf-8",
        )
        world.serve_directory()
        yield world


def fill(pad: Path) -> None:
    """Write until there is no room for a single block."""
    with suppress(OSError), pad.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def full(folder: Path, *, least_free_mib: int) -> Seen:
    """Fill the receiver's disk under way, send, make room, and count what arrived."""
    with small_world(folder, least_free_mib=least_free_mib) as world:
        node = world.start(world.there, until=503)
        world.start(world.here)
        mids = [mid_of(world.send())]
        assert world.a35("wait", mids[0], "--stage", "consigned", "--timeout", "300s").code == 0
        pad = world.there.home.path / "pad"
        fill(pad)
        codes: set[str] = set()
        while "E_STORE" not in codes and len(mids) < _MOST_SENT:  # one or two may find room
            mids.append(mid_of(world.send()))
            codes.add(str(world.attempts(mids[-1])[0]["outcome"]))
        doctor = world.a35("doctor", "--json", home=world.there.home.path).document()
        pad.unlink()
        assert node.poll() is None, world.journal()
        return {"codes": sorted(codes), "doctor": doctor, **arrived(world, mids)}


def guarded(folder: Path) -> Seen:
    """Let the node keep a MiB free: it refuses by itself."""
    return full(folder, least_free_mib=1)


def unguarded(folder: Path) -> Seen:
    """Let the node keep nothing free: the database meets the full disk."""
    return full(folder, least_free_mib=0)


def read_only(folder: Path) -> Seen:
    """Start the receiver on a disk that takes nothing, then make it writable."""
    with small_world(folder, least_free_mib=0) as world:
        home = str(world.there.home.path)
        assert mount("-o", "remount,ro", home) == 0
        refused = world.run_node(
            "--json", "--credential-file", world.network.credential, home=world.there.home.path
        )
        assert mount("-o", "remount,rw", home) == 0
        world.start(world.there, until=503)
        world.start(world.here)
        mids = [mid_of(world.send())]
        return {"code": refused.code, "error": refused.document()["error"], **arrived(world, mids)}


def arrived(world: World, mids: list[str]) -> Seen:
    """Wait until messages are in the second node's inbox; tell what is there and in both logs."""
    waits = [
        world.a35("wait", mid, "--stage", "consigned", "--timeout", "300s").code for mid in mids
    ]
    there = world.there.home.path
    inbox = json.loads(world.a35("inbox", "--json", home=there).out)
    logs = [
        world.a35("log", "verify", "--json", home=home).document()["faults"]
        for home in (world.here.home.path, there)
    ]
    return {"waits": waits, "sent": sorted(mids), "logs": logs,
            "got": sorted(item["mid"] for item in inbox)}  # fmt: skip


STORIES: Final[dict[str, Callable[[Path], Seen]]] = {
    each.__name__: each for each in (guarded, unguarded, read_only)
}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(STORIES[sys.argv[1]](Path(sys.argv[2]))))
