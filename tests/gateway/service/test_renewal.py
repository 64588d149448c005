"""Prekeys over time: fresh ones in time, old ones erased, and nothing lost between."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from gateway.errors import StorageError
from gateway.journal import get_journal
from gateway.randomness import SystemRandomness
from gateway.service.renewal import Renewal
from keys.nodekeys import PREKEY_GRACE_MS, Prekey
from keys.recipient import RecipientSecret
from protocol.cases.ladder import MessageState
from protocol.keyset import KeySet
from protocol.log.statement import key_set_published
from protocol.renewing import PREKEY_LIFE_MS, entry_of, next_key_set
from tests.gateway.network import DAY_MS, START_MS, Network, Node, Wire, network
from tests.gateway.service.world import RO, request, scenario, send, until_state

NAMES = ["FR/1", "RO/1"]
FIRST_LIFE_MS = 14 * DAY_MS
"""Life of the prekeys with which the nodes of a test begin."""


class Held:
    """The prekeys of a node of the network; `broken` makes the disk refuse."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.held = node.keys.prekeys
        self.broken = False

    def prekeys(self) -> tuple[Prekey, ...]:
        """Return them."""
        return self.held

    def secrets(self) -> Mapping[bytes, RecipientSecret]:
        """Return what the node opens with."""
        return self.node.secrets

    async def keep(self, prekeys: tuple[Prekey, ...]) -> None:
        """Hold these."""
        await asyncio.sleep(0)
        if self.broken:
            raise StorageError("the disk refused")
        seeds = (self.node.keys.last_resort_seed, *(each.seed for each in prekeys))
        secrets = [RecipientSecret(seed) for seed in seeds]
        self.node.secrets.clear()
        self.node.secrets.update({secret.key_id: secret for secret in secrets})
        self.held = prekeys


def renewal(node: Node, seeds: Held | None = None, *, most_unopened: int = 64) -> Renewal:
    """Return what renews the prekeys of a node."""
    return Renewal(
        node=node.id,
        store=node.store,
        seeds=Held(node) if seeds is None else seeds,
        clock=node.clock,
        randomness=SystemRandomness(),
        journal=get_journal("test"),
        most_unopened=most_unopened,
    )


async def published(node: Node) -> KeySet:
    """Return the newest key set that a node states."""
    found = await node.store.key_set()
    assert found is not None
    return KeySet.decode(found[0])


async def taken(net: Network) -> bytes:
    """Return the id of the key that FR/1 would seal for RO/1 under, after a fetch."""
    keyring = net["FR/1"].runtime._keyring
    await keyring.fetch(RO)
    return (await keyring.recipient(RO)).key_id


@scenario
async def test_senders_take_the_fresh_prekey_and_the_former_one_still_opens(tmp_path: Path) -> None:
    """Between two prekeys nothing is refused, whichever of the two a sender has heard of."""
    async with network(tmp_path, NAMES, Wire()) as net:
        node = net["RO/1"]
        seeds = Held(node)
        renews = renewal(node, seeds)
        first = entry_of(seeds.held[0]).key_id
        assert await taken(net) == first
        assert await renews.once()
        assert len(seeds.held) == 1
        assert (await published(node)).version == 1

        net.clock.ms = START_MS + FIRST_LIFE_MS - DAY_MS
        assert await renews.once()
        fresh = entry_of(seeds.held[-1]).key_id
        assert [each.key_id for each in (await published(node)).keys] == [fresh, first]
        assert seeds.held[-1].expires_ms - net.clock.ms == PREKEY_LIFE_MS

        # FR/1 has not heard of it: what it seals for the former one opens all the same.
        before = await send(net["FR/1"], request(1))
        await until_state(node, before.mid, MessageState.CONSIGNED)
        assert await taken(net) == fresh
        after = await send(net["FR/1"], request(2))
        await until_state(node, after.mid, MessageState.CONSIGNED)
        assert renews.check().ok


@scenario
async def test_what_was_accepted_opens_before_its_prekey_is_erased(tmp_path: Path) -> None:
    """An erased prekey opens nothing: for the thief of a disk, and for us."""
    async with network(tmp_path, NAMES, Wire(), run=["FR/1"]) as net:
        node = net["RO/1"]
        seeds = Held(node)
        renews, hasty = renewal(node, seeds), renewal(node, seeds, most_unopened=1)
        first = await taken(net)
        # It is on its way for long, and lies unopened: RO/1's workers do not run.
        sent = await send(net["FR/1"], request())
        await until_state(net["FR/1"], sent.mid, MessageState.ACCEPTED)
        net.clock.ms = START_MS + FIRST_LIFE_MS + PREKEY_GRACE_MS
        for one in (renews, hasty):
            assert first in one.accepts()
            await one.once()
            assert first not in one.accepts()
            await one.once()
            assert first in node.secrets
        assert await node.runtime.consign.open_some() == 1
        await until_state(node, sent.mid, MessageState.CONSIGNED)
        await renews.once()
        assert first not in node.secrets
        assert entry_of(seeds.held[0]).key_id in renews.accepts()
        await renews.once()
        assert len(seeds.held) == 1


@scenario
async def test_files_that_were_put_back_state_what_they_really_hold(tmp_path: Path) -> None:
    """Peers hold a newer set, of prekeys that are lost: only a higher version replaces it."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        node = net["RO/1"]
        lost = Prekey(seed=b"l" * 32, not_before_ms=START_MS, expires_ms=START_MS + DAY_MS)
        newer = next_key_set(RO, await published(node), (lost,), now_ms=START_MS)
        await node.store.state([key_set_published(newer.encode())], must_leave=True)
        assert await taken(net) == entry_of(lost).key_id
        await renewal(node).once()
        assert (await published(node)).version > newer.version
        assert await taken(net) == entry_of(node.keys.prekeys[0]).key_id


@scenario
async def test_nothing_is_drawn_while_the_log_may_not_be_signed(tmp_path: Path) -> None:
    """A prekey that nobody can be told of would only lie there."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        again = await net.restart("RO/1", begins=False)
        net.clock.ms += 30 * DAY_MS
        seeds = Held(again)
        assert not await renewal(again, seeds).once()
        assert len(seeds.held) == 1


@scenario
async def test_a_disk_that_refuses_is_told_and_tried_again(tmp_path: Path) -> None:
    """The node serves on: without a prekey its last-resort key is used."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        node = net["RO/1"]
        seeds = Held(node)
        renews = renewal(node, seeds)
        assert renews.check().ok
        net.clock.ms += 30 * DAY_MS
        assert renews.check().detail == "none counts now"
        seeds.broken = True
        assert await _round(renews, "not renewed: storage") == "not renewed: storage"
        assert not renews.check().ok
        seeds.broken = False
        assert await _round(renews, "1 in use") == "1 in use"
        assert renews.check().ok


async def _round(renews: Renewal, wanted: str) -> str:
    """Let the worker take one round; return what the doctor shows once it is what is wanted."""
    working = asyncio.create_task(renews.run())
    async with asyncio.timeout(60):
        while renews.check().detail != wanted:  # noqa: ASYNC110  it tells nobody
            await asyncio.sleep(0.001)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    return renews.check().detail
