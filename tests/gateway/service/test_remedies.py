"""What a sender does about refusals: new wraps, missing parts, waits; never a hot loop."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.delivery.engine import BULK
from gateway.ports import Route
from gateway.service.dispatch import Progress
from keys.digest import sha256
from keys.recipient import RecipientSecret
from protocol.answer import Answer, ErrorAnswer, Refused, decode_answer, encode_answer, encode_error
from protocol.cases.ladder import MessageState
from protocol.delivery.outcome import SOON_MS, STUCK_RETRY_MS
from protocol.envelope.header import Header
from protocol.errors import Code
from protocol.identifiers import NodeId
from protocol.receipt import Receipt
from tests.gateway.network import DAY_MS, Network, Wire, network
from tests.gateway.service.invariants import check_invariants
from tests.gateway.service.world import (
    RO,
    ask,
    pass_time,
    request,
    scenario,
    send,
    settled,
    state_of,
    until_state,
)
from tests.gateway.wire import BLOBS, Answering, as_it_is, losing

NAMES = ["FR/1", "RO/1"]
LARGE = {"folder/order.pdf": b"x" * (3 * 1024 * 1024 // 2)}
FILE = {"folder/order.pdf": b"%PDF- and so on" * 1000}


def refusing(code: Code, times: int, *, retry_ms: int | None = None) -> Answering:
    """Return what makes a peer refuse each item of its first frames with items."""
    left = iter(range(times))

    def answering(node: NodeId, path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if path not in set(Route) or status != 200:
            return as_it_is(node, path, status, body)
        answer = decode_answer(body)
        if not answer.items or next(left, None) is None:
            return status, body
        refused = Refused(code=code, mid=None, retry_ms=retry_ms)
        return status, encode_answer(_with(answer, (refused,) * len(answer.items)))

    return answering


def refusing_frames(code: Code, times: int, *, retry_ms: int | None = None) -> Answering:
    """Return what makes a peer refuse its first frames as a whole."""
    left = iter(range(times))

    def answering(node: NodeId, path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if path not in set(Route) or next(left, None) is None:
            return as_it_is(node, path, status, body)
        error = ErrorAnswer(code=code, mid=None, t_ms=1, retry_ms=retry_ms, size=None)
        return 503, encode_error(error)

    return answering


def _with(answer: Answer, items: tuple[Refused, ...]) -> Answer:
    return replace(answer, items=items)


@scenario
async def test_expired_prekey_is_answered_with_new_wraps_of_the_same_envelope(
    tmp_path: Path,
) -> None:
    """Rule 16: same header and body, new wraps, a new leaf, and it settles."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await _acquainted(net)
        await net["FR/1"].halt()
        mid = (await send(net["FR/1"], request())).mid
        ((header, body, old),) = ask(net["FR/1"], "SELECT header, body, wraps FROM envelope")
        _forget_prekey(net)
        await net.run("FR/1")
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        ((same, also, new),) = ask(net["FR/1"], "SELECT header, body, wraps FROM envelope")
        assert (same, also) == (header, body)
        assert new != old
        assert ask(net["FR/1"], "SELECT wraps FROM earlier_sealing") == [(old,)]
        assert ask(net["FR/1"], "SELECT count(*) FROM leaf WHERE kind = 1") == [(2,)]
        assert net["FR/1"].metrics.value("a35_alarms_total", {"kind": "E_KEM_EXPIRED"}) == 0
        await net.turn_until(settled(net))
        assert await check_invariants(net) == 2


