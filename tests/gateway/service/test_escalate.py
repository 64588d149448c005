"""Nobody waits in silence: stages at their times, once each; evidence; the second desk."""

import asyncio
import sqlite3
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import cast

import pytest

from gateway.boxes import Box
from gateway.errors import StorageError
from gateway.lateness import EscalationRow
from gateway.service.orders import COPY_OF
from gateway.store import Store
from protocol.cases.ladder import MessageState
from protocol.delivery.escalation import Stage
from protocol.envelope.content import Content, decode_inner
from protocol.identifiers import MessageId, NodeId
from protocol.log.deed import Silence
from protocol.log.statement import StatementKind
from tests.gateway.full import Full
from tests.gateway.network import Network, Node, Wire, network
from tests.gateway.service.world import (
    FR,
    RO,
    acknowledgement,
    ask,
    pass_time,
    request,
    scenario,
    send,
    state_of,
    until_state,
)

SECOND = NodeId("RO", 2)
BOTH = ["FR/1", "RO/1"]
THREE = ["FR/1", "RO/1", "RO/2"]
MINUTE_MS = 60_000
EMERGENCY = "emergency"
ALL_OF_ACCEPTED = [("accepted", stage) for stage in ("hasten", "telephone", "silence")]


def emergency(number: int = 1, *, to: str = "RO/1") -> dict[str, object]:
    """Return a request that cannot wait."""
    return request(number, to=to, urgency=EMERGENCY)


async def at(net: Network, node: Node, after_ms: int, since_ms: int) -> None:
    """Let the clock say that so much has passed since a moment, and look."""
    net.clock.ms = since_ms + after_ms
    await node.runtime.escalate.look()


async def told(node: Node, mid: MessageId) -> list[tuple[str, str]]:
    """Return what was told of a message."""
    return [(row.step.value, row.stage.value) for row in await rows(node, mid)]


async def rows(node: Node, mid: MessageId) -> tuple[EscalationRow, ...]:
    """Return the stages told of a message."""
    return await node.store.escalations([mid])


async def evidence(node: Node, row: EscalationRow) -> Silence:
    """Return what a stated silence says."""
    assert row.index is not None
    (leaf,) = await node.store.leaves(row.index, row.index + 1)
    assert leaf.kind == StatementKind.SILENCE.value
    assert leaf.preimage is not None
    return Silence.decode(leaf.preimage)


async def content_of(node: Node, mid: MessageId) -> Content:
    """Return what a message of FR/1 says at a node."""
    inner = await node.store.inner(FR, mid)
    assert inner is not None
    return Content.decode(decode_inner(inner).content)


async def heal(net: Network, node: Node, mid: MessageId) -> None:
    """Mend the wire, and let time pass until a message is in the inbox there."""
    net.wire.cut.clear()
    there = "SELECT 1 FROM message WHERE mid = ? AND state = 'consigned'"
    await net.turn_until(lambda: pass_time(net) and bool(ask(node, there, mid.value)))


