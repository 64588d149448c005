"""Starts one node as `a35 run` does, in this process, and prints what that took as one JSON line.

A program of its own that loads nothing but the node: its memory is that of the node. The clock
runs from the moment at which the keys are unsealed, so that loading what a node needs is within.
"""

import asyncio
import gc
import json
import sys
from importlib import import_module
from os import devnull
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

from gateway.clock import SystemClock
from gateway.home import Home
from gateway.journal import configure_journal
from gateway.operator.start import RunOptions, SecretSource, prepare_run
from node import tune

_IDLE_S: Final = 5.0
_SETTLE_LOOKS: Final = 12
_SETTLED_SHARE: Final = 0.02


def started(options: RunOptions, *, idle_s: float) -> dict[str, float]:
    """Start a node, and say what it took until it serves, and what it has and does when idle.

    Args:
        options: Its keys unsealed.
        idle_s: How long it is watched, after it has settled.
    """
    began, cpu = perf_counter(), process_time()
    serve = import_module("gateway.assembly").serve
    gc.freeze()  # as node.py does

    async def whole() -> dict[str, float]:
        met: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        node = asyncio.create_task(
            serve(options, SystemClock(), met=lambda *parts: met.set_result(parts))
        )
        await asyncio.wait({node, met}, return_when=asyncio.FIRST_COMPLETED)
        if node.done():
            node.result()  # it ended by a fault
        found = {
            "start_s": round(perf_counter() - began, 3),
            "start_cpu_s": round(process_time() - cpu, 3),
        }
        await _settled(node, idle_s)
        idle = process_time()
        await asyncio.wait({node}, timeout=idle_s)
        found["idle_cpu_ms"] = round((process_time() - idle) * 1000 / idle_s, 1)
        found["rss_mib"] = _resident_mib()
        node.cancel()
        await asyncio.wait({node})
        return found

    return asyncio.run(whole())


async def _settled(node: asyncio.Task[None], look_s: float) -> None:
    """Return once the node has read what it reads after its start, such as words to search for."""
    for _ in range(_SETTLE_LOOKS):
        before = process_time()
        await asyncio.wait({node}, timeout=look_s)
        if process_time() - before < _SETTLED_SHARE * look_s:
            return


def _resident_mib() -> float:
    """Return the memory of this process, as Linux tells it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return round(int(status.partition("VmRSS:")[2].split()[0]) / 1024, 1)


def main(home: str, credential: str, idle_s: str = str(_IDLE_S)) -> None:
    """Unseal, start, print."""
    tune()
    source = SecretSource(
        passphrase_file=None, credential_file=Path(credential), environ={}, ask=None
    )
    options = prepare_run(Home(Path(home)), source, file=None, environ={}, json_journal=True)
    with Path(devnull).open("w", encoding="utf-8") as nowhere:
        configure_journal(nowhere, json=True)
        found = started(options, idle_s=float(idle_s))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
