"""`python -m tests.bench.backlog [--behind N] [--lanes N --each N]`: what a large backlog costs.

Two questions. How much later is a P0 accepted that stands behind many P3 for the same node, than
one that stands alone? And how much memory has a whole node with many lanes of many messages, none
of which is reached? Both with a real store; the first on a network in one process, so that both
ends share its processor, the second in a process of its own with the real transport.
"""

import asyncio
import json
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from os import devnull
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from gateway.clock import SystemClock
from gateway.journal import configure_journal, get_journal
from gateway.metrics import Metrics
from gateway.outfit import Ports
from gateway.peer.transport import HttpTransport
from gateway.randomness import SystemRandomness
from gateway.records import Submission
from gateway.runtime import Runtime
from gateway.storage.blobs import FileBlobs
from gateway.storage.sequence import HeadSigner
from gateway.storage.sqlite import SqliteStore
from keys.nodekeys import NodeKeys
from keys.recipient import RecipientKey, RecipientSecret, new_seed
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency
from protocol.directory import NodeEntry
from protocol.encoding import encode
from protocol.envelope.content import Content, encode_inner
from protocol.envelope.header import DirectoryStamp
from protocol.envelope.seal import Address, seal
from protocol.identifiers import LogOrigin, MessageId, NodeId
from protocol.log.checkpoint import Checkpoint, TreeHead
from protocol.log.signing import sign_head
from protocol.log.statement import envelope_sent, key_set_published
from tests.gateway.network import FixedDirectory, Network, Wire, network
from tests.gateway.service.world import FR, RO

_AT_ONCE: Final = 256
_TRIES: Final = 20
_HELD_S: Final = 75.0
"""A start asks the other nodes for half a minute what they hold of its log; then it sends."""

_DEAD: Final = "https://127.0.0.1:1"
_COUNTRIES: Final = ("BE", "DE", "ES", "IT", "JP", "NL", "PT", "RO", "SE", "US")
_CLOCK: Final = SystemClock()


def envelope(
    number: int, to: NodeId, cls: Urgency, key: RecipientKey, *, now_ms: int
) -> Submission:
    """Return one valid envelope of FR/1, as it is queued."""
    mid = MessageId(number.to_bytes(16, "big"))
    address = Address(
        mid=mid,
        sender=FR,
        recipient=to,
        t_ms=now_ms,
        exp_ms=now_ms + 7 * 24 * 3_600_000,
        cls=cls,
        directory=DirectoryStamp(root_version=1, timestamp_version=1, digest=bytes(32)),
    )
    content = Content(
        mid=mid,
        sender=FR,
        recipient=to,
        t_ms=now_ms,
        type="note",
        thread=mid,
        re=None,
        body={"text": "x" * 700},
        files=(),
    )
    inner = encode_inner(content.encode(), [])
    sealed = seal(inner, address, (key,))
    return Submission(
        mid=mid,
        thread=mid,
        to=to,
        re=None,
        cls=cls,
        t_ms=now_ms,
        exp_ms=address.exp_ms,
        header=sealed.header,
        wraps=sealed.wraps,
        body=sealed.body,
        content_key=sealed.content_key,
        statement=envelope_sent(sealed.header, sealed.wraps),
        inner=inner,
        summary=encode({}),
    )


async def queue(store: SqliteStore, submissions: Sequence[Submission], now_ms: int) -> None:
    """Queue envelopes, many in one commit."""
    async with asyncio.TaskGroup() as group:
        for submission in submissions:
            group.create_task(store.submit(submission, now_ms=now_ms))


# ------------------------------------------------------------------ a P0 behind many P3


def urgent(*, behind: int) -> dict[str, float]:
    """Measure how much later a P0 is accepted behind many P3 for the same node.

    Args:
        behind: How many P3 wait.

    Returns:
        Milliseconds from queued to accepted, idle and behind, and how many P3 were left.
    """
    with TemporaryDirectory(prefix="a35-bench-") as folder:
        return asyncio.run(_urgent(Path(folder), behind))