@scenario
async def test_emergency_that_is_not_accepted_is_told_at_15_30_and_60_seconds(
    tmp_path: Path,
) -> None:
    """A one-way cut: nothing is refused, nothing comes back."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, BOTH, wire, run=["FR/1"]) as net:
        here = net["FR/1"]
        sent = await send(here, emergency())
        began = net.clock.ms
        await net.turn_until(lambda: bool(ask(here, "SELECT 1 FROM attempt")))
        for after_ms, stages in (
            (14_999, []),
            (15_000, ["hasten"]),
            (29_999, ["hasten"]),
            (30_000, ["hasten", "telephone"]),
            (59_999, ["hasten", "telephone"]),
            (60_000, ["hasten", "telephone", "silence"]),
        ):
            await at(net, here, after_ms, began)
            assert [stage for _, stage in await told(here, sent.mid)] == stages, after_ms
        stated = await evidence(here, (await rows(here, sent.mid))[-1])
        assert (stated.mid, stated.step) == (sent.mid, "accepted")
        assert stated.due_ms == began + MINUTE_MS
        assert {"unreachable", "hasten_accepted", "telephone_accepted"} <= {
            what for _, what in stated.tries
        }
        kinds = [event.kind for event in await here.store.timeline(FR, sent.mid)]
        assert kinds.count("message.escalated") == 2
        assert kinds.count("non_delivery_notice") == 1
        assert here.metrics.value("a35_escalations_total", {"stage": "silence", "cls": "P0"}) == 1
        assert await state_of(here, sent.mid) is MessageState.QUEUED


@scenario
async def test_nothing_is_told_of_a_message_that_is_answered_in_time(tmp_path: Path) -> None:
    """An alarm for nothing costs the next one its belief."""
    async with network(tmp_path, BOTH, Wire()) as net:
        here, there = net["FR/1"], net["RO/1"]
        asked = emergency()
        sent = await send(here, asked)
        await here.runtime.escalate.look()
        await until_state(there, sent.mid, MessageState.CONSIGNED)
        await send(there, acknowledgement(asked, sent.mid))
        await until_state(here, sent.mid, MessageState.ACKNOWLEDGED)
        began = net.clock.ms
        await at(net, here, 20 * MINUTE_MS, began)
        assert await told(here, sent.mid) == []


@scenario
async def test_peer_that_accepts_but_nobody_acknowledges_is_told_in_its_own_time(
    tmp_path: Path,
) -> None:
    """The machine answered; no person did. A quarter of an hour for an emergency."""
    async with network(tmp_path, BOTH, Wire()) as net:
        here = net["FR/1"]
        sent = await send(here, emergency())
        began = net.clock.ms
        await until_state(here, sent.mid, MessageState.CONSIGNED)
        await at(net, here, 3 * MINUTE_MS, began)
        assert await told(here, sent.mid) == []
        await at(net, here, 15 * MINUTE_MS, began)
        assert await told(here, sent.mid) == [
            ("acknowledged", "hasten"),
            ("acknowledged", "telephone"),
            ("acknowledged", "silence"),
        ]
        row = (await rows(here, sent.mid))[-1]
        assert row.asked
        assert (await evidence(here, row)).step == "acknowledged"
        kinds = [event.kind for event in await here.store.timeline(FR, sent.mid)]
        assert kinds[-1] == "silence_notice"


@scenario
async def test_answer_waits_for_acceptance_alone(tmp_path: Path) -> None:
    """Nobody acknowledges an acknowledgement."""
    async with network(tmp_path, BOTH, Wire()) as net:
        here, there = net["FR/1"], net["RO/1"]
        asked = emergency()
        sent = await send(here, asked)
        await until_state(there, sent.mid, MessageState.CONSIGNED)
        answered = await send(there, acknowledgement(asked, sent.mid))
        await until_state(there, answered.mid, MessageState.CONSIGNED)
        await at(net, there, 60 * MINUTE_MS, net.clock.ms)
        assert await told(there, answered.mid) == []


@scenario
async def test_restart_and_a_clock_set_back_repeat_no_stage(tmp_path: Path) -> None:
    """What was told is in the store; the clock decides nothing about that."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, BOTH, wire, run=["FR/1"]) as net:
        here = net["FR/1"]
        sent = await send(here, emergency())
        began = net.clock.ms
        await at(net, here, 31_000, began)
        before = await rows(here, sent.mid)
        assert len(before) == 2
        here = await net.restart("FR/1")
        await at(net, here, 32_000, began)
        await at(net, here, -3_600_000, began)
        assert await rows(here, sent.mid) == before
        here = await net.crash("FR/1")
        await at(net, here, 61_000, began)
        assert [stage for _, stage in await told(here, sent.mid)] == [
            "hasten",
            "telephone",
            "silence",
        ]
        here = await net.restart("FR/1")
        await at(net, here, 62_000, began)
        assert len(await rows(here, sent.mid)) == 3


@scenario
async def test_wall_clock_that_jumps_ahead_brings_no_stage_early(tmp_path: Path) -> None:
    """While the node runs its monotonic clock measures the wait; days ahead prove no silence."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, BOTH, wire, run=[]) as net:
        here = net["FR/1"]
        sent = await send(here, emergency())
        await here.runtime.escalate.look()
        began_s = net.clock.monotonic_s()
        clock = net.clock
        for jump_ms in (400 * 24 * 60 * MINUTE_MS, -400 * 24 * 60 * MINUTE_MS):
            clock.ms += jump_ms
            clock.monotonic_s = lambda: began_s + 14  # type: ignore[method-assign]
            await here.runtime.escalate.look()
            assert await told(here, sent.mid) == []
        clock.monotonic_s = lambda: began_s + 15  # type: ignore[method-assign]
        await here.runtime.escalate.look()
        assert await told(here, sent.mid) == [("accepted", "hasten")]


@scenario
async def test_receipt_that_was_lost_on_its_way_is_no_silence(tmp_path: Path) -> None:
    """Rule 22: asked for before silence is stated; what is there counts."""
    wire = Wire()
    async with network(tmp_path, BOTH, wire, run=["FR/1"]) as net:
        here, there = net["FR/1"], net["RO/1"]
        asked = emergency()
        sent = await send(here, asked)
        began = net.clock.ms
        await until_state(here, sent.mid, MessageState.ACCEPTED)
        await asyncio.wait_for(_consigned(there, sent.mid), 120)
        await send(there, acknowledgement(asked, sent.mid))
        assert await state_of(here, sent.mid) is MessageState.ACCEPTED
        await at(net, here, 15 * MINUTE_MS, began)
        assert await state_of(here, sent.mid) is MessageState.ACKNOWLEDGED
        assert [stage for _, stage in await told(here, sent.mid)] == ["hasten", "telephone"]


async def _consigned(node: Node, mid: MessageId) -> None:
    """Open what came in, without sending anything."""
    opening = asyncio.create_task(node.runtime.consign.run())
    await until_state(node, mid, MessageState.CONSIGNED)
    opening.cancel()


@scenario
async def test_late_receipt_after_silence_counts_and_stands_beside_it(tmp_path: Path) -> None:
    """Evidence is never taken back, and delivery never given up."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, BOTH, wire) as net:
        here = net["FR/1"]
        sent = await send(here, emergency())
        began = net.clock.ms
        await at(net, here, MINUTE_MS, began)
        row = (await rows(here, sent.mid))[-1]
        assert (row.stage, row.asked) == (Stage.SILENCE, False)
        assert await here.store.silences() == ((RO, began + MINUTE_MS),)
        await heal(net, here, sent.mid)
        here.runtime.escalate.contacted(RO)
        await here.runtime.escalate.look()
        assert await here.store.unasked(besides=(), limit=9) == ()
        assert await here.store.silences() == ()
        kinds = [event.kind for event in await here.store.timeline(FR, sent.mid)]
        assert kinds.index("non_delivery_notice") < kinds.index("receipt")


