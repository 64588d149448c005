"""The same envelope again: the stored receipt, byte for byte, whatever has changed meanwhile."""

import asyncio
from dataclasses import replace
from pathlib import Path

from keys.recipient import RecipientKey, RecipientSecret
from protocol.answer import Answer, Receipted, Refused
from protocol.errors import Code
from protocol.log.statement import envelope_sent
from tests.gateway.network import DAY_MS, Network, Wire, message_id, network
from tests.gateway.service.hand import Hand, code_of
from tests.gateway.service.world import ask, scenario

NAMES = ["FR/1", "RO/1"]
MID = message_id(7)


@scenario
async def test_repeats_get_the_stored_receipt_however_they_are_grouped(tmp_path: Path) -> None:
    """Composition means nothing: each item keeps its identity, its receipt and its one leaf."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        envelopes = [await hand.envelope(hand.address(message_id(n))) for n in (1, 2, 3)]
        first = await hand.bring(*envelopes, link=True)
        again = await hand.bring(*envelopes)
        regrouped = [
            *await hand.bring(envelopes[2], envelopes[0]),
            *await hand.bring(envelopes[1], envelopes[1]),
        ]
        receipts = [_receipt(verdict) for verdict in first]
        assert [_receipt(verdict) for verdict in again] == receipts
        assert [_receipt(verdict) for verdict in regrouped] == [
            receipts[2],
            receipts[0],
            receipts[1],
            receipts[1],
        ]
        net.clock.ms += 40 * DAY_MS
        late = await hand.bring(*envelopes)
        assert [_receipt(verdict) for verdict in late] == receipts
        assert ask(net["RO/1"], "SELECT count(*) FROM leaf WHERE kind = 2") == [(3,)]
        assert ask(net["RO/1"], "SELECT count(*) FROM inbox") == [(3,)]


@scenario
async def test_repeat_in_other_wraps_gets_the_receipt_of_the_first_sealing(tmp_path: Path) -> None:
    """An accepted envelope is answered also when the sender wrapped it again meanwhile."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        envelope = await hand.envelope(hand.address(MID))
        (first,) = await hand.bring(envelope, link=True)
        gone = await hand.envelope(
            hand.address(MID), key=RecipientKey(RecipientSecret(b"\x07" * 32).public)
        )
        index = await hand.state(envelope_sent(envelope.header, gone.wraps))
        await hand.link()
        (again,) = await hand.bring(replace(envelope, wraps=gone.wraps, index=index))
        assert _receipt(again) == _receipt(first)


@scenario
async def test_refusal_that_another_frame_overtook_becomes_the_receipt(tmp_path: Path) -> None:
    """Two frames with one envelope, and the prekey goes between check and commit."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        receiver = net["RO/1"]
        envelope = await hand.envelope(hand.address(MID))
        await hand.link()
        riding = await hand.head([envelope])
        await hand.envelope(hand.address(message_id(9)))
        linking = await hand.head([envelope], link=True)
        gate = asyncio.Event()
        held = asyncio.create_task(_hold_the_writer(net, gate))
        first = asyncio.create_task(hand.send(riding, [envelope.body]))
        await _turns(net)
        receiver.secrets.clear()
        second = asyncio.create_task(hand.send(linking, [envelope.body]))
        await _turns(net)
        gate.set()
        answers = [await first, await second]
        await held
        receipts = [_receipt(answer.items[0]) for answer in answers if isinstance(answer, Answer)]
        assert receipts[0] == receipts[1]
        assert ask(receiver, "SELECT count(*) FROM leaf WHERE kind = 2") == [(1,)]
        new = await hand.envelope(hand.address(message_id(10)))
        await hand.link()
        (verdict,) = await hand.bring(new)
        assert code_of(verdict) is Code.KEM_EXPIRED


@scenario
async def test_refusal_with_another_header_stays_a_refusal(tmp_path: Path) -> None:
    """What is looked for once more is this envelope, not its id."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        judge = net["RO/1"].reception._receive._judge
        await hand.bring(await hand.envelope(hand.address(MID)), link=True)
        other = await hand.envelope(replace(hand.address(MID), exp_ms=hand.me.now_ms() + 1000))
        item = (await hand.head([other], link=True)).envelopes[0]
        for code, mid in [(Code.EXPIRED, MID), (Code.PROOF, MID), (Code.EXPIRED, None)]:
            refused = Refused(code=code, mid=mid, retry_ms=None)
            assert await judge.repeated(hand.me.id, item, refused) is None


async def _hold_the_writer(net: Network, gate: asyncio.Event) -> None:
    """Keep the writer's thread busy until the gate opens."""
    loop = asyncio.get_running_loop()

    def wait(session: object) -> None:
        del session
        asyncio.run_coroutine_threadsafe(_opened(gate), loop).result(120)

    await net["RO/1"].store._core.writer.run(wait)


async def _opened(gate: asyncio.Event) -> None:
    await gate.wait()


async def _turns(net: Network) -> None:
    for _ in range(50):
        await net.wire.turn()


def _receipt(verdict: object) -> bytes:
    assert isinstance(verdict, Receipted), verdict
    assert verdict.receipt is not None
    return verdict.receipt
