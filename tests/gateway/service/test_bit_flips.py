"""One bit of a frame changed on its way: refused, with nothing changed where it arrived.

Real frames are captured, of each kind that is sent: linking and riding, of envelopes and of
receipts. One bit at every byte is changed (all eight in the soak run), chosen by its place. The
hint fields of rule 17 are the exception: they may be taken as they are, and then neither a
statement, nor a receipt, nor a row of the inbox may differ.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path

import pytest

from gateway.ports import Route
from protocol.answer import Refused, decode_answer
from protocol.envelope.seal import seal
from protocol.errors import RemoteProtocolError
from protocol.frame import (
    PREFIX_BYTES,
    FrameKind,
    ThirdHead,
    decode_head,
    decode_prefix,
    encode_frame,
)
from protocol.identifiers import LogOrigin
from protocol.log.statement import StatementKind, cover, envelope_sent
from tests.gateway.network import Network, Wire, message_id, network
from tests.gateway.service.hand import Hand, Sealed
from tests.gateway.service.world import (
    FR,
    Eye,
    Rows,
    ask,
    changed_tables,
    dump,
    request,
    scenario,
    send,
)
from tests.gateway.wire import deliver

NAMES = ["FR/1", "RO/1"]
ALL = range(8)


class Touched(Enum):
    """What a flip changed."""

    FRAME = auto()
    """The form of the frame, or what links it."""
    FRESH = auto()
    """The item that is new to the receiver."""
    KNOWN = auto()
    """The item that the receiver has: a repeat of it is answered whatever came with it."""
    HINT = auto()


@dataclass(frozen=True, slots=True)
class Captured:
    """A frame as it was sent; `fresh` is the place of the item that is new to its receiver."""

    kind: FrameKind
    frame: bytes
    fresh: int = 0

    @property
    def route(self) -> Route:
        """Where it goes."""
        return Route.ENVELOPES if self.kind is FrameKind.ENVELOPES else Route.RECEIPTS

    def flips(self, *, every: bool) -> Iterator["Flip"]:
        """Yield it with one bit of each byte changed, or with each bit of each byte."""
        for byte in range(len(self.frame)):
            for bit in ALL if every else (byte % 8,):
                yield self.flip(byte, bit)

    def flip(self, byte: int, bit: int) -> "Flip":
        """Change one bit."""
        spoiled = bytearray(self.frame)
        spoiled[byte] ^= 1 << bit
        return Flip(bytes(spoiled), byte, bit, self._touched(bytes(spoiled)))

    def _touched(self, spoiled: bytes) -> Touched:
        was, now = _items(self.kind, self.frame), _items(self.kind, spoiled)
        if now is None or was is None or now[0] != was[0] or len(now[1]) != len(was[1]):
            return Touched.FRAME
        changed = [place for place, item in enumerate(was[1]) if item != now[1][place]]
        if not changed:
            return Touched.HINT
        return Touched.FRESH if changed == [self.fresh] else Touched.KNOWN


@dataclass(frozen=True, slots=True)
class Flip:
    """A frame with one bit changed."""

    frame: bytes
    byte: int
    bit: int
    touched: Touched


def _items(kind: FrameKind, frame: bytes) -> tuple[object, list[object]] | None:
    """Return what links a frame, and its items with their bodies; None if it cannot be read.

    Hints are left out: two frames that differ in hints only give the same.
    """
    try:
        start = PREFIX_BYTES + decode_prefix(frame[:PREFIX_BYTES])
        head = decode_head(kind, frame[PREFIX_BYTES:start])
    except RemoteProtocolError:
        return None
    items: list[object] = list(head.receipts)
    for item in head.envelopes:
        items.append((replace(item, queue_number=0), frame[start : start + item.body_bytes]))
        start += item.body_bytes
    # A frame that rides proves no consistency: where that would start is not looked at.
    old = head.old if head.checkpoint is not None else head.at
    return (head.at, head.checkpoint, old, head.consistency, len(frame) - start), items


@asynccontextmanager
async def envelopes(
    folder: Path, *, link: bool, fresh: int
) -> AsyncIterator[tuple[Network, Captured]]:
    """Open a receiver that has one of two envelopes, and give the frame that carries both."""
    async with network(folder, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        known = await hand.envelope(hand.address(message_id(1)))
        await hand.bring(known, link=True)
        new = await hand.envelope(hand.address(message_id(2)))
        pair = [new, known] if fresh == 0 else [known, new]
        if not link:
            await hand.link()
        head = await hand.head(pair, link=link)
        numbered = [
            replace(item, queue_number=1 if one is known else 2)
            for one, item in zip(pair, head.envelopes, strict=True)
        ]
        head = replace(head, envelopes=tuple(numbered))
        buffers = encode_frame(FrameKind.ENVELOPES, head, [one.body for one in pair])
        yield net, Captured(FrameKind.ENVELOPES, b"".join(buffers), fresh)


@asynccontextmanager
async def receipts(folder: Path, *, link: bool) -> AsyncIterator[tuple[Network, Captured]]:
    """Open a receiver that waits for a receipt, and give the frame that carries it."""
    async with network(folder, NAMES, Wire(), run=[]) as net:
        mid = (await send(net["RO/1"], request(to="FR"))).mid
        ((header, wraps),) = ask(net["RO/1"], "SELECT header, wraps FROM envelope")
        hand = Hand(net, "FR/1", "RO/1")
        await hand.link()
        said = await hand.receipt(mid, header, wraps)
        if not link:
            await hand.link()
        head = await hand.head(receipts=[said], link=link)
        yield net, Captured(FrameKind.RECEIPTS, b"".join(encode_frame(FrameKind.RECEIPTS, head)))


async def check_flips(net: Network, captured: Captured, *, every: bool) -> int:
    """Deliver every flip that must be refused, as a frame or the item it touched.

    Flips of the frame go first: once an item's flip has linked the checkpoint, the way on which
    a later frame says that it is linked does not matter any more.

    Returns:
        How many were delivered.
    """
    wanted = [
        flip
        for flip in captured.flips(every=every)
        if flip.touched in {Touched.FRAME, Touched.FRESH}
    ]
    receiver = net["RO/1"]
    with Eye(receiver) as eye:
        before = eye.look()
        for flip in sorted(wanted, key=lambda flip: flip.touched is Touched.FRESH):
            status, body = await deliver(receiver, FR, captured.route, flip.frame)
            place = (flip.byte, flip.bit)
            now = eye.look()
            items = decode_answer(body).items if status == 200 else ()
            if flip.touched is Touched.FRAME:
                # Another size that is linked, too: then no proof leads to it.
                assert all(isinstance(item, Refused) for item in items), place
                assert changed_tables(before, now) == set(), place
            elif items:
                assert isinstance(items[captured.fresh], Refused), place
            assert changed_tables(before, now) <= _allowed(before, now), place
            before = now
    return len(wanted)


def _allowed(before: Rows, now: Rows) -> set[str]:
    """I8's exception: a checkpoint that was linked, once, and our statement that we saw it."""
    if len(now["peer_checkpoint"]) == len(before["peer_checkpoint"]):
        return set()
    assert [row[2] for row in now["leaf"][len(before["leaf"]) :]] in ([], [5])
    return {"peer_checkpoint", "leaf", "preimage", "node"}


