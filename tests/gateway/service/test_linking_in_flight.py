"""Frames and answers overtaking each other between one pair of nodes: no false fork, no loss.

The slice in `make test` is small; the whole run is the same test, marked soak.
"""

import asyncio
from collections.abc import Callable
from json import dumps, loads
from pathlib import Path

import pytest

from gateway.demo.documents import examples_folder, note_of
from gateway.records import Direction
from protocol.cases.ladder import MessageState, reached
from protocol.encoding import Value
from tests.gateway.network import Network, Wire, network

AT_ONCE = 256


def _document(urgency: str, number: int) -> bytes:
    text = (examples_folder() / "subscriber_information_request.json").read_text()
    request: dict[str, Value] = loads(text)
    document = note_of(request, number=number, size_bytes=1024)
    document["urgency"] = urgency
    if urgency != "routine":
        inside = document["body"]
        assert isinstance(inside, dict)
        inside["urgency_reasons"] = ["crime_in_progress"]
    return dumps(document).encode()


async def _send(net: Network, sender: str, document: bytes) -> None:
    submit = net[sender].runtime.submit
    draft = await submit.begin(document, file_sizes={})
    await submit.send(draft.id, request_key=None)


async def _all_consigned(net: Network, sender: str) -> None:
    store = net[sender].store
    after = 0
    while True:
        rows = await store.messages(Direction.OUT, limit=1_000_000)
        if all(reached(row.state, MessageState.CONSIGNED) for row in rows):
            return
        await store.wait_for_events(after, 5.0)
        events = await store.events(after=after, limit=10_000)
        after = events[-1].number if events else after


async def _exchange(folder: Path, messages: int, wire: Wire) -> Network:
    """Send half of the messages each way, urgent and routine mixed."""
    documents = [_document("urgent", 1), _document("routine", 2)]
    async with network(folder, ["FR/1", "RO/1"], wire) as net:
        for start in range(0, messages, AT_ONCE):
            async with asyncio.TaskGroup() as group:
                for number in range(start, min(start + AT_ONCE, messages)):
                    sender = "FR/1" if number % 4 < 2 else "RO/1"
                    document = documents[number % 2]
                    if sender == "RO/1":
                        document = document.replace(b'"to": "RO"', b'"to": "FR"')
                    group.create_task(_send(net, sender, document))
        async with asyncio.timeout(600):
            await _all_consigned(net, "FR/1")
            await _all_consigned(net, "RO/1")
        for here, there in (("FR/1", "RO/1"), ("RO/1", "FR/1")):
            sent = await net[here].store.messages(Direction.OUT, limit=1_000_000)
            got = await net[there].store.messages(Direction.IN, limit=1_000_000)
            assert sorted(row.mid for row in sent) == sorted(row.mid for row in got)
            assert net[here].runtime.health.report()[-1].ok
    return net


def _check_wire(net: Network, record: Callable[[str, object], None]) -> None:
    """Position is the only reason for which a frame may have been refused."""
    assert set(net.wire.refusals) <= {"E_LOG_POSITION"}
    record("frames", net.wire.frames)
    record("repeated_for_position", net.wire.refusals.get("E_LOG_POSITION", 0))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_overtaking_frames_and_answers_lose_nothing_and_raise_no_fork(
    seed: int, tmp_path: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """Two urgent and two bulk workers each way, answers in every order."""
    net = asyncio.run(_exchange(tmp_path, 400, Wire(seed=seed, turns=40)))
    _check_wire(net, record_testsuite_property)


@pytest.mark.soak
def test_twenty_thousand_messages_in_flight_raise_no_false_fork(
    tmp_path: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """The whole run of the issue's figure."""
    net = asyncio.run(_exchange(tmp_path, 20_000, Wire(seed=7, turns=40)))
    _check_wire(net, record_testsuite_property)
