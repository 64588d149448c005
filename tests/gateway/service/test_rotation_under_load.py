"""A Party rotates its log and last-resort keys while messages go both ways: none lost or refused.

Its peer hears of each change late, as peers do: between two directories both pairs must do.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from gateway.service.prove import Prove, listed_keys
from keys.nodekeys import NodeKeys
from keys.recipient import RecipientSecret, new_seed
from keys.turning import LogPair, TurningKeys
from protocol.cases.ladder import MessageState
from protocol.directory import KemKey, LogKey, NodeEntry
from protocol.directory_values import key_text, time_text
from protocol.errors import RemoteProtocolError
from protocol.identifiers import LogOrigin, MessageId
from protocol.log.checkpoint import TreeHead
from protocol.log.signing import sign_head
from tests.gateway.network import DAY_MS, START_MS, Network, Wire, network
from tests.gateway.service.world import (
    RO,
    pass_time,
    request,
    scenario,
    send,
    settled,
    until_state,
)

NAMES = ["FR/1", "RO/1"]
BURST = 4
END_MS = START_MS + 365 * DAY_MS


def turned(keys: NodeKeys) -> NodeKeys:
    """Return keys with a new pair and a new last-resort key, the old ones beside them."""
    new = LogPair.generate()
    old = LogPair(ed25519_seed=keys.log_ed25519_seed, mldsa44_seed=keys.log_mldsa44_seed)
    return replace(
        keys,
        log_ed25519_seed=new.ed25519_seed,
        log_mldsa44_seed=new.mldsa44_seed,
        last_resort_seed=new_seed(),
        turning=TurningKeys(log=old, last_resort_seed=keys.last_resort_seed),
    )


def listing(entry: NodeEntry, keys: NodeKeys, *, from_ms: int, old_until_ms: int) -> NodeEntry:
    """Return the entry with the new keys, and the old ones until a moment."""
    verifier = keys.signer().verifier
    period = {"not_before": time_text(from_ms), "not_after": time_text(END_MS)}
    end = {"not_after": time_text(old_until_ms)}
    log = LogKey(
        origin=verifier.name,
        ed25519=key_text(verifier.ed25519),
        mldsa44=key_text(verifier.mldsa44),
        **period,
    )
    kem = KemKey(public=key_text(RecipientSecret(keys.last_resort_seed).public), **period)
    return entry.model_copy(
        update={
            "logs": (log, *(each.model_copy(update=end) for each in entry.logs)),
            "kem": (kem, *(each.model_copy(update=end) for each in entry.kem)),
        }
    )


class Load:
    """Messages both ways, and what became of them."""

    def __init__(self, net: Network) -> None:
        self._net = net
        self.sent: list[tuple[str, str, MessageId]] = []

    async def burst(self) -> None:
        """Send some each way, without waiting for any."""
        for _ in range(BURST):
            for sender, to in (("FR/1", "RO/1"), ("RO/1", "FR/1")):
                document = request(len(self.sent), to=to[:2])
                queued = await send(self._net[sender], document)
                self.sent.append((sender, to, queued.mid))

    async def arrived(self) -> None:
        """Wait until every message is in the inbox of its addressee, and its sender knows."""
        done = settled(self._net)
        await self._net.turn_until(lambda: pass_time(self._net) and done())
        for sender, to, mid in self.sent:
            await until_state(self._net[to], mid, MessageState.CONSIGNED)
            await until_state(self._net[sender], mid, MessageState.CONSIGNED)


async def restarted(net: Network, keys: NodeKeys) -> None:
    """Stop RO/1 and start it with other keys, as for `a35 keys rotate`."""
    net._keys[RO] = keys
    node = await net.restart("RO/1")
    node.secrets.clear()
    node.secrets.update(keys.secrets())
    await net.run("RO/1")


def adopt(net: Network, name: str, entry: NodeEntry) -> None:
    """Let one node hold a newer directory than the others."""
    directory = net[name].directory
    directory.entries = {**directory.entries, entry.node_id: entry}


@scenario
async def test_no_message_is_lost_or_refused_while_log_and_kem_keys_rotate(tmp_path: Path) -> None:
    """Old pair alone, both pairs, new pair alone: whichever directory a peer holds, it verifies."""
    wire = Wire(turns=3)
    async with network(tmp_path, NAMES, wire) as net:
        load = Load(net)
        await load.burst()
        keys = turned(net._keys[RO])
        await restarted(net, keys)
        await load.burst()

        first = net.entries[RO]
        both = listing(first, keys, from_ms=net.clock.ms, old_until_ms=net.clock.ms + 30 * DAY_MS)
        for name in ("RO/1", "FR/1"):
            adopt(net, name, both)
            await load.burst()
        await load.arrived()
        await net["FR/1"].runtime._keyring.fetch(RO)

        net.clock.ms += 31 * DAY_MS  # the old keys have ended, and the node forgets them
        await restarted(net, replace(keys, turning=TurningKeys()))
        adopt(net, "RO/1", both)
        await load.burst()
        await load.arrived()
        # Frames overtake each other, and a node that stops or starts puts everything off.
        assert wire.refusals.keys() <= {"E_LOG_POSITION", "E_STORE", "E_BUSY"}
        assert len(load.sent) == 2 * BURST * 5
        node = net["RO/1"]
        listed = partial(listed_keys, node.directory)
        verified = await Prove(node.store, *node.keys.signer().verifiers, listed=listed).verify()
        assert verified.faults == ()


@scenario
async def test_a_stolen_pair_is_refused_with_the_next_directory(tmp_path: Path) -> None:
    """The thief still signs; from one refresh on nobody goes by it, and its owner goes on."""
    async with network(tmp_path, NAMES, Wire()) as net:
        load = Load(net)
        await load.burst()
        await load.arrived()
        stolen = net._keys[RO]
        head = net["RO/1"].store.head()
        assert head is not None
        forged = sign_head(
            stolen.signer(),
            TreeHead(origin=LogOrigin(RO, 1), size=head.size + 1, root=b"f" * 32),
            timestamp_s=net.clock.ms // 1000,
        )
        logs = net["FR/1"].runtime._logs
        assert logs.verify(RO, forged.note).head == forged.head
        assert net["RO/1"].runtime.recovery._claims._keys(LogOrigin(RO, 1))

        keys = turned(stolen)
        await restarted(net, keys)
        net.clock.ms += 1000
        revoked = listing(net.entries[RO], keys, from_ms=net.clock.ms, old_until_ms=net.clock.ms)
        net.clock.ms += 1000
        for name in ("RO/1", "FR/1"):
            adopt(net, name, revoked)
        with pytest.raises(RemoteProtocolError):
            logs.verify(RO, forged.note)
        # Nor can the thief end the owner's log with it.
        claims = net["RO/1"].runtime.recovery._claims
        assert claims._keys(LogOrigin(RO, 1)) == (keys.signer().verifier,)
        await load.burst()
        await load.arrived()
