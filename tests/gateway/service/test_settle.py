"""What an answer settles: nothing but what its checkpoint proves, for what we stated."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.delivery.engine import BULK, RECEIPTS
from gateway.errors import TransportError
from gateway.ports import Route
from gateway.records import ClaimedItem
from gateway.service.dispatch import Progress
from protocol.answer import Answer, Receipted, decode_answer, encode_answer
from protocol.cases.ladder import MessageState
from protocol.errors import MalformedError, RemoteProtocolError
from protocol.frame import FrameKind, encode_frame
from protocol.identifiers import NodeId
from protocol.receipt import Receipt, Stage
from tests.gateway.network import Network, Wire, message_id, network
from tests.gateway.service.hand import Hand, Sealed
from tests.gateway.service.invariants import check_invariants
from tests.gateway.service.world import (
    FR,
    RO,
    ask,
    changed_tables,
    dump,
    pass_time,
    request,
    scenario,
    send,
    state_of,
)
from tests.gateway.wire import Answering, as_it_is, deliver

NAMES = ["FR/1", "RO/1"]


def spoiling(change: Callable[[Answer], Answer]) -> Answering:
    """Return what changes every answer to envelopes on its way back."""

    def answering(node: NodeId, path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if path != Route.ENVELOPES or status != 200:
            return as_it_is(node, path, status, body)
        return status, encode_answer(change(decode_answer(body)))

    return answering


def _receipt(answer: Answer) -> tuple[Receipted, Receipt]:
    (item,) = answer.items
    assert isinstance(item, Receipted)
    assert item.receipt is not None
    return item, Receipt.decode(item.receipt)


def _another_receipt(**changes: object) -> Callable[[Answer], Answer]:
    def change(answer: Answer) -> Answer:
        item, receipt = _receipt(answer)
        data = replace(receipt, **changes).encode()  # type: ignore[arg-type]  # fields by name
        return replace(answer, items=(replace(item, receipt=data),))

    return change


def _without_receipt(answer: Answer) -> Answer:
    return replace(answer, items=(Receipted(receipt=None, index=None, path=()),))


def _another_leaf(answer: Answer) -> Answer:
    item, _ = _receipt(answer)
    assert item.index is not None
    return replace(answer, items=(replace(item, index=item.index - 1),))


def _no_receipt_at_all(answer: Answer) -> Answer:
    item, _ = _receipt(answer)
    return replace(answer, items=(replace(item, receipt=b"\xc1"),))


def _one_more(answer: Answer) -> Answer:
    return replace(answer, items=answer.items * 2)


def _of_another_size(answer: Answer) -> Answer:
    return replace(answer, at=answer.at + 1)


def _riding_on_nothing(answer: Answer) -> Answer:
    return replace(answer, checkpoint=None, consistency=())


def _with_a_spoiled_note(answer: Answer) -> Answer:
    assert answer.checkpoint is not None
    return replace(answer, checkpoint=answer.checkpoint[:-9] + b"AAAAAAA=\n")


SPOILED = [
    (_another_receipt(mid=message_id(99)), "E_RECEIPT"),
    (_another_receipt(header_digest=bytes(32)), "E_RECEIPT"),
    (_another_receipt(envelope_digest=bytes(32)), "E_RECEIPT"),
    (_another_receipt(by=FR), "E_RECEIPT"),
    (_another_receipt(for_=RO), "E_RECEIPT"),
    (_another_receipt(stage=Stage.ACKNOWLEDGED), "E_RECEIPT"),
    (_another_receipt(t_ms=1), "E_PROOF"),
    (_without_receipt, "E_RECEIPT"),
    (_another_leaf, "E_PROOF"),
    (_no_receipt_at_all, "E_CANON"),
    (_one_more, "E_SCHEMA"),
    (_of_another_size, "E_SCHEMA"),
    (_riding_on_nothing, "E_PROOF"),
    (_with_a_spoiled_note, "E_PROOF"),
]


@pytest.mark.parametrize(("change", "code"), SPOILED)
def test_answer_that_proves_something_else_settles_nothing(
    change: Callable[[Answer], Answer], code: str, tmp_path: Path
) -> None:
    """No unproven "accepted": the item stays, is stuck and told, and the next answer settles it."""

    async def run() -> None:
        wire = Wire()
        async with network(tmp_path, NAMES, wire, run=[]) as net:
            mid = (await send(net["FR/1"], request())).mid
            wire.answering = spoiling(change)
            dispatch = net["FR/1"].runtime.dispatch
            assert await dispatch.deliver(RO, BULK) is Progress.REFUSED
            assert ask(net["FR/1"], "SELECT code, stuck FROM outbox") == [(code, 1)]
            assert ask(net["FR/1"], "SELECT count(*) FROM receipt") == [(0,)]
            assert await state_of(net["FR/1"], mid) is MessageState.QUEUED
            assert net["FR/1"].metrics.value("a35_alarms_total", {"kind": code}) == 1
            wire.answering = as_it_is
            pass_time(net, 30 * 60 * 1000)
            assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED
            assert await state_of(net["FR/1"], mid) is MessageState.ACCEPTED
            assert await check_invariants(net) == 1

    asyncio.run(run())


@scenario
async def test_answer_without_our_protocol_is_a_fault_of_the_way(tmp_path: Path) -> None:
    """A middlebox must not kill a request, nor make it stuck."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        mid = (await send(net["FR/1"], request())).mid
        dispatch = net["FR/1"].runtime.dispatch
        for status, body in [(302, b""), (502, b"<html>"), (404, b"")]:
            wire.answering = lambda *_, status=status, body=body: (status, body)
            assert await dispatch.deliver(RO, BULK) is Progress.FAILED
            outbox = ask(net["FR/1"], "SELECT code, stuck, next_ms FROM outbox")
            assert outbox == [("not_our_protocol", 0, 0)]
        wire.answering = as_it_is
        assert await dispatch.deliver(RO, BULK) is Progress.DELIVERED
        assert await state_of(net["FR/1"], mid) is MessageState.ACCEPTED


