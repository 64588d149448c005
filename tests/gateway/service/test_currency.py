"""Under an old directory: who is warned, what goes, what is taken, and what receipts say."""

from pathlib import Path

import pytest

from gateway.service.currency import Freshness
from protocol.cases.ladder import MessageState
from protocol.delivery.currency import HOUR_MS, AgeLimits
from protocol.envelope.header import DirectoryStamp
from protocol.identifiers import NodeId
from tests.gateway.network import DAY_MS, STAMP, START_MS, LoopClock, Network, Wire, network
from tests.gateway.service.world import (
    ask,
    received_by,
    request,
    scenario,
    send,
    state_of,
    until_state,
)

NAMES = ["FR/1", "RO/1"]
FR, RO = map(NodeId.parse, NAMES)
WHO = "FR/1 officer 1"


async def fetched(net: Network, *nodes: NodeId) -> None:
    """Let nodes hold a directory that was made just now."""
    for node in nodes:
        net.made_ms[node] = net.clock.now_ms()
        await net.nodes[node].runtime.engine.directory_changed()


async def waiting(net: Network, node: NodeId) -> list[str]:
    """Return why envelopes of a node wait."""
    await net.turn_until(lambda: bool(_codes(net, node)))
    return _codes(net, node)


def _codes(net: Network, node: NodeId) -> list[str]:
    rows = ask(net.nodes[node], "SELECT code FROM outbox WHERE code IS NOT NULL")
    return [code for (code,) in rows]


@scenario
async def test_after_8_days_only_the_urgent_and_pings_go_and_receipts_say_so(
    tmp_path: Path,
) -> None:
    """Nobody knows any more who was taken out: what cannot wait goes, marked; the rest waits."""
    async with network(tmp_path, NAMES, Wire()) as net:
        french, romanian = net["FR/1"], net["RO/1"]
        await fetched(net, FR, RO)
        await net.advance(8 * DAY_MS)
        routine = (await send(french, request(1))).mid
        urgent = (await send(french, request(2, urgency="urgent"))).mid
        emergency = (await send(french, request(3, urgency="emergency"))).mid
        for mid in (urgent, emergency):
            row = await until_state(french, mid, MessageState.CONSIGNED)
            assert row.why == "E_DIR_STALE"
        assert await waiting(net, FR) == ["E_DIR_STALE"]
        pings = french.runtime.contact.pings
        await pings.begin([RO], name=None, open_ms=HOUR_MS, who=WHO)
        while not await romanian.runtime.contact.desk.asked():
            await net.wire.turn()
        assert await state_of(french, routine) is MessageState.QUEUED
        assert [each.mid for each in await received_by(romanian)].count(routine) == 0
        (check,) = [each for each in french.runtime.health.report() if "age" in each.name]
        assert (check.ok, "expired" in check.detail, "8 days" in check.detail) == (
            False,
            True,
            True,
        )
        await fetched(net, FR, RO)
        await net.advance(10 * 60 * 1000)
        row = await until_state(french, routine, MessageState.CONSIGNED)
        assert row.why is None


@scenario
async def test_who_receives_under_an_expired_directory_refuses_the_rest(tmp_path: Path) -> None:
    """A sender that is up to date is told; nothing is lost, and it goes once both are."""
    async with network(tmp_path, NAMES, Wire()) as net:
        french = net["FR/1"]
        await fetched(net, RO)
        await net.advance(8 * DAY_MS)
        await fetched(net, FR)
        routine = (await send(french, request(1))).mid
        assert await waiting(net, FR) == ["E_DIR_STALE"]
        assert "E_DIR_STALE" in net.wire.refusals or french.directory.refreshes
        await fetched(net, RO)
        await net.advance(10 * 60 * 1000)
        await until_state(french, routine, MessageState.CONSIGNED)


@scenario
async def test_after_30_days_nothing_goes(tmp_path: Path) -> None:
    """Also no emergency: the telephone is left."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await fetched(net, FR, RO)
        await net.advance(31 * DAY_MS)
        for node in (FR, RO):
            assert net.nodes[node].runtime.health.report()[-1].name
        fresh = Freshness(net.clock, lambda: net.made_ms[FR], AgeLimits())
        mark = fresh.mark()
        assert mark == "E_DIR_STALE"
        assert "nothing goes" in fresh.check().detail


@scenario
async def test_the_directory_that_traffic_names_is_heard_by_both_sides(tmp_path: Path) -> None:
    """In envelopes and in receipts, once they are proven; others decide what becomes of it."""
    async with network(tmp_path, NAMES, Wire()) as net:
        newer = DirectoryStamp(root_version=1, timestamp_version=9, digest=bytes(32))
        net["FR/1"].directory.current = newer
        mid = (await send(net["FR/1"], request(1))).mid
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        assert set(net.heard) == {(RO, FR, newer), (FR, RO, STAMP)}


@pytest.mark.parametrize(
    ("age_ms", "said"),
    [
        (None, "no directory yet; everything goes"),
        (-HOUR_MS, "0 h old; everything goes"),
        (30 * HOUR_MS, "30 h old; everything goes still; only what is urgent will from 7 days on"),
    ],
)
def test_people_read_how_old_it_is(age_ms: int | None, said: str) -> None:
    """In hours while that says more."""
    made_ms = None if age_ms is None else START_MS - age_ms
    fresh = Freshness(LoopClock(), lambda: made_ms, AgeLimits())
    assert fresh.check().detail == said
    assert fresh.mark() is None