@scenario
async def test_second_contact_point_takes_the_case_and_the_first_copy_is_withdrawn(
    tmp_path: Path,
) -> None:
    """Either desk suffices; both must not work on it."""
    wire = Wire(cut={(FR, RO)})
    async with network(tmp_path, THREE, wire) as net:
        here, second = net["FR/1"], net["RO/2"]
        asked = emergency()
        sent = await send(here, asked)
        began = net.clock.ms
        await at(net, here, MINUTE_MS, began)
        (pair,) = await here.store.copies(sent.mid)
        assert (pair.original, pair.copy_to, pair.withdrawal) == (sent.mid, SECOND, None)
        await until_state(here, pair.copy, MessageState.CONSIGNED)
        copied = await content_of(second, pair.copy)
        assert copied.extra == {COPY_OF: sent.mid.value}
        assert (copied.thread, copied.recipient) == (pair.copy, SECOND)
        assert copied.body == (await content_of(here, sent.mid)).body
        await send(second, acknowledgement(asked, pair.copy))
        await until_state(here, pair.copy, MessageState.ACKNOWLEDGED)
        # The first desk must have the request before it can be told that it is taken back.
        await here.runtime.escalate.look()
        assert (await here.store.copies(sent.mid))[0].withdrawal is None
        await heal(net, here, sent.mid)
        await here.runtime.escalate.look()
        withdrawal = (await here.store.copies(sent.mid))[0].withdrawal
        assert withdrawal is not None
        await until_state(here, withdrawal, MessageState.CONSIGNED)
        case = await net["RO/1"].runtime.cases.case(sent.mid)
        assert case.thread.ending is not None
        assert case.thread.ending.value == "withdrawn"
        await at(net, here, 60 * MINUTE_MS, began)
        assert ("acknowledged", "silence") not in await told(here, sent.mid)


@scenario
async def test_copy_is_withdrawn_when_the_first_desk_answers_after_all(tmp_path: Path) -> None:
    """Who acknowledges first has the case."""
    async with network(tmp_path, THREE, Wire()) as net:
        here, first = net["FR/1"], net["RO/1"]
        asked = emergency()
        sent = await send(here, asked)
        began = net.clock.ms
        await until_state(here, sent.mid, MessageState.CONSIGNED)
        await at(net, here, 15 * MINUTE_MS, began)
        (pair,) = await here.store.copies(sent.mid)
        await until_state(here, pair.copy, MessageState.CONSIGNED)
        await send(first, acknowledgement(asked, sent.mid))
        await until_state(here, sent.mid, MessageState.ACKNOWLEDGED)
        await here.runtime.escalate.look()
        await here.runtime.escalate.look()
        (pair,) = await here.store.copies(sent.mid)
        assert pair.withdrawal is not None
        await until_state(here, pair.withdrawal, MessageState.CONSIGNED)
        case = await net["RO/2"].runtime.cases.case(pair.copy)
        assert case.thread.ending is not None


@scenario
async def test_routine_request_is_not_copied(tmp_path: Path) -> None:
    """Only what is urgent troubles a second desk."""
    async with network(tmp_path, THREE, Wire(cut={(FR, RO)}), run=["FR/1"]) as net:
        here = net["FR/1"]
        sent = await send(here, request(to="RO/1"))
        await at(net, here, 24 * 60 * MINUTE_MS, net.clock.ms)
        assert [stage for _, stage in await told(here, sent.mid)].count("silence") == 2
        assert await here.store.copies(sent.mid) == ()


