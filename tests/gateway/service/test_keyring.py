"""Under which key a node is written to: from what is held, proven, and never waiting for it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import TransportError
from keys.nodekeys import new_prekey
from keys.recipient import RecipientSecret
from protocol.errors import MalformedError, NotAllowedError, NotProvenError, RemoteProtocolError
from protocol.identifiers import NodeId
from protocol.keyset import KeySet, KeySetAnswer, PrekeyEntry
from protocol.log.statement import Statement, key_set_published
from tests.gateway.network import DAY_MS, START_MS, Node, Wire, network
from tests.gateway.service.world import DE, RO, ask, scenario
from tests.gateway.wire import Answering, as_it_is

NAMES = ["DE/1", "FR/1", "RO/1"]


def key_id(node: Node, *, prekey: bool) -> bytes:
    """Return the id of a node's prekey, or of its last-resort key."""
    keys = node.keys
    return RecipientSecret(keys.prekeys[0].seed if prekey else keys.last_resort_seed).key_id


@scenario
async def test_newest_proven_prekey_is_taken_and_until_then_the_last_resort(
    tmp_path: Path,
) -> None:
    """Sealing never waits for the network."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        keyring = net["FR/1"].runtime._keyring
        assert (await keyring.recipient(RO)).key_id == key_id(net["RO/1"], prekey=False)
        assert keyring.is_due(RO)
        await keyring.fetch(RO)
        assert not keyring.is_due(RO)
        assert (await keyring.recipient(RO)).key_id == key_id(net["RO/1"], prekey=True)
        net.clock.ms += DAY_MS
        assert keyring.is_due(RO)
        net.clock.ms += 14 * DAY_MS
        assert (await keyring.recipient(RO)).key_id == key_id(net["RO/1"], prekey=False)


@scenario
async def test_key_set_is_found_again_after_a_start(tmp_path: Path) -> None:
    """A node that starts writes under what it held, before it has met anybody."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        await net["FR/1"].runtime._keyring.fetch(RO)
        again = await net.restart("FR/1")
        key = await again.runtime._keyring.recipient(RO)
        assert key.key_id == key_id(net["RO/1"], prekey=True)


@scenario
async def test_prekey_that_its_owner_refuses_is_not_taken_again(tmp_path: Path) -> None:
    """A restored node may publish what it has lost."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        keyring = net["FR/1"].runtime._keyring
        await keyring.fetch(RO)
        keyring.gone([key_id(net["RO/1"], prekey=True)])
        assert (await keyring.recipient(RO)).key_id == key_id(net["RO/1"], prekey=False)


@scenario
async def test_newer_key_set_takes_the_place_and_an_older_one_does_not(tmp_path: Path) -> None:
    """Rollback of prekeys would bring erased ones back."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        keyring = net["FR/1"].runtime._keyring
        for version in (3, 2):
            prekey = new_prekey(not_before_ms=START_MS + 1, expires_ms=START_MS + DAY_MS)
            public = RecipientSecret(prekey.seed).public
            await net["RO/1"].store.state([_published(RO, public, version)], must_leave=True)
            net.clock.ms += 1
            await keyring.fetch(RO)
        assert ask(net["FR/1"], "SELECT version FROM peer_key_set") == [(3,)]