async def _urgent(folder: Path, behind: int) -> dict[str, float]:
    async with network(folder, ["FR/1", "RO/1"], Wire(), run=["FR/1"]) as net:
        key = RecipientKey(RecipientSecret(net["RO/1"].keys.prekeys[0].seed).public)
        idle = await _emergencies(net, key, start=10**9)
        await net["FR/1"].halt()
        for first in range(0, behind, _AT_ONCE):
            numbers = range(first + 1, min(first + _AT_ONCE, behind) + 1)
            batch = [envelope(n, RO, Urgency.P3, key, now_ms=net.clock.ms) for n in numbers]
            await queue(net["FR/1"].store, batch, net.clock.ms)
        await net.run("FR/1")
        busy = await _emergencies(net, key, start=2 * 10**9)
        counts = await net["FR/1"].store.lane_counts()
        return {
            "idle_p50_ms": median(idle),
            "idle_max_ms": max(idle),
            "behind": behind,
            "behind_p50_ms": median(busy),
            "behind_max_ms": max(busy),
            "left_behind": counts[RO][Urgency.P3],
        }


async def _emergencies(net: Network, key: RecipientKey, *, start: int) -> list[float]:
    """Queue P0 one after the other; return the time of each until it was accepted."""
    node, times = net["FR/1"], []
    for number in range(start, start + _TRIES):
        submission = envelope(number, RO, Urgency.P0, key, now_ms=net.clock.ms)
        began = perf_counter()
        await node.store.submit(submission, now_ms=net.clock.ms)
        await accepted(node.store, submission.mid)
        times.append(round((perf_counter() - began) * 1000, 1))
    return times


async def accepted(store: SqliteStore, mid: MessageId) -> None:
    """Wait until a message is accepted, without reading the events of all the others."""
    while True:
        newest = store.newest_event
        (row,) = await store.message(mid)
        if row.state is MessageState.ACCEPTED:
            return
        await store.wait_for_events(newest, 60.0)


# ------------------------------------------------------------------ many lanes in memory


def memory(*, lanes: int, each: int) -> dict[str, float]:
    """Measure the memory of a node whose lanes all have work, and none is reached.

    Args:
        lanes: How many nodes are written to.
        each: Messages that wait for each.

    Returns:
        MiB resident at the end and at most, failures counted, seconds of processor time.
    """
    with TemporaryDirectory(prefix="a35-bench-") as folder:
        keys = NodeKeys.generate(str(FR), generation=1, tls_name="localhost", now_ms=_now_ms())
        home = Path(folder) / "home"
        home.mkdir()
        asyncio.run(_fill(home, keys, lanes, each))
        command = [sys.executable, "-m", "tests.bench.backlog", "--hold", str(home)]
        command += ["--lanes", str(lanes), "--store-key", keys.store_key.hex()]
        ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ourselves
    found: dict[str, float] = json.loads(ended.stdout)
    return {"lanes": lanes, "queued": lanes * each, **found}