@scenario
async def test_copy_that_a_crash_prevented_is_made_after_the_start(tmp_path: Path) -> None:
    """Silence was stated, and the process ended before the copy was queued."""
    async with network(tmp_path, THREE, Wire(cut={(FR, RO)}), run=[]) as net:
        here = net["FR/1"]
        here.runtime.escalate._silences._copies = False
        sent = await send(here, emergency())
        began = net.clock.ms
        await at(net, here, MINUTE_MS, began)
        assert await here.store.copies(sent.mid) == ()
        here = await net.restart("FR/1")
        await at(net, here, MINUTE_MS + 1, began)
        assert len(await here.store.copies(sent.mid)) == 1


@scenario
async def test_copies_that_a_full_disk_prevented_are_made_when_there_is_room_and_once(
    tmp_path: Path,
) -> None:
    """Silence is stated already; several wait, and none is worked on twice meanwhile."""
    async with network(tmp_path, THREE, Wire(cut={(FR, RO)}), run=[]) as net:
        here = net["FR/1"]
        full = Full(here.store, "order")
        here.runtime.escalate._silences._orders._store = cast("Store", full)
        sent = [await send(here, emergency(number)) for number in (1, 2, 3)]
        net.clock.ms += MINUTE_MS
        for _ in range(2):
            with pytest.raises(StorageError):
                await here.runtime.escalate.look()
        assert full.refusals == len(sent) + 1, "one was left running, or given up"
        assert [await told(here, one.mid) for one in sent] == [ALL_OF_ACCEPTED] * len(sent)
        full.has_room = True
        await here.runtime.escalate.look()
        assert [len(await here.store.copies(one.mid)) for one in sent] == [1] * len(sent)


@scenario
async def test_attachments_travel_with_the_copy(tmp_path: Path) -> None:
    """They are sealed anew: a blob opens at its own place alone."""
    async with network(tmp_path, THREE, Wire(cut={(FR, RO)})) as net:
        here, second = net["FR/1"], net["RO/2"]
        document = emergency()
        document["attachments"] = [{"path": "order.txt", "role": "order"}]
        sent = await send(here, document, files={"order.txt": b"It is ordered."})
        await at(net, here, MINUTE_MS, net.clock.ms)
        (pair,) = await here.store.copies(sent.mid)
        await until_state(here, pair.copy, MessageState.CONSIGNED)
        await second.runtime.act.open(pair.copy, who="RO/2 desk")
        target = BytesIO()
        assert await second.runtime.act.file(pair.copy, 0, target) == "order.txt"
        assert target.getvalue() == b"It is ordered."


@scenario
async def test_copy_whose_attachment_is_lost_here_is_told_and_ends_nothing(tmp_path: Path) -> None:
    """A damaged disk costs the one copy: the node goes on, also after its next start."""
    async with network(tmp_path, THREE, Wire(cut={(FR, RO)}), run=[]) as net:
        here = net["FR/1"]
        document = emergency()
        document["attachments"] = [{"path": "order.txt", "role": "order"}]
        sent = await send(here, document, files={"order.txt": b"It is ordered."})
        other = await send(here, emergency(2))
        for path in (here.home / "blobs").rglob("*"):
            if path.is_file():
                path.unlink()
        began = net.clock.ms
        await at(net, here, MINUTE_MS, began)
        here = await net.restart("FR/1")
        await at(net, here, MINUTE_MS + 1, began)
        assert await here.store.copies(sent.mid) == ()
        assert len(await here.store.copies(other.mid)) == 1


@scenario
async def test_summary_that_the_disk_gives_back_damaged_stops_no_worker_and_no_list(
    tmp_path: Path,
) -> None:
    """It is read as a message that nobody has opened; all others are shown."""
    async with network(tmp_path, BOTH, Wire(), run=[]) as net:
        here = net["FR/1"]
        sent = [await send(here, emergency(number)) for number in (1, 2)]
        with closing(sqlite3.connect(here.home / "store.db")) as outside, outside:
            outside.execute(
                "UPDATE content SET summary = zeroblob(length(summary)) WHERE message ="
                " (SELECT id FROM message WHERE mid = ?)",
                (sent[0].mid.value,),
            )
        net.clock.ms += MINUTE_MS
        await here.runtime.escalate.look()
        await here.runtime.watch.look()
        (damaged,) = await here.store.message(sent[0].mid)
        (sound,) = await here.store.message(sent[1].mid)
        assert damaged.summary is None
        assert sound.summary is not None
        numbers = [outline.number for outline in await here.store.outlines(Box.OUTBOX, limit=9)]
        assert len(await here.store.summaries(numbers)) == 1
        assert [await told(here, one.mid) for one in sent] == [ALL_OF_ACCEPTED] * 2