@scenario
async def test_node_without_any_key_cannot_be_written_to(tmp_path: Path) -> None:
    """Neither a node that nobody knows, nor one whose keys have all run out."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        keyring = net["FR/1"].runtime._keyring
        with pytest.raises(NotAllowedError):
            await keyring.recipient(NodeId("JP", 1))
        net.clock.ms += 400 * DAY_MS
        with pytest.raises(NotAllowedError):
            await keyring.recipient(RO)


def _of_another_size(answer: KeySetAnswer) -> KeySetAnswer:
    return replace(answer, at=answer.at + 1)


def _another_leaf(answer: KeySetAnswer) -> KeySetAnswer:
    return replace(answer, index=answer.index + 1)


def _another_set(answer: KeySetAnswer) -> KeySetAnswer:
    held = KeySet.decode(answer.key_set)
    return replace(answer, key_set=replace(held, version=9).encode())


@pytest.mark.parametrize("change", [_of_another_size, _another_leaf, _another_set])
def test_key_set_without_its_proof_is_not_kept(
    change: Callable[[KeySetAnswer], KeySetAnswer], tmp_path: Path
) -> None:
    """TLS alone must not decide who can read."""

    async def run() -> None:
        wire = Wire()
        async with network(tmp_path, NAMES, wire, run=[]) as net:
            wire.answering = _spoiling(change)
            with pytest.raises(NotProvenError):
                await net["FR/1"].runtime._keyring.fetch(RO)
            assert ask(net["FR/1"], "SELECT 1 FROM peer_key_set") == []

    asyncio.run(run())


@scenario
async def test_key_set_of_another_node_is_not_kept(tmp_path: Path) -> None:
    """A node publishes keys for itself only."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        public = RecipientSecret(b"\x01" * 32).public
        await net["RO/1"].store.state([_published(DE, public, 2)], must_leave=True)
        with pytest.raises(NotProvenError, match="its own node"):
            await net["FR/1"].runtime._keyring.fetch(RO)
        assert ask(net["FR/1"], "SELECT 1 FROM peer_key_set") == []


@scenario
async def test_key_set_under_which_nothing_can_be_sealed_is_not_kept(tmp_path: Path) -> None:
    """Else every officer's message to that node would fail at the moment of sending."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        broken = b"\xff" * 1216
        await net["RO/1"].store.state([_published(RO, broken, 2)], must_leave=True)
        keyring = net["FR/1"].runtime._keyring
        with pytest.raises(RemoteProtocolError, match="no key"):
            await keyring.fetch(RO)
        assert ask(net["FR/1"], "SELECT 1 FROM peer_key_set") == []
        assert (await keyring.recipient(RO)).key_id == key_id(net["RO/1"], prekey=False)


@scenario
async def test_node_without_a_key_set_is_asked_again(tmp_path: Path) -> None:
    """It may be starting; its last-resort key serves until then."""
    wire = Wire()
    async with network(tmp_path, NAMES, wire, run=[]) as net:
        wire.answering = lambda *_: (503, b"")
        with pytest.raises(TransportError) as caught:
            await net["FR/1"].runtime._keyring.fetch(RO)
        assert caught.value.code == "no_key_set"
        assert net["FR/1"].runtime._keyring.is_due(RO)
        wire.answering = lambda *_: (200, b"\xc1")
        with pytest.raises(MalformedError):
            await net["FR/1"].runtime._keyring.fetch(RO)


def _published(node: NodeId, public: bytes, version: int) -> Statement:
    entry = PrekeyEntry(public=public, not_before_ms=START_MS, expires_ms=START_MS + DAY_MS)
    key_set = KeySet(
        node=node,
        version=version,
        not_before_ms=START_MS,
        expires_ms=START_MS + DAY_MS,
        keys=(entry,),
    )
    return key_set_published(key_set.encode())


def _spoiling(change: Callable[[KeySetAnswer], KeySetAnswer]) -> Answering:
    def answering(node: NodeId, path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if path != "/v1/keys":
            return as_it_is(node, path, status, body)
        return status, change(KeySetAnswer.decode(body)).encode()

    return answering


@scenario
async def test_keys_of_years_do_not_stay_in_memory(tmp_path: Path) -> None:
    """A node has a new prekey every few days; only those that count now are looked for again."""
    async with network(tmp_path, ["FR/1"], Wire(), run=[]) as net:
        keyring = net["FR/1"].runtime._keyring
        for number in range(1100):
            public = RecipientSecret(number.to_bytes(32, "big")).public
            assert keyring._key(public) is keyring._key(public)
        assert len(keyring._recipients) <= 1024
