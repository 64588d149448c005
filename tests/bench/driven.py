"""Hosts the sending node of a benchmark and sends from inside it: no local API stands between.

A process of its own. Reads one JSON line per run from standard input, `{"size", "count",
"at_once"}`, and answers with one: what it took, with this process's processor time and memory.
Each caller sends, waits until the receipt `accepted` is settled here, and sends the next.
"""

import asyncio
import json
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
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
from protocol.identifiers import MessageId

ATTACHED_BYTES: Final = 5 * 1024
"""Above this a payload travels as an attachment, below as the text of a document."""

_LOOK_EVERY_S: Final = 0.05
_TYPE: Final = "subscriber_information_request"


@dataclass
class Settled:
    """Tells a caller when its message is accepted."""

    store: Store
    after: int = 0
    _waiting: dict[MessageId, asyncio.Future[None]] = field(default_factory=dict)
    _early: set[MessageId] = field(default_factory=set)

    async def follow(self) -> None:
        """Read the node's events for ever."""
        while True:
            rows = await self.store.events(after=self.after, limit=1000)
            for row in rows:
                if row.mid is not None and row.what == "accepted":
                    waiting = self._waiting.pop(row.mid, None)
                    if waiting is None:
                        self._early.add(row.mid)
                    elif not waiting.done():
                        waiting.set_result(None)
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


class Sender:
    """Sends documents from inside a node.

    Args:
        runtime: The node's services.
        store: Its store.
        to: To whom.
    """

    def __init__(self, runtime: Runtime, store: Store, to: str) -> None:
        self._runtime = runtime
        self._settled = Settled(store)
        self._example = next(one for one in load_examples([]) if one.type == _TYPE)
        self._to = to
        self._number = 0
        self._task = asyncio.create_task(self._settled.follow())

    async def run(self, *, size: int, count: int, at_once: int) -> dict[str, object]:
        """Send, and return what it took."""
        times: list[float] = []
        numbers = iter(range(count))
        before = used()
        began = perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(self._caller(numbers, size, times))
        after = used()
        return {
            "messages": count,
            "seconds": perf_counter() - began,
            "cpu_s": after["cpu_s"] - before["cpu_s"],
            "rss_kib": after["rss_kib"],
            "times_s": sorted(times),
        }

    async def _caller(self, numbers: Iterator[int], size: int, times: list[float]) -> None:
        for _ in numbers:
            self._number += 1
            began = perf_counter()
            await self._settled.wait(await self._send(size))
            times.append(perf_counter() - began)

    async def _send(self, size: int) -> MessageId:
        submit = self._runtime.submit
        if size <= ATTACHED_BYTES:
            document = self._document(size)
            return (await submit.queue(json.dumps(document).encode(), request_key=None)).mid
        document = self._document(1024) | {"attachments": [{"path": "payload", "role": "other"}]}
        draft = await submit.begin(json.dumps(document).encode(), file_sizes={"payload": size})
        await submit.attach(draft.id, 0, BytesIO(bytes(size)))
        return (await submit.send(draft.id, request_key=None)).mid

    def _document(self, size: int) -> Json:
        note = note_of(self._example.document, number=self._number, size_bytes=size)
        return note | {"to": self._to}


def used() -> dict[str, float]:
    """Return this process's processor time and largest memory."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu_s": own.ru_utime + own.ru_stime, "rss_kib": float(own.ru_maxrss)}


async def main(home: Path, credential: Path, to: str, orders: TextIO) -> None:
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
    sender = Sender(runtime, ports.store, to)
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
    configure_journal(sys.stderr, json=True)
    place, secret, receiver = sys.argv[1:]
    asyncio.run(main(Path(place), Path(secret), receiver, sys.stdin))
