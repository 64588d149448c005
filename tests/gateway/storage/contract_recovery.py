"""Losses, logs that were given up, open heads: what is recorded stays, and is read back equal."""

from dataclasses import replace

import pytest

from gateway.continuity import (
    AcceptedGeneration,
    ClosedLog,
    LateReceipt,
    Loss,
    Unclaimed,
    Unjoined,
)
from gateway.errors import RecoveringError
from gateway.records import Fork
from gateway.store import Store
from keys.digest import new_salt
from protocol.identifiers import LogOrigin
from protocol.log.deed import Act
from protocol.log.recovery import Claim
from protocol.log.statement import Statement, officer_act
from protocol.log.unjoined import OpenHead
from tests.gateway.storage.material import (
    NOW_MS,
    PEER,
    PEER_ORIGIN,
    admission,
    incoming,
    mid,
    peer_checkpoint,
    submission,
)
from tests.gateway.storage.scenario import Contract

NEXT = LogOrigin(PEER, 2)
OPEN = Unjoined(
    origin=PEER_ORIGIN, size=9, root=bytes(32), note=b"a note", head=OpenHead(first_ms=NOW_MS)
)


def act() -> Statement:
    """Return an operator's word."""
    deed = Act(act="accept", who="RO/1 operator", ref=None, subject=None, why="w", t_ms=NOW_MS)
    return officer_act(deed.encode(), new_salt())


class RecoveryContract(Contract):
    """What is kept when a log cannot simply go on."""

    def test_loss_ends_the_signature_at_once_and_the_first_one_counts(self) -> None:
        """Leaves are still committed."""
        loss = Loss(kind=Claim.MORE, held=None, shown=b"shown", by=PEER)

        async def scenario(store: Store) -> None:
            assert (store.may_sign, store.loss) == (True, None)
            await store.stop_signing(loss, now_ms=NOW_MS)
            await store.stop_signing(replace(loss, shown=b"later"), now_ms=NOW_MS)
            assert (store.may_sign, store.loss) == (False, loss)
            before = store.head()
            await store.submit(submission(1), now_ms=NOW_MS)
            assert store.head() == before
            for refused in (store.begin_signing(None), store.restate(1)):
                with pytest.raises(RecoveringError):
                    await refused
            with pytest.raises(RecoveringError):
                await store.admit(admission(incoming(1)), now_ms=NOW_MS)

        self.run(scenario)

    def test_closed_log_comes_with_the_first_checkpoint_of_the_next(self) -> None:
        """One commit; closing it again changes nothing."""
        closed = ClosedLog(
            origin=PEER_ORIGIN, successor=NEXT, epoch=b"epoch", held=b"note", is_short=True
        )

        async def scenario(store: Store) -> None:
            first = peer_checkpoint(2, origin=NEXT)
            await store.close_logs([closed], first, now_ms=NOW_MS)
            await store.close_logs([replace(closed, is_short=False)], None, now_ms=NOW_MS)
            assert await store.closed_logs() == (closed,)
            assert (await store.positions())[NEXT].head == first.linked

        self.run(scenario)

    def test_operators_word_about_a_node_is_a_leaf_and_only_rises(self) -> None:
        """What was accepted is not taken back by a slip."""

        async def scenario(store: Store) -> None:
            before = store.size
            for above in (2, 1):
                await store.accept_generation(
                    AcceptedGeneration(node=PEER, above=above), act(), now_ms=NOW_MS
                )
            assert await store.accepted_generations() == (AcceptedGeneration(node=PEER, above=2),)
            assert store.size == before + 2

        self.run(scenario)

    def test_open_head_goes_with_the_fork_that_it_stood_for(self) -> None:
        """A proof refutes it; a fork of two notes stays."""

        async def scenario(store: Store) -> None:
            await store.save_unjoined(OPEN)
            again = replace(OPEN, head=OPEN.head.unproven(NOW_MS + 1))
            await store.save_unjoined(again)
            assert await store.unjoined() == (again,)
            await store.keep_fork(
                Fork(origin=PEER_ORIGIN, held=b"held", offered=b"a note"), now_ms=NOW_MS
            )
            await store.drop_unjoined(replace(OPEN, note=b"another"))
            assert len(await store.forks()) == 1
            await store.save_unjoined(OPEN)
            await store.drop_unjoined(OPEN)
            assert await store.unjoined() == ()
            assert await store.forks() == ()

        self.run(scenario)

    def test_late_receipt_is_kept_once_and_changes_nothing(self) -> None:
        """Evidence beside the ladder."""
        late = LateReceipt(
            origin=PEER_ORIGIN, digest=bytes(32), note=b"n", index=1, path=(), receipt=b"r"
        )

        async def scenario(store: Store) -> None:
            before = store.size, store.newest_event
            await store.keep_late([late, late], now_ms=NOW_MS)
            assert (store.size, store.newest_event) == before

        self.run(scenario)

    def test_sealing_of_an_accepted_envelope_is_shown_to_its_sender_alone(self) -> None:
        """With the sender's own note as its proof."""

        async def scenario(store: Store) -> None:
            one = incoming(1)
            await store.advance_peer(peer_checkpoint(one.at), now_ms=NOW_MS)
            await store.admit(admission(one), now_ms=NOW_MS)
            held = await store.held_sealing(PEER, one.mid)
            assert held is not None
            assert (held.wraps, held.index, held.path) == (one.wraps, one.index, one.path)
            assert await store.held_sealing(store.origin.node, one.mid) is None

        self.run(scenario)

    def test_lost_sealing_is_known_once_it_was_added(self) -> None:
        """Receipts may name it from then on."""

        async def scenario(store: Store) -> None:
            sent = await store.submit(submission(1), now_ms=NOW_MS)
            digest = bytes([7]) * 32
            for _ in range(2):
                await store.add_sealing(sent.mid, wraps=b"w", digest=digest, index=1000)
            stated = await store.stated(sent.mid)
            assert stated is not None
            assert digest in stated.sealings

        self.run(scenario)

    def test_receipts_are_not_asked_for_as_long_as_nothing_was_lost(self) -> None:
        """They come by themselves."""

        async def scenario(store: Store) -> None:
            await store.submit(submission(1), now_ms=NOW_MS)
            assert await store.unclaimed(now_ms=NOW_MS, limit=9) == ()
            other = Unclaimed(mid=mid(77), node=PEER, after=0)
            assert await store.claimed(other, now_ms=NOW_MS) == 0

        self.run(scenario)

    def test_generation_that_a_peer_showed_is_remembered(self) -> None:
        """Its number is not used again."""

        async def scenario(store: Store) -> None:
            later = LogOrigin(store.origin.node, 4)
            for _ in range(2):
                await store.hear_generation(later, by=PEER, now_ms=NOW_MS)
            assert await store.past_head(later) is None
            assert await store.past_head(store.origin) == store.head()
            assert await store.restate(8) == 0

        self.run(scenario)
