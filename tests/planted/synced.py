"""A head leaves only after the write-ahead log was synced: the check for a loss of power.

A kill takes nothing that was written, synced or not, so no kill point tells a node that syncs from
one that does not. What tells them apart is the order of their calls. The thread that commits also
writes the anchor, between the commit and the moment at which anybody is told of it: what is
unsynced when the anchor is written is unsynced when the receipt leaves. Calls of other threads in
between do no harm, since only this thread writes to either file.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.crash.points import Point, Trial
from tests.crash.processes import REPOSITORY, fork_server
from tests.crash.scripts import Submit
from tests.crash.shim import Call, Kind, Place, compile_shim
from tests.crash.world import Side, open_world

UNSYNCED: Final = "a head leaves while the write-ahead log is not synced"
_HEADS_LEAST: Final = 2


class NothingSeenError(Exception):
    """The exchange signed so few heads that their order says nothing."""


def unsynced(calls: Sequence[Call]) -> int:
    """Return how many heads were let go while frames of the write-ahead log were unsynced.

    Args:
        calls: Of one process, in order.

    Raises:
        NothingSeenError: There were fewer than two heads.
    """
    heads = early = 0
    is_synced = True
    for call in calls:
        match call.kind, call.place:
            case Kind.WRITE, Place.WAL:
                is_synced = False
            case Kind.SYNC, Place.WAL:
                is_synced = True
            case Kind.WRITE, Place.ANCHOR:
                heads += 1
                early += not is_synced
            case _:
                pass
    if heads < _HEADS_LEAST:
        raise NothingSeenError(f"{heads} heads were signed")
    return early


async def calls_of(side: Side, folder: Path, *, tree: Path = REPOSITORY) -> Sequence[Call]:
    """Let two nodes exchange a message; return what one of them called.

    Args:
        side: Which.
        folder: Empty, with a short name.
        tree: The sources that both run.

    Raises:
        ToolMissingError: There is no C compiler.
    """
    library = compile_shim(folder)
    async with (
        fork_server(library, tree=tree) as server,
        open_world(server, folder / "w") as world,
    ):
        trial = Trial(world)
        await trial.warm_up()
        outcome = await trial.run(Point(script=Submit, side=side))
    return outcome.calls
