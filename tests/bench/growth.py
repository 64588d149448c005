"""`python -m tests.bench.growth [--sizes 10000,100000,1000000]`: what a long log costs.

One home grows from size to size. At each: what an entry costs to append, to prove and to verify,
what the lists and the watch read, how long a node takes from its unsealed keys until it serves,
its memory then, and the bytes of its store. What is about one message or one entry must stay flat:
the ratios say how many times dearer the largest log is than the smallest. Starting, verifying and
the rest run in a process of their own each; times are processor time where nothing else is said.
"""

import asyncio
import json
import sys
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from os import devnull
from pathlib import Path
from random import Random
from statistics import median
from subprocess import PIPE, run
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any, Final

from gateway.boxes import Box
from gateway.clock import SystemClock
from gateway.demo.network import build
from gateway.home import Home
from gateway.journal import configure_journal
from gateway.operator.start import RunOptions, SecretSource, prepare_run
from gateway.records import Direction
from gateway.service.boxes import MOST
from gateway.storage.auditing import audit_file
from gateway.storage.sequence import HeadSigner
from gateway.storage.sqlite import SqliteStore
from keys.recipient import RecipientKey, RecipientSecret, new_seed
from protocol.delivery.urgency import Urgency
from protocol.identifiers import LogOrigin
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.signing import sign_head
from tests.bench.backlog import envelope, queue
from tests.bench.grown import grow, mid_of
from tests.bench.machine import busy_by_others, machine
from tests.gateway.service.world import RO

SIZES: Final = (10_000, 100_000, 1_000_000)
FLAT: Final = (
    "append_us", "prove_us", "verify_us", "inbox_ms", "closed_ms", "newest_ms", "thread_ms",
    "look_ms", "start_s", "start_cpu_s", "rss_mib", "idle_cpu_ms", "bytes_per_entry",
)  # fmt: skip
"""What must not grow with the log."""

_GROUPS: Final = 12
_AT_ONCE: Final = 50
_TRIES: Final = 60
_STARTS: Final = 3
_CLOCK: Final = SystemClock()
_SELF: Final = "tests.bench.growth"