@scenario
async def test_envelope_is_wrapped_again_three_times_a_day_at_most(tmp_path: Path) -> None:
    """A peer that always refuses must not make our log grow; a restart forgets nothing of it."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        mid = (await send(net["FR/1"], request())).mid
        wire.answering = refusing(Code.KEM_EXPIRED, 10_000)
        leaves = []
        for number in range(7):
            if number == 2:
                await net.restart("FR/1")
            assert await net["FR/1"].runtime.dispatch.deliver(RO, BULK) is Progress.REFUSED
            leaves.append(ask(net["FR/1"], "SELECT count(*) FROM leaf WHERE kind = 1")[0][0])
            pass_time(net, 300_000)
        assert leaves == [2, 3, 4, 4, 4, 4, 4]
        assert net["FR/1"].metrics.value("a35_alarms_total", {"kind": "E_KEM_EXPIRED"}) > 0
        pass_time(net, DAY_MS)
        dispatch = net["FR/1"].runtime.dispatch
        wire.answering = refusing(Code.KEM_EXPIRED, 1)
        assert await dispatch.deliver(RO, BULK) is Progress.REFUSED
        assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED
        assert await state_of(net["FR/1"], mid) is MessageState.ACCEPTED
        assert len(ask(net["FR/1"], "SELECT 1 FROM earlier_sealing")) == 4


@scenario
async def test_receipt_that_names_an_earlier_sealing_settles(tmp_path: Path) -> None:
    """The answer to the first sealing was lost, and the peer asked for new wraps meanwhile."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        mid = (await send(net["FR/1"], request())).mid
        wire.answering = losing(lambda path: path == Route.ENVELOPES, 1)
        dispatch = net["FR/1"].runtime.dispatch
        assert await dispatch.deliver(RO, BULK) is Progress.FAILED
        wire.answering = refusing(Code.KEM_EXPIRED, 1)
        assert await dispatch.deliver(RO, BULK) is Progress.REFUSED
        assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED
        ((data, wraps),) = ask(
            net["FR/1"],
            "SELECT r.bytes, s.wraps FROM receipt r JOIN earlier_sealing s USING (message)"
            " WHERE r.stage = 'accepted'",
        )
        ((header,),) = ask(net["FR/1"], "SELECT header FROM envelope")
        stated = await net["FR/1"].store.stated(mid)
        assert stated is not None
        named = Receipt.decode(data).envelope_digest
        assert named in stated.sealings
        assert named != (await net["FR/1"].store.statement(net["FR/1"].id, mid) or (b"", b""))[1]
        assert Receipt.decode(data).header_digest == sha256(header)
        assert wraps
        await net.run("RO/1")
        await net.run("FR/1")
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        await net.turn_until(settled(net))
        await check_invariants(net)


@scenario
async def test_key_set_that_cannot_be_fetched_leaves_the_item_waiting(tmp_path: Path) -> None:
    """Neither a hot loop nor a lost lease: it is tried again after a while."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        mid = (await send(net["FR/1"], request())).mid
        refuse = refusing(Code.KEM_EXPIRED, 1)

        def answering(node: NodeId, path: str, status: int, body: bytes) -> tuple[int, bytes]:
            return (503, b"") if path == "/v1/keys" else refuse(node, path, status, body)

        wire.answering = answering
        dispatch = net["FR/1"].runtime.dispatch
        assert await dispatch.deliver(RO, BULK) is Progress.REFUSED
        assert await dispatch.deliver(RO, BULK) is Progress.IDLE
        assert ask(net["FR/1"], "SELECT code, stuck FROM outbox") == [("E_KEM_EXPIRED", 0)]
        pass_time(net, SOON_MS)
        assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED
        assert await state_of(net["FR/1"], mid) is MessageState.ACCEPTED


@scenario
async def test_pushed_receipt_refused_for_a_key_is_only_put_off(tmp_path: Path) -> None:
    """A receipt has no wraps; a peer that answers so must not break the lane."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=["FR/1"]) as net:
        mid = (await send(net["FR/1"], request())).mid
        await until_state(net["FR/1"], mid, MessageState.ACCEPTED)
        wire.answering = refusing(Code.KEM_EXPIRED, 1)
        await net.run("RO/1")
        await net.turn_until(lambda: bool(ask(net["RO/1"], "SELECT 1 FROM outbox WHERE code > ''")))
        assert ask(net["RO/1"], "SELECT code FROM outbox") == [("E_KEM_EXPIRED",)]
        await net.advance(SOON_MS)
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)