async def honest_one_is_taken(net: Network, captured: Captured) -> None:
    """Show that the frame was good but for its flips."""
    before = dump(net["RO/1"])
    status, body = await deliver(net["RO/1"], FR, captured.route, captured.frame)
    assert status == 200
    assert not any(isinstance(item, Refused) for item in decode_answer(body).items)
    assert "receipt" in changed_tables(before, dump(net["RO/1"]))


async def envelope_flips(folder: Path, *, link: bool, every: bool) -> None:
    """Flip what a new envelope is in, as the first item and as the second."""
    for fresh in (0, 1):
        home = folder / f"fresh {fresh}"
        home.mkdir()
        async with envelopes(home, link=link, fresh=fresh) as (net, captured):
            assert await check_flips(net, captured, every=every) > 1500
            await honest_one_is_taken(net, captured)


async def receipt_flips(folder: Path, *, link: bool, every: bool) -> None:
    """Flip what a receipt is in."""
    async with receipts(folder, link=link) as (net, captured):
        assert await check_flips(net, captured, every=every) > 250
        await honest_one_is_taken(net, captured)


@pytest.mark.parametrize("frame", ["riding", "linking"])
def test_flipped_bit_of_an_envelope_frame_is_refused_without_a_trace(
    frame: str, tmp_path: Path
) -> None:
    """Prefix, head and body; a neighbour that is a repeat is answered, and changes nothing."""
    asyncio.run(envelope_flips(tmp_path, link=frame == "linking", every=False))


