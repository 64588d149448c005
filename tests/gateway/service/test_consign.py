"""Opening what was accepted: into the duty inbox, or `rejected` with its reason; and no harm."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO
from json import dumps
from pathlib import Path

import pytest

from gateway.errors import NoInputError, UnavailableError
from gateway.records import Consignment
from keys.body import encrypt_body, encrypt_stream, new_content_key
from keys.digest import sha256
from protocol.answer import Receipted
from protocol.cases.ladder import MessageState
from protocol.encoding import Value
from protocol.envelope.blobs import blob_context
from protocol.envelope.content import Content, FileEntry, encode_inner
from protocol.envelope.header import Header, Part
from protocol.envelope.padding import pad
from protocol.envelope.seal import Address, body_context
from protocol.envelope.wraps import wrap
from protocol.identifiers import MessageId
from protocol.log.statement import envelope_sent
from protocol.requests.check import check_document
from protocol.requests.wire import to_wire
from tests.gateway.network import Network, Node, Wire, message_id, network
from tests.gateway.service.hand import Hand, Sealed
from tests.gateway.service.invariants import check_invariants
from tests.gateway.service.world import (
    DE,
    FR,
    RO,
    Json,
    ask,
    decision,
    request,
    scenario,
    send,
    settled,
    state_of,
    until_state,
)

NAMES = ["DE/1", "FR/1", "RO/1"]
MID = message_id(7)


def content(**changes: object) -> Content:
    """Return the content of a small valid request from FR/1 to RO/1, with changes."""
    document = request()
    body = wire(document)
    whole = Content(
        mid=MID,
        sender=FR,
        recipient=RO,
        t_ms=1_795_000_000_000,
        type=document["type"],
        thread=MID,
        re=None,
        body=body,
        files=(),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]  # fields by name


def wire(document: Json, **files: int) -> dict[str, Value]:
    """Return a document as it travels; `files` are its attachments with their sizes."""
    result = check_document(dumps(document).encode(), today=date(2026, 11, 22), attachments=files)
    assert result.document is not None
    return to_wire(result.document)


def inner(**changes: object) -> bytes:
    """Return the inside of an envelope with such a content."""
    return encode_inner(content(**changes).encode())


async def sealed_as(hand: Hand, plain: bytes, *, address: Address | None = None) -> Sealed:
    """Seal bytes as they are: padding and all are the test's."""
    where = hand.address(MID) if address is None else address
    key = new_content_key()
    body = encrypt_body(key, body_context(where.mid, where.sender, where.recipient), plain)
    header = Header(
        mid=where.mid,
        sender=where.sender,
        recipient=where.recipient,
        t_ms=where.t_ms,
        exp_ms=where.exp_ms,
        cls=where.cls,
        directory=where.directory,
        body=Part(size_bytes=len(body), digest=sha256(body)),
        blobs=where.blobs,
    ).encode()
    wraps = wrap(header, key, [hand.key()])
    index = await hand.state(envelope_sent(header, wraps))
    return Sealed(header=header, wraps=wraps, body=body, index=index)


async def _garbage(hand: Hand) -> Sealed:
    """A body under another key than the wraps hold."""
    good = await sealed_as(hand, pad(inner()))
    other = wrap(good.header, new_content_key(), [hand.key()])
    return replace(good, wraps=other, index=await hand.state(envelope_sent(good.header, other)))


async def _padding(hand: Hand) -> Sealed:
    return await sealed_as(hand, pad(inner())[:-1] + b"\x01")


async def _no_content(hand: Hand) -> Sealed:
    return await hand.envelope(hand.address(MID), inner=b"no canonical content")


async def _another_mid(hand: Hand) -> Sealed:
    return await hand.envelope(hand.address(MID), inner=inner(mid=message_id(8)))


async def _another_addressee(hand: Hand) -> Sealed:
    """The attack of a forwarded request: it was signed for somebody else."""
    return await hand.envelope(hand.address(MID), inner=inner(recipient=DE))