Figures = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A home and what unseals it."""

    home: Path
    credential: Path

    def options(self) -> RunOptions:
        """Unseal the keys."""
        source = SecretSource(
            passphrase_file=None, credential_file=self.credential, environ={}, ask=None
        )
        return prepare_run(Home(self.home), source, file=None, environ={}, json_journal=True)


def new_place(folder: Path) -> Place:
    """Make a home of a network of three, in an empty folder."""
    network = build(folder)
    return Place(home=network.nodes[0].home.path, credential=network.credential)


def measured(sizes: Sequence[int], *, starts: int = _STARTS) -> dict[str, object]:
    """Return what is printed.

    Args:
        sizes: Entries of the log, rising.
        starts: Starts of a node at each size.
    """
    with TemporaryDirectory(prefix="a35-growth-") as folder:
        place = new_place(Path(folder))
        rows = [_at(place, size, starts=starts) for size in sizes]
    ratios = {name: round(rows[-1][name] / max(rows[0][name], 1e-9), 2) for name in FLAT}
    return {
        "machine": machine(),
        "busy_by_others": busy_by_others(),
        "sizes": rows,
        "largest_over_smallest": ratios,
    }


def _at(place: Place, size: int, *, starts: int) -> Figures:
    store = Home(place.home).store
    _tell(f"{size} entries: growing")
    began = perf_counter()
    entries = grow(store, place.options().keys, size, now_ms=_CLOCK.now_ms())
    _tell(f"{size} entries: grown in {perf_counter() - began:.0f} s, {_mib(store):.0f} MiB")
    found: Figures = {"entries": entries, "file_mib": round(_mib(store), 1)}
    found["bytes_per_entry"] = round(store.stat().st_size / entries)
    for name, count in (("start", starts), ("use", 1), ("verify", 1)):
        _tell(f"{size} entries: {name}")
        runs = [_apart(place, name) for _ in range(count)]
        found |= {key: median(one[key] for one in runs) for key in runs[0]}
    return found


def _apart(place: Place, what: str) -> Figures:
    """Measure one thing in a process of its own."""
    module = (
        ("tests.bench.starting",) if what == "start" else ("tests.bench.growth", "--only", what)
    )
    words = (sys.executable, "-m", *module, str(place.home), str(place.credential))
    done = run(words, check=True, stdout=PIPE, text=True)  # noqa: S603  ourselves
    found: Figures = json.loads(done.stdout)
    return found


# ------------------------------------------------------------------ use


def used(place: Place) -> Figures:
    """Append, prove, read lists, and look for clocks, in a store that was just opened."""
    options = place.options()
    return asyncio.run(_used(options))


async def _used(options: RunOptions) -> Figures:
    store = SqliteStore.open(
        options.home.store,
        origin=LogOrigin.parse(options.keys.origin),
        store_key=options.keys.store_key,
        head_signer=_signer(options),
        clock=_CLOCK,
        anchor=options.home.anchor,
    )
    await store.start()
    try:
        await store.begin_signing(None)
        found = {"append_us": await _appended(store), "prove_us": await _proven(store)}
        return found | await _read(store)
    finally:
        await store.close()


async def _appended(store: SqliteStore) -> float:
    """Queue messages in groups; the sealing is done before."""
    key, now_ms = RecipientKey(RecipientSecret(new_seed()).public), _CLOCK.now_ms()
    random, times = Random(), []  # noqa: S311  ids that are new each time
    for _ in range(_GROUPS):
        numbers = [random.getrandbits(120) for _ in range(_AT_ONCE)]
        batch = [envelope(number, RO, Urgency.P3, key, now_ms=now_ms) for number in numbers]
        before, began = store.size, process_time()
        await queue(store, batch, now_ms)
        times.append((process_time() - began) / (store.size - before))
    return round(median(times) * 1e6, 1)


async def _proven(store: SqliteStore) -> float:
    random, times = Random(35), []  # noqa: S311  which entries are proven is no secret
    size = store.size
    for index in random.choices(range(size), k=_TRIES):
        began = process_time()
        await store.prove(size, [index], old=size)
        times.append(process_time() - began)
    return round(median(times) * 1e6, 1)


async def _read(store: SqliteStore) -> Figures:
    random = Random(35)  # noqa: S311  likewise
    some = [mid_of(random.randrange(1, store.size // 6)) for _ in range(_TRIES)]
    after = store.newest_event - 50
    return {
        "inbox_ms": await _ms(lambda: store.outlines(Box.INBOX, limit=MOST)),
        "closed_ms": await _ms(lambda: store.outlines(Box.CLOSED, limit=_AT_ONCE)),
        "newest_ms": await _ms(lambda: store.messages(Direction.IN, limit=_AT_ONCE)),
        "thread_ms": await _ms(lambda: store.thread(some[random.randrange(_TRIES)])),
        "look_ms": await _ms(lambda: store.due_cases(_CLOCK.now_ms(), limit=1000))
        + await _ms(lambda: store.events(after=after, limit=1000)),
    }


async def _ms(question: Callable[[], Awaitable[object]]) -> float:
    times = []
    for _ in range(_TRIES):
        began = process_time()
        await question()
        times.append(process_time() - began)
    return round(median(times) * 1000, 3)


# ------------------------------------------------------------------ verification


def verified(place: Place) -> Figures:
    """Verify the whole log of a stopped node."""
    verifiers = place.options().keys.signer().verifiers
    began = process_time()
    result = audit_file(Home(place.home).store, lambda _: verifiers)
    took = process_time() - began
    if result.faults:
        raise AssertionError(result.faults[0])
    return {"verify_us": round(took / result.size * 1e6, 1)}


def _signer(options: RunOptions) -> HeadSigner:
    signer = options.keys.signer()

    def sign(head: TreeHead) -> Checkpoint:
        return sign_head(signer, head, timestamp_s=_CLOCK.now_ms() // 1000)

    return sign


def _mib(path: Path) -> float:
    return path.stat().st_size / (1 << 20)


def table(result: dict[str, Any]) -> str:
    """Return figures as text, a column for each size and one for the ratio."""
    rows, ratios = result["sizes"], result["largest_over_smallest"]
    lines = [f"{'':18}" + "".join(f"{row['entries']:>14,}" for row in rows) + f"{'ratio':>9}"]
    for name in rows[0]:
        if name != "entries":
            cells = "".join(f"{row[name]:>14,.10g}" for row in rows)
            lines.append(f"{name:18}{cells}{ratios.get(name, ''):>9}")
    return "\n".join(lines)


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


_ONLY: Final[dict[str, Callable[[Place], Figures]]] = {
    "use": used,
    "verify": verified,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print a table or one JSON document.

    Args:
        argv: Without the program; the process's own unless given.

    Returns:
        0.
    """
    parser = ArgumentParser(prog="python -m tests.bench.growth", description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="entries, rising")
    parser.add_argument("--starts", type=int, default=_STARTS, help="starts at each size")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--only", nargs=3, metavar=("WHAT", "HOME", "CREDENTIAL"))
    options = parser.parse_args(argv)
    if options.only is not None:
        what, home, credential = options.only
        with Path(devnull).open("w", encoding="utf-8") as nowhere:
            configure_journal(nowhere, json=True)
            found = _ONLY[what](Place(home=Path(home), credential=Path(credential)))
        sys.stdout.write(json.dumps(found) + "\n")
        return 0
    result = measured([int(size) for size in options.sizes.split(",")], starts=options.starts)
    sys.stdout.write((json.dumps(result) if options.json else table(result)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
