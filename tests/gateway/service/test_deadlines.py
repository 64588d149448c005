"""Deadlines and emergencies are told once each, whoever looks at a page or not."""

from pathlib import Path

from gateway.service.boxes import Boxes
from gateway.service.deadlines import Deadlines, Emergencies
from protocol.cases.ladder import MessageState
from protocol.delivery.escalation import Budgets
from protocol.identifiers import MessageId
from tests.gateway.network import DAY_MS, Network, Node, Wire, network
from tests.gateway.officer.office import services_of
from tests.gateway.service.world import request, scenario, send, until_state

MINUTE_MS = 60_000


def deadlines_of(node: Node) -> Deadlines:
    """Return what a new start of a node tells deadlines with."""
    boxes = services_of(node).boxes
    assert isinstance(boxes, Boxes)
    return Deadlines(node.store, boxes, node.clock)


def emergencies_of(node: Node) -> Emergencies:
    """Return what a new start of a node tells emergencies with."""
    return Emergencies(node.store, node.clock, budgets=Budgets())


async def arrived(net: Network, *, urgency: str) -> MessageId:
    """Let a request arrive in the inbox of RO/1."""
    mid = (await send(net["FR/1"], request(3, urgency=urgency))).mid
    await until_state(net["RO/1"], mid, MessageState.CONSIGNED)
    return mid


async def told(node: Node, looker: Deadlines | Emergencies) -> list[tuple[str, str, str]]:
    """Look once; return what was told by it."""
    before = node.store.newest_event
    await looker.look()
    events = await node.store.events(after=before, limit=99)
    return [(each.kind, each.what, str(each.mid)) for each in events]


@scenario
async def test_deadline_is_told_when_it_is_near_and_when_it_has_passed(tmp_path: Path) -> None:
    """A row turns late on a page that nobody reloads, and a program hears of it."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        mid = await arrived(net, urgency="emergency")
        node, looker = net["RO/1"], deadlines_of(net["RO/1"])
        assert await told(node, looker) == []
        net.clock.ms += 12 * MINUTE_MS
        assert await told(node, looker) == [("clock.warning", "due soon", str(mid))]
        net.clock.ms += 4 * MINUTE_MS
        assert await told(node, looker) == [("clock.expired", "overdue", str(mid))]
        net.clock.ms += 1000
        assert await told(node, looker) == []  # not within fifteen seconds
        net.clock.ms += MINUTE_MS
        assert await told(node, looker) == []
        assert await told(node, deadlines_of(node)) == []


@scenario
async def test_sender_hears_of_deadlines_of_the_other_side(tmp_path: Path) -> None:
    """What we sent and nobody acknowledged is as late there as here."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        mid = await arrived(net, urgency="emergency")
        node = net["FR/1"]
        await until_state(node, mid, MessageState.CONSIGNED)
        net.clock.ms += 16 * MINUTE_MS
        kinds = [
            kind for kind, _, told_of in await told(node, deadlines_of(node)) if told_of == str(mid)
        ]
        assert kinds == ["clock.warning", "clock.expired"]


@scenario
async def test_deadlines_of_long_ago_are_not_told_at_a_start(tmp_path: Path) -> None:
    """A node that was away for a week shows them in its lists; it does not ring for each."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        await arrived(net, urgency="emergency")
        net.clock.ms += 7 * DAY_MS
        assert await told(net["RO/1"], deadlines_of(net["RO/1"])) == []


@scenario
async def test_emergency_is_told_when_it_waits_and_when_nobody_opened_it(tmp_path: Path) -> None:
    """Once each, also over a restart; programs ring somebody up by it."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        mid = await arrived(net, urgency="emergency")
        node, looker = net["RO/1"], emergencies_of(net["RO/1"])
        assert await told(node, looker) == [("emergency", "waiting", str(mid))]
        assert await told(node, looker) == []
        assert await told(node, emergencies_of(node)) == []
        net.clock.ms += 8 * MINUTE_MS
        assert await told(node, looker) == [("emergency", "unopened", str(mid))]
        await node.runtime.act.open(mid, who="RO/1 officer 3")
        net.clock.ms += MINUTE_MS
        assert await told(node, emergencies_of(node)) == []


@scenario
async def test_routine_request_is_no_emergency(tmp_path: Path) -> None:
    """Nobody is rung up for it."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        await arrived(net, urgency="routine")
        assert await told(net["RO/1"], emergencies_of(net["RO/1"])) == []


@scenario
async def test_request_that_arrives_late_is_told_as_overdue(tmp_path: Path) -> None:
    """After an outage: its time ran out before it came, and before the last look."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire(), run=["RO/1"]) as net:
        node, looker = net["RO/1"], deadlines_of(net["RO/1"])
        mid = (await send(net["FR/1"], request(3, urgency="emergency"))).mid
        net.clock.ms += 20 * MINUTE_MS
        assert await told(node, looker) == []
        await net.run("FR/1")
        await until_state(node, mid, MessageState.CONSIGNED)
        net.clock.ms += MINUTE_MS
        assert ("clock.expired", "overdue", str(mid)) in await told(node, looker)
        net.clock.ms += MINUTE_MS
        assert await told(node, looker) == []