async def _files_that_are_not_there(hand: Hand) -> Sealed:
    entry = FileEntry(
        name="a.pdf",
        media_type="application/pdf",
        size_bytes=10,
        digest=bytes(32),
        blob=bytes(32),
        key=bytes(32),
    )
    return await hand.envelope(hand.address(MID), inner=inner(files=(entry,)))


async def _unknown_type(hand: Hand) -> Sealed:
    return await hand.envelope(hand.address(MID), inner=inner(type="love_letter"))


async def _schema_fault(hand: Hand) -> Sealed:
    body = dict(content().body) | {"urgency": "whenever"}
    return await hand.envelope(hand.address(MID), inner=inner(body=body))


UNREADABLE: list[tuple[Callable[[Hand], object], str, bool]] = [
    (_garbage, "E_OPEN", False),
    (_padding, "E_PAD", False),
    (_no_content, "E_CANON", False),
    (_another_mid, "E_BIND", False),
    (_another_addressee, "E_BIND", False),
    (_files_that_are_not_there, "E_BIND", False),
    (_unknown_type, "E_SCHEMA type", True),
    (_schema_fault, "E_SCHEMA urgency", True),
]


@pytest.mark.parametrize(("make", "why", "is_kept"), UNREADABLE)
def test_what_cannot_be_read_is_rejected_with_its_reason(
    make: Callable[[Hand], object],
    why: str,
    is_kept: bool,  # noqa: FBT001  a column of the table
    tmp_path: Path,
) -> None:
    """Accepted stays accepted; the reason goes to the sender, the form fault with its path."""

    async def run() -> None:
        async with network(tmp_path, NAMES, Wire(), run=[]) as net:
            hand = Hand(net, "FR/1", "RO/1")
            envelope = await make(hand)  # type: ignore[misc]  # all of them are coroutines
            (verdict,) = await hand.bring(envelope, link=True)
            assert isinstance(verdict, Receipted)
            assert await net["RO/1"].runtime.consign.open_some() == 1
            (row,) = await net["RO/1"].store.message(MID)
            assert (row.state, row.why) == (MessageState.REJECTED, why)
            assert (row.summary is not None) is is_kept
            stages = ask(net["RO/1"], "SELECT stage FROM receipt ORDER BY id")
            assert stages == [("accepted",), ("rejected",)]
            assert ask(net["RO/1"], "SELECT 1 FROM inbox") == []
            assert await net["RO/1"].runtime.consign.open_some() == 0

    asyncio.run(run())


@scenario
async def test_sender_sees_rejected_and_why(tmp_path: Path) -> None:
    """Final, told, and the lane is healthy."""
    async with network(tmp_path, NAMES, Wire(), run=["FR/1"]) as net:
        mid = (await send(net["FR/1"], request())).mid
        await until_state(net["FR/1"], mid, MessageState.ACCEPTED)
        keys = dict(net["RO/1"].secrets)
        net["RO/1"].secrets.clear()
        await net["RO/1"].runtime.consign.open_some()
        net["RO/1"].secrets.update(keys)
        await net.run("RO/1")
        row = await until_state(net["FR/1"], mid, MessageState.REJECTED)
        assert row.why == "E_KEM_EXPIRED"
        assert net["FR/1"].runtime.engine.waiting_since_failure() == {}
        await net.turn_until(settled(net))
        assert await check_invariants(net) == 2


@scenario
async def test_envelope_that_ended_five_openings_is_parked_with_alarm(tmp_path: Path) -> None:
    """Poison is counted before it is touched; at the sixth start it is not touched any more."""
    async with network(tmp_path, NAMES, Wire(), run=["FR/1"]) as net:
        mid = (await send(net["FR/1"], request())).mid
        await until_state(net["FR/1"], mid, MessageState.ACCEPTED)
        for number in range(2, 6):  # the first was counted with the acceptance
            assert await net["RO/1"].store.begin_openings([(FR, mid)]) == (number,)
            await net.crash("RO/1")
        await net.run("RO/1")
        row = await until_state(net["FR/1"], mid, MessageState.REJECTED)
        assert row.why == "internal"
        assert net["RO/1"].metrics.value("a35_alarms_total", {"kind": "parked"}) == 1
        await net.turn_until(settled(net))
        await check_invariants(net)