@scenario
async def test_busy_peer_is_asked_again_when_it_says(tmp_path: Path) -> None:
    """`retry` is honoured up to the cap of the class, and never below a second."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        mid = (await send(net["FR/1"], request())).mid
        dispatch = net["FR/1"].runtime.dispatch
        for retry_ms, wait_ms in [(0, 1_000), (7_000, 7_000), (None, SOON_MS), (10**9, 300_000)]:
            wire.answering = refusing_frames(Code.BUSY, 1, retry_ms=retry_ms)
            assert await dispatch.deliver(RO, BULK) is Progress.REFUSED
            ((next_ms,),) = ask(net["FR/1"], "SELECT next_ms FROM outbox")
            assert next_ms - net.clock.ms == wait_ms
            assert await dispatch.deliver(RO, BULK) is Progress.IDLE
            pass_time(net, wait_ms)
        assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED
        assert await state_of(net["FR/1"], mid) is MessageState.ACCEPTED
        outcomes = [attempt.outcome for attempt in await net["FR/1"].store.attempts(mid)]
        assert outcomes == ["E_BUSY"] * 4 + ["accepted"]


@pytest.mark.parametrize("code", [Code.SCHEMA, Code.MID_CONFLICT, Code.CLOCK, Code.PROOF])
def test_what_repeating_cannot_mend_is_stuck_and_told(code: Code, tmp_path: Path) -> None:
    """Rule 25, "no": the officer is told at once, the operator too; it is repeated slowly."""

    async def run() -> None:
        wire = Wire()
        async with network(tmp_path, NAMES, wire, run=[]) as net:
            mid = (await send(net["FR/1"], request())).mid
            wire.answering = refusing(code, 1)
            assert await net["FR/1"].runtime.dispatch.deliver(RO, BULK) is Progress.REFUSED
            ((next_ms, stuck),) = ask(net["FR/1"], "SELECT next_ms, stuck FROM outbox")
            assert (next_ms - net.clock.ms, stuck) == (STUCK_RETRY_MS, 1)
            assert net["FR/1"].metrics.value("a35_alarms_total", {"kind": code.value}) == 1
            kinds = [event.kind for event in await net["FR/1"].store.timeline(net["FR/1"].id, mid)]
            assert kinds[-1] == "message.stuck"
            pass_time(net, STUCK_RETRY_MS)
            assert await net["FR/1"].runtime.dispatch.deliver(RO, BULK) is Progress.DELIVERED

    asyncio.run(run())


@scenario
async def test_refused_address_asks_the_directory_and_is_told_if_it_stays(tmp_path: Path) -> None:
    """An entry that changed mends itself; one that does not is for people."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        await send(net["FR/1"], request())
        wire.answering = refusing(Code.FROM, 3)
        dispatch = net["FR/1"].runtime.dispatch
        for count in (1, 2, 3):
            assert await dispatch.deliver(RO, BULK) is Progress.REFUSED
            assert net["FR/1"].directory.refreshes == count
            pass_time(net, 300_000)
        assert net["FR/1"].metrics.value("a35_alarms_total", {"kind": "E_FROM"}) == 0
        wire.answering = refusing_frames(Code.PEER, 4)
        for count in (4, 5, 6, 7):
            assert await dispatch.deliver(RO, BULK) is Progress.REFUSED
            assert net["FR/1"].directory.refreshes == count
            pass_time(net, 300_000)
        assert net["FR/1"].metrics.value("a35_alarms_total", {"kind": "E_PEER"}) == 1
        assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED


