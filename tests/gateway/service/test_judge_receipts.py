"""Receipts that a peer pushes: taken once, and only from the addressee for what we stated."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from protocol.answer import Receipted
from protocol.envelope.header import Header
from protocol.errors import Code
from protocol.identifiers import MessageId
from protocol.receipt import Stage
from tests.gateway.network import Network, Wire, message_id, network
from tests.gateway.service.hand import Hand, Said, code_of
from tests.gateway.service.world import DE, ask, changed_tables, dump, request, scenario, send

NAMES = ["FR/1", "RO/1", "DE/1"]


@scenario
async def test_receipts_are_taken_once_and_answered_with_nothing(tmp_path: Path) -> None:
    """No receipt for a receipt; a repeat changes nothing."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand, mid, header, wraps = await _with_something_sent(net)
        said = await hand.receipt(mid, header, wraps)
        for _ in range(2):
            (verdict,) = await hand.push(said)
            assert verdict == Receipted(receipt=None, index=None, path=())
        assert ask(net["RO/1"], "SELECT stage FROM receipt WHERE given = 0") == [("consigned",)]
        assert ask(net["RO/1"], "SELECT count(*) FROM leaf WHERE kind = 3") == [(1,)]


async def _for_something_else(hand: Hand, mid: MessageId, header: bytes, wraps: bytes) -> Said:
    del mid
    return await hand.receipt(message_id(99), header, wraps)


async def _by_another_node(hand: Hand, mid: MessageId, header: bytes, wraps: bytes) -> Said:
    return await hand.receipt(mid, header, wraps, by=DE)


async def _for_another_node(hand: Hand, mid: MessageId, header: bytes, wraps: bytes) -> Said:
    return await hand.receipt(mid, header, wraps, for_=DE)


async def _for_another_header(hand: Hand, mid: MessageId, header: bytes, wraps: bytes) -> Said:
    other = replace(Header.decode(header), exp_ms=1).encode()
    return await hand.receipt(mid, other, wraps)


async def _for_a_sealing_never_stated(
    hand: Hand, mid: MessageId, header: bytes, wraps: bytes
) -> Said:
    del wraps
    return await hand.receipt(mid, header, b"never stated")


async def _with_the_proof_of_another(
    hand: Hand, mid: MessageId, header: bytes, wraps: bytes
) -> Said:
    said = await hand.receipt(mid, header, wraps)
    other = await hand.receipt(mid, header, wraps, stage=Stage.OPENED)
    return replace(said, index=other.index)


async def _that_is_no_receipt(hand: Hand, mid: MessageId, header: bytes, wraps: bytes) -> Said:
    return replace(await hand.receipt(mid, header, wraps), receipt=b"\xc1")


async def _honest(hand: Hand, mid: MessageId, header: bytes, wraps: bytes) -> Said:
    return await hand.receipt(mid, header, wraps)


SPOILED = [
    ("FR/1", _for_something_else, Code.RECEIPT),
    ("FR/1", _by_another_node, Code.RECEIPT),
    ("FR/1", _for_another_node, Code.RECEIPT),
    ("FR/1", _for_another_header, Code.RECEIPT),
    ("FR/1", _for_a_sealing_never_stated, Code.RECEIPT),
    ("DE/1", _honest, Code.RECEIPT),
    ("FR/1", _with_the_proof_of_another, Code.PROOF),
    ("FR/1", _that_is_no_receipt, Code.CANON),
]


@pytest.mark.parametrize(("speaker", "make", "code"), SPOILED)
def test_refused_receipt_changes_nothing_but_a_counter(
    speaker: str,
    make: Callable[[Hand, MessageId, bytes, bytes], Awaitable[Said]],
    code: Code,
    tmp_path: Path,
) -> None:
    """A receipt counts only from the addressee, for what we stated, and with its proof."""

    async def run() -> None:
        async with network(tmp_path, NAMES, Wire(), run=[]) as net:
            _, mid, header, wraps = await _with_something_sent(net)
            hand = Hand(net, speaker, "RO/1")
            said = await make(hand, mid, header, wraps)
            await hand.link()
            before = dump(net["RO/1"])
            (verdict,) = await hand.push(said)
            assert code_of(verdict) is code
            assert changed_tables(before, dump(net["RO/1"])) == set()
            labels = {"peer": speaker, "code": code.value}
            assert net["RO/1"].metrics.value("a35_refused_total", labels) == 1

    asyncio.run(run())


async def _with_something_sent(net: Network) -> tuple[Hand, MessageId, bytes, bytes]:
    hand = Hand(net, "FR/1", "RO/1")
    mid = (await send(net["RO/1"], request(to="FR"))).mid
    ((header, wraps),) = ask(net["RO/1"], "SELECT header, wraps FROM envelope")
    return hand, mid, header, wraps
