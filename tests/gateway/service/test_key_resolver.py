"""One resolver of a node's keys for every use: the directory in force decides, old, new or both.

Envelopes and receipts are believed by a checkpoint under the log's keys, sealed under the newest
last-resort key, and carried over connections whose pin is listed.
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from keys.certificate import make_identity
from keys.nodekeys import NodeKeys
from keys.recipient import RecipientSecret
from keys.turning import TurningKeys
from protocol.directory import NodeEntry
from protocol.errors import RemoteProtocolError, UnknownSenderError
from protocol.identifiers import LogOrigin
from protocol.log.checkpoint import TreeHead
from protocol.log.signing import sign_head
from tests.gateway.network import DAY_MS, Network, Wire, network
from tests.gateway.service.test_rotation_under_load import listing, turned
from tests.gateway.service.test_turning import with_pins
from tests.gateway.service.world import RO, scenario

NAMES: Final = ["FR/1", "RO/1"]


def directories(net: Network, keys: NodeKeys) -> dict[str, NodeEntry]:
    """Return the entry before, in and after a rotation of every key."""
    old, following = net.entries[RO], keys.turning.tls
    assert following is not None
    begin_ms = net.clock.ms
    both = listing(old, keys, from_ms=begin_ms, old_until_ms=begin_ms + 30 * DAY_MS)
    new = both.model_copy(update={"logs": both.logs[:1], "kem": both.kem[:1]})
    return {
        "old": old,
        "both": with_pins(both, keys.tls, following),
        "new": with_pins(new, following),
    }


@scenario
async def test_every_use_goes_by_the_directory_in_force(tmp_path: Path) -> None:
    """What one use accepted and another refused would lose a message."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        before = net._keys[RO]
        after = turned(before)
        following = make_identity("localhost", now_ms=net.clock.ms, days=90)
        after = replace(after, turning=replace(after.turning, tls=following))
        signers = {
            "old": before.signer(),
            "both": after.signer(),
            "new": replace(after, turning=TurningKeys()).signer(),
        }
        head = TreeHead(origin=LogOrigin(RO, 1), size=9, root=b"r" * 32)
        runtime, directory = net["FR/1"].runtime, net["FR/1"].directory
        seal = {
            "old": RecipientSecret(before.last_resort_seed).key_id,
            "both": RecipientSecret(after.last_resort_seed).key_id,
            "new": RecipientSecret(after.last_resort_seed).key_id,
        }
        for listed, entry in directories(net, after).items():
            directory.entries = {**net.entries, RO: entry}
            for signed, signer in signers.items():
                note = sign_head(signer, head, timestamp_s=net.clock.ms // 1000).note
                if {listed, signed} == {"old", "new"}:
                    with pytest.raises(RemoteProtocolError):
                        runtime._logs.verify(RO, note)
                else:
                    assert runtime._logs.verify(RO, note).head == head
            assert (await runtime._keyring.recipient(RO)).key_id == seal[listed]
            of_old, of_new = map(directory.node_of_spki, (before.tls.spki, following.spki))
            assert of_old == (None if listed == "new" else RO)
            assert of_new == (None if listed == "old" else RO)
        directory.entries = {}
        note = sign_head(signers["both"], head, timestamp_s=net.clock.ms // 1000).note
        with pytest.raises(UnknownSenderError):
            runtime._logs.verify(RO, note)