@scenario
async def test_missing_attachment_is_sent_again_at_once(tmp_path: Path) -> None:
    """The receiver dropped it, or never had it: the parts go again, then the envelope."""
    async with network(tmp_path, NAMES, Wire()) as net:
        await _acquainted(net)
        await net["FR/1"].halt()
        mid = (await send(net["FR/1"], _with_file(), files=FILE)).mid
        remedies = net["FR/1"].runtime.dispatch._remedies
        ((header,),) = ask(net["FR/1"], "SELECT header FROM envelope")
        (part,) = Header.decode(header).blobs
        remedies._sent[RO, part.digest] = None  # as if it had been sent before it was dropped
        await net.run("FR/1")
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        outcomes = [attempt.outcome for attempt in await net["FR/1"].store.attempts(mid)]
        assert outcomes[:2] == ["E_BLOBS", "accepted"]


@scenario
async def test_refused_attachment_holds_up_its_own_envelope_only(tmp_path: Path) -> None:
    """One file that a peer does not take must not stop the lane."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        held_up = (await send(net["FR/1"], _with_file(), files=LARGE)).mid
        other = (await send(net["FR/1"], request(2))).mid
        error = ErrorAnswer(code=Code.QUOTA, mid=None, t_ms=1, retry_ms=60_000, size=None)

        def answering(node: NodeId, path: str, status: int, body: bytes) -> tuple[int, bytes]:
            if path == BLOBS:
                return 429, encode_error(error)
            return as_it_is(node, path, status, body)

        wire.answering = answering
        dispatch = net["FR/1"].runtime.dispatch
        assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED
        assert await state_of(net["FR/1"], other) is MessageState.ACCEPTED
        assert await state_of(net["FR/1"], held_up) is MessageState.QUEUED
        assert ask(net["FR/1"], "SELECT code FROM outbox") == [("E_QUOTA",)]
        pass_time(net, 60_000)
        assert await dispatch.deliver(RO, BULK) is Progress.REFUSED
        wire.answering = as_it_is
        pass_time(net, 60_000)
        assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED
        assert await state_of(net["FR/1"], held_up) is MessageState.ACCEPTED


@pytest.mark.parametrize("before", ["linking", "riding"])
def test_message_does_not_wait_for_the_attachment_of_another_one(
    tmp_path: Path, before: str
) -> None:
    """A gigabyte of a routine message takes hours on a slow line; an emergency has minutes."""

    async def run() -> None:
        wire = Wire()
        async with network(tmp_path, NAMES, wire, run=[]) as net:
            dispatch = net["FR/1"].runtime.dispatch
            laden = (await send(net["FR/1"], _with_file(), files=LARGE)).mid
            other = (await send(net["FR/1"], request(2))).mid
            if before == "riding":
                assert await dispatch.contact(RO) is Progress.DELIVERED
            passed: list[str] = []

            def answering(node: NodeId, path: str, status: int, body: bytes) -> tuple[int, bytes]:
                passed.append(path)
                return as_it_is(node, path, status, body)

            wire.answering = answering
            assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED
            ways = [path for path in passed if path in {Route.ENVELOPES, BLOBS}]
            assert ways == [Route.ENVELOPES, BLOBS, BLOBS, Route.ENVELOPES]
            for mid in (laden, other):
                assert await state_of(net["FR/1"], mid) is MessageState.ACCEPTED

    asyncio.run(run())


@pytest.mark.parametrize(
    ("size_bytes", "ways"),
    [
        (1024 * 1024, [BLOBS, Route.ENVELOPES]),
        (3 * 1024 * 1024, [Route.ENVELOPES, BLOBS, BLOBS, Route.ENVELOPES]),
    ],
    ids=["one-piece", "more"],
)
def test_envelope_brings_the_link_itself_after_an_attachment_of_one_piece(
    tmp_path: Path, size_bytes: int, ways: list[str]
) -> None:
    """A frame less for most files; where sending takes long, the peer holds our head before."""

    async def run() -> None:
        wire = Wire()
        async with network(tmp_path, NAMES, wire, run=[]) as net:
            file = {"folder/order.pdf": b"x" * size_bytes}
            mid = (await send(net["FR/1"], _with_file(), files=file)).mid
            passed: list[str] = []

            def answering(node: NodeId, path: str, status: int, body: bytes) -> tuple[int, bytes]:
                passed.append(path)
                return as_it_is(node, path, status, body)

            wire.answering = answering
            dispatch = net["FR/1"].runtime.dispatch
            assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED
            assert [path for path in passed if path in {Route.ENVELOPES, BLOBS}] == ways
            assert await state_of(net["FR/1"], mid) is MessageState.ACCEPTED

    asyncio.run(run())


@scenario
async def test_nobody_waits_for_the_link_that_an_attachment_holds_up(tmp_path: Path) -> None:
    """Another message links and goes meanwhile; the envelope then rides."""
    wire = Wire()
    wire.taking.clear()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        dispatch = net["FR/1"].runtime.dispatch
        laden = (await send(net["FR/1"], _with_file(), files=FILE)).mid
        first = asyncio.ensure_future(dispatch.deliver(RO, BULK))
        await net.turn_until(lambda: bool(wire.pieces))
        other = (await send(net["FR/1"], request(2))).mid
        assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED
        assert await state_of(net["FR/1"], other) is MessageState.ACCEPTED
        assert await state_of(net["FR/1"], laden) is MessageState.QUEUED
        wire.taking.set()
        assert await first is Progress.DELIVERED
        assert await state_of(net["FR/1"], laden) is MessageState.ACCEPTED
        assert wire.refusals == {}


@scenario
async def test_attachment_that_is_lost_here_is_told_and_stops_nobody_else(tmp_path: Path) -> None:
    """A damaged disk costs the one envelope; people hear of it."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        await send(net["FR/1"], _with_file(), files=FILE)
        other = (await send(net["FR/1"], request(2))).mid
        for path in (net["FR/1"].home / "blobs").rglob("*"):
            if path.is_file():
                path.unlink()
        dispatch = net["FR/1"].runtime.dispatch
        assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED
        assert await state_of(net["FR/1"], other) is MessageState.ACCEPTED
        for _ in range(3):
            pass_time(net, 300_000)
            assert await dispatch.deliver(RO, BULK) is Progress.REFUSED
        assert ask(net["FR/1"], "SELECT code, stuck FROM outbox") == [("E_BLOBS", 1)]
        assert net["FR/1"].metrics.value("a35_alarms_total", {"kind": "E_BLOBS"}) == 1


