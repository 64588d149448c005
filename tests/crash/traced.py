"""The same by other means: strace counts what the shim counts, and strace kills where it kills.

The shim sees calls of libraries, strace those of the kernel; neither knows of the other. strace
counts for each thread by itself, so its k is another one than the shim's: what is compared are
the counts, and that nodes killed by it are whole as well.
"""

import asyncio
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from tests.crash.officers import Desk, Word
from tests.crash.points import Outcome, Point, Trial, until_quiet
from tests.crash.processes import fork_server
from tests.crash.scene import Documents, Scene
from tests.crash.scripts import FirstStart, Submit
from tests.crash.shim import Kind, Mode, ToolMissingError
from tests.crash.world import Side, Template, World, start_both

_KINDS: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(("write", "pwrite64", "writev", "pwritev"), Kind.WRITE),
    **dict.fromkeys(("fsync", "fdatasync", "sync_file_range"), Kind.SYNC),
    **dict.fromkeys(("ftruncate", "truncate", "fallocate"), Kind.TRUNCATE),
    **dict.fromkeys(("rename", "renameat", "renameat2", "link", "linkat"), Kind.RENAME),
    **dict.fromkeys(("unlink", "unlinkat", "rmdir"), Kind.REMOVE),
    **dict.fromkeys(("sendto", "sendmsg", "sendmmsg", "sendfile", "copy_file_range"), Kind.SEND),
}
"""New files are left out: strace does not tell making a file from opening it."""

_LINE: Final = re.compile(r"^(\d+) +(\w+)\((\d*)")
_STANDARD_MOST: Final = 2
_ASKS_KERNEL: Final = "nlmsg_len"
"""What the C library asks the kernel before it looks up a name; no call of the program."""

KILLED_AT: Final = ("pwrite64", "fdatasync", "sendto", "rename")
"""Calls that a node makes and the fork server above it does not."""


def require_strace() -> str:
    """Return the path of strace.

    Raises:
        ToolMissingError: It is not installed.
    """
    found = shutil.which("strace")
    if found is None:
        raise ToolMissingError("the second method needs strace (Debian: apt-get install strace)")
    return found


async def counted_twice(
    world: World, library: Path, log: Path
) -> tuple[Counter[str], Counter[str]]:
    """Count one start and one message of the sender by both methods.

    Args:
        world: Warmed up, no node running.
        library: The shim.
        log: Where strace writes.

    Returns:
        Calls by kind: the shim's, strace's.

    Raises:
        ToolMissingError: There is no strace.
    """
    calls = ",".join((*_KINDS, "openat"))
    under = (require_strace(), "-f", "--seccomp-bpf", "-qq", "-o", str(log), "-e", f"trace={calls}")
    world.put_back(Template.MET)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(fork_server(library, under=under))
        word = Word()
        desks = {
            side: await stack.enter_async_context(Desk(side, world.nodes[side], word))
            for side in Side
        }
        world.next_by[Side.SENDER] = server
        await start_both(world)
        await Submit(Scene(world, desks, Documents(), word), Side.SENDER).play()
        control, lines, counted = world.controls[Side.SENDER], "", -1
        while counted != control.counted:  # while it calls on, either may be ahead of the other
            counted = await until_quiet(control)
            lines = await asyncio.to_thread(log.read_text, encoding="utf-8", errors="replace")
        shim = Counter(call.kind.name for call in control.calls() if call.kind is not Kind.CREATE)
        for side in Side:
            await world.kill(side)
    return shim, _counted(lines, marker=str(world.controls[Side.SENDER].path))


async def killed_by_strace(trial: Trial, world: World, *, call: str, when: int) -> Outcome:
    """Let strace kill the sender in its first start or its first message.

    Args:
        trial: In that world.
        world: Warmed up, no node running.
        call: One of `KILLED_AT`.
        when: At which call of one thread.
    """
    inject = f"inject={call}:signal=SIGKILL:when={when}"
    # Not with --seccomp-bpf: strace 6.1 then never comes to a `when` above 1.
    under = (require_strace(), "-f", "-qq", "-o", "/dev/null")
    async with fork_server(None, under=(*under, "-e", f"trace={call}", "-e", inject)) as server:
        world.next_by[Side.SENDER] = server
        point = Point(script=FirstStart, side=Side.SENDER, mode=Mode.AFTER, target=0)
        return await trial.run(point)


def _counted(log: str, *, marker: str) -> Counter[str]:
    """Count the calls of the process that opened its control block, from there on."""
    counted: Counter[str] = Counter()
    _, _, after = log.rpartition(f'"{marker}"')
    for line in after.splitlines()[1:]:
        found = _LINE.match(line)
        if found is None or found[2] not in _KINDS or _ASKS_KERNEL in line:
            continue
        by_handle = found[3] != ""
        if not by_handle or int(found[3]) > _STANDARD_MOST:
            counted[_KINDS[found[2]].name] += 1
    return counted
