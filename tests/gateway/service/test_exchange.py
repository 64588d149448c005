"""A message and everything that becomes of it, between real nodes; invariants at the end."""

import asyncio
from io import BytesIO
from pathlib import Path

import pytest

from gateway.errors import NoInputError
from gateway.ports import Route
from protocol.cases.ladder import MessageState
from protocol.delivery.urgency import Urgency
from tests.gateway.network import DAY_MS, Wire, network
from tests.gateway.service.invariants import check_invariants
from tests.gateway.service.world import (
    acknowledgement,
    ask,
    decision,
    pass_time,
    received_by,
    request,
    scenario,
    send,
    sent_by,
    settled,
    state_of,
    until_state,
)
from tests.gateway.wire import BLOBS, deliver, losing

NAMES = ["FR/1", "RO/1"]


@scenario
async def test_request_is_opened_acknowledged_and_answered_and_both_sides_know(
    tmp_path: Path,
) -> None:
    """The whole ladder, each step by its own receipt or answer."""
    async with network(tmp_path, NAMES, Wire(seed=1, turns=5)) as net:
        french, romanian = net["FR/1"], net["RO/1"]
        asked = request(urgency="urgent")
        mid = (await send(french, asked)).mid
        row = await until_state(french, mid, MessageState.CONSIGNED)
        assert row.cls is Urgency.P1
        opened = await romanian.runtime.act.open(mid, who="RO/1 officer 3")
        assert opened.document["type"] == "subscriber_information_request"
        await until_state(french, mid, MessageState.OPENED)
        await send(romanian, acknowledgement(asked, mid))
        await until_state(french, mid, MessageState.ACKNOWLEDGED)
        await send(romanian, decision(asked, mid))
        await until_state(french, mid, MessageState.ANSWERED)
        await until_state(romanian, mid, MessageState.ANSWERED)
        await net.turn_until(settled(net))
        assert await check_invariants(net) == 8
        assert set(net.wire.refusals) <= {"E_LOG_POSITION"}


@scenario
async def test_decision_that_grants_nothing_tells_declined_in_place_of_acknowledged(
    tmp_path: Path,
) -> None:
    """Rule 22: a first answer that refuses says so on the ladder."""
    async with network(tmp_path, NAMES, Wire()) as net:
        asked = request()
        mid = (await send(net["FR/1"], asked)).mid
        await until_state(net["RO/1"], mid, MessageState.CONSIGNED)
        await send(net["RO/1"], decision(asked, mid, refuse=True))
        await until_state(net["FR/1"], mid, MessageState.ANSWERED)
        await net.turn_until(settled(net))
        stages = ask(net["FR/1"], "SELECT stage FROM receipt WHERE given = 0 ORDER BY id")
        assert ("declined",) in stages
        assert ("acknowledged",) not in stages
        await check_invariants(net)


@scenario
async def test_second_answer_implies_no_second_acknowledgement(tmp_path: Path) -> None:
    """A stage is told once, whoever answers again."""
    async with network(tmp_path, NAMES, Wire()) as net:
        asked = request()
        mid = (await send(net["FR/1"], asked)).mid
        await until_state(net["RO/1"], mid, MessageState.CONSIGNED)
        await send(net["RO/1"], acknowledgement(asked, mid))
        await send(net["RO/1"], decision(asked, mid))
        await until_state(net["FR/1"], mid, MessageState.ANSWERED)
        await net.turn_until(settled(net))
        given = ask(net["RO/1"], "SELECT count(*) FROM receipt WHERE stage = 'acknowledged'")
        assert given == [(1,)]
        await check_invariants(net)


@scenario
async def test_refusal_after_an_acknowledgement_implies_no_receipt_any_more(
    tmp_path: Path,
) -> None:
    """`declined` stands in the place of `acknowledged`, not beside it."""
    async with network(tmp_path, NAMES, Wire()) as net:
        asked = request()
        mid = (await send(net["FR/1"], asked)).mid
        await until_state(net["RO/1"], mid, MessageState.CONSIGNED)
        await send(net["RO/1"], acknowledgement(asked, mid))
        await send(net["RO/1"], decision(asked, mid, refuse=True))
        await until_state(net["FR/1"], mid, MessageState.ANSWERED)
        await net.turn_until(settled(net))
        assert ask(net["RO/1"], "SELECT 1 FROM receipt WHERE stage = 'declined'") == []
        await check_invariants(net)


