"""The end of a rotation in a running node: when a new key is shown, and an old one erased."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from ssl import PEM_cert_to_DER_cert

from gateway.errors import StorageError
from gateway.journal import get_journal
from gateway.service.turning import SHOWN_AFTER_MS, SOON_DAYS, Turning
from keys.certificate import TlsIdentity, make_identity
from keys.nodekeys import PREKEY_GRACE_MS, NodeKeys
from keys.turning import TurningKeys
from protocol.cases.ladder import MessageState
from protocol.directory import NodeEntry
from protocol.directory_values import key_text
from tests.gateway.network import DAY_MS, Network, Wire, network
from tests.gateway.service.test_rotation_under_load import listing, turned
from tests.gateway.service.world import RO, request, scenario, send, until_state

NAMES = ["FR/1", "RO/1"]


class Room:
    """Keys in memory; `broken` makes the disk refuse."""

    def __init__(self, keys: NodeKeys) -> None:
        self.keys = keys
        self.broken = False

    async def turn(self, change: Callable[[NodeKeys], NodeKeys]) -> None:
        """Replace them."""
        await asyncio.sleep(0)
        if self.broken:
            raise StorageError("the disk refused")
        self.keys = change(self.keys)


class Shown:
    """What is shown to peers."""

    def __init__(self) -> None:
        self.pins: list[bytes] = []

    async def __call__(self, identity: TlsIdentity) -> None:
        """Take note of it."""
        await asyncio.sleep(0)
        self.pins.append(identity.spki)


def turning(net: Network, room: Room, shown: Shown | None = None) -> Turning:
    """Return what ends the rotations of RO/1."""
    node = net["RO/1"]
    return Turning(
        node=RO,
        room=room,
        directory=node.directory,
        store=node.store,
        clock=net.clock,
        journal=get_journal("test"),
        show=Shown() if shown is None else shown,
    )


def with_pins(entry: NodeEntry, *identities: TlsIdentity) -> NodeEntry:
    """Return an entry that lists these certificates."""
    ders = [PEM_cert_to_DER_cert(each.certificate_pem.decode()) for each in identities]
    return entry.model_copy(
        update={
            "tls_spki": tuple(each.spki.hex() for each in identities),
            "tls_certificates": tuple(key_text(der) for der in ders),
        }
    )


def waiting(net: Network) -> tuple[Room, TlsIdentity, TlsIdentity]:
    """Return keys with a certificate that waits, and both certificates."""
    keys = net._keys[RO]
    following = make_identity("localhost", now_ms=net.clock.ms, days=90)
    room = Room(replace(keys, turning=TurningKeys(tls=following)))
    return room, keys.tls, following


@scenario
async def test_a_new_certificate_is_shown_some_hours_after_it_is_listed(tmp_path: Path) -> None:
    """A peer that has not refreshed would refuse it."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        room, old, new = waiting(net)
        shown = Shown()
        ends = turning(net, room, shown)
        await ends.look()
        net.entries[RO] = with_pins(net.entries[RO], old, new)
        await ends.look()
        net.clock.ms += SHOWN_AFTER_MS - 1
        await ends.look()
        assert shown.pins == []
        net.clock.ms += 1
        await ends.look()
        await ends.look()
        assert shown.pins == [new.spki]
        assert (room.keys.tls, room.keys.turning.tls) == (new, None)


@scenario
async def test_a_new_certificate_is_shown_at_once_when_the_old_is_no_good(tmp_path: Path) -> None:
    """A stolen one is listed no more; one that has run out is refused by every library."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        room, old, new = waiting(net)
        net.entries[RO] = with_pins(net.entries[RO], new)
        await turning(net, room).look()
        assert room.keys.tls == new
        room, old, new = waiting(net)
        net.entries[RO] = with_pins(net.entries[RO], old, new)
        net.clock.ms = old.not_after_ms
        await turning(net, room).look()
        assert room.keys.tls == new


@scenario
async def test_former_keys_go_when_their_listing_has_ended(tmp_path: Path) -> None:
    """Not before: a peer with the directory of then still goes by them."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        room = Room(turned(net._keys[RO]))
        ends = turning(net, room)
        await ends.look()  # the new keys are not listed yet
        assert None not in {room.keys.turning.log, room.keys.turning.last_resort_seed}
        end_ms = net.clock.ms + 30 * DAY_MS
        net.entries[RO] = listing(
            net.entries[RO], room.keys, from_ms=net.clock.ms, old_until_ms=end_ms
        )
        await ends.look()
        assert None not in {room.keys.turning.log, room.keys.turning.last_resort_seed}
        net.clock.ms = end_ms + 1
        await ends.look()
        assert room.keys.turning.log is None
        assert room.keys.turning.last_resort_seed is not None
        net.clock.ms = end_ms + PREKEY_GRACE_MS
        await ends.look()
        assert room.keys.turning == TurningKeys()
        await ends.look()


@scenario
async def test_a_former_key_stays_while_something_waits_to_be_opened(tmp_path: Path) -> None:
    """What was accepted under it must open."""
    async with network(tmp_path, NAMES, Wire(), run=["FR/1"]) as net:
        room = Room(turned(net._keys[RO]))
        ends = turning(net, room)
        sent = await send(net["FR/1"], request())
        await until_state(net["FR/1"], sent.mid, MessageState.ACCEPTED)
        end_ms = net.clock.ms + 1000
        net.entries[RO] = listing(
            net.entries[RO], room.keys, from_ms=net.clock.ms, old_until_ms=end_ms
        )
        net.clock.ms = end_ms + PREKEY_GRACE_MS
        await ends.look()
        assert room.keys.turning.last_resort_seed is not None
        await net["RO/1"].runtime.consign.open_some()
        await ends.look()
        assert room.keys.turning.last_resort_seed is None


@scenario
async def test_the_doctor_asks_for_a_new_key_three_weeks_before_an_end(tmp_path: Path) -> None:
    """A certificate that runs out cuts a node off from everybody."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        keys = net._keys[RO]
        ends = turning(net, Room(keys))
        assert (ends.check().ok, ends.check().detail) == (True, "the tls key lasts 90 days")
        net.clock.ms = keys.tls.not_after_ms - SOON_DAYS * DAY_MS + 1
        assert not ends.check().ok
        assert "a35 keys rotate tls" in ends.check().fix
        following = make_identity("localhost", now_ms=net.clock.ms, days=90)
        room = Room(replace(keys, turning=TurningKeys(tls=following)))
        assert turning(net, room).check().ok
        unlisted = turning(net, Room(turned(keys))).check()
        assert (unlisted.ok, unlisted.detail) == (False, "no log key counts")
        del net.entries[RO]
        assert turning(net, room).check().detail == "the tls key lasts 89 days"


@scenario
async def test_what_fails_is_tried_again_and_a_node_without_entry_waits(tmp_path: Path) -> None:
    """The worker goes on: a rotation that ends a day later harms nobody."""
    async with network(tmp_path, NAMES, Wire(), run=[]) as net:
        room, _, new = waiting(net)
        ends = turning(net, room)
        entry = with_pins(net.entries.pop(RO), new)
        await ends.look()
        net.entries[RO] = entry
        room.broken = True
        await ends.look()
        assert room.keys.turning.tls == new
        room.broken = False
        working = asyncio.create_task(ends.run())
        await net.turn_until(lambda: room.keys.tls == new)
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