async def _fill(folder: Path, keys: NodeKeys, lanes: int, each: int) -> None:
    store = SqliteStore.create(
        folder / "store.db",
        origin=LogOrigin.parse(keys.origin),
        first=key_set_published(b"key set"),
        key_set=b"key set",
        store_key=keys.store_key,
        head_signer=_signer(keys),
        clock=_CLOCK,
    )
    await store.start()
    key, now_ms = RecipientKey(RecipientSecret(new_seed()).public), _now_ms()
    for first in range(0, lanes * each, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, lanes * each))
        batch = [
            envelope(n + 1, _node(n % lanes), Urgency(n // lanes % 4), key, now_ms=now_ms)
            for n in numbers
        ]
        await queue(store, batch, now_ms)
    await store.close()


async def hold(
    folder: Path, entries: dict[NodeId, NodeEntry], *, store_key: bytes
) -> dict[str, float]:
    """Run a node over a filled store for a while, and return what it needs."""
    keys = NodeKeys.generate(str(FR), generation=1, tls_name="localhost", now_ms=_now_ms())
    store = SqliteStore.open(
        folder / "store.db",
        origin=LogOrigin.parse(keys.origin),
        store_key=store_key,
        head_signer=_signer(keys),
        clock=_CLOCK,
    )
    await store.start()
    directory, metrics = FixedDirectory(entries), Metrics()
    transport = HttpTransport(
        keys.tls, directory, clock=_CLOCK, metrics=metrics, journal=get_journal("bench")
    )
    await transport.start()
    runtime = Runtime(
        node=FR,
        ports=Ports(
            clock=_CLOCK,
            randomness=SystemRandomness(),
            transport=transport,
            store=store,
            blobs=FileBlobs(folder / "blobs", node=FR),
            directory=directory,
            metrics=metrics,
            journal=get_journal("bench"),
        ),
        secrets=dict,
        directory_changed=_nothing,
        why_no_directory=lambda: None,
    )
    await runtime.load()
    running = asyncio.create_task(runtime.run())
    await asyncio.wait([running], timeout=_HELD_S)
    if running.done():
        running.result()  # it ended by a fault, and nothing was measured
    failing = runtime.engine.waiting_since_failure()
    running.cancel()
    await asyncio.wait([running])
    await transport.close()
    await store.close()
    return {
        **_resident(),
        "lanes_failing": len(failing),
        "failures": sum(failing.values()),
    }


def _resident() -> dict[str, float]:
    """Return the memory of this process, as Linux tells it."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    status = dict(line.split(":", 1) for line in lines)
    return {
        "rss_mib": round(int(status["VmRSS"].split()[0]) / 1024, 1),
        "rss_most_mib": round(int(status["VmHWM"].split()[0]) / 1024, 1),
    }


def _entries(lanes: int) -> dict[NodeId, NodeEntry]:
    """Return as many entries as there are lanes, with keys of their own and a dead endpoint."""
    names = [str(_node(number)) for number in range(lanes)]
    made = Network(Path(), names, Wire(), asyncio.TaskGroup())
    update = {"endpoints": (_DEAD,)}
    return {node: entry.model_copy(update=update) for node, entry in made.entries.items()}


def _node(number: int) -> NodeId:
    return NodeId(_COUNTRIES[number % len(_COUNTRIES)], 2 + number // len(_COUNTRIES))


def _signer(keys: NodeKeys) -> HeadSigner:
    signer = keys.signer()

    def sign(head: TreeHead) -> Checkpoint:
        return sign_head(signer, head, timestamp_s=_now_ms() // 1000)

    return sign


def _now_ms() -> int:
    return _CLOCK.now_ms()


async def _nothing() -> None:
    await asyncio.sleep(0)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what is asked for and print it as one JSON document.

    Args:
        argv: Without the program; the process's own unless given.

    Returns:
        0.
    """
    parser = ArgumentParser(prog="python -m tests.bench.backlog", description=__doc__)
    parser.add_argument("--behind", type=int, default=0, help="P3 that a P0 stands behind")
    parser.add_argument("--lanes", type=int, default=0, help="nodes that are not reached")
    parser.add_argument("--each", type=int, default=100, help="messages that wait for each")
    parser.add_argument("--hold", type=Path, help="run a node over this folder")
    parser.add_argument("--store-key", default="")
    options = parser.parse_args(argv)
    result: dict[str, object] = {}
    if options.hold is not None:
        key = bytes.fromhex(options.store_key)
        entries = _entries(options.lanes)
        with Path(devnull).open("w", encoding="utf-8") as nowhere:
            configure_journal(nowhere, json=True)
            result |= asyncio.run(hold(options.hold, entries, store_key=key))
    else:
        if options.behind:
            result["urgent"] = urgent(behind=options.behind)
        if options.lanes:
            result["memory"] = memory(lanes=options.lanes, each=options.each)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