@scenario
async def test_opening_twice_tells_once_and_shows_both_times(tmp_path: Path) -> None:
    """Two officers read the same message; its sender hears of the first."""
    async with network(tmp_path, NAMES, Wire()) as net:
        mid = (await send(net["FR/1"], request())).mid
        await until_state(net["RO/1"], mid, MessageState.CONSIGNED)
        act = net["RO/1"].runtime.act
        async with asyncio.TaskGroup() as group:
            group.create_task(act.open(mid, who="RO/1 officer 1"))
            group.create_task(act.open(mid, who="RO/1 officer 2"))
        again = await act.open(mid, who="RO/1 officer 1")
        assert again.row.state is MessageState.OPENED
        await until_state(net["FR/1"], mid, MessageState.OPENED)
        await net.turn_until(settled(net))
        opened = ask(net["RO/1"], "SELECT count(*) FROM receipt WHERE stage = 'opened'")
        assert opened == [(1,)]
        own = await net["FR/1"].runtime.act.open(mid, who="FR/1 officer 1")
        assert own.document["type"] == "subscriber_information_request"
        await check_invariants(net)


@scenario
async def test_request_key_repeated_queues_once(tmp_path: Path) -> None:
    """A program that lost our answer may ask again; the officer abroad sees one request."""
    async with network(tmp_path, NAMES, Wire()) as net:
        first = await send(net["FR/1"], request(), key="request 17")
        second = await send(net["FR/1"], request(), key="request 17")
        other = await send(net["FR/1"], request(2), key="request 18")
        assert (first.repeated, second.repeated, other.repeated) == (False, True, False)
        assert second.mid == first.mid != other.mid
        await until_state(net["FR/1"], first.mid, MessageState.CONSIGNED)
        await until_state(net["FR/1"], other.mid, MessageState.CONSIGNED)
        assert len(await received_by(net["RO/1"])) == 2
        await net.turn_until(settled(net))
        await check_invariants(net)


