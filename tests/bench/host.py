"""Hosts the sending node of a benchmark and sends from inside it: no local API stands between.

A process of its own. Reads one JSON line per run from standard input, `{"size", "count" or
"seconds", "at_once", "other"}`, and answers with one: what it took. `other` is the receiving
node's process. Each caller sends, waits until the receipt `accepted` is settled here, and sends
the next. The documents are made before the clock starts, as the payload of any peer is.
"""

import asyncio
import gc
import json
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from itertools import cycle, islice
from os import getpid
from pathlib import Path
from time import perf_counter
from typing import Final, TextIO

from gateway.assembly import serve
from gateway.clock import SystemClock
from gateway.demo.documents import Json, note_of
from gateway.demo.story import load_examples
from gateway.home import Home
from gateway.journal import configure_journal
from gateway.operator.start import SecretSource, prepare_run
from gateway.outfit import Ports
from gateway.runtime import Runtime
from gateway.store import Store
from node import tune
from protocol.identifiers import MessageId
from tests.bench.peers.wire import Counts, between, counts, line_of, ports_of
from tests.bench.process import cpu_of, forget_peak, peak_of

ATTACHED_BYTES: Final = 5 * 1024
"""Above this a payload travels as an attachment, below as the text of a document."""

_LOOK_EVERY_S: Final = 0.05
_LAST_S: Final = 120.0
_DOCUMENTS: Final = 1024
_TYPE: Final = "subscriber_information_request"