@scenario
async def test_memory_of_what_was_sent_stays_small(tmp_path: Path) -> None:
    """I11: what is forgotten costs a question."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        remedies = net["FR/1"].runtime.dispatch._remedies
        for number in range(5000):
            remedies._sent[RO, number.to_bytes(32, "big")] = None
        deferrals = net["FR/1"].runtime.dispatch._settle._deferrals
        for number in range(11_000):
            deferrals._count(-number, Code.BUSY)
        assert len(deferrals._counts) == 10_000
        await send(net["FR/1"], _with_file(), files=FILE)
        assert await net["FR/1"].runtime.dispatch.deliver(RO, BULK) is Progress.DELIVERED
        assert len(remedies._sent) <= 5000


def _forget_prekey(net: Network) -> None:
    """Let RO/1 lose its prekey, and publish no other: its last-resort key is left."""
    node = net["RO/1"]
    last_resort = RecipientSecret(node.keys.last_resort_seed)
    node.secrets.clear()
    node.secrets[last_resort.key_id] = last_resort


async def _acquainted(net: Network) -> None:
    """Wait until FR/1 holds the key set of RO/1."""
    await net.turn_until(lambda: bool(ask(net["FR/1"], "SELECT 1 FROM peer_key_set")))


def _with_file() -> dict[str, object]:
    document = request()
    document["attachments"] = [
        {"path": "folder/order.pdf", "role": "other", "media_type": "application/pdf"}
    ]
    return document