class _Counting:
    """A store that notes how many messages each commit consigns."""

    def __init__(self, node: Node) -> None:
        self._store = node.store
        self.together: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def consign(self, *consignments: Consignment, now_ms: int) -> None:
        """Pass on."""
        self.together.append(len(consignments))
        await self._store.consign(*consignments, now_ms=now_ms)


@scenario
async def test_what_came_together_is_consigned_with_one_commit(tmp_path: Path) -> None:
    """A fsync and a signature for all; one that cannot be read keeps no other back."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        hand = Hand(net, "FR/1", "RO/1")
        mids = [message_id(number) for number in range(10, 20)]
        envelopes = [
            await hand.envelope(hand.address(mid), inner=inner(mid=mid, thread=mid)) for mid in mids
        ]
        await hand.bring(*envelopes, await _unknown_type(hand), link=True)
        node = net["RO/1"]
        counting = _Counting(node)
        node.runtime.consign._store = counting  # type: ignore[assignment]  # as far as it is used
        assert await node.runtime.consign.open_some() == 11
        assert counting.together == [11]
        assert {await state_of(node, mid) for mid in mids} == {MessageState.CONSIGNED}
        assert await state_of(node, MID) is MessageState.REJECTED


@scenario
async def test_what_was_begun_and_not_ended_is_opened_alone(tmp_path: Path) -> None:
    """Else one poison would have all parked that came together with it."""
    async with network(tmp_path, NAMES, Wire(), run=["FR/1"]) as net:
        mids = [(await send(net["FR/1"], request(number))).mid for number in range(4)]
        for mid in mids:
            await until_state(net["FR/1"], mid, MessageState.ACCEPTED)
        node = net["RO/1"]
        await node.store.begin_openings([(FR, mid) for mid in mids[1:3]])
        counting = _Counting(node)
        node.runtime.consign._store = counting  # type: ignore[assignment]  # as far as it is used
        assert await node.runtime.consign.open_some() == 4
        assert counting.together == [1, 1, 1, 1]


@scenario
async def test_what_a_stop_left_unopened_is_opened_at_the_next_start(tmp_path: Path) -> None:
    """Nothing that was accepted waits for another message to come."""
    async with network(tmp_path, NAMES, Wire(), run=["FR/1"]) as net:
        mids = [(await send(net["FR/1"], request(number))).mid for number in range(3)]
        for mid in mids:
            await until_state(net["FR/1"], mid, MessageState.ACCEPTED)
        await net.restart("RO/1")
        waiting = await net["RO/1"].store.unopened(9)
        assert [(one.attempts, one.is_counted) for one in waiting] == [(1, False)] * 3
        await net.run("RO/1")
        for mid in mids:
            await until_state(net["FR/1"], mid, MessageState.CONSIGNED)


@scenario
async def test_node_that_starts_without_a_directory_waits_to_open(tmp_path: Path) -> None:
    """Receipts name the directory they rest on; the node must live until there is one."""
    async with network(tmp_path, NAMES, Wire(), run=["FR/1"]) as net:
        mid = (await send(net["FR/1"], request())).mid
        await until_state(net["FR/1"], mid, MessageState.ACCEPTED)
        receiver = net["RO/1"]
        stamp, receiver.directory.current = receiver.directory.current, None
        await net.run("RO/1")
        for _ in range(100):
            await net.wire.turn()
        assert await state_of(receiver, mid) is MessageState.ACCEPTED
        assert ask(receiver, "SELECT attempts FROM inbox") == [(1,)]
        receiver.directory.current = stamp
        await receiver.runtime.adopt.once()
        await until_state(net["FR/1"], mid, MessageState.CONSIGNED)
        receiver.directory.current = None
        with pytest.raises(UnavailableError, match="no directory"):
            await receiver.runtime.act.open(mid, who="RO/1 officer 1")


@scenario
async def test_answer_to_a_message_of_nobody_is_consigned_and_harms_nobody(tmp_path: Path) -> None:
    """A peer that answers what we never sent must neither stop the node nor move a case."""
    async with network(tmp_path, NAMES, Wire(), run=["FR/1", "RO/1"]) as net:
        answer = decision(request(), message_id(99), to="RO")
        await _bring_answer(net, "DE/1", answer, re=message_id(99))
        assert await state_of(net["RO/1"], MID) is MessageState.CONSIGNED


@scenario
async def test_answer_by_a_party_that_was_not_asked_moves_nothing(tmp_path: Path) -> None:
    """Else a third node could tell an officer that another Party has decided."""
    async with network(tmp_path, NAMES, Wire(), run=["FR/1", "RO/1"]) as net:
        mid = (await send(net["RO/1"], request(to="FR"))).mid
        await until_state(net["RO/1"], mid, MessageState.CONSIGNED)
        await _bring_answer(net, "DE/1", decision(request(), mid, to="RO"), re=mid)
        assert await state_of(net["RO/1"], MID) is MessageState.CONSIGNED
        (ours,) = await net["RO/1"].store.message(mid)
        assert ours.state is MessageState.CONSIGNED
        await send(net["FR/1"], decision(request(to="FR"), mid, to="RO"))
        await until_state(net["RO/1"], mid, MessageState.ANSWERED)
        await check_invariants(net)


@pytest.mark.parametrize("lie", ["digest", "gone", "key"])
def test_attachment_that_is_not_what_was_described_is_not_given_out(
    lie: str, tmp_path: Path
) -> None:
    """An officer must not take for evidence what the sender did not describe."""

    async def run() -> None:
        async with network(tmp_path, NAMES, Wire(), run=["RO/1"]) as net:
            hand = Hand(net, "FR/1", "RO/1")
            key, blob = new_content_key(), BytesIO()
            digests = encrypt_stream(key, blob_context(MID, 0), BytesIO(b"true bytes"), blob)
            entry = FileEntry(
                name="order.pdf",
                media_type="application/pdf",
                size_bytes=10,
                digest=bytes(32) if lie == "digest" else digests.plain_digest,
                blob=digests.sealed_digest,
                key=new_content_key() if lie == "key" else key,
            )
            attached = {"path": "order.pdf", "role": "other", "media_type": "application/pdf"}
            body = wire(request() | {"attachments": [attached]}, **{"order.pdf": 10})
            part = Part(size_bytes=digests.sealed_bytes, digest=digests.sealed_digest)
            await net["RO/1"].blobs.put(
                FR, part.digest, offset=0, total=part.size_bytes, piece=blob.getvalue()
            )
            address = hand.address(MID, blobs=(part,))
            inside = inner(body=body, files=(entry,))
            await hand.bring(await hand.envelope(address, inner=inside), link=True)
            row = await until_state(net["RO/1"], MID, MessageState.CONSIGNED)
            assert row.why is None
            await net["RO/1"].runtime.act.open(MID, who="RO/1 officer 1")
            if lie == "gone":
                _remove(net, digests.sealed_digest)
            with pytest.raises(NoInputError, match=r"not the file|held whole"):
                await net["RO/1"].runtime.act.file(MID, 0, BytesIO())

    asyncio.run(run())


def _remove(net: Network, digest: bytes) -> None:
    """Let the attachment vanish from the disk."""
    for path in (net["RO/1"].home / "blobs").rglob(digest.hex()):
        path.unlink()


async def _bring_answer(net: Network, sender: str, document: Json, *, re: MessageId) -> None:
    hand = Hand(net, sender, "RO/1")
    inside = inner(sender=hand.me.id, type=document["type"], re=re, body=wire(document))
    envelope = await hand.envelope(hand.address(MID), inner=inside)
    await hand.bring(envelope, link=True)
    await until_state(net["RO/1"], MID, MessageState.CONSIGNED)
