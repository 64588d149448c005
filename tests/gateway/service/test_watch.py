"""The watch over preservation: warned in time on both sides, once each, and told of the lapse."""

from datetime import UTC, datetime
from json import loads
from pathlib import Path

from gateway.demo.documents import answer_to, examples_folder
from gateway.journal import get_journal
from gateway.service.case import Cases
from gateway.service.watch import Watch
from protocol.cases.ladder import MessageState
from protocol.cases.notices import Notice
from protocol.identifiers import MessageId
from tests.gateway.network import DAY_MS, START_MS, Network, Wire, network
from tests.gateway.service.world import Json, scenario, send, until_state

NAMES = ["FR/1", "RO/1"]
NOW = datetime.fromtimestamp(START_MS / 1000, UTC)


async def preserved(net: Network) -> MessageId:
    """Ask for preservation, grant it and report it: 90 days from now."""
    asked: Json = loads((examples_folder() / "preservation_request.json").read_text())
    thread = (await send(net["FR/1"], asked)).mid
    await until_state(net["FR/1"], thread, MessageState.CONSIGNED)
    for answer in answer_to(asked, str(thread), sender="RO", now=NOW):
        mid = (await send(net["RO/1"], dict(answer) | {"to": "FR/1"})).mid
        await until_state(net["RO/1"], mid, MessageState.CONSIGNED)
    return thread


async def _whats(net: Network, name: str) -> list[tuple[str, str]]:
    events = await net[name].store.events(after=0, limit=10_000)
    return [
        (event.kind, event.what)
        for event in events
        if event.kind in {"expiry_warning", "lapse_notice"}
    ]


@scenario
async def test_both_sides_are_warned_at_each_step_and_told_of_the_lapse(tmp_path: Path) -> None:
    """Preservation never lapses unseen: 21, 14, 7, 3 and 1 days before, and when it has."""
    async with network(tmp_path, NAMES, Wire()) as net:
        thread = await preserved(net)
        items = 3
        for name in NAMES:
            assert await net[name].runtime.watch.look() == 0
        for days_left in (21, 14, 7, 3, 1):
            net.clock.ms = START_MS + (90 - days_left) * DAY_MS
            for name in NAMES:
                assert await net[name].runtime.watch.look() == items, (name, days_left)
                assert await net[name].runtime.watch.look() == 0
        net.clock.ms += 2 * DAY_MS
        for name in NAMES:
            assert await net[name].runtime.watch.look() == items
            told = await _whats(net, name)
            assert [kind for kind, _ in told].count("expiry_warning") == 5 * items
            assert [kind for kind, _ in told].count("lapse_notice") == items
            case = await net[name].runtime.cases.case(thread)
            (request,) = case.thread.requests.values()
            assert {item.status for item in request.items} == {"lapsed"}


@scenario
async def test_watch_of_a_new_start_repeats_nothing(tmp_path: Path) -> None:
    """What was told is kept; a restart must not alarm a desk again."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await preserved(net)
        net.clock.ms = START_MS + 80 * DAY_MS
        told = await net["FR/1"].runtime.watch.look()
        assert told == 3
        fresh = Watch(
            store=net["FR/1"].store,
            cases=net["FR/1"].runtime.cases,
            clock=net.clock,
            journal=get_journal("test"),
        )
        assert await fresh.look() == 0
        assert len(await _whats(net, "FR/1")) == told


class _Unlucky:
    """Cases of which one meets a fault of ours."""

    def __init__(self, good: Cases, bad: MessageId) -> None:
        self._good = good
        self._bad = bad

    async def notices(self, thread: MessageId) -> tuple[tuple[Notice, ...], int | None]:
        """Return the notices of a case, but of one."""
        if thread == self._bad:
            raise IndexError
        return await self._good.notices(thread)


@scenario
async def test_case_that_cannot_be_computed_leaves_node_and_other_cases_alone(
    tmp_path: Path,
) -> None:
    """What a peer wrote must not end the node at each start."""
    async with network(tmp_path, NAMES, Wire()) as net:
        bad, good = await preserved(net), await preserved(net)
        assert bad != good
        node = net["FR/1"]
        net.clock.ms = START_MS + 80 * DAY_MS
        watch = Watch(
            store=node.store,
            cases=_Unlucky(node.runtime.cases, bad),
            clock=net.clock,
            journal=get_journal("test"),
        )
        assert await watch.look() == 3
