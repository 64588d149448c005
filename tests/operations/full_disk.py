"""Fills the disk of a running node and makes room again, in a mount namespace of its own.

Called as `unshare --map-root-user --mount python -m tests.operations.full_disk FOLDER`: the small
disk is there for this process and those it starts, and gone with them. Prints what it saw as JSON.
"""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

from tests.gateway.demo.process import END_S, Ended
from tests.operations.world import (
    World,
    await_check,
    error_of,
    mid_of,
    ready_status,
    world_in,
)


def main(folder: Path) -> None:
    """Run the story.

    Args:
        folder: Empty; becomes the mount point.
    """
    subprocess.run(  # noqa: S603 - arguments of our own
        ["mount", "-t", "tmpfs", "-o", "size=10m", "none", str(folder)],  # noqa: S607
        check=True,
    )
    with world_in(folder) as world:
        world.serve_directory()
        node = world.start_in_company(world.here)
        fill(folder / "pad")
        await_check(world, "room")  # until it is measured one or two commits may find room
        refused = world.send()
        seen: dict[str, object] = {
            "exit_code": refused.code,
            "error": error_of(refused),
            "doctor": world.checks()["disk"],
            "ready": ready_status(world.here),
            "running": node.poll() is None,
        }
        (folder / "pad").unlink()
        seen["mid"] = mid_of(sent_again(world))
        seen["outbox"] = [item["mid"] for item in json.loads(world.a35("outbox", "--json").out)]
        seen["log"] = world.a35("log", "verify", "--json").document()
        sys.stdout.write(json.dumps(seen))


def sent_again(world: World) -> Ended:
    """Send until the node has noticed that there is room; it looks now and then."""
    end = monotonic() + END_S
    while (sent := world.send()).code and monotonic() < end:
        sleep(0.1)
    return sent


def fill(pad: Path) -> None:
    """Write until there is no room for a single block."""
    with suppress(OSError), pad.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
