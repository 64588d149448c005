"""Two histories come out by what nodes tell each other; nothing unsigned ever accuses anybody."""

from asyncio import CancelledError
from pathlib import Path
from random import Random
from typing import cast

import pytest

from gateway.errors import StorageError
from gateway.peer.refusal import told
from gateway.service.gossip import Gossip
from gateway.service.link import PeerLogs
from gateway.store import Store
from keys.digest import sha256
from protocol.answer import encode_error
from protocol.errors import Code, LogPositionError
from protocol.identifiers import LogOrigin, NodeId
from protocol.log.checkpoint import TreeHead
from protocol.log.linking import LinkedHead, Position
from protocol.log.signing import sign_head
from protocol.standing import LogProof, ThirdHead, encode_log_proof
from tests.gateway.full import Full
from tests.gateway.network import DAY_MS, START_MS, Network, Node, Wire, network, renew
from tests.gateway.service.rounds import StoppingClock
from tests.gateway.service.world import DE, FR, RO, request, scenario, send

MINUTE_MS = 60_000
NAMES = ["DE/1", "FR/1", "RO/1"]
LOG = LogOrigin(FR, 1)


def logs_of(node: Node) -> PeerLogs:
    """Return where a node stands in the logs of others."""
    return node.runtime._logs


def gossip_of(node: Node) -> Gossip:
    """Return what a node examines hearsay with."""
    return node.runtime.gossip


def doubted(node: Node) -> list[int]:
    """Return the sizes of the heads that a node holds open."""
    return [one.size for one in node.runtime.open_heads.all()]


def alarms(node: Node, kind: str) -> float:
    """Return how often an alarm was raised."""
    return node.metrics.value("a35_alarms_total", {"kind": kind})