@pytest.mark.parametrize("frame", ["riding", "linking"])
def test_flipped_bit_of_a_receipt_frame_is_refused_without_a_trace(
    frame: str, tmp_path: Path
) -> None:
    """Receipts end deliveries: a changed one must not."""
    asyncio.run(receipt_flips(tmp_path, link=frame == "linking", every=False))


@pytest.mark.soak
@pytest.mark.parametrize("frame", ["riding", "linking"])
def test_every_flipped_bit_is_refused_without_a_trace(frame: str, tmp_path: Path) -> None:
    """All eight bits of every byte of every kind of frame."""
    for kind, check in {"envelopes": envelope_flips, "receipts": receipt_flips}.items():
        (tmp_path / kind).mkdir()
        asyncio.run(check(tmp_path / kind, link=frame == "linking", every=True))


@scenario
async def test_flipped_hint_changes_no_statement_no_receipt_and_no_row_of_the_inbox(
    tmp_path: Path,
) -> None:
    """`q`, `void`, `seen` and `heads` cost round trips at the most; TLS alone protects them."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        frames = await _hinting(net, 512)
        places = [
            (flip.byte, flip.bit)
            for flip in frames[0].flips(every=True)
            if flip.touched is Touched.HINT
        ]
        assert len(places) > 200
        for captured, (byte, bit) in zip(frames[1:], places, strict=False):
            flip = captured.flip(byte, bit)
            assert flip.touched is Touched.HINT
            before = dump(net["RO/1"])
            status, body = await deliver(net["RO/1"], FR, Route.ENVELOPES, flip.frame)
            assert status == 200, (byte, bit)
            assert not isinstance(decode_answer(body).items[0], Refused), (byte, bit)
            now = dump(net["RO/1"])
            for table in ("inbox", "receipt", "message", "envelope"):
                assert len(now[table]) == len(before[table]) + 1
            new = [row[2] for row in now["leaf"][len(before["leaf"]) :]]
            assert new == [StatementKind.RECEIPT_GIVEN]


async def _hinting(net: Network, leaves: int) -> list[Captured]:
    """Return riding frames with one new envelope each and all hints, alike byte for byte in form.

    They are alike because the tree has a power of two of leaves: all paths have one length.
    """
    hand = Hand(net, "FR/1", "RO/1")
    sealed = [
        seal(b"nothing that opens", hand.address(message_id(number)), [hand.key()])
        for number in range(leaves // 2)
    ]
    covers = [cover(bytes([number % 256]) * 32) for number in range(leaves // 2 - 1)]
    stated = [envelope_sent(one.header, one.wraps) for one in sealed]
    await hand.me.store.state([*covers, *stated], must_leave=True)
    await hand.link()
    frames = []
    for index, one in enumerate(sealed, start=leaves // 2):
        envelope = Sealed(header=one.header, wraps=one.wraps, body=one.body, index=index)
        head = await hand.head([envelope])
        third = ThirdHead(origin=LogOrigin.parse("a35/DE/1/log/1"), size=70_000, root=bytes(32))
        item = replace(head.envelopes[0], queue_number=70_000)
        head = replace(head, envelopes=(item,), seen=70_000, void=(80_000, 90_000), heads=(third,))
        buffers = encode_frame(FrameKind.ENVELOPES, head, [one.body])
        frames.append(Captured(FrameKind.ENVELOPES, b"".join(buffers)))
    return frames
