"""The watch over preservation: warned in time on both sides, once each, and told of the lapse."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from json import loads
from pathlib import Path
from typing import cast

from typing_extensions import override

from gateway.demo.documents import answer_to, examples_folder
from gateway.journal import get_journal
from gateway.rows import MessageRow
from gateway.service.case import Cases
from gateway.service.watch import Watch
from gateway.store import Casebook
from protocol.cases.ladder import MessageState
from protocol.cases.notices import Notice
from protocol.identifiers import MessageId, NodeId
from tests.gateway.network import DAY_MS, START_MS, Network, Wire, network
from tests.gateway.service.world import (
    Json,
    acknowledgement,
    request,
    scenario,
    send,
    until_state,
)

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


class _Counting:
    """The messages of a real store, with a count of what was read of each case."""

    def __init__(self, store: Casebook) -> None:
        self._store = store
        self.rows: Counter[MessageId] = Counter()
        self.contents = 0

    async def thread(self, thread: MessageId) -> tuple[MessageRow, ...]:
        """Read the rows of a case."""
        self.rows[thread] += 1
        return await self._store.thread(thread)

    async def inner(self, sender: NodeId, mid: MessageId) -> bytes | None:
        """Read one content."""
        self.contents += 1
        return await self._store.inner(sender, mid)


def counted(net: Network, name: str) -> tuple[Watch, _Counting]:
    """Return a watch of a node as after a start, and what it reads."""
    node = net[name]
    reads = _Counting(node.store)
    cases = Cases(node=node.store.origin.node, casebook=cast("Casebook", reads), clock=net.clock)
    journal = get_journal("test")
    return Watch(store=node.store, cases=cases, clock=net.clock, journal=journal), reads


@scenario
async def test_case_is_read_again_only_when_it_changed_or_is_due(tmp_path: Path) -> None:
    """What the watch costs follows what happens, not what the store holds; after a start too."""
    async with network(tmp_path, NAMES, Wire()) as net:
        kept = await preserved(net)
        other = (await send(net["FR/1"], request())).mid
        await until_state(net["FR/1"], other, MessageState.CONSIGNED)
        watch, reads = counted(net, "FR/1")
        assert await watch.look() == 0
        assert reads.rows == {kept: 1, other: 1}
        reads.rows.clear()
        for fresh in (watch, counted(net, "FR/1")[0]):
            assert await fresh.look() == 0
        assert not reads.rows
        answer = await send(net["RO/1"], acknowledgement(request(), other))
        await until_state(net["RO/1"], answer.mid, MessageState.CONSIGNED)
        watch, reads = counted(net, "FR/1")
        await watch.look()
        assert (reads.rows, reads.contents) == ({other: 1}, 0)
        net.clock.ms = START_MS + 69 * DAY_MS
        watch, reads = counted(net, "FR/1")
        assert await watch.look() == 3
        assert reads.rows == {kept: 1}


@scenario
async def test_each_step_is_told_at_its_date_though_the_node_starts_anew_before_each(
    tmp_path: Path,
) -> None:
    """The dates are in the store: a start looks at nothing else, and misses nothing."""
    async with network(tmp_path, NAMES, Wire()) as net:
        thread = await preserved(net)
        await net["FR/1"].runtime.watch.look()
        for days_left in (21, 14, 7, 3, 1, 0):
            net.clock.ms = START_MS + (90 - days_left) * DAY_MS - 3_600_000
            node = await net.restart("FR/1")
            assert await node.runtime.watch.look() == 0, days_left
            net.clock.ms += 2 * 3_600_000
            node = await net.restart("FR/1")
            assert await node.runtime.watch.look() == 3, days_left
        assert await net["FR/1"].store.due_cases(net.clock.ms + 9999 * DAY_MS, limit=9) == ()
        assert await net["FR/1"].store.due_cases(START_MS, limit=9) == (thread,)


class _Summaries(_Counting):
    """The messages of a real store, with other summaries."""

    def __init__(self, store: Casebook, summary: bytes | None) -> None:
        super().__init__(store)
        self._summary = summary

    @override
    async def thread(self, thread: MessageId) -> tuple[MessageRow, ...]:
        """Read the rows of a case."""
        rows = await super().thread(thread)
        return tuple(replace(row, summary=self._summary) for row in rows)


@scenario
async def test_case_whose_summaries_say_nothing_is_folded_unless_nothing_of_it_is_open(
    tmp_path: Path,
) -> None:
    """A summary of a form that is not read any more must not cost a warning."""
    async with network(tmp_path, NAMES, Wire()) as net:
        thread = await preserved(net)
        node = net["FR/1"]
        for summary, has_clock in ((b"of another form", True), (None, False)):
            book = _Summaries(node.store, summary)
            cases = Cases(
                node=node.store.origin.node, casebook=cast("Casebook", book), clock=net.clock
            )
            told, next_ms = await cases.notices(thread)
            assert told == ()
            assert next_ms == (START_MS + (90 - 21) * DAY_MS if has_clock else None)
            assert (book.contents > 0) is has_clock


@scenario
async def test_clock_set_back_after_a_look_loses_no_warning(tmp_path: Path) -> None:
    """A machine that wakes in the wrong year must not take what it preserves for lapsed."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await preserved(net)
        net.clock.ms = START_MS + 400 * DAY_MS
        watch = net["FR/1"].runtime.watch
        assert await watch.look() == 3
        net.clock.ms = START_MS + 80 * DAY_MS
        assert await watch.look() == 3
        assert [kind for kind, _ in await _whats(net, "FR/1")] == [
            *["lapse_notice"] * 3,
            *["expiry_warning"] * 3,
        ]


class _Unlucky:
    """Cases of which one meets a fault of ours."""

    def __init__(self, good: Cases, bad: MessageId) -> None:
        self._good = good
        self._bad = bad
        self.tried = 0

    async def notices(self, thread: MessageId) -> tuple[tuple[Notice, ...], int | None]:
        """Return the notices of a case, but of one."""
        if thread == self._bad:
            self.tried += 1
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
        cases = _Unlucky(node.runtime.cases, bad)
        watch = Watch(store=node.store, cases=cases, clock=net.clock, journal=get_journal("test"))
        assert await watch.look() == 3
        await watch.look()  # at the notices themselves
        tried = cases.tried
        assert await watch.look() == 0
        assert cases.tried == tried
        net.clock.ms += DAY_MS
        assert await watch.look() == 0
        assert cases.tried == tried + 1, "a newer release may know more of it"
