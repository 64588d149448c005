"""Real processes killed at random moments under load: nothing lost, nothing twice, logs whole.

A caller hands over documents under keys of its own and repeats each until it has an answer, as a
program on the desk would. Meanwhile one node or the other is killed without warning and started
again. At the end every document that was queued is one message at both ends with one receipt.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from gateway.demo.documents import Json, note_of
from gateway.demo.network import DemoNetwork, DemoNode, running
from gateway.demo.story import load_examples
from gateway.errors import GatewayError, UnavailableError
from gateway.officer.client import Client
from gateway.officer.shapes.models import MessageItem
from protocol.cases.ladder import MessageState

CALLERS = 16
SETTLE_S = 300.0
SEED = 20261121


class Callers:
    """Hands documents over until told to stop; remembers what the node said was queued."""

    def __init__(self, network: DemoNetwork) -> None:
        examples = load_examples([])
        self._request = next(
            one.document for one in examples if one.type == "subscriber_information_request"
        )
        self._sender = network.nodes[0]
        self._receiver = network.nodes[1]
        self._numbers: Iterator[int] = count()
        self._stopping = asyncio.Event()
        self.queued: dict[str, str] = {}

    def stop(self) -> None:
        """Let every caller finish the document it has."""
        self._stopping.set()

    async def run(self) -> None:
        """Call from many places at once."""
        async with self._sender.client() as client, asyncio.TaskGroup() as group:
            for _ in range(CALLERS):
                group.create_task(self._call(client))

    async def _call(self, client: Client) -> None:
        while not self._stopping.is_set():
            number = next(self._numbers)
            await self._queue(client, f"kill-{number}", self._document(number))

    async def _queue(self, client: Client, key: str, document: Json) -> None:
        """Repeat one document under one key until the node has answered."""
        while True:
            try:
                sent = await client.queue({**document}, key=key)
            except UnavailableError:
                await asyncio.sleep(0.05)  # the node is down: try again, as any program does
                continue
            self.queued[key] = sent.mid
            return

    def _document(self, number: int) -> Json:
        document = note_of(self._request, number=number, size_bytes=1024)
        return document | {"to": self._receiver.name}


async def _kill_and_restart(network: DemoNetwork, node: DemoNode) -> None:
    assert node.process is not None
    node.process.kill()
    await node.process.wait()
    await network.start_node(node)
    await network.wait_ready(node)


async def _all(client: Client, box: str) -> list[MessageItem]:
    items: list[MessageItem] = []
    before: int | None = None
    while True:
        page = await client.messages("in" if box == "in" else "out", limit=200, before=before)
        items.extend(page.items)
        before = page.next
        if before is None:
            return items


async def _settled(client: Client, mids: list[str]) -> None:
    for mid in mids:
        await client.wait(mid, MessageState.CONSIGNED, timeout_s=SETTLE_S)


async def _accepted(client: Client, mid: str) -> int:
    """Count the receipts `accepted` of a message once there is one; `consigned` may overtake it."""
    async with asyncio.timeout(SETTLE_S):
        while True:
            shown = await client.show(mid)
            if count := sum(entry.what == "accepted" for entry in shown.timeline):
                return count
            await asyncio.sleep(0.05)


async def _check(network: DemoNetwork, callers: Callers) -> None:
    sender, receiver = network.nodes[0], network.nodes[1]
    async with sender.client() as sending, receiver.client() as receiving:
        await _settled(sending, list(callers.queued.values()))
        sent = Counter(item.mid for item in await _all(sending, "out"))
        got = Counter(item.mid for item in await _all(receiving, "in"))
        assert set(sent.values()) == set(got.values()) == {1}
        assert sent == got
        assert sent == Counter(callers.queued.values())
        for mid in callers.queued.values():
            assert await _accepted(sending, mid) == 1, mid
        for client in (sending, receiving):
            assert not (await client.log.verified()).faults


async def _scenario(folder: Path, kills: int) -> int:
    draw = random.Random(SEED)  # noqa: S311 - moments of a test, nothing secret
    async with running(folder) as network:
        callers = Callers(network)
        calling = asyncio.create_task(callers.run())
        for number in range(kills):
            await asyncio.sleep(draw.uniform(0.05, 0.8))  # the moment itself is what is random
            await _kill_and_restart(network, network.nodes[number % 2])
            if calling.done():
                await calling
        callers.stop()
        await calling
        await _check(network, callers)
        return len(callers.queued)


@pytest.mark.parametrize("kills", [6, pytest.param(20, marks=pytest.mark.soak)])
def test_nodes_killed_at_random_moments_lose_nothing_and_deliver_nothing_twice(
    kills: int, tmp_path: Path
) -> None:
    """Both nodes in turn, SIGKILL, under load from sixteen callers."""
    try:
        queued = asyncio.run(_scenario(tmp_path, kills))
    except GatewayError as error:
        pytest.fail(f"{error}; {error.hint}")
    assert queued > kills
