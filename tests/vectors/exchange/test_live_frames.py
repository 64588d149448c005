"""What running nodes send each other, read by the reader that shares none of their code."""

import asyncio
from json import dumps, loads
from pathlib import Path
from typing import Any

from gateway.demo.documents import examples_folder, note_of
from gateway.records import Direction
from protocol.cases.ladder import MessageState, reached
from protocol.identifiers import NodeId
from tests.gateway.network import Network, Wire, network
from tests.vectors.exchange.second_node import read_envelope, read_receipt, split_frame
from tests.vectors.exchange.second_reader import Head, checkpoint, cmp, demand

SENT = 4


async def _exchange(folder: Path) -> Network:
    """Send a few documents from FR/1 to RO/1, and wait until they lie in the inbox."""
    request = loads((examples_folder() / "subscriber_information_request.json").read_text())
    async with network(folder, ["FR/1", "RO/1"], Wire(seed=5, turns=10, keep=True)) as net:
        submit = net["FR/1"].runtime.submit
        for number in range(SENT):
            document = dumps(note_of(request, number=number, size_bytes=100)).encode()
            draft = await submit.begin(document, file_sizes={})
            await submit.send(draft.id, request_key=None)
        async with asyncio.timeout(60):
            await _all_consigned(net)
    return net


async def _all_consigned(net: Network) -> None:
    store = net["FR/1"].store
    after = 0
    while True:
        rows = await store.messages(Direction.OUT, limit=SENT)
        if all(reached(row.state, MessageState.CONSIGNED) for row in rows):
            return
        await store.wait_for_events(after, 5.0)
        events = await store.events(after=after, limit=1000)
        after = events[-1].number if events else after


class Reader:
    """The second reader beside the wire: it sees frames, and no answers.

    Args:
        net: Whose directory and seeds it uses.
    """

    def __init__(self, net: Network) -> None:
        self._net = net
        self._heads: dict[tuple[NodeId, int], Head] = {}
        self._items: dict[bytes, dict[str, Any]] = {}
        self.stages: dict[bytes, list[str]] = {}

    def read(self, sender: NodeId, data: bytes) -> None:
        """Read one frame; what rides on a checkpoint that only an answer carried is left out."""
        head, bodies = split_frame(data)
        tree = self._tree(sender, head)
        if tree is None:
            return
        for item, body in zip(head.get("env", ()), bodies, strict=False):
            keys = self._net[cmp(item["h"])["to"]].keys
            seeds = [keys.last_resort_seed, *(prekey.seed for prekey in keys.prekeys)]
            mid = read_envelope(item, body, tree, seeds)["mid"]
            self._items[mid] = item
            self.stages.setdefault(mid, []).append("sent")
        for item in head.get("rcp", ()):
            mid = cmp(item["r"])["mid"]
            if mid in self._items:
                stage = read_receipt(item["r"], item, tree, of=self._items[mid])
                self.stages[mid].append(stage)

    def _tree(self, sender: NodeId, head: dict[str, Any]) -> Head | None:
        if head["cp"] is None:
            return self._heads.get((sender, head["at"]))
        (key,) = self._net.entries[sender].logs
        pair = {"origin": key.origin, "ed25519": key.ed25519, "mldsa44": key.mldsa44}
        tree, _ = checkpoint(head["cp"], pair)
        demand(tree.size == head["at"], "another size than its own checkpoint")
        known = self._heads.setdefault((sender, tree.size), tree)
        demand(known == tree, "a fork")
        return tree


def test_second_reader_reads_what_running_nodes_send(tmp_path: Path) -> None:
    """Envelopes open, receipts are proven: the document says what the services do."""
    net = asyncio.run(_exchange(tmp_path))
    reader = Reader(net)
    for sender, _, _, frame in net.wire.captured:
        reader.read(sender, frame)
    # How many ride on a checkpoint that only an answer carried depends on which overtook which.
    assert 0 < len(reader.stages) <= SENT
    assert any("consigned" in stages for stages in reader.stages.values())
