"""How peers, logs, directory and node stand is told when it changes, by the real services."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from gateway.deskwork import broken_glass, make_bulletin
from gateway.service.bulletin import Bulletin
from gateway.service.deeds import Deed, deed
from protocol.delivery.escalation import Budgets
from tests.gateway.network import DAY_MS, STAMP, START_MS, Network, Wire, network
from tests.gateway.officer.office import services_of
from tests.gateway.service.test_recover import exchange
from tests.gateway.service.test_unjoined import failed, spoiled
from tests.gateway.service.world import FR, RO, request, scenario, send

HOUR_MS = 3_600_000
Told = list[tuple[str, str, str]]


def bulletin_of(net: Network, name: str = "RO/1") -> Bulletin:
    """Return the bulletin of a node, as a new start makes it."""
    node = net[name]
    services = replace(services_of(node), directory_made_ms=lambda: net.made_ms.get(node.id))
    return make_bulletin(services, node.store, node.runtime, budgets=Budgets())


async def told(net: Network, bulletin: Bulletin, name: str = "RO/1") -> Told:
    """Look once, and return what was told by it."""
    before = net[name].store.newest_event
    await bulletin.look()
    events = await net[name].store.events(after=before, limit=99)
    return [(each.kind, each.by, each.what) for each in events]


@asynccontextmanager
async def looked(folder: Path, wire: Wire | None = None) -> AsyncIterator[tuple[Network, Bulletin]]:
    """Give two nodes that have met, and the bulletin of one, which has looked."""
    async with network(folder, ["FR/1", "RO/1"], wire or Wire()) as net:
        await exchange(net, 1)
        bulletin = bulletin_of(net)
        assert await told(net, bulletin) == []  # the first look only takes note
        yield net, bulletin


@scenario
async def test_silence_of_a_peer_is_told_once_also_over_a_restart(tmp_path: Path) -> None:
    """The foot of each page counts who was met within the hour."""
    async with looked(tmp_path) as (net, bulletin):
        for name in ("FR/1", "RO/1"):
            await net[name].halt()
        net.clock.ms += HOUR_MS + 1
        assert await told(net, bulletin) == [("peer.state", "FR/1", "silent")]
        assert await told(net, bulletin) == []
        assert await told(net, bulletin_of(net)) == []
        for name in ("FR/1", "RO/1"):
            await net.run(name)
        await exchange(net, 2)
        assert await told(net, bulletin) == [("peer.state", "FR/1", "reached")]


@scenario
async def test_peer_that_cannot_be_called_is_told(tmp_path: Path) -> None:
    """A row says "not reached since" without anybody reloading it."""
    async with looked(tmp_path) as (net, bulletin):
        net.wire.cut.add((RO, FR))
        here = net["RO/1"].runtime.engine
        await send(net["RO/1"], request(7, to="FR"))
        for _ in range(12):
            await net.turn_until(lambda: here.waiting_since_failure() != {})
            await net.advance(HOUR_MS // 60)
        assert ("peer.state", "FR/1", "failing") in await told(net, bulletin)


@scenario
async def test_doubted_log_is_told(tmp_path: Path) -> None:
    """A head that its log did not join, until it is joined."""
    async with looked(tmp_path, Wire(answering=spoiled)) as (net, bulletin):
        await failed(net)
        assert ("log.state", "FR/1", "unjoined") in await told(net, bulletin)


@scenario
async def test_ages_and_versions_of_the_directory_are_told(tmp_path: Path) -> None:
    """Each age at which less may be sent, and each new version."""
    async with looked(tmp_path) as (net, bulletin):
        made = net.made_ms[RO] = START_MS
        words = []
        for days in (0.5, 1.5, 2, 8, 31):
            net.clock.ms = made + int(days * DAY_MS)
            words += [
                what for kind, _, what in await told(net, bulletin) if kind == "directory.state"
            ]
        assert words == ["old 1.1", "expired 1.1", "dead 1.1"]
        net["RO/1"].directory.current = replace(STAMP, timestamp_version=2)
        net.made_ms[RO] = net.clock.ms
        assert ("directory.state", "RO/1", "current 1.2") in await told(net, bulletin)
        net["RO/1"].directory.current = None
        assert ("directory.state", "RO/1", "none") in await told(net, bulletin)


@scenario
async def test_clock_that_is_off_is_told_and_that_it_is_right_again(tmp_path: Path) -> None:
    """Peers refuse what is dated ahead: the operator must know before."""
    async with looked(tmp_path) as (net, bulletin):
        offsets = net["RO/1"].runtime._offsets
        offsets.note(FR, net.clock.ms + 61_000)
        assert await told(net, bulletin) == [("node.state", "clock", "bad")]
        offsets.note(FR, net.clock.ms + 59_000)
        assert await told(net, bulletin) == [("node.state", "clock", "good")]


@scenario
async def test_node_that_is_not_ready_any_more_says_so(tmp_path: Path) -> None:
    """What the foot calls up."""
    async with looked(tmp_path) as (net, bulletin):
        net["RO/1"].runtime.health.serving(now=True)
        assert await told(net, bulletin) == [("node.state", "ready", "good")]


@scenario
async def test_bulletin_runs_until_it_is_stopped(tmp_path: Path) -> None:
    """What a running node does by itself."""
    async with looked(tmp_path) as (net, bulletin):
        await net["FR/1"].halt()
        net.clock.ms += HOUR_MS + 1
        before = net["RO/1"].store.newest_event
        running = asyncio.create_task(bulletin.run())
        await net["RO/1"].store.wait_for_events(before, 30)
        running.cancel()


@scenario
async def test_break_glass_of_the_last_day_is_known_after_a_restart(tmp_path: Path) -> None:
    """The line above the pages of who must know does not end with the process."""
    async with network(tmp_path, ["FR/1", "RO/1"], Wire()) as net:
        node = net["RO/1"]
        services = services_of(node)
        assert services.leafing is not None
        assert await broken_glass(services.leafing, net.clock) == ()
        for who, why in (("RO/1 officer 3", "signed in"), ("RO/1 officer 4", "unlocked")):
            act = deed(Deed.BREAK_GLASS, who=who, why=why, now_ms=net.clock.ms)
            await node.store.note_act(act)
            net.clock.ms += 13 * HOUR_MS
        found = await broken_glass(services.leafing, net.clock)
        assert [each.who for each in found] == ["RO/1 officer 4"]
        assert services.door is not None
        services.door.signin.remember(found)
        since_ms = net.clock.ms - DAY_MS
        assert services.door.signin.broken_since(since_ms) == found