def forged(net: Network, size: int, *, by: NodeId = FR) -> bytes:
    """Let the owner of a log sign another root at some size."""
    liar = net[str(by)]
    head = TreeHead(origin=LogOrigin(by, 1), size=size, root=sha256(b"other"))
    return sign_head(liar.keys.signer(), head, timestamp_s=net.clock.now_ms() // 1000).note


def shown(net: Network, to: str, *sizes: int) -> None:
    """Let a node hold another history of FR/1 than everybody else."""
    linked = tuple(
        LinkedHead(size=size, root=sha256(b"other"), note=forged(net, size), linked_ms=net.clock.ms)
        for size in sizes
    )
    logs_of(net[to])._positions[LOG] = Position(origin=LOG, head=linked[-1], linked=linked)


def evading(node: object, path: str, status: int, body: bytes) -> tuple[int, bytes]:
    """Answer every question for a proof, and say nothing."""
    del node
    if path.startswith("/v1/log/proof"):
        return 503, encode_error(told(Code.BUSY, t_ms=START_MS))
    return status, body


def elsewhere(node: object, path: str, status: int, body: bytes) -> tuple[int, bytes]:
    """Answer every question for a proof with one between other sizes."""
    del node
    if path.startswith("/v1/log/proof"):
        return 200, encode_log_proof(LogProof(old=1, new=1, path=()))
    return status, body


async def meet(net: Network, one: str, other: str) -> None:
    """Exchange an empty frame."""
    await net[one].runtime.dispatch.contact(net[other].id)


async def grow(net: Network, name: str, count: int = 1) -> int:
    """Let a log grow; return its size."""
    for number in range(count):
        await send(net[name], request(700 + number))
    return net[name].store.size


@scenario
async def test_heads_travel_and_what_fits_is_asked_about_once(tmp_path: Path) -> None:
    """A newer head of a third log is joined by its own log, and then known."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        for name in ("RO/1", "DE/1"):
            await meet(net, name, "FR/1")
        await gossip_of(net["RO/1"]).once()
        await grow(net, "FR/1", 3)
        await meet(net, "FR/1", "DE/1")
        asked: list[str] = []

        def answering(node: object, path: str, status: int, body: bytes) -> tuple[int, bytes]:
            del node
            asked.append(path)
            return status, body

        net.wire.answering = answering
        await meet(net, "DE/1", "RO/1")
        assert len(logs_of(net["RO/1"]).hearsay.rumours) == 1
        await gossip_of(net["RO/1"]).once()
        assert sum(path.startswith("/v1/log/proof") for path in asked) == 1
        await meet(net, "RO/1", "DE/1")
        await gossip_of(net["RO/1"]).once()
        assert sum(path.startswith("/v1/log/proof") for path in asked) == 1
        assert (doubted(net["RO/1"]), await net["RO/1"].store.forks()) == ([], ())


@scenario
async def test_two_roots_at_one_size_freeze_that_log_alone(tmp_path: Path) -> None:
    """The note of the teller proves it; who told it and by which directory is kept."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        here = net["RO/1"]
        await meet(net, "RO/1", "FR/1")
        shown(net, "DE/1", logs_of(here).head_size(FR))
        await meet(net, "DE/1", "RO/1")
        await gossip_of(here).once()
        (fork,) = await here.store.forks()
        stamp = here.directory.current
        assert stamp is not None
        assert (fork.origin, fork.by, fork.directory) == (LOG, DE, stamp.digest)
        assert logs_of(here).is_forked(FR)
        assert not logs_of(here).is_forked(DE)
        assert alarms(here, "log_forked") == 1
        await meet(net, "DE/1", "RO/1")
        await gossip_of(here).once()
        assert len(logs_of(here).hearsay.rumours) == 0
        again = await net.restart("RO/1")
        assert logs_of(again).is_forked(FR)


@scenario
async def test_second_history_is_an_alarm_though_the_disk_is_full(tmp_path: Path) -> None:
    """It is looked at once only: whoever hears of it only after it was kept, never hears of it."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        here = net["RO/1"]
        await meet(net, "RO/1", "FR/1")
        shown(net, "DE/1", logs_of(here).head_size(FR))
        await meet(net, "DE/1", "RO/1")
        full = Full(here.store, "keep_fork")
        logs_of(here).succession._store = cast("Store", full)
        with pytest.raises(StorageError):
            await gossip_of(here).once()
        assert alarms(here, "log_forked") == 1
        full.has_room = True
        gossip_of(here)._clock = StoppingClock(after=1)
        with pytest.raises(CancelledError):
            await gossip_of(here).run()
        assert [fork.origin for fork in await here.store.forks()] == [LOG]


@scenario
async def test_head_that_its_log_does_not_join_stays_open(tmp_path: Path) -> None:
    """Both sizes are signed: an alarm at once, and a fork only by rule 9a."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        here = net["RO/1"]
        await meet(net, "RO/1", "FR/1")
        shown(net, "DE/1", 900)
        await meet(net, "RO/1", "DE/1")
        await gossip_of(here).once()
        assert doubted(here) == [900]
        assert alarms(here, "log_unjoined") == 1
        assert not logs_of(here).is_forked(FR)


@scenario
async def test_teller_of_another_history_is_asked_for_a_size_of_ours(tmp_path: Path) -> None:
    """Two roots at one size are proof where two sizes are a doubt."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        here = net["RO/1"]
        await meet(net, "RO/1", "FR/1")
        ours = logs_of(here).head_size(FR)
        shown(net, "DE/1", ours, 900)
        await meet(net, "RO/1", "DE/1")
        await gossip_of(here).once()
        assert doubted(here) == [900]
        (fork,) = await here.store.forks()
        assert fork.by == DE


@scenario
async def test_other_histories_part_above_what_is_shared(tmp_path: Path) -> None:
    """A size with the same root ends the comparison: nothing below it can differ."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        here, there = net["RO/1"], net["DE/1"]
        await meet(net, "RO/1", "FR/1")
        await meet(net, "DE/1", "FR/1")
        held = logs_of(there)._positions[LOG]
        other = LinkedHead(
            size=900, root=sha256(b"other"), note=forged(net, 900), linked_ms=net.clock.ms
        )
        logs_of(there)._positions[LOG] = Position(
            origin=LOG, head=other, linked=(*held.linked, other)
        )
        await meet(net, "RO/1", "DE/1")
        await gossip_of(here).once()
        assert doubted(here) == [900]
        assert await here.store.forks() == ()


@scenario
async def test_first_contact_is_looked_up_at_others(tmp_path: Path) -> None:
    """A stranger's log may be one that others know otherwise; a known one is not looked up."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        here = net["RO/1"]
        size = await grow(net, "FR/1", 2)
        shown(net, "DE/1", size)
        await meet(net, "RO/1", "FR/1")
        assert logs_of(here).head_size(FR) == size
        await gossip_of(here).once()
        assert [fork.by for fork in await here.store.forks()] == [DE]
        again = await net.restart("RO/1")
        asked = net.wire.frames
        await gossip_of(again).once()
        assert net.wire.frames == asked


@scenario
async def test_log_that_fell_back_is_found_by_where_its_frames_start(tmp_path: Path) -> None:
    """Its checkpoint is signed, smaller than what we hold, and nothing joins the two."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        here = net["RO/1"]
        await grow(net, "FR/1", 3)
        await meet(net, "RO/1", "FR/1")
        await gossip_of(here).once()
        checkpoint = logs_of(here).verify(FR, forged(net, 2))
        try:
            logs_of(here).take(checkpoint, old=1, proof=())
        except LogPositionError:
            await gossip_of(here).once()
        assert doubted(here) == [2]


@scenario
async def test_frames_that_cross_accuse_nobody(tmp_path: Path) -> None:
    """The log joins whatever it signed; what was linked meanwhile is not even asked about."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        here, there = net["RO/1"], net["FR/1"]
        heads = []
        for _ in range(4):
            await grow(net, "FR/1")
            head = there.store.head()
            assert head is not None
            heads.append(head)
        await meet(net, "FR/1", "RO/1")
        for head in heads[:2]:
            checkpoint = logs_of(here).verify(FR, head.note)
            try:
                logs_of(here).take(checkpoint, old=1, proof=())
            except LogPositionError:
                await gossip_of(here).once()
        assert len(logs_of(here).hearsay.rumours) == 0
        assert (doubted(here), await here.store.forks()) == ([], ())


@scenario
async def test_silent_log_is_an_alarm_after_a_day_and_never_a_fork(tmp_path: Path) -> None:
    """An honest log may be out of our reach for long, and known to others."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        here = net["RO/1"]
        for name in ("RO/1", "DE/1"):
            await meet(net, name, "FR/1")
        await gossip_of(here).once()
        await grow(net, "FR/1", 2)
        await meet(net, "DE/1", "FR/1")
        net.wire.cut.add((RO, FR))
        await meet(net, "DE/1", "RO/1")
        for _ in range(71):
            await gossip_of(here).once()
            net.clock.ms += 20 * MINUTE_MS
        assert doubted(here) == []
        net.clock.ms += DAY_MS
        await gossip_of(here).once()
        assert doubted(here) == [net["FR/1"].store.size]
        for _ in range(9):
            net.clock.ms += 21 * MINUTE_MS
            await here.runtime.open_heads.once()
        assert not logs_of(here).is_forked(FR)
        net.wire.cut.clear()
        await here.runtime.open_heads.once()
        net.clock.ms += 21 * MINUTE_MS
        await here.runtime.open_heads.once()
        assert doubted(here) == []


@scenario
async def test_log_that_evades_the_question_is_an_alarm_within_the_hour(tmp_path: Path) -> None:
    """It is there, exchanges frames, and never proves anything."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        here = net["RO/1"]
        await meet(net, "RO/1", "FR/1")
        await gossip_of(here).once()
        shown(net, "DE/1", 900)
        await meet(net, "DE/1", "RO/1")
        net.wire.answering = evading
        for _ in range(3):
            assert doubted(here) == []
            await gossip_of(here).once()
            net.clock.ms += 21 * MINUTE_MS
        assert doubted(here) == [900]
        assert not logs_of(here).is_forked(FR)


@scenario
async def test_answer_about_other_sizes_is_none(tmp_path: Path) -> None:
    """And what a log answers instead of a proof leads to the note, no further."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        here = net["RO/1"]
        await meet(net, "RO/1", "FR/1")
        shown(net, "DE/1", 900)
        await meet(net, "DE/1", "RO/1")
        net.wire.answering = elsewhere
        await gossip_of(here).once()
        assert doubted(here) == [900]
        assert not logs_of(here).is_forked(FR)


@scenario
async def test_lying_tellers_accuse_nobody_whatever_they_tell(tmp_path: Path) -> None:
    """Any root at any size of any log: a bounded number of questions, and nothing else."""
    draw = Random(4)  # noqa: S311 - lies that repeat
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        here = net["RO/1"]
        await grow(net, "FR/1", 3)
        await meet(net, "RO/1", "FR/1")
        await meet(net, "RO/1", "DE/1")
        await gossip_of(here).once()
        size = logs_of(here).head_size(FR)
        origins = [LOG, LogOrigin(DE, 1), LogOrigin(RO, 1), LogOrigin(NodeId("XX", 9), 3)]
        asked: list[str] = []

        def answering(node: object, path: str, status: int, body: bytes) -> tuple[int, bytes]:
            del node
            asked.append(path)
            return status, body

        net.wire.answering = answering
        for _ in range(60):
            lies = [
                ThirdHead(
                    origin=draw.choice(origins),
                    size=draw.choice((0, 1, size - 1, size, size + 1, 2**50)),
                    root=draw.randbytes(32),
                )
                for _ in range(16)
            ]
            logs_of(here).hearsay.hear(DE, lies)
            asked.clear()
            await gossip_of(here).once()
            assert len(asked) <= 3  # the log, whether it goes on elsewhere, the teller's note
            net.clock.ms += MINUTE_MS
        assert (doubted(here), await here.store.forks()) == ([], ())
        assert not logs_of(here).is_forked(FR)


@scenario
async def test_teller_with_another_note_than_it_told_accuses_nobody(tmp_path: Path) -> None:
    """What counts is the note: of this log, this size and this root, signed by its owner."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        here, there = net["RO/1"], net["DE/1"]
        await meet(net, "RO/1", "FR/1")
        await gossip_of(here).once()
        stranger = forged(net, 900, by=DE)
        for note in (forged(net, 900), stranger, b"no note"):
            other = LinkedHead(size=900, root=sha256(b"a third"), note=note, linked_ms=START_MS)
            logs_of(there)._positions[LOG] = Position(origin=LOG, head=other, linked=(other,))
            await meet(net, "DE/1", "RO/1")
            assert len(logs_of(here).hearsay.rumours) == 1
            await gossip_of(here).once()
            assert doubted(here) == []
        net.wire.cut.add((RO, DE))
        logs_of(here).hearsay.hear(DE, [ThirdHead(origin=LOG, size=900, root=sha256(b"other"))])
        await gossip_of(here).once()
        assert doubted(here) == []


@scenario
async def test_signed_head_counts_only_while_its_keys_do(tmp_path: Path) -> None:
    """A node that left the directory is not accused by what it signed."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        here = net["RO/1"]
        await grow(net, "FR/1", 3)
        await meet(net, "RO/1", "FR/1")
        await gossip_of(here).once()
        logs_of(here).hearsay.unplaced(logs_of(here).verify(FR, forged(net, 2)))
        here.directory.entries = {DE: net.entries[DE], RO: net.entries[RO]}
        await gossip_of(here).once()
        assert doubted(here) == []


@scenario
async def test_node_that_went_on_in_a_later_log_is_not_accused(tmp_path: Path) -> None:
    """Its proofs are of the later log by now, in which the sizes mean something else."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        for name in ("RO/1", "DE/1"):
            await meet(net, name, "FR/1")
        await gossip_of(net["RO/1"]).once()
        await grow(net, "FR/1", 2)
        await meet(net, "DE/1", "FR/1")
        await renew(net, "FR/1")
        await meet(net, "DE/1", "RO/1")
        here = net["RO/1"]
        for _ in range(3):
            await gossip_of(here).once()
            net.clock.ms += 21 * MINUTE_MS
        assert not logs_of(here).is_forked(FR)
        await meet(net, "FR/1", "RO/1")
        await gossip_of(here).once()
        assert len(logs_of(here).hearsay.rumours) == 0
        for _ in range(5):
            await here.runtime.open_heads.once()
            net.clock.ms += 21 * MINUTE_MS
        assert (doubted(here), await here.store.forks()) == ([], ())


@scenario
async def test_examining_goes_on_round_by_round(tmp_path: Path) -> None:
    """Once a minute."""
    async with network(tmp_path, ["RO/1"], Wire(), run=[]) as net:
        gossip = gossip_of(net["RO/1"])
        clock = StoppingClock(after=2)
        gossip._clock = clock
        with pytest.raises(CancelledError):
            await gossip.run()
        assert clock.waits == [60.0, 60.0]
