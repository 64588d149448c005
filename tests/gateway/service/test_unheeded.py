"""A sender hears that nobody opened its message in time, and whatever comes later still counts."""

from pathlib import Path

from protocol.cases.ladder import MessageState
from tests.gateway.network import DAY_MS, Wire, network
from tests.gateway.service.world import (
    ask,
    pass_time,
    request,
    scenario,
    send,
    settled,
    until_state,
)

NAMES = ["FR/1", "RO/1"]
EXPIRED = "SELECT count(*) FROM receipt WHERE stage = 'expired' AND given = 1"


@scenario
async def test_message_past_its_time_unopened_is_told_of_once_and_opened_later_all_the_same(
    tmp_path: Path,
) -> None:
    """Rule 22: both receipts stay; what a person did wins."""
    async with network(tmp_path, NAMES, Wire()) as net:
        sender, receiver = net["FR/1"], net["RO/1"]
        mid = (await send(sender, request())).mid
        await until_state(sender, mid, MessageState.CONSIGNED)
        assert await receiver.runtime.unheeded.once() == 0
        await net.advance(31 * DAY_MS)
        assert await receiver.runtime.unheeded.once() == 1
        assert await receiver.runtime.unheeded.once() == 0
        assert receiver.metrics.value("a35_unheeded_total") == 1
        await net.turn_until(lambda: pass_time(net) and settled(net)())
        said = [event.what for event in await sender.store.timeline(sender.id, mid)]
        assert said == ["queued", "accepted", "consigned", "expired"]
        await receiver.runtime.act.open(mid, who="RO/1 officer 3")
        await net.turn_until(lambda: pass_time(net) and settled(net)())
        await until_state(sender, mid, MessageState.OPENED)
        assert ask(receiver, EXPIRED) == [(1,)]


@scenario
async def test_message_opened_in_time_does_not_expire(tmp_path: Path) -> None:
    """A person saw it: what its time says then is nobody's business."""
    async with network(tmp_path, NAMES, Wire()) as net:
        sender, receiver = net["FR/1"], net["RO/1"]
        mid = (await send(sender, request())).mid
        await until_state(receiver, mid, MessageState.CONSIGNED)
        await receiver.runtime.act.open(mid, who="RO/1 officer 3")
        await net.advance(31 * DAY_MS)
        assert await receiver.runtime.unheeded.once() == 0


@scenario
async def test_nothing_is_told_without_a_directory(tmp_path: Path) -> None:
    """Receipts name the version they rest on; it is found again when there is one."""
    async with network(tmp_path, NAMES, Wire()) as net:
        sender, receiver = net["FR/1"], net["RO/1"]
        mid = (await send(sender, request())).mid
        await until_state(receiver, mid, MessageState.CONSIGNED)
        await net.advance(31 * DAY_MS)
        stamp, receiver.directory.current = receiver.directory.current, None
        assert await receiver.runtime.unheeded.once() == 0
        receiver.directory.current = stamp
        assert await receiver.runtime.unheeded.once() == 1
