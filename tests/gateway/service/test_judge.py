"""Every refusal of a single item: its code, and that nothing but a counter changed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from keys.recipient import RecipientKey, RecipientSecret
from protocol.answer import Answer, Receipted, Refused
from protocol.encoding import Value, decode, encode
from protocol.envelope.header import Part
from protocol.errors import Code
from protocol.frame import FrameHead, FrameKind
from protocol.limits import MAX_AHEAD_MS, MAX_LIFE_MS
from protocol.log.statement import envelope_sent
from tests.gateway.network import DAY_MS, Wire, message_id, network
from tests.gateway.service.hand import Hand, Sealed, code_of
from tests.gateway.service.world import DE, ask, changed_tables, dump, scenario

NAMES = ["FR/1", "RO/1", "DE/1"]
MID = message_id(7)

Case = Callable[[Hand], Awaitable[tuple[FrameHead, Sealed]]]


async def _honest(hand: Hand, envelope: Sealed) -> tuple[FrameHead, Sealed]:
    await hand.link()
    return await hand.head([envelope]), envelope


async def _to_another_node(hand: Hand) -> tuple[FrameHead, Sealed]:
    address = replace(hand.address(MID), recipient=hand.me.id)
    return await _honest(hand, await hand.envelope(address))


async def _from_another_node(hand: Hand) -> tuple[FrameHead, Sealed]:
    address = replace(hand.address(MID), sender=DE)
    return await _honest(hand, await hand.envelope(address))


async def _never_stated(hand: Hand) -> tuple[FrameHead, Sealed]:
    envelope = await hand.envelope(hand.address(MID))
    other = await hand.envelope(hand.address(message_id(8)))
    return await _honest(hand, replace(other, index=envelope.index))


async def _path_too_short(hand: Hand) -> tuple[FrameHead, Sealed]:
    head, envelope = await _honest(hand, await hand.envelope(hand.address(MID)))
    item = replace(head.envelopes[0], path=head.envelopes[0].path[:-1])
    return replace(head, envelopes=(item,)), envelope


async def _beyond_the_tree(hand: Hand) -> tuple[FrameHead, Sealed]:
    head, envelope = await _honest(hand, await hand.envelope(hand.address(MID)))
    item = replace(head.envelopes[0], index=head.at)
    return replace(head, envelopes=(item,)), envelope


async def _sealed_in_our_future(hand: Hand) -> tuple[FrameHead, Sealed]:
    address = hand.address(MID)
    ahead = address.t_ms + MAX_AHEAD_MS + 1
    address = replace(address, t_ms=ahead, exp_ms=ahead + DAY_MS)
    return await _honest(hand, await hand.envelope(address))


async def _expired(hand: Hand) -> tuple[FrameHead, Sealed]:
    address = hand.address(MID)
    address = replace(address, t_ms=address.t_ms - DAY_MS, exp_ms=address.t_ms)
    return await _honest(hand, await hand.envelope(address))


async def _meant_to_live_too_long(hand: Hand) -> tuple[FrameHead, Sealed]:
    address = hand.address(MID)
    address = replace(address, exp_ms=address.t_ms + MAX_LIFE_MS + 1)
    return await _honest(hand, await hand.envelope(address))


async def _under_a_key_that_is_gone(hand: Hand) -> tuple[FrameHead, Sealed]:
    gone = RecipientKey(RecipientSecret(b"\x07" * 32).public)
    return await _honest(hand, await hand.envelope(hand.address(MID), key=gone))


async def _without_its_attachment(hand: Hand) -> tuple[FrameHead, Sealed]:
    part = Part(size_bytes=72, digest=b"\xb1" * 32)
    return await _honest(hand, await hand.envelope(hand.address(MID, blobs=(part,))))


async def _with_a_shorter_body(hand: Hand) -> tuple[FrameHead, Sealed]:
    envelope = await hand.envelope(hand.address(MID))
    return await _honest(hand, replace(envelope, body=envelope.body[:-1]))


async def _with_another_body(hand: Hand) -> tuple[FrameHead, Sealed]:
    envelope = await hand.envelope(hand.address(MID))
    body = bytes([envelope.body[0] ^ 1]) + envelope.body[1:]
    return await _honest(hand, replace(envelope, body=body))


async def _header_with_unknown_key(hand: Hand) -> tuple[FrameHead, Sealed]:
    envelope = await hand.envelope(hand.address(MID))
    fields = decode(envelope.header, max_bytes=8192)
    assert isinstance(fields, dict)
    more: dict[str, Value] = {**fields, "zz": 1}
    return await _honest(hand, await hand.envelope(hand.address(MID), header=encode(more)))


async def _header_that_is_no_map(hand: Hand) -> tuple[FrameHead, Sealed]:
    return await _honest(hand, await hand.envelope(hand.address(MID), header=b"\xc1"))


async def _wraps_that_are_none(hand: Hand) -> tuple[FrameHead, Sealed]:
    envelope = await hand.envelope(hand.address(MID))
    index = await hand.state(envelope_sent(envelope.header, b"\x90"))
    return await _honest(hand, replace(envelope, wraps=b"\x90", index=index))


CASES: dict[str, tuple[Case, Code]] = {
    "to another node": (_to_another_node, Code.TO),
    "from another node": (_from_another_node, Code.FROM),
    "never stated": (_never_stated, Code.PROOF),
    "a path too short": (_path_too_short, Code.PROOF),
    "beyond the tree": (_beyond_the_tree, Code.PROOF),
    "sealed in our future": (_sealed_in_our_future, Code.CLOCK),
    "expired": (_expired, Code.EXPIRED),
    "meant to live too long": (_meant_to_live_too_long, Code.EXPIRED),
    "under a key that is gone": (_under_a_key_that_is_gone, Code.KEM_EXPIRED),
    "without its attachment": (_without_its_attachment, Code.BLOBS),
    "with a shorter body": (_with_a_shorter_body, Code.LENGTH),
    "with another body": (_with_another_body, Code.HASH),
    "header with unknown key": (_header_with_unknown_key, Code.SCHEMA),
    "header that is no map": (_header_that_is_no_map, Code.CANON),
    "wraps that are none": (_wraps_that_are_none, Code.SCHEMA),
}


@pytest.mark.parametrize("name", CASES)
def test_refused_envelope_changes_nothing_but_a_counter(name: str, tmp_path: Path) -> None:
    """I8: what is refused leaves no statement, no receipt, no row."""
    make, code = CASES[name]

    async def run() -> None:
        async with network(tmp_path, NAMES, Wire(), run=[]) as net:
            hand = Hand(net, "FR/1", "RO/1")
            head, envelope = await make(hand)
            before = dump(net["RO/1"])
            answer = await hand.send(head, [envelope.body])
            assert isinstance(answer, Answer)
            (verdict,) = answer.items
            assert code_of(verdict) is code
            assert changed_tables(before, dump(net["RO/1"])) == set()
            labels = {"peer": "FR/1", "code": code.value}
            assert net["RO/1"].metrics.value("a35_refused_total", labels) == 1

    asyncio.run(run())


@scenario
async def test_missing_attachments_are_named(tmp_path: Path) -> None:
    """The sender must know what to send again."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        parts = tuple(Part(size_bytes=72, digest=bytes([n]) * 32) for n in (1, 2))
        envelope = await hand.envelope(hand.address(MID, blobs=parts))
        (verdict,) = await hand.bring(envelope, link=True)
        assert isinstance(verdict, Refused)
        assert verdict.blobs == tuple(part.digest for part in parts)
        assert verdict.mid == MID