@scenario
async def test_answers_lost_after_processing_are_repeated_without_a_second_effect(
    tmp_path: Path,
) -> None:
    """Commit unknown: the stored receipt again, byte for byte, and one row in the inbox."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        mid = (await send(net["FR/1"], request(urgency="emergency"))).mid
        wire.answering = losing(lambda path: path == Route.ENVELOPES, 5)
        await net.run("FR/1")
        await net.turn_until(lambda: pass_time(net) and settled(net)())
        assert ask(net["RO/1"], "SELECT count(*) FROM leaf WHERE kind = 2") == [(1,)]
        await net.run("RO/1")
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        await net.turn_until(settled(net))
        assert len(await received_by(net["RO/1"])) == 1
        assert await check_invariants(net) == 2


@scenario
async def test_three_nodes_exchange_in_all_directions_over_a_lossy_wire(tmp_path: Path) -> None:
    """Everything arrives once, whatever is lost on the way; nobody sees a fork."""
    wire = Wire(seed=11, turns=20)
    wire.lose = lambda: wire.draw.random() < 0.2
    names = ["DE/1", "FR/1", "RO/1"]
    async with network(tmp_path, names, wire) as net:
        mids = []
        for number, (sender, to) in enumerate(
            (sender, to) for sender in names for to in names if sender != to
        ):
            for urgency in ("routine", "emergency"):
                document = request(number, to=to, urgency=urgency)
                mids.append((sender, (await send(net[sender], document)).mid))

        def all_consigned() -> bool:
            found = [
                ask(net[sender], "SELECT state FROM message WHERE mid = ?", mid.value)
                for sender, mid in mids
            ]
            return found == [[(MessageState.CONSIGNED.value,)]] * len(mids)

        # Time passes until then: what was lost last is sent again after a while only.
        await net.turn_until(lambda: pass_time(net) and settled(net)() and all_consigned())
        # An `accepted` that was lost is not asked for again once a later stage has come.
        assert len(mids) <= await check_invariants(net) <= 2 * len(mids)
        for node in net.nodes.values():
            assert len(await sent_by(node)) == len(await received_by(node)) == 4
        assert set(wire.refusals) <= {"E_LOG_POSITION"}


@scenario
async def test_attachments_travel_and_open_byte_equal(tmp_path: Path) -> None:
    """Sealed here, opened there; the name is text, the bytes are those that were given."""
    content = bytes(range(256)) * 4096
    async with network(tmp_path, NAMES, Wire()) as net:
        mid = (await send(net["FR/1"], _with_file(), files={"folder/order.pdf": content})).mid
        await until_state(net["RO/1"], mid, MessageState.CONSIGNED)
        act = net["RO/1"].runtime.act
        with pytest.raises(NoInputError, match="not opened"):
            await act.file(mid, 0, BytesIO())
        opened = await act.open(mid, who="RO/1 officer 1")
        (view,) = opened.files
        assert (view.name, view.size_bytes, view.index) == ("order.pdf", len(content), 0)
        target = BytesIO()
        assert await act.file(mid, 0, target) == "order.pdf"
        assert target.getvalue() == content
        with pytest.raises(NoInputError, match="no such attachment"):
            await act.file(mid, 1, BytesIO())
        await until_state(net["FR/1"], mid, MessageState.OPENED)
        await net.turn_until(settled(net))
        await check_invariants(net)


@scenario
async def test_half_sent_attachment_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """A line that breaks in the middle costs one piece, not the file."""
    wire = Wire()
    content = b"x" * (5 * 1024 * 1024)
    async with network(tmp_path, NAMES, wire, run=["RO/1"]) as net:
        mid = (await send(net["FR/1"], _with_file(), files={"folder/order.pdf": content})).mid
        wire.answering = losing(lambda path: path == BLOBS and len(wire.pieces) == 2, 1)
        await net.run("FR/1")
        await net.turn_until(lambda: bool(net["FR/1"].runtime.engine.waiting_since_failure()))
        wire.pieces.append(-1)
        await net.advance(10_000)
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        mebibyte = 1024 * 1024
        assert wire.pieces == [0, mebibyte, -1, 3 * mebibyte, 4 * mebibyte]
        await net.turn_until(settled(net))
        await check_invariants(net)


@scenario
async def test_emergency_passes_attachments_that_are_under_way(tmp_path: Path) -> None:
    """Several at once, to two nodes, none of which gets on: the P0 arrives all the same."""
    wire = Wire()
    wire.taking.clear()
    content = b"x" * (3 * 1024 * 1024)
    async with network(tmp_path, [*NAMES, "JP/1"], wire) as net:
        sender = net["FR/1"]
        laden = [
            await send(sender, _with_file() | {"to": to[:2]}, files={"folder/order.pdf": content})
            for to in ("RO/1", "JP/1", "RO/1", "JP/1")
        ]
        await net.turn_until(lambda: len(wire.pieces) >= 2)
        emergency = (await send(sender, request(urgency="emergency"))).mid
        await until_state(sender, emergency, MessageState.CONSIGNED)
        assert {await state_of(sender, one.mid) for one in laden} == {MessageState.QUEUED}
        assert set(wire.pieces) == {0}
        wire.taking.set()
        for one in laden:
            await until_state(sender, one.mid, MessageState.CONSIGNED)
        await net.turn_until(settled(net))
        await check_invariants(net)


@scenario
async def test_repeat_after_exp_still_gets_the_stored_receipt(tmp_path: Path) -> None:
    """Rule 23: what was accepted stays accepted, also when the sender's clock passes `exp`."""
    wire = Wire(keep=True)
    async with network(tmp_path, NAMES, wire, run=["RO/1"]) as net:
        document = request() | {"valid_until": "2026-11-22T04:00:00Z"}
        await net.run("FR/1")
        # Once both know where the other stands: a lost greeting would leave nothing to accept.
        standings, there = net["FR/1"].runtime._standings, net["RO/1"].id
        await net.turn_until(lambda: standings.of(there).head > 0)
        wire.answering = losing(lambda path: path == Route.ENVELOPES, 10_000)
        mid = (await send(net["FR/1"], document)).mid
        await until_state(net["RO/1"], mid, MessageState.CONSIGNED)
        await net["FR/1"].halt()
        net.clock.ms += DAY_MS
        before = ask(net["RO/1"], "SELECT bytes FROM receipt ORDER BY id")
        _, _, route, frame = max(wire.captured, key=lambda one: len(one[3]))
        status, _ = await deliver(net["RO/1"], net["FR/1"].id, route, frame)
        assert status == 200
        assert ask(net["RO/1"], "SELECT bytes FROM receipt ORDER BY id") == before
        assert ask(net["RO/1"], "SELECT count(*) FROM envelope") == [(1,)]


def _with_file() -> dict[str, object]:
    document = request()
    document["attachments"] = [
        {"path": "folder/order.pdf", "role": "other", "media_type": "application/pdf"}
    ]
    return document
