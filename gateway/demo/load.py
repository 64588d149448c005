"""Sends many envelopes from one node to another as fast as both can, and says what it cost.

The measured path is the product's: local API, check, seal, durable queue, mutual TLS, durable
acceptance, proven receipt, durable settlement. Time runs from the first document handed over to
the last `accepted` receipt settled.
"""

import asyncio
import re
from dataclasses import asdict, dataclass
from typing import Final

from gateway.demo.documents import Example, Json, note_of
from gateway.demo.network import CLOCK, DemoNode
from gateway.errors import NotYetError, UnavailableError
from gateway.officer.client import Client
from protocol.cases.ladder import MessageState, reached

_CALLERS: Final = 64
_SIZE_BYTES: Final = 4096
_LONGEST_S: Final = 1800.0
_SAMPLE: Final = re.compile(rb"^(\w+(?:\{[^}]*\})?) ([0-9.e+-]+)$", re.MULTILINE)
_CPU: Final = b"process_cpu_seconds_total"
_SETTLED: Final = b"a35_settled_total"
_FRAMES: Final = b'a35_frames_total{direction="out"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a load run reached.

    `cpu_seconds` is that of both nodes, `batches` the frames that the sending node sent.
    """

    messages: int
    seconds: float
    per_second: float
    cpu_seconds: float
    batches: int

    def as_json(self) -> Json:
        """Return it as `a35 demo --load N --json` prints it."""
        return dict(asdict(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meter:
    cpu_s: float
    settled: float
    frames: float


async def run_load(sender: DemoNode, receiver: DemoNode, example: Example, messages: int) -> Load:
    """Send and wait until every receipt is settled.

    Args:
        sender: From which node.
        receiver: To which.
        example: A subscriber information request to make the messages of.
        messages: How many.

    Returns:
        What it reached.

    Raises:
        NotYetError: Not all were accepted within half an hour.
        UnavailableError: A node stopped.
    """
    before = await _meter(sender), await _meter(receiver)
    began_s = CLOCK.monotonic_s()
    async with sender.client() as client:
        mids = await _send_all(client, _documents(example, receiver, messages))
        await _wait_settled(sender, before[0].settled + messages)
        seconds = CLOCK.monotonic_s() - began_s
        await _check_some(client, mids)
    after = await _meter(sender), await _meter(receiver)
    return Load(
        messages=messages,
        seconds=round(seconds, 3),
        per_second=round(messages / seconds, 1),
        cpu_seconds=round(sum(b.cpu_s - a.cpu_s for a, b in zip(before, after, strict=True)), 2),
        batches=int(after[0].frames - before[0].frames),
    )


def _documents(example: Example, receiver: DemoNode, messages: int) -> list[Json]:
    return [
        note_of(example.document, number=number, size_bytes=_SIZE_BYTES) | {"to": receiver.name}
        for number in range(messages)
    ]


async def _send_all(client: Client, documents: list[Json]) -> list[str]:
    """Hand the documents over with 64 callers at once, as many desks would."""
    waiting = iter(documents)
    mids: list[str] = []

    async def caller() -> None:
        for document in waiting:
            sent = await client.queue({**document})
            mids.append(sent.mid)

    async with asyncio.TaskGroup() as group:
        for _ in range(_CALLERS):
            group.create_task(caller())
    return mids


async def _wait_settled(sender: DemoNode, goal: float) -> None:
    end_s = CLOCK.monotonic_s() + _LONGEST_S
    while (await _meter(sender)).settled < goal:
        if CLOCK.monotonic_s() > end_s:
            raise NotYetError("not every message of the load was accepted in half an hour")
        await CLOCK.sleep(0.02)


async def _check_some(client: Client, mids: list[str]) -> None:
    """Hold the counter against the states of the first, middle and last message.

    Raises:
        NotYetError: One counts as settled and is not.
    """
    for mid in {mids[0], mids[len(mids) // 2], mids[-1]}:
        view = await client.show(mid)
        if not reached(MessageState(view.state), MessageState.ACCEPTED):
            raise NotYetError(f"message {mid} counts as settled, but is {view.state}")


async def _meter(node: DemoNode) -> _Meter:
    """Read a node's own counters.

    Raises:
        UnavailableError: It does not answer.
    """
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", node.desk_port)
        host = f"Host: localhost:{node.desk_port}"
        writer.write(f"GET /metrics HTTP/1.1\r\n{host}\r\nConnection: close\r\n\r\n".encode())
        text = await reader.read()
        writer.close()
    except OSError as error:
        raise UnavailableError(f"{node.name} does not answer") from error
    samples = {name: float(value) for name, value in _SAMPLE.findall(text)}
    return _Meter(
        cpu_s=samples.get(_CPU, 0.0),
        settled=samples.get(_SETTLED, 0.0),
        frames=samples.get(_FRAMES, 0.0),
    )