@scenario
async def test_one_bad_envelope_costs_its_own_entry_only(tmp_path: Path) -> None:
    """Delivery, section 7: a poisoned item must not hold up its neighbours."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        good = await hand.envelope(hand.address(message_id(1)))
        bad = await hand.envelope(replace(hand.address(message_id(2)), recipient=hand.me.id))
        last = await hand.envelope(hand.address(message_id(3)))
        verdicts = await hand.bring(good, bad, last, link=True)
        assert [code_of(verdict) for verdict in verdicts] == [None, Code.TO, None]
        accepted = ask(net["RO/1"], "SELECT count(*) FROM inbox")
        assert accepted == [(2,)]


@scenario
async def test_same_id_with_another_header_keeps_the_evidence_and_accepts_nothing(
    tmp_path: Path,
) -> None:
    """Rule 23: two headers under one id are kept with their proofs; the first one stands."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        first = await hand.envelope(hand.address(MID))
        second = await hand.envelope(replace(hand.address(MID), exp_ms=hand.me.now_ms() + 1000))
        assert isinstance((await hand.bring(first, link=True))[0], Receipted)
        await hand.link()
        before = dump(net["RO/1"])
        (verdict,) = await hand.bring(second)
        assert code_of(verdict) is Code.MID_CONFLICT
        changed = changed_tables(before, dump(net["RO/1"]))
        assert changed <= {"conflict", "peer_checkpoint"}
        ((header, _),) = ask(net["RO/1"], "SELECT header, path FROM conflict")
        assert header == second.header
        assert net["RO/1"].metrics.value("a35_alarms_total", {"kind": "E_MID_CONFLICT"}) == 1


@scenario
async def test_envelope_dated_long_before_its_leaf_is_accepted_and_marked(tmp_path: Path) -> None:
    """A backdated envelope is no reason to refuse, but evidence must show it."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        await hand.link()
        old = hand.address(message_id(1))
        net.clock.ms += MAX_AHEAD_MS + 60_000
        await hand.envelope(hand.address(message_id(2)))
        await hand.link()
        backdated = await hand.envelope(old)
        punctual = await hand.envelope(hand.address(message_id(3)))
        await hand.bring(backdated, punctual, link=True)
        marks = ask(net["RO/1"], "SELECT backdated FROM envelope ORDER BY message")
        assert marks == [(1,), (0,)]


@scenario
async def test_rotated_key_of_an_old_checkpoint_is_not_the_envelopes_fault(tmp_path: Path) -> None:
    """Whether it is backdated cannot be told; that is no reason to refuse."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        await hand.link()
        envelope = await hand.envelope(hand.address(MID))
        head = await hand.head([envelope], link=True)
        linked = await hand.to.reception.begin(hand.me.id, FrameKind.ENVELOPES, head)
        del net.entries[hand.me.id]
        answer = await hand.to.reception.envelopes(linked, [envelope.body])
        assert b"E_" not in answer
        assert ask(net["RO/1"], "SELECT backdated FROM envelope") == [(0,)]