@scenario
async def test_good_items_of_an_answer_settle_beside_a_bad_one(tmp_path: Path) -> None:
    """One bad receipt costs its own entry."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        mids = [(await send(net["FR/1"], request(number))).mid for number in (1, 2, 3)]

        def change(answer: Answer) -> Answer:
            first, _, third = answer.items
            return replace(answer, items=(first, third, third))

        wire.answering = spoiling(change)
        assert await net["FR/1"].runtime.dispatch.deliver(RO, BULK) is Progress.DELIVERED
        states = [await state_of(net["FR/1"], mid) for mid in mids]
        assert states == [MessageState.ACCEPTED, MessageState.QUEUED, MessageState.ACCEPTED]


@scenario
async def test_receipt_in_the_answer_to_a_receipt_is_not_looked_at(tmp_path: Path) -> None:
    """No receipt for a receipt: whatever a peer puts there changes nothing."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=["RO/1"]) as net:
        mid = (await send(net["FR/1"], request())).mid
        await net["RO/1"].halt()
        await net["FR/1"].runtime.dispatch.deliver(RO, BULK)
        await net["RO/1"].runtime.consign.open_some()
        said = Receipted(receipt=b"anything", index=3, path=())

        def answering(node: NodeId, path: str, status: int, body: bytes) -> tuple[int, bytes]:
            if path != Route.RECEIPTS or status != 200:
                return as_it_is(node, path, status, body)
            answer = decode_answer(body)
            return status, encode_answer(replace(answer, items=(said,)))

        wire.answering = answering
        assert await net["RO/1"].runtime.dispatch.deliver(FR, RECEIPTS) is Progress.DELIVERED
        assert ask(net["RO/1"], "SELECT count(*) FROM receipt WHERE given = 0") == [(0,)]
        assert ask(net["RO/1"], "SELECT count(*) FROM outbox") == [(0,)]
        assert await state_of(net["FR/1"], mid) is MessageState.CONSIGNED


@scenario
async def test_flipped_bit_of_an_answer_settles_nothing(tmp_path: Path) -> None:
    """What comes back is believed as little as what goes: one bit of each byte."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        sender = net["FR/1"]
        await send(sender, request())
        settle = sender.runtime.dispatch._settle
        (item,) = await sender.store.claim(
            RO, BULK.kind, now_ms=net.clock.ms, max_items=1, max_bytes=10**6, below=None
        )
        true = await _answer_of(net, item)
        spoiled = [one for one in _flips(true) if _believed(one) != _believed(decode_answer(true))]
        assert len(spoiled) > 2000
        spoiled.sort(key=lambda one: one.items != decode_answer(true).items)
        before = dump(sender)
        for answer in spoiled:
            try:
                verdict = await settle.answered(RO, [item], answer, asked_at=0)
            except (RemoteProtocolError, TransportError):
                continue
            assert verdict.delivered == 0
            assert not {"receipt", "message"} & changed_tables(before, dump(sender))
        verdict = await settle.answered(RO, [item], decode_answer(true), asked_at=0)
        assert verdict.delivered == 1
        assert await check_invariants(net) == 1


def _flips(data: bytes) -> Iterator[Answer]:
    """Yield what can be read of an answer with one bit changed."""
    for byte in range(len(data)):
        flipped = bytearray(data)
        flipped[byte] ^= 1 << byte % 8
        with suppress(MalformedError):
            yield decode_answer(bytes(flipped))


def _believed(answer: Answer) -> tuple[object, ...]:
    """Return what of an answer is no hint; where the proof starts only says whom to ask."""
    return answer.at, answer.checkpoint, answer.consistency, answer.items


async def _answer_of(net: Network, item: ClaimedItem) -> bytes:
    """Let RO/1 accept an item, and return its answer."""
    hand = Hand(net, "FR/1", "RO/1")
    sealed = Sealed(header=item.header, wraps=item.wraps, body=item.body, index=item.index)
    head = await hand.head([sealed], link=True)
    frame = b"".join(encode_frame(FrameKind.ENVELOPES, head, [item.body]))
    status, answer = await deliver(net["RO/1"], FR, Route.ENVELOPES, frame)
    assert status == 200
    return answer
