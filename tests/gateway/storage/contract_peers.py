"""Other nodes' logs and key sets, as far as we hold them."""

from dataclasses import replace

import pytest

from gateway.errors import StorageError
from gateway.records import Fork
from gateway.store import Store
from protocol.errors import ForkDetectedError
from protocol.identifiers import LogOrigin
from protocol.limits import LINKED_KEPT
from tests.gateway.storage.material import (
    DAY_MS,
    NOW_MS,
    OTHER,
    PEER,
    PEER_ORIGIN,
    admission,
    incoming,
    peer_checkpoint,
)
from tests.gateway.storage.scenario import Contract


class PeersContract(Contract):
    """Positions and key sets."""

    def test_position_is_the_largest_linked_head_with_its_note(self) -> None:
        """Linking goes on from there after a new start."""

        async def scenario(store: Store) -> None:
            assert await store.positions() == {}
            for size in (10, 30, 20):
                await store.advance_peer(peer_checkpoint(size), now_ms=NOW_MS)
            other = LogOrigin(OTHER, 1)
            await store.advance_peer(peer_checkpoint(7, origin=other), now_ms=NOW_MS)
            positions = await store.positions()
            assert positions[PEER_ORIGIN].head == peer_checkpoint(30).linked
            assert [one.size for one in positions[PEER_ORIGIN].linked] == [10, 20, 30]
            assert positions[other].head == peer_checkpoint(7, origin=other).linked

        self.run(scenario)

    def test_first_fork_of_a_log_is_kept_for_ever(self) -> None:
        """Rule 9a: the evidence stays, whatever else its owner shows later."""

        async def scenario(store: Store) -> None:
            assert await store.forks() == ()
            first = Fork(origin=PEER_ORIGIN, held=b"held", offered=b"offered")
            other = Fork(
                origin=LogOrigin(OTHER, 1), held=b"a", offered=b"b", by=PEER, directory=bytes(32)
            )
            for fork in (other, first, replace(first, offered=b"later")):
                await store.keep_fork(fork, now_ms=NOW_MS)
            assert await store.forks() == (first, other)
            assert {fork.found_ms for fork in await store.forks()} == {NOW_MS}

        self.run(scenario)

    def test_day_old_heads_are_remembered_up_to_sixty_four(self) -> None:
        """Rule 9a: all of a day, at least 64, and always the head."""

        async def scenario(store: Store) -> None:
            old_ms = NOW_MS - 2 * DAY_MS
            await store.advance_peer(peer_checkpoint(999, linked_ms=old_ms - 1), now_ms=NOW_MS)
            for size in range(1, 80):
                await store.advance_peer(
                    peer_checkpoint(size, linked_ms=old_ms + size), now_ms=NOW_MS
                )
            position = (await store.positions())[PEER_ORIGIN]
            assert len(position.linked) == LINKED_KEPT + 1
            assert position.size == 999
            for size in range(100, 180):
                await store.advance_peer(peer_checkpoint(size), now_ms=NOW_MS)
            position = (await store.positions())[PEER_ORIGIN]
            assert [one.size for one in position.linked] == [*range(100, 180), 999]

        self.run(scenario)

    def test_old_heads_that_prove_nothing_are_forgotten_and_the_others_stay(self) -> None:
        """Idle peers ping for ever; what proves an envelope is evidence."""

        async def scenario(store: Store) -> None:
            await store.advance_peer(peer_checkpoint(1, linked_ms=NOW_MS), now_ms=NOW_MS)
            await store.admit(
                admission(incoming(1, at=2), checkpoint=peer_checkpoint(2)), now_ms=NOW_MS
            )
            later_ms = NOW_MS + 10 * DAY_MS
            for size in range(3, 260):
                await store.advance_peer(peer_checkpoint(size, linked_ms=later_ms), now_ms=later_ms)
            # What is held of an item's checkpoint shows when another one rests on it.
            riding = replace(admission(incoming(2, at=2)), checkpoint=None)
            await store.admit(riding, now_ms=later_ms)
            with pytest.raises(StorageError):
                await store.admit(
                    replace(admission(incoming(3, at=1)), checkpoint=None), now_ms=later_ms
                )

        self.run(scenario)

    def test_another_root_at_a_held_size_is_a_fork_with_both_notes(self) -> None:
        """Two frames at once must not bring in what the picture in memory has not seen."""

        async def scenario(store: Store) -> None:
            held = peer_checkpoint(10)
            await store.advance_peer(held, now_ms=NOW_MS)
            forged = replace(
                held, linked=replace(held.linked, root=b"z" * 32, note=b"another note")
            )
            with pytest.raises(ForkDetectedError) as caught:
                await store.admit(admission(incoming(1), checkpoint=forged), now_ms=NOW_MS)
            assert caught.value.held == held.linked.note
            assert caught.value.offered == b"another note"
            assert await store.unopened(1) == ()

        self.run(scenario)

    def test_newest_key_set_is_kept_and_an_older_one_refused(self) -> None:
        """A replayed key set would bring an erased key back into use."""

        async def scenario(store: Store) -> None:
            assert await store.peer_key_set(PEER) is None
            assert await store.save_peer_key_set(PEER, b"two", 2)
            assert not await store.save_peer_key_set(PEER, b"one", 1)
            assert not await store.save_peer_key_set(PEER, b"two again", 2)
            assert await store.peer_key_set(PEER) == b"two"
            assert await store.save_peer_key_set(PEER, b"three", 3)
            assert await store.peer_key_set(PEER) == b"three"

        self.run(scenario)
