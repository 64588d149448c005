"""Runs many seeds on all cores: worker processes that share nothing but a folder in memory."""

import gc
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from pickle import dumps, loads
from tempfile import mkdtemp
from traceback import print_exc
from typing import NoReturn, cast

from gateway.simulator.material import nodes, scratch_below
from gateway.simulator.plan import Outcome, Plan
from gateway.simulator.run import collect_nothing, run_seed

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a fresh folder below it
_CHUNK = 4


@contextmanager
def workplace() -> Iterator[Path]:
    """Give a folder for all homes, in memory where the system has such a place; then remove it."""
    parent = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None
    folder = Path(mkdtemp(prefix="a35-simulate-", dir=parent))
    try:
        scratch_below(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_all(plans: Sequence[Plan], *, jobs: int, folder: Path) -> Iterator[Outcome]:
    """Run seeds and yield what each came to, in the order in which they end.

    Args:
        plans: One for each seed.
        jobs: Processes at a time; with one, this process does it.
        folder: From `workplace`.
    """
    if jobs <= 1 or len(plans) <= 1:
        begin(folder)
        yield from map(run_seed, plans)
        return
    chunks = [plans[start : start + _CHUNK] for start in range(0, len(plans), _CHUNK)]
    with ProcessPoolExecutor(
        max_workers=jobs, mp_context=get_context("spawn"), initializer=begin, initargs=(folder,)
    ) as pool:
        running: list[Future[list[Outcome]]] = [pool.submit(_run_some, chunk) for chunk in chunks]
        for done in as_completed(running):
            yield from done.result()


def begin(folder: Path) -> None:
    """Make what all worlds of this process share.

    Args:
        folder: From `workplace`.
    """
    scratch_below(folder)
    nodes()
    gc.collect()
    gc.freeze()  # what lives for ever need not be looked at after each seed


def _run_some(plans: Sequence[Plan]) -> list[Outcome]:
    """Run seeds in a child that ends with them: nothing that they leave behind is collected.

    Raises:
        RuntimeError: The child ended early, as by a signal.
    """
    reader, writer = os.pipe()
    child = os.fork()  # a worker has one thread
    if child == 0:
        os.close(reader)
        _be_child(plans, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as heard:
        told = heard.read()
    _, status = os.waitpid(child, 0)
    if status:
        raise RuntimeError(f"the process of seeds from {plans[0].seed} on ended early: {status}")
    return cast("list[Outcome]", loads(told))  # noqa: S301 - of our own child


def _be_child(plans: Sequence[Plan], writer: int) -> NoReturn:
    """Run seeds, write what they came to, and end without a look at what they leave behind."""
    try:
        collect_nothing()
        with os.fdopen(writer, "wb") as said:
            said.write(dumps([run_seed(plan) for plan in plans]))
    except BaseException:  # noqa: BLE001 - outermost frame of a process
        print_exc()
        os._exit(1)
    os._exit(0)
