"""Frames as a whole: the position is decided from the head, and a refused frame changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from protocol.answer import Answer, ErrorAnswer, decode_answer
from protocol.errors import Code
from protocol.frame import FrameHead, FrameKind
from protocol.limits import MAX_AHEAD_MS
from tests.gateway.network import DAY_MS, Wire, message_id, network
from tests.gateway.service.hand import Hand, Sealed, code_of
from tests.gateway.service.world import ask, changed_tables, dump, request, scenario, send

NAMES = ["FR/1", "RO/1", "DE/1"]
MID = message_id(7)


async def _signed_by_another(hand: Hand) -> FrameHead:
    """A note of FR/1 whose signatures are spoiled."""
    head = await hand.head(link=True)
    assert head.checkpoint is not None
    return replace(head, checkpoint=head.checkpoint[:-9] + b"AAAAAAA=\n")


async def _with_half_a_pair(hand: Hand) -> FrameHead:
    """The second signature line is cut off: a downgrade to the classical half."""
    head = await hand.head(link=True)
    assert head.checkpoint is not None
    lines = head.checkpoint.splitlines(keepends=True)
    return replace(head, checkpoint=b"".join(lines[:-1]))


async def _from_another_log(hand: Hand) -> FrameHead:
    """A checkpoint of DE/1 in a frame of FR/1."""
    other = Hand(hand._net, "DE/1", "RO/1")
    return await other.head(link=True)


async def _with_another_size(hand: Hand) -> FrameHead:
    head = await hand.head(link=True)
    return replace(head, at=head.at + 1)


async def _with_a_wrong_proof(hand: Hand) -> FrameHead:
    await hand.link()
    await hand.envelope(hand.address(MID))
    head = await hand.head(link=True)
    return replace(head, consistency=tuple(bytes(32) for _ in head.consistency))


async def _from_another_position(hand: Hand) -> FrameHead:
    await hand.link()
    await hand.envelope(hand.address(MID))
    head = await hand.head(link=True)
    return replace(head, old=0, consistency=())


async def _riding_on_what_is_not_linked(hand: Hand) -> FrameHead:
    head = await hand.head(link=True)
    return replace(head, checkpoint=None, old=head.at, consistency=())


async def _dated_ahead(hand: Hand) -> FrameHead:
    hand._net.clock.ms += MAX_AHEAD_MS + 60_000
    await hand.envelope(hand.address(MID))
    hand._net.clock.ms -= MAX_AHEAD_MS + 60_000
    return await hand.head(link=True)


async def _under_keys_not_listed(hand: Hand) -> FrameHead:
    head = await hand.head(link=True)
    hand._net.clock.ms += 400 * DAY_MS
    return head


async def _of_a_node_not_listed(hand: Hand) -> FrameHead:
    head = await hand.head(link=True)
    del hand._net.entries[hand.me.id]
    return head


FRAMES: list[tuple[Callable[[Hand], Awaitable[FrameHead]], Code]] = [
    (_signed_by_another, Code.PROOF),
    (_with_half_a_pair, Code.PROOF),
    (_from_another_log, Code.PROOF),
    (_with_another_size, Code.SCHEMA),
    (_with_a_wrong_proof, Code.PROOF),
    (_from_another_position, Code.LOG_POSITION),
    (_riding_on_what_is_not_linked, Code.LOG_POSITION),
    (_dated_ahead, Code.CLOCK),
    (_under_keys_not_listed, Code.KEY_UNKNOWN),
    (_of_a_node_not_listed, Code.PEER),
]


@pytest.mark.parametrize(("make", "code"), FRAMES)
def test_refused_frame_changes_nothing(
    make: Callable[[Hand], Awaitable[FrameHead]], code: Code, tmp_path: Path
) -> None:
    """Not even the position moves for what is refused as a whole."""

    async def run() -> None:
        async with network(tmp_path, NAMES, Wire(), run=[]) as net:
            hand = Hand(net, "FR/1", "RO/1")
            head = await make(hand)
            place = net["RO/1"].runtime._logs.newest(hand.me.id)
            before = dump(net["RO/1"])
            answer = await hand.send(head)
            assert code_of(answer) is code
            assert changed_tables(before, dump(net["RO/1"])) == set()
            assert net["RO/1"].runtime._logs.newest(hand.me.id) == place

    asyncio.run(run())


@scenario
async def test_refused_position_names_the_size_to_go_on_from(tmp_path: Path) -> None:
    """One round trip, and the same items go again."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        await hand.link()
        size = hand.linked
        answer = await hand.send(await _riding_on_what_is_not_linked(await _grown(hand)))
        assert isinstance(answer, ErrorAnswer)
        assert answer.size == size