@dataclass
class Settled:
    """Tells callers when their messages are accepted, and when all are in the other's inbox."""

    store: Store
    after: int = 0
    _waiting: dict[MessageId, asyncio.Future[None]] = field(default_factory=dict)
    _early: set[MessageId] = field(default_factory=set)
    _consigned: int = 0
    _goal: int = 0
    _all: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        """Read the node's events for ever."""
        while True:
            rows = await self.store.events(after=self.after, limit=1000)
            for row in rows:
                if row.mid is not None:
                    self._take(row.mid, row.what)
            if rows:
                self.after = rows[-1].number
            else:
                await self.store.wait_for_events(self.after, 60.0)

    async def wait(self, mid: MessageId) -> None:
        """Return once a message is accepted."""
        if mid in self._early:
            self._early.discard(mid)
            return
        self._waiting[mid] = asyncio.get_running_loop().create_future()
        await self._waiting[mid]

    async def wait_all(self, messages: int) -> None:
        """Return once so many more messages than at the last call have their second receipt."""
        self._goal += messages
        while self._consigned < self._goal:
            self._all.clear()
            await self._all.wait()

    def _take(self, mid: MessageId, what: str) -> None:
        if what == "consigned":
            self._consigned += 1
            self._all.set()
        elif what == "accepted":
            waiting = self._waiting.pop(mid, None)
            if waiting is None:
                self._early.add(mid)
            elif not waiting.done():
                waiting.set_result(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What both ends used so far."""

    here_s: float
    there_s: float

    @classmethod
    def now(cls, other: int) -> "Used":
        """Read it."""
        own = resource.getrusage(resource.RUSAGE_SELF)
        return cls(here_s=own.ru_utime + own.ru_stime, there_s=cpu_of(other))

    def since(self, early: "Used") -> list[float]:
        """Return what this end and the other one used since."""
        return [self.here_s - early.here_s, self.there_s - early.there_s]


class CountingLoop(asyncio.SelectorEventLoop):
    """The usual loop; it also keeps what connections carried that are closed by now."""

    def __init__(self) -> None:
        super().__init__()
        self._carried: dict[int, tuple[tuple[int, int], tuple[int, int]]] = {}

    def counts(self, far: set[int]) -> Counts:
        """Return what all connections to some ports carried, open ones and closed ones."""
        closed = {
            number: sums for number, (ports, sums) in self._carried.items() if ports[1] in far
        }
        return closed | counts(lambda _, port: port in far)

    def _remove_reader(self, fd: int) -> bool:
        """Note what a connection carried: it is closed next, or only rests."""
        line = line_of(fd)
        if line is not None:
            self._carried[line[0]] = line[1:]
        return super()._remove_reader(fd)  # type: ignore[misc,no-any-return]  # asyncio's own


class Sender:
    """Sends documents from inside a node.

    Args:
        runtime: The node's services.
        store: Its store.
        to: To whom.
        loop: All of it runs on.
    """

    def __init__(self, runtime: Runtime, store: Store, to: str, loop: CountingLoop) -> None:
        self._runtime = runtime
        self._loop = loop
        self._settled = Settled(store)
        self._example = next(one for one in load_examples([]) if one.type == _TYPE)
        self._to = to
        self._task = asyncio.create_task(self._settled.follow())

    async def run(
        self, *, size: int, at_once: int, other: int, count: int = 0, seconds: float = 0.0
    ) -> dict[str, object]:
        """Send so many, or for so long; return what it took."""
        documents = self._documents(size, min(count, _DOCUMENTS) if count else _DOCUMENTS)
        turns = islice(cycle(documents), count or None)
        done: list[tuple[float, float]] = []
        theirs = ports_of(other)
        forget_peak(other)
        forget_peak(getpid())
        wire = self._loop.counts(theirs)
        before = Used.now(other)
        began = perf_counter()
        until = began + seconds if seconds else float("inf")
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(self._caller(turns, size, done, until=until))
        ended, accepted = perf_counter(), Used.now(other)
        async with asyncio.timeout(_LAST_S):
            await self._settled.wait_all(len(done))
        after = Used.now(other)
        theirs |= ports_of(other)
        return {
            "messages": len(done),
            "seconds": ended - began,
            "cpu_s": after.since(before),
            "cpu_to_accepted_s": accepted.since(before),
            "times_s": [took for _, took in done],
            "ends_s": [at - began for at, _ in done] if seconds else [],
            "wire": between(wire, self._loop.counts(theirs)),
            "rss_kib": [peak_of(getpid()), peak_of(other)],
        }

    async def _caller(
        self,
        turns: Iterator[bytes],
        size: int,
        done: list[tuple[float, float]],
        *,
        until: float,
    ) -> None:
        for document in turns:
            began = perf_counter()
            if began >= until:
                return
            await self._settled.wait(await self._send(document, size))
            ended = perf_counter()
            done.append((ended, ended - began))

    async def _send(self, document: bytes, size: int) -> MessageId:
        submit = self._runtime.submit
        if size <= ATTACHED_BYTES:
            return (await submit.queue(document, request_key=None)).mid
        draft = await submit.begin(document, file_sizes={"payload": size})
        await submit.attach(draft.id, 0, BytesIO(bytes(size)))
        return (await submit.send(draft.id, request_key=None)).mid

    def _documents(self, size: int, count: int) -> list[bytes]:
        attached: Json = {"attachments": [{"path": "payload", "role": "other"}]}
        is_text = size <= ATTACHED_BYTES
        more = {"to": self._to} | ({} if is_text else attached)
        text_bytes = size if is_text else 1024
        return [
            json.dumps(
                note_of(self._example.document, number=number, size_bytes=text_bytes) | more
            ).encode()
            for number in range(count)
        ]


async def main(
    home: Path, credential: Path, to: str, *, orders: TextIO, loop: CountingLoop
) -> None:
    """Run the node and do what standard input says, until it ends."""
    source = SecretSource(passphrase_file=None, credential_file=credential, environ={}, ask=None)
    options = prepare_run(Home(home), source, file=None, environ={}, json_journal=True)
    met: asyncio.Future[tuple[Runtime, Ports]] = asyncio.get_running_loop().create_future()
    node = asyncio.create_task(
        serve(options, SystemClock(), met=lambda *parts: met.set_result(parts))
    )
    node.add_done_callback(lambda _: met.cancel())  # it ends before only by a fault
    try:
        runtime, ports = await met
    except asyncio.CancelledError:
        await node
        raise
    while not runtime.health.is_ready():  # its log is compared with what the others hold
        await ports.clock.sleep(_LOOK_EVERY_S)
    sender = Sender(runtime, ports.store, to, loop)
    sys.stdout.write(json.dumps({"serving": True}) + "\n")
    sys.stdout.flush()
    while line := await asyncio.to_thread(orders.readline):
        result = await sender.run(**json.loads(line))
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()
    node.cancel()
    with suppress(asyncio.CancelledError):
        await node


if __name__ == "__main__":
    tune()  # as node.py does, and the next line too
    gc.freeze()
    configure_journal(sys.stderr, json=True)
    place, secret, receiver = sys.argv[1:]
    with asyncio.Runner(loop_factory=CountingLoop) as runner:
        counting = runner.get_loop()
        assert isinstance(counting, CountingLoop)
        runner.run(main(Path(place), Path(secret), receiver, orders=sys.stdin, loop=counting))