@scenario
async def test_smaller_checkpoint_that_was_overtaken_is_linked_without_moving_the_head(
    tmp_path: Path,
) -> None:
    """Frames overtake each other; the older one is of the same history."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        await hand.link()
        envelope = await hand.envelope(hand.address(MID))
        slow = await hand.head([envelope], link=True)
        await hand.envelope(hand.address(message_id(8)))
        fast = await hand.head(link=True)
        await hand.send(fast)
        proofs = await hand.me.store.prove(fast.at, [], old=slow.at)
        answer = await hand.send(
            replace(slow, old=fast.at, consistency=proofs.consistency), [envelope.body]
        )
        assert isinstance(answer, Answer)
        assert [code_of(item) for item in answer.items] == [None]
        assert answer.seen == fast.at


@scenario
async def test_empty_frame_links_and_is_stated_at_most_once_an_hour(tmp_path: Path) -> None:
    """Else idle logs would make each other grow."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        for _ in range(3):
            await (await _grown(hand)).link()
        seen = "SELECT count(*) FROM leaf WHERE kind = 5"
        assert ask(net["RO/1"], seen) == [(1,)]
        assert ask(net["RO/1"], "SELECT count(*) FROM peer_checkpoint") == [(3,)]
        net.clock.ms += 60 * 60 * 1000
        await (await _grown(hand)).link()
        assert ask(net["RO/1"], seen) == [(2,)]


@scenario
async def test_checkpoint_that_proved_an_envelope_is_stated_each_time(tmp_path: Path) -> None:
    """Rule 19: one leaf 0x05 for each new checkpoint that an envelope rests on."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        for number in (1, 2):
            envelope = await hand.envelope(hand.address(message_id(number)))
            await hand.bring(envelope, link=True)
        assert ask(net["RO/1"], "SELECT count(*) FROM leaf WHERE kind = 5") == [(2,)]


@scenario
async def test_refused_items_leave_the_position_moved_and_nothing_else(tmp_path: Path) -> None:
    """I8's exception: the checkpoint was verified and linked."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        bad = await hand.envelope(replace(hand.address(MID), recipient=hand.me.id))
        before = dump(net["RO/1"])
        await hand.bring(bad, link=True)
        changed = changed_tables(before, dump(net["RO/1"]))
        assert changed <= {"peer_checkpoint", "leaf", "preimage", "node"}
        assert ask(net["RO/1"], "SELECT kind FROM leaf WHERE i > 0") == [(5,)]


@scenario
async def test_link_made_by_a_frame_that_broke_off_is_committed_with_what_rides_on_it(
    tmp_path: Path,
) -> None:
    """The position moved in memory; what proves something later must be durable by then."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        envelope = await hand.envelope(hand.address(MID))
        linking = await hand.head([envelope], link=True)
        await net["RO/1"].reception.begin(hand.me.id, FrameKind.ENVELOPES, linking)
        assert ask(net["RO/1"], "SELECT count(*) FROM peer_checkpoint") == [(0,)]
        hand.linked = linking.at
        await hand.bring(envelope)
        assert ask(net["RO/1"], "SELECT size, proves FROM peer_checkpoint") == [(linking.at, 1)]


@scenario
async def test_queue_numbers_that_never_come_are_not_missed(tmp_path: Path) -> None:
    """Rule 17: `void` closes the gaps that `have` and `miss` would show."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        envelope = await hand.envelope(hand.address(MID))
        head = await hand.head([envelope], link=True)
        item = replace(head.envelopes[0], queue_number=4)
        answer = await hand.send(replace(head, envelopes=(item,)), [envelope.body])
        assert isinstance(answer, Answer)
        assert (answer.have, answer.miss) == (0, ((1, 3),))
        head = await hand.head([envelope])
        head = replace(head, envelopes=(item,), void=(1, 2, 3))
        answer = await hand.send(head, [envelope.body])
        assert isinstance(answer, Answer)
        assert (answer.have, answer.miss) == (4, ())


@scenario
async def test_node_without_a_directory_puts_frames_off(tmp_path: Path) -> None:
    """Receipts name the directory they rest on; without one nothing can be accepted."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        envelope = await hand.envelope(hand.address(MID))
        await hand.link()
        assert not net["RO/1"].reception.is_busy()
        net["RO/1"].directory.current = None
        assert net["RO/1"].reception.is_busy()
        (verdict,) = await hand.bring(envelope)
        assert code_of(verdict) is Code.BUSY
        assert ask(net["RO/1"], "SELECT count(*) FROM inbox") == [(0,)]


@scenario
async def test_reception_shows_peers_what_they_may_read(tmp_path: Path) -> None:
    """Key set, notes of every linked log, receipts for the asking node's messages."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        mid = (await send(net["FR/1"], request())).mid
        ((header, wraps, body, index),) = ask(
            net["FR/1"], "SELECT header, wraps, body, i FROM envelope"
        )
        await hand.bring(Sealed(header=header, wraps=wraps, body=body, index=index), link=True)
        reception = net["RO/1"].reception
        assert await reception.log_note(hand.me.id, net["DE/1"].store.origin) is None
        for node in (hand.me, net["RO/1"]):
            note = await reception.log_note(hand.me.id, node.store.origin)
            assert note is not None
            assert note.startswith(str(node.store.origin).encode())
        given = decode_answer(await reception.receipts_for(hand.me.id, mid))
        assert [code_of(item) for item in given.items] == [None]
        assert decode_answer(await reception.receipts_for(net["DE/1"].id, mid)).items == ()


async def _grown(hand: Hand) -> Hand:
    await hand.envelope(hand.address(message_id(1000 + hand.me.store.size)))
    return hand
